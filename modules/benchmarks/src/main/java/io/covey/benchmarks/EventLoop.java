package io.covey.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A thread that serves a share of the connections: one selector, one read buffer, one pool of write buffers. What a round of reads brings
 * about is written at its end, once per connection.
 */
final class EventLoop {

    /** Work by the clock, on the loop. */
    interface Ticker {
        /** @return when to be called again, at the latest */
        long tick(long nowNanos);
    }

    static final int WRITE_BUFFER_BYTES = 64 << 10;

    private static final int READ_BUFFER_BYTES = 256 << 10;

    /** More connections with something to write than this are not gathered, so that so many buffers are enough. */
    private static final int UNFLUSHED_MAX = 256;

    private static final long WAIT_MILLIS_MAX = 100;

    final LoopStats stats = new LoopStats();

    private final Selector selector;
    private final Thread thread;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final ByteBuffer readBuffer = ByteBuffer.allocateDirect(READ_BUFFER_BYTES);
    private final ArrayDeque<ByteBuffer> pool = new ArrayDeque<>();
    private final ArrayDeque<Connection> unflushed = new ArrayDeque<>();
    private final List<Ticker> tickers = new ArrayList<>();
    private final long roundNanos;
    private long roundStartNanos;
    private volatile boolean stopped;
    private volatile @Nullable Throwable failure;

    /**
     * @param roundNanos how far the starts of two rounds lie apart at least; a driver that wakes for each packet costs as much as the broker
     *     it measures, and takes the CPU from it
     */
    EventLoop(String name, long roundNanos) {
        this.roundNanos = roundNanos;
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        thread = new Thread(this::run, name);
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Runs {@code task} on the loop. Callable from any thread. */
    void submit(Runnable task) {
        tasks.add(task);
        selector.wakeup();
    }

    /** What ended the loop, if anything did. */
    @Nullable
    Throwable failure() {
        return failure;
    }

    void stop() {
        stopped = true;
        selector.wakeup();
    }

    /** Waits a few seconds for the thread to end; it is a daemon and keeps nobody alive. */
    void join() {
        try {
            thread.join(TimeUnit.SECONDS.toMillis(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // The rest is for the loop's own thread.

    void add(Ticker ticker) {
        tickers.add(ticker);
    }

    void clearTickers() {
        tickers.clear();
    }

    Selector selector() {
        return selector;
    }

    ByteBuffer readBuffer() {
        return readBuffer;
    }

    ByteBuffer takeBuffer() {
        ByteBuffer pooled = pool.pollLast();
        return pooled != null ? pooled : ByteBuffer.allocateDirect(WRITE_BUFFER_BYTES);
    }

    void returnBuffer(ByteBuffer buffer) {
        if (buffer.capacity() == WRITE_BUFFER_BYTES && pool.size() < UNFLUSHED_MAX) {
            pool.addLast(buffer.clear());
        }
    }

    void flushLater(Connection connection) {
        if (unflushed.size() >= UNFLUSHED_MAX) {
            flush();
        }
        unflushed.addLast(connection);
    }

    private void run() {
        try (selector) {
            while (!stopped) {
                runTasks();
                long waitMillis = tick();
                flush();
                awaitRound();
                selector.select(EventLoop::dispatch, waitMillis);
                flush();
            }
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
        } catch (Throwable e) {
            // Whatever it is, the run is over, and the main thread says so.
            failure = e;
        }
    }

    private void awaitRound() {
        if (roundNanos > 0) {
            long restNanos = roundStartNanos + roundNanos - System.nanoTime();
            if (restNanos > 0) {
                LockSupport.parkNanos(restNanos);
            }
            roundStartNanos = System.nanoTime();
        }
    }

    private void runTasks() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    private long tick() {
        if (tickers.isEmpty()) {
            return WAIT_MILLIS_MAX;
        }
        long now = System.nanoTime();
        long next = now + TimeUnit.MILLISECONDS.toNanos(WAIT_MILLIS_MAX);
        for (Ticker ticker : tickers) {
            next = Math.min(next, ticker.tick(now));
        }
        // A selector waits whole milliseconds, and 0 would mean for ever.
        return Math.max(1, TimeUnit.NANOSECONDS.toMillis(next - now));
    }

    private static void dispatch(SelectionKey key) {
        ((Connection) key.attachment()).onSelected();
    }

    private void flush() {
        for (Connection next = unflushed.pollFirst(); next != null; next = unflushed.pollFirst()) {
            next.flush();
        }
    }
}
