package io.covey.wire;

import java.util.function.LongSupplier;

/**
 * The system's wall clock without its steps backwards. Owned by one loop.
 *
 * <p>While the wall clock is behind what was already told, this clock goes at half speed until it has been caught up; so it never moves
 * back, and it does not stand still for as long as the step was.
 */
final class ClusterClock {
    private static final long SLOW_NANOS_PER_MILLI = 2_000_000;

    private final LongSupplier wallMillis;
    private final LongSupplier nanos;
    private long toldMillis;
    private long toldAtNanos;

    ClusterClock(LongSupplier wallMillis, LongSupplier nanos) {
        this.wallMillis = wallMillis;
        this.nanos = nanos;
        toldMillis = wallMillis.getAsLong();
        toldAtNanos = nanos.getAsLong();
    }

    long millis() {
        long wall = wallMillis.getAsLong();
        if (wall >= toldMillis) {
            toldMillis = wall;
            toldAtNanos = nanos.getAsLong();
        } else {
            long slowMillis = (nanos.getAsLong() - toldAtNanos) / SLOW_NANOS_PER_MILLI;
            toldMillis += slowMillis;
            toldAtNanos += slowMillis * SLOW_NANOS_PER_MILLI;
        }
        return toldMillis;
    }
}
