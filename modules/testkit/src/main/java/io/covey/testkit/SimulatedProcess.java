package io.covey.testkit;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A process on a host: it runs, is frozen (SIGSTOP: everything that should happen waits), or has ended. Or a part of a process, which may end
 * before it: an incarnation of the node.
 */
final class SimulatedProcess {
    private static final long WAKING_MILLIS = 100;

    private final Deque<Runnable> waiting = new ArrayDeque<>();
    private final Deque<Runnable> endOfTurn = new ArrayDeque<>();
    private final int host;
    private final long id;
    private final @Nullable SimulatedProcess whole;
    private final List<SimulatedProcess> parts = new ArrayList<>();
    private boolean alive = true;
    private boolean frozen;
    private boolean running;
    private long frozenSinceMillis;
    private long frozenMillis;
    private long thawedMillis = Long.MIN_VALUE / 2;

    /** A process; the number tells it from all others. */
    SimulatedProcess(int host, long id) {
        this(host, id, null);
    }

    private SimulatedProcess(int host, long id, @Nullable SimulatedProcess whole) {
        this.host = host;
        this.id = id;
        this.whole = whole;
    }

    /** A part of this process. */
    SimulatedProcess part(long partId) {
        SimulatedProcess part = new SimulatedProcess(host, partId, this);
        parts.add(part);
        return part;
    }

    int host() {
        return host;
    }

    long id() {
        return id;
    }

    boolean isAlive() {
        return alive && (whole == null || whole.alive);
    }

    boolean isFrozen() {
        return whole == null ? frozen : whole.frozen;
    }

    /** Runs the action and what it left for the end of its turn. */
    void run(Runnable action) {
        if (!isAlive()) {
            return;
        }
        if (isFrozen()) {
            waiting.add(action);
            return;
        }
        running = true;
        action.run();
        while (isAlive() && !endOfTurn.isEmpty()) {
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
        if (whole != null) {
            return whole.unfrozenMillis(nowMillis);
        }
        return (frozen ? frozenSinceMillis : nowMillis) - frozenMillis;
    }

    /** When it did anything last; one that ends as soon as it wakes did nothing since it fell asleep. */
    long lastRanMillis(long nowMillis) {
        if (whole != null) {
            return whole.lastRanMillis(nowMillis);
        }
        return frozen || nowMillis - thawedMillis < WAKING_MILLIS ? frozenSinceMillis : nowMillis;
    }

    /** Goes on, with everything that has waited in its order. */
    void thaw(EventQueue events) {
        frozen = false;
        thawedMillis = events.nowMillis();
        frozenMillis += events.nowMillis() - frozenSinceMillis;
        flush(events);
        parts.forEach(part -> part.flush(events));
    }

    private void flush(EventQueue events) {
        while (!waiting.isEmpty()) {
            events.after(0, this, waiting.remove());
        }
    }
}
