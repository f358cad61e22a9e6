package io.covey.session;

import io.covey.bucket.QueueEntry;
import io.covey.bucket.QueueOverflow;
import io.covey.protocol.Message;
import io.covey.protocol.Properties;
import io.covey.protocol.ProtocolViolation;
import io.covey.protocol.PubComp;
import io.covey.protocol.PubRec;
import io.covey.protocol.PubRel;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What goes to one client: PUBLISHes strictly by sequence, within its Receive Maximum and while it reads, and the rest of their handshakes.
 *
 * <p>A persistent session's messages come with the sequence of its bucket, a transient one's get a sequence of this connection when they
 * are sent. A message that the client refuses (PUBACK or PUBREC with an error) is done like one that it takes [MQTT-4.4.0-2].
 */
final class Deliveries {
    /** The sequence of a waiting message that gets one when it is sent. */
    private static final long NOT_NUMBERED = -1;

    private final ConnectionEffects effects;
    private final SessionSettings settings;
    private final Terms terms;
    private final ClientOutput output;
    private final OutboundAliases aliases;
    private final OutboundWindow window = new OutboundWindow();
    private final SharedDeliveries shared = new SharedDeliveries();
    private final boolean persistent;
    private @Nullable ArrayDeque<QueueEntry> waiting;
    /** What waits in a transient session's queue; a persistent one's is bounded by its bucket. */
    private long waitingBytes;

    private boolean writable = true;
    private long lastSent;
    private long nextOwnSequence;

    Deliveries(ConnectionEffects effects, SessionSettings settings, Terms terms, ClientOutput output) {
        this.effects = effects;
        this.settings = settings;
        this.terms = terms;
        this.output = output;
        this.aliases = new OutboundAliases(
                Math.min(settings.topicAliasesOut(), terms.topicAliasMaximum()), settings.topicAliasCharactersMax());
        this.persistent = terms.persistent();
    }

    int inFlight() {
        return window.inFlight();
    }

    int waiting() {
        return waiting == null ? 0 : waiting.size();
    }

    boolean isWritable() {
        return writable;
    }

    /** The highest sequence of a persistent session that its client has been sent or that was passed over. */
    long lastSentSequence() {
        return persistent ? lastSent : 0;
    }

    /**
     * The highest sequence that earlier connections sent, as the bucket tells it. What they sent must not count as unsent because this
     * connection had no room to send it again.
     */
    static long sentBefore(List<QueueEntry> entries, long nextSequence) {
        for (int i = 0; i < entries.size(); i++) {
            QueueEntry entry = entries.get(i);
            if (!entry.dup() && entry.state() == QueueEntry.State.HANDED) {
                return entry.sequence() - 1;
            }
        }
        return nextSequence - 1;
    }

    /** Goes on with a session: PUBREL where PUBREC had come, and all other messages again in their order [MQTT-4.4.0-1] [MQTT-4.6.0-1]. */
    void resume(List<QueueEntry> entries, long nextSequence, long nowMillis) {
        lastSent = sentBefore(entries, nextSequence);
        for (int i = 0; i < entries.size(); i++) {
            QueueEntry entry = entries.get(i);
            window.add(entry.sequence());
            if (entry.state() == QueueEntry.State.RECEIVED) {
                window.publishedBefore(entry.sequence());
                sendPubRel(QueueEntry.packetId(entry.sequence()), ReasonCode.SUCCESS); // [MQTT-4.3.3-6]
            } else {
                await(entry);
            }
        }
        sendWaiting(nowMillis);
    }

    /** The next message of the persistent session's queue. */
    void next(long sequence, Message message, QoS qos, boolean retain, int[] subscriptionIds, long nowMillis) {
        window.add(sequence);
        if (waiting() == 0 && hasRoom()) {
            send(sequence, message, qos, false, retain, subscriptionIds, nowMillis);
        } else {
            await(new QueueEntry(sequence, message, qos, retain, subscriptionIds, QueueEntry.State.HANDED, false));
        }
    }

    /** The next entry of the persistent session's queue. */
    void next(QueueEntry entry, long nowMillis) {
        window.add(entry.sequence());
        await(entry);
        sendWaiting(nowMillis);
    }

    /** A message of a transient session, or of QoS 0. */
    void deliver(Message message, QoS qos, boolean retain, int[] subscriptionIds, long nowMillis) {
        if (qos == QoS.AT_MOST_ONCE) {
            deliverAtMostOnce(message, retain, subscriptionIds, nowMillis);
        } else if (persistent) {
            throw new IllegalArgumentException("QoS above 0 comes to a persistent session through its queue");
        } else if (waiting() == 0 && hasRoom()) {
            sendNumbered(message, qos, retain, subscriptionIds, nowMillis);
        } else if (makeRoom(message)) {
            await(new QueueEntry(NOT_NUMBERED, message, qos, retain, subscriptionIds, QueueEntry.State.HANDED, false));
            waitingBytes += message.sizeBytes();
        } else {
            effects.report(ConnectionEvent.DROPPED_QUEUE_FULL, ReasonCode.QUOTA_EXCEEDED);
        }
    }

    /**
     * A message of a Shared Subscription for a transient session, or of QoS 0.
     *
     * @return false when it found no room here, and another member is to have it
     */
    boolean deliverShared(
            SharedReceipt receipt, Message message, QoS qos, boolean retain, int[] subscriptionIds, long nowMillis) {
        if (qos == QoS.AT_MOST_ONCE) {
            if (writable) {
                deliverAtMostOnce(message, retain, subscriptionIds, nowMillis);
                receipt.completed();
            }
            return writable;
        }
        if (!takesMore() && !queueAdmits(message)) {
            return false;
        }
        deliverLent(receipt, message, qos, retain, subscriptionIds, nowMillis);
        return true;
    }

    /** Like {@link #deliverShared}, where the lender bounds what comes: it always finds room. */
    void deliverLent(
            SharedReceipt receipt, Message message, QoS qos, boolean retain, int[] subscriptionIds, long nowMillis) {
        if (qos == QoS.AT_MOST_ONCE) {
            deliverAtMostOnce(message, retain, subscriptionIds, nowMillis);
            receipt.completed();
        } else if (takesMore()) {
            shared.sends(receipt, qos, nextOwnSequence);
            sendNumbered(message, qos, retain, subscriptionIds, nowMillis);
        } else {
            QueueEntry entry =
                    new QueueEntry(NOT_NUMBERED, message, qos, retain, subscriptionIds, QueueEntry.State.HANDED, false);
            shared.waits(entry, receipt);
            await(entry);
            waitingBytes += message.sizeBytes();
        }
    }

    /** Whether a message would be sent at once. */
    boolean takesMore() {
        return waiting() == 0 && hasRoom();
    }

    /** The connection is over: what other members of its Shared Subscriptions are to have. */
    List<SharedReceipt> endShared() {
        return shared.end(waiting == null ? List.of() : waiting);
    }

    private boolean queueAdmits(Message message) {
        return waiting() < settings.transientQueueMessagesMax()
                && waitingBytes + message.sizeBytes() <= settings.transientQueueBytesMax();
    }

    /**
     * Whether a transient session's queue has room for one more, or gets it by dropping its oldest where that is the rule; but none that
     * other members of a Shared Subscription could have.
     */
    private boolean makeRoom(Message message) {
        boolean mayDrop = settings.queueOverflow() == QueueOverflow.DROP_OLDEST
                && message.sizeBytes() <= settings.transientQueueBytesMax();
        ArrayDeque<QueueEntry> entries = waiting;
        while (!queueAdmits(message)) {
            QueueEntry oldest = mayDrop && entries != null ? entries.peek() : null;
            if (entries == null || oldest == null || shared.isWaiting(oldest)) {
                return false;
            }
            entries.remove();
            waitingBytes -= oldest.message().sizeBytes();
            effects.report(ConnectionEvent.DROPPED_QUEUE_FULL, ReasonCode.QUOTA_EXCEEDED);
        }
        return true;
    }

    private void deliverAtMostOnce(Message message, boolean retain, int[] subscriptionIds, long nowMillis) {
        if (!writable) {
            effects.report(ConnectionEvent.DROPPED_SLOW_READER, ReasonCode.SUCCESS);
        } else if (isToBeSent(message, QoS.AT_MOST_ONCE, subscriptionIds, nowMillis)) {
            int alias = alias(message, QoS.AT_MOST_ONCE, subscriptionIds);
            // [MQTT-4.3.1-1]
            output.sendPublish(message, 0, QoS.AT_MOST_ONCE, false, retain, subscriptionIds, alias); // [MQTT-3.3.1-2]
        }
    }

    private void await(QueueEntry entry) {
        if (waiting == null) {
            waiting = new ArrayDeque<>();
        }
        waiting.add(entry);
    }

    private boolean hasRoom() {
        // [MQTT-4.9.0-2]
        // [MQTT-3.3.4-9]; a transient session numbers its messages itself and may have no Packet Identifier left.
        return writable && window.inFlight() < terms.receiveMaximum() && (persistent || !window.isExhausted());
    }

    private void sendWaiting(long nowMillis) {
        ArrayDeque<QueueEntry> entries = waiting;
        while (entries != null && !entries.isEmpty() && hasRoom()) {
            QueueEntry entry = entries.remove();
            if (entry.sequence() == NOT_NUMBERED) {
                waitingBytes -= entry.message().sizeBytes();
                shared.sends(entry, nextOwnSequence);
                sendNumbered(entry.message(), entry.qos(), entry.retain(), entry.subscriptionIds(), nowMillis);
            } else {
                send(
                        entry.sequence(),
                        entry.message(),
                        entry.qos(),
                        entry.dup(),
                        entry.retain(),
                        entry.subscriptionIds(),
                        nowMillis);
            }
        }
    }

    private void sendNumbered(Message message, QoS qos, boolean retain, int[] subscriptionIds, long nowMillis) {
        long sequence = nextOwnSequence++; // [MQTT-2.2.1-4] [MQTT-4.3.2-1] [MQTT-4.3.3-1] [MQTT311-2.3.1-4]
        window.add(sequence);
        send(sequence, message, qos, false, retain, subscriptionIds, nowMillis);
    }

    private void send(
            long sequence,
            Message message,
            QoS qos,
            boolean dup,
            boolean retain,
            int[] subscriptionIds,
            long nowMillis) {
        lastSent = Math.max(lastSent, sequence);
        // What was sent before is sent again whatever its age [MQTT-4.3.3-7].
        boolean sent =
                dup ? takes(message, qos, subscriptionIds) : isToBeSent(message, qos, subscriptionIds, nowMillis);
        if (!sent) {
            done(sequence);
            return;
        }
        window.published(sequence, qos);
        int alias = alias(message, qos, subscriptionIds);
        // [MQTT-3.3.1-1] [MQTT-4.3.2-2] [MQTT-4.3.3-2] [MQTT-3.3.1-3]
        output.sendPublish(message, QueueEntry.packetId(sequence), qos, dup, retain, subscriptionIds, alias);
    }

    private boolean isToBeSent(Message message, QoS qos, int[] subscriptionIds, long nowMillis) {
        if (message.isExpired(nowMillis)) { // [MQTT-3.3.2-5]
            effects.report(ConnectionEvent.DROPPED_EXPIRED, ReasonCode.SUCCESS);
            return false;
        }
        return takes(message, qos, subscriptionIds);
    }

    private boolean takes(Message message, QoS qos, int[] subscriptionIds) {
        boolean fits = output.fits(message, qos, subscriptionIds, 0);
        if (!fits) { // [MQTT-3.1.2-24] [MQTT-3.1.2-25]
            effects.report(ConnectionEvent.DROPPED_TOO_LARGE, ReasonCode.PACKET_TOO_LARGE);
        }
        return fits;
    }

    private int alias(Message message, QoS qos, int[] subscriptionIds) {
        return aliases.isOff()
                ? 0
                : aliases.aliasOf(
                        message.topic(), output.fits(message, qos, subscriptionIds, OutboundAliases.PROPERTY_BYTES));
    }

    private void done(long sequence) {
        window.release(sequence);
        if (persistent) {
            effects.acknowledged(sequence);
        } else {
            shared.done(sequence);
        }
    }

    /** PUBACK came, with whatever reason. One for an unknown Packet Identifier is nothing to act on. */
    void pubAck(int packetId, long nowMillis) {
        long sequence = window.sequenceOf(packetId);
        switch (window.state(sequence)) {
            case OutboundWindow.FREE, OutboundWindow.UNSENT -> {}
            case OutboundWindow.AWAITING_PUBACK -> {
                done(sequence);
                sendWaiting(nowMillis);
            }
            default -> throw wrongAnswer("MQTT-4.3.3-3", "PUBACK to a PUBLISH of QoS 2");
        }
    }

    /** PUBREC came. */
    void pubRec(PubRec packet, long nowMillis) {
        int packetId = packet.packetId();
        boolean refused = packet.reason().isError();
        long sequence = window.sequenceOf(packetId);
        switch (window.state(sequence)) {
            case OutboundWindow.FREE -> {
                if (!refused) { // so that the client can forget it
                    sendPubRel(packetId, terms.isV5() ? ReasonCode.PACKET_IDENTIFIER_NOT_FOUND : ReasonCode.SUCCESS);
                }
            }
            case OutboundWindow.UNSENT, OutboundWindow.RECORDING -> {}
            case OutboundWindow.AWAITING_PUBREC -> {
                if (refused) {
                    done(sequence);
                    sendWaiting(nowMillis);
                } else {
                    received(sequence);
                }
            }
            case OutboundWindow.AWAITING_PUBCOMP -> sendPubRel(packetId, ReasonCode.SUCCESS);
            default -> throw wrongAnswer("MQTT-4.3.2-3", "PUBREC to a PUBLISH of QoS 1");
        }
    }

    private void received(long sequence) {
        if (persistent) {
            window.moveTo(sequence, OutboundWindow.RECORDING);
            effects.received(sequence);
        } else {
            release(sequence);
        }
    }

    /** PUBREC is written down: PUBREL may leave, in the order of the PUBRECs [MQTT-4.6.0-4]. */
    void receivedRecorded(long sequence) {
        if (window.state(sequence) == OutboundWindow.RECORDING) {
            release(sequence);
        }
    }

    private void release(long sequence) {
        window.moveTo(sequence, OutboundWindow.AWAITING_PUBCOMP);
        sendPubRel(QueueEntry.packetId(sequence), ReasonCode.SUCCESS); // [MQTT-4.3.3-4]
    }

    private void sendPubRel(int packetId, ReasonCode reason) { // [MQTT-3.3.4-10] [MQTT-4.9.0-3] [MQTT-4.3.3-13]
        output.send(new PubRel(packetId, reason, Properties.EMPTY));
    }

    /** PUBCOMP came, with whatever reason. */
    void pubComp(PubComp packet, long nowMillis) {
        long sequence = window.sequenceOf(packet.packetId());
        switch (window.state(sequence)) {
            case OutboundWindow.FREE, OutboundWindow.UNSENT -> {}
            case OutboundWindow.AWAITING_PUBCOMP -> {
                done(sequence);
                sendWaiting(nowMillis);
            }
            default -> throw wrongAnswer("MQTT-4.3.3-5", "PUBCOMP before PUBREL");
        }
    }

    private static ProtocolViolation wrongAnswer(String clause, String message) {
        return new ProtocolViolation(ReasonCode.PROTOCOL_ERROR, clause, message);
    }

    /** The client takes bytes again, or does not. */
    void writable(boolean now, long nowMillis) {
        writable = now;
        sendWaiting(nowMillis);
    }
}
