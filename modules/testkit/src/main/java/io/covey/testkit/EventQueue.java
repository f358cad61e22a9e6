package io.covey.testkit;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Virtual time: what is to happen, in the order in which it happens. One thread runs everything, so a seed replays a run exactly.
 */
final class EventQueue {
    private record Event(long atMicros, long number, @Nullable SimulatedProcess process, Runnable action) {}

    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::atMicros).thenComparingLong(Event::number));
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
        events.add(new Event(atMicros, scheduled++, process, action));
    }

    /** Runs the next event; false when nothing is left to happen before this time. */
    boolean step(long untilMicros) {
        Event next = events.peek();
        if (next == null || next.atMicros > untilMicros) {
            nowMicros = Math.max(nowMicros, untilMicros);
            return false;
        }
        events.remove();
        nowMicros = Math.max(nowMicros, next.atMicros);
        executed++;
        if (next.process == null) {
            next.action.run();
        } else {
            next.process.run(next.action);
        }
        return true;
    }
}
