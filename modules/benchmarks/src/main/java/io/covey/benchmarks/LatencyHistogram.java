package io.covey.benchmarks;

import java.util.Arrays;

/**
 * Counts of durations in buckets that are at most 1.6 % wide: 64 equal buckets for each power of two. Owned by one thread; the fixed array
 * takes 20 KiB.
 */
final class LatencyHistogram {

    private static final int SUB_BITS = 6;
    private static final int SUB_BUCKETS = 1 << SUB_BITS;

    /** Durations above are counted as this: 2^46 ns are 19 hours. */
    private static final long NANOS_MAX = (1L << 46) - 1;

    private final long[] counts = new long[bucket(NANOS_MAX) + 1];
    private long count;
    private long maximumNanos;

    void record(long nanos) {
        long value = Math.min(Math.max(nanos, 0), NANOS_MAX);
        counts[bucket(value)]++;
        count++;
        maximumNanos = Math.max(maximumNanos, value);
    }

    void clear() {
        Arrays.fill(counts, 0);
        count = 0;
        maximumNanos = 0;
    }

    void add(LatencyHistogram other) {
        for (int i = 0; i < counts.length; i++) {
            counts[i] += other.counts[i];
        }
        count += other.count;
        maximumNanos = Math.max(maximumNanos, other.maximumNanos);
    }

    long count() {
        return count;
    }

    long maximumNanos() {
        return maximumNanos;
    }

    /**
     * The smallest duration that at least this share of the recorded ones does not exceed, rounded up to the end of its bucket; 0 when
     * nothing was recorded.
     *
     * @param share above 0, up to 1
     */
    long quantileNanos(double share) {
        if (!(share > 0 && share <= 1)) {
            throw new IllegalArgumentException("share " + share);
        }
        long wanted = Math.max(1, (long) Math.ceil(share * count));
        long seen = 0;
        for (int i = 0; i < counts.length; i++) {
            seen += counts[i];
            if (seen >= wanted) {
                return Math.min(bucketEnd(i), maximumNanos);
            }
        }
        return 0;
    }

    private static int bucket(long value) {
        if (value < SUB_BUCKETS) {
            return (int) value;
        }
        int shift = 63 - SUB_BITS - Long.numberOfLeadingZeros(value);
        return ((shift + 1) << SUB_BITS) + (int) (value >>> shift) - SUB_BUCKETS;
    }

    private static long bucketEnd(int bucket) {
        if (bucket < SUB_BUCKETS) {
            return bucket;
        }
        int shift = (bucket >>> SUB_BITS) - 1;
        long first = (long) (bucket & (SUB_BUCKETS - 1)) + SUB_BUCKETS;
        return ((first + 1) << shift) - 1;
    }
}
