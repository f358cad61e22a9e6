package io.covey.broker;

import io.covey.bucket.Shortage;

/** Why a message did not reach someone who was to have it, where nobody can be told. A closed set: the label of a metric. */
public enum DropReason {
    /** A session's queue was full: the message, or an older one in its favour. Counted where the queue is. */
    QUEUE_FULL,
    /** It expired before it was sent. */
    EXPIRED,
    /** QoS 0 towards a client that does not read. */
    SLOW_READER,
    /** It is larger than the client's Maximum Packet Size. */
    TOO_LARGE,
    /** QoS 0 towards another shard or node that does not keep up. */
    CHANNEL_FULL,
    /** No member of a shared subscription's group had room for it. */
    SHARED_NO_ROOM,
    /** A will, or a retained message at QoS 0, that its bucket had no room for. */
    BUCKET_FULL,
    /** A will, or a retained message at QoS 0, that the node of its bucket had no room for. */
    NODE_FULL,
    /** A retained will, or a retained message at QoS 0, beyond the limits of retained messages. */
    RETAINED_FULL,
    /** A node's disk is full. */
    STORAGE_FULL,
    /** A will beyond those that wait to be published. */
    OUTBOX_FULL;

    /** The reason where a bucket refused a message and there is nobody to tell. */
    static DropReason of(Shortage shortage) {
        return switch (shortage) {
            case QUEUE, SESSIONS -> QUEUE_FULL;
            case BUCKET -> BUCKET_FULL;
            case NODE -> NODE_FULL;
            case STORAGE -> STORAGE_FULL;
            case RETAINED_MESSAGES, RETAINED_BYTES -> RETAINED_FULL;
        };
    }
}
