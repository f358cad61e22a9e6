package io.covey.benchmarks;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What one event loop has seen. Written by its loop alone; the counters may be read from any thread, the histograms only on the loop or
 * after a {@link Fleet#settle()}.
 */
final class LoopStats {

    final AtomicLong published = new AtomicLong();
    final AtomicLong acknowledged = new AtomicLong();
    final AtomicLong delivered = new AtomicLong();

    /** Handshakes at QoS 2 that the subscriber has ended with PUBCOMP. */
    final AtomicLong completed = new AtomicLong();

    final AtomicLong refused = new AtomicLong();
    final AtomicLong skipped = new AtomicLong();
    final AtomicLong finishedPublishers = new AtomicLong();
    final AtomicLong ready = new AtomicLong();
    final AtomicLong sessionsFound = new AtomicLong();
    final AtomicLong closed = new AtomicLong();
    final AtomicLong lostConnections = new AtomicLong();
    final AtomicLong faults = new AtomicLong();

    final LatencyHistogram acknowledgement = new LatencyHistogram();
    final LatencyHistogram delivery = new LatencyHistogram();
    final LatencyHistogram sendLag = new LatencyHistogram();
    final LatencyHistogram drain = new LatencyHistogram();

    /** Messages sent earlier are not in the histograms. */
    private long measuredFromNanos = Long.MAX_VALUE;

    private long measuredToNanos = Long.MAX_VALUE;

    /** Adds without a fence: there is one writer, and a reader that sees the sum a moment later is good enough. */
    static void add(AtomicLong counter, long amount) {
        counter.setOpaque(counter.getPlain() + amount);
    }

    void measureFrom(long nowNanos) {
        acknowledgement.clear();
        delivery.clear();
        sendLag.clear();
        measuredFromNanos = nowNanos;
        measuredToNanos = Long.MAX_VALUE;
    }

    void measureTo(long nowNanos) {
        measuredToNanos = nowNanos;
    }

    boolean measures(long sentNanos) {
        return sentNanos >= measuredFromNanos && sentNanos < measuredToNanos;
    }
}
