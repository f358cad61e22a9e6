package io.covey.bucket;

/**
 * Bounds of a bucket and of each session in it. The same on every node of a cluster, since replicas must decide alike.
 *
 * @param queueMessagesMax messages in one session's queue
 * @param queueBytesMax bytes in one session's queue
 * @param bucketBytesMax bytes of everything in the bucket, estimated; beyond, messages are refused. Sessions and subscriptions are refused
 *     only at a quarter more
 * @param handedAheadMin how many messages at least are handed to a connection beyond its Receive Maximum, so that an acknowledgement finds
 *     the next message at hand; see DESIGN of delivery
 * @param clockSkewMillisMax how far a batch's time may be from the owner's
 */
public record BucketLimits(
        int queueMessagesMax, long queueBytesMax, long bucketBytesMax, int handedAheadMin, long clockSkewMillisMax) {
    /** The defaults: 100,000 messages and 64 MiB per session, 64 MiB per bucket, 128 handed ahead, 10 s of skew. */
    public static final BucketLimits DEFAULT = new BucketLimits(100_000, 64L << 20, 64L << 20, 128, 10_000);

    /** Packet Identifiers, less one so that the next sequence is free too. */
    private static final int WINDOW_MAX = 65_534;

    /** How many messages are handed to a connection with this Receive Maximum: what it may have in flight, and as much again at hand. */
    int window(int receiveMaximum) {
        return Math.min(WINDOW_MAX, receiveMaximum + Math.max(receiveMaximum, handedAheadMin));
    }
}
