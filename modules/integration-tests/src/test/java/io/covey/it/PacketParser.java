package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.it.Packet.Property;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Takes a packet of the server apart, and fails on whatever the standard does not allow a server to send. */
final class PacketParser {
    private static final Map<Integer, Set<Integer>> CODES_V5 = Map.of(
            Packet.CONNACK,
            codes("00 80 81 82 83 84 85 86 87 88 89 8A 8C 90 95 97 99 9A 9B 9C 9D 9F"),
            Packet.PUBACK,
            codes("00 10 80 83 87 90 91 97 99"),
            Packet.PUBREC,
            codes("00 10 80 83 87 90 91 97 99"),
            Packet.PUBREL,
            codes("00 92"),
            Packet.PUBCOMP,
            codes("00 92"),
            Packet.SUBACK,
            codes("00 01 02 80 83 87 8F 91 97 9E A1 A2"),
            Packet.UNSUBACK,
            codes("00 11 80 83 87 8F 91"),
            Packet.DISCONNECT,
            codes("00 80 81 82 83 87 89 8B 8D 8E 8F 90 93 94 95 96 97 98 99 9A 9B 9C 9D 9E 9F A0 A1 A2"),
            Packet.AUTH,
            codes("00 18"));
    private static final Set<Integer> REASONS = codes("1F 26");
    private static final Map<Integer, Set<Integer>> PROPERTIES = Map.of(
            Packet.CONNACK,
            codes("11 12 13 15 16 1A 1C 1F 21 22 24 25 26 27 28 29 2A"),
            Packet.PUBLISH,
            codes("01 02 03 08 09 0B 23 26"),
            Packet.PUBACK,
            REASONS,
            Packet.PUBREC,
            REASONS,
            Packet.PUBREL,
            REASONS,
            Packet.PUBCOMP,
            REASONS,
            Packet.SUBACK,
            REASONS,
            Packet.UNSUBACK,
            REASONS,
            Packet.DISCONNECT,
            codes("1C 1F 26"),
            Packet.AUTH,
            codes("15 16 1F 26"));

    private final Mqtt mqtt;
    private final int type;
    private final int flags;
    private final byte[] raw;
    private final ByteBuffer body;
    private int id;
    private List<Integer> codes = List.of();
    private boolean sessionPresent;
    private List<Property> properties = List.of();
    private String topic = "";

    private PacketParser(Mqtt mqtt, byte[] raw, int headerBytes) {
        this.mqtt = mqtt;
        this.type = raw[0] >> 4 & 15;
        this.flags = raw[0] & 15;
        this.raw = raw;
        this.body = ByteBuffer.wrap(raw, headerBytes, raw.length - headerBytes);
    }

    static Packet parse(Mqtt mqtt, byte[] raw, int headerBytes) {
        return new PacketParser(mqtt, raw, headerBytes).parse();
    }

    private static Set<Integer> codes(String list) {
        Set<Integer> codes = new TreeSet<>();
        for (String code : list.split(" ")) {
            codes.add(Integer.parseInt(code, 16));
        }
        return codes;
    }

    private Packet parse() {
        String hex = HexFormat.of().formatHex(raw, 0, Math.min(64, raw.length));
        if (type != Packet.PUBLISH) {
            assertThat(flags).as("flags of " + hex).isEqualTo(type == Packet.PUBREL ? 2 : 0);
        }
        byte[] payload = {};
        switch (type) {
            case Packet.CONNACK -> connack();
            case Packet.PUBLISH -> {
                publish();
                payload = new byte[body.remaining()];
                body.get(payload);
            }
            case Packet.PUBACK, Packet.PUBREC, Packet.PUBREL, Packet.PUBCOMP -> acknowledgement();
            case Packet.SUBACK, Packet.UNSUBACK -> subscriptionAnswer();
            case Packet.PINGRESP -> {}
            case Packet.DISCONNECT, Packet.AUTH -> {
                assertThat(mqtt.is5()).as("only MQTT 5 servers send " + hex).isTrue();
                codeAndProperties();
            }
            default -> throw new AssertionError("a server must not send " + hex);
        }
        assertThat(body.remaining()).as("surplus bytes in " + hex).isZero();
        if (mqtt.is5() && CODES_V5.containsKey(type)) {
            assertThat(CODES_V5.get(type)).as("Reason Codes of " + hex).containsAll(codes);
        }
        return new Packet(type, flags, id, codes, sessionPresent, properties, topic, payload, raw);
    }

    private void connack() {
        int acknowledgeFlags = u8();
        assertThat(acknowledgeFlags).as("Connect Acknowledge Flags").isLessThanOrEqualTo(1);
        sessionPresent = acknowledgeFlags == 1;
        codes = List.of(u8());
        if (mqtt.is5()) {
            properties();
        } else {
            assertThat(codes.get(0)).as("Return Code").isLessThanOrEqualTo(5);
        }
        if (codes.get(0) != 0) {
            assertThat(sessionPresent).as("Session Present of a refusal").isFalse();
        }
    }

    private void publish() {
        assertThat(flags >> 1 & 3).as("QoS").isLessThanOrEqualTo(2);
        topic = text();
        assertThat(topic).as("Topic Name").doesNotContain("#", "+");
        if ((flags & 6) == 0) {
            assertThat(flags & 8).as("DUP at QoS 0").isZero();
        } else {
            packetId();
        }
        if (mqtt.is5()) {
            properties();
        }
        boolean aliased = properties.stream().anyMatch(property -> property.id() == Prop.TOPIC_ALIAS);
        assertThat(topic.isEmpty()).as("empty Topic Name without an alias").isIn(aliased, false);
    }

    private void acknowledgement() {
        packetId();
        codes = List.of(0);
        if (mqtt.is5() && body.hasRemaining()) {
            codeAndProperties();
        }
    }

    private void subscriptionAnswer() {
        packetId();
        if (mqtt.is5()) {
            properties();
        }
        List<Integer> answers = new ArrayList<>();
        while (body.hasRemaining()) {
            answers.add(u8());
        }
        codes = List.copyOf(answers);
        if (type == Packet.SUBACK && !mqtt.is5()) {
            assertThat(codes).as("Return Codes").isSubsetOf(0, 1, 2, 0x80);
        }
        assertThat(codes.isEmpty()).as("an answer without codes").isEqualTo(type == Packet.UNSUBACK && !mqtt.is5());
    }

    /** Both may be left out at the end. */
    private void codeAndProperties() {
        codes = List.of(body.hasRemaining() ? u8() : 0);
        if (body.hasRemaining()) {
            properties();
        }
    }

    private void packetId() {
        id = body.getShort() & 0xFFFF;
        assertThat(id).as("Packet Identifier").isPositive();
    }

    private int u8() {
        return body.get() & 0xFF;
    }

    private long u32() {
        return body.getInt() & 0xFFFFFFFFL;
    }

    private byte[] data() {
        byte[] bytes = new byte[body.getShort() & 0xFFFF];
        body.get(bytes);
        return bytes;
    }

    private String text() {
        byte[] bytes = data();
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            assertThat(text).as("a UTF-8 Encoded String").doesNotContain("\0");
            return text;
        } catch (CharacterCodingException e) {
            throw new AssertionError("ill-formed UTF-8: " + HexFormat.of().formatHex(bytes), e);
        }
    }

    private int varint() {
        int value = 0;
        for (int shift = 0; shift < 28; shift += 7) {
            int next = u8();
            value |= (next & 0x7F) << shift;
            if (next < 0x80) {
                assertThat(shift > 0 && next == 0)
                        .as("a Variable Byte Integer that is too long")
                        .isFalse();
                return value;
            }
        }
        throw new AssertionError("a Variable Byte Integer of five bytes");
    }

    private void properties() {
        int length = varint();
        int end = body.position() + length;
        assertThat(end).as("end of the properties").isLessThanOrEqualTo(body.limit());
        List<Property> found = new ArrayList<>();
        Set<Integer> seen = new TreeSet<>();
        while (body.position() < end) {
            int property = varint();
            assertThat(PROPERTIES.get(type))
                    .as("properties of " + Packet.name(type))
                    .contains(property);
            boolean repeatable = property == Prop.USER_PROPERTY || property == Prop.SUBSCRIPTION_ID;
            assertThat(seen.add(property) || repeatable)
                    .as("once only: property " + property)
                    .isTrue();
            found.add(new Property(property, value(property)));
        }
        assertThat(body.position()).as("end of the properties").isEqualTo(end);
        properties = List.copyOf(found);
    }

    private Object value(int property) {
        return switch (property) {
            case Prop.PAYLOAD_FORMAT,
                    Prop.MAXIMUM_QOS,
                    Prop.RETAIN_AVAILABLE,
                    Prop.WILDCARD_AVAILABLE,
                    Prop.SUBSCRIPTION_IDS_AVAILABLE,
                    Prop.SHARED_AVAILABLE -> {
                long flag = u8();
                assertThat(flag).as("value of property " + property).isLessThanOrEqualTo(1);
                yield flag;
            }
            case Prop.SERVER_KEEP_ALIVE, Prop.TOPIC_ALIAS_MAXIMUM -> (long) (body.getShort() & 0xFFFF);
            case Prop.RECEIVE_MAXIMUM, Prop.TOPIC_ALIAS -> notZero(body.getShort() & 0xFFFF);
            case Prop.MESSAGE_EXPIRY, Prop.SESSION_EXPIRY -> u32();
            case Prop.MAXIMUM_PACKET_SIZE -> notZero(u32());
            case Prop.SUBSCRIPTION_ID -> notZero(varint());
            case Prop.CORRELATION_DATA, Prop.AUTH_DATA -> HexFormat.of().formatHex(data());
            case Prop.USER_PROPERTY -> Map.entry(text(), text());
            default -> text();
        };
    }

    private static long notZero(long value) {
        assertThat(value).as("a value that must not be 0").isPositive();
        return value;
    }
}
