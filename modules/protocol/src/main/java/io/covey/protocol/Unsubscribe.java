package io.covey.protocol;

import java.util.List;

/** UNSUBSCRIBE with its Topic Filters, at least one [MQTT-3.10.3-2]. */
public record Unsubscribe(int packetId, Properties properties, List<String> filters) implements ControlPacket {
    @Override
    public PacketType type() {
        return PacketType.UNSUBSCRIBE;
    }
}
