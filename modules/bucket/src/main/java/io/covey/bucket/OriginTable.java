package io.covey.bucket;

import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which numbers of which origins this bucket has seen, so that a publish that comes again by another way than the same batch does nothing.
 * Per source only the numbers at or above its floor are kept. Records with numbers count against the bucket's ledger; those without are
 * dropped an hour after their last use.
 */
final class OriginTable {
    /** How long a record without numbers is kept. */
    static final long IDLE_MILLIS = 3_600_000;

    private static final int RECORD_BYTES = 192;

    private final Ledger ledger;
    private final Map<String, Seen> records = new LinkedHashMap<>();

    /** Records without numbers, the longest unused first: those that Tick may drop. */
    private final Map<String, Seen> idle = new LinkedHashMap<>();

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
        private long touchedAtMillis;

        Seen(long incarnation, long floor, long touchedAtMillis) {
            this.incarnation = incarnation;
            this.floor = floor;
            this.touchedAtMillis = touchedAtMillis;
        }

        long incarnation() {
            return incarnation;
        }

        long floor() {
            return floor;
        }

        long touchedAtMillis() {
            return touchedAtMillis;
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
        Seen record = records.get(origin.source());
        if (record == null || origin.incarnation() > record.incarnation) {
            return false;
        }
        return origin.incarnation() < record.incarnation
                || origin.number() < record.floor
                || record.contains(origin.number());
    }

    /** Remembers an origin that is no repeat. */
    void record(Origin origin, long nowMillis) {
        Seen record = records.get(origin.source());
        if (record == null || record.incarnation < origin.incarnation()) {
            record = put(origin.source(), new Seen(origin.incarnation(), origin.floor(), nowMillis));
        }
        int before = record.size;
        record.raiseFloor(origin.floor());
        record.add(origin.number());
        used(origin.source(), record, before, nowMillis);
    }

    /** All numbers of the source below the floor are released. */
    void raiseFloor(Command.RaiseFloor raise, long nowMillis) {
        Seen record = records.get(raise.source());
        if (record == null || record.incarnation != raise.incarnation()) {
            return;
        }
        int before = record.size;
        record.raiseFloor(raise.floor());
        used(raise.source(), record, before, nowMillis);
    }

    /**
     * Drops records that hold no numbers and were not used for {@link #IDLE_MILLIS}.
     *
     * @param recordsMax drop no more than this
     */
    void dropIdle(long nowMillis, int recordsMax) {
        Iterator<Map.Entry<String, Seen>> oldest = idle.entrySet().iterator();
        for (int i = 0; i < recordsMax && oldest.hasNext(); i++) {
            Map.Entry<String, Seen> entry = oldest.next();
            if (entry.getValue().touchedAtMillis + IDLE_MILLIS > nowMillis) {
                return;
            }
            oldest.remove();
            records.remove(entry.getKey());
            ledger.add(-bytes(entry.getKey(), 0));
        }
    }

    /** All records, in the order in which their sources came. */
    Map<String, Seen> records() {
        return records;
    }

    /** The sources that Tick may drop, the longest unused first. */
    Set<String> idleSources() {
        return idle.keySet();
    }

    /** Takes over a record from a snapshot, in the snapshot's order. */
    void restore(String source, long incarnation, long floor, long touchedAtMillis, long[] numbers) {
        Seen record = put(source, new Seen(incarnation, floor, touchedAtMillis));
        record.numbers = numbers;
        record.size = numbers.length;
        ledger.add((long) Long.BYTES * numbers.length);
    }

    /** Takes over the order of idle sources from a snapshot, after the records. */
    void restoreIdle(String source) {
        Seen record = records.get(source);
        if (record != null) {
            idle.put(source, record);
        }
    }

    private Seen put(String source, Seen record) {
        @Nullable Seen replaced = records.remove(source);
        if (replaced != null) {
            ledger.add(-bytes(source, replaced.size));
            idle.remove(source);
        }
        records.put(source, record);
        ledger.add(bytes(source, 0));
        return record;
    }

    private void used(String source, Seen record, int sizeBefore, long nowMillis) {
        record.touchedAtMillis = nowMillis;
        ledger.add((long) Long.BYTES * (record.size - sizeBefore));
        idle.remove(source);
        if (record.size == 0) {
            idle.put(source, record);
        }
    }

    private static long bytes(String source, int numbers) {
        return RECORD_BYTES + 2L * source.length() + (long) Long.BYTES * numbers;
    }
}
