package io.covey.session;

import io.covey.protocol.Connect;
import io.covey.protocol.Properties;
import io.covey.protocol.Property;
import io.covey.protocol.Publish;
import io.covey.protocol.ReasonCode;
import io.covey.protocol.TopicFilters;
import io.covey.protocol.Utf8;
import org.jspecify.annotations.Nullable;

/** What of a client's messages is refused although its packet is well formed. Owned by one connection. */
final class PublishChecks {
    /** Longer Topic Names are not kept, so that an idle connection holds little memory; nor does the decoder keep them. */
    private static final int KEPT_TOPIC_CHARACTERS_MAX = 512;

    private final SessionSettings settings;
    private Permissions permissions;
    private String acceptedTopic = "";

    PublishChecks(SessionSettings settings, Permissions permissions) {
        this.settings = settings;
        this.permissions = permissions;
    }

    void permit(Permissions granted) {
        permissions = granted;
    }

    /**
     * Why a PUBLISH is refused, or null. The decoder and the aliases keep their strings, so that a client that stays with a topic has it
     * looked at once.
     *
     * @param topic its Topic Name, or that of its alias
     */
    @SuppressWarnings("ReferenceEquality") // the same string object needs no second look
    @Nullable
    ReasonCode refusal(Publish packet, String topic) {
        if (topic != acceptedTopic) {
            ReasonCode refusal = refusal(topic, settings);
            if (refusal != null) {
                return refusal;
            }
            acceptedTopic = topic.length() <= KEPT_TOPIC_CHARACTERS_MAX ? topic : "";
        }
        if (!permissions.mayPublish(topic, packet.qos(), packet.retain())) {
            return ReasonCode.NOT_AUTHORIZED;
        }
        return refusal(packet.properties(), packet.payload(), settings);
    }

    /** Why a Will is refused, or null. */
    static @Nullable ReasonCode refusal(Connect.Will will, SessionSettings settings) {
        ReasonCode refusal = TopicFilters.isValidName(will.topic())
                ? refusal(will.topic(), settings)
                : ReasonCode.TOPIC_NAME_INVALID;
        return refusal != null ? refusal : refusal(will.properties(), will.payload(), settings);
    }

    private static @Nullable ReasonCode refusal(String topic, SessionSettings settings) {
        if (TopicFilters.levels(topic) > settings.topicLevelsMax()
                || TextLength.exceeds(topic, settings.topicBytesMax())) {
            return ReasonCode.TOPIC_NAME_INVALID;
        }
        // The broker's own; other names with a dollar sign are in use among clients of other brokers [MQTT 5.0, 4.7.2].
        boolean reserved = topic.startsWith("$SYS/") || topic.equals("$SYS") || TopicFilters.isShared(topic);
        return reserved ? ReasonCode.NOT_AUTHORIZED : null;
    }

    private static @Nullable ReasonCode refusal(Properties properties, byte[] payload, SessionSettings settings) {
        boolean checked = settings.payloadFormatChecked()
                && !properties.isEmpty()
                && properties.number(Property.PAYLOAD_FORMAT_INDICATOR, 0) == 1;
        return checked && !Utf8.isWellFormed(payload) ? ReasonCode.PAYLOAD_FORMAT_INVALID : null;
    }
}
