package io.covey.protocol;

import org.jspecify.annotations.Nullable;

/**
 * CONNECT.
 *
 * @param bridge whether the private bridge bit (0x80) was set in the protocol level
 * @param cleanStart Clean Session before MQTT 5.0
 * @param keepAliveSeconds 0 to 65535, 0 turns the mechanism off
 * @param clientId as sent, may be empty
 * @param will the Will, or null
 * @param userName the User Name, or null
 * @param password the Password, binary, not to be modified, or null
 */
public record Connect(
        ProtocolVersion version,
        boolean bridge,
        boolean cleanStart,
        int keepAliveSeconds,
        Properties properties,
        String clientId,
        @Nullable Will will,
        @Nullable String userName,
        byte @Nullable [] password)
        implements ControlPacket {
    @Override
    public PacketType type() {
        return PacketType.CONNECT;
    }

    /**
     * The Will of a CONNECT.
     *
     * @param properties the Will Properties; Will Delay Interval among them
     * @param payload not to be modified
     */
    public record Will(String topic, byte[] payload, QoS qos, boolean retain, Properties properties) {}
}
