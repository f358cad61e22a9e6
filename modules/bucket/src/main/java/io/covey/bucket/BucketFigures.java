package io.covey.bucket;

/**
 * What a replica of a bucket holds and has dropped, for metrics. The drops count from the bucket's beginning and survive its sessions.
 *
 * @param sessions durable and transient ones
 * @param connected sessions with a connection
 * @param queuedMessages entries of all queues
 * @param retained retained messages
 * @param outbox wills that are due and not confirmed everywhere
 * @param bytes what all of it is estimated to take
 * @param droppedByQueueLimit messages that a session's queue had no room for
 * @param droppedByExpiry messages that expired in a queue
 * @param refusedByBucketLimit publishes and retained messages that the bucket had no room for
 * @param droppedWills wills that the outbox had no room for
 * @param forgottenOrigins unfinished QoS 2 publishers whose numbers were forgotten, the longest unused first, for want of room
 */
public record BucketFigures(
        int sessions,
        int connected,
        long queuedMessages,
        int retained,
        int outbox,
        long bytes,
        long droppedByQueueLimit,
        long droppedByExpiry,
        long refusedByBucketLimit,
        long droppedWills,
        long forgottenOrigins) {}
