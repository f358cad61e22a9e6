package io.covey.protocol;

/**
 * The encoded bytes of a PUBLISH before its payload: fixed header, Topic Name, Packet Identifier and properties.
 *
 * <p>Encoded once and shared; a sender copies the bytes and then patches what differs by receiver: the flags in byte 0, the Packet
 * Identifier at {@link #packetIdOffset} and the Message Expiry Interval at {@link #expiryOffset}.
 *
 * @param bytes not to be modified
 * @param packetIdOffset where the two bytes of the Packet Identifier stand, or -1 at QoS 0
 * @param expiryOffset where the four bytes of the Message Expiry Interval stand, or -1
 */
public record PublishHead(byte[] bytes, int packetIdOffset, int expiryOffset) {
    private static final int TOPIC_ALIAS_SIZE = 3;
    private static final int EXPIRY_SIZE = 5;

    /**
     * Encodes the head of a PUBLISH with QoS 0, RETAIN 0, DUP 0 in byte 0.
     *
     * @param withPacketId whether room for a Packet Identifier is left (QoS 1 and 2)
     * @param topicAlias 0 for none; positive: sent beside the Topic Name; negative: its absolute value is sent instead of the Topic Name
     * @param subscriptionIds the Subscription Identifiers of the receiver's matching subscriptions, in any order
     * @throws IllegalArgumentException if the packet would be longer than MQTT can express
     */
    public static PublishHead encode(
            Message message, ProtocolVersion version, boolean withPacketId, int topicAlias, int[] subscriptionIds) {
        boolean v5 = version.isV5();
        boolean expires = v5 && message.expiresAtMillis() != Message.NEVER;
        int propertyBytes = v5 ? propertyBytes(message, expires, topicAlias, subscriptionIds) : 0;
        String topic = v5 && topicAlias < 0 ? "" : message.topic();
        int topicBytes = Utf8.length(topic);
        int bodyBytes = 2
                + topicBytes
                + (withPacketId ? 2 : 0)
                + (v5 ? ByteWriter.varIntSize(propertyBytes) + propertyBytes : 0);
        int remainingLength = PacketEncoder.checkedLength((long) bodyBytes + message.payload().length);

        ByteWriter out = new ByteWriter(1 + ByteWriter.varIntSize(remainingLength) + bodyBytes);
        out.u8(PacketType.PUBLISH.value() << 4).varInt(remainingLength).mqttString(topic);
        int packetIdOffset = withPacketId ? out.size() : -1;
        if (withPacketId) {
            out.u16(0);
        }
        int expiryOffset = -1;
        if (v5) {
            out.varInt(propertyBytes);
            if (expires) {
                out.u8(Property.MESSAGE_EXPIRY_INTERVAL.id());
                expiryOffset = out.size();
                out.i32(0);
            }
            writeConnectionProperties(topicAlias, subscriptionIds, out);
            PropertyCodec.writeEntries(message.properties(), out); // [MQTT-3.3.2-17] [MQTT-3.3.2-18]
        }
        assert out.size() == out.array().length : "the head was measured wrongly";
        return new PublishHead(out.array(), packetIdOffset, expiryOffset);
    }

    private static int propertyBytes(Message message, boolean expires, int topicAlias, int[] subscriptionIds) {
        int size = PropertyCodec.size(message.properties());
        size += (expires ? EXPIRY_SIZE : 0) + (topicAlias != 0 ? TOPIC_ALIAS_SIZE : 0);
        for (int id : subscriptionIds) {
            size += 1 + ByteWriter.varIntSize(id);
        }
        return size;
    }

    private static void writeConnectionProperties(int topicAlias, int[] subscriptionIds, ByteWriter out) {
        if (topicAlias != 0) {
            out.u8(Property.TOPIC_ALIAS.id()).u16(Math.abs(topicAlias));
        }
        for (int id : subscriptionIds) {
            out.u8(Property.SUBSCRIPTION_IDENTIFIER.id()).varInt(id); // [MQTT-3.3.4-3] [MQTT-3.3.4-4]
        }
    }
}
