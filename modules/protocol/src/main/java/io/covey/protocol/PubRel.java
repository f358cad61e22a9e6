package io.covey.protocol;

/** PUBREL: before MQTT 5.0 the reason is Success and the properties are empty. */
public record PubRel(int packetId, ReasonCode reason, Properties properties) implements ControlPacket {
    @Override
    public PacketType type() {
        return PacketType.PUBREL;
    }
}
