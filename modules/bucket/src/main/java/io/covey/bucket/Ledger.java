package io.covey.bucket;

/**
 * What a bucket holds and has dropped. Everything that grows charges its estimated bytes here: messages may use all of the limit; sessions,
 * subscriptions and wills a quarter more, so that a bucket full of messages still lets clients in to fetch them. Owned by its bucket.
 */
final class Ledger {
    private final long messageBytesMax;
    private final long bytesMax;
    private long bytes;
    private long queuedMessages;
    private long droppedByQueueLimit;
    private long droppedByExpiry;
    private long refusedByBucketLimit;

    Ledger(long bucketBytesMax) {
        messageBytesMax = bucketBytesMax;
        bytesMax = bucketBytesMax + bucketBytesMax / 4;
    }

    /** Whether this many bytes of messages can be added. */
    boolean hasRoomForMessages(long added) {
        return bytes + added <= messageBytesMax;
    }

    /** Whether this many bytes of sessions and what belongs to them can be added. */
    boolean hasRoomForSessions(long added) {
        return bytes + added <= bytesMax;
    }

    /** Adds bytes; negative ones are given back. */
    void add(long added) {
        bytes += added;
    }

    long bytes() {
        return bytes;
    }

    /** Entries came into queues, or left them where negative. */
    void addQueued(int entries) {
        queuedMessages += entries;
    }

    long queuedMessages() {
        return queuedMessages;
    }

    void countDroppedByQueueLimit() {
        droppedByQueueLimit++;
    }

    long droppedByQueueLimit() {
        return droppedByQueueLimit;
    }

    void countDroppedByExpiry() {
        droppedByExpiry++;
    }

    long droppedByExpiry() {
        return droppedByExpiry;
    }

    /** A publish or a retained message found the bucket full. */
    void countRefused() {
        refusedByBucketLimit++;
    }

    long refusedByBucketLimit() {
        return refusedByBucketLimit;
    }

    /** Takes over a snapshot's counters; what is held is charged as it is read. */
    void restored(long restoredDroppedByQueueLimit, long restoredDroppedByExpiry, long restoredRefused) {
        droppedByQueueLimit = restoredDroppedByQueueLimit;
        droppedByExpiry = restoredDroppedByExpiry;
        refusedByBucketLimit = restoredRefused;
    }
}
