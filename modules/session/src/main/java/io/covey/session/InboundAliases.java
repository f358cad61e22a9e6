package io.covey.session;

import io.covey.protocol.Property;
import io.covey.protocol.ProtocolViolation;
import io.covey.protocol.Publish;
import io.covey.protocol.ReasonCode;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The Topic Aliases that a client has set up on its connection [MQTT-3.3.2-7]. Takes no memory until the first, and what their Topic Names take together is
 * bounded: 64 of the longest would be 4 MiB for a connection that says nothing more.
 */
final class InboundAliases {
    private static final int CAPACITY_MIN = 4;

    private static final @Nullable String[] NONE = {};

    private final int aliasMaximum;
    private final int charactersMax;
    private @Nullable String[] topics = NONE;

    /** Of the Topic Names of all aliases. */
    private int characters;

    InboundAliases(int aliasMaximum, int charactersMax) {
        this.aliasMaximum = aliasMaximum;
        this.charactersMax = charactersMax;
    }

    /**
     * The Topic Name of a PUBLISH, its own or that of its alias.
     *
     * @throws ProtocolViolation if the alias is out of range or unknown, or its Topic Name too much with those of the others
     */
    String topic(Publish packet) {
        if (packet.properties().isEmpty()) {
            return packet.topic();
        }
        long alias = packet.properties().number(Property.TOPIC_ALIAS, -1);
        if (alias < 0) {
            return packet.topic();
        }
        if (alias == 0 || alias > aliasMaximum) { // [MQTT-3.3.2-8] [MQTT-3.3.2-9]
            throw new ProtocolViolation(ReasonCode.TOPIC_ALIAS_INVALID, "MQTT-3.3.2-9", "Topic Alias out of range");
        }
        int index = (int) alias - 1;
        String known = index < topics.length ? topics[index] : null;
        if (packet.topic().isEmpty()) {
            if (known == null) {
                throw new ProtocolViolation(ReasonCode.PROTOCOL_ERROR, "3.3.2.3.4", "unknown Topic Alias");
            }
            return known; // [MQTT-3.3.2-12]
        }
        int more = packet.topic().length() - (known == null ? 0 : known.length());
        if (characters + more > charactersMax) {
            throw new ProtocolViolation(
                    ReasonCode.QUOTA_EXCEEDED, "MQTT 5.0, 4.13", "the Topic Names of all Topic Aliases are too long");
        }
        characters += more;
        if (index >= topics.length) {
            topics = Arrays.copyOf(topics, Math.min(aliasMaximum, Math.max(CAPACITY_MIN, 2 * index + 1)));
        }
        topics[index] = packet.topic();
        return packet.topic();
    }
}
