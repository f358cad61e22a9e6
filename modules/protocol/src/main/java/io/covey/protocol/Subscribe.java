package io.covey.protocol;

import java.util.List;

/** SUBSCRIBE with its Topic Filters, at least one [MQTT-3.8.3-2]. */
public record Subscribe(int packetId, Properties properties, List<SubscriptionRequest> subscriptions)
        implements ControlPacket {
    @Override
    public PacketType type() {
        return PacketType.SUBSCRIBE;
    }
}
