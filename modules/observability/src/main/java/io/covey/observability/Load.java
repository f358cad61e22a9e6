package io.covey.observability;

/** Events per minute, averaged over the last 1, 5 and 15 minutes as Mosquitto does: what is older counts less and less. Not thread-safe. */
final class Load {
    private static final int[] MINUTES = {1, 5, 15};
    private static final double MILLIS_PER_MINUTE = 60_000;

    private final double[] perMinute = new double[MINUTES.length];
    private long last;

    /** @param count the count at the beginning */
    Load(long count) {
        last = count;
    }

    /** So many minutes are averaged at this index. */
    static int minutes(int index) {
        return MINUTES[index];
    }

    static int averages() {
        return MINUTES.length;
    }

    /** The count is this now; one that has fallen, as when a node has left, counts as if it stood still. */
    void next(long count, long elapsedMillis) {
        if (elapsedMillis <= 0) {
            return;
        }
        double rate = Math.max(0, count - last) * MILLIS_PER_MINUTE / elapsedMillis;
        for (int i = 0; i < MINUTES.length; i++) {
            double weight = Math.exp(-elapsedMillis / (MILLIS_PER_MINUTE * MINUTES[i]));
            perMinute[i] = rate + weight * (perMinute[i] - rate);
        }
        last = count;
    }

    double perMinute(int index) {
        return perMinute[index];
    }
}
