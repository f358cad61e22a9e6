package io.covey.storage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Syncs the log on a thread of its own: at least every 100 ms while it grows, and at once where somebody waits. All who wait while one sync
 * runs share the next.
 */
final class Synchronizer {
    /** The longest that something written stays unsynced, but for a slow device. */
    static final long PERIOD_MILLIS = 100;

    private static final Logger LOG = LoggerFactory.getLogger(Synchronizer.class);

    private final SegmentLog log;
    private final Disk disk;
    private final StorageEvents events;
    private final Thread thread = new Thread(this::run, "covey-sync");
    private final Object lock = new Object();
    private List<Runnable> waiting = new ArrayList<>();
    private List<Unsynced> files = new ArrayList<>();
    private boolean closed;

    /** Touched by the thread only, as is the next: up to here nothing needs a sync. */
    private long syncedPosition;

    private boolean failing;

    /** A file that was written elsewhere, and what is to be done once it is on the device. */
    private record Unsynced(String name, Runnable synced) {}

    Synchronizer(SegmentLog log, Disk disk, StorageEvents events) {
        this.log = log;
        this.disk = disk;
        this.events = events;
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Runs a task once everything that is written now is on the device; on this thread. From any thread. */
    void whenSynced(Runnable task) {
        synchronized (lock) {
            waiting.add(task);
            lock.notifyAll();
        }
    }

    /** Has a file synced before anything that waits from now on. From any thread. */
    void alsoFile(String name, Runnable synced) {
        synchronized (lock) {
            files.add(new Unsynced(name, synced));
        }
    }

    private void run() {
        while (true) {
            List<Runnable> tasks;
            List<Unsynced> newFiles;
            long target;
            boolean last;
            synchronized (lock) {
                awaitWork(waiting.isEmpty());
                last = closed && waiting.isEmpty();
                // Before the files: what stands behind a snapshot in the log is not synced before the snapshot is.
                target = log.written();
                tasks = waiting;
                newFiles = files;
                waiting = new ArrayList<>();
                files = new ArrayList<>();
            }
            boolean synced = sync(newFiles, !tasks.isEmpty(), target);
            if (last) {
                return;
            }
            if (!synced) {
                keep(tasks, newFiles);
                continue;
            }
            tasks.forEach(Runnable::run);
        }
    }

    /** What waits is not told anything until a sync succeeds. */
    private void keep(List<Runnable> tasks, List<Unsynced> newFiles) {
        synchronized (lock) {
            tasks.addAll(waiting);
            waiting = tasks;
            newFiles.addAll(files);
            files = newFiles;
            awaitWork(true);
            if (closed) {
                waiting = new ArrayList<>();
            }
        }
    }

    /** Waits for a period; where asked for, not longer than until somebody else waits. */
    private void awaitWork(boolean idle) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PERIOD_MILLIS);
        int before = waiting.size();
        try {
            long millis = PERIOD_MILLIS;
            while (idle && millis > 0 && waiting.size() == before && !closed) {
                lock.wait(millis);
                millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            }
        } catch (InterruptedException ending) {
            closed = true;
        }
    }

    private boolean sync(List<Unsynced> newFiles, boolean wanted, long target) {
        // What is collected and cannot be written is no reason: each sync adds a mark to it.
        if (!wanted && newFiles.isEmpty() && target <= syncedPosition) {
            return true;
        }
        try {
            long before = System.nanoTime();
            for (Unsynced file : newFiles) {
                disk.force(file.name());
            }
            if (!newFiles.isEmpty()) {
                disk.forceDirectory();
            }
            log.sync();
            if (target > syncedPosition) {
                syncedPosition = log.appendSynced(target);
            }
            events.synced(System.nanoTime() - before);
            newFiles.forEach(file -> file.synced().run());
            failing = false;
            return true;
        } catch (IOException failure) {
            events.failed("sync");
            if (!failing) {
                LOG.error("the log cannot be synced, it is tried again: {}", failure.toString());
            }
            failing = true;
            return false;
        }
    }

    /** Ends the thread once those who wait were served. */
    void close() {
        synchronized (lock) {
            closed = true;
            lock.notifyAll();
        }
        try {
            thread.join();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
