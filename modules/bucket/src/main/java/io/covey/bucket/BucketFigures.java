package io.covey.bucket;

/**
 * What a replica of a bucket holds and has dropped, for metrics. The drops count from the bucket's beginning and survive its sessions.
 *
 * @param sessions durable and transient ones
 * @param connected sessions with a connection
 * @param subscriptions of durable sessions
 * @param queuedMessages entries of all queues
 * @param queuedBytes bytes of all queues, each of which counts the whole of a message that several share
 * @param retained retained messages
 * @param retainedBytes what they take
 * @param outbox wills that are due and not confirmed everywhere
 * @param bytes what all of it is estimated to take
 * @param droppedByQueueLimit messages that a session's queue had no room for
 * @param droppedByExpiry messages that expired in a queue
 * @param droppedWills wills that the outbox had no room for
 * @param refused publishes, retained messages, sessions and subscriptions that there was no room for
 * @param forgottenOrigins unfinished QoS 2 publishers whose numbers were forgotten, the longest unused first, for want of room
 * @param sharedSubscriptions Shared Subscriptions; {@code subscriptions} is without them
 * @param expiredSessions sessions that have ended because nobody came back for them in time, since this replica was made
 */
public record BucketFigures(
        int sessions,
        int connected,
        int subscriptions,
        long queuedMessages,
        long queuedBytes,
        int retained,
        long retainedBytes,
        int outbox,
        long bytes,
        long droppedByQueueLimit,
        long droppedByExpiry,
        long droppedWills,
        long refused,
        long forgottenOrigins,
        int sharedSubscriptions,
        long expiredSessions) {
    /** Those of nothing at all. */
    public static final BucketFigures NONE = new BucketFigures(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    /** Those of both together. */
    public BucketFigures plus(BucketFigures other) {
        return new BucketFigures(
                sessions + other.sessions,
                connected + other.connected,
                subscriptions + other.subscriptions,
                queuedMessages + other.queuedMessages,
                queuedBytes + other.queuedBytes,
                retained + other.retained,
                retainedBytes + other.retainedBytes,
                outbox + other.outbox,
                bytes + other.bytes,
                droppedByQueueLimit + other.droppedByQueueLimit,
                droppedByExpiry + other.droppedByExpiry,
                droppedWills + other.droppedWills,
                refused + other.refused,
                forgottenOrigins + other.forgottenOrigins,
                sharedSubscriptions + other.sharedSubscriptions,
                expiredSessions + other.expiredSessions);
    }
}
