package io.covey.protocol;

/** DISCONNECT: before MQTT 5.0 only from the client, with reason Success and no properties. */
public record Disconnect(ReasonCode reason, Properties properties) implements ControlPacket {
    @Override
    public PacketType type() {
        return PacketType.DISCONNECT;
    }
}
