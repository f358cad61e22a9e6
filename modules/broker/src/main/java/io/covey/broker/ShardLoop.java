package io.covey.broker;

/** An event loop with its clock: the only thread that a shard (or the node core) runs on. */
public interface ShardLoop {
    /** Runs the task on this loop, after what runs now; may be called from any thread. Tasks of one caller keep their order. */
    void submit(Runnable task);

    /** Runs the task on this loop once, when what the loop is working off now is done; only from this loop. For batching. */
    void atEndOfTurn(Runnable task);

    /** Runs the task on this loop after a delay of at least 0; only from this loop. */
    Cancellable schedule(long delayMicros, Runnable task);

    /** Milliseconds of a clock that only moves forward, also through changes of the system's time. */
    long monotonicMillis();

    /** Microseconds of the clock of {@link #monotonicMillis}, as fine as the loop can tell. */
    default long monotonicMicros() {
        return monotonicMillis() * 1_000;
    }

    /**
     * Whether so many connections have work at the moment that a change is worth holding back for a few milliseconds: others will join it.
     */
    boolean isCrowded();

    /** Has the next turn begin now, where the loop waits for company: what was submitted before is worth one. From any thread. */
    default void endRest() {}

    /** Cluster time in milliseconds of the epoch. */
    long clusterMillis();

    /** A number that no one else draws, 63 bits; from the seed in simulations. */
    long uniqueLong();

    /** A task that can still be called off. */
    interface Cancellable {
        /** Calls it off; without effect once it has run. */
        void cancel();
    }
}
