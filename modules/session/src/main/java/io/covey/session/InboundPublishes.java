package io.covey.session;

import io.covey.protocol.Properties;
import io.covey.protocol.ProtocolViolation;
import io.covey.protocol.PubAck;
import io.covey.protocol.PubComp;
import io.covey.protocol.PubRec;
import io.covey.protocol.PubRel;
import io.covey.protocol.Publish;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The publishes of one client: checks, Topic Aliases, the quota of Receive Maximum, QoS 2, and acknowledgements in the order of arrival.
 *
 * <p>A Packet Identifier of QoS 2 goes through these states; a session that outlives its connection leaves RECEIVED by way of the bucket.
 *
 * <pre>
 * free --PUBLISH--> PUBLISHING --done, PUBREC--> RECEIVED --PUBREL--> (RELEASING --released-->) PUBCOMP, free
 * PUBLISHING --PUBREL--> RELEASED_EARLY --done, PUBREC--> as PUBREL in RECEIVED
 * PUBLISHING, RELEASED_EARLY --refused, PUBREC with the reason--> free
 * </pre>
 *
 * <p>A publish that the broker refuses is told to clients of MQTT 5.0 only. For earlier ones the connection ends [MQTT311-4.8.0-2], so that
 * they still hold the message and send it again on their next one; where they may not publish at all they get a positive acknowledgement
 * [MQTT311-3.3.5-2].
 */
final class InboundPublishes { // [MQTT311-4.3.2-2] [MQTT311-4.3.3-2]
    private static final int QOS_1 = 1;
    private static final int PUBLISHING = 2;
    private static final int RELEASED_EARLY = 3;
    private static final int RECEIVED = 4;
    private static final int RELEASING = 5;

    /** An acknowledgement without a publish of its own, which leaves when the publish with this token has been acknowledged. */
    private record TurnInOrder(long afterToken, int packetId, QoS qos, ReasonCode reason) {}

    private final ConnectionEffects effects;
    private final SessionSettings settings;
    private final Terms terms;
    private final ClientOutput output;
    private final ReadingGate gate;
    private final SubscriptionRequests requests;
    private final InboundAliases aliases;
    private final PublishChecks checks;

    /** In MQTT 5.0 the identifiers of all publishes that are not acknowledged to the end; before it those of QoS 2 only. */
    private final PacketIdStates packetIds = new PacketIdStates();

    private final PendingPublishes pending = new PendingPublishes();
    private @Nullable ArrayDeque<TurnInOrder> turns;
    private int releasesPending;

    InboundPublishes(
            ConnectionEffects effects,
            SessionSettings settings,
            Terms terms,
            ClientOutput output,
            ReadingGate gate,
            SubscriptionRequests requests,
            Permissions permissions) {
        this.effects = effects;
        this.settings = settings;
        this.terms = terms;
        this.output = output;
        this.gate = gate;
        this.requests = requests;
        this.aliases = new InboundAliases(settings.topicAliasMaximum(), settings.topicAliasCharactersMax());
        this.checks = new PublishChecks(settings, permissions);
    }

    /** What the client may publish from now on. */
    void permit(Permissions granted) {
        checks.permit(granted);
    }

    /** Publishes that are in work. */
    int pending() {
        return pending.size();
    }

    /** Whether a publish that is not acknowledged to the end uses the Packet Identifier. */
    boolean uses(int packetId) {
        return packetIds.state(packetId) != PacketIdStates.FREE;
    }

    /** PUBLISH came. */
    void publish(Publish packet, long nowMillis) {
        String topic = aliases.topic(packet);
        ReasonCode refusal = checks.refusal(packet, topic);
        if (refusal != null) {
            refuse(packet, refusal);
            return;
        }
        switch (packet.qos()) {
            case AT_MOST_ONCE -> start(packet, topic, nowMillis);
            case AT_LEAST_ONCE -> atLeastOnce(packet, topic, nowMillis);
            case EXACTLY_ONCE -> exactlyOnce(packet, topic, nowMillis);
        }
    }

    /**
     * Says in the acknowledgement why a message is refused. Where there is none that could, one that nobody may publish is dropped, as peers
     * do, and for the rest the connection ends.
     */
    private void refuse(Publish packet, ReasonCode reason) {
        boolean tells = packet.qos() != QoS.AT_MOST_ONCE && (terms.isV5() || isAcknowledgedBeforeV5(reason));
        if (!tells && reason != ReasonCode.NOT_AUTHORIZED) {
            throw new ProtocolViolation(reason, "3.3", "a message that is not accepted");
        }
        effects.report(ConnectionEvent.PUBLISH_REFUSED, reason);
        if (tells) {
            acknowledgeInOrder(packet, reason);
        }
    }

    private void atLeastOnce(Publish packet, String topic, long nowMillis) {
        if (terms.isV5()) {
            int packetId = packet.packetId();
            if (uses(packetId) || requests.uses(packetId)) { // [MQTT-2.2.1-3]
                acknowledgeInOrder(packet, ReasonCode.PACKET_IDENTIFIER_IN_USE);
                return;
            }
            checkQuota();
            packetIds.put(packetId, QOS_1);
        }
        start(packet, topic, nowMillis); // [MQTT-4.3.2-5]
    }

    private void exactlyOnce(Publish packet, String topic, long nowMillis) {
        int packetId = packet.packetId();
        switch (packetIds.state(packetId)) {
            case PacketIdStates.FREE -> {
                if (terms.isV5() && requests.uses(packetId)) { // [MQTT-2.2.1-3]
                    acknowledgeInOrder(packet, ReasonCode.PACKET_IDENTIFIER_IN_USE);
                    return;
                }
                checkQuota();
                receive(packet, topic, nowMillis);
            }
            // A repeat: the PUBREC that is due, or another one, answers it [MQTT-4.3.3-10].
            case PUBLISHING, RELEASED_EARLY -> {}
            case RECEIVED -> acknowledgeInOrder(packet, ReasonCode.SUCCESS);
            default -> {
                if (terms.isV5()) {
                    acknowledgeInOrder(packet, ReasonCode.PACKET_IDENTIFIER_IN_USE);
                } else {
                    receive(packet, topic, nowMillis); // PUBREL went before, so this is a new message
                }
            }
        }
    }

    private void receive(Publish packet, String topic, long nowMillis) {
        packetIds.put(packet.packetId(), PUBLISHING);
        start(packet, topic, nowMillis);
    }

    private void checkQuota() {
        if (terms.isV5() && packetIds.size() >= settings.receiveMaximum()) {
            // [MQTT-3.3.4-7] [MQTT-4.9.0-1]
            throw new ProtocolViolation(ReasonCode.RECEIVE_MAXIMUM_EXCEEDED, "MQTT-3.3.4-7", "too many publishes");
        }
    }

    private void start(Publish packet, String topic, long nowMillis) {
        QoS qos = packet.qos();
        long token = pending.add(packet.packetId(), qos, packet.payload().length + topic.length());
        holdWhenFull();
        boolean recordFirst = qos == QoS.EXACTLY_ONCE && terms.persistent();
        effects.publish(
                token,
                Forwarding.message(packet, topic, settings.messageExpiryMaxSeconds(), nowMillis),
                recordFirst ? packet.packetId() : 0);
    }

    /**
     * The broker is done with a publish, or refuses it.
     *
     * @return why the connection is to end, or null
     */
    @Nullable
    ReasonCode published(long token, ReasonCode reason) {
        pending.complete(token, reason);
        ReasonCode outcome = pending.oldestOutcome();
        while (outcome != null) { // [MQTT-4.6.0-2] [MQTT-4.6.0-3]
            long done = pending.oldestToken();
            int packetId = pending.oldestPacketId();
            QoS qos = pending.oldestQos();
            pending.removeOldest();
            if (qos != QoS.AT_MOST_ONCE && !terms.isV5() && !isAcknowledgedBeforeV5(outcome)) {
                return outcome; // [MQTT311-4.8.0-2]
            }
            switch (qos) {
                case AT_MOST_ONCE -> {}
                case AT_LEAST_ONCE -> acknowledge(packetId, outcome); // [MQTT-2.2.1-5] [MQTT-3.3.4-1]
                case EXACTLY_ONCE -> acknowledgeReceipt(packetId, outcome);
            }
            takeTurns(done);
            outcome = pending.oldestOutcome();
        }
        releaseWhenDrained();
        return null;
    }

    private void acknowledge(int packetId, ReasonCode outcome) {
        if (terms.isV5()) {
            packetIds.remove(packetId);
        }
        sendPubAck(packetId, outcome);
    }

    private void sendPubAck(int packetId, ReasonCode reason) {
        if (terms.isV5()) {
            output.send(new PubAck(packetId, reason, Properties.EMPTY)); // [MQTT-4.3.2-4]
        } else if (isAcknowledgedBeforeV5(reason)) {
            output.send(new PubAck(packetId, ReasonCode.SUCCESS, Properties.EMPTY));
        }
    }

    private void acknowledgeReceipt(int packetId, ReasonCode outcome) {
        boolean releasedEarly = packetIds.state(packetId) == RELEASED_EARLY;
        if (outcome.isError()) {
            packetIds.remove(packetId); // [MQTT-4.3.3-9]
        } else {
            packetIds.put(packetId, RECEIVED);
        }
        sendPubRec(packetId, outcome);
        if (releasedEarly) {
            release(packetId);
        }
    }

    private void sendPubRec(int packetId, ReasonCode reason) {
        if (terms.isV5()) {
            output.send(new PubRec(packetId, reason, Properties.EMPTY)); // [MQTT-4.3.3-8]
        } else if (isAcknowledgedBeforeV5(reason)) {
            output.send(new PubRec(packetId, ReasonCode.SUCCESS, Properties.EMPTY));
        }
    }

    private static boolean isAcknowledgedBeforeV5(ReasonCode reason) {
        return !reason.isError() || reason == ReasonCode.NOT_AUTHORIZED; // [MQTT311-3.3.5-2]
    }

    /** Acknowledges a PUBLISH that is not published, after all those that came before it. */
    private void acknowledgeInOrder(Publish packet, ReasonCode reason) {
        TurnInOrder turn = new TurnInOrder(pending.newestToken(), packet.packetId(), packet.qos(), reason);
        if (pending.size() == 0) {
            take(turn);
            return;
        }
        if (turns == null) {
            turns = new ArrayDeque<>();
        }
        turns.add(turn);
        holdWhenFull();
    }

    private void takeTurns(long doneToken) {
        if (turns == null) {
            return;
        }
        TurnInOrder turn = turns.peek();
        while (turn != null && turn.afterToken <= doneToken) {
            turns.remove();
            take(turn);
            turn = turns.peek();
        }
    }

    private void take(TurnInOrder turn) {
        if (turn.qos == QoS.AT_LEAST_ONCE) {
            sendPubAck(turn.packetId, turn.reason);
        } else if (turn.reason.isError() || packetIds.state(turn.packetId) == RECEIVED) {
            // A repeat is not answered any more once its PUBREL has come.
            sendPubRec(turn.packetId, turn.reason);
        }
    }

    /** PUBREL came. */
    void pubRel(PubRel packet) {
        int packetId = packet.packetId();
        if (packetIds.state(packetId) == PUBLISHING) {
            packetIds.put(packetId, RELEASED_EARLY); // PUBCOMP waits for PUBREC
        } else if (packetIds.state(packetId) != RELEASED_EARLY) {
            release(packetId);
        }
    }

    private void release(int packetId) {
        boolean received = packetIds.state(packetId) == RECEIVED;
        if (!terms.persistent()) {
            if (received) {
                packetIds.remove(packetId);
            }
            sendPubComp(packetId, received); // [MQTT-4.3.3-11]
            return;
        }
        // Also where this connection does not know it: an earlier connection of the session may have received it.
        if (received) {
            packetIds.put(packetId, RELEASING);
        }
        releasesPending++;
        holdWhenFull();
        effects.release(packetId);
    }

    /** The bucket has forgotten a Packet Identifier of QoS 2, or did not know it. */
    void released(int packetId, boolean found) {
        releasesPending--;
        if (packetIds.state(packetId) == RELEASING) {
            packetIds.remove(packetId); // [MQTT-4.3.3-12]
        }
        sendPubComp(packetId, found);
        releaseWhenDrained();
    }

    private void sendPubComp(int packetId, boolean found) {
        ReasonCode reason = found || !terms.isV5() ? ReasonCode.SUCCESS : ReasonCode.PACKET_IDENTIFIER_NOT_FOUND;
        output.send(new PubComp(packetId, reason, Properties.EMPTY));
    }

    private int inWork() {
        return pending.size() + releasesPending + (turns == null ? 0 : turns.size());
    }

    private void holdWhenFull() {
        if (inWork() >= settings.pendingPublishesMax() || pending.bytes() >= settings.pendingPublishBytesMax()) {
            gate.hold(ReadingGate.PUBLISHES);
        }
    }

    private void releaseWhenDrained() {
        if (inWork() <= settings.pendingPublishesMax() / 2
                && pending.bytes() <= settings.pendingPublishBytesMax() / 2) {
            gate.release(ReadingGate.PUBLISHES);
        }
    }
}
