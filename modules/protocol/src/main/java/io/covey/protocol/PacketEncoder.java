package io.covey.protocol;

import java.util.List;

/**
 * Encodes whole packets, both those that a server sends and those that clients do. The hot path sends PUBLISH through {@link PublishHead}
 * instead.
 *
 * <p>The packet is taken at its word: an illegal value is encoded as it is, so that tests can send it.
 */
public final class PacketEncoder {
    /** The largest Remaining Length, a Variable Byte Integer of four bytes. */
    static final int REMAINING_LENGTH_MAX = 268_435_455;

    private PacketEncoder() {}

    /**
     * Appends the packet; versions before 5.0 leave out properties and reasons, and CONNACK gets its return code.
     *
     * @param version what the receiver speaks; a CONNECT is encoded in its own version
     * @throws IllegalArgumentException for AUTH before MQTT 5.0, and if the packet would be longer than MQTT can express
     */
    public static void encode(ControlPacket packet, ProtocolVersion version, ByteWriter out) {
        switch (packet.type()) {
            case CONNECT -> connect((Connect) packet, out);
            case CONNACK -> connAck((ConnAck) packet, version, out);
            case PUBLISH -> publish((Publish) packet, version, out);
            case PUBACK -> {
                PubAck ack = (PubAck) packet;
                ack(0x40, ack.packetId(), ack.reason(), ack.properties(), version, out);
            }
            case PUBREC -> {
                PubRec ack = (PubRec) packet;
                ack(0x50, ack.packetId(), ack.reason(), ack.properties(), version, out);
            }
            case PUBREL -> {
                PubRel ack = (PubRel) packet;
                ack(0x62, ack.packetId(), ack.reason(), ack.properties(), version, out); // [MQTT-3.6.1-1]
            }
            case PUBCOMP -> {
                PubComp ack = (PubComp) packet;
                ack(0x70, ack.packetId(), ack.reason(), ack.properties(), version, out);
            }
            case SUBSCRIBE -> subscribe((Subscribe) packet, version, out);
            case SUBACK -> subAck((SubAck) packet, version, out);
            case UNSUBSCRIBE -> unsubscribe((Unsubscribe) packet, version, out);
            case UNSUBACK -> unsubAck((UnsubAck) packet, version, out);
            case PINGREQ -> out.u16(0xC000);
            case PINGRESP -> out.u16(0xD000);
            case DISCONNECT -> disconnect((Disconnect) packet, version, out);
            case AUTH -> auth((Auth) packet, version, out);
        }
    }

    private static void connect(Connect packet, ByteWriter out) {
        ProtocolVersion version = packet.version();
        int start = begin(0x10, out);
        out.mqttString(version == ProtocolVersion.V3_1 ? "MQIsdp" : "MQTT"); // [MQTT-3.1.2-1]
        out.u8(version.level() | (packet.bridge() ? 0x80 : 0));
        out.u8(connectFlags(packet)).u16(packet.keepAliveSeconds());
        properties(packet.properties(), version, out);
        out.mqttString(packet.clientId()); // [MQTT-3.1.3-1]: this order
        Connect.Will will = packet.will();
        if (will != null) {
            properties(will.properties(), version, out);
            out.mqttString(will.topic()).mqttBinary(will.payload());
        }
        String userName = packet.userName();
        if (userName != null) {
            out.mqttString(userName);
        }
        byte[] password = packet.password();
        if (password != null) {
            out.mqttBinary(password);
        }
        end(start, out);
    }

    private static int connectFlags(Connect packet) {
        Connect.Will will = packet.will();
        return (packet.userName() != null ? 0x80 : 0)
                | (packet.password() != null ? 0x40 : 0)
                | (packet.cleanStart() ? 0x02 : 0)
                | (will == null ? 0 : 0x04 | will.qos().value() << 3 | (will.retain() ? 0x20 : 0));
    }

    private static void connAck(ConnAck packet, ProtocolVersion version, ByteWriter out) {
        ReasonCode reason = packet.reason();
        // [MQTT-3.2.2-6]: no session with an error; MQTT 3.1 reserves the byte.
        boolean sessionPresent = packet.sessionPresent() && !reason.isError() && version != ProtocolVersion.V3_1;
        int start = begin(0x20, out);
        out.bool(sessionPresent).u8(version.isV5() ? reason.value() : returnCode(reason));
        properties(packet.properties(), version, out);
        end(start, out);
    }

    /** The CONNACK return code of MQTT 3.1 and 3.1.1 for a reason of MQTT 5.0; what they have no word for is "server unavailable". */
    static int returnCode(ReasonCode reason) {
        if (!reason.isError()) {
            return 0;
        }
        if (reason == ReasonCode.UNSUPPORTED_PROTOCOL_VERSION) { // [MQTT311-3.1.2-2]
            return 1;
        }
        if (reason == ReasonCode.CLIENT_IDENTIFIER_NOT_VALID) {
            return 2;
        }
        if (reason == ReasonCode.BAD_USER_NAME_OR_PASSWORD) {
            return 4;
        }
        return reason == ReasonCode.NOT_AUTHORIZED || reason == ReasonCode.BANNED ? 5 : 3;
    }

    private static void publish(Publish packet, ProtocolVersion version, ByteWriter out) {
        int flags = (packet.dup() ? 8 : 0) | packet.qos().value() << 1 | (packet.retain() ? 1 : 0);
        int start = begin(0x30 | flags, out);
        out.mqttString(packet.topic());
        if (packet.qos() != QoS.AT_MOST_ONCE) {
            out.u16(packet.packetId()); // [MQTT-2.2.1-2]: none at QoS 0
        }
        properties(packet.properties(), version, out);
        out.raw(packet.payload());
        end(start, out);
    }

    private static void ack(
            int firstByte,
            int packetId,
            ReasonCode reason,
            Properties properties,
            ProtocolVersion version,
            ByteWriter out) {
        if (!version.isV5() || reason == ReasonCode.SUCCESS && properties.isEmpty()) {
            out.u8(firstByte).u8(2).u16(packetId);
        } else if (properties.isEmpty()) {
            out.u8(firstByte).u8(3).u16(packetId).u8(reason.value());
        } else {
            int start = begin(firstByte, out);
            out.u16(packetId).u8(reason.value());
            PropertyCodec.write(properties, out);
            end(start, out);
        }
    }

    private static void subscribe(Subscribe packet, ProtocolVersion version, ByteWriter out) {
        int start = begin(0x82, out); // [MQTT-3.8.1-1]
        out.u16(packet.packetId());
        properties(packet.properties(), version, out);
        for (SubscriptionRequest request : packet.subscriptions()) {
            out.mqttString(request.filter());
            out.u8(version.isV5() ? subscriptionOptions(request) : request.qos().value());
        }
        end(start, out);
    }

    private static int subscriptionOptions(SubscriptionRequest request) {
        return request.qos().value()
                | (request.noLocal() ? 0x04 : 0)
                | (request.retainAsPublished() ? 0x08 : 0)
                | request.retainHandling() << 4;
    }

    private static void subAck(SubAck packet, ProtocolVersion version, ByteWriter out) {
        int start = begin(0x90, out);
        out.u16(packet.packetId());
        properties(packet.properties(), version, out);
        List<ReasonCode> reasons = packet.reasons();
        for (int i = 0; i < reasons.size(); i++) {
            ReasonCode reason = reasons.get(i);
            // MQTT 3.1.1 knows one failure only, and clients of 3.1 are used to it although their specification has
            // none.
            // [MQTT311-3.9.3-2] [MQTT311-3.8.4-5]
            out.u8(!version.isV5() && reason.isError() ? 0x80 : reason.value());
        }
        end(start, out);
    }

    private static void unsubscribe(Unsubscribe packet, ProtocolVersion version, ByteWriter out) {
        int start = begin(0xA2, out); // [MQTT-3.10.1-1]
        out.u16(packet.packetId());
        properties(packet.properties(), version, out);
        for (String filter : packet.filters()) {
            out.mqttString(filter);
        }
        end(start, out);
    }

    private static void unsubAck(UnsubAck packet, ProtocolVersion version, ByteWriter out) {
        int start = begin(0xB0, out);
        out.u16(packet.packetId());
        properties(packet.properties(), version, out);
        if (version.isV5()) {
            List<ReasonCode> reasons = packet.reasons();
            for (int i = 0; i < reasons.size(); i++) {
                out.u8(reasons.get(i).value());
            }
        }
        end(start, out);
    }

    private static void disconnect(Disconnect packet, ProtocolVersion version, ByteWriter out) {
        boolean bare = packet.properties().isEmpty();
        if (!version.isV5() || bare && packet.reason() == ReasonCode.SUCCESS) {
            out.u16(0xE000);
        } else if (bare) {
            out.u8(0xE0).u8(1).u8(packet.reason().value());
        } else {
            reasonAndProperties(0xE0, packet.reason(), packet.properties(), out);
        }
    }

    private static void auth(Auth packet, ProtocolVersion version, ByteWriter out) {
        if (!version.isV5()) {
            throw new IllegalArgumentException("AUTH before MQTT 5.0");
        }
        if (packet.reason() == ReasonCode.SUCCESS && packet.properties().isEmpty()) {
            out.u16(0xF000);
        } else {
            reasonAndProperties(0xF0, packet.reason(), packet.properties(), out);
        }
    }

    private static void reasonAndProperties(int firstByte, ReasonCode reason, Properties properties, ByteWriter out) {
        int start = begin(firstByte, out);
        out.u8(reason.value());
        PropertyCodec.write(properties, out);
        end(start, out);
    }

    private static void properties(Properties properties, ProtocolVersion version, ByteWriter out) {
        if (version.isV5()) {
            PropertyCodec.write(properties, out);
        }
    }

    /** Writes the first byte and one byte in place of the Remaining Length; {@link #end} fills it in. */
    private static int begin(int firstByte, ByteWriter out) {
        out.u8(firstByte).u8(0);
        return out.size();
    }

    private static void end(int start, ByteWriter out) {
        out.patchVarInt(start - 1, checkedLength(out.size() - start));
    }

    /** The length, if MQTT can express it. */
    static int checkedLength(long remainingLength) {
        if (remainingLength > REMAINING_LENGTH_MAX) {
            throw new IllegalArgumentException("a packet with " + remainingLength + " bytes after its header");
        }
        return (int) remainingLength;
    }
}
