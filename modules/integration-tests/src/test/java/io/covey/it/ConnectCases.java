package io.covey.it;

import static io.covey.it.Bytes.cut;
import static io.covey.it.Bytes.hex;
import static io.covey.it.Bytes.join;
import static io.covey.it.Bytes.of;
import static io.covey.it.Bytes.packet;
import static io.covey.it.Bytes.text;
import static io.covey.it.Bytes.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** CONNECT: what must be accepted, and what must be refused and how. */
final class ConnectCases {
    /** Malformed Packet, Protocol Error. */
    private static final Integer[] WRONG = {0x81, 0x82};

    private final Cases cases;

    private ConnectCases(Cases cases) {
        this.cases = cases;
    }

    static void fill(Cases cases) {
        ConnectCases table = new ConnectCases(cases);
        table.accepted();
        table.flags();
        table.payload();
        table.truncated();
        table.protocols();
        table.clientIds();
        table.strings();
        table.order();
    }

    /** Makes a CONNECT wrong in one respect. */
    private interface Mistake {
        ConnectBytes make(ConnectBytes connect);
    }

    private void refused(Set<Mqtt> versions, String clause, String question, Mistake mistake, Integer... codes) {
        cases.add(versions, clause, "CONNECT is refused: " + question, probe -> {
            Wire wire = probe.send(mistake.make(probe.connect("c")));
            wire.connectRefused(codes.length == 0 ? WRONG : codes);
        });
    }

    private void accepted(Set<Mqtt> versions, String clause, String question, Mistake variant) {
        cases.add(versions, clause, "CONNECT is accepted: " + question, probe -> probe.accepted(
                        variant.make(probe.connect("c")))
                .quiet());
    }

    private void accepted() {
        cases.before5("3.2.2-1", "CONNACK is 20 02 00 00", probe -> {
            Packet connack = probe.send(probe.connect("c")).next();
            assertThat(connack.raw()).isEqualTo(hex("20 02 00 00"));
        });
        accepted(Cases.ALL, "3.1.2-23|3.1.2-20", "Keep Alive 0", connect -> connect.keepAlive(0));
        accepted(Cases.ALL, "3.1.2-23|3.1.2-20", "Keep Alive 65535", connect -> connect.keepAlive(65_535));
        accepted(Cases.ALL, "3.1.2-19|3.1.2-17", "user name", connect -> connect.userName(utf8("u")));
        accepted(Cases.ALL, "3.1.2-19|3.1.2-17", "empty user name", connect -> connect.userName(of()));
        accepted(Cases.ALL, "3.1.2-21|3.1.2-19", "user name and password", connect -> connect.userName(utf8("u"))
                .password(of(0, 0xFF, 0xC0)));
        accepted(Cases.ALL, "3.1.2-21|3.1.2-19", "empty password", connect -> connect.userName(utf8("u"))
                .password(of()));
        for (int qos = 0; qos <= 2; qos++) {
            int willQos = qos;
            accepted(
                    Cases.ALL,
                    "3.1.2-14|3.1.2-12",
                    "will at QoS " + qos,
                    connect -> connect.will("w", "", willQos, false));
            accepted(Cases.ALL, "3.1.2-17|3.1.2-15", "will at QoS " + qos + ", everything set", connect -> connect.will(
                            "covey-probe/never", "x", willQos, false)
                    .userName(utf8("u"))
                    .password(utf8("p")));
        }
        cases.v5("3.1.2.9", "CONNECT is accepted: password without user name", probe -> probe.accepted(
                        probe.connect("c").password(utf8("p")))
                .quiet());
        cases.v31("3.1 CONNECT", "CONNECT is accepted: User Name flag without the string", probe -> probe.accepted(
                        probe.connect("c").setFlags(0x80))
                .quiet());
        cases.v31("3.1 CONNECT", "CONNECT is accepted: Password flag without the string", probe -> probe.accepted(
                        probe.connect("c").userName(utf8("u")).setFlags(0x40))
                .quiet());
    }

    private void flags() {
        for (int bit : new int[] {1, 2, 4, 8}) {
            refused(Cases.OASIS, "2.2.2-2|2.1.3-1", "fixed header 1" + bit, connect -> connect.firstByte(0x10 | bit));
        }
        refused(Cases.OASIS, "3.1.2-3", "reserved Connect Flag", connect -> connect.setFlags(1));
        refused(Cases.OASIS, "3.1.2-14|3.1.2-12", "Will QoS 3", connect -> connect.will("w", "x", 3, false));
        refused(Cases.OASIS, "3.1.2-13|3.1.2-11", "Will QoS 1 without Will Flag", connect -> connect.setFlags(0x08));
        refused(Cases.OASIS, "3.1.2-13|3.1.2-11", "Will QoS 2 without Will Flag", connect -> connect.setFlags(0x10));
        refused(Cases.OASIS, "3.1.2-15|3.1.2-13", "Will Retain without Will Flag", connect -> connect.setFlags(0x20));
        refused(Set.of(Mqtt.V311), "3.1.2-22", "password without user name", connect -> connect.password(utf8("p")));
    }

    private void payload() {
        refused(Cases.ALL, "3.1.2-9", "Will Flag without will", connect -> connect.setFlags(0x04));
        refused(Cases.OASIS, "3.1.2-11", "will without Will Flag", connect -> connect.will("w", "x", 0, false)
                .clearFlags(0x04));
        refused(
                Cases.OASIS,
                "3.1.2-19|3.1.2-17",
                "User Name Flag without user name",
                connect -> connect.setFlags(0x80));
        refused(Cases.OASIS, "3.1.2-21|3.1.2-19", "Password Flag without password", connect -> connect.userName(
                        utf8("u"))
                .setFlags(0x40));
        refused(Cases.OASIS, "3.1.2-18|3.1.2-16", "user name without its flag", connect -> connect.userName(utf8("u"))
                .clearFlags(0x80));
        refused(Cases.OASIS, "3.1.2-20|3.1.2-18", "password without its flag", connect -> connect.userName(utf8("u"))
                .password(utf8("p"))
                .clearFlags(0x40));
        refused(Cases.OASIS, "3.1.4-1", "one byte after the payload", connect -> connect.surplus(of(0)));
        refused(Cases.OASIS, "3.1.4-1", "many bytes after the payload", connect -> connect.surplus(new byte[500]));
        refused(
                Cases.OASIS,
                "3.1.3-1",
                "a second PINGREQ's bytes inside",
                connect -> connect.surplus(ClientBytes.PINGREQ));
    }

    /** The packet ends early, although its Remaining Length is right. */
    private void truncated() {
        for (int bytes : new int[] {0, 1, 2, 4}) {
            cases.all("3.1.4-1", "CONNECT of " + bytes + " bytes: closed", probe -> {
                Wire wire = probe.open()
                        .sendToTheDeaf(packet(0x10, cut(probe.connect("c").head(), bytes)));
                // Nobody can know yet which version this is.
                wire.awaitEnd();
            });
        }
        for (int missing = 1; missing <= 2; missing++) {
            int cut = missing;
            cases.oasis("3.1.4-1", "CONNECT without the last " + missing + " bytes of Keep Alive", probe -> {
                byte[] head = join(text("MQTT"), of(probe.mqtt.level, 2, 0, 60));
                probe.open().send(packet(0x10, cut(head, head.length - cut))).connectRefused(WRONG);
            });
        }
        cases.oasis("3.1.3-3", "CONNECT is refused: no payload", probe -> probe.open()
                .send(packet(0x10, probe.connect("c").head()))
                .connectRefused(WRONG));
        cases.oasis("3.1.3-3", "CONNECT is refused: half a length of the client id", probe -> probe.open()
                .send(packet(0x10, probe.connect("c").head(), of(0)))
                .connectRefused(WRONG));
        cases.oasis("3.1.3-3", "CONNECT is refused: client id longer than the packet", probe -> probe.open()
                .send(packet(0x10, probe.connect("c").head(), of(0, 9, 'a')))
                .connectRefused(WRONG));
        byte[] full = new ConnectBytes(Mqtt.V311, "id")
                .will("w", "x", 0, false)
                .userName(utf8("u"))
                .password(utf8("p"))
                .payload();
        for (int length = 0; length < full.length; length++) {
            int bytes = length;
            cases.v311("3.1.3-1", "CONNECT is refused: payload ends after " + length + " bytes", probe -> {
                byte[] head = join(text("MQTT"), of(4, 0xC6, 0, 60));
                probe.open().send(packet(0x10, head, cut(full, bytes))).connectRefused(WRONG);
            });
        }
    }

    private void protocols() {
        for (String name : new String[] {"MQTX", "mqtt", "MQTTT", "MQT", "", "MQIsdp", "MQTT\uFEFF"}) {
            cases.oasis(
                    "3.1.2-1",
                    "protocol name '" + name + "' is refused",
                    probe -> unsupported(probe, probe.connect("c").protocol(name, probe.mqtt.level)));
        }
        cases.v31(
                "3.1 CONNECT",
                "protocol name 'MQIsdx' is refused",
                probe -> unsupported(probe, probe.connect("c").protocol("MQIsdx", 3)));
        for (int level : new int[] {0, 1, 2, 3, 6, 7, 0x7F, 0x80, 0x85, 0xFF}) {
            cases.oasis(
                    "3.1.2-2",
                    "protocol level " + level + " is refused",
                    probe -> unsupported(probe, probe.connect("c").protocol("MQTT", level)));
        }
        cases.v311("3.1.2-2", "protocol level 2 is answered with Return Code 1", probe -> {
            Wire wire = probe.send(probe.connect("c").protocol("MQTT", 2));
            assertThat(wire.next(Packet.CONNACK).raw()).isEqualTo(hex("20 02 00 01"));
            wire.closed();
        });
        cases.v311("bridges", "level 0x84 is MQTT 3.1.1 for a bridge", probe -> probe.accepted(
                        probe.connect("c").protocol("MQTT", 0x84))
                .quiet());
        cases.v31("bridges", "level 0x83 is MQTT 3.1 for a bridge", probe -> probe.accepted(
                        probe.connect("c").protocol("MQIsdp", 0x83))
                .quiet());
    }

    /** Closed, perhaps after a CONNACK that says why, in the old form or in the new one. */
    private static void unsupported(Probe probe, ConnectBytes connect) throws IOException {
        Wire wire = probe.keep(new Wire(probe.target.address(), Mqtt.V311, "", true));
        wire.send(connect.bytes());
        wire.endsWithOneOf(Map.of("unacceptable level", hex("20 02 00 01"), "unsupported", hex("20 03 00 84 00")));
    }

    private void clientIds() {
        String letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
        for (int from = 0; from < letters.length(); from += 23) {
            String id = letters.substring(from, Math.min(from + 23, letters.length()));
            accepted(
                    Cases.ALL,
                    "3.1.3-5",
                    "client id " + id,
                    connect -> connect.clientIdBytes(utf8(id.substring(0, id.length() - 1) + connect.mqtt.level)));
        }
        cases.v31("3.1 CONNECT", "an empty client id is answered with Return Code 2", probe -> {
            Wire wire = probe.send(probe.connect("c").clientIdBytes(of()));
            assertThat(wire.next().raw()).isEqualTo(hex("20 02 00 02"));
            wire.closed();
        });
        cases.v311("3.1.3-8", "an empty client id with Clean Session 0 is answered with Return Code 2", probe -> {
            Wire wire = probe.send(probe.connect("c").clientIdBytes(of()).resume());
            assertThat(wire.next().raw()).isEqualTo(hex("20 02 00 02"));
            wire.closed();
        });
        accepted(
                Set.of(Mqtt.V311), "3.1.3-6", "empty client id, clean session", connect -> connect.clientIdBytes(of()));
        cases.v311("3.1.3-6", "two clients with empty client ids do not take each other over", probe -> {
            Wire first = probe.accepted(probe.connect("c").clientIdBytes(of()));
            probe.accepted(probe.connect("c").clientIdBytes(of())).quiet();
            first.quiet();
        });
        cases.v5("3.2.2-16", "an empty client id gets one assigned, never the same", probe -> {
            Packet first = probe.send(probe.connect("c").clientIdBytes(of())).next(Packet.CONNACK);
            Packet second = probe.send(probe.connect("c").clientIdBytes(of())).next(Packet.CONNACK);
            assertThat(first.all(Prop.ASSIGNED_CLIENT_ID)).hasSize(1);
            assertThat(second.all(Prop.ASSIGNED_CLIENT_ID))
                    .hasSize(1)
                    .doesNotContainAnyElementsOf(first.all(Prop.ASSIGNED_CLIENT_ID));
        });
        cases.v5("3.1.3-7", "the assigned client id names the session", probe -> {
            Wire wire = probe.send(probe.connect("c").clientIdBytes(of()).with(Prop.sessionExpiry(60)));
            String id = (String)
                    wire.next(Packet.CONNACK).all(Prop.ASSIGNED_CLIENT_ID).get(0);
            wire.disconnect();
            probe.accepted(probe.connect("c").clientIdBytes(utf8(id)).resume(), true);
        });
        cases.v5("3.2.2.3.7", "no client id is assigned to who brings one", probe -> assertThat(
                        probe.send(probe.connect("c")).next(Packet.CONNACK).has(Prop.ASSIGNED_CLIENT_ID))
                .isFalse());
    }

    /** What is no UTF-8 Encoded String. */
    static Map<String, byte[]> illFormed() {
        Map<String, byte[]> bytes = new TreeMap<>();
        bytes.put("U+0000", hex("61 00 62"));
        bytes.put("a surrogate", hex("61 ED A0 80 62"));
        bytes.put("a pair of surrogates", hex("ED A0 BD ED B8 80"));
        bytes.put("an overlong slash", hex("61 C0 AF"));
        bytes.put("U+0000 in two bytes", hex("61 C0 80"));
        bytes.put("beyond U+10FFFF", hex("F4 90 80 80"));
        bytes.put("a lone continuation byte", hex("61 80"));
        bytes.put("a sequence that ends early", hex("61 E2 82"));
        bytes.put("0xFF", hex("61 FF"));
        return bytes;
    }

    private void strings() {
        illFormed().forEach((what, bytes) -> {
            String clause = what.startsWith("U+0000 ") || what.equals("U+0000") ? "1.5.3-2|1.5.4-2" : "1.5.3-1|1.5.4-1";
            Integer[] codes = {0x81, 0x82, 0x85};
            refused(Cases.OASIS, clause, what + " in the client id", connect -> connect.clientIdBytes(bytes), codes);
            refused(Cases.OASIS, clause, what + " in the user name", connect -> connect.userName(bytes), 0x81, 0x86);
            refused(
                    Cases.OASIS,
                    clause,
                    what + " in the will topic",
                    connect -> connect.will(bytes, of(1), 0, false),
                    0x81,
                    0x90);
        });
        for (String topic : new String[] {"a/#", "a/+/b", "#", "+"}) {
            refused(
                    Cases.OASIS,
                    "4.7.1-1|4.7.0-1",
                    "will topic " + topic,
                    connect -> connect.will(topic, "x", 0, false),
                    0x81,
                    0x82,
                    0x90);
        }
        refused(
                Cases.OASIS,
                "4.7.3-1",
                "empty will topic",
                connect -> connect.will("", "x", 0, false),
                0x81,
                0x82,
                0x90);
    }

    private void order() {
        cases.all("3.1.0-2", "a second CONNECT ends the connection", probe -> {
            Wire wire = probe.client("c");
            wire.send(probe.connect("c").bytes()).refused(0x82);
        });
        cases.all("3.1.0-2", "a second CONNECT with another client id ends the connection", probe -> {
            Wire wire = probe.client("c");
            wire.send(probe.connect("d").bytes()).refused(0x82);
        });
        Map<String, byte[]> first = new TreeMap<>();
        first.put("CONNACK", hex("20 02 00 00"));
        first.put("PUBLISH", hex("30 03 00 01 61"));
        first.put("PUBACK", hex("40 02 00 01"));
        first.put("PUBREL", hex("62 02 00 01"));
        first.put("SUBSCRIBE", hex("82 06 00 01 00 01 61 00"));
        first.put("UNSUBSCRIBE", hex("A2 05 00 01 00 01 61"));
        first.put("PINGREQ", hex("C0 00"));
        first.put("DISCONNECT", hex("E0 00"));
        first.put("AUTH", hex("F0 00"));
        first.put("type 0", hex("00 00"));
        first.put("an HTTP request", utf8("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        first.forEach(
                (what, bytes) -> cases.v311("3.1.0-1", "closed when " + what + " comes first", probe -> probe.open()
                        .sendToTheDeaf(bytes)
                        .closed()));
        cases.oasis("3.1.4-5|3.1.4-6", "nothing after a refused CONNECT is worked on", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("#"), 0);
            Wire refused = probe.open();
            byte[] connect = probe.connect("c").setFlags(1).bytes();
            refused.sendToTheDeaf(connect, probe.make.publish(probe.topic("a"), "no", 0, 0));
            refused.awaitEnd();
            probe.client("p").publish(probe.topic("a"), "yes", 0);
            watcher.receive(probe.topic("a"), "yes");
        });
        cases.all("3.1.4-5|3.1.4-6", "a refused CONNECT takes nobody over", probe -> {
            Wire wire = probe.client("c");
            Wire refused = probe.open();
            refused.sendToTheDeaf(probe.connect("c").will("w", "x", 3, false).bytes());
            refused.awaitEnd();
            wire.quiet();
        });
        cases.oasis("3.1.3-1", "the will's own length fields count", probe -> {
            byte[] section = probe.mqtt.is5() ? of(0) : of();
            byte[] head = join(text("MQTT"), of(probe.mqtt.level, 0x06, 0, 60), probe.mqtt.is5() ? of(0) : of());
            probe.open()
                    .send(packet(0x10, head, text("c"), section, text("w"), of(0, 200), utf8("short")))
                    .connectRefused(WRONG);
        });
        cases.oasis("3.1.3-2", "client ids differ by every byte", probe -> {
            Wire lower = probe.client("id");
            probe.accepted(probe.connect("ID")).quiet();
            probe.accepted(probe.connect("id2")).quiet();
            lower.quiet();
        });
    }
}
