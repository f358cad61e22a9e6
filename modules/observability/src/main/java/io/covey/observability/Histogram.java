package io.covey.observability;

import java.util.concurrent.atomic.AtomicLongArray;

/** Counts of values in fixed buckets, and their sum. Values are whole numbers: microseconds where Prometheus is shown seconds. */
abstract class Histogram {
    /** Upper bounds of latencies in microseconds, from 50 us to 10 s. */
    static final long[] LATENCY_MICROS = {
        50,
        100,
        250,
        500,
        1_000,
        2_500,
        5_000,
        10_000,
        25_000,
        50_000,
        100_000,
        250_000,
        500_000,
        1_000_000,
        2_500_000,
        5_000_000,
        10_000_000
    };

    /** Adds the buckets, of which there is one more than bounds, and behind them the sum. From any thread. */
    abstract void addTo(long[] buckets);

    /** The bucket of a value. */
    private static int bucketOf(long[] bounds, long value) {
        int bucket = 0;
        while (bucket < bounds.length && value > bounds[bucket]) {
            bucket++;
        }
        return bucket;
    }

    /** Recorded by one thread at a time, without a locked instruction; read by any. */
    static final class OfLoop extends Histogram {
        private final long[] bounds;
        private final AtomicLongArray cells;

        OfLoop(long[] bounds) {
            this.bounds = bounds;
            this.cells = new AtomicLongArray(bounds.length + 2);
        }

        /** Notes a value. On the owner's thread only. */
        void record(long value) {
            add(bucketOf(bounds, value), 1);
            add(bounds.length + 1, value);
        }

        private void add(int cell, long by) {
            cells.setOpaque(cell, cells.getPlain(cell) + by);
        }

        @Override
        void addTo(long[] buckets) {
            for (int i = 0; i < cells.length(); i++) {
                buckets[i] += cells.getOpaque(i);
            }
        }
    }

    /** Recorded by any thread. */
    static final class Shared extends Histogram {
        private final long[] bounds;
        private final AtomicLongArray cells;

        Shared(long[] bounds) {
            this.bounds = bounds;
            this.cells = new AtomicLongArray(bounds.length + 2);
        }

        /** Notes a value. From any thread. */
        void record(long value) {
            cells.getAndIncrement(bucketOf(bounds, value));
            cells.getAndAdd(bounds.length + 1, value);
        }

        @Override
        void addTo(long[] buckets) {
            for (int i = 0; i < cells.length(); i++) {
                buckets[i] += cells.get(i);
            }
        }
    }
}
