package io.covey.bucket;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;

/**
 * Bounds of a bucket and of each session in it. The bucket's owner sends its own along with each batch ({@link Step}), so that replicas
 * decide alike also while nodes with other settings come and go.
 *
 * @param queueMessagesMax messages in one session's queue
 * @param queueBytesMax bytes in one session's queue
 * @param queueOverflow what happens to a message that a session's queue has no room for
 * @param bucketBytesMax bytes of everything in the bucket, estimated; beyond, messages are refused. Sessions and subscriptions are refused
 *     only at a quarter more
 * @param sessionsMax sessions in the bucket, transient ones included; beyond, new client ids are refused
 * @param retainedMessagesMax retained messages in the bucket; beyond, those of new topics are refused
 * @param retainedBytesMax bytes of retained messages in the bucket; beyond, what would add to them is refused
 * @param handedAheadMin how many messages at least are handed to a connection beyond its Receive Maximum, so that an acknowledgement finds
 *     the next message at hand
 * @param clockSkewMillisMax how far a batch's time may be from the owner's
 */
public record BucketLimits(
        int queueMessagesMax,
        long queueBytesMax,
        QueueOverflow queueOverflow,
        long bucketBytesMax,
        int sessionsMax,
        int retainedMessagesMax,
        long retainedBytesMax,
        int handedAheadMin,
        long clockSkewMillisMax) {
    /** The defaults: 100,000 messages and 64 MiB per session, 64 MiB per bucket, 128 handed ahead, 10 s of skew. */
    public static final BucketLimits DEFAULT = new BucketLimits(100_000, 64L << 20, 64L << 20, 128, 10_000);

    /** Packet Identifiers, less one so that the next sequence is free too. */
    private static final int WINDOW_MAX = 65_534;

    /** Limits that drop the newest message of a full queue, and count neither sessions nor retained messages. */
    public BucketLimits(
            int queueMessagesMax,
            long queueBytesMax,
            long bucketBytesMax,
            int handedAheadMin,
            long clockSkewMillisMax) {
        this(
                queueMessagesMax,
                queueBytesMax,
                QueueOverflow.DROP_NEWEST,
                bucketBytesMax,
                Integer.MAX_VALUE,
                Integer.MAX_VALUE,
                Long.MAX_VALUE,
                handedAheadMin,
                clockSkewMillisMax);
    }

    /** These with another rule for full queues. */
    public BucketLimits withQueueOverflow(QueueOverflow overflow) {
        return new BucketLimits(
                queueMessagesMax,
                queueBytesMax,
                overflow,
                bucketBytesMax,
                sessionsMax,
                retainedMessagesMax,
                retainedBytesMax,
                handedAheadMin,
                clockSkewMillisMax);
    }

    /** These with other bounds of what is counted in the whole bucket. */
    public BucketLimits withCounts(int sessions, int retainedMessages, long retainedBytes) {
        return new BucketLimits(
                queueMessagesMax,
                queueBytesMax,
                queueOverflow,
                bucketBytesMax,
                sessions,
                retainedMessages,
                retainedBytes,
                handedAheadMin,
                clockSkewMillisMax);
    }

    /** Whether a queue that holds so much has room for one more entry of this size. */
    boolean queueAdmits(int messages, long bytes, long entryBytes) {
        return messages < queueMessagesMax && bytes + entryBytes <= queueBytesMax;
    }

    /** How many messages are handed to a connection with this Receive Maximum: what it may have in flight, and as much again at hand. */
    int window(int receiveMaximum) {
        return Math.min(WINDOW_MAX, receiveMaximum + Math.max(receiveMaximum, handedAheadMin));
    }

    /** Writes it for another node or the disk. */
    void write(ByteWriter out) {
        out.varInt(queueMessagesMax).varLong(queueBytesMax).u8(queueOverflow.ordinal());
        out.varLong(bucketBytesMax).varInt(sessionsMax).varInt(retainedMessagesMax);
        out.varLong(retainedBytesMax).varInt(handedAheadMin).varLong(clockSkewMillisMax);
    }

    /** Reads what {@link #write} wrote. */
    static BucketLimits read(ByteReader in) {
        return new BucketLimits(
                in.varInt(),
                in.varLong(),
                QueueOverflow.of(in.u8()),
                in.varLong(),
                in.varInt(),
                in.varInt(),
                in.varLong(),
                in.varInt(),
                in.varLong());
    }
}
