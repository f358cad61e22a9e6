package io.covey.protocol;

import java.util.List;

/** SUBACK: one reason code per Topic Filter, in their order [MQTT-3.9.3-1]. */
public record SubAck(int packetId, Properties properties, List<ReasonCode> reasons) implements ControlPacket {
    @Override
    public PacketType type() {
        return PacketType.SUBACK;
    }
}
