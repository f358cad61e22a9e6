package io.covey.protocol;

/** PINGRESP. */
public record PingResp() implements ControlPacket {
    @Override
    public PacketType type() {
        return PacketType.PINGRESP;
    }
}
