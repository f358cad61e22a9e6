package io.covey.session;

import io.covey.protocol.ByteWriter;
import io.covey.protocol.ControlPacket;
import io.covey.protocol.Disconnect;
import io.covey.protocol.Message;
import io.covey.protocol.PacketEncoder;
import io.covey.protocol.Properties;
import io.covey.protocol.Property;
import io.covey.protocol.ProtocolViolation;
import io.covey.protocol.PublishHead;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;

/** What leaves for one client: nothing beyond its Maximum Packet Size [MQTT-3.1.2-24], and nothing once it is muted. */
final class ClientOutput {
    private static final int PROPERTY_BYTES_PER_SUBSCRIPTION_ID_MAX = 5;
    private static final int LENGTH_GROWTH_BYTES_MAX = 6;

    private final ConnectionEffects effects;
    private final Terms terms;
    private boolean muted;

    ClientOutput(ConnectionEffects effects, Terms terms) {
        this.effects = effects;
        this.terms = terms;
    }

    /** Lets nothing through from now on: the network connection is gone. */
    void mute() {
        muted = true;
    }

    /** Sends CONNACK or AUTH, if it fits. */
    boolean sendIfItFits(ControlPacket packet) {
        if (terms.maximumPacketBytes() != Terms.NO_PACKET_LIMIT && encodedBytes(packet) > terms.maximumPacketBytes()) {
            return false;
        }
        send(packet);
        return true;
    }

    /** Sends a packet of a few bytes, which fits wherever CONNACK did. */
    void send(ControlPacket packet) {
        if (!muted) {
            effects.send(packet);
        }
    }

    /**
     * Sends SUBACK or UNSUBACK.
     *
     * @throws ProtocolViolation if the client does not take a packet of this size, for there is no other answer
     */
    void sendAnswer(ControlPacket packet, int reasons) {
        // One byte of type, up to four of Remaining Length, Packet Identifier, no properties and the reasons.
        if (1 + 4 + 2 + 1 + reasons > terms.maximumPacketBytes() && encodedBytes(packet) > terms.maximumPacketBytes()) {
            throw new ProtocolViolation(
                    ReasonCode.PACKET_TOO_LARGE,
                    "MQTT-3.1.2-24",
                    "the answer is beyond the client's Maximum Packet Size");
        }
        send(packet);
    }

    /** Sends DISCONNECT with a reason, to clients of MQTT 5.0; earlier ones have no such packet from the server. */
    void sendDisconnect(ReasonCode reason, String reasonString) {
        if (!terms.isV5()) {
            return;
        }
        Disconnect packet = new Disconnect(reason, Properties.EMPTY);
        if (terms.problemInformation() && !reasonString.isEmpty()) {
            Properties properties = Properties.builder()
                    .add(Property.REASON_STRING, reasonString)
                    .build();
            Disconnect explained = new Disconnect(reason, properties);
            if (encodedBytes(explained) <= terms.maximumPacketBytes()) { // [MQTT-3.14.2-3]
                packet = explained;
            }
        }
        send(packet);
    }

    /** Sends DISCONNECT 0x9C, for a client of MQTT 5.0, and where it is to go; without the latter where it does not take so large a packet. */
    void sendRedirect(String reference) {
        Disconnect named = new Disconnect(ReasonCode.USE_ANOTHER_SERVER, Handshake.reference(reference));
        if (encodedBytes(named) <= terms.maximumPacketBytes()) { // [MQTT-3.1.2-24]
            send(named);
        } else {
            sendDisconnect(ReasonCode.USE_ANOTHER_SERVER, "");
        }
    }

    private int encodedBytes(ControlPacket packet) {
        ByteWriter out = new ByteWriter(128);
        PacketEncoder.encode(packet, terms.version(), out);
        return out.size();
    }

    /** Whether a PUBLISH of this message is within the client's Maximum Packet Size, with room for some more bytes. */
    boolean fits(Message message, QoS qos, int[] subscriptionIds, int extraBytes) {
        long max = terms.maximumPacketBytes();
        if (max == Terms.NO_PACKET_LIMIT) {
            return true;
        }
        boolean withPacketId = qos != QoS.AT_MOST_ONCE;
        long plain = (long) message.head(terms.version(), withPacketId).bytes().length + message.payload().length;
        long most = plain
                + (long) subscriptionIds.length * PROPERTY_BYTES_PER_SUBSCRIPTION_ID_MAX
                + extraBytes
                + LENGTH_GROWTH_BYTES_MAX;
        if (most <= max) {
            return true;
        }
        if (extraBytes > 0) {
            return false;
        }
        if (subscriptionIds.length == 0 || plain > max) {
            return plain <= max;
        }
        PublishHead exact = PublishHead.encode(message, terms.version(), withPacketId, 0, subscriptionIds);
        return (long) exact.bytes().length + message.payload().length <= max;
    }

    /** Sends a PUBLISH. */
    void sendPublish(
            Message message, int packetId, QoS qos, boolean dup, boolean retain, int[] subscriptionIds, int alias) {
        if (!muted) {
            effects.sendPublish(message, packetId, qos, dup, retain, subscriptionIds, alias);
        }
    }
}
