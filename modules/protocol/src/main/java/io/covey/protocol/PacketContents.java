package io.covey.protocol;

import static io.covey.protocol.Property.ASSIGNED_CLIENT_IDENTIFIER;
import static io.covey.protocol.Property.AUTHENTICATION_DATA;
import static io.covey.protocol.Property.AUTHENTICATION_METHOD;
import static io.covey.protocol.Property.CONTENT_TYPE;
import static io.covey.protocol.Property.CORRELATION_DATA;
import static io.covey.protocol.Property.MAXIMUM_PACKET_SIZE;
import static io.covey.protocol.Property.MAXIMUM_QOS;
import static io.covey.protocol.Property.MESSAGE_EXPIRY_INTERVAL;
import static io.covey.protocol.Property.PAYLOAD_FORMAT_INDICATOR;
import static io.covey.protocol.Property.REASON_STRING;
import static io.covey.protocol.Property.RECEIVE_MAXIMUM;
import static io.covey.protocol.Property.REQUEST_PROBLEM_INFORMATION;
import static io.covey.protocol.Property.REQUEST_RESPONSE_INFORMATION;
import static io.covey.protocol.Property.RESPONSE_INFORMATION;
import static io.covey.protocol.Property.RESPONSE_TOPIC;
import static io.covey.protocol.Property.RETAIN_AVAILABLE;
import static io.covey.protocol.Property.SERVER_KEEP_ALIVE;
import static io.covey.protocol.Property.SERVER_REFERENCE;
import static io.covey.protocol.Property.SESSION_EXPIRY_INTERVAL;
import static io.covey.protocol.Property.SHARED_SUBSCRIPTION_AVAILABLE;
import static io.covey.protocol.Property.SUBSCRIPTION_IDENTIFIER;
import static io.covey.protocol.Property.SUBSCRIPTION_IDENTIFIER_AVAILABLE;
import static io.covey.protocol.Property.TOPIC_ALIAS;
import static io.covey.protocol.Property.TOPIC_ALIAS_MAXIMUM;
import static io.covey.protocol.Property.USER_PROPERTY;
import static io.covey.protocol.Property.WILDCARD_SUBSCRIPTION_AVAILABLE;
import static io.covey.protocol.Property.WILL_DELAY_INTERVAL;

/**
 * Which properties and reason codes may stand in which packet of MQTT 5.0 [2.2.2.2, and the tables of chapter 3]; by sender where the
 * specification lets only one side use them. The Will Properties count as a packet of their own.
 */
enum PacketContents {
    CONNECT(
            "3.1.2.11",
            properties(
                    SESSION_EXPIRY_INTERVAL,
                    RECEIVE_MAXIMUM,
                    MAXIMUM_PACKET_SIZE,
                    TOPIC_ALIAS_MAXIMUM,
                    REQUEST_RESPONSE_INFORMATION,
                    REQUEST_PROBLEM_INFORMATION,
                    USER_PROPERTY,
                    AUTHENTICATION_METHOD,
                    AUTHENTICATION_DATA)),
    WILL(
            "3.1.3.2",
            properties(
                    WILL_DELAY_INTERVAL,
                    PAYLOAD_FORMAT_INDICATOR,
                    MESSAGE_EXPIRY_INTERVAL,
                    CONTENT_TYPE,
                    RESPONSE_TOPIC,
                    CORRELATION_DATA,
                    USER_PROPERTY)),
    CONNACK(
            "3.2.2.3",
            properties(
                    SESSION_EXPIRY_INTERVAL,
                    RECEIVE_MAXIMUM,
                    MAXIMUM_QOS,
                    RETAIN_AVAILABLE,
                    MAXIMUM_PACKET_SIZE,
                    ASSIGNED_CLIENT_IDENTIFIER,
                    TOPIC_ALIAS_MAXIMUM,
                    REASON_STRING,
                    USER_PROPERTY,
                    WILDCARD_SUBSCRIPTION_AVAILABLE,
                    SUBSCRIPTION_IDENTIFIER_AVAILABLE,
                    SHARED_SUBSCRIPTION_AVAILABLE,
                    SERVER_KEEP_ALIVE,
                    RESPONSE_INFORMATION,
                    SERVER_REFERENCE,
                    AUTHENTICATION_METHOD,
                    AUTHENTICATION_DATA),
            "MQTT-3.2.2-8",
            new int[] {
                0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8C, 0x90, 0x95, 0x97, 0x99,
                0x9A, 0x9B, 0x9C, 0x9D, 0x9F
            }),
    PUBLISH_FROM_CLIENT("3.3.2.3", publish()),
    PUBLISH_FROM_SERVER("3.3.2.3", publish()),
    // "No matching subscribers" is the server's to say.
    PUBACK_FROM_CLIENT(
            "3.4.2.2", comment(), "MQTT-3.4.2-1", new int[] {0x00, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99}),
    PUBACK_FROM_SERVER(
            "3.4.2.2", comment(), "MQTT-3.4.2-1", new int[] {0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99}),
    PUBREC_FROM_CLIENT(
            "3.5.2.2", comment(), "MQTT-3.5.2-1", new int[] {0x00, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99}),
    PUBREC_FROM_SERVER(
            "3.5.2.2", comment(), "MQTT-3.5.2-1", new int[] {0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99}),
    PUBREL("3.6.2.2", comment(), "MQTT-3.6.2-1", new int[] {0x00, 0x92}),
    PUBCOMP("3.7.2.2", comment(), "MQTT-3.7.2-1", new int[] {0x00, 0x92}),
    SUBSCRIBE("3.8.2.1", properties(SUBSCRIPTION_IDENTIFIER, USER_PROPERTY)),
    SUBACK("3.9.2.1", comment(), "MQTT-3.9.3-2", new int[] {
        0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2
    }),
    UNSUBSCRIBE("3.10.2.1", properties(USER_PROPERTY)),
    UNSUBACK("3.11.2.1", comment(), "MQTT-3.11.3-2", new int[] {0x00, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91}),
    DISCONNECT_FROM_CLIENT(
            "3.14.2.2",
            properties(SESSION_EXPIRY_INTERVAL, REASON_STRING, USER_PROPERTY, SERVER_REFERENCE),
            "MQTT-3.14.2-1",
            new int[] {0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99}),
    // 0x8C stands in the list of all codes (2.4) though not in that of DISCONNECT.
    DISCONNECT_FROM_SERVER(
            "3.14.2.2",
            properties(SESSION_EXPIRY_INTERVAL, REASON_STRING, USER_PROPERTY, SERVER_REFERENCE),
            "MQTT-3.14.2-1",
            new int[] {
                0x00, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8B, 0x8C, 0x8D, 0x8E, 0x8F, 0x90, 0x93, 0x94, 0x95, 0x96,
                0x97, 0x98, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F, 0xA0, 0xA1, 0xA2
            }),
    AUTH_FROM_CLIENT("3.15.2.2", authentication(), "MQTT-3.15.2-1", new int[] {0x18, 0x19}),
    AUTH_FROM_SERVER("3.15.2.2", authentication(), "MQTT-3.15.2-1", new int[] {0x00, 0x18});

    private final String section;
    private final long properties;
    private final String reasonClause;
    private final long successes; // reason codes below 0x40, a bit each
    private final long errors; // reason codes from 0x80 to 0xBF, a bit each

    PacketContents(String section, long properties) {
        this(section, properties, section, new int[0]);
    }

    PacketContents(String section, long properties, String reasonClause, int[] reasons) {
        this.section = section;
        this.properties = properties;
        this.reasonClause = reasonClause;
        long low = 0;
        long high = 0;
        for (int reason : reasons) {
            low |= reason < 0x80 ? 1L << reason : 0;
            high |= reason < 0x80 ? 0 : 1L << (reason - 0x80);
        }
        this.successes = low;
        this.errors = high;
    }

    /** The section that describes the properties, for violations without a numbered statement. */
    String section() {
        return section;
    }

    /** Whether the property belongs to this packet [MQTT 5.0, table 2-4]. */
    boolean allows(Property property) {
        return (properties >>> property.id() & 1) != 0;
    }

    /**
     * The reason code with this number.
     *
     * @throws ProtocolViolation if the specification has none, or none for this packet and sender
     */
    ReasonCode reason(int value) {
        ReasonCode reason = ReasonCode.of(value);
        if (reason == null || !allows(reason)) {
            throw ProtocolViolation.protocolError(reasonClause, "a reason code that may not stand in this packet");
        }
        return reason;
    }

    private boolean allows(ReasonCode reason) {
        int value = reason.value();
        return ((reason.isError() ? errors >>> (value - 0x80) : successes >>> value) & 1) != 0;
    }

    /** Identifiers go up to 0x2A, so a list of properties is a set of bits. */
    private static long properties(Property... list) {
        long set = 0;
        for (Property property : list) {
            set |= 1L << property.id();
        }
        return set;
    }

    /** A Subscription Identifier belongs to the packet type, though a client may not send it. */
    private static long publish() {
        return properties(
                PAYLOAD_FORMAT_INDICATOR,
                MESSAGE_EXPIRY_INTERVAL,
                TOPIC_ALIAS,
                RESPONSE_TOPIC,
                CORRELATION_DATA,
                USER_PROPERTY,
                SUBSCRIPTION_IDENTIFIER,
                CONTENT_TYPE);
    }

    private static long comment() {
        return properties(REASON_STRING, USER_PROPERTY);
    }

    private static long authentication() {
        return properties(AUTHENTICATION_METHOD, AUTHENTICATION_DATA, REASON_STRING, USER_PROPERTY);
    }
}
