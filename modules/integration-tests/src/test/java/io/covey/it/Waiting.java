package io.covey.it;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Waits for conditions, with patience for a busy machine. */
final class Waiting {
    static final long PATIENCE_SECONDS = 60;

    private Waiting() {}

    static void until(String what, BooleanSupplier condition) throws InterruptedException {
        long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > limit) {
                throw new AssertionError("not within " + PATIENCE_SECONDS + " s: " + what);
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    /** What may fail while a library has not noticed yet that it is connected. */
    interface Attempt {
        void run() throws Exception;
    }

    /** Tries until it succeeds: throws neither an exception nor what a failed assertion throws. */
    static void untilDone(String what, Attempt attempt) throws InterruptedException {
        long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (true) {
            try {
                attempt.run();
                return;
            } catch (Exception | AssertionError notYet) {
                if (System.nanoTime() > limit) {
                    throw new AssertionError("not within " + PATIENCE_SECONDS + " s: " + what, notYet);
                }
                TimeUnit.MILLISECONDS.sleep(50);
            }
        }
    }

    /** The next so many elements; fewer when they do not come. */
    static <T> List<T> take(BlockingQueue<T> queue, int count) throws InterruptedException {
        List<T> taken = new ArrayList<>();
        long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (taken.size() < count) {
            T next = queue.poll(limit - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (next == null) {
                break;
            }
            taken.add(next);
        }
        return taken;
    }
}
