package io.covey.session;

import io.covey.bucket.Result;
import io.covey.protocol.Auth;
import io.covey.protocol.ControlPacket;
import io.covey.protocol.PingResp;
import io.covey.protocol.ProtocolViolation;
import io.covey.protocol.PubAck;
import io.covey.protocol.PubComp;
import io.covey.protocol.PubRec;
import io.covey.protocol.PubRel;
import io.covey.protocol.Publish;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.protocol.Subscribe;
import io.covey.protocol.Unsubscribe;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The parts of a connection whose session is open, and which packet goes to which. */
final class LiveSession {
    private static final PingResp PING_RESP = new PingResp();

    final Terms terms;
    final ClientOutput output;
    final InboundPublishes inbound;
    final SubscriptionRequests requests;
    final Deliveries deliveries;
    final DeliverySequencer sequencer;
    final long connectedAtMillis;

    private final ConnectionEffects effects;
    private final ReadingGate gate;
    private final @Nullable EnhancedExchange exchange;

    LiveSession(
            ConnectionEffects effects,
            SessionSettings settings,
            Admission admitted,
            ClientOutput output,
            ReadingGate gate,
            Result.Opened opened,
            long nowMillis) {
        this.effects = effects;
        this.terms = admitted.terms();
        this.exchange = admitted.exchange();
        this.output = output;
        this.gate = gate;
        this.connectedAtMillis = nowMillis;
        Permissions permissions = admitted.permissions();
        requests =
                new SubscriptionRequests(effects, settings, terms, output, gate, opened.subscriptions(), permissions);
        inbound = new InboundPublishes(effects, settings, terms, output, gate, requests, permissions);
        deliveries = new Deliveries(effects, settings, terms, output);
        sequencer = new DeliverySequencer(effects, deliveries, opened.nextSequence());
    }

    /** What the client may do from now on. */
    void permit(Permissions granted) {
        inbound.permit(granted);
        requests.permit(granted);
    }

    /**
     * A packet other than DISCONNECT came.
     *
     * @throws ProtocolViolation if it ends the connection
     */
    void packet(ControlPacket packet, long nowMillis) {
        if (!deliveries.isWritable() && isAnswered(packet)) {
            // Else the answers to a client that does not read them would grow without bound.
            gate.hold(ReadingGate.OUTPUT);
        }
        switch (packet.type()) {
            case PUBLISH -> inbound.publish((Publish) packet, nowMillis);
            case PUBACK -> deliveries.pubAck(((PubAck) packet).packetId(), nowMillis);
            case PUBREC -> deliveries.pubRec((PubRec) packet, nowMillis);
            case PUBREL -> inbound.pubRel((PubRel) packet);
            case PUBCOMP -> deliveries.pubComp((PubComp) packet, nowMillis);
            case SUBSCRIBE -> requests.subscribe((Subscribe) packet, inbound::uses);
            case UNSUBSCRIBE -> requests.unsubscribe((Unsubscribe) packet, inbound::uses);
            case PINGREQ -> output.send(PING_RESP); // [MQTT-3.12.4-1]
            // [MQTT311-3.1.0-2]
            case CONNECT -> throw protocolError("MQTT-3.1.0-2", "a second CONNECT"); // [MQTT-3.1.0-2]
            case AUTH -> authenticateAgain((Auth) packet);
            case CONNACK, SUBACK, UNSUBACK, PINGRESP, DISCONNECT ->
                throw protocolError("2.1.2", "a packet that clients do not send here");
        }
    }

    /** The flow of other packets goes on meanwhile, by the authentication that is. */
    private void authenticateAgain(Auth packet) {
        if (exchange == null) { // [MQTT-4.12.0-7]
            throw protocolError("MQTT-4.12.0-7", "AUTH without an Authentication Method in CONNECT");
        }
        exchange.received(packet, effects);
    }

    /**
     * The authenticator has answered the client's AUTH.
     *
     * @return why the connection is to end, or null
     */
    @Nullable
    ReasonCode authenticated(AuthenticationStep step) {
        if (step.reason().isError()) {
            return Handshake.disconnected(step.reason()); // [MQTT-4.12.1-2]
        }
        if (step.reason() == ReasonCode.SUCCESS) {
            permit(step.permissions());
        }
        // [MQTT-4.12.0-6]
        boolean told = Objects.requireNonNull(exchange, "CONNECT named no Authentication Method")
                .tell(step, output);
        return told ? null : ReasonCode.PACKET_TOO_LARGE;
    }

    private static boolean isAnswered(ControlPacket packet) {
        return switch (packet.type()) {
            case PUBLISH -> ((Publish) packet).qos() != QoS.AT_MOST_ONCE;
            case PUBACK, PUBCOMP -> false;
            case PUBREC, PUBREL, SUBSCRIBE, UNSUBSCRIBE, PINGREQ -> true;
            case CONNECT, CONNACK, SUBACK, UNSUBACK, PINGRESP, DISCONNECT, AUTH -> false;
        };
    }

    void writable(boolean writable, long nowMillis) {
        if (writable) {
            gate.release(ReadingGate.OUTPUT);
        }
        deliveries.writable(writable, nowMillis);
    }

    private static ProtocolViolation protocolError(String clause, String message) {
        return new ProtocolViolation(ReasonCode.PROTOCOL_ERROR, clause, message);
    }

    ConnectionView view() {
        return new ConnectionView(
                terms.clientId(),
                terms.version(),
                connectedAtMillis,
                terms.keepAliveSeconds(),
                terms.expirySeconds(),
                terms.receiveMaximum(),
                deliveries.inFlight(),
                deliveries.waiting(),
                inbound.pending(),
                deliveries.isWritable());
    }
}
