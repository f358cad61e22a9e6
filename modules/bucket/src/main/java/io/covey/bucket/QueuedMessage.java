package io.covey.bucket;

import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import org.jspecify.annotations.Nullable;

/** One entry of a session's or a group's queue. Its place in the queue, hence its sequence, is known to the queue only. */
final class QueuedMessage {
    /** What an entry takes beside its message. */
    private static final int ENTRY_BYTES = 48;

    private static final int[] NO_IDS = {};

    private final HeldMessage held;
    private final QoS qos;
    private final boolean retain;
    private final int[] subscriptionIds;
    private final @Nullable Share share;
    private boolean received;

    QueuedMessage(HeldMessage held, QoS qos, boolean retain, int[] subscriptionIds) {
        this(held, qos, retain, subscriptionIds, null);
    }

    /** @param share the session's part in the group that the message came from, or null */
    QueuedMessage(HeldMessage held, QoS qos, boolean retain, int[] subscriptionIds, @Nullable Share share) {
        this.share = share;
        this.held = held;
        this.qos = qos;
        this.retain = retain;
        this.subscriptionIds = subscriptionIds.length == 0 ? NO_IDS : subscriptionIds;
    }

    HeldMessage held() {
        return held;
    }

    QoS qos() {
        return qos;
    }

    boolean retain() {
        return retain;
    }

    int[] subscriptionIds() {
        return subscriptionIds;
    }

    /** The session's part in the group that it came from, or null. */
    @Nullable
    Share share() {
        return share;
    }

    /** Whether PUBREC came. */
    boolean received() {
        return received;
    }

    /** PUBREC came; only an entry of QoS 2 has that state. */
    void markReceived() {
        received = qos == QoS.EXACTLY_ONCE;
    }

    boolean isExpired(long nowMillis) {
        return held.message().isExpired(nowMillis);
    }

    /** What the entry counts in its session's queue, where it pays the whole message. */
    long queueBytes() {
        return (long) held.sizeBytes() + ownBytes();
    }

    /** What an entry of this message with so many Subscription Identifiers counts in its session's queue. */
    static long queueBytes(Message message, int subscriptionIds) {
        return (long) message.sizeBytes() + ownBytes(subscriptionIds);
    }

    /** What the entry takes in the bucket beside the shared message. */
    int ownBytes() {
        return ownBytes(subscriptionIds.length);
    }

    static int ownBytes(int subscriptionIds) {
        return ENTRY_BYTES + Integer.BYTES * subscriptionIds;
    }

    /** The entry as its connection gets it. */
    QueueEntry entry(long sequence, boolean dup) {
        return new QueueEntry(
                sequence,
                held.message(),
                qos,
                retain,
                subscriptionIds,
                received ? QueueEntry.State.RECEIVED : QueueEntry.State.HANDED,
                dup);
    }
}
