package io.covey.testkit;

import io.covey.bucket.Bucket;
import io.covey.bucket.BucketLimits;
import io.covey.protocol.ByteReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A model of Hazelcast as Covey uses it, with the habits that were measured on the real one: a killed member is noticed within half a second,
 * a frozen or cut-off one only by missing heartbeats; a thawed member may expel its peers and go on alone; backups move up when an owner
 * leaves, and new backups are copied some time later; partitions move to a member that joins.
 */
final class SimulatedGrid {
    static final long CRASH_NOTICED_MILLIS = 400;
    static final long HEARTBEAT_LIMIT_MILLIS = 10_000;
    private static final long HEARTBEAT_MILLIS = 1000;
    private static final long CHECK_MILLIS = 200;
    private static final long STABLE_MILLIS = 1500;
    private static final long LEAVE_LOOK_MICROS = 100_000;

    /** What the grid asks of the world around it. */
    interface Host {
        /** The process gives up its membership and comes back as a new one. */
        void restart(GridMember member, String reason);

        /** A member has this moment changed a bucket as its new owner, or has given it to another that will be. */
        void ownerChanges(GridMember member);
    }

    /** How long after a change partitions are assigned anew, at most. */
    long rebalanceMicrosMax = 500_000;

    private final EventQueue events;
    private final SimulatedNetwork network;
    private final int partitions;
    private final int backups;
    private final BucketLimits limits;
    private final Host host;
    private final GridBuckets buckets;
    private final Lineage lineage;
    private final Map<Long, GridMember> members = new LinkedHashMap<>();

    SimulatedGrid(
            EventQueue events,
            SimulatedNetwork network,
            int partitions,
            int backups,
            BucketLimits limits,
            Host host,
            Lineage lineage) {
        this.events = events;
        this.network = network;
        this.partitions = partitions;
        this.backups = backups;
        this.limits = limits;
        this.host = host;
        this.lineage = lineage;
        this.buckets = new GridBuckets(events, network, this);
    }

    int partitions() {
        return partitions;
    }

    int backups() {
        return backups;
    }

    BucketLimits limits() {
        return limits;
    }

    Lineage lineage() {
        return lineage;
    }

    void ownerChanges(GridMember member) {
        host.ownerChanges(member);
    }

    @Nullable
    GridMember member(long id) {
        return members.get(id);
    }

    /** A member that a view or a table names. */
    GridMember known(long id) {
        return Objects.requireNonNull(members.get(id));
    }

    /** The member in which this incarnation runs now. */
    @Nullable
    GridMember memberOf(long incarnation) {
        for (GridMember member : alive()) {
            if (member.incarnation().id() == incarnation) {
                return member;
            }
        }
        return null;
    }

    /** The others learn of a member's new incarnation, each in its time; again with each heartbeat. */
    void announce(GridMember member) {
        if (!member.hasMerged()) {
            return;
        }
        long incarnation = member.incarnation().id();
        for (GridMember other : alive()) {
            if (other != member) {
                network.stream(
                        member.process.host(),
                        other.process.host(),
                        other.process,
                        () -> other.learn(member.id(), incarnation));
            }
        }
    }

    /** On how many machines members have ever been. */
    int machines() {
        return (int) members.values().stream()
                .mapToInt(member -> member.process.host())
                .distinct()
                .count();
    }

    /** All processes that have not ended. */
    List<GridMember> alive() {
        return members.values().stream().filter(m -> m.process.isAlive()).toList();
    }

    /** The cluster's first formation: these members and empty buckets. */
    void form(List<GridMember> founders) {
        List<Long> view = founders.stream().map(GridMember::id).toList();
        List<List<Long>> replicas = new ArrayList<>();
        for (int p = 0; p < partitions; p++) {
            List<Long> holders = new ArrayList<>();
            for (int r = 0; r <= backups && r < founders.size(); r++) {
                GridMember holder = founders.get((p + r) % founders.size());
                holders.add(holder.id());
                holder.replicas.put(p, new Bucket(limits));
            }
            replicas.add(List.copyOf(holders));
        }
        PartitionTable table = new PartitionTable(1, List.copyOf(replicas));
        for (GridMember founder : founders) {
            founders.forEach(
                    other -> founder.learn(other.id(), other.incarnation().id()));
            members.put(founder.id(), founder);
            events.after(
                    events.between(0, 5000), founder.process, () -> founder.adopt(1, view, table, events.nowMillis()));
            startDetection(founder);
        }
    }

    /** A process starts and looks for the cluster. */
    void join(GridMember newcomer) {
        members.put(newcomer.id(), newcomer);
        for (GridMember other : alive()) {
            newcomer.learn(other.id(), other.incarnation().id());
        }
        announce(newcomer);
        startDetection(newcomer);
        seek(newcomer);
    }

    private void seek(GridMember newcomer) {
        events.after(events.between(200_000, 500_000), newcomer.process, () -> {
            if (newcomer.isJoined()) {
                return;
            }
            GridMember master = largestInReach(newcomer);
            if (master != null) {
                network.stream(
                        newcomer.process.host(), master.process.host(), master.process, () -> admit(master, newcomer));
            }
            seek(newcomer);
        });
    }

    private @Nullable GridMember largestInReach(GridMember newcomer) {
        GridMember best = null;
        for (GridMember master : alive()) {
            if (isMaster(master)
                    && reachable(newcomer, master)
                    && (best == null || master.view.size() > best.view.size())) {
                best = master;
            }
        }
        return best;
    }

    private void admit(GridMember master, GridMember newcomer) {
        // A member of the same address must have left before, as in Hazelcast.
        boolean addressTaken = master.view.stream()
                .map(members::get)
                .anyMatch(m -> m != null && m.process.host() == newcomer.process.host());
        if (!isMaster(master) || addressTaken || !newcomer.process.isAlive()) {
            return;
        }
        List<Long> view = new ArrayList<>(master.view);
        view.add(newcomer.id());
        newcomer.heardAtMillis.clear();
        master.heardAtMillis.put(newcomer.id(), events.nowMillis());
        publish(master, List.copyOf(view), master.table());
        buckets.rebalanceLater(master);
    }

    boolean isMaster(GridMember member) {
        return member.isJoined() && !member.merging && member.isRunning() && actingMaster(member) == member.id();
    }

    /** The oldest member that this one has not lost contact with. */
    private long actingMaster(GridMember member) {
        for (long node : member.view) {
            if (node == member.id() || !isLost(member, node)) {
                return node;
            }
        }
        return member.id();
    }

    private boolean isLost(GridMember member, long node) {
        GridMember other = known(node);
        long silence = events.nowMillis() - member.heardAtMillis.getOrDefault(node, events.nowMillis());
        member.heardAtMillis.putIfAbsent(node, events.nowMillis());
        boolean closed = !other.process.isAlive() && !network.isCut(member.process.host(), other.process.host());
        return silence > (closed ? CRASH_NOTICED_MILLIS : HEARTBEAT_LIMIT_MILLIS);
    }

    boolean reachable(GridMember one, GridMember other) {
        return one.process.host() == other.process.host() || !network.isCut(one.process.host(), other.process.host());
    }

    /** The master changes what holds. */
    void publish(GridMember master, List<Long> view, PartitionTable table) {
        long number = master.viewNumber + 1;
        master.adopt(number, view, table, events.nowMillis());
        buckets.copyToBackups(master);
        tell(master);
    }

    /** The master tells the others what holds; again with each heartbeat, for what was lost in a cut. */
    private void tell(GridMember master) {
        long number = master.viewNumber;
        List<Long> view = master.view;
        PartitionTable table = master.table();
        for (long node : view) {
            GridMember member = known(node);
            if (member != master) {
                network.stream(master.process.host(), member.process.host(), member.process, () -> {
                    // A member takes the word of the one that it holds for the master, and of any when it joins.
                    boolean accepted = !member.isJoined() || actingMaster(member) == master.id();
                    if (accepted && !member.merging && number > member.viewNumber) {
                        boolean joins = !member.isJoined();
                        member.adopt(number, view, table, events.nowMillis());
                        buckets.copyToBackups(member);
                        if (joins) {
                            buckets.offer(member);
                        }
                    }
                });
            }
        }
    }

    private void startDetection(GridMember member) {
        events.after(events.between(0, HEARTBEAT_MILLIS * 1000), member.process, () -> heartbeat(member));
        member.checkedAtMillis = events.nowMillis();
        events.after(events.between(0, CHECK_MILLIS * 1000), member.process, () -> check(member));
    }

    private void heartbeat(GridMember member) {
        if (isMaster(member)) {
            tell(member);
        }
        announce(member);
        for (GridMember other : alive()) {
            if (other != member && member.isJoined()) {
                List<Long> view = member.view;
                boolean stable = isStable(member);
                network.stream(member.process.host(), other.process.host(), other.process, () -> {
                    if (view.contains(other.id())) {
                        // Whoever has expelled this member does not count as heard.
                        other.heardAtMillis.put(member.id(), events.nowMillis());
                    }
                    boolean apart = other.isJoined() && !other.view.contains(member.id());
                    if (apart && view.contains(other.id())) {
                        suspectExplicitly(other, member);
                    }
                    boolean bothSpeak =
                            stable && isStable(other) && apart && !other.merging && !view.contains(other.id());
                    if (bothSpeak && isSmaller(other, view)) {
                        merge(other);
                    }
                });
            }
        }
        events.after(HEARTBEAT_MILLIS * 1000, member.process, () -> heartbeat(member));
    }

    /** Sides of a split are compared only when nothing has changed on either for a while, and by members that know what they see. */
    private boolean isStable(GridMember member) {
        boolean slept = events.nowMillis() - member.checkedAtMillis > HEARTBEAT_LIMIT_MILLIS;
        return !slept && events.nowMillis() - member.viewSinceMillis >= STABLE_MILLIS;
    }

    /** A member that hears from one that it has expelled tells it so. */
    private void suspectExplicitly(GridMember by, GridMember expelled) {
        network.stream(by.process.host(), expelled.process.host(), expelled.process, () -> {
            if (!by.view.contains(expelled.id())) {
                expelled.heardAtMillis.put(by.id(), events.nowMillis() - HEARTBEAT_LIMIT_MILLIS - 1);
            }
        });
    }

    /** Whether this member's side of a split is the one that gives up: the smaller, else the one with the younger oldest member. */
    private static boolean isSmaller(GridMember member, List<Long> otherView) {
        if (member.view.size() != otherView.size()) {
            return member.view.size() < otherView.size();
        }
        return member.view.get(0) > otherView.get(0);
    }

    private void merge(GridMember member) {
        member.merging = true;
        events.after(
                events.between(200_000, 2_000_000),
                member.process,
                () -> host.restart(member, "split brain: this side gives up"));
    }

    private void check(GridMember member) {
        // As measured: a member that slept past the heartbeat limit expels its peers, whatever they have sent
        // meanwhile.
        boolean slept = events.nowMillis() - member.checkedAtMillis > HEARTBEAT_LIMIT_MILLIS;
        member.checkedAtMillis = events.nowMillis();
        if (member.isJoined() && !member.merging && (slept || actingMaster(member) == member.id())) {
            List<Long> remaining = member.view.stream()
                    .filter(n -> n == member.id() || !slept && !isLost(member, n))
                    .toList();
            if (remaining.size() < member.view.size()) {
                publish(member, remaining, member.table().retain(remaining));
                buckets.rebalanceLater(member);
            }
        }
        events.after(CHECK_MILLIS * 1000, member.process, () -> check(member));
    }

    /** The copies of buckets that a member holds, as it takes them over to another side of a split. */
    Map<Integer, byte[]> heldBuckets(GridMember member) {
        return buckets.held(member);
    }

    /** Hands everything that a member holds over to others; then it is no member any more, and its end is told. */
    void leave(GridMember member, Runnable left) {
        member.leaving = true;
        events.after(LEAVE_LOOK_MICROS, member.process, () -> leaveWhenHandedOver(member, left));
    }

    private void leaveWhenHandedOver(GridMember member, Runnable left) {
        GridMember master = alive().stream()
                .filter(m -> isMaster(m) && m.view.contains(member.id()) && reachable(member, m))
                .findFirst()
                .orElse(null);
        if (master == null) {
            events.after(LEAVE_LOOK_MICROS, member.process, () -> leaveWhenHandedOver(member, left));
        } else if (member.view.size() == 1 || buckets.isWithout(master, member)) {
            List<Long> remaining =
                    master.view.stream().filter(n -> n != member.id()).toList();
            if (!remaining.isEmpty()) {
                GridMember next = master == member ? known(remaining.get(0)) : master;
                publish(next, remaining, next.table());
            }
            left.run();
        } else {
            buckets.rebalanceLater(master);
            events.after(LEAVE_LOOK_MICROS, member.process, () -> leaveWhenHandedOver(member, left));
        }
    }

    /** Whether every partition has its replicas on running members of one view, all at the same version: another fault may come. */
    boolean isInSync(int hosts) {
        List<GridMember> alive = alive();
        if (alive.size() != hosts) {
            return false;
        }
        for (GridMember member : alive) {
            if (!member.isRunning()
                    || !member.isJoined()
                    || member.merging
                    || !member.offers.isEmpty()
                    || member.view.size() != alive.size()) {
                return false;
            }
        }
        return buckets.isInSync(alive.get(0).table());
    }

    /** Whether a member may be cut off: everything that is confirmed is also with those that take over from it. */
    boolean canSpare(GridMember member) {
        return buckets.canSpare(member);
    }

    /** Whether so much may be missing since full queues have dropped and counted as much, where all buckets are there. */
    boolean mayHaveDropped(List<Missing> missing) {
        return buckets.mayHaveDropped(missing);
    }

    /** Whether nothing waits for a client, where all buckets are there. */
    boolean areQueuesEmpty() {
        return buckets.areQueuesEmpty();
    }

    /** Replicas at the same version must be equal in everything, and hold everything. */
    void verifyReplicas() {
        buckets.verifyReplicasAreEqual();
        buckets.verifyNothingConfirmedIsMissing();
    }

    byte[] snapshot(Bucket bucket) {
        return bucket.written().toByteArray();
    }

    Bucket restore(byte[] snapshot) {
        return Bucket.restore(new ByteReader(snapshot), limits);
    }
}
