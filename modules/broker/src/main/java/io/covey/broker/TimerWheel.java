package io.covey.broker;

import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Many deadlines with one timer of the loop: a ring of slots, each a list of timers. Setting, moving and clearing take constant time.
 * Deadlines are cluster milliseconds; they fire up to one slot late, and those beyond the ring's span are looked at once per turn of it.
 * Owned by the shard's loop.
 */
final class TimerWheel {
    /** The width of a slot: how late a timer may fire. */
    static final int SLOT_MILLIS = 4;

    private static final int SLOTS = 1024;
    private static final long SPAN_MILLIS = (long) SLOTS * SLOT_MILLIS;

    private final ShardLoop loop;
    private final @Nullable Timer[] slots = new @Nullable Timer[SLOTS];
    private final ArrayList<Timer> firing = new ArrayList<>();
    private int armed;
    /** The number of the slot (not yet folded to the ring) up to which everything has fired. */
    private long passed;

    private ShardLoop.@Nullable Cancellable wake;
    private long wakeSlot = Long.MAX_VALUE;

    TimerWheel(ShardLoop loop) {
        this.loop = loop;
        this.passed = loop.clusterMillis() / SLOT_MILLIS;
    }

    /** One deadline that can be moved. */
    static final class Timer {
        private final Runnable due;
        private long dueMillis = Long.MAX_VALUE;
        private int slot = -1;
        private boolean firing;
        private @Nullable Timer next;
        private @Nullable Timer previous;

        Timer(Runnable due) {
            this.due = due;
        }
    }

    /** Fires the timer at this time, or earlier where it is set for earlier. */
    void atLatest(Timer timer, long dueMillis) {
        if (dueMillis < timer.dueMillis) {
            clear(timer);
            timer.dueMillis = dueMillis;
            insert(timer);
        }
    }

    /** Does not fire the timer. */
    void clear(Timer timer) {
        timer.dueMillis = Long.MAX_VALUE;
        timer.firing = false;
        if (timer.slot >= 0) {
            unlink(timer);
        }
    }

    /** Stops the loop's timer: nothing fires any more. */
    void close() {
        if (wake != null) {
            wake.cancel();
            wake = null;
        }
        wakeSlot = Long.MIN_VALUE;
    }

    private void insert(Timer timer) {
        // Rounded up, so that a timer never fires before its time, and kept inside one turn of the ring.
        long number = Math.floorDiv(timer.dueMillis - 1, SLOT_MILLIS) + 1;
        number = Math.max(passed + 1, Math.min(number, passed + SLOTS - 1));
        int slot = (int) Math.floorMod(number, (long) SLOTS);
        Timer first = slots[slot];
        timer.slot = slot;
        timer.next = first;
        timer.previous = null;
        if (first != null) {
            first.previous = timer;
        }
        slots[slot] = timer;
        armed++;
        wakeBy(number);
    }

    private void unlink(Timer timer) {
        if (timer.previous == null) {
            slots[timer.slot] = timer.next;
        } else {
            timer.previous.next = timer.next;
        }
        if (timer.next != null) {
            timer.next.previous = timer.previous;
        }
        timer.next = null;
        timer.previous = null;
        timer.slot = -1;
        armed--;
    }

    private void wakeBy(long number) {
        if (number >= wakeSlot) {
            return;
        }
        if (wake != null) {
            wake.cancel();
        }
        wakeSlot = number;
        long delayMillis = Math.max(0, number * SLOT_MILLIS - loop.clusterMillis());
        // A clock that was set back must not leave the wheel asleep for long.
        wake = loop.schedule(Math.min(delayMillis, SPAN_MILLIS) * 1_000, this::turn);
    }

    private void turn() {
        wake = null;
        wakeSlot = Long.MAX_VALUE;
        long now = loop.clusterMillis();
        long until = Math.floorDiv(now, SLOT_MILLIS);
        long first = Math.max(passed + 1, until - SLOTS + 1);
        for (long number = first; number <= until && armed > 0; number++) {
            passed = number;
            fire((int) Math.floorMod(number, (long) SLOTS), now);
        }
        passed = Math.max(passed, until);
        wakeForNext();
    }

    /** Fires what is due in a slot; all of it leaves the slot first, since what fires may set and clear timers. */
    private void fire(int slot, long now) {
        Timer timer = slots[slot];
        while (timer != null) {
            Timer next = timer.next;
            unlink(timer);
            if (timer.dueMillis <= now) {
                timer.dueMillis = Long.MAX_VALUE;
                timer.firing = true;
                firing.add(timer);
            } else {
                insert(timer);
            }
            timer = next;
        }
        for (int i = 0; i < firing.size(); i++) {
            Timer next = firing.get(i);
            if (next.firing) {
                next.firing = false;
                next.due.run();
            }
        }
        firing.clear();
    }

    private void wakeForNext() {
        if (armed == 0) {
            return;
        }
        for (long number = passed + 1; number < passed + SLOTS; number++) {
            if (slots[(int) Math.floorMod(number, (long) SLOTS)] != null) {
                wakeBy(number);
                return;
            }
        }
    }
}
