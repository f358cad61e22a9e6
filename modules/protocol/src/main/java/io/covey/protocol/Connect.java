package io.covey.protocol;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * CONNECT.
 *
 * @param bridge whether the private bridge bit (0x80) was set in the protocol level
 * @param cleanStart Clean Session before MQTT 5.0
 * @param keepAliveSeconds 0 to 65535, 0 turns the mechanism off
 * @param clientId as sent, may be empty
 * @param will the Will, or null
 * @param userName the User Name, or null
 * @param password the Password, binary, not to be modified, or null
 */
public record Connect(
        ProtocolVersion version,
        boolean bridge,
        boolean cleanStart,
        int keepAliveSeconds,
        Properties properties,
        String clientId,
        @Nullable Will will,
        @Nullable String userName,
        byte @Nullable [] password)
        implements ControlPacket {
    @Override
    public PacketType type() {
        return PacketType.CONNECT;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Connect that
                && version == that.version
                && bridge == that.bridge
                && cleanStart == that.cleanStart
                && keepAliveSeconds == that.keepAliveSeconds
                && properties.equals(that.properties)
                && clientId.equals(that.clientId)
                && Objects.equals(will, that.will)
                && Objects.equals(userName, that.userName)
                && Arrays.equals(password, that.password);
    }

    @Override
    public int hashCode() {
        return Objects.hash(
                version,
                bridge,
                cleanStart,
                keepAliveSeconds,
                properties,
                clientId,
                will,
                userName,
                Arrays.hashCode(password));
    }

    /** Without user name and password, which are nobody's to read. */
    @Override
    public String toString() {
        return "Connect[" + version + (bridge ? ", bridge, " : ", ") + clientId
                + (cleanStart ? ", clean start" : "") + ", keep alive " + keepAliveSeconds + " s, " + will + ", "
                + properties + "]";
    }

    /**
     * The Will of a CONNECT.
     *
     * @param properties the Will Properties; Will Delay Interval among them
     * @param payload not to be modified
     */
    public record Will(String topic, byte[] payload, QoS qos, boolean retain, Properties properties) {
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Will that
                    && topic.equals(that.topic)
                    && Arrays.equals(payload, that.payload)
                    && qos == that.qos
                    && retain == that.retain
                    && properties.equals(that.properties);
        }

        @Override
        public int hashCode() {
            return Objects.hash(topic, Arrays.hashCode(payload), qos, retain, properties);
        }

        @Override
        public String toString() {
            return "Will[" + topic + ", " + payload.length + " bytes, " + qos + (retain ? ", retain, " : ", ")
                    + properties + "]";
        }
    }
}
