package io.covey.protocol;

import java.util.List;

/** UNSUBACK: reason codes in MQTT 5.0 only, one per Topic Filter [MQTT-3.11.3-1]. */
public record UnsubAck(int packetId, Properties properties, List<ReasonCode> reasons) implements ControlPacket {
    @Override
    public PacketType type() {
        return PacketType.UNSUBACK;
    }
}
