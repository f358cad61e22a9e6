package io.covey.protocol;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * PUBLISH as it came from a peer or as a test sends it. What the broker forwards is a {@link Message}.
 *
 * @param topic the Topic Name; empty only together with a Topic Alias (MQTT 5.0)
 * @param packetId 1 to 65535, or 0 at QoS 0
 * @param payload the application message, not to be modified
 */
public record Publish(
        boolean dup, QoS qos, boolean retain, String topic, int packetId, Properties properties, byte[] payload)
        implements ControlPacket {
    @Override
    public PacketType type() {
        return PacketType.PUBLISH;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Publish that
                && dup == that.dup
                && qos == that.qos
                && retain == that.retain
                && packetId == that.packetId
                && topic.equals(that.topic)
                && properties.equals(that.properties)
                && Arrays.equals(payload, that.payload);
    }

    @Override
    public int hashCode() {
        return Objects.hash(dup, qos, retain, topic, packetId, properties, Arrays.hashCode(payload));
    }

    @Override
    public String toString() {
        return "Publish[" + topic + ", " + payload.length + " bytes, " + qos + (dup ? ", dup" : "")
                + (retain ? ", retain" : "") + (packetId == 0 ? "" : ", id " + packetId) + ", " + properties + "]";
    }
}
