package io.covey.protocol;

/**
 * PUBLISH as it came from a peer or as a test sends it. What the broker forwards is a {@link Message}.
 *
 * @param topic the Topic Name; empty only together with a Topic Alias (MQTT 5.0)
 * @param packetId 1 to 65535, or 0 at QoS 0
 * @param payload the application message, not to be modified
 */
public record Publish(
        boolean dup, QoS qos, boolean retain, String topic, int packetId, Properties properties, byte[] payload)
        implements ControlPacket {
    @Override
    public PacketType type() {
        return PacketType.PUBLISH;
    }
}
