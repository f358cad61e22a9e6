package io.covey.cluster;

import com.hazelcast.core.HazelcastInstanceNotActiveException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Something that is done again and again on a thread of its own, until it is stopped or the member ends. */
final class Recurring {
    private static final Logger LOG = LoggerFactory.getLogger(Recurring.class);

    /** What is done each time. */
    interface Task {
        void run() throws InterruptedException;
    }

    private final String name;
    private final LongSupplier periodMillis;
    private final Task task;
    private final Semaphore due = new Semaphore(0);
    private volatile boolean stopped;

    /** @param name of the thread */
    Recurring(String name, long periodMillis, Task task) {
        this(name, () -> periodMillis, task);
    }

    /** @param periodMillis asked after each time */
    Recurring(String name, LongSupplier periodMillis, Task task) {
        this.name = name;
        this.periodMillis = periodMillis;
        this.task = task;
    }

    /** Begins; once. */
    void start() {
        Thread thread = new Thread(this::run, name);
        thread.setDaemon(true);
        thread.start();
    }

    /** Ends with what is being done. */
    void stop() {
        stopped = true;
    }

    /** It is done again as soon as what is being done has ended. From any thread. */
    void soon() {
        due.release();
    }

    boolean isStopped() {
        return stopped;
    }

    private void run() {
        try {
            while (!stopped) {
                runOnce();
                var unused = due.tryAcquire(periodMillis.getAsLong(), TimeUnit.MILLISECONDS);
                due.drainPermits();
            }
        } catch (InterruptedException | HazelcastInstanceNotActiveException ended) {
            LOG.debug("the member ends");
        }
    }

    private void runOnce() throws InterruptedException {
        try {
            task.run();
        } catch (HazelcastInstanceNotActiveException ended) {
            throw ended;
        } catch (RuntimeException notNow) {
            LOG.debug("{}: it is tried again soon", name, notNow);
        }
    }
}
