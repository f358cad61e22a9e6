package io.covey.session;

import io.covey.bucket.QueueEntry;
import io.covey.protocol.QoS;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which messages of a transient session came by Shared Subscriptions: when its connection ends, other members get what its client has not
 * completed. Bounded by the session's window and its queue, whose messages these are. Empty, and without cost, for all others.
 */
final class SharedDeliveries {
    /** By the entry that waits, compared by identity. */
    private @Nullable IdentityHashMap<QueueEntry, SharedReceipt> waiting;

    /** By sequence, in the order of sending. */
    private @Nullable Map<Long, Sent> sent;

    private record Sent(SharedReceipt receipt, QoS qos) {}

    /** A message waits for room. */
    void waits(QueueEntry entry, SharedReceipt receipt) {
        IdentityHashMap<QueueEntry, SharedReceipt> receipts = waiting;
        if (receipts == null) {
            receipts = new IdentityHashMap<>();
            waiting = receipts;
        }
        receipts.put(entry, receipt);
    }

    /** Whether a message that waits is a shared one. */
    boolean isWaiting(QueueEntry entry) {
        return waiting != null && waiting.containsKey(entry);
    }

    /** A message that waited, if it was a shared one, is about to be sent under this sequence. */
    void sends(QueueEntry entry, long sequence) {
        SharedReceipt receipt = waiting == null ? null : waiting.remove(entry);
        if (receipt != null) {
            sends(receipt, entry.qos(), sequence);
        }
    }

    /** A message is about to be sent under this sequence. */
    void sends(SharedReceipt receipt, QoS qos, long sequence) {
        Map<Long, Sent> receipts = sent;
        if (receipts == null) {
            receipts = new LinkedHashMap<>();
            sent = receipts;
        }
        receipts.put(sequence, new Sent(receipt, qos));
    }

    /** The client is done with a sequence. */
    void done(long sequence) {
        Sent done = sent == null ? null : sent.remove(sequence);
        if (done != null) {
            done.receipt.completed();
        }
    }

    /**
     * The connection is over: those whose messages others may get, in order. The rest is completed.
     *
     * @param entries what waits, in order
     */
    List<SharedReceipt> end(Iterable<QueueEntry> entries) {
        List<SharedReceipt> open = new ArrayList<>();
        if (sent != null) {
            for (Sent each : sent.values()) {
                if (each.qos == QoS.EXACTLY_ONCE) {
                    each.receipt.completed(); // [MQTT-4.8.2-5]
                } else {
                    open.add(each.receipt);
                }
            }
            sent = null;
        }
        if (waiting != null) {
            for (QueueEntry entry : entries) {
                SharedReceipt receipt = waiting.get(entry);
                if (receipt != null) {
                    open.add(receipt);
                }
            }
            waiting = null;
        }
        return open;
    }
}
