package io.covey.wire;

/**
 * Decides when a loop that serves many connections at once waits a little between two turns, so that a turn has several events to handle
 * and everything behind it (batches, flushes, wake-ups of other threads) is shared by them. It is what network cards call interrupt
 * moderation. Owned by the loop's thread; pure, time comes in.
 *
 * <p>Turns are crowded only while, in the slice of time before, more than {@link #CONNECTIONS_MIN} different connections had work: a few
 * clients that wait for each answer are served at once, and a loop that is busy for the whole interval never waits.
 */
final class TurnPacing {
    /** The slices of time in which connections are counted. */
    static final long SLICE_NANOS = 8_000_000;

    /** With fewer connections at work in a slice, company is not worth waiting for. */
    static final int CONNECTIONS_MIN = 24;

    private final long intervalNanos;
    private long sliceEndsNanos;
    private int slice = 1;
    private int connections;
    private boolean crowded;
    private long lastTurnEndedNanos;

    /**
     * @param intervalNanos from the end of one turn, or the rest after it, to the beginning of the next, at most; 0 never waits
     * @param nowNanos a monotonic clock's reading
     */
    TurnPacing(long intervalNanos, long nowNanos) {
        this.intervalNanos = intervalNanos;
        sliceEndsNanos = nowNanos + SLICE_NANOS;
        lastTurnEndedNanos = nowNanos;
    }

    /**
     * A connection has work in this turn.
     *
     * @param countedIn what this method returned for the connection the last time, 0 at first
     */
    int count(int countedIn) {
        if (countedIn != slice) {
            connections++;
        }
        return slice;
    }

    /** Whether many connections had work lately. */
    boolean isCrowded() {
        return crowded;
    }

    /** How long the loop is to wait at the end of a turn, in nanoseconds; 0 for not at all. */
    long pauseNanos(long nowNanos) {
        if (nowNanos - sliceEndsNanos >= 0) {
            // After a silence of more than a slice nothing is known about the one before.
            crowded = connections >= CONNECTIONS_MIN && nowNanos - sliceEndsNanos < SLICE_NANOS;
            connections = 0;
            slice = slice == Integer.MAX_VALUE ? 1 : slice + 1;
            sliceEndsNanos = nowNanos + SLICE_NANOS;
        }
        long due = lastTurnEndedNanos + intervalNanos;
        if (!crowded || due - nowNanos <= 0) {
            lastTurnEndedNanos = nowNanos;
            return 0;
        }
        return due - nowNanos;
    }

    /** The pause is over, or was cut short. */
    void resumed(long nowNanos) {
        lastTurnEndedNanos = nowNanos;
    }
}
