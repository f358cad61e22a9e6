package io.covey.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Table 2-4 of MQTT 5.0, written down once more: every property in every packet, once and twice. */
class PropertyMatrixTest {
    /** The packets that a property may stand in; in lower case what only a server sends. */
    private static final Map<String, Set<String>> PACKETS_BY_PROPERTY = Map.ofEntries(
            Map.entry("01 01", Set.of("PUBLISH", "publish", "WILL")),
            Map.entry("02 00000001", Set.of("PUBLISH", "publish", "WILL")),
            Map.entry("03 `c`", Set.of("PUBLISH", "publish", "WILL")),
            Map.entry("08 `r`", Set.of("PUBLISH", "publish", "WILL")),
            Map.entry("09 0000", Set.of("PUBLISH", "publish", "WILL")),
            Map.entry("0b 01", Set.of("publish", "SUBSCRIBE")),
            Map.entry("11 00000001", Set.of("CONNECT", "connack", "DISCONNECT")),
            Map.entry("12 `i`", Set.of("connack")),
            Map.entry("13 0001", Set.of("connack")),
            Map.entry("15 `m`", Set.of("CONNECT", "connack", "AUTH", "auth")),
            Map.entry("16 0001 00", Set.of("CONNECT", "connack", "AUTH", "auth")),
            Map.entry("17 00", Set.of("CONNECT")),
            Map.entry("18 00000001", Set.of("WILL")),
            Map.entry("19 01", Set.of("CONNECT")),
            Map.entry("1a `i`", Set.of("connack")),
            Map.entry("1c `s`", Set.of("connack", "disconnect")),
            Map.entry(
                    "1f `r`",
                    Set.of(
                            "connack",
                            "PUBACK",
                            "puback",
                            "PUBREC",
                            "pubrec",
                            "PUBREL",
                            "pubrel",
                            "PUBCOMP",
                            "pubcomp",
                            "suback",
                            "unsuback",
                            "DISCONNECT",
                            "disconnect",
                            "AUTH",
                            "auth")),
            Map.entry("21 0001", Set.of("CONNECT", "connack")),
            Map.entry("22 0001", Set.of("CONNECT", "connack")),
            Map.entry("23 0001", Set.of("PUBLISH", "publish")),
            Map.entry("24 00", Set.of("connack")),
            Map.entry("25 00", Set.of("connack")),
            Map.entry("26 `k` `v`", Set.copyOf(templates().keySet())),
            Map.entry("27 00000001", Set.of("CONNECT", "connack")),
            Map.entry("28 00", Set.of("connack")),
            Map.entry("29 00", Set.of("connack")),
            Map.entry("2a 00", Set.of("connack")));

    /** Packets with a place for properties. */
    private static Map<String, String> templates() {
        return Map.ofEntries(
                Map.entry("CONNECT", "10 ~ `MQTT` 05 02 003c {%s} `c`"),
                Map.entry("WILL", "10 ~ `MQTT` 05 06 003c {} `c` {%s} `w` 0000"),
                Map.entry("connack", "20 ~ 00 00 {%s}"),
                Map.entry("PUBLISH", "30 ~ `t` {%s} 'x'"),
                Map.entry("publish", "30 ~ `t` {%s} 'x'"),
                Map.entry("PUBACK", "40 ~ 0001 00 {%s}"),
                Map.entry("puback", "40 ~ 0001 00 {%s}"),
                Map.entry("PUBREC", "50 ~ 0001 00 {%s}"),
                Map.entry("pubrec", "50 ~ 0001 00 {%s}"),
                Map.entry("PUBREL", "62 ~ 0001 00 {%s}"),
                Map.entry("pubrel", "62 ~ 0001 00 {%s}"),
                Map.entry("PUBCOMP", "70 ~ 0001 00 {%s}"),
                Map.entry("pubcomp", "70 ~ 0001 00 {%s}"),
                Map.entry("SUBSCRIBE", "82 ~ 0001 {%s} `a` 00"),
                Map.entry("suback", "90 ~ 0001 {%s} 00"),
                Map.entry("UNSUBSCRIBE", "a2 ~ 0001 {%s} `a`"),
                Map.entry("unsuback", "b0 ~ 0001 {%s} 00"),
                Map.entry("DISCONNECT", "e0 ~ 00 {%s}"),
                Map.entry("disconnect", "e0 ~ 00 {%s}"),
                Map.entry("AUTH", "f0 ~ 18 {%s}"),
                Map.entry("auth", "f0 ~ 18 {%s}"));
    }

    static List<String> packets() {
        return templates().keySet().stream().sorted().toList();
    }

    private static ControlPacket decode(String packet, String properties) {
        byte[] bytes = PacketCase.bytes(String.format(templates().get(packet), properties));
        boolean fromClient = Character.isUpperCase(packet.charAt(0));
        if (!fromClient) {
            return new ServerPacketDecoder(ProtocolVersion.V5, 1_000).decode(ByteBuffer.wrap(bytes));
        }
        boolean connect = packet.equals("CONNECT") || packet.equals("WILL");
        return PacketCase.clientDecoder(connect ? null : ProtocolVersion.V5).decode(ByteBuffer.wrap(bytes));
    }

    private static ProtocolViolation violation(String packet, String properties) {
        return catchThrowableOfType(ProtocolViolation.class, () -> decode(packet, properties));
    }

    /** AUTH always has a method, and so has a packet with Authentication Data. */
    private static String withMethod(String packet, String property) {
        boolean needed = packet.equalsIgnoreCase("AUTH") || property.startsWith("16");
        return needed && !property.startsWith("15") ? "15 `m` " + property : property;
    }

    @Test
    void theTableKnowsEveryProperty() {
        assertThat(PACKETS_BY_PROPERTY).hasSize(Property.values().length);
        for (String property : PACKETS_BY_PROPERTY.keySet()) {
            assertThat(Property.of(Integer.parseInt(property.substring(0, 2), 16)))
                    .isNotNull();
        }
    }

    @ParameterizedTest
    @MethodSource("packets")
    void propertiesAreTakenWhereTheyBelong(String packet) {
        PACKETS_BY_PROPERTY.forEach((property, packets) -> {
            if (packets.contains(packet)) {
                assertThat(decode(packet, withMethod(packet, property)))
                        .as(property)
                        .isNotNull();
            }
        });
    }

    @ParameterizedTest
    @MethodSource("packets")
    void propertiesAreRefusedWhereTheyDoNotBelong(String packet) {
        List<String> oneSided = new ArrayList<>();
        PACKETS_BY_PROPERTY.forEach((property, packets) -> {
            if (packets.contains(packet)) {
                return;
            }
            ProtocolViolation violation = violation(packet, property);
            assertThat(violation).as(property).isNotNull();
            if (violation.reason() == ReasonCode.PROTOCOL_ERROR) {
                oneSided.add(property);
            } else {
                assertThat(violation.reason()).as(property).isEqualTo(ReasonCode.MALFORMED_PACKET);
                assertThat(violation.clause()).as(property).isEqualTo("2.2.2.2");
            }
        });
        // These belong to the packet type, but only the other side may send them.
        switch (packet) {
            case "PUBLISH" -> assertThat(oneSided).containsExactly("0b 01"); // [MQTT-3.3.4-6]
            case "DISCONNECT" -> assertThat(oneSided).containsExactly("1c `s`");
            case "disconnect" -> assertThat(oneSided).containsExactly("11 00000001"); // [MQTT-3.14.2-2]
            default -> assertThat(oneSided).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("packets")
    void propertiesStandThereOnce(String packet) {
        PACKETS_BY_PROPERTY.forEach((property, packets) -> {
            if (!packets.contains(packet)) {
                return;
            }
            String twice = withMethod(packet, property) + " " + property;
            if (property.startsWith("26") || packet.equals("publish") && property.startsWith("0b")) {
                assertThat(decode(packet, twice)).as(property).isNotNull();
            } else {
                ProtocolViolation violation = violation(packet, twice);
                assertThat(violation).as(property).isNotNull();
                assertThat(violation.reason()).as(property).isEqualTo(ReasonCode.PROTOCOL_ERROR);
            }
        });
    }

    @ParameterizedTest
    @MethodSource("packets")
    void unknownIdentifiersAreMalformed(String packet) {
        for (int id = 0; id < 128; id++) {
            if (Property.of(id) == null) {
                ProtocolViolation violation = violation(packet, String.format("%02x 00", id));
                assertThat(violation).as("%d", id).isNotNull();
                assertThat(violation.reason()).as("%d", id).isEqualTo(ReasonCode.MALFORMED_PACKET);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("packets")
    void propertiesOfOneByteAreZeroOrOne(String packet) {
        PACKETS_BY_PROPERTY.forEach((property, packets) -> {
            Property known = Property.of(Integer.parseInt(property.substring(0, 2), 16));
            if (packets.contains(packet) && known.type() == Property.Type.BYTE) {
                for (int value = 2; value < 256; value++) {
                    String notation = String.format("%02x %02x", known.id(), value);
                    assertThat(violation(packet, notation).reason()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
                }
            }
        });
    }
}
