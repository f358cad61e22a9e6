package io.covey.observability;

import io.covey.broker.ShardLoop;

/** Measures how late the timers of an event loop run: what every client of the loop waits at least. Owned by the loop. */
public final class LoopLag {
    private static final long PERIOD_MICROS = 250_000;

    private final ShardLoop loop;
    private final Histogram.OfLoop lags = new Histogram.OfLoop(Histogram.LATENCY_MICROS);

    private LoopLag(ShardLoop loop) {
        this.loop = loop;
    }

    /** Measures this loop from now on, until it ends. From any thread. */
    public static void watch(ShardLoop loop, int index, BrokerMetrics metrics) {
        LoopLag lag = new LoopLag(loop);
        metrics.meters().show(Metric.EVENT_LOOP_LAG_SECONDS, lag.lags, Integer.toString(index));
        loop.submit(lag::next);
    }

    private void next() {
        long dueMicros = loop.monotonicMicros() + PERIOD_MICROS;
        loop.schedule(PERIOD_MICROS, () -> {
            lags.record(Math.max(0, loop.monotonicMicros() - dueMicros));
            next();
        });
    }
}
