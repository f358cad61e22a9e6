package io.covey.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LeaseTest {
    private static final List<Long> EVERYBODY = List.of(1L, 2L, 3L, 4L, 5L, 30L);
    private static final NodeSettings THREE = NodeSettings.clustered(3, 1);
    private static final int LEASE = THREE.membership().leaseMillis();
    private static final long CLOCK = 1_700_000_000_000L;

    private static Lease lease(long self, NodeSettings settings, Long... view) {
        Lease lease = new Lease(self, settings, 0);
        lease.members(List.of(view));
        return lease;
    }

    private static long request(Lease lease, long nowMillis) {
        return lease.request(nowMillis, CLOCK + nowMillis);
    }

    private static boolean requested(Lease lease, long from, List<Long> members, long nowMillis) {
        return lease.requested(from, 1, members, nowMillis) != Lease.NOT_GRANTED;
    }

    private static void granted(Lease lease, long from, long round, long nowMillis) {
        assertThat(lease.granted(from, round, 1, nowMillis)).isFalse();
    }

    @Test
    void aMajorityGivesTheLeaseFromTheSendingOn() {
        Lease lease = lease(1, THREE, 1L, 2L, 3L);
        long round = request(lease, LEASE);
        assertThat(lease.isHeld(LEASE + 50)).isFalse();

        granted(lease, 2, round, LEASE + 100);

        assertThat(lease.isHeld(LEASE + 100)).isTrue();
        assertThat(lease.validUntilMillis()).isEqualTo(2 * LEASE);
        assertThat(lease.isHeld(2 * LEASE - 1)).isTrue();
        assertThat(lease.isHeld(2 * LEASE)).isFalse();
    }

    @Test // I9
    void theSizeThatTheNodesHaveAgreedCountsInsteadOfTheConfiguredOne() {
        Lease lease = lease(1, NodeSettings.clustered(5, 1), 1L, 2L, 3L);
        assertThat(lease.quorum()).isEqualTo(3);

        lease.agreedSize(3);
        assertThat(lease.quorum()).isEqualTo(2);
        lease.agreedSize(6);
        assertThat(lease.quorum()).isEqualTo(4);
    }

    @Test // I9
    void onlyAnAgreementMakesTheClusterSmaller() {
        Lease lease = lease(1, NodeSettings.clustered(1, 1), 1L, 2L, 3L, 4L, 5L);
        for (long node = 2; node <= 5; node++) {
            requested(lease, node, List.of(1L, 2L, 3L, 4L, 5L), LEASE);
        }
        assertThat(lease.quorum()).isEqualTo(3);
        lease.members(List.of(1L, 2L, 3L));
        assertThat(lease.quorum()).isEqualTo(3);

        lease.agreedSize(3);

        assertThat(lease.quorum()).isEqualTo(2);
        assertThat(lease(1, NodeSettings.clustered(1, 2), 1L).quorum())
                .as("never below the minimum")
                .isEqualTo(2);
    }

    @Test // I9
    void aLapsedLeaseNeverComesBack() {
        Lease lease = lease(1, THREE, 1L, 2L, 3L);
        granted(lease, 2, request(lease, LEASE), LEASE + 1);
        long renewal = request(lease, LEASE + 4_000);
        assertThat(lease.hasLapsed(2 * LEASE)).isTrue();

        granted(lease, 2, renewal, 2 * LEASE + 1);
        granted(lease, 3, request(lease, 2 * LEASE + 2), 2 * LEASE + 3);

        assertThat(lease.isHeld(2 * LEASE + 3)).isFalse();
    }

    @Test
    void grantsOfStrangersAndOldRoundsDoNotCount() {
        Lease lease = lease(1, THREE, 1L, 2L, 3L);
        long old = request(lease, LEASE);
        granted(lease, 9, old, LEASE + 1);
        assertThat(lease.isHeld(LEASE + 1)).isFalse();

        granted(lease, 2, old, 2 * LEASE);
        assertThat(lease.isHeld(2 * LEASE)).isFalse();
        assertThat(lease.hasLapsed(2 * LEASE)).isFalse();
    }

    @Test
    void theMajorityIsCountedOfTheLargestClusterSeen() {
        Lease lease = lease(1, THREE, 1L, 2L, 3L, 4L, 5L);
        hear(lease, 2, 3, 4, 5);
        assertThat(lease.quorum()).isEqualTo(3);
        lease.members(List.of(1L, 2L));
        assertThat(lease.quorum()).isEqualTo(3);

        granted(lease, 2, request(lease, LEASE), LEASE);

        assertThat(lease.isHeld(LEASE)).isFalse();
        assertThat(lease(1, NodeSettings.clustered(3, 3), 1L, 2L, 3L).quorum()).isEqualTo(3);
    }

    private static void hear(Lease lease, long... nodes) {
        for (long node : nodes) {
            requested(lease, node, EVERYBODY, 0);
        }
    }

    @Test
    void aNodeThatCameBackUnderANewIncarnationIsNotCountedTwice() {
        Lease lease = lease(1, THREE, 1L, 2L, 3L);
        hear(lease, 2, 3);
        lease.members(List.of(1L, 2L, 3L, 30L));
        hear(lease, 2, 30, 2, 30);
        lease.members(List.of(1L, 2L, 30L));
        hear(lease, 2, 30);
        assertThat(lease.quorum()).isEqualTo(2);

        lease.members(List.of(1L, 2L, 30L, 4L));
        hear(lease, 2, 30);
        assertThat(lease.quorum()).isEqualTo(2);
        hear(lease, 4);
        assertThat(lease.quorum()).isEqualTo(3);
    }

    @Test
    void aFreshIncarnationIsNoWitnessBeforeItHasHeardAllOrNobodyCanHoldWhatAnEarlierOneGranted() {
        Lease lease = lease(1, NodeSettings.clustered(4, 1), 1L, 2L, 3L);
        assertThat(requested(lease, 2, EVERYBODY, 100)).isTrue();
        assertThat(requested(lease, 3, EVERYBODY, 200)).isTrue();
        assertThat(names(lease, 200)).containsExactly(2L, 3L);
        assertThat(lease.isWitness(LEASE + Lease.BACKED_LINGER_MILLIS - 1))
                .as("three of four")
                .isFalse();
        assertThat(lease.isWitness(LEASE + Lease.BACKED_LINGER_MILLIS)).isTrue();

        Lease complete = lease(1, THREE, 1L, 2L, 3L);
        hear(complete, 2);
        assertThat(complete.isWitness(100)).isFalse();
        hear(complete, 3);
        assertThat(complete.isWitness(100)).isTrue();
        assertThat(requested(complete, 4, EVERYBODY, 300)).as("not a member").isFalse();
    }

    @Test
    void aNodeIsNotGrantedWhileItMissesAMemberThatTheGranterSees() {
        Lease lease = lease(1, THREE, 1L, 2L, 3L);

        assertThat(requested(lease, 3, List.of(1L, 3L), 100))
                .as("a side of a split that is over")
                .isFalse();
        assertThat(names(lease, 100)).isEmpty();
        assertThat(lease.isWitness(100)).isFalse();
        assertThat(requested(lease, 3, List.of(1L, 2L, 3L), 200)).isTrue();
        assertThat(requested(lease, 2, List.of(1L, 2L, 3L, 4L), 200))
                .as("sees one more")
                .isTrue();

        lease.members(List.of(1L, 3L));
        assertThat(requested(lease, 3, List.of(1L, 3L), 300)).as("they agree").isTrue();
    }

    @Test
    void afterADepartureAMajorityHasToAgreeAnew() {
        Lease lease = lease(1, THREE, 1L, 2L, 3L);
        long before = request(lease, LEASE);
        assertThat(lease.isAgreed()).isFalse();
        granted(lease, 2, before, LEASE + 10);
        assertThat(lease.isAgreed()).isTrue();

        lease.members(List.of(1L, 2L));
        granted(lease, 3, before, LEASE + 20);
        granted(lease, 2, before, LEASE + 30);
        assertThat(lease.isHeld(LEASE + 30)).isTrue();
        assertThat(lease.isAgreed()).as("what was granted before says nothing").isFalse();

        granted(lease, 2, request(lease, LEASE + 40), LEASE + 50);
        assertThat(lease.isAgreed()).isTrue();
        lease.members(List.of(1L, 2L, 4L));
        assertThat(lease.isAgreed()).as("nobody left").isTrue();
    }

    private static List<Long> names(Lease lease, long nowMillis) {
        return lease.backed(nowMillis).stream()
                .map(NodeMessage.RouteConfirm.Backed::node)
                .toList();
    }

    /** A node whose lease is granted, with the term of that round. */
    private static Lease agreed(long self, long nowMillis) {
        Lease lease = lease(self, THREE, 1L, 2L, 3L);
        granted(lease, self == 2 ? 3 : 2, request(lease, nowMillis), nowMillis);
        assertThat(lease.isAgreed()).isTrue();
        return lease;
    }

    @Test
    void aTermIsTheTimeOrHigherThanAnyThatIsKnown() {
        Lease lease = agreed(1, LEASE);
        assertThat(lease.term()).isEqualTo(CLOCK + LEASE);

        lease.requested(3, CLOCK + 90_000, List.of(1L), LEASE + 1);
        lease.members(List.of(1L, 2L));
        long round = request(lease, LEASE + 2);
        assertThat(lease.requestedTerm()).as("also what was not granted").isGreaterThan(CLOCK + 90_000);
        granted(lease, 2, round, LEASE + 3);

        assertThat(lease.term()).isGreaterThan(CLOCK + 90_000).isLessThan(CLOCK + 90_010);
    }

    @Test
    void aGranterThatKnowsTheTermOrAHigherOneMakesTheNodeProposeAgain() {
        for (long ahead = 0; ahead < 3; ahead++) {
            Lease lease = lease(1, THREE, 1L, 2L, 3L);
            long round = request(lease, LEASE);
            long proposed = lease.requestedTerm();

            assertThat(lease.granted(2, round, proposed + ahead, LEASE + 1)).isTrue();
            assertThat(lease.isHeld(LEASE + 1)).as("it is alive, and a member").isTrue();
            assertThat(lease.isAgreed()).isFalse();

            long again = request(lease, LEASE + 1);
            assertThat(lease.requestedTerm()).isGreaterThan(proposed + ahead);
            assertThat(lease.granted(2, round, proposed + ahead, LEASE + 2))
                    .as("it was asked again already")
                    .isFalse();
            granted(lease, 3, again, LEASE + 2);
            assertThat(lease.isAgreed()).isTrue();
        }
    }

    @Test
    void aLateGrantForAnEarlierProposalCounts() {
        Lease lease = lease(1, THREE, 1L, 2L, 3L);
        long first = request(lease, LEASE);
        long proposed = lease.requestedTerm();
        request(lease, LEASE + 50);

        granted(lease, 2, first, LEASE + 60);

        assertThat(lease.term()).isEqualTo(proposed);
        request(lease, LEASE + 100);
        assertThat(lease.requestedTerm()).isEqualTo(proposed);
    }

    @Test
    void aRenewalKeepsTheTermWhateverOthersHaveMeanwhile() {
        Lease lease = agreed(1, LEASE);
        long term = lease.term();
        lease.requested(3, term + 1_000, EVERYBODY, LEASE + 10);

        long renewal = request(lease, LEASE + 1_000);
        assertThat(lease.requestedTerm()).isEqualTo(term);
        assertThat(lease.granted(2, renewal, term + 1_000, LEASE + 1_001)).isFalse();

        assertThat(lease.validUntilMillis()).isEqualTo(2 * LEASE + 1_000);
        assertThat(lease.isAgreed()).isTrue();
        assertThat(lease.term()).isEqualTo(term);
    }

    @Test
    void aGranterTellsWhatItHadHeardBeforeTheRequest() {
        Lease lease = lease(3, THREE, 1L, 2L, 3L);
        assertThat(lease.requested(1, 70, EVERYBODY, 100)).isZero();
        assertThat(lease.requested(2, 60, EVERYBODY, 101)).isEqualTo(70);
        assertThat(lease.requested(2, 80, List.of(2L, 3L), 102)).isEqualTo(Lease.NOT_GRANTED);
        assertThat(lease.requested(1, 90, EVERYBODY, 103)).isEqualTo(80);
        request(lease, LEASE);
        assertThat(lease.requested(1, 90, EVERYBODY, 103)).as("its own, too").isEqualTo(CLOCK + LEASE);
    }

    @Test
    void nodesThatProposeTheSameAtTheSameMomentPartWays() {
        Lease one = lease(5, THREE, 5L, 6L);
        Lease other = lease(6, THREE, 5L, 6L);
        int rounds = 0;
        while (!one.isAgreed() || !other.isAgreed()) {
            long ofOne = one.request(LEASE, CLOCK);
            long ofOther = other.request(LEASE, CLOCK);
            long heardByOther = other.requested(5, one.requestedTerm(), EVERYBODY, LEASE);
            long heardByOne = one.requested(6, other.requestedTerm(), EVERYBODY, LEASE);
            one.granted(6, ofOne, heardByOther, LEASE);
            other.granted(5, ofOther, heardByOne, LEASE);
            rounds++;
        }
        assertThat(rounds).isLessThan(5);
    }

    @Test
    void whoWasGrantedIsNamedUntilAWhileAfterTheLeaseIsOver() {
        Lease lease = lease(1, THREE, 1L, 2L, 3L);
        requested(lease, 2, EVERYBODY, LEASE);
        lease.members(List.of(1L, 3L));
        requested(lease, 3, EVERYBODY, LEASE + 1_000);

        assertThat(lease.backed(2 * LEASE + 300))
                .containsExactly(
                        new NodeMessage.RouteConfirm.Backed(2, 300), new NodeMessage.RouteConfirm.Backed(3, 0));
        int linger = Lease.BACKED_LINGER_MILLIS;
        assertThat(names(lease, 2 * LEASE + linger - 1)).containsExactly(2L, 3L);
        assertThat(names(lease, 2 * LEASE + linger)).containsExactly(3L);

        lease.returned(3);
        assertThat(names(lease, 2 * LEASE + linger)).isEmpty();
    }

    @Test
    void aSingleNodeHoldsItForGood() {
        Lease lease = lease(1, NodeSettings.SINGLE, 1L);
        request(lease, 0);

        assertThat(lease.isHeld(0)).isTrue();
        assertThat(lease.isHeld(Long.MAX_VALUE - 1)).isTrue();
    }

    @Test
    @DisplayName(
            "I9: whatever is lost, late, frozen, cut off or restarted, no majority overlooks a holder, no lease outlives its request, and no term that of a node that is gone")
    void noMajorityOverlooksAHolder() {
        int pairs = 0;
        int agreements = 0;
        for (long seed = 1; seed <= 40; seed++) {
            try {
                World world = new World(seed);
                world.run(40_000);
                pairs += world.pairs;
                agreements += world.agreements;
            } catch (AssertionError failure) {
                throw new AssertionError("seed " + seed + ": " + failure.getMessage(), failure);
            }
        }
        assertThat(pairs).isGreaterThan(5_000);
        assertThat(agreements).isGreaterThan(200);
    }

    /** Five machines; one process each, which knows nothing of the one before it. Each has a clock of its own. */
    private static final class World {
        private static final int COUNT = 5;
        private static final int SKEW_MAX = 2_000_000;
        private final Random random;
        private final NodeSettings settings = NodeSettings.clustered(COUNT, 1);
        private final PriorityQueue<Event> events =
                new PriorityQueue<>(Comparator.comparingLong(Event::at).thenComparingLong(Event::order));
        private final List<Machine> machines = new ArrayList<>();
        private long now;
        private long order;
        private long incarnations = 100;
        private long cutAt = Long.MAX_VALUE;
        /** The newest term of each node that was agreed on. */
        private final Map<Long, Long> terms = new HashMap<>();

        int pairs;
        int agreements;

        private record Event(long at, long order, Runnable action) {}

        private final class Machine {
            private final long clock = random.nextInt(1_000_000);
            /** What its time of the epoch is off by. */
            private final long skew = random.nextInt(SKEW_MAX);

            private long frozenUntil;
            private int side;
            private long node;
            private long bootedAt;
            private Lease lease;
            private long lastSent;
            private List<Long> members = List.of();
            private final Set<Long> gone = new HashSet<>();

            private void boot() {
                node = incarnations++;
                bootedAt = now;
                gone.clear();
                lease = new Lease(node, settings, time());
                lastSent = Long.MIN_VALUE / 2;
            }

            private long time() {
                return clock + now;
            }

            private boolean isHeld() {
                return lease.isHeld(time());
            }
        }

        private World(long seed) {
            random = new Random(seed);
            for (int i = 0; i < COUNT; i++) {
                Machine machine = new Machine();
                machines.add(machine);
                machine.boot();
            }
            machines.forEach(this::look);
            machines.forEach(this::ask);
            events.add(new Event(20_000, order++, this::disturb));
        }

        private void after(long millis, Runnable action) {
            events.add(new Event(now + millis, order++, action));
        }

        private void run(long until) {
            while (events.peek().at <= until) {
                Event event = events.remove();
                now = event.at;
                event.action.run();
                check();
            }
        }

        private void ask(Machine machine) {
            if (machine.frozenUntil <= now) {
                boolean alone = !machine.isHeld() && now - machine.bootedAt > 2 * LEASE;
                if (machine.lease.hasLapsed(machine.time()) || alone) {
                    machine.boot();
                    look(machine);
                }
                long round = machine.lease.request(machine.time(), CLOCK + machine.skew + now);
                long term = machine.lease.requestedTerm();
                machine.lastSent = machine.time();
                long from = machine.node;
                List<Long> members = machine.members;
                machines.forEach(to -> send(machine, to, () -> {
                    long heard =
                            to.node == from ? Lease.NOT_GRANTED : to.lease.requested(from, term, members, to.time());
                    if (heard != Lease.NOT_GRANTED) {
                        long granter = to.node;
                        send(to, machine, () -> {
                            if (machine.node == from) {
                                machine.lease.granted(granter, round, heard, machine.time());
                                checkTerm(machine);
                            }
                        });
                    }
                }));
            }
            after(200 + random.nextInt(800), () -> ask(machine));
        }

        /** The term of a node is higher than any that was agreed on by one that it takes for gone. */
        private void checkTerm(Machine machine) {
            if (!machine.lease.isAgreed()) {
                return;
            }
            long term = machine.lease.term();
            Long before = terms.put(machine.node, term);
            if (before != null && before == term) {
                return;
            }
            agreements++;
            terms.forEach((node, other) -> {
                if (!machine.members.contains(node)) {
                    assertThat(other)
                            .as("at %d: the term of %d, which is gone", now, node)
                            .isLessThan(term);
                }
            });
        }

        private void send(Machine from, Machine to, Runnable arrival) {
            if (random.nextInt(5) > 0) {
                long node = to.node;
                after(random.nextInt(4) == 0 ? random.nextInt(3_000) : random.nextInt(20), () -> {
                    if (from.side == to.side && to.node == node) {
                        thawed(to, node, arrival);
                    }
                });
            }
        }

        private void thawed(Machine machine, long node, Runnable action) {
            if (machine.frozenUntil > now) {
                after(machine.frozenUntil - now, () -> thawed(machine, node, action));
            } else if (machine.node == node) {
                action.run();
            }
        }

        /** The members as a machine sees them now: those it reaches, and some that it does not miss yet. Who has left comes back as another. */
        private void look(Machine machine) {
            List<Long> view = new ArrayList<>();
            for (Machine other : machines) {
                boolean reached = other.side == machine.side && other.frozenUntil <= now;
                boolean seen = reached || other == machine || random.nextInt(3) == 0;
                if (seen && !machine.gone.contains(other.node)) {
                    view.add(other.node);
                }
            }
            if (machine.frozenUntil <= now) {
                machine.gone.addAll(machine.members);
                machine.gone.removeAll(view);
                machine.members = view;
                machine.lease.members(view);
            }
        }

        private void disturb() {
            Machine machine = machines.get(random.nextInt(COUNT));
            switch (random.nextInt(6)) {
                case 0 -> machine.frozenUntil = now + random.nextInt(9_000);
                case 1 -> {
                    machine.boot();
                    look(machine);
                }
                case 2 -> {
                    machines.forEach(each -> each.side = random.nextInt(2));
                    cutAt = now;
                }
                case 3 -> {
                    machines.forEach(each -> each.side = 0);
                    cutAt = Long.MAX_VALUE;
                }
                default -> look(machine);
            }
            after(random.nextInt(700), this::disturb);
        }

        private void check() {
            for (Machine holder : machines) {
                if (!holder.isHeld()) {
                    continue;
                }
                assertThat(holder.lease.validUntilMillis()).isLessThanOrEqualTo(holder.lastSent + LEASE);
                for (Machine other : machines) {
                    if (other != holder && other.isHeld()) {
                        pairs++;
                        assertThat(overlooking(holder))
                                .as("at %d: who may confirm to %d without naming %d", now, other.node, holder.node)
                                .isLessThan(other.lease.quorum());
                        if (now - cutAt > LEASE + 3_000) {
                            assertThat(other.side)
                                    .as("at %d: the side of a holder", now)
                                    .isEqualTo(holder.side);
                        }
                    }
                }
            }
        }

        private int overlooking(Machine holder) {
            int count = 0;
            for (Machine machine : machines) {
                boolean names = machine == holder
                        || !machine.lease.isWitness(machine.time())
                        || names(machine.lease, machine.time()).contains(holder.node);
                count += names ? 0 : 1;
            }
            return count;
        }
    }
}
