package io.covey.broker;

import java.util.function.BooleanSupplier;

/** Does something again and again, at a fixed pace, as long as it is needed. Owned by the shard's loop. */
final class Repetition {
    /** How soon what has no answer is asked again. */
    private static final int PAUSE_MICROS = 100_000;

    private final Shard shard;
    private final BooleanSupplier needed;
    private final Runnable again;
    private boolean comes;

    Repetition(Shard shard, BooleanSupplier needed, Runnable again) {
        this.shard = shard;
        this.needed = needed;
        this.again = again;
    }

    /** It may be needed from now on. */
    void schedule() {
        if (!comes && needed.getAsBoolean()) {
            comes = true;
            shard.loop.schedule(PAUSE_MICROS, () -> {
                comes = false;
                if (!shard.isOver()) {
                    again.run();
                    schedule();
                }
            });
        }
    }
}
