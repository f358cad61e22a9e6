package io.covey.server;

import io.covey.broker.Node;
import io.covey.cluster.HandOver;
import io.covey.observability.Drain;
import io.covey.wire.MqttListeners;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's way out, the same for SIGTERM and for a drain: no client more, the connected ones sent away, the data moved to the other nodes while this
 * one still serves it, and their copies confirmed; then nothing depends on this node. Each step has a share of the time that is left, and whether
 * it ends in time or not, the next one follows: only a drain stops where the data could not be moved.
 *
 * <p>The steps are for the server's thread; {@link #progress} and {@link #hurry} are for any.
 */
final class Leaving {
    /** Over how long clients are sent away, however many they are and however much time there is. */
    private static final long SPREAD_MILLIS_MAX = 30_000;

    /** Of the time that is left, the part that is for sending clients away. */
    private static final int SPREAD_SHARE = 4;

    /** Kept back for what follows the hand-over. */
    private static final long RESERVE_MILLIS = 6_000;

    private static final long POLL_MILLIS = 100;

    private static final Logger LOG = LoggerFactory.getLogger(Leaving.class);

    private enum State {
        SERVING,
        DRAINING,
        DRAINED,
        FAILED
    }

    private final Backend backend;
    private final IntSupplier connections;
    private volatile State state = State.SERVING;
    private volatile String detail = "";
    private volatile long deadlineNanos;
    private volatile boolean disconnected;

    Leaving(Backend backend, IntSupplier connections) {
        this.backend = backend;
        this.connections = connections;
    }

    /** Whether clients may come: not once they have been sent away. */
    boolean takesClients() {
        return !disconnected && state != State.DRAINED;
    }

    /** The state's name, as operators see it. */
    String state() {
        return state.name().toLowerCase(Locale.ROOT);
    }

    boolean isDrained() {
        return state == State.DRAINED;
    }

    /** A drain begins, with so much time; false where one runs or is done already. */
    synchronized boolean begin(Duration time) {
        if (state != State.SERVING && state != State.FAILED) {
            return false;
        }
        deadlineNanos = System.nanoTime() + time.toNanos();
        detail = "begins";
        state = State.DRAINING;
        return true;
    }

    /** Whatever is being done has no more time than this. */
    void hurry(Duration time) {
        long sooner = System.nanoTime() + time.toNanos();
        if (state == State.SERVING || sooner - deadlineNanos < 0) {
            deadlineNanos = sooner;
        }
    }

    long millisLeft() {
        return Math.max(0, TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime()));
    }

    Drain.Progress progress() {
        HandOver handOver = backend.handOver();
        return new Drain.Progress(
                state(),
                detail,
                connections.getAsInt(),
                handOver == null ? 0 : handOver.partitionsHere(),
                state == State.DRAINING ? millisLeft() / 1_000 : 0);
    }

    /**
     * Everything until nothing depends on this node; whether that is so. Where it is not, the node keeps what it has and goes on serving its
     * partitions; where the other nodes would be too few, also its clients.
     */
    boolean drain(Node node, @Nullable MqttListeners listeners, int nodesMin) throws InterruptedException {
        String problem = whyNot(nodesMin);
        if (problem.isEmpty()) {
            sendAway(node, listeners);
            problem = moveData();
        }
        if (!problem.isEmpty()) {
            detail = problem;
            state = State.FAILED;
            LOG.warn("the drain has failed: {}", problem);
            return false;
        }
        return true;
    }

    private String whyNot(int nodesMin) throws InterruptedException {
        HandOver handOver = backend.handOver();
        if (handOver == null) {
            return "";
        }
        step("asks whether enough nodes stay");
        return handOver.announce(nodesMin);
    }

    /** The drain is over: nothing of the node is left. */
    void drained() {
        detail = "no client and no data depend on this node";
        state = State.DRAINED;
        LOG.info("drained; the process may end");
    }

    /** Closes the listeners and the connections, spread over a part of the time that is left. */
    void sendAway(Node node, @Nullable MqttListeners listeners) throws InterruptedException {
        if (disconnected) {
            return;
        }
        disconnected = true;
        long spread = Math.min(SPREAD_MILLIS_MAX, millisLeft() / SPREAD_SHARE);
        step("sends clients away; over at most " + spread + " ms");
        if (listeners != null) {
            // Accepts nobody any more; who is connected stays until the node sends him away.
            var unused = listeners.close(Duration.ofMillis(spread + RESERVE_MILLIS));
        }
        CountDownLatch gone = new CountDownLatch(1);
        node.disconnect((int) spread, gone::countDown);
        if (!gone.await(spread + RESERVE_MILLIS, TimeUnit.MILLISECONDS)) {
            LOG.warn("not all clients' ends were recorded before the data moves");
        }
    }

    /** Moves the data to the other nodes and waits until they have confirmed it; what went wrong, or the empty string. */
    String moveData() throws InterruptedException {
        HandOver handOver = backend.handOver();
        if (handOver == null) {
            return ""; // alone: the data stays on this disk
        }
        handOver.announce();
        if (handOver.heirs() == 0) {
            return "there is no other node that could take the data";
        }
        step("hands over its partitions");
        handOver.begin();
        if (!until(() -> handOver.isWithoutData() || !handOver.failure().isEmpty())) {
            return handOver.partitionsHere() + " partitions have not moved in time";
        }
        if (!handOver.failure().isEmpty()) {
            return handOver.failure();
        }
        step("waits until the other nodes have confirmed all copies");
        return until(() -> handOver.behind().isEmpty()) ? "" : handOver.behind();
    }

    private void step(String what) {
        detail = what;
        LOG.info("leaving: {}", what);
    }

    private boolean until(BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) {
            if (millisLeft() < RESERVE_MILLIS) {
                return false;
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
        return true;
    }
}
