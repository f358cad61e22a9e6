package io.covey.cluster;

import com.hazelcast.internal.partition.MigrationInfo;
import com.hazelcast.internal.partition.impl.MigrationInterceptor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Lets clients through between two partitions that move. A partition is not served while it moves, and whoever publishes for many sessions needs all of
 * them: where large buckets followed each other without a break, such a publisher stood until the last one had moved. So the member that leads the moves rests
 * after each, for as long as it took.
 *
 * <p>It does not rest while any partition lacks a replica, be it after the end of a member or between the two steps of a move: nobody is served there
 * until that has come. Asked on Hazelcast's threads; the one that rests is the one that leads the moves, and the promotion of backups.
 */
final class MovePace implements MigrationInterceptor {
    /** Moves that took less together are not worth a rest. */
    private static final long WORK_NANOS_MIN = TimeUnit.MILLISECONDS.toNanos(50);

    private static final long REST_NANOS_MAX = TimeUnit.SECONDS.toNanos(1);

    private final BooleanSupplier areAllServed;

    // Guarded by this object.
    private long begunNanos;
    private long workNanos;

    /**
     * @param areAllServed whether every partition has all its replicas; from any thread
     */
    MovePace(BooleanSupplier areAllServed) {
        this.areAllServed = areAllServed;
    }

    @Override
    public void onMigrationStart(MigrationParticipant participant, MigrationInfo migration) {
        if (participant == MigrationParticipant.MASTER) {
            rest(restNanos());
            begin(System.nanoTime());
        }
    }

    @Override
    public void onMigrationCommit(MigrationParticipant participant, MigrationInfo migration) {
        if (participant == MigrationParticipant.MASTER) {
            ended(System.nanoTime());
        }
    }

    @Override
    public void onMigrationRollback(MigrationParticipant participant, MigrationInfo migration) {
        if (participant == MigrationParticipant.MASTER) {
            ended(System.nanoTime());
        }
    }

    /** How long to rest before the next replica moves. */
    synchronized long restNanos() {
        if (workNanos < WORK_NANOS_MIN || !areAllServed.getAsBoolean()) {
            return 0;
        }
        long nanos = Math.min(workNanos, REST_NANOS_MAX);
        workNanos = 0;
        return nanos;
    }

    synchronized void begin(long nowNanos) {
        begunNanos = nowNanos;
    }

    synchronized void ended(long nowNanos) {
        workNanos += nowNanos - begunNanos;
    }

    private synchronized void rest(long nanos) {
        long until = System.nanoTime() + nanos;
        try {
            for (long left = nanos; left > 0 && areAllServed.getAsBoolean(); left = until - System.nanoTime()) {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        } catch (InterruptedException ending) {
            Thread.currentThread().interrupt(); // the member ends
        }
    }

    /** A member has left or died: what it owned waits for an heir behind the moves. From any thread. */
    synchronized void memberLeft() {
        notifyAll();
    }
}
