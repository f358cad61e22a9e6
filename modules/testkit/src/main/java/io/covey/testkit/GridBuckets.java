package io.covey.testkit;

import io.covey.bucket.Bucket;
import io.covey.bucket.BucketFigures;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Where the grid's buckets lie: backups that are assigned are copied some time later, partitions move to members that join and away from those
 * that leave, and after a split the newest bucket of a partition wins as a whole.
 */
final class GridBuckets {
    private static final long OFFER_AGAIN_MICROS = 500_000;
    private static final long MIGRATION_MICROS_MAX = 2_000_000;

    private final EventQueue events;
    private final SimulatedNetwork network;
    private final SimulatedGrid grid;

    GridBuckets(EventQueue events, SimulatedNetwork network, SimulatedGrid grid) {
        this.events = events;
        this.network = network;
        this.grid = grid;
    }

    /** Each owner copies its buckets to backups that were assigned, some time after the assignment. */
    void copyToBackups(GridMember owner) {
        PartitionTable table = owner.table();
        for (int p = 0; p < grid.partitions(); p++) {
            int partition = p;
            if (table.owner(p) != owner.id() || !owner.replicas.containsKey(p)) {
                continue;
            }
            for (long backup : table.of(p).subList(1, table.of(p).size())) {
                events.after(events.between(1000, 100_000), owner.process, () -> copy(owner, partition, backup));
            }
        }
        owner.replicas.keySet().removeIf(p -> !table.of(p).contains(owner.id()) && !owner.migrating.contains(p));
    }

    private void copy(GridMember owner, int partition, long backup) {
        GridMember target = grid.known(backup);
        Bucket bucket = owner.replicas.get(partition);
        boolean current = owner.table().owner(partition) == owner.id()
                && owner.table().of(partition).contains(backup);
        if (bucket == null || !current) {
            return;
        }
        byte[] snapshot = grid.snapshot(bucket);
        network.stream(owner.process.host(), target.process.host(), target.process, () -> {
            if (target.isBackupOf(owner, partition)) {
                target.replicas.put(partition, grid.restore(snapshot));
            }
        });
    }

    /** The master looks soon what to assign anew. */
    void rebalanceLater(GridMember master) {
        events.after(events.between(50_000, grid.rebalanceMicrosMax), master.process, () -> rebalance(master));
    }

    /** Assigns missing backups first; then moves one partition to the member with the fewest, and so on. Who leaves is to hold nothing. */
    private void rebalance(GridMember master) {
        if (!grid.isMaster(master)) {
            return;
        }
        List<Long> staying = staying(master);
        PartitionTable table = master.table();
        int wanted = Math.min(grid.backups() + 1, staying.size());
        for (int p = 0; p < grid.partitions(); p++) {
            List<Long> before = table.of(p);
            List<Long> holders = new ArrayList<>();
            for (long holder : before) {
                // An owner that leaves stays until another has taken over.
                if (holder == before.get(0) || staying.contains(holder)) {
                    holders.add(holder);
                }
            }
            while (holders.size() < wanted) {
                // Where all copies are lost, the owner has none: the partition waits for the side of a split that has.
                holders.add(leastLoaded(staying, table, holders));
            }
            if (!holders.equals(before)) {
                table = table.with(p, holders);
            }
        }
        if (table.version() != master.table().version()) {
            grid.publish(master, master.view, table);
        }
        moveOwnership(master, staying);
    }

    private List<Long> staying(GridMember master) {
        return master.view.stream().filter(n -> !grid.known(n).leaving).toList();
    }

    private static long leastLoaded(List<Long> view, PartitionTable table, List<Long> except) {
        long best = 0;
        long least = Long.MAX_VALUE;
        for (long node : view) {
            long load = table.replicas().stream().filter(r -> r.contains(node)).count();
            if (!except.contains(node) && load < least) {
                least = load;
                best = node;
            }
        }
        return best;
    }

    private static long ownedBy(PartitionTable table, long node) {
        return table.replicas().stream()
                .filter(r -> !r.isEmpty() && r.get(0) == node)
                .count();
    }

    private void moveOwnership(GridMember master, List<Long> staying) {
        PartitionTable table = master.table();
        for (int p = 0; p < grid.partitions(); p++) {
            if (table.owner(p) != 0 && grid.known(table.owner(p)).leaving && !staying.isEmpty()) {
                List<Long> backups =
                        table.of(p).stream().filter(staying::contains).toList();
                long next = backups.isEmpty() ? leastLoaded(staying, table, List.of()) : backups.get(0);
                migrate(master, p, table.owner(p), next);
                return;
            }
        }
        for (long poor : staying) {
            for (int p = 0; p < grid.partitions(); p++) {
                long rich = table.owner(p);
                if (rich != 0 && rich != poor && ownedBy(table, rich) > ownedBy(table, poor) + 1) {
                    migrate(master, p, rich, poor);
                    return;
                }
            }
        }
    }

    private void migrate(GridMember master, int partition, long from, long to) {
        GridMember source = grid.known(from);
        GridMember target = grid.known(to);
        long version = master.viewNumber;
        // Only the master calls it off, by another number: a source that does not hear how it ended waits, since its
        // partition may be another's by now.
        events.after(MIGRATION_MICROS_MAX, master.process, () -> {
            if (grid.isMaster(master) && master.viewNumber == version) {
                grid.publish(master, master.view, master.table());
                rebalanceLater(master);
            }
        });
        network.stream(master.process.host(), source.process.host(), source.process, () -> {
            Bucket bucket = source.replicas.get(partition);
            if (bucket == null || source.viewNumber != version || source.table().owner(partition) != from) {
                return;
            }
            source.migrating.add(partition);
            byte[] snapshot = grid.snapshot(bucket);
            network.stream(source.process.host(), target.process.host(), target.process, () -> {
                if (target.viewNumber != version) {
                    return;
                }
                target.replicas.put(partition, grid.restore(snapshot));
                grid.ownerChanges(source);
                network.stream(target.process.host(), master.process.host(), master.process, () -> {
                    // A source that has heard from another master meanwhile has gone on: its bucket is newer than the
                    // copy.
                    boolean sourceWaits = source.process.isAlive() && source.migrating.contains(partition);
                    if (grid.isMaster(master) && master.viewNumber == version && sourceWaits) {
                        List<Long> holders = new ArrayList<>(master.table().of(partition));
                        holders.remove(to);
                        holders.add(0, to);
                        grid.publish(
                                master,
                                master.view,
                                master.table()
                                        .with(
                                                partition,
                                                holders.subList(0, Math.min(grid.backups() + 1, holders.size()))));
                        rebalanceLater(master);
                    }
                });
            });
        });
    }

    /** The copies that a member holds. */
    Map<Integer, byte[]> held(GridMember member) {
        Map<Integer, byte[]> held = new HashMap<>();
        member.replicas.forEach((partition, bucket) -> {
            if (member.isJoined() && member.table().of(partition).contains(member.id())) {
                held.put(partition, grid.snapshot(bucket));
            }
        });
        return held;
    }

    /** A member that has come over from another side of a split offers what it held there. */
    void offer(GridMember newcomer) {
        newcomer.offers.keySet().forEach(partition -> offerLater(newcomer, partition));
    }

    private void offerLater(GridMember newcomer, int partition) {
        events.after(events.between(50_000, OFFER_AGAIN_MICROS), newcomer.process, () -> {
            byte[] offered = newcomer.offers.get(partition);
            if (offered == null) {
                return;
            }
            offerLater(newcomer, partition);
            GridMember owner = grid.member(newcomer.table().owner(partition));
            if (owner != null) {
                network.stream(
                        newcomer.process.host(),
                        owner.process.host(),
                        owner.process,
                        () -> offered(newcomer, owner, partition, offered));
            }
        });
    }

    private void offered(GridMember from, GridMember owner, int partition, byte[] offered) {
        if (!owner.isJoined() || owner.table().owner(partition) != owner.id() || owner.migrating.contains(partition)) {
            return;
        }
        Bucket present = owner.replicas.get(partition);
        Bucket merging = grid.restore(offered);
        if (present == null && !isNewest(owner, partition, merging)) {
            seen(from, owner, partition, () -> {}); // it stays where it is
            return;
        }
        if (present == null || merging.version().compareTo(present.version()) > 0) {
            owner.replicas.put(partition, merging);
            copyToBackups(owner);
        }
        seen(from, owner, partition, () -> from.offers.remove(partition));
    }

    private void seen(GridMember from, GridMember owner, int partition, Runnable then) {
        network.stream(owner.process.host(), from.process.host(), from.process, () -> {
            then.run();
            if (from.offerSeen(partition)) {
                grid.announce(from);
            }
        });
    }

    /** Whether the newest copy of a lost bucket must be among those that members have brought, and none of them is newer than this one. */
    private boolean isNewest(GridMember owner, int partition, Bucket merging) {
        if (owner.view.size() < grid.machines() - grid.backups()) {
            return false;
        }
        return owner.view.stream()
                .map(node -> grid.known(node).offers.get(partition))
                .allMatch(
                        other -> other == null || grid.restore(other).version().compareTo(merging.version()) <= 0);
    }

    /** Whether a member holds nothing any more that others have not. */
    boolean isWithout(GridMember master, GridMember member) {
        return isInSync(master.table())
                && master.table().replicas().stream().noneMatch(holders -> holders.contains(member.id()));
    }

    /** Whether all replicas of every partition are there, at the same version. */
    boolean isInSync(PartitionTable table) {
        for (int p = 0; p < grid.partitions(); p++) {
            List<Long> holders = table.of(p);
            if (holders.size() <= grid.backups()) {
                return false;
            }
            Bucket owner = grid.known(holders.get(0)).replicas.get(p);
            for (long holder : holders) {
                Bucket replica = grid.known(holder).replicas.get(p);
                if (owner == null || replica == null || !replica.version().equals(owner.version())) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Whether all other holders of all partitions run, can be reached, and hold everything that is confirmed. */
    boolean canSpare(GridMember member) {
        for (int p = 0; p < grid.partitions(); p++) {
            boolean held = false;
            for (long holder : member.table().of(p)) {
                GridMember other = grid.known(holder);
                if (other != member && !holdsAllConfirmed(other, member, p)) {
                    return false;
                }
                held |= other != member;
            }
            if (!held) {
                return false;
            }
        }
        return true;
    }

    private boolean holdsAllConfirmed(GridMember other, GridMember member, int partition) {
        Bucket replica = other.replicas.get(partition);
        return replica != null
                && other.isRunning()
                && other.isJoined()
                && !other.merging
                && other.view.contains(member.id())
                && grid.reachable(member, other)
                && grid.lineage().holdsAllConfirmed(partition, replica.version());
    }

    void verifyNothingConfirmedIsMissing() {
        for (int p = 0; p < grid.partitions(); p++) {
            grid.lineage().verify(p, owned(p).version());
        }
    }

    boolean mayHaveDropped(List<Missing> missing) {
        long[] dropped = new long[grid.partitions()];
        for (int p = 0; p < dropped.length; p++) {
            dropped[p] = owned(p).figures().droppedByQueueLimit();
        }
        for (Missing one : missing) {
            if (one.partition() == Missing.NOT_QUEUED) {
                return false;
            }
            dropped[one.partition()]--;
        }
        return Arrays.stream(dropped).noneMatch(unexplained -> unexplained < 0);
    }

    boolean areQueuesEmpty() {
        for (int p = 0; p < grid.partitions(); p++) {
            BucketFigures figures = owned(p).figures();
            if (figures.queuedMessages() > 0 || figures.outbox() > 0) {
                return false;
            }
        }
        return true;
    }

    private Bucket owned(int partition) {
        long owner = grid.alive().get(0).table().owner(partition);
        return Objects.requireNonNull(grid.known(owner).replicas.get(partition), "a bucket is missing");
    }

    /** Replicas at the same version must be equal in everything. */
    void verifyReplicasAreEqual() {
        for (int p = 0; p < grid.partitions(); p++) {
            Bucket first = null;
            for (GridMember member : grid.alive()) {
                Bucket replica = member.replicas.get(p);
                if (replica == null || !member.table().of(p).contains(member.id())) {
                    continue;
                }
                if (first != null && first.version().equals(replica.version()) && first.digest() != replica.digest()) {
                    throw new History.InvariantViolated("replicas of partition " + p + " differ at " + first.version());
                }
                first = first == null ? replica : first;
            }
        }
    }
}
