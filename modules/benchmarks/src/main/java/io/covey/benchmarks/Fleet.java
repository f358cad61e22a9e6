package io.covey.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;

/** The event loops of a run and the ways to steer them from the main thread, to which it belongs. */
final class Fleet implements AutoCloseable {

    /** Connections in their handshake at once; below the listen backlog of common brokers. */
    private static final int HANDSHAKES_MAX = 64;

    private static final long POLL_MILLIS = 2;

    private final List<EventLoop> loops = new ArrayList<>();

    Fleet(TargetOptions target) {
        for (int i = 0; i < target.threads; i++) {
            loops.add(new EventLoop("load-" + i, TimeUnit.MICROSECONDS.toNanos(target.roundMicros)));
        }
        loops.forEach(EventLoop::start);
    }

    EventLoop loop(int index) {
        return loops.get(index % loops.size());
    }

    List<EventLoop> loops() {
        return loops;
    }

    long sum(Function<LoopStats, AtomicLong> counter) {
        long sum = 0;
        for (EventLoop loop : loops) {
            sum += counter.apply(loop.stats).getOpaque();
        }
        return sum;
    }

    LatencyHistogram merged(Function<LoopStats, LatencyHistogram> histogram) {
        LatencyHistogram merged = new LatencyHistogram();
        for (EventLoop loop : loops) {
            merged.add(histogram.apply(loop.stats));
        }
        return merged;
    }

    /**
     * Opens the connections at an even pace and waits until each is ready (or, with {@link Visitor}s, closed).
     *
     * @param perSecond 0 for as fast as the handshakes go
     */
    void connect(List<Connection> connections, int perSecond, int timeoutSeconds) throws InterruptedException {
        long start = System.nanoTime();
        int first = 0;
        for (int i = 0; i < connections.size(); i++) {
            Connection next = connections.get(i);
            long due = perSecond == 0 ? start : start + i * 1_000_000_000L / perSecond;
            int opened = i;
            int oldest = first;
            first = waitForTurn(connections, oldest, opened, due, timeoutSeconds);
            next.loop.submit(next::open);
        }
        int settled = first;
        await("connecting", timeoutSeconds, () -> firstUnsettled(connections, settled) == connections.size());
        failOnTrouble(connections);
    }

    /** Waits until {@code connections} are closed by the broker after their DISCONNECT, and closes what it leaves open. */
    void leave(List<Connection> connections, int timeoutSeconds) throws InterruptedException {
        for (Connection connection : connections) {
            connection.loop.submit(connection::leave);
        }
        await("waiting for the broker to close after DISCONNECT", timeoutSeconds, () -> connections.stream()
                .allMatch(connection -> connection.state() == Connection.State.CLOSED));
    }

    /** Runs {@code task} on every loop and waits for it, after which what the loops wrote before is visible here. */
    void onEachLoop(Consumer<EventLoop> task) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(loops.size());
        for (EventLoop loop : loops) {
            loop.submit(() -> {
                task.accept(loop);
                done.countDown();
            });
        }
        await("a loop's answer", 10, () -> done.getCount() == 0);
        done.await();
    }

    /** Makes what the loops wrote so far visible here. */
    void settle() throws InterruptedException {
        onEachLoop(loop -> {});
    }

    /** @throws DriverFailure when it takes longer */
    void await(String what, int timeoutSeconds, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(timeoutSeconds);
        while (!condition.getAsBoolean()) {
            requireLoops();
            if (System.nanoTime() > deadline) {
                throw new DriverFailure(what + " took more than " + timeoutSeconds + " s");
            }
            Thread.sleep(POLL_MILLIS);
        }
    }

    /** Waits until nothing has changed any more for so long, or all is done. */
    void awaitQuiet(int quietSeconds, BooleanSupplier done) throws InterruptedException {
        long seen = -1;
        long changedAt = System.nanoTime();
        while (!done.getAsBoolean()) {
            requireLoops();
            long now = System.nanoTime();
            long sum = sum(stats -> stats.delivered) + sum(stats -> stats.acknowledged) + sum(stats -> stats.completed);
            if (sum != seen) {
                seen = sum;
                changedAt = now;
            } else if (now - changedAt > TimeUnit.SECONDS.toNanos(quietSeconds)) {
                return;
            }
            Thread.sleep(POLL_MILLIS);
        }
    }

    void requireLoops() {
        for (EventLoop loop : loops) {
            Throwable failure = loop.failure();
            if (failure instanceof DriverFailure told) {
                throw told;
            }
            if (failure != null) {
                throw new IllegalStateException("an event loop died", failure);
            }
        }
    }

    private int waitForTurn(List<Connection> connections, int oldest, int opened, long due, int timeoutSeconds)
            throws InterruptedException {
        int[] first = {oldest};
        await("connecting", timeoutSeconds, () -> {
            first[0] = firstUnsettled(connections, first[0]);
            return opened - first[0] < HANDSHAKES_MAX && System.nanoTime() >= due;
        });
        return first[0];
    }

    private static int firstUnsettled(List<Connection> connections, int from) {
        int at = from;
        while (at < connections.size() && isSettled(connections.get(at).state())) {
            at++;
        }
        return at;
    }

    private static boolean isSettled(Connection.State state) {
        return state == Connection.State.READY || state == Connection.State.CLOSED;
    }

    private static void failOnTrouble(List<Connection> connections) {
        for (Connection connection : connections) {
            String trouble = connection.trouble();
            if (trouble != null) {
                throw new DriverFailure(trouble);
            }
        }
    }

    @Override
    public void close() {
        loops.forEach(EventLoop::stop);
        loops.forEach(EventLoop::join);
    }
}
