package io.covey.bucket;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import org.jspecify.annotations.Nullable;

/** Which limit it was that refused something. A closed set, also as the label of metrics; the order is part of the written form. */
public enum Shortage {
    /** A matching session's queue, where {@link QueueOverflow#REFUSE} is the rule. */
    QUEUE,
    /** {@link BucketLimits#bucketBytesMax}. */
    BUCKET,
    /** The memory for buckets on the owner's node. */
    NODE,
    /** {@link BucketLimits#retainedMessagesMax}. */
    RETAINED_MESSAGES,
    /** {@link BucketLimits#retainedBytesMax}. */
    RETAINED_BYTES,
    /** {@link BucketLimits#sessionsMax}. */
    SESSIONS,
    /** The disk of the publisher's node; found out by the node, before any bucket is asked. */
    STORAGE;

    private static final Shortage[] ALL = values();

    /** Writes one that may be absent. */
    static void write(@Nullable Shortage shortage, ByteWriter out) {
        out.u8(shortage == null ? 0 : 1 + shortage.ordinal());
    }

    /** Reads what {@link #write} wrote. */
    static @Nullable Shortage read(ByteReader in) {
        int written = in.u8();
        return written == 0 ? null : ALL[written - 1];
    }
}
