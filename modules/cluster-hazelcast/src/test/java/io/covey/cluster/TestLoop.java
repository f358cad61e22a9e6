package io.covey.cluster;

import io.covey.broker.ShardLoop;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** A shard's loop on a thread of its own, for tests of the adapters. */
final class TestLoop implements ShardLoop, AutoCloseable {
    private final ScheduledExecutorService executor;
    private final Deque<Runnable> endOfTurn = new ArrayDeque<>();
    private volatile Thread thread;

    TestLoop(String name) {
        executor = Executors.newSingleThreadScheduledExecutor(task -> {
            thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
    }

    @Override
    public void submit(Runnable task) {
        executor.execute(() -> turn(task));
    }

    @Override
    public void atEndOfTurn(Runnable task) {
        endOfTurn.add(task);
    }

    @Override
    public Cancellable schedule(long delayMicros, Runnable task) {
        ScheduledFuture<?> future = executor.schedule(() -> turn(task), delayMicros, TimeUnit.MICROSECONDS);
        return () -> future.cancel(false);
    }

    @Override
    public long monotonicMillis() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    @Override
    public boolean isCrowded() {
        return false;
    }

    @Override
    public long clusterMillis() {
        return System.currentTimeMillis();
    }

    @Override
    public long uniqueLong() {
        return ThreadLocalRandom.current().nextLong(Long.MAX_VALUE);
    }

    boolean isCurrent() {
        return Thread.currentThread() == thread;
    }

    /** Runs on the loop and waits for the value. */
    <T> T call(Supplier<T> task) {
        CompletableFuture<T> done = new CompletableFuture<>();
        submit(() -> {
            try {
                done.complete(task.get());
            } catch (Throwable failure) {
                done.completeExceptionally(failure);
            }
        });
        return done.orTimeout(TestMember.WAIT_SECONDS, TimeUnit.SECONDS).join();
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }

    private void turn(Runnable task) {
        task.run();
        for (Runnable last = endOfTurn.poll(); last != null; last = endOfTurn.poll()) {
            last.run();
        }
    }
}
