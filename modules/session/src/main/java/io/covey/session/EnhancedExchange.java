package io.covey.session;

import io.covey.protocol.Auth;
import io.covey.protocol.Connect;
import io.covey.protocol.ControlPacket;
import io.covey.protocol.PacketType;
import io.covey.protocol.Properties;
import io.covey.protocol.Property;
import io.covey.protocol.ProtocolViolation;
import io.covey.protocol.ReasonCode;
import org.jspecify.annotations.Nullable;

/**
 * Whose turn it is in the AUTH packets of one connection [MQTT 5.0, 4.12], and what stands in them. Exists only where CONNECT named an
 * Authentication Method.
 *
 * <pre>
 * BROKER --Continue: AUTH 0x18 to the client--> CLIENT --AUTH 0x18--> BROKER
 * BROKER --Success: CONNACK, or AUTH 0x00--> DONE --AUTH 0x19, once connected--> BROKER
 * </pre>
 */
final class EnhancedExchange {
    private enum Turn {
        BROKER,
        CLIENT,
        DONE
    }

    private final String method;
    private Turn turn = Turn.BROKER;

    /** Authentication Data that CONNACK is to carry. */
    private byte @Nullable [] lastData;

    private EnhancedExchange(String method) {
        this.method = method;
    }

    /** The exchange that a CONNECT begins, or null where it names no method. */
    static @Nullable EnhancedExchange of(Connect connect) {
        String method = connect.properties().string(Property.AUTHENTICATION_METHOD);
        return method == null ? null : new EnhancedExchange(method);
    }

    /**
     * A packet came before CONNACK.
     *
     * @param authenticated whether CONNACK is on its way
     * @throws ProtocolViolation if it is anything but the client's answer to a challenge
     */
    void beforeConnAck(ControlPacket packet, boolean authenticated, ConnectionEffects effects) {
        if (packet.type() != PacketType.AUTH || authenticated) {
            throw violation("MQTT-3.1.2-30", "another packet than AUTH before CONNACK"); // [MQTT-3.1.2-30]
        }
        received((Auth) packet, effects);
    }

    /**
     * The client sent AUTH; it goes to the authenticator.
     *
     * @throws ProtocolViolation if its method is another one or it is not its turn
     */
    void received(Auth packet, ConnectionEffects effects) {
        if (!method.equals(packet.properties().string(Property.AUTHENTICATION_METHOD))) {
            // [MQTT-4.12.0-5] [MQTT-4.12.1-1]
            throw violation("MQTT-4.12.0-5", "AUTH with another Authentication Method than CONNECT");
        }
        Turn expected = packet.reason() == ReasonCode.REAUTHENTICATE ? Turn.DONE : Turn.CLIENT; // [MQTT-4.12.0-3]
        if (turn != expected) {
            throw violation("4.12", "AUTH out of turn");
        }
        turn = Turn.BROKER;
        effects.authenticateFurther(packet);
    }

    /** The authenticator has answered with Continue or Success. */
    void answered(AuthenticationStep step) {
        turn = step.reason() == ReasonCode.CONTINUE_AUTHENTICATION ? Turn.CLIENT : Turn.DONE;
        lastData = step.data();
    }

    /** Tells the client by AUTH what the authenticator has answered; false if it does not take a packet of that size. */
    boolean tell(AuthenticationStep step, ClientOutput output) {
        answered(step);
        Properties.Builder properties = Properties.builder();
        addTo(properties);
        return output.sendIfItFits(new Auth(step.reason(), properties.build())); // [MQTT-4.12.0-2] [MQTT-3.15.2-1]
    }

    /** Adds what the authenticator's last answer means for AUTH or CONNACK: the client's method, and data [MQTT-4.12.0-5]. */
    void addTo(Properties.Builder properties) {
        properties.add(Property.AUTHENTICATION_METHOD, method);
        byte[] data = lastData;
        if (data != null) {
            properties.add(Property.AUTHENTICATION_DATA, data);
        }
        lastData = null;
    }

    private static ProtocolViolation violation(String clause, String message) {
        return new ProtocolViolation(ReasonCode.PROTOCOL_ERROR, clause, message);
    }
}
