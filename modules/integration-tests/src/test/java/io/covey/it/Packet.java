package io.covey.it;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * A packet that the server sent, taken apart.
 *
 * @param id the Packet Identifier, 0 where there is none
 * @param codes Reason Codes, Return Codes; one unless it is a SUBACK or UNSUBACK
 * @param raw all of its bytes
 */
record Packet(
        int type,
        int flags,
        int id,
        List<Integer> codes,
        boolean sessionPresent,
        List<Property> properties,
        String topic,
        byte[] payload,
        byte[] raw) {
    static final int CONNACK = 2;
    static final int PUBLISH = 3;
    static final int PUBACK = 4;
    static final int PUBREC = 5;
    static final int PUBREL = 6;
    static final int PUBCOMP = 7;
    static final int SUBACK = 9;
    static final int UNSUBACK = 11;
    static final int PINGRESP = 13;
    static final int DISCONNECT = 14;
    static final int AUTH = 15;

    private static final List<String> NAMES = List.of(
            "0",
            "CONNECT",
            "CONNACK",
            "PUBLISH",
            "PUBACK",
            "PUBREC",
            "PUBREL",
            "PUBCOMP",
            "SUBSCRIBE",
            "SUBACK",
            "UNSUBSCRIBE",
            "UNSUBACK",
            "PINGREQ",
            "PINGRESP",
            "DISCONNECT",
            "AUTH");

    /** A property; the value is a Long, a String, the hexadecimal digits of Binary Data, or an entry of two strings. */
    record Property(int id, Object value) {
        static Property user(String name, String value) {
            return new Property(Prop.USER_PROPERTY, Map.entry(name, value));
        }

        @Override
        public String toString() {
            return "0x%02X=%s".formatted(id, value);
        }
    }

    static String name(int type) {
        return NAMES.get(type);
    }

    int code() {
        return codes.isEmpty() ? 0 : codes.get(0);
    }

    int qos() {
        return flags >> 1 & 3;
    }

    boolean dup() {
        return (flags & 8) != 0;
    }

    boolean retain() {
        return (flags & 1) != 0;
    }

    String text() {
        return new String(payload, StandardCharsets.UTF_8);
    }

    /** The values of a property, in order. */
    List<Object> all(int property) {
        return properties.stream()
                .filter(each -> each.id() == property)
                .map(Property::value)
                .toList();
    }

    boolean has(int property) {
        return !all(property).isEmpty();
    }

    long number(int property, long whenAbsent) {
        List<Object> values = all(property);
        return values.isEmpty() ? whenAbsent : (Long) values.get(0);
    }

    @Override
    public String toString() {
        String hex = HexFormat.of().formatHex(raw, 0, Math.min(raw.length, 64));
        StringBuilder text = new StringBuilder(name(type) + "[");
        if (type == PUBLISH) {
            text.append(
                    "topic=%s qos=%d dup=%s retain=%s payload=%s".formatted(topic, qos(), dup(), retain(), excerpt()));
        }
        text.append(" id=").append(id).append(" codes=");
        codes.forEach(code -> text.append("%02X ".formatted(code)));
        return text.append(properties).append("] ").append(hex).toString();
    }

    private String excerpt() {
        return payload.length > 40 ? payload.length + " bytes" : text();
    }
}
