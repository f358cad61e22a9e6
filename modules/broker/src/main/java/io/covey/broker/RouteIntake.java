package io.covey.broker;

import io.covey.broker.NodeMessage.RouteBatch.PartitionDelta;
import io.covey.broker.NodeMessage.RouteBatch.ShardDelta;
import io.covey.broker.NodeMessage.RouteDigest.PartitionDigest;
import io.covey.broker.NodeMessage.RouteDigest.ShardDigest;
import io.covey.bucket.Result;
import io.covey.routing.RouteChange;
import io.covey.routing.RouteTableWriter;
import io.covey.routing.ShardAddress;
import io.covey.routing.ShardRoute;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Takes the route changes of all nodes into this node's table, and reads whole sets where changes are missing. Owned by the core's loop.
 *
 * <p>Changes of one partition come from whichever nodes caused them, so they overtake each other: what comes early waits a moment for what is
 * missing before the whole set is read. A batch is confirmed once all its versions are in the table.
 */
final class RouteIntake {
    /** How long a missing version may be on its way before the whole set is read. */
    static final int GAP_WAIT_MILLIS = 100;

    /** How long a node may take to answer before it is asked for its shards' routes again. */
    static final int PULL_AGAIN_MILLIS = 300;

    /** Changes of one origin that wait for earlier ones. */
    static final int EARLY_MAX = 1024;

    /** Batches of all nodes that wait for missing versions; further ones are not confirmed until they are resent. */
    static final int UNCONFIRMED_MAX = 4096;

    private final RouteTableWriter writer;
    private final Output output;
    private final PartitionGap[] partitionGaps;
    private final Map<ShardAddress, ShardGap> shardGaps = new LinkedHashMap<>();
    private final Map<Long, Pull> pulls = new LinkedHashMap<>();
    private final Map<BatchId, Demand> unconfirmed = new LinkedHashMap<>();
    private boolean changed;

    /** What the intake wants done. */
    interface Output {
        /** All versions of this node's batch are known here: the table that holds them is published before the confirm leaves. */
        void confirm(long to, long number);

        /** Reads a partition's whole set from its bucket; answered by {@link #partitionRead}. */
        void readRoutes(int partition);

        /** Asks a node for its shards' whole sets; answered by {@link #set}, or not at all. */
        void pull(long node);
    }

    private record BatchId(long from, long number) {}

    /** The versions that a batch demands; those up to {@code next} are there. */
    private static final class Demand {
        private final List<PartitionDelta> partitions;
        private final List<ShardDelta> shards;
        private int next;

        private Demand(NodeMessage.RouteBatch batch) {
            this.partitions = batch.partitions();
            this.shards = batch.shards();
        }
    }

    /** What is missing of an origin, and what came early. */
    private abstract static class Gap<D> {
        final TreeMap<Long, D> early = new TreeMap<>();
        long required;
        long sinceMillis;

        boolean isOpen(long version) {
            return version < required;
        }

        void require(long version, long known, long nowMillis) {
            if (!isOpen(known)) {
                sinceMillis = nowMillis;
            }
            required = Math.max(required, version);
        }

        void keep(long version, D delta) {
            if (early.size() < EARLY_MAX) {
                early.put(version, delta);
            }
        }
    }

    private static final class PartitionGap extends Gap<PartitionDelta> {
        private boolean reading;
        /** Not read since the catch-up began. */
        private boolean behind;
    }

    private static final class ShardGap extends Gap<ShardDelta> {
        /** The parts of the whole set at a version that have come. */
        private final TreeMap<Integer, List<ShardRoute>> parts = new TreeMap<>();

        private long partsVersion = -1;
    }

    /** A request for the sets of all shards of a node. */
    private static final class Pull {
        private final BitSet arrived = new BitSet();
        private int shards = Integer.MAX_VALUE;
        private long askedMillis;

        private boolean isComplete() {
            return arrived.cardinality() >= shards;
        }
    }

    RouteIntake(int partitions, RouteTableWriter writer, Output output) {
        this.writer = writer;
        this.output = output;
        this.partitionGaps = new PartitionGap[partitions];
        for (int i = 0; i < partitions; i++) {
            partitionGaps[i] = new PartitionGap();
        }
    }

    /** Reads everything anew: the lease has just been acquired, and what was confirmed without it may not be known [I9]. */
    void catchUp(Iterable<Long> others, long nowMillis) {
        for (int partition = 0; partition < partitionGaps.length; partition++) {
            partitionGaps[partition].behind = true;
            read(partition);
        }
        for (long node : others) {
            pull(node, nowMillis);
        }
    }

    /** A node joined while this one catches up. */
    void joined(long node, long nowMillis) {
        pull(node, nowMillis);
    }

    /** Whether everything that {@link #catchUp} asked for has come. */
    boolean isCaughtUp() {
        for (PartitionGap gap : partitionGaps) {
            if (gap.behind) {
                return false;
            }
        }
        return pulls.isEmpty();
    }

    /** A node is gone for good: its shards' routes are forgotten. */
    void departed(long node) {
        writer.removeNode(node);
        pulls.remove(node);
        shardGaps.keySet().removeIf(shard -> shard.node() == node);
        unconfirmed.keySet().removeIf(batch -> batch.from() == node);
        changed = true;
    }

    /** A batch of a member, or of this node itself; confirmed at once or later, or never where too many wait. */
    void batch(NodeMessage.RouteBatch batch, long nowMillis) {
        take(batch, nowMillis);
        if (unconfirmed.size() < UNCONFIRMED_MAX) {
            unconfirmed.putIfAbsent(new BatchId(batch.from(), batch.number()), new Demand(batch));
        }
        changed = true;
        settle();
    }

    /**
     * A batch that comes while this node holds no lease: it is confirmed although versions may be missing, because all sets are read once the
     * lease is there.
     */
    void batchWithoutLease(NodeMessage.RouteBatch batch, long nowMillis) {
        take(batch, nowMillis);
        output.confirm(batch.from(), batch.number());
    }

    private void take(NodeMessage.RouteBatch batch, long nowMillis) {
        for (PartitionDelta delta : batch.partitions()) {
            take(delta, nowMillis);
        }
        for (ShardDelta delta : batch.shards()) {
            if (delta.shard().node() == batch.from()) {
                take(delta, nowMillis);
            }
        }
    }

    private void take(PartitionDelta delta, long nowMillis) {
        int partition = delta.partition();
        PartitionGap gap = partitionGaps[partition];
        gap.require(delta.version(), writer.version(partition), nowMillis);
        if (delta.added().isEmpty() && delta.removed().isEmpty()) {
            return;
        }
        if (apply(delta) == RouteChange.GAP) {
            gap.keep(delta.version(), delta);
        } else {
            drain(gap, partition, nowMillis);
        }
    }

    private RouteChange apply(PartitionDelta delta) {
        return writer.applyDelta(delta.partition(), delta.version(), delta.added(), delta.removed());
    }

    private void drain(PartitionGap gap, int partition, long nowMillis) {
        changed = true;
        gap.sinceMillis = nowMillis; // something came: what is still missing may wait from now on
        gap.early.headMap(writer.version(partition), true).clear();
        while (!gap.early.isEmpty() && apply(gap.early.firstEntry().getValue()) != RouteChange.GAP) {
            gap.early.pollFirstEntry();
        }
    }

    private void take(ShardDelta delta, long nowMillis) {
        ShardAddress shard = delta.shard();
        ShardGap gap = shardGaps.computeIfAbsent(shard, s -> new ShardGap());
        gap.require(delta.version(), writer.version(shard), nowMillis);
        if (delta.changed().isEmpty()) {
            return;
        }
        if (apply(delta) == RouteChange.GAP) {
            gap.keep(delta.version(), delta);
        } else {
            drain(gap, shard, nowMillis);
        }
    }

    private RouteChange apply(ShardDelta delta) {
        return writer.applyDelta(delta.shard(), delta.version(), delta.changed());
    }

    private void drain(ShardGap gap, ShardAddress shard, long nowMillis) {
        changed = true;
        gap.sinceMillis = nowMillis;
        gap.early.headMap(writer.version(shard), true).clear();
        while (!gap.early.isEmpty() && apply(gap.early.firstEntry().getValue()) != RouteChange.GAP) {
            gap.early.pollFirstEntry();
        }
    }

    /** A partition's whole set, as its bucket had it after {@link Output#readRoutes}. */
    void partitionRead(int partition, Result.Routes routes, long nowMillis) {
        PartitionGap gap = partitionGaps[partition];
        gap.reading = false;
        gap.behind = false;
        writer.replaceAll(partition, routes.version(), routes.filters());
        drain(gap, partition, nowMillis);
        settle();
    }

    /** A part of the whole set of a shard of another node. */
    void set(NodeMessage.RouteSet set, long nowMillis) {
        ShardGap gap = shardGaps.computeIfAbsent(set.shard(), s -> new ShardGap());
        if (set.version() < gap.partsVersion) {
            return;
        }
        if (set.version() > gap.partsVersion) {
            gap.partsVersion = set.version();
            gap.parts.clear();
        }
        gap.parts.put(set.part(), set.routes());
        if (gap.parts.size() == set.parts()) {
            whole(set, gap, nowMillis);
            settle();
        }
    }

    private void whole(NodeMessage.RouteSet set, ShardGap gap, long nowMillis) {
        ShardAddress shard = set.shard();
        List<ShardRoute> routes = new ArrayList<>();
        gap.parts.values().forEach(routes::addAll);
        gap.partsVersion = -1;
        gap.parts.clear();
        writer.replaceAll(shard, set.version(), routes);
        drain(gap, shard, nowMillis);
        Pull pull = pulls.get(shard.node());
        if (pull != null) {
            pull.shards = set.shards();
            pull.arrived.set(shard.shard());
            if (pull.isComplete()) {
                pulls.remove(shard.node());
            }
        }
    }

    /**
     * What another node knows: where it knows later versions, they are missing here; where it has other routes at the same version, the origin is
     * read anew.
     *
     * @return how many origins differed at the same version
     */
    int digest(NodeMessage.RouteDigest digest, long nowMillis) {
        int differing = 0;
        for (PartitionDigest theirs : digest.partitions()) {
            int partition = theirs.partition();
            long version = writer.version(partition);
            partitionGaps[partition].require(theirs.version(), version, nowMillis);
            if (theirs.version() == version && theirs.digest() != writer.digest(partition)) {
                differing++;
                read(partition);
            }
        }
        for (ShardDigest theirs : digest.shards()) {
            ShardAddress shard = theirs.shard();
            long version = writer.version(shard);
            shardGaps.computeIfAbsent(shard, s -> new ShardGap()).require(theirs.version(), version, nowMillis);
            if (theirs.version() == version && theirs.digest() != writer.digest(shard)) {
                differing++;
                pull(shard.node(), nowMillis);
            }
        }
        return differing;
    }

    /** Reads what has been missing for too long. To be called every few milliseconds, while the lease is held. */
    void tick(long nowMillis) {
        for (int partition = 0; partition < partitionGaps.length; partition++) {
            PartitionGap gap = partitionGaps[partition];
            if (gap.isOpen(writer.version(partition)) && nowMillis - gap.sinceMillis >= GAP_WAIT_MILLIS) {
                read(partition);
            }
        }
        shardGaps.forEach((shard, gap) -> {
            if (gap.isOpen(writer.version(shard)) && nowMillis - gap.sinceMillis >= GAP_WAIT_MILLIS) {
                pull(shard.node(), nowMillis);
            }
        });
        pulls.forEach((node, pull) -> {
            if (nowMillis - pull.askedMillis >= PULL_AGAIN_MILLIS) {
                pull.askedMillis = nowMillis;
                output.pull(node);
            }
        });
    }

    private void read(int partition) {
        PartitionGap gap = partitionGaps[partition];
        if (!gap.reading) {
            gap.reading = true;
            output.readRoutes(partition);
        }
    }

    private void pull(long node, long nowMillis) {
        if (!pulls.containsKey(node)) {
            Pull pull = new Pull();
            pull.askedMillis = nowMillis;
            pulls.put(node, pull);
            output.pull(node);
        }
    }

    /** Confirms the batches whose versions are all there now. */
    private void settle() {
        if (!changed) {
            return;
        }
        changed = false;
        Iterator<Map.Entry<BatchId, Demand>> waiting = unconfirmed.entrySet().iterator();
        while (waiting.hasNext()) {
            Map.Entry<BatchId, Demand> entry = waiting.next();
            if (isMet(entry.getValue())) {
                waiting.remove();
                output.confirm(entry.getKey().from(), entry.getKey().number());
            }
        }
    }

    private boolean isMet(Demand demand) {
        int partitions = demand.partitions.size();
        for (; demand.next < partitions; demand.next++) {
            PartitionDelta delta = demand.partitions.get(demand.next);
            if (writer.version(delta.partition()) < delta.version()) {
                return false;
            }
        }
        for (; demand.next < partitions + demand.shards.size(); demand.next++) {
            ShardDelta delta = demand.shards.get(demand.next - partitions);
            if (writer.version(delta.shard()) < delta.version()) {
                return false;
            }
        }
        return true;
    }
}
