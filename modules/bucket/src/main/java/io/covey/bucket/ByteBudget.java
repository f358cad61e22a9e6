package io.covey.bucket;

/**
 * The bytes that everything in a bucket is estimated to take. Messages may use all of it; sessions, subscriptions and wills may use a
 * quarter more, so that a bucket full of messages still lets clients in to fetch them. Owned by its bucket.
 */
final class ByteBudget {
    private final long messagesMax;
    private final long allMax;
    private long used;

    ByteBudget(long bytesMax) {
        messagesMax = bytesMax;
        allMax = bytesMax + bytesMax / 4;
    }

    /** Whether this many bytes of messages can be added. */
    boolean hasRoomForMessages(long bytes) {
        return used + bytes <= messagesMax;
    }

    /** Whether this many bytes of sessions and what belongs to them can be added. */
    boolean hasRoomForSessions(long bytes) {
        return used + bytes <= allMax;
    }

    /** Adds bytes; negative ones are given back. */
    void add(long bytes) {
        used += bytes;
    }

    /** What is used now. */
    long used() {
        return used;
    }
}
