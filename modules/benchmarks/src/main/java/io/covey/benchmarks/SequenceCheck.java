package io.covey.benchmarks;

import java.util.TreeSet;

/**
 * Checks one stream as its receiver sees it: numbers from 0, each once, in order. Owned by one thread.
 *
 * <p>A number that comes after a higher one is reordered when it was missing and a duplicate otherwise. Only the lowest
 * {@link #MISSING_REMEMBERED} missing numbers are remembered; beyond that a late number is taken for a duplicate.
 */
final class SequenceCheck {

    static final int MISSING_REMEMBERED = 10_000;

    private final TreeSet<Long> missing = new TreeSet<>();
    private long next;
    private long distinct;
    private long duplicates;
    private long reordered;

    /** @return whether the number is new */
    boolean accept(long sequence) {
        if (sequence == next) {
            next++;
            distinct++;
            return true;
        }
        if (sequence > next) {
            for (long gap = next; gap < sequence && missing.size() < MISSING_REMEMBERED; gap++) {
                missing.add(gap);
            }
            next = sequence + 1;
            distinct++;
            return true;
        }
        if (missing.remove(sequence)) {
            reordered++;
            distinct++;
            return true;
        }
        duplicates++;
        return false;
    }

    long distinct() {
        return distinct;
    }

    long duplicates() {
        return duplicates;
    }

    long reordered() {
        return reordered;
    }
}
