package io.covey.bucket;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import org.jspecify.annotations.Nullable;

/**
 * What a bucket holds, may hold, has dropped and has refused. Everything that grows charges its estimated bytes here: messages may use all
 * of the limit; sessions, subscriptions and wills a quarter more, so that a bucket full of messages still lets clients in to fetch them.
 * Owned by its bucket.
 */
final class Ledger {
    private BucketLimits limits;
    private NodeRoom room = NodeRoom.ALL;
    private long bytes;
    private long queuedMessages;
    private long queuedBytes;
    private long droppedByQueueLimit;
    private long droppedByExpiry;
    private long refused;

    /** Since this replica was made: nothing depends on it, so snapshots do without. */
    private long expiredSessions;

    Ledger(BucketLimits limits) {
        this.limits = limits;
    }

    /** Takes the bounds by which the batch's owner applies it. */
    void bounds(BucketLimits newLimits, NodeRoom newRoom) {
        limits = newLimits;
        room = newRoom;
    }

    BucketLimits limits() {
        return limits;
    }

    /** What keeps this many bytes of messages out, or null where there is room. */
    @Nullable
    Shortage shortageForMessages(long added) {
        if (room != NodeRoom.ALL) {
            return Shortage.NODE;
        }
        return bytes + added <= limits.bucketBytesMax() ? null : Shortage.BUCKET;
    }

    /** What keeps this many bytes of sessions and what belongs to them out, or null where there is room. */
    @Nullable
    Shortage shortageForSessions(long added) {
        if (room == NodeRoom.NOTHING) {
            return Shortage.NODE;
        }
        long max = limits.bucketBytesMax() + limits.bucketBytesMax() / 4;
        return bytes + added <= max ? null : Shortage.BUCKET;
    }

    /** Adds bytes; negative ones are given back. */
    void add(long added) {
        bytes += added;
    }

    long bytes() {
        return bytes;
    }

    /** An entry came into a queue, where it counts so many bytes. */
    void queued(long entryBytes) {
        queuedMessages++;
        queuedBytes += entryBytes;
    }

    /** An entry left a queue. */
    void unqueued(long entryBytes) {
        queuedMessages--;
        queuedBytes -= entryBytes;
    }

    long queuedMessages() {
        return queuedMessages;
    }

    /** Bytes of all queues, each of which counts the whole of a message that several share. */
    long queuedBytes() {
        return queuedBytes;
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

    /** A session has ended because nobody came back for it in time. */
    void countExpiredSession() {
        expiredSessions++;
    }

    long expiredSessions() {
        return expiredSessions;
    }

    /** A publish, a retained message, a session or a subscription was refused. */
    void countRefused() {
        refused++;
    }

    long refused() {
        return refused;
    }

    /** Writes the counters, and what is held for a check when it is read. */
    void write(ByteWriter out) {
        out.varLong(droppedByQueueLimit)
                .varLong(droppedByExpiry)
                .varLong(refused)
                .varLong(bytes);
    }

    /** Takes over a snapshot's counters; what is held has been charged as it was read. */
    void read(ByteReader in) {
        droppedByQueueLimit = in.varLong();
        droppedByExpiry = in.varLong();
        refused = in.varLong();
        long written = in.varLong();
        if (written != bytes) {
            throw new IllegalStateException("a snapshot of " + written + " bytes was restored to " + bytes);
        }
    }
}
