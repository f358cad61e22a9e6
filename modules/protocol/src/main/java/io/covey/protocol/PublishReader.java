package io.covey.protocol;

import java.nio.ByteBuffer;

/**
 * Reads PUBLISH packets. Owned by one thread.
 *
 * <p>It keeps the last Topic Name, so that a peer that stays with one topic costs no more than the packet and its payload.
 */
final class PublishReader {
    /** Longer Topic Names are not kept, so that an idle connection holds little memory. */
    private static final int KEPT_TOPIC_BYTES_MAX = 512;

    private static final ByteBuffer NO_BYTES = ByteBuffer.allocate(0);

    private final PacketContents contents;
    private ByteBuffer lastTopicBytes = NO_BYTES;
    private String lastTopic = "";

    /**
     * @param contents what may stand in the packets, which depends on who sends them
     */
    PublishReader(PacketContents contents) {
        this.contents = contents;
    }

    /** Checks the flags of the first byte. */
    static void checkFlags(int firstByte) {
        int qos = firstByte >> 1 & 3;
        if (qos == 3) {
            throw ProtocolViolation.malformed("MQTT-3.3.1-4", "QoS 3"); // [MQTT-3.3.1-4]
        }
        if (qos == 0 && (firstByte & 8) != 0) {
            throw ProtocolViolation.malformed("MQTT-3.3.1-2", "DUP at QoS 0"); // [MQTT-3.3.1-2]
        }
    }

    /** Takes the rest of the packet; {@link #checkFlags} was called. */
    Publish read(int firstByte, PacketReader in, ProtocolVersion version) {
        QoS qos = QoS.of(firstByte >> 1 & 3);
        String topic = topic(in);
        int packetId = qos == QoS.AT_MOST_ONCE ? 0 : in.packetId();
        Properties properties = version.isV5() ? PropertyReader.read(in, contents) : Properties.EMPTY;
        if (topic.isEmpty()) {
            checkAlias(version, properties);
        }
        byte[] payload = in.bytes(in.remaining());
        return new Publish((firstByte & 8) != 0, qos, (firstByte & 1) != 0, topic, packetId, properties, payload);
    }

    private String topic(PacketReader in) {
        int length = in.u16();
        if (length == 0) {
            return "";
        }
        if (length == lastTopicBytes.limit() && in.startsWith(lastTopicBytes)) {
            in.skip(length);
            return lastTopic;
        }
        byte[] bytes = in.bytes(length);
        String topic = Utf8.decode(bytes); // [MQTT-3.3.2-1]
        PropertyReader.checkTopicName(topic, "MQTT-3.3.2-2"); // [MQTT-3.3.2-2]
        if (length <= KEPT_TOPIC_BYTES_MAX) {
            lastTopicBytes = ByteBuffer.wrap(bytes);
            lastTopic = topic;
        }
        return topic;
    }

    private static void checkAlias(ProtocolVersion version, Properties properties) {
        if (!version.isV5()) {
            throw ProtocolViolation.malformed("MQTT-4.7.3-1", "an empty Topic Name"); // [MQTT-4.7.3-1]
        }
        if (!properties.contains(Property.TOPIC_ALIAS)) {
            throw ProtocolViolation.protocolError("3.3.2.1", "an empty Topic Name without a Topic Alias");
        }
    }
}
