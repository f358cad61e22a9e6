package io.covey.protocol;

/** CONNACK: the encoder translates the reason into a return code for versions before 5.0. */
public record ConnAck(boolean sessionPresent, ReasonCode reason, Properties properties) implements ControlPacket {
    @Override
    public PacketType type() {
        return PacketType.CONNACK;
    }
}
