package io.covey.protocol;

/** PUBACK: before MQTT 5.0 the reason is Success and the properties are empty. */
public record PubAck(int packetId, ReasonCode reason, Properties properties) implements ControlPacket {
    @Override
    public PacketType type() {
        return PacketType.PUBACK;
    }
}
