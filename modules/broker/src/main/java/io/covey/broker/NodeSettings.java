package io.covey.broker;

import io.covey.session.SessionSettings;

/**
 * The operator's settings of a node, times as their names say.
 *
 * @param membership of how many nodes the cluster is made, and for how long one may serve without the others
 * @param batching how commands to buckets are gathered
 * @param waiting how much may wait for buckets
 * @param upkeep how often is done what nobody asks for
 * @param session limits of connections
 */
public record NodeSettings(
        Membership membership, Batching batching, Waiting waiting, Upkeep upkeep, SessionSettings session) {

    /**
     * The node's cluster.
     *
     * @param single whether this is the only node: its lease is always held and nothing is agreed with others
     * @param configuredMembers how many members the operator announced; a majority is counted of this many at least
     * @param minimumMembers the fewest members that may serve clients
     * @param leaseMillis how long a granted lease lasts
     * @param leaseRenewMillis how often the lease is renewed
     */
    public record Membership(
            boolean single, int configuredMembers, int minimumMembers, int leaseMillis, int leaseRenewMillis) {}

    /**
     * Commands that go to a bucket together.
     *
     * @param lingerMicros how long an urgent command waits at most for others before a batch starts, while the loop is crowded; 0 for the end of
     *     the loop's turn, as always without a crowd
     * @param lazyLingerMicros how long a command waits that nobody waits for
     * @param commandsMax commands in one batch
     * @param bytesMax bytes in one batch, except that one command always fits
     */
    public record Batching(int lingerMicros, int lazyLingerMicros, int commandsMax, int bytesMax) {}

    /**
     * Bounds of what waits for buckets.
     *
     * @param laneCommandsMax commands that wait for one partition in one shard; from half of it on publishers are not read, and at it clients
     *     are refused
     * @param laneBytesMax bytes that wait for one partition in one shard before publishers are not read
     * @param shardBytesMax bytes that wait for all partitions in one shard before publishers are not read; at twice as much clients are refused
     */
    public record Waiting(int laneCommandsMax, long laneBytesMax, long shardBytesMax) {}

    /**
     * Looks at regular intervals.
     *
     * @param tickMillis how often a bucket's time is moved
     * @param reconcileMillis how often handed messages are compared with those that arrived
     * @param stuckMillis after how long a session that is owed messages and is sent none counts as stuck
     */
    public record Upkeep(int tickMillis, int reconcileMillis, int stuckMillis) {}

    /** The defaults of a node that is alone. */
    public static final NodeSettings SINGLE = new NodeSettings(
            new Membership(true, 1, 1, 5_000, 1_000),
            new Batching(4_000, 30_000, 64, 256 << 10),
            new Waiting(16_384, 16L << 20, 64L << 20),
            new Upkeep(500, 5_000, 10_000),
            SessionSettings.DEFAULT);

    /** The defaults of a node in a cluster of this many. */
    public static NodeSettings clustered(int configuredMembers, int minimumMembers) {
        Membership alone = SINGLE.membership;
        return SINGLE.with(
                new Membership(false, configuredMembers, minimumMembers, alone.leaseMillis, alone.leaseRenewMillis));
    }

    /** These in another cluster. */
    public NodeSettings with(Membership other) {
        return new NodeSettings(other, batching, waiting, upkeep, session);
    }

    /** These with commands gathered otherwise. */
    public NodeSettings with(Batching other) {
        return new NodeSettings(membership, other, waiting, upkeep, session);
    }

    /** These with other bounds of what waits. */
    public NodeSettings with(Waiting other) {
        return new NodeSettings(membership, batching, other, upkeep, session);
    }

    /** These with looks at other intervals. */
    public NodeSettings with(Upkeep other) {
        return new NodeSettings(membership, batching, waiting, other, session);
    }

    /** These with other limits for connections. */
    public NodeSettings with(SessionSettings other) {
        return new NodeSettings(membership, batching, waiting, upkeep, other);
    }

    /** These with other waiting times before a batch. */
    public NodeSettings withLingering(int urgentMicros, int lazyMicros) {
        return with(new Batching(urgentMicros, lazyMicros, batching.commandsMax, batching.bytesMax));
    }

    /** These with another bound of what waits in one shard. */
    public NodeSettings withWaitingBytesMax(long bytes) {
        return with(new Waiting(waiting.laneCommandsMax, waiting.laneBytesMax, bytes));
    }

    /** These with a lease of this length, renewed five times as often as it lasts. */
    public NodeSettings withLease(int millis) {
        return with(new Membership(
                membership.single,
                membership.configuredMembers,
                membership.minimumMembers,
                millis,
                Math.max(1, millis / 5)));
    }

    /** These with another time after which a session counts as stuck, and with looks that are often enough for it. */
    public NodeSettings withStuckAfter(int millis) {
        int reconcileMillis = Math.max(1, Math.min(upkeep.reconcileMillis, millis / 2));
        return with(new Upkeep(upkeep.tickMillis, reconcileMillis, millis));
    }
}
