package io.covey.protocol;

/** Reads and checks a property list from a peer [MQTT 5.0, 2.2.2]. */
final class PropertyReader {
    private PropertyReader() {}

    /**
     * Takes Property Length and the properties.
     *
     * @param contents what may stand in this packet
     */
    static Properties read(PacketReader in, PacketContents contents) {
        int length = in.varInt();
        if (length == 0) {
            return Properties.EMPTY;
        }
        int outer = in.enter(length);
        Properties.Builder builder = Properties.builder();
        long seen = 0; // identifiers go up to 0x2A
        int userProperties = 0;
        while (in.hasRemaining()) {
            Property property = Property.of(in.varInt());
            if (property == null || !contents.allows(property)) {
                throw ProtocolViolation.malformed("2.2.2.2", "a property that may not stand in this packet");
            }
            checkSender(property, contents);
            long bit = 1L << property.id();
            if ((seen & bit) != 0 && !mayRepeat(property, contents)) {
                throw ProtocolViolation.protocolError(contents.section(), "a property twice");
            }
            seen |= bit;
            if (property == Property.USER_PROPERTY && ++userProperties > in.userPropertiesMax()) {
                throw new ProtocolViolation(ReasonCode.QUOTA_EXCEEDED, contents.section(), "too many User Properties");
            }
            readValue(property, in, contents, builder);
        }
        in.leave(outer);
        checkAuthentication(seen, contents);
        return builder.build();
    }

    private static boolean mayRepeat(Property property, PacketContents contents) {
        return property == Property.USER_PROPERTY
                || property == Property.SUBSCRIPTION_IDENTIFIER && contents == PacketContents.PUBLISH_FROM_SERVER;
    }

    /** Properties that belong to the packet type but may be sent in one direction only. */
    private static void checkSender(Property property, PacketContents contents) {
        if (contents == PacketContents.PUBLISH_FROM_CLIENT && property == Property.SUBSCRIPTION_IDENTIFIER) {
            // [MQTT-3.3.4-6]
            throw ProtocolViolation.protocolError("MQTT-3.3.4-6", "Subscription Identifier in a client's PUBLISH");
        }
        if (contents == PacketContents.DISCONNECT_FROM_CLIENT && property == Property.SERVER_REFERENCE) {
            throw ProtocolViolation.protocolError("3.14.2.2.5", "Server Reference from a client");
        }
        if (contents == PacketContents.DISCONNECT_FROM_SERVER && property == Property.SESSION_EXPIRY_INTERVAL) {
            // [MQTT-3.14.2-2]
            throw ProtocolViolation.protocolError("MQTT-3.14.2-2", "Session Expiry Interval in a server's DISCONNECT");
        }
    }

    private static void readValue(
            Property property, PacketReader in, PacketContents contents, Properties.Builder builder) {
        switch (property.type()) {
            case BYTE -> {
                int value = in.u8();
                if (value > 1) { // every property of one byte is a choice between 0 and 1
                    throw ProtocolViolation.protocolError(contents.section(), "a property other than 0 or 1");
                }
                builder.add(property, value);
            }
            case TWO_BYTES -> builder.add(property, checkedNumber(property, in.u16(), contents));
            case FOUR_BYTES -> builder.add(property, checkedNumber(property, in.u32(), contents));
            case VARIABLE -> builder.add(property, checkedNumber(property, in.varInt(), contents));
            case STRING -> builder.add(property, checkedString(property, in.string()));
            case STRING_PAIR -> builder.addUserProperty(in.string(), in.string()); // [MQTT-1.5.7-1]
            case BINARY -> builder.add(property, in.binary());
        }
    }

    private static long checkedNumber(Property property, long value, PacketContents contents) {
        if (value != 0) {
            return value;
        }
        if (property == Property.TOPIC_ALIAS) {
            // [MQTT-3.3.2-8]
            throw new ProtocolViolation(ReasonCode.TOPIC_ALIAS_INVALID, "MQTT-3.3.2-8", "Topic Alias 0");
        }
        if (property == Property.RECEIVE_MAXIMUM
                || property == Property.MAXIMUM_PACKET_SIZE
                || property == Property.SUBSCRIPTION_IDENTIFIER) {
            throw ProtocolViolation.protocolError(contents.section(), "a property that must not be 0");
        }
        return value;
    }

    private static String checkedString(Property property, String value) {
        if (property == Property.RESPONSE_TOPIC) {
            if (TopicFilters.hasWildcard(value)) { // [MQTT-3.3.2-14]
                throw ProtocolViolation.protocolError("MQTT-3.3.2-14", "a Response Topic with wildcards");
            }
            checkTopicName(value, "MQTT-3.3.2-2");
        }
        return value;
    }

    /** A Topic Name that is malformed; one that the server does not like would be 0x90. */
    static void checkTopicName(String name, String wildcardClause) {
        if (name.isEmpty()) {
            throw ProtocolViolation.malformed("MQTT-4.7.3-1", "an empty Topic Name"); // [MQTT-4.7.3-1]
        }
        if (TopicFilters.hasWildcard(name)) {
            throw ProtocolViolation.malformed(wildcardClause, "a Topic Name with wildcards");
        }
    }

    private static void checkAuthentication(long seen, PacketContents contents) {
        boolean method = (seen >>> Property.AUTHENTICATION_METHOD.id() & 1) != 0;
        boolean data = (seen >>> Property.AUTHENTICATION_DATA.id() & 1) != 0;
        if (data && !method) {
            throw ProtocolViolation.protocolError(contents.section(), "Authentication Data without a method");
        }
    }
}
