package io.covey.testkit;

import java.util.Arrays;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Virtual time: what is to happen, in the order in which it happens. One thread runs everything, so a seed replays a run exactly.
 */
final class EventQueue {
    /** The lower bits of a key number the events, so that those of one microsecond keep their order; the upper ones are the time. */
    private static final int NUMBER_BITS = 32;

    private static final long NUMBERS_MAX = 1L << NUMBER_BITS;
    private static final long MICROS_MAX = Long.MAX_VALUE >>> NUMBER_BITS;

    private record Event(@Nullable SimulatedProcess process, Runnable action) {}

    // A binary heap over keys in an array of their own: a run spends much of its time on comparing them.
    private long[] keys = new long[1 << 10];
    private @Nullable Event[] events = new Event[1 << 10];
    private int size;

    private final RandomGenerator random;
    private long nowMicros;
    private long scheduled;
    private long executed;

    EventQueue(RandomGenerator random) {
        this.random = random;
    }

    RandomGenerator random() {
        return random;
    }

    long nowMicros() {
        return nowMicros;
    }

    long nowMillis() {
        return nowMicros / 1000;
    }

    long executed() {
        return executed;
    }

    /** Between the bounds, both included. */
    long between(long low, long high) {
        return low + random.nextLong(high - low + 1);
    }

    boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    /** Something outside every process: the network, a client, the scenario. */
    void after(long delayMicros, Runnable action) {
        add(nowMicros + delayMicros, null, action);
    }

    /** Something that a process does: it does not happen once the process has ended, and waits while it is frozen. */
    void after(long delayMicros, SimulatedProcess process, Runnable action) {
        add(nowMicros + delayMicros, process, action);
    }

    private void add(long atMicros, @Nullable SimulatedProcess process, Runnable action) {
        if (atMicros > MICROS_MAX || scheduled == NUMBERS_MAX) {
            throw new IllegalStateException("a run is too long: " + atMicros + " us, " + scheduled + " events");
        }
        if (size == keys.length) {
            keys = Arrays.copyOf(keys, 2 * size);
            events = Arrays.copyOf(events, 2 * size);
        }
        siftUp(size++, atMicros << NUMBER_BITS | scheduled++, new Event(process, action));
    }

    private void siftUp(int from, long key, Event event) {
        int at = from;
        while (at > 0 && keys[(at - 1) / 2] > key) {
            move((at - 1) / 2, at);
            at = (at - 1) / 2;
        }
        keys[at] = key;
        events[at] = event;
    }

    private Event removeFirst() {
        Event first = Objects.requireNonNull(events[0]);
        size--;
        Event last = Objects.requireNonNull(events[size]);
        events[size] = null;
        if (size > 0) {
            siftDown(keys[size], last);
        }
        return first;
    }

    private void siftDown(long key, Event event) {
        int at = 0;
        while (2 * at + 1 < size) {
            int child = 2 * at + 1;
            if (child + 1 < size && keys[child + 1] < keys[child]) {
                child++;
            }
            if (keys[child] > key) {
                break;
            }
            move(child, at);
            at = child;
        }
        keys[at] = key;
        events[at] = event;
    }

    private void move(int from, int to) {
        keys[to] = keys[from];
        events[to] = events[from];
    }

    /** Runs the next event; false when nothing is left to happen before this time. */
    boolean step(long untilMicros) {
        if (size == 0 || keys[0] >>> NUMBER_BITS > untilMicros) {
            nowMicros = Math.max(nowMicros, untilMicros);
            return false;
        }
        nowMicros = Math.max(nowMicros, keys[0] >>> NUMBER_BITS);
        Event next = removeFirst();
        executed++;
        if (next.process == null) {
            next.action.run();
        } else {
            next.process.run(next.action);
        }
        return true;
    }
}
