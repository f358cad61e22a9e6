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

    private final long[] bounds;
    private final AtomicLongArray cells;

    private Histogram(long[] bounds) {
        this.bounds = bounds;
        this.cells = new AtomicLongArray(bounds.length + 2);
    }

    /** The upper bounds of all buckets but the last, which has none. Not to be changed. */
    long[] bounds() {
        return bounds;
    }

    /** Adds the buckets, of which there is one more than bounds, and behind them the sum. From any thread. */
    void addTo(long[] buckets) {
        for (int i = 0; i < cells.length(); i++) {
            buckets[i] += cells.getOpaque(i);
        }
    }

    /** Notes a value. */
    final void record(long value) {
        int bucket = 0;
        while (bucket < bounds.length && value > bounds[bucket]) {
            bucket++;
        }
        add(cells, bucket, 1);
        add(cells, bounds.length + 1, value);
    }

    /** Adds to a cell, with as much order as the recording threads need. */
    abstract void add(AtomicLongArray to, int cell, long by);

    /** Recorded by one thread at a time, without a locked instruction; read by any. */
    static final class OfLoop extends Histogram {
        OfLoop(long[] bounds) {
            super(bounds);
        }

        @Override
        void add(AtomicLongArray to, int cell, long by) {
            to.setOpaque(cell, to.getPlain(cell) + by);
        }
    }

    /** Recorded by any thread. */
    static final class Shared extends Histogram {
        Shared(long[] bounds) {
            super(bounds);
        }

        @Override
        void add(AtomicLongArray to, int cell, long by) {
            to.getAndAdd(cell, by);
        }
    }
}
