package io.covey.protocol;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Tells how much memory the current thread has taken. */
final class Allocations {
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final long thread = Thread.currentThread().getId();

    /** The bytes taken since the thread began. */
    long bytes() {
        return threads.getThreadAllocatedBytes(thread);
    }
}
