package io.covey.broker;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.PriorityQueue;

/** Virtual time and what is to happen in it: one thread for all loops, in a fixed order. */
final class VirtualTime {
    private static final long EPOCH_MILLIS = 1_700_000_000_000L;

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final Deque<Runnable> endOfTurn = new ArrayDeque<>();
    private long nowMicros = 1_000_000;
    private long numbers;
    private long unique = 1_000;

    private record Event(long atMicros, long number, Runnable action, boolean[] cancelled)
            implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            return atMicros != other.atMicros
                    ? Long.compare(atMicros, other.atMicros)
                    : Long.compare(number, other.number);
        }
    }

    ShardLoop.Cancellable after(long delayMicros, Runnable action) {
        boolean[] cancelled = new boolean[1];
        events.add(new Event(nowMicros + Math.max(0, delayMicros), numbers++, action, cancelled));
        return () -> cancelled[0] = true;
    }

    /** Runs an action as a turn of its own. */
    void turn(Runnable action) {
        action.run();
        while (!endOfTurn.isEmpty()) {
            endOfTurn.remove().run();
        }
    }

    /** Lets this much time pass, with everything that happens in it. */
    void pass(long millis) {
        long until = nowMicros + millis * 1_000;
        while (!events.isEmpty() && events.peek().atMicros <= until) {
            Event next = events.remove();
            nowMicros = next.atMicros;
            if (!next.cancelled[0]) {
                turn(next.action);
            }
        }
        nowMicros = until;
    }

    long nowMicros() {
        return nowMicros;
    }

    /** A loop in this time. */
    ShardLoop loop() {
        return new ShardLoop() {
            @Override
            public void submit(Runnable task) {
                after(0, task);
            }

            @Override
            public void atEndOfTurn(Runnable task) {
                endOfTurn.add(task);
            }

            @Override
            public Cancellable schedule(long delayMicros, Runnable task) {
                return after(delayMicros, task);
            }

            @Override
            public long monotonicMillis() {
                return nowMicros / 1_000;
            }

            @Override
            public long monotonicMicros() {
                return nowMicros;
            }

            @Override
            public boolean isCrowded() {
                return true;
            }

            @Override
            public long clusterMillis() {
                return EPOCH_MILLIS + nowMicros / 1_000;
            }

            @Override
            public long uniqueLong() {
                return unique++;
            }
        };
    }
}
