package io.covey.protocol;

/** AUTH, MQTT 5.0 only. */
public record Auth(ReasonCode reason, Properties properties) implements ControlPacket {
    @Override
    public PacketType type() {
        return PacketType.AUTH;
    }
}
