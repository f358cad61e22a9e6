package io.covey.bucket;

/**
 * What a session has of one Shared Subscription: how many entries of its queue came from the group, and how many it has completed. One per
 * subscription; entries of a subscription that was given up keep theirs.
 */
final class Share {
    /** Completed messages that are reported together, while others are still in the queue. */
    private static final long REPORTED_TOGETHER = 8;

    private final String filter;
    private long completed;
    private long reported;
    private int entries;

    /** Its place in the snapshot of its session; meaningful only while that is written. */
    private int snapshotIndex;

    Share(String filter) {
        this.filter = filter;
    }

    String filter() {
        return filter;
    }

    /** Messages that the session is done with, in whatever way. */
    long completed() {
        return completed;
    }

    long reported() {
        return reported;
    }

    /** Whether entries of the queue are from the group. */
    boolean hasEntries() {
        return entries > 0;
    }

    /** An entry came into the queue. */
    void entryCame() {
        entries++;
    }

    /** An entry left the queue: the session is done with it. */
    void entryWent() {
        entries--;
        completed++;
    }

    /** A message came that needed no entry. */
    void countCompleted() {
        completed++;
    }

    /** Whether the group should hear of what is completed; then it counts as reported. */
    boolean isToBeReported() {
        boolean due = completed - reported >= REPORTED_TOGETHER || entries == 0 && completed > reported;
        reported = due ? completed : reported;
        return due;
    }

    int snapshotIndex() {
        return snapshotIndex;
    }

    void indexInSnapshot(int index) {
        snapshotIndex = index;
    }

    /** Takes over a snapshot's counters; entries count themselves. */
    void restored(long restoredCompleted, long restoredReported) {
        completed = restoredCompleted;
        reported = restoredReported;
    }
}
