package io.covey.session;

import io.covey.protocol.Connect;
import io.covey.protocol.Message;
import io.covey.protocol.Properties;
import io.covey.protocol.Property;
import io.covey.protocol.Publish;
import java.util.ArrayList;
import java.util.List;

/** Turns what a client sends into the {@link Message} that is forwarded. Holds no state. */
final class Forwarding {
    private static final long MILLIS_PER_SECOND = 1000;

    private Forwarding() {}

    /**
     * The message of a PUBLISH; its Message Expiry Interval counts from now.
     *
     * @param expiryMaxSeconds the operator's cap of it
     */
    static Message message(Publish packet, String topic, long expiryMaxSeconds, long nowMillis) {
        Properties properties = packet.properties();
        long expirySeconds = expirySeconds(properties, expiryMaxSeconds);
        return new Message(
                topic,
                packet.payload(),
                packet.qos(),
                packet.retain(),
                forwarded(properties),
                nowMillis,
                expirySeconds < 0 ? Message.NEVER : nowMillis + expirySeconds * MILLIS_PER_SECOND);
    }

    /** The Message Expiry Interval under the operator's cap, which also counts where none was asked for; -1 for none. */
    static long expirySeconds(Properties properties, long maxSeconds) {
        long asked = properties.isEmpty() ? -1 : properties.number(Property.MESSAGE_EXPIRY_INTERVAL, -1);
        if (maxSeconds == Handshake.NEVER_EXPIRES_SECONDS) {
            return asked;
        }
        return asked < 0 ? maxSeconds : Math.min(asked, maxSeconds);
    }

    /** The message of a Will, whose expiry begins when it is published. */
    static Message message(Connect.Will will, long nowMillis) {
        return new Message(
                will.topic(),
                will.payload(),
                will.qos(),
                will.retain(), // [MQTT-3.1.2-14..15]
                forwarded(will.properties()), // [MQTT-3.1.3-10]
                nowMillis,
                Message.NEVER);
    }

    private static Properties forwarded(Properties properties) {
        List<Properties.Entry> entries = properties.entries();
        int count = 0;
        for (int i = 0; i < entries.size(); i++) {
            if (isForwarded(entries.get(i).property())) {
                count++;
            }
        }
        if (count == entries.size()) {
            return properties;
        }
        if (count == 0) {
            return Properties.EMPTY;
        }
        List<Properties.Entry> kept = new ArrayList<>(count);
        for (int i = 0; i < entries.size(); i++) {
            if (isForwarded(entries.get(i).property())) {
                kept.add(entries.get(i));
            }
        }
        return Properties.of(kept);
    }

    private static boolean isForwarded(Property property) {
        return property == Property.PAYLOAD_FORMAT_INDICATOR // [MQTT-3.3.2-4]
                || property == Property.CONTENT_TYPE // [MQTT-3.3.2-20]
                || property == Property.RESPONSE_TOPIC // [MQTT-3.3.2-15]
                || property == Property.CORRELATION_DATA // [MQTT-3.3.2-16]
                || property == Property.USER_PROPERTY; // [MQTT-3.3.2-17] [MQTT-3.3.2-18]
    }
}
