package io.covey.testkit;

import io.covey.broker.ShardLoop;

/** A shard's loop in virtual time. */
final class SimulatedLoop implements ShardLoop {
    /** What the clock shows when a run begins. */
    static final long EPOCH_MILLIS = 1_700_000_000_000L;

    private final EventQueue events;
    private final SimulatedProcess process;
    private final Tamperer tamperer;
    private long busyUntilMicros;

    SimulatedLoop(EventQueue events, SimulatedProcess process, Tamperer tamperer) {
        this.events = events;
        this.process = process;
        this.tamperer = tamperer;
    }

    @Override
    public void submit(Runnable task) {
        // Tasks keep their order, so each starts no earlier than the one before it.
        busyUntilMicros = Math.max(busyUntilMicros, events.nowMicros() + events.between(0, 20));
        events.after(busyUntilMicros - events.nowMicros(), process, task);
    }

    @Override
    public void atEndOfTurn(Runnable task) {
        process.atEndOfTurn(task);
    }

    @Override
    public Cancellable schedule(long delayMicros, Runnable task) {
        boolean[] cancelled = new boolean[1];
        events.after(delayMicros + events.between(0, 200), process, () -> {
            if (!cancelled[0]) {
                task.run();
            }
        });
        return () -> cancelled[0] = true;
    }

    @Override
    public long monotonicMillis() {
        return tamperer.monotonicMillis(process, events.nowMillis());
    }

    @Override
    public boolean isCrowded() {
        return true;
    }

    @Override
    public long clusterMillis() {
        return EPOCH_MILLIS + events.nowMillis();
    }

    @Override
    public long uniqueLong() {
        return events.random().nextLong() >>> 1;
    }
}
