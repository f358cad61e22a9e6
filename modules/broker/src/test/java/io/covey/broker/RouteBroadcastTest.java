package io.covey.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.broker.NodeMessage.RouteBatch;
import io.covey.broker.NodeMessage.RouteBatch.PartitionDelta;
import io.covey.broker.NodeMessage.RouteConfirm;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RouteBroadcastTest {
    private static final long SELF = 1;
    private static final long B = 2;
    private static final long C = 3;
    private static final long OUTSIDER = 9;
    private static final int AGE = RouteBroadcast.LIST_FRESH_MILLIS;

    private record Sent(long node, RouteBatch batch) {}

    private final List<Sent> sent = new ArrayList<>();
    private int live;
    private long now = 100_000;
    private final Lease lease = new Lease(SELF, NodeSettings.clustered(3, 1), 0);
    private final RouteBroadcast broadcast = new RouteBroadcast(SELF, lease, new RouteBroadcast.Output() {
        @Override
        public void send(long node, NodeMessage message) {
            sent.add(new Sent(node, (RouteBatch) message));
        }

        @Override
        public void live(int shard, Runnable action) {
            action.run();
        }
    });

    @BeforeEach
    void threeMembers() {
        members(SELF, B, C);
    }

    private void members(Long... nodes) {
        lease.members(List.of(nodes));
        broadcast.members(List.of(nodes), now);
    }

    /** Announces a version and waits for it; returns the number of its batch. */
    private long announce(long version) {
        broadcast.add(new PartitionDelta(5, version, List.of("f" + version), List.of()));
        broadcast.await(0, () -> live++);
        broadcast.flush(now);
        long number = newest(SELF);
        broadcast.confirmedBySelf(number, now);
        return number;
    }

    private long newest(long node) {
        return sentTo(node).get(sentTo(node).size() - 1).number();
    }

    private List<RouteBatch> sentTo(long node) {
        return sent.stream().filter(s -> s.node == node).map(Sent::batch).toList();
    }

    private void confirm(long from, long number, Long... backed) {
        List<RouteConfirm.Backed> all =
                Stream.of(backed).map(node -> new RouteConfirm.Backed(node, 0)).toList();
        broadcast.confirmed(new RouteConfirm(from, number, true, all), now);
    }

    private void later(long millis) {
        for (long end = now + millis; now < end; ) {
            now += 20;
            broadcast.tick(now);
        }
    }

    @Test // I6
    void aChangeIsLiveOnceAllMembersHaveConfirmedIt() {
        long number = announce(1);
        confirm(B, number, SELF, C);
        assertThat(live).isZero();

        confirm(C, number, SELF, B);

        assertThat(live).isEqualTo(1);
    }

    @Test
    void whatWasNotConfirmedIsSentAgain() {
        long number = announce(1);
        confirm(B, number);
        sent.clear();
        later(RouteBroadcast.RESEND_MILLIS);

        assertThat(sentTo(C)).extracting(RouteBatch::number).contains(number);
        assertThat(sentTo(B)).extracting(RouteBatch::number).doesNotContain(number);
    }

    @Test
    void whoLeftIsWaitedForAsLongAsSomebodyHasBackedIt() {
        long number = announce(1);
        confirm(B, number, C);
        members(SELF, B);
        assertThat(live).isZero();

        for (int i = 0; i < 10 && live == 0; i++) {
            later(RouteBroadcast.RESEND_MILLIS);
            confirm(B, newest(B), C);
            broadcast.confirmedBySelf(newest(SELF), now);
        }
        assertThat(live).isZero();

        later(RouteBroadcast.RESEND_MILLIS);
        broadcast.confirmedBySelf(newest(SELF), now);
        confirm(B, newest(B));
        assertThat(live).isEqualTo(1);
    }

    /** The answers were a second on their way: a lease that ended before their request is of no account, a later one is. */
    @Test
    void aLeaseThatEndedBeforeTheChangeIsOfNoAccount() {
        long number = announce(1);
        now += 1_000;
        broadcast.confirmed(new RouteConfirm(B, number, true, List.of(new RouteConfirm.Backed(OUTSIDER, 900))), now);
        broadcast.confirmed(new RouteConfirm(C, number, true, List.of()), now);
        assertThat(live).isZero();

        broadcast.confirmedBySelf(newest(SELF), now);
        later(RouteBroadcast.RESEND_MILLIS);
        broadcast.confirmedBySelf(newest(SELF), now);
        broadcast.confirmed(
                new RouteConfirm(B, newest(B), true, List.of(new RouteConfirm.Backed(OUTSIDER, 1_900))), now + 1_000);
        broadcast.confirmed(new RouteConfirm(C, newest(C), true, List.of()), now + 1_000);
        assertThat(live).isEqualTo(1);
    }

    @Test
    void whoHasEndedInOrderIsNotWaitedForAtAll() {
        long number = announce(1);
        confirm(B, number, C);
        assertThat(live).isZero();

        broadcast.returned(C, now);

        assertThat(live).isEqualTo(1);
        members(SELF, B);
        announce(2);
        confirm(B, newest(B));
        assertThat(live).isEqualTo(2);
    }

    @Test
    void aMinorityIsNotEnoughBecauseTheOthersHaveEndedInOrder() {
        announce(1);
        broadcast.returned(B, now);
        broadcast.returned(C, now);
        later(1_000);

        assertThat(live).isZero();
    }

    @Test
    void aNodeOutsideOfTheViewConfirmsWhatItIsAskedFor() {
        long number = announce(1);
        confirm(B, number, OUTSIDER);
        confirm(C, number);
        assertThat(live).isZero();
        RouteBatch summary = sentTo(OUTSIDER).get(0);
        assertThat(summary.partitions()).containsExactly(new PartitionDelta(5, 1, List.of(), List.of()));

        confirm(OUTSIDER, number);
        assertThat(live).as("a batch that it was never sent").isZero();
        confirm(OUTSIDER, summary.number());

        assertThat(live).isEqualTo(1);
    }

    @Test
    void ownGrantsCountToo() {
        lease.members(List.of(SELF, B, C, OUTSIDER));
        lease.requested(OUTSIDER, 1, List.of(SELF, B, C, OUTSIDER), now);
        lease.members(List.of(SELF, B, C));
        long number = announce(1);
        confirm(B, number);
        confirm(C, number);

        assertThat(live).isZero();
        assertThat(sentTo(OUTSIDER)).hasSize(1);
    }

    /** C backs the outsider after it has confirmed, B's grant ends before it confirms: no list names it, but one is old. */
    @Test
    void listsCountOnlyIfTheyAreAboutAsOldAsEachOther() {
        long number = announce(1);
        confirm(C, number);
        now += AGE + 1;
        confirm(B, number);
        assertThat(live).isZero();

        later(RouteBroadcast.RESEND_MILLIS);
        broadcast.confirmedBySelf(newest(SELF), now);
        confirm(C, newest(C), OUTSIDER);
        confirm(B, newest(B));
        assertThat(live).isZero();
        assertThat(sentTo(OUTSIDER)).hasSize(1);

        confirm(OUTSIDER, newest(OUTSIDER));
        assertThat(live).isEqualTo(1);
    }

    /** It may serve, so it has to know; but what earlier incarnations on its machine granted it does not tell. */
    @Test
    void whoDoesNotKnowWhatItsMachineHasGrantedConfirmsButCountsForNoMajority() {
        long number = announce(1);
        broadcast.confirmed(new RouteConfirm(B, number, false, List.of()), now);
        assertThat(live).as("C does not know it yet").isZero();
        confirm(C, number);
        assertThat(live).as("C and this node are a majority").isEqualTo(1);

        long next = announce(2);
        broadcast.confirmed(new RouteConfirm(B, next, false, List.of()), now);
        broadcast.confirmed(new RouteConfirm(C, next, false, List.of()), now);
        assertThat(live).as("this node alone is none").isEqualTo(1);

        later(RouteBroadcast.RESEND_MILLIS);
        broadcast.confirmedBySelf(newest(SELF), now);
        broadcast.confirmed(new RouteConfirm(C, newest(C), false, List.of()), now);
        confirm(B, newest(B));
        assertThat(live).isEqualTo(2);
    }

    @Test
    void whatANodeNamesThatIsNoWitnessIsWaitedForAllTheSame() {
        long number = announce(1);
        broadcast.confirmed(new RouteConfirm(B, number, false, List.of(new RouteConfirm.Backed(OUTSIDER, 0))), now);
        confirm(C, number);
        assertThat(live).isZero();

        confirm(OUTSIDER, newest(OUTSIDER));
        assertThat(live).isEqualTo(1);
    }

    @Test
    void aMinorityCompletesNothing() {
        long number = announce(1);
        members(SELF);
        later(1_000);
        broadcast.confirmedBySelf(newest(SELF), now);
        assertThat(live).isZero();

        members(SELF, B);
        confirm(B, newest(B));
        later(RouteBroadcast.RESEND_MILLIS);
        broadcast.confirmedBySelf(newest(SELF), now);
        confirm(B, newest(B));
        assertThat(number).isPositive();
        assertThat(live).isEqualTo(1);
    }

    @Test
    void whoIsFarBehindIsAskedForVersionsInsteadOfBatches() {
        for (int version = 1; version <= RouteBroadcast.BATCHES_KEPT_MAX + 10; version++) {
            confirm(B, announce(version));
        }
        assertThat(live).isZero();
        RouteBatch summary = sentTo(C).stream()
                .filter(batch -> batch.partitions().get(0).added().isEmpty())
                .reduce((first, second) -> second)
                .orElseThrow();
        long newest = newest(C);
        for (long number = summary.number() + 1; number <= newest; number++) {
            confirm(C, number);
        }
        assertThat(live).isZero();

        confirm(C, summary.number());

        assertThat(live).isEqualTo(RouteBroadcast.BATCHES_KEPT_MAX + 10);
    }

    @Test
    void aNewcomerIsAskedForAllVersionsSoFar() {
        announce(7);
        members(SELF, B, C, 4L);

        assertThat(sentTo(4)).hasSize(1);
        assertThat(sentTo(4).get(0).partitions()).containsExactly(new PartitionDelta(5, 7, List.of(), List.of()));
    }
}
