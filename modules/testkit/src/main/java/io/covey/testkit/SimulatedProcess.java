package io.covey.testkit;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * One incarnation of a node's process on a host: it runs, is frozen (SIGSTOP: everything that should happen waits), or has ended.
 */
final class SimulatedProcess {
    private final Deque<Runnable> waiting = new ArrayDeque<>();
    private final Deque<Runnable> endOfTurn = new ArrayDeque<>();
    private final int host;
    private final long node;
    private boolean alive = true;
    private boolean frozen;
    private boolean running;
    private long frozenSinceMillis;
    private long frozenMillis;

    SimulatedProcess(int host, long node) {
        this.host = host;
        this.node = node;
    }

    int host() {
        return host;
    }

    long node() {
        return node;
    }

    boolean isAlive() {
        return alive;
    }

    boolean isFrozen() {
        return frozen;
    }

    /** Runs the action and what it left for the end of its turn. */
    void run(Runnable action) {
        if (!alive) {
            return;
        }
        if (frozen) {
            waiting.add(action);
            return;
        }
        running = true;
        action.run();
        while (alive && !endOfTurn.isEmpty()) {
            endOfTurn.remove().run();
        }
        running = false;
    }

    void atEndOfTurn(Runnable action) {
        if (!running) {
            throw new IllegalStateException("the end of a turn is only known within it");
        }
        endOfTurn.add(action);
    }

    /** Ends the process at once, like SIGKILL. */
    void kill() {
        alive = false;
        waiting.clear();
        endOfTurn.clear();
    }

    void freeze(long nowMillis) {
        frozen = true;
        frozenSinceMillis = nowMillis;
    }

    /** The time as a clock would show it that stands still while the process is frozen. */
    long unfrozenMillis(long nowMillis) {
        return (frozen ? frozenSinceMillis : nowMillis) - frozenMillis;
    }

    /** Goes on, with everything that has waited in its order. */
    void thaw(EventQueue events) {
        frozen = false;
        frozenMillis += events.nowMillis() - frozenSinceMillis;
        while (!waiting.isEmpty()) {
            events.after(0, this, waiting.remove());
        }
    }
}
