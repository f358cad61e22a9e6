package io.covey.broker;

import io.covey.session.SessionSettings;

/**
 * The operator's settings of a node, times as their names say.
 *
 * @param single whether this is the only node: its lease is always held and nothing is agreed with others
 * @param configuredMembers how many members the operator announced; a majority is counted of this many at least
 * @param minimumMembers the fewest members that may serve clients
 * @param leaseMillis how long a granted lease lasts
 * @param leaseRenewMillis how often the lease is renewed
 * @param lingerMicros how long an urgent command waits at most for others before a batch starts, while the loop is crowded; 0 for the end of
 *     the loop's turn, as always without a crowd
 * @param lazyLingerMicros how long a command waits that nobody waits for
 * @param batchCommandsMax commands in one batch
 * @param batchBytesMax bytes in one batch, except that one command always fits
 * @param laneCommandsMax commands that wait for one partition in one shard; from half of it on publishers are not read, and at it clients
 *     are refused
 * @param laneBytesMax bytes that wait for one partition in one shard before publishers are not read
 * @param waitingBytesMax bytes that wait for all partitions in one shard before publishers are not read; at twice as much clients are refused
 * @param tickMillis how often a bucket's time is moved
 * @param reconcileMillis how often handed messages are compared with those that arrived
 * @param stuckMillis after how long a session that is owed messages and is sent none counts as stuck
 * @param session limits of connections
 */
public record NodeSettings(
        boolean single,
        int configuredMembers,
        int minimumMembers,
        int leaseMillis,
        int leaseRenewMillis,
        int lingerMicros,
        int lazyLingerMicros,
        int batchCommandsMax,
        int batchBytesMax,
        int laneCommandsMax,
        long laneBytesMax,
        long waitingBytesMax,
        int tickMillis,
        int reconcileMillis,
        int stuckMillis,
        SessionSettings session) {

    /** The defaults of a node that is alone. */
    public static final NodeSettings SINGLE = new NodeSettings(
            true,
            1,
            1,
            5_000,
            1_000,
            4_000,
            30_000,
            64,
            256 << 10,
            16_384,
            16L << 20,
            64L << 20,
            500,
            5_000,
            10_000,
            SessionSettings.DEFAULT);

    /** The defaults of a node in a cluster of this many. */
    public static NodeSettings clustered(int configuredMembers, int minimumMembers) {
        return new NodeSettings(
                false,
                configuredMembers,
                minimumMembers,
                SINGLE.leaseMillis,
                SINGLE.leaseRenewMillis,
                SINGLE.lingerMicros,
                SINGLE.lazyLingerMicros,
                SINGLE.batchCommandsMax,
                SINGLE.batchBytesMax,
                SINGLE.laneCommandsMax,
                SINGLE.laneBytesMax,
                SINGLE.waitingBytesMax,
                SINGLE.tickMillis,
                SINGLE.reconcileMillis,
                SINGLE.stuckMillis,
                SINGLE.session);
    }

    /** These with other limits for connections. */
    public NodeSettings withSession(SessionSettings limits) {
        return new NodeSettings(
                single,
                configuredMembers,
                minimumMembers,
                leaseMillis,
                leaseRenewMillis,
                lingerMicros,
                lazyLingerMicros,
                batchCommandsMax,
                batchBytesMax,
                laneCommandsMax,
                laneBytesMax,
                waitingBytesMax,
                tickMillis,
                reconcileMillis,
                stuckMillis,
                limits);
    }

    /** These with another bound of what waits in one shard. */
    public NodeSettings withWaitingBytesMax(long bytes) {
        return new NodeSettings(
                single,
                configuredMembers,
                minimumMembers,
                leaseMillis,
                leaseRenewMillis,
                lingerMicros,
                lazyLingerMicros,
                batchCommandsMax,
                batchBytesMax,
                laneCommandsMax,
                laneBytesMax,
                bytes,
                tickMillis,
                reconcileMillis,
                stuckMillis,
                session);
    }

    /** These with other waiting times before a batch. */
    public NodeSettings withLingering(int urgentMicros, int lazyMicros) {
        return new NodeSettings(
                single,
                configuredMembers,
                minimumMembers,
                leaseMillis,
                leaseRenewMillis,
                urgentMicros,
                lazyMicros,
                batchCommandsMax,
                batchBytesMax,
                laneCommandsMax,
                laneBytesMax,
                waitingBytesMax,
                tickMillis,
                reconcileMillis,
                stuckMillis,
                session);
    }

    /** These with a lease of this length, renewed five times as often as it lasts. */
    public NodeSettings withLease(int millis) {
        return new NodeSettings(
                single,
                configuredMembers,
                minimumMembers,
                millis,
                Math.max(1, millis / 5),
                lingerMicros,
                lazyLingerMicros,
                batchCommandsMax,
                batchBytesMax,
                laneCommandsMax,
                laneBytesMax,
                waitingBytesMax,
                tickMillis,
                reconcileMillis,
                stuckMillis,
                session);
    }

    /** These with another time after which a session counts as stuck, and with looks that are often enough for it. */
    public NodeSettings withStuckAfter(int millis) {
        return new NodeSettings(
                single,
                configuredMembers,
                minimumMembers,
                leaseMillis,
                leaseRenewMillis,
                lingerMicros,
                lazyLingerMicros,
                batchCommandsMax,
                batchBytesMax,
                laneCommandsMax,
                laneBytesMax,
                waitingBytesMax,
                tickMillis,
                Math.max(1, Math.min(reconcileMillis, millis / 2)),
                millis,
                session);
    }
}
