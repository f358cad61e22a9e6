package io.covey.storage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Threads that make buckets from what one thread reads. Everything about a partition is done by the same thread, in the order in which it was
 * handed over. Used by one thread, which waits where {@link #WAITING_MAX} tasks of a thread wait.
 */
final class RecoveryThreads implements AutoCloseable {
    private static final int THREADS_MAX = 8;
    private static final int WAITING_MAX = 4_096;

    private final List<ThreadPoolExecutor> threads = new ArrayList<>();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    /** What may fail as reading a file does. */
    interface Task {
        void run() throws IOException;
    }

    RecoveryThreads() {
        int count = Math.min(THREADS_MAX, Runtime.getRuntime().availableProcessors());
        for (int i = 0; i < count; i++) {
            String name = "covey-recovery-" + i;
            threads.add(new ThreadPoolExecutor(
                    1,
                    1,
                    0,
                    TimeUnit.SECONDS,
                    new ArrayBlockingQueue<>(WAITING_MAX),
                    task -> {
                        Thread thread = new Thread(task, name);
                        thread.setDaemon(true);
                        return thread;
                    },
                    RecoveryThreads::awaitRoom));
        }
    }

    private static void awaitRoom(Runnable task, ThreadPoolExecutor full) {
        try {
            full.getQueue().put(task);
        } catch (InterruptedException ending) {
            Thread.currentThread().interrupt();
            throw new StorageException("interrupted while the files are read", ending);
        }
    }

    /** Hands over something about a partition. */
    void submit(int partition, Task task) {
        threads.get(partition % threads.size()).execute(() -> {
            try {
                if (failure.get() == null) {
                    task.run();
                }
            } catch (IOException | RuntimeException | Error thrown) {
                failure.compareAndSet(null, thrown);
            }
        });
    }

    /** Returns when all that was handed over is done; throws what the first that failed has thrown. */
    void await() throws IOException {
        CountDownLatch done = new CountDownLatch(threads.size());
        threads.forEach(thread -> thread.execute(done::countDown));
        try {
            done.await();
        } catch (InterruptedException ending) {
            Thread.currentThread().interrupt();
            throw new StorageException("interrupted while the files are read", ending);
        }
        Throwable thrown = failure.get();
        if (thrown instanceof IOException io) {
            throw io;
        }
        if (thrown instanceof RuntimeException defect) {
            throw defect;
        }
        if (thrown instanceof Error fatal) {
            throw fatal;
        }
    }

    /** {@link #await} for callers that may not throw checked exceptions. */
    void awaitUnchecked() {
        try {
            await();
        } catch (IOException io) {
            throw new UncheckedIOException(io);
        }
    }

    @Override
    public void close() {
        threads.forEach(ThreadPoolExecutor::shutdownNow);
    }
}
