package io.covey.bucket;

import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which numbers of which origins this bucket has seen, so that a publish that comes again by another way than the same batch does nothing.
 * Per source only the numbers at or above its floor are kept.
 *
 * <p>Bounds: a record without numbers is dropped {@link #IDLE_MILLIS} after its last use. One with numbers waits for the publisher to finish;
 * publishers whose session ends in the middle never do, so beyond a sixteenth of the bucket the longest unused ones are dropped and counted.
 */
final class OriginTable {
    /** How long a record without numbers is kept. */
    static final long IDLE_MILLIS = 3_600_000;

    /** Which part of the bucket's bytes the records with numbers may take. */
    private static final int UNFINISHED_SHARE = 16;

    private static final int RECORD_BYTES = 192;

    private final Ledger ledger;

    /** Records with numbers, the longest unused first. */
    private final Map<String, Seen> unfinished = new LinkedHashMap<>();

    /** Records without numbers, the longest unused first. */
    private final Map<String, Seen> idle = new LinkedHashMap<>();

    private long unfinishedBytes;
    private long forgotten;

    OriginTable(Ledger ledger) {
        this.ledger = ledger;
    }

    /** What is known of one source. */
    static final class Seen {
        private static final long[] NONE = {};

        private final long incarnation;
        private long floor;
        private long[] numbers = NONE;
        private int size;
        private long usedAtMillis;

        Seen(long incarnation, long floor) {
            this.incarnation = incarnation;
            this.floor = floor;
        }

        long incarnation() {
            return incarnation;
        }

        long floor() {
            return floor;
        }

        long usedAtMillis() {
            return usedAtMillis;
        }

        /** The numbers seen at or above the floor, ascending. */
        long[] numbers() {
            return Arrays.copyOf(numbers, size);
        }

        private boolean contains(long number) {
            return Arrays.binarySearch(numbers, 0, size, number) >= 0;
        }

        private void add(long number) {
            int place = Arrays.binarySearch(numbers, 0, size, number);
            if (number < floor || place >= 0) {
                return;
            }
            int at = -place - 1;
            if (size == numbers.length) {
                numbers = Arrays.copyOf(numbers, Math.max(4, size * 2));
            }
            System.arraycopy(numbers, at, numbers, at + 1, size - at);
            numbers[at] = number;
            size++;
        }

        private void raiseFloor(long to) {
            if (to <= floor) {
                return;
            }
            floor = to;
            int below = 0;
            while (below < size && numbers[below] < to) {
                below++;
            }
            size -= below;
            System.arraycopy(numbers, below, numbers, 0, size);
        }
    }

    /** Whether this bucket has seen it, or must not see it any more. */
    boolean isRepeat(Origin origin) {
        Seen seen = find(origin.source());
        if (seen == null || origin.incarnation() > seen.incarnation) {
            return false;
        }
        return origin.incarnation() < seen.incarnation
                || origin.number() < seen.floor
                || seen.contains(origin.number());
    }

    /** Remembers an origin that is no repeat. */
    void record(Origin origin, long nowMillis) {
        Seen seen = remove(origin.source());
        if (seen == null || seen.incarnation < origin.incarnation()) {
            seen = new Seen(origin.incarnation(), origin.floor());
        }
        seen.raiseFloor(origin.floor());
        seen.add(origin.number());
        put(origin.source(), seen, nowMillis);
    }

    /** All numbers of the source below the floor are released. */
    void raiseFloor(Command.RaiseFloor raise, long nowMillis) {
        Seen seen = find(raise.source());
        if (seen != null && seen.incarnation == raise.incarnation()) {
            remove(raise.source());
            seen.raiseFloor(raise.floor());
            put(raise.source(), seen, nowMillis);
        }
    }

    /**
     * Drops what is idle for long enough, and what is too much.
     *
     * @param recordsMax drop no more than this of each kind
     */
    void drop(long nowMillis, int recordsMax) {
        for (int i = 0; i < recordsMax && !idle.isEmpty(); i++) {
            Map.Entry<String, Seen> oldest = first(idle);
            if (oldest.getValue().usedAtMillis + IDLE_MILLIS > nowMillis) {
                break;
            }
            remove(oldest.getKey());
        }
        long unfinishedBytesMax = ledger.limits().bucketBytesMax() / UNFINISHED_SHARE;
        for (int i = 0; i < recordsMax && unfinishedBytes > unfinishedBytesMax; i++) {
            remove(first(unfinished).getKey());
            forgotten++;
        }
    }

    /** How many unfinished records were dropped for want of room. */
    long forgotten() {
        return forgotten;
    }

    /** Records with numbers, the longest unused first. */
    Map<String, Seen> unfinished() {
        return unfinished;
    }

    /** Records without numbers, the longest unused first. */
    Map<String, Seen> idle() {
        return idle;
    }

    /** Takes over a record from a snapshot, in the snapshot's order. */
    void restore(String source, long incarnation, long floor, long usedAtMillis, long[] numbers) {
        Seen seen = new Seen(incarnation, floor);
        seen.numbers = numbers;
        seen.size = numbers.length;
        put(source, seen, usedAtMillis);
    }

    /** Takes over a snapshot's counter. */
    void restored(long restoredForgotten) {
        forgotten = restoredForgotten;
    }

    private @Nullable Seen find(String source) {
        Seen seen = unfinished.get(source);
        return seen != null ? seen : idle.get(source);
    }

    private @Nullable Seen remove(String source) {
        Seen seen = unfinished.remove(source);
        if (seen != null) {
            unfinishedBytes -= bytes(source, seen);
        } else {
            seen = idle.remove(source);
        }
        if (seen != null) {
            ledger.add(-bytes(source, seen));
        }
        return seen;
    }

    private void put(String source, Seen seen, long nowMillis) {
        seen.usedAtMillis = nowMillis;
        ledger.add(bytes(source, seen));
        if (seen.size > 0) {
            unfinished.put(source, seen);
            unfinishedBytes += bytes(source, seen);
        } else {
            idle.put(source, seen);
        }
    }

    private static Map.Entry<String, Seen> first(Map<String, Seen> records) {
        Iterator<Map.Entry<String, Seen>> entries = records.entrySet().iterator();
        return entries.next();
    }

    private static long bytes(String source, Seen seen) {
        return RECORD_BYTES + 2L * source.length() + (long) Long.BYTES * seen.size;
    }
}
