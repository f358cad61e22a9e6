package io.covey.protocol;

/** PINGREQ. */
public record PingReq() implements ControlPacket {
    @Override
    public PacketType type() {
        return PacketType.PINGREQ;
    }
}
