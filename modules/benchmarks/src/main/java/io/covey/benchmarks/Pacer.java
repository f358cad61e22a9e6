package io.covey.benchmarks;

import java.util.List;

/**
 * Lets the publishers of a loop publish one after the other at an even total rate, in an open loop: a slow broker does not slow it down.
 * How late a message leaves is recorded in {@link LoopStats#sendLag}; the selector's whole milliseconds are in it.
 */
final class Pacer implements EventLoop.Ticker {

    private final LoopStats stats;
    private final List<Publisher> publishers;
    private final double nanosApart;
    private final long startNanos;
    private long released;
    private boolean stopped;

    /** @param perSecond of each publisher */
    Pacer(LoopStats stats, List<Publisher> publishers, double perSecond, long startNanos) {
        this.stats = stats;
        this.publishers = publishers;
        this.nanosApart = 1e9 / (perSecond * publishers.size());
        this.startNanos = startNanos;
    }

    void stop() {
        stopped = true;
    }

    @Override
    public long tick(long nowNanos) {
        if (stopped) {
            return Long.MAX_VALUE;
        }
        long due = dueNanos();
        while (due <= nowNanos) {
            long sendNanos = System.nanoTime();
            publishers.get((int) (released % publishers.size())).publishOne(sendNanos);
            if (stats.measures(sendNanos)) {
                stats.sendLag.record(sendNanos - due);
            }
            released++;
            due = dueNanos();
        }
        return due;
    }

    private long dueNanos() {
        return startNanos + (long) (released * nanosApart);
    }
}
