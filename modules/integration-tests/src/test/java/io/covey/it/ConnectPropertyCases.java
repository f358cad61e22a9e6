package io.covey.it;

import static io.covey.it.Bytes.hex;
import static io.covey.it.Bytes.join;
import static io.covey.it.Bytes.of;
import static io.covey.it.Bytes.packet;
import static io.covey.it.Bytes.text;
import static io.covey.it.Bytes.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The properties of CONNECT, of the will and of CONNACK. */
final class ConnectPropertyCases {
    private static final Integer[] WRONG = {0x81, 0x82};
    private static final Set<Integer> OF_CONNECT = Set.of(
            Prop.SESSION_EXPIRY,
            Prop.RECEIVE_MAXIMUM,
            Prop.MAXIMUM_PACKET_SIZE,
            Prop.TOPIC_ALIAS_MAXIMUM,
            Prop.REQUEST_RESPONSE,
            Prop.REQUEST_PROBLEM,
            Prop.USER_PROPERTY,
            Prop.AUTH_METHOD,
            Prop.AUTH_DATA);
    private static final Set<Integer> OF_WILL = Set.of(
            Prop.WILL_DELAY,
            Prop.PAYLOAD_FORMAT,
            Prop.MESSAGE_EXPIRY,
            Prop.CONTENT_TYPE,
            Prop.RESPONSE_TOPIC,
            Prop.CORRELATION_DATA,
            Prop.USER_PROPERTY);

    private final Cases cases;

    private ConnectPropertyCases(Cases cases) {
        this.cases = cases;
    }

    static void fill(Cases cases) {
        ConnectPropertyCases table = new ConnectPropertyCases(cases);
        table.oneByOne();
        table.values();
        table.sections();
        table.connack();
    }

    private void refused(String clause, String question, byte[] property, Integer... codes) {
        cases.v5(clause, "CONNECT is refused: " + question, probe -> probe.send(
                        probe.connect("c").with(property))
                .connectRefused(codes.length == 0 ? WRONG : codes));
    }

    private void willRefused(String clause, String question, byte[] property, Integer... codes) {
        cases.v5(clause, "CONNECT is refused: " + question + " in the will", probe -> probe.send(
                        probe.connect("c").will(probe.topic("w"), "x", 0, false, property))
                .connectRefused(codes.length == 0 ? WRONG : codes));
    }

    private void oneByOne() {
        Prop.examples().forEach((id, example) -> {
            String name = "property 0x%02X".formatted(id);
            boolean repeatable = id == Prop.USER_PROPERTY;
            boolean authentication = id == Prop.AUTH_METHOD || id == Prop.AUTH_DATA;
            if (!OF_CONNECT.contains(id)) {
                refused("2.2.2.2", name + " belongs elsewhere", example, WRONG);
            } else if (!repeatable) {
                byte[] once = id == Prop.AUTH_DATA ? join(Prop.authMethod("m"), example) : example;
                refused("3.1.2.11", name + " twice", join(once, example), WRONG);
            }
            if (OF_CONNECT.contains(id) && !authentication) {
                cases.v5("3.1.2.11", "CONNECT is accepted: " + name, probe -> probe.accepted(
                                probe.connect("c").with(example, repeatable ? example : of()))
                        .quiet());
            }
            if (!OF_WILL.contains(id)) {
                willRefused("2.2.2.2", name + " belongs elsewhere", example, WRONG);
            } else {
                cases.v5("3.1.3.2", "CONNECT is accepted: " + name + " in the will", probe -> probe.accepted(
                                probe.connect("c").will(probe.topic("w"), "x", 0, false, example))
                        .quiet());
                if (!repeatable) {
                    willRefused("3.1.3.2", name + " twice", join(example, example), WRONG);
                }
            }
        });
        for (int id : new int[] {0x00, 0x04, 0x05, 0x0A, 0x10, 0x14, 0x20, 0x2B, 0x7F}) {
            refused("2.2.2.2", "unknown property 0x%02X".formatted(id), of(id, 0), WRONG);
            willRefused("2.2.2.2", "unknown property 0x%02X".formatted(id), of(id, 0), WRONG);
        }
        refused("2.2.2.2", "unknown property of two bytes", of(0x80, 0x01, 0), WRONG);
        refused("1.5.5-1", "identifier in more bytes than it needs", hex("91 00 00 00 00 00"), WRONG);
    }

    private void values() {
        refused("3.1.2.11.3", "Receive Maximum 0", Prop.receiveMaximum(0), WRONG);
        refused("3.1.2.11.4", "Maximum Packet Size 0", Prop.maximumPacketSize(0), WRONG);
        refused("3.1.2.11.6", "Request Response Information 2", Prop.u8(Prop.REQUEST_RESPONSE, 2), WRONG);
        refused("3.1.2.11.7", "Request Problem Information 2", Prop.u8(Prop.REQUEST_PROBLEM, 2), WRONG);
        refused("3.1.2.11.10", "Authentication Data without a method", Prop.authData(1), WRONG);
        willRefused("3.1.3.2.3", "Payload Format Indicator 2", Prop.payloadFormat(2), WRONG);
        willRefused("3.3.2-14", "Response Topic with #", Prop.responseTopic("a/#"), 0x81, 0x82, 0x90);
        willRefused("3.3.2-14", "Response Topic with +", Prop.responseTopic("+/a"), 0x81, 0x82, 0x90);
        ConnectCases.illFormed().forEach((what, bytes) -> {
            byte[] value = Bytes.data(bytes);
            refused("1.5.7-1", what + " in a User Property's name", join(of(Prop.USER_PROPERTY), value, text("v")));
            refused("1.5.7-1", what + " in a User Property's value", join(of(Prop.USER_PROPERTY), text("n"), value));
            willRefused("3.3.2-19", what + " in the Content Type", join(of(Prop.CONTENT_TYPE), value));
            willRefused("3.3.2-13", what + " in the Response Topic", join(of(Prop.RESPONSE_TOPIC), value), 0x81, 0x90);
        });
        cases.v5("3.1.2.11.2", "CONNECT is accepted: Session Expiry Interval 0xFFFFFFFF", probe -> {
            Packet connack = probe.send(probe.connect("c").with(Prop.sessionExpiry(0xFFFFFFFFL)))
                    .next(Packet.CONNACK);
            assertThat(connack.code()).isZero();
            probe.accepted(probe.connect("c").with(Prop.sessionExpiry(0)));
        });
    }

    private void sections() {
        Map<String, byte[]> wrong = new TreeMap<>();
        wrong.put("Property Length beyond the packet", hex("7F"));
        wrong.put("Property Length one too long", join(of(6), Prop.sessionExpiry(1)));
        wrong.put("Property Length ends inside a value", join(of(4), Prop.sessionExpiry(1)));
        wrong.put("Property Length in too many bytes", hex("80 00"));
        wrong.put("Property Length in five bytes", hex("80 80 80 80 00"));
        wrong.put("Property Length that never ends", hex("FF FF FF FF"));
        wrong.put("a property without a value", hex("01 11"));
        wrong.put("half a Four Byte Integer", hex("03 11 00 00"));
        wrong.put("half a Two Byte Integer", hex("02 21 01"));
        wrong.put("a string longer than the properties", hex("04 15 00 09 61"));
        wrong.put("a pair without its second string", hex("04 26 00 01 61"));
        wrong.forEach((what, section) -> {
            cases.v5("2.2.2-1", "CONNECT is refused: " + what, probe -> {
                byte[] head = join(text("MQTT"), of(5, 2, 0, 60));
                probe.open()
                        .send(packet(0x10, head, section, text(probe.id("c"))))
                        .connectRefused(WRONG);
            });
            cases.v5("2.2.2-1", "CONNECT is refused: " + what + " in the will", probe -> {
                byte[] head = join(text("MQTT"), of(5, 6, 0, 60), of(0), text(probe.id("c")));
                probe.open()
                        .send(packet(0x10, head, section, text("w"), text("x")))
                        .connectRefused(WRONG);
            });
        });
        cases.v5("2.2.2-1", "CONNECT is refused: no Property Length", probe -> {
            byte[] head = join(text("MQTT"), of(5, 2, 0, 60));
            probe.open().send(packet(0x10, head)).connectRefused(WRONG);
        });
        cases.v5("3.1.2.11.8", "a hundred User Properties are accepted", probe -> {
            ConnectBytes connect = probe.connect("c");
            for (int i = 0; i < 100; i++) {
                connect.with(Prop.user("name" + i, "value"));
            }
            probe.accepted(connect).quiet();
        });
    }

    private void connack() {
        cases.v5("3.1.2-28", "no Response Information that nobody asked for", probe -> {
            assertThat(probe.send(probe.connect("c")).next(Packet.CONNACK).has(Prop.RESPONSE_INFORMATION))
                    .isFalse();
            ConnectBytes no = probe.connect("d").with(Prop.u8(Prop.REQUEST_RESPONSE, 0));
            assertThat(probe.send(no).next(Packet.CONNACK).has(Prop.RESPONSE_INFORMATION))
                    .isFalse();
        });
        cases.v5("4.12.0-6", "no Authentication Method that nobody asked for", probe -> {
            Packet connack = probe.send(probe.connect("c")).next(Packet.CONNACK);
            assertThat(connack.has(Prop.AUTH_METHOD)).isFalse();
            assertThat(connack.has(Prop.AUTH_DATA)).isFalse();
        });
        cases.v5("3.2.2.3.2", "a Session Expiry Interval is told only where it differs", probe -> {
            Packet connack =
                    probe.send(probe.connect("c").with(Prop.sessionExpiry(77))).next(Packet.CONNACK);
            assertThat(connack.number(Prop.SESSION_EXPIRY, 77)).isEqualTo(77);
            probe.accepted(probe.connect("c"));
        });
        cases.v5("3.2.2-22", "the client's Keep Alive is used where none is told", probe -> {
            Packet connack = probe.send(probe.connect("c").keepAlive(100)).next(Packet.CONNACK);
            assertThat(connack.number(Prop.SERVER_KEEP_ALIVE, 100)).isEqualTo(100);
        });
        cases.v5("3.2.2.3.4", "everything is available: QoS 2, retain, wildcards, identifiers", probe -> {
            Packet connack = probe.send(probe.connect("c")).next(Packet.CONNACK);
            assertThat(connack.has(Prop.MAXIMUM_QOS)).isFalse();
            assertThat(connack.number(Prop.RETAIN_AVAILABLE, 1)).isEqualTo(1);
            assertThat(connack.number(Prop.WILDCARD_AVAILABLE, 1)).isEqualTo(1);
            assertThat(connack.number(Prop.SUBSCRIPTION_IDS_AVAILABLE, 1)).isEqualTo(1);
        });
        for (int bytes : new int[] {1, 4, 5, 6, 10, 16, 20, 30}) {
            cases.v5("3.1.2-24", "no CONNACK is larger than a Maximum Packet Size of " + bytes, probe -> {
                Wire wire = probe.send(probe.connect("c").maximumPacketSize(bytes));
                // The connection itself fails on any packet that is larger; a server that cannot answer closes.
                wire.sendToTheDeaf(ClientBytes.DISCONNECT);
                wire.awaitEnd();
            });
        }
        cases.v5("3.2.0-2", "one CONNACK, and nothing without being asked", probe -> probe.client("c")
                .quiet()
                .quiet());
        cases.v5("3.1.3-8", "a client id of 65535 bytes is accepted or refused in form", probe -> {
            Wire wire = probe.send(probe.connect("c").clientIdBytes(utf8("x".repeat(65_535))));
            Packet connack = wire.next(Packet.CONNACK);
            if (connack.code() != 0) {
                assertThat(connack.code()).isEqualTo(0x85);
                wire.closed();
            }
        });
        cases.v311("3.1.3-9", "a client id of 65535 bytes is accepted or refused in form", probe -> {
            Wire wire = probe.send(probe.connect("c").clientIdBytes(utf8("x".repeat(65_535))));
            Packet connack = wire.next(Packet.CONNACK);
            if (connack.code() != 0) {
                assertThat(connack.code()).isEqualTo(2);
                wire.closed();
            }
        });
    }
}
