package io.covey.it;

import static io.covey.it.Bytes.hex;
import static io.covey.it.Bytes.join;
import static io.covey.it.Bytes.of;
import static io.covey.it.Bytes.packet;
import static io.covey.it.Bytes.text;
import static io.covey.it.Bytes.u16;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Fixed headers, lengths, and how packets lie in segments. */
final class HeaderCases {
    private static final Integer[] WRONG = {0x81, 0x82};

    private final Cases cases;

    private HeaderCases(Cases cases) {
        this.cases = cases;
    }

    static void fill(Cases cases) {
        HeaderCases table = new HeaderCases(cases);
        table.types();
        table.flags();
        table.lengths();
        table.acknowledgementProperties();
        table.segments();
    }

    private void refused(Set<Mqtt> versions, String clause, String question, byte[] bytes) {
        cases.add(versions, clause, "the connection ends: " + question, probe -> {
            Wire wire = probe.client("c");
            wire.sendToTheDeaf(bytes).refused(WRONG);
        });
    }

    private void types() {
        refused(Cases.OASIS, "2.2.1|2.1.2", "packet type 0", of(0, 0));
        refused(Set.of(Mqtt.V311), "2.2.1", "packet type 15", of(0xF0, 0));
        refused(Set.of(Mqtt.V5), "4.12.0-7", "AUTH without an Authentication Method in CONNECT", hex("F0 00"));
        refused(
                Set.of(Mqtt.V5),
                "4.12.0-7",
                "AUTH, continue, without a method in CONNECT",
                ClientBytes.auth(0x18, Prop.authMethod("m")));
        refused(Cases.BEFORE_5, "4.8.0-1", "a client sends CONNACK", hex("20 02 00 00"));
        refused(Set.of(Mqtt.V5), "4.13.1-1", "a client sends CONNACK", hex("20 03 00 00 00"));
        refused(Cases.BEFORE_5, "4.8.0-1", "a client sends SUBACK", hex("90 03 00 01 00"));
        refused(Set.of(Mqtt.V5), "4.13.1-1", "a client sends SUBACK", hex("90 04 00 01 00 00"));
        refused(Cases.BEFORE_5, "4.8.0-1", "a client sends UNSUBACK", hex("B0 02 00 01"));
        refused(Set.of(Mqtt.V5), "4.13.1-1", "a client sends UNSUBACK", hex("B0 04 00 01 00 00"));
        refused(Cases.ALL, "4.8.0-1|4.13.1-1", "a client sends PINGRESP", hex("D0 00"));
    }

    /** Each single bit that must not be set, and all of them. */
    private void flags() {
        Map<Integer, byte[]> packets = new TreeMap<>();
        packets.put(0x40, u16(1));
        packets.put(0x50, u16(1));
        packets.put(0x62, u16(1));
        packets.put(0x70, u16(1));
        packets.put(0xC0, of());
        packets.put(0xE0, of());
        Map<Integer, String> clauses = Map.of(0x62, "3.6.1-1", 0xE0, "3.14.1-1");
        packets.forEach((first, body) -> flags(clauses.getOrDefault(first, "2.2.2-2|2.1.3-1"), first, body, body));
        byte[] filter = join(text("a"), of(0));
        flags("3.8.1-1", 0x82, join(u16(1), filter), join(u16(1), of(0), filter));
        flags("3.10.1-1", 0xA2, join(u16(1), text("a")), join(u16(1), of(0), text("a")));
    }

    private void flags(String clause, int first, byte[] body, byte[] bodyV5) {
        for (int bits : new int[] {1, 2, 4, 8, 15}) {
            int wrong = first ^ bits;
            String question = "%s with flags %X".formatted(Packet.name(first >> 4), wrong & 15);
            refused(Set.of(Mqtt.V311), clause, question, packet(wrong, body));
            refused(Set.of(Mqtt.V5), clause, question, packet(wrong, bodyV5));
        }
    }

    private void lengths() {
        refused(Cases.ALL, "2.2.3|1.5.5", "Remaining Length of five bytes", hex("C0 FF FF FF FF 7F"));
        refused(Cases.ALL, "2.2.3|1.5.5", "Remaining Length 0 in five bytes", hex("C0 80 80 80 80 00"));
        refused(Set.of(Mqtt.V5), "1.5.5-1", "Remaining Length 0 in two bytes", hex("C0 80 00"));
        refused(Set.of(Mqtt.V5), "1.5.5-1", "Remaining Length 2 in four bytes", hex("40 82 80 80 00 00 01"));
        refused(Cases.OASIS, "4.8.0-1|4.13.1-1", "PINGREQ with a byte", hex("C0 01 00"));
        refused(Set.of(Mqtt.V311), "4.8.0-1", "DISCONNECT with a byte", hex("E0 01 00"));
        for (int type : new int[] {0x40, 0x50, 0x62, 0x70}) {
            String name = Packet.name(type >> 4);
            refused(Cases.OASIS, "4.8.0-1|4.13.1-1", name + " without a Packet Identifier", packet(type));
            refused(Cases.OASIS, "4.8.0-1|4.13.1-1", name + " with half a Packet Identifier", packet(type, of(1)));
            refused(Cases.OASIS, "2.3.1-1|2.2.1-3", name + " with Packet Identifier 0", packet(type, u16(0)));
            refused(Set.of(Mqtt.V311), "4.8.0-1", name + " of three bytes", packet(type, u16(1), of(0)));
            refused(
                    Set.of(Mqtt.V5),
                    "4.13.1-1",
                    name + " with a Reason Code that it cannot have",
                    packet(type, u16(1), of(0x8E)));
            refused(
                    Set.of(Mqtt.V5),
                    "4.13.1-1",
                    name + " with bytes after its properties",
                    packet(type, u16(1), of(0, 0, 0)));
            refused(
                    Set.of(Mqtt.V5),
                    "2.2.2-1",
                    name + " with a Property Length beyond it",
                    packet(type, u16(1), of(0, 1)));
        }
        cases.all("2.2.3|1.5.5", "PUBLISH at each border of the Remaining Length", probe -> {
            Wire wire = probe.client("c").subscribe(probe.topic("a"), 0);
            int overhead = probe.make.publish(probe.topic("a"), "", 0, 0).length - 2;
            for (int length : new int[] {127, 128, 129, 16_383, 16_384, 16_385}) {
                String payload = "x".repeat(length - overhead);
                wire.send(probe.make.publish(probe.topic("a"), payload, 0, 0));
                wire.receive(probe.topic("a"), payload);
            }
        });
        cases.all("3.3.3", "a payload of 200,000 bytes arrives whole, at every QoS", probe -> {
            Wire wire = probe.client("c").subscribe(probe.topic("a"), 2);
            String payload = "0123456789".repeat(20_000);
            for (int qos = 0; qos <= 2; qos++) {
                wire.publish(probe.topic("a"), payload, qos).receive(probe.topic("a"), payload, qos);
            }
        });
    }

    private void acknowledgementProperties() {
        for (int type : new int[] {0x40, 0x50, 0x62, 0x70}) {
            String name = Packet.name(type >> 4);
            Prop.examples().forEach((id, example) -> {
                byte[] section = Prop.section(example);
                if (id != Prop.REASON_STRING && id != Prop.USER_PROPERTY) {
                    refused(
                            Set.of(Mqtt.V5),
                            "2.2.2.2",
                            "%s with property 0x%02X".formatted(name, id),
                            packet(type, u16(1), of(0), section));
                }
            });
            refused(
                    Set.of(Mqtt.V5),
                    "3.4.2.2.2",
                    name + " with two Reason Strings",
                    packet(type, u16(1), of(0), Prop.section(Prop.reasonString("a"), Prop.reasonString("b"))));
            refused(
                    Set.of(Mqtt.V5),
                    "1.5.4-2",
                    name + " with U+0000 in the Reason String",
                    packet(type, u16(1), of(0), Prop.section(Prop.reasonString("a\0"))));
        }
    }

    private void segments() {
        cases.all("7.1.1-1|4.2-1", "everything byte by byte", probe -> {
            Wire wire = probe.open();
            wire.dribble(probe.connect("c").bytes());
            assertThat(wire.next(Packet.CONNACK).code()).isZero();
            wire.dribble(probe.make.subscribe(1, probe.topic("a"), 2));
            wire.next(Packet.SUBACK, 1);
            wire.dribble(probe.make.publish(probe.topic("a"), "dribbled", 2, 2));
            wire.answer(Packet.PUBREC);
            wire.dribble(probe.make.acknowledge(Packet.PUBREL, 2));
            wire.answer(Packet.PUBCOMP);
            wire.receive(probe.topic("a"), "dribbled", 2);
            wire.dribble(ClientBytes.PINGREQ);
            wire.next(Packet.PINGRESP);
            wire.dribble(ClientBytes.DISCONNECT);
            wire.closed();
        });
        cases.all("3.1.4.5", "CONNECT, SUBSCRIBE, PUBLISH, PINGREQ in one segment: CONNACK comes first", probe -> {
            Wire wire = probe.open();
            wire.send(
                    probe.connect("c").bytes(),
                    probe.make.subscribe(1, probe.topic("a"), 1),
                    probe.make.publish(probe.topic("b"), "early", 1, 2),
                    ClientBytes.PINGREQ);
            assertThat(wire.next(Packet.CONNACK).code()).isZero();
            assertThat(List.of(
                            wire.next().type(), wire.next().type(), wire.next().type()))
                    .containsExactlyInAnyOrder(Packet.SUBACK, Packet.PUBACK, Packet.PINGRESP);
        });
        cases.all("3.1.4.5", "CONNECT, PUBLISH, DISCONNECT in one segment: published", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("a"), 1);
            Wire wire = probe.open();
            wire.send(
                    probe.connect("c").will(probe.topic("a"), "will", 1, false).bytes(),
                    probe.make.publish(probe.topic("a"), "one", 1, 1),
                    probe.make.publish(probe.topic("a"), "two", 0, 0),
                    ClientBytes.DISCONNECT);
            wire.awaitEnd();
            watcher.receive(probe.topic("a"), "one");
            watcher.receive(probe.topic("a"), "two");
            probe.client("p").publish(probe.topic("a"), "end", 1);
            watcher.receive(probe.topic("a"), "end");
        });
        cases.all("7.1.1-1|4.2-1", "a stream cut into two segments at every place", probe -> {
            byte[] stream = join(
                    probe.connect("c").bytes(),
                    probe.make.subscribe(1, probe.topic("a"), 0),
                    probe.make.publish(probe.topic("b"), "cut", 1, 2));
            for (int cut = 1; cut < stream.length; cut++) {
                try (Wire wire = probe.open()) {
                    wire.send(Bytes.cut(stream, cut));
                    wire.send(java.util.Arrays.copyOfRange(stream, cut, stream.length));
                    assertThat(wire.next(Packet.CONNACK).code()).isZero();
                    assertThat(List.of(wire.next().type(), wire.next().type()))
                            .containsExactlyInAnyOrder(Packet.SUBACK, Packet.PUBACK);
                    wire.disconnect();
                }
            }
        });
        cases.all("3.12.4-1", "a thousand PINGREQs in one segment get a thousand PINGRESPs", probe -> {
            Wire wire = probe.client("c");
            byte[] pings = new byte[2000];
            for (int i = 0; i < pings.length; i += 2) {
                pings[i] = (byte) 0xC0;
            }
            wire.send(pings);
            for (int i = 0; i < 1000; i++) {
                wire.next(Packet.PINGRESP);
            }
            wire.quiet();
        });
        cases.oasis(
                "4.8.0-1|4.13.1-1", "what came before a malformed packet was done, what comes after is not", probe -> {
                    Wire watcher = probe.client("w").subscribe(probe.topic("#"), 0);
                    Wire wire = probe.client("c");
                    wire.sendToTheDeaf(
                            probe.make.publish(probe.topic("a"), "before", 0, 0),
                            of(0, 0),
                            probe.make.publish(probe.topic("a"), "after", 0, 0));
                    wire.refused(WRONG);
                    watcher.receive(probe.topic("a"), "before");
                    probe.client("p").publish(probe.topic("a"), "end", 0);
                    watcher.receive(probe.topic("a"), "end");
                });
    }
}
