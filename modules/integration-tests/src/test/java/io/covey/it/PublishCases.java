package io.covey.it;

import static io.covey.it.Bytes.data;
import static io.covey.it.Bytes.hex;
import static io.covey.it.Bytes.join;
import static io.covey.it.Bytes.of;
import static io.covey.it.Bytes.packet;
import static io.covey.it.Bytes.text;
import static io.covey.it.Bytes.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import io.covey.it.Packet.Property;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** PUBLISH from a client: what is acknowledged and how, what is malformed, and what is handed on unaltered. */
final class PublishCases {
    private static final Integer[] WRONG = {0x81, 0x82};
    private static final Integer[] WRONG_TOPIC = {0x81, 0x82, 0x90};
    private static final Set<Integer> OF_PUBLISH = Set.of(
            Prop.PAYLOAD_FORMAT,
            Prop.MESSAGE_EXPIRY,
            Prop.TOPIC_ALIAS,
            Prop.RESPONSE_TOPIC,
            Prop.CORRELATION_DATA,
            Prop.USER_PROPERTY,
            Prop.CONTENT_TYPE);

    private final Cases cases;

    private PublishCases(Cases cases) {
        this.cases = cases;
    }

    static void fill(Cases cases) {
        PublishCases table = new PublishCases(cases);
        table.acknowledgements();
        table.exactlyOnce();
        table.unknownIdentifiers();
        table.malformed();
        table.topics();
        table.properties();
        table.forwarding();
    }

    /** Builds bytes from what a case has. */
    private interface Builder {
        byte[] build(Probe probe);
    }

    private void refused(Set<Mqtt> versions, String clause, String question, Builder bytes, Integer... codes) {
        cases.add(versions, clause, "the connection ends: " + question, probe -> {
            Wire wire = probe.client("c");
            wire.sendToTheDeaf(bytes.build(probe)).refused(codes);
        });
    }

    private void acknowledgements() {
        cases.all("3.3.4-1", "QoS 0 is not acknowledged", probe -> probe.client("c")
                .send(probe.make.publish(probe.topic("a"), "x", 0, 0))
                .quiet());
        for (int id : new int[] {1, 255, 256, 32_768, 65_535}) {
            cases.all("2.3.1-6|2.2.1-5", "QoS 1 with Packet Identifier " + id + " gets PUBACK", probe -> {
                Wire wire = probe.client("c");
                wire.send(probe.make.publish(probe.topic("a"), "x", 1, id));
                assertThat(wire.next(Packet.PUBACK, id).code()).isIn(0x00, 0x10);
                wire.quiet();
            });
            cases.all("4.3.3-2|4.3.3-8", "QoS 2 with Packet Identifier " + id + ": PUBREC, PUBCOMP", probe -> {
                Wire wire = probe.client("c");
                wire.send(probe.make.publish(probe.topic("a"), "x", 2, id));
                assertThat(wire.next(Packet.PUBREC, id).code()).isIn(0x00, 0x10);
                wire.quiet();
                wire.send(probe.make.acknowledge(Packet.PUBREL, id));
                assertThat(wire.next(Packet.PUBCOMP, id).code()).isZero();
                wire.quiet();
            });
        }
        cases.v5("3.4.2-1", "PUBACK says success where there is a subscriber", probe -> {
            Wire wire = probe.client("c").subscribe(probe.topic("a"), 0);
            wire.send(probe.make.publish(probe.topic("a"), "x", 1, 1));
            assertThat(wire.answer(Packet.PUBACK).code()).isZero();
        });
        cases.v5("3.6.2.1", "PUBREL with Reason Code 0x00 and properties gets PUBCOMP", probe -> {
            Wire wire = probe.client("c");
            wire.send(probe.make.publish(probe.topic("a"), "x", 2, 1));
            wire.next(Packet.PUBREC, 1);
            wire.send(probe.make.acknowledge(
                    Packet.PUBREL, 1, 0, Prop.reasonString("r"), Prop.user("a", "b"), Prop.user("a", "b")));
            assertThat(wire.next(Packet.PUBCOMP, 1).code()).isZero();
        });
        cases.all("4.6.0-2|4.6.0-5", "acknowledgements come in the order of the publishes", probe -> {
            Wire wire = probe.client("c");
            byte[] all = {};
            for (int id = 1; id <= 40; id++) {
                all = join(all, probe.make.publish(probe.topic("a"), "x", 1, id));
            }
            wire.send(all);
            for (int id = 1; id <= 40; id++) {
                wire.next(Packet.PUBACK, id);
            }
        });
    }

    private void exactlyOnce() {
        for (boolean dup : new boolean[] {false, true}) {
            String how = dup ? "with DUP" : "without DUP";
            cases.all(
                    "4.3.3-2|4.3.3-10",
                    "a QoS 2 publish repeated " + how + " before PUBREL is delivered once",
                    probe -> {
                        Wire watcher = probe.client("w").subscribe(probe.topic("a"), 2);
                        Wire wire = probe.client("c");
                        byte[] again = dup
                                ? probe.make.duplicate(probe.topic("a"), "x", 2, 7)
                                : probe.make.publish(probe.topic("a"), "x", 2, 7);
                        wire.send(probe.make.publish(probe.topic("a"), "x", 2, 7))
                                .next(Packet.PUBREC, 7);
                        wire.send(again).next(Packet.PUBREC, 7);
                        wire.send(probe.make.acknowledge(Packet.PUBREL, 7)).next(Packet.PUBCOMP, 7);
                        wire.publish(probe.topic("a"), "end", 2);
                        watcher.receive(probe.topic("a"), "x");
                        watcher.receive(probe.topic("a"), "end");
                    });
        }
        cases.all("4.3.3-2|4.3.3-12", "after PUBCOMP the same identifier is a new message", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("a"), 2);
            Wire wire = probe.client("c");
            for (String payload : List.of("one", "two")) {
                wire.send(probe.make.publish(probe.topic("a"), payload, 2, 9)).next(Packet.PUBREC, 9);
                wire.send(probe.make.acknowledge(Packet.PUBREL, 9)).next(Packet.PUBCOMP, 9);
            }
            watcher.receive(probe.topic("a"), "one");
            watcher.receive(probe.topic("a"), "two");
        });
        cases.all("4.3.2-2|4.3.2-5", "after PUBACK the same identifier is a new message, DUP or not", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("a"), 1);
            Wire wire = probe.client("c");
            wire.send(probe.make.publish(probe.topic("a"), "one", 1, 9)).next(Packet.PUBACK, 9);
            wire.send(probe.make.duplicate(probe.topic("a"), "two", 1, 9)).next(Packet.PUBACK, 9);
            watcher.receive(probe.topic("a"), "one");
            watcher.receive(probe.topic("a"), "two");
        });
        cases.all("4.3.3-2|4.3.3-11", "PUBREL again is answered with PUBCOMP again", probe -> {
            Wire wire = probe.client("c");
            wire.publish(probe.topic("a"), "x", 2);
            wire.send(probe.make.acknowledge(Packet.PUBREL, 1)).next(Packet.PUBCOMP, 1);
            wire.quiet();
        });
        cases.all("4.4.0-1", "a QoS 2 publish before and after a lost connection is delivered once", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("a"), 2);
            Wire first = probe.accepted(probe.connect("c").persistent());
            first.send(probe.make.publish(probe.topic("a"), "x", 2, 5)).next(Packet.PUBREC, 5);
            first.drop();
            Wire second = probe.accepted(probe.connect("c").persistent(), true);
            second.send(probe.make.duplicate(probe.topic("a"), "x", 2, 5)).next(Packet.PUBREC, 5);
            second.send(probe.make.acknowledge(Packet.PUBREL, 5)).next(Packet.PUBCOMP, 5);
            second.publish(probe.topic("a"), "end", 2);
            watcher.receive(probe.topic("a"), "x");
            watcher.receive(probe.topic("a"), "end");
        });
        cases.all("4.4.0-1", "PUBREL alone after a lost connection gets PUBCOMP", probe -> {
            Wire first = probe.accepted(probe.connect("c").persistent());
            first.send(probe.make.publish(probe.topic("a"), "x", 2, 5)).next(Packet.PUBREC, 5);
            first.drop();
            Wire second = probe.accepted(probe.connect("c").persistent(), true);
            second.send(probe.make.acknowledge(Packet.PUBREL, 5));
            assertThat(second.next(Packet.PUBCOMP, 5).code()).isZero();
        });
        cases.all("3.1.2-6|3.1.2-4", "a clean session forgets which QoS 2 identifiers were used", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("a"), 2);
            Wire first = probe.accepted(probe.connect("c").persistent());
            first.send(probe.make.publish(probe.topic("a"), "one", 2, 5)).next(Packet.PUBREC, 5);
            first.drop();
            Wire second = probe.accepted(probe.connect("c"), false);
            second.send(probe.make.publish(probe.topic("a"), "two", 2, 5)).next(Packet.PUBREC, 5);
            second.send(probe.make.acknowledge(Packet.PUBREL, 5)).next(Packet.PUBCOMP, 5);
            Packet message = watcher.next(Packet.PUBLISH);
            if (message.text().equals("one")) {
                // Handed on at once, or only at PUBREL, which never came: both are allowed.
                watcher.accept(message);
                message = watcher.next(Packet.PUBLISH);
            }
            assertThat(message.text()).isEqualTo("two");
        });
    }

    private void unknownIdentifiers() {
        cases.all("4.3.3-2|4.3.3-11", "PUBREL for an unknown identifier gets PUBCOMP", probe -> {
            Wire wire = probe.client("c");
            wire.send(probe.make.acknowledge(Packet.PUBREL, 77));
            assertThat(wire.next(Packet.PUBCOMP, 77).code()).isEqualTo(probe.mqtt.is5() ? 0x92 : 0);
            wire.quiet();
        });
        cases.v5("3.6.2.1", "PUBREC for an unknown identifier gets PUBREL with 0x92", probe -> {
            Wire wire = probe.client("c");
            wire.send(probe.make.acknowledge(Packet.PUBREC, 77));
            assertThat(wire.next(Packet.PUBREL, 77).code()).isEqualTo(0x92);
            wire.send(probe.make.acknowledge(Packet.PUBCOMP, 77, 0x92));
            wire.quiet();
        });
        cases.v5("4.3.3-4", "a negative PUBREC for an unknown identifier gets no PUBREL", probe -> probe.client("c")
                .send(probe.make.acknowledge(Packet.PUBREC, 77, 0x80))
                .quiet());
        for (int type : new int[] {Packet.PUBACK, Packet.PUBCOMP}) {
            cases.all(
                    "4.8.0|4.13", Packet.name(type) + " for an unknown identifier does no harm", probe -> probe.client(
                                    "c")
                            .send(probe.make.acknowledge(type, 77))
                            .quiet());
        }
        cases.all("4.3.3", "QoS 1 and QoS 2 with the same identifier one after the other", probe -> {
            Wire wire = probe.client("c");
            wire.send(probe.make.publish(probe.topic("a"), "x", 1, 3)).next(Packet.PUBACK, 3);
            wire.send(probe.make.publish(probe.topic("a"), "x", 2, 3)).next(Packet.PUBREC, 3);
            wire.send(probe.make.acknowledge(Packet.PUBREL, 3)).next(Packet.PUBCOMP, 3);
        });
    }

    private void malformed() {
        refused(
                Cases.OASIS,
                "3.3.1-4",
                "QoS 3",
                probe -> probe.make.publish(6, text(probe.topic("a")), 1, of()),
                WRONG);
        refused(
                Cases.OASIS,
                "3.3.1-2",
                "DUP at QoS 0",
                probe -> probe.make.publish(8, text(probe.topic("a")), 0, of()),
                WRONG);
        for (int qos = 1; qos <= 2; qos++) {
            int flags = qos << 1;
            refused(
                    Cases.OASIS,
                    "2.3.1-1|2.2.1-3",
                    "QoS " + qos + " with Packet Identifier 0",
                    probe -> probe.make.publish(flags, text(probe.topic("a")), 0, of()),
                    WRONG);
            refused(
                    Cases.OASIS,
                    "2.3.1-1|2.2.1-3",
                    "QoS " + qos + " without a Packet Identifier",
                    probe -> packet(0x30 | flags, text(probe.topic("a"))),
                    WRONG);
            refused(
                    Cases.OASIS,
                    "3.3.2",
                    "QoS " + qos + " with half a Packet Identifier",
                    probe -> packet(0x30 | flags, text(probe.topic("a")), of(1)),
                    WRONG);
        }
        refused(Cases.OASIS, "3.3.2-1", "no Topic Name", probe -> packet(0x30), WRONG);
        refused(Cases.OASIS, "3.3.2-1", "half a length of the Topic Name", probe -> packet(0x30, of(0)), WRONG);
        refused(
                Cases.OASIS,
                "3.3.2-1",
                "a Topic Name longer than the packet",
                probe -> packet(0x30, of(0, 50), utf8("short")),
                WRONG);
        Map<String, byte[]> sections = new TreeMap<>();
        sections.put("no Property Length", of());
        sections.put("a Property Length beyond the packet", hex("05 01"));
        sections.put("a Property Length that ends inside a value", hex("03 02 00 00 00 01"));
        sections.put("a Property Length in too many bytes", hex("80 00"));
        sections.put("a Property Length in five bytes", hex("80 80 80 80 01"));
        sections.put("unknown property 0x7F", hex("02 7F 00"));
        sections.put("property 0x00", hex("02 00 00"));
        sections.put("a property without a value", hex("01 02"));
        sections.forEach((what, section) -> refused(
                Set.of(Mqtt.V5), "2.2.2-1", what, probe -> packet(0x30, text(probe.topic("a")), section), WRONG));
    }

    private void topics() {
        for (String bad : new String[] {"a/#", "#", "+", "a/+/b", "a+", "#a"}) {
            refused(
                    Cases.ALL,
                    "3.3.2-2",
                    "Topic Name " + bad,
                    probe -> probe.make.publish(bad, "x", 0, 0),
                    WRONG_TOPIC);
        }
        refused(Cases.OASIS, "4.7.3-1", "an empty Topic Name", probe -> probe.make.publish("", "x", 0, 0), WRONG_TOPIC);
        refused(
                Cases.OASIS,
                "4.7.3-1",
                "an empty Topic Name at QoS 1",
                probe -> probe.make.publish("", "x", 1, 1),
                WRONG_TOPIC);
        ConnectCases.illFormed()
                .forEach((what, bytes) -> refused(
                        Cases.OASIS,
                        "1.5.3-1|1.5.4-1",
                        what + " in the Topic Name",
                        probe -> probe.make.publish(0, data(bytes), 0, of()),
                        WRONG_TOPIC));
        Map<String, String> good = new TreeMap<>();
        good.put("U+FEFF in front", "\uFEFFa");
        good.put("U+FEFF inside", "a\uFEFFb");
        good.put("beyond the basic plane", "\uD83D\uDE00");
        good.put("U+D7FF and U+E000", "\uD7FF\uE000");
        good.put("a space", " ");
        good.put("an empty last level", "a/");
        good.put("two slashes", "a//b");
        good.put("composed", "\u00E9");
        good.put("decomposed", "e\u0301");
        good.put("dots", "./../x");
        good.put("upper case", "ABC");
        good.put("a dollar inside", "a/$b");
        good.put("60,000 bytes", "x".repeat(60_000));
        good.forEach((what, topic) ->
                cases.all("4.7.3-4|1.5.4-3", "Topic Name with " + what + " is kept as it is", probe -> {
                    Wire wire = probe.client("c").subscribe(probe.topic("#"), 0).subscribe(probe.topic("other"), 0);
                    wire.publish(probe.topic(topic), "x", 0).receive(probe.topic(topic), "x");
                }));
    }

    private void properties() {
        Prop.examples().forEach((id, example) -> {
            String name = "property 0x%02X".formatted(id);
            if (id == Prop.SUBSCRIPTION_ID) {
                refused(
                        Set.of(Mqtt.V5),
                        "3.3.4-6",
                        "a client's PUBLISH with a Subscription Identifier",
                        probe -> probe.make.publish(probe.topic("a"), "x", 0, 0, example),
                        WRONG);
            } else if (!OF_PUBLISH.contains(id)) {
                refused(
                        Set.of(Mqtt.V5),
                        "2.2.2.2",
                        "PUBLISH with " + name,
                        probe -> probe.make.publish(probe.topic("a"), "x", 0, 0, example),
                        WRONG);
            } else if (id != Prop.USER_PROPERTY) {
                refused(
                        Set.of(Mqtt.V5),
                        "3.3.2.3",
                        "PUBLISH with " + name + " twice",
                        probe -> probe.make.publish(probe.topic("a"), "x", 0, 0, example, example),
                        WRONG);
            }
        });
        refused(
                Set.of(Mqtt.V5),
                "3.3.2.3.2",
                "Payload Format Indicator 2",
                probe -> probe.make.publish(probe.topic("a"), "x", 0, 0, Prop.payloadFormat(2)),
                WRONG);
        refused(
                Set.of(Mqtt.V5),
                "3.3.2-14",
                "Response Topic with a wildcard",
                probe -> probe.make.publish(probe.topic("a"), "x", 0, 0, Prop.responseTopic("a/+")),
                WRONG_TOPIC);
        ConnectCases.illFormed().forEach((what, bytes) -> {
            refused(
                    Set.of(Mqtt.V5),
                    "3.3.2-19",
                    what + " in the Content Type",
                    probe -> probe.make.publish(probe.topic("a"), "x", 0, 0, join(of(Prop.CONTENT_TYPE), data(bytes))),
                    WRONG);
            refused(
                    Set.of(Mqtt.V5),
                    "3.3.2-13",
                    what + " in the Response Topic",
                    probe ->
                            probe.make.publish(probe.topic("a"), "x", 0, 0, join(of(Prop.RESPONSE_TOPIC), data(bytes))),
                    WRONG_TOPIC);
            refused(
                    Set.of(Mqtt.V5),
                    "1.5.7-1",
                    what + " in a User Property",
                    probe -> probe.make.publish(
                            probe.topic("a"), "x", 0, 0, join(of(Prop.USER_PROPERTY), data(bytes), text("v"))),
                    WRONG);
        });
    }

    private void forwarding() {
        cases.v5(
                "3.3.2-4",
                "Payload Format Indicator, Content Type, Response Topic, Correlation Data unaltered",
                probe -> {
                    Wire wire = probe.client("c").subscribe(probe.topic("a"), 2);
                    for (int qos = 0; qos <= 2; qos++) {
                        wire.publish(
                                probe.topic("a"),
                                "x",
                                qos,
                                Prop.payloadFormat(1),
                                Prop.contentType("text/plain"),
                                Prop.responseTopic("reply/to"),
                                Prop.correlationData(0, 255, 7));
                        assertThat(wire.receive(probe.topic("a"), "x", qos).properties())
                                .containsExactlyInAnyOrder(
                                        new Property(Prop.PAYLOAD_FORMAT, 1L),
                                        new Property(Prop.CONTENT_TYPE, "text/plain"),
                                        new Property(Prop.RESPONSE_TOPIC, "reply/to"),
                                        new Property(Prop.CORRELATION_DATA, "00ff07"));
                    }
                });
        cases.v5("3.3.2-20", "empty Content Type and Correlation Data stay present", probe -> {
            Wire wire = probe.client("c").subscribe(probe.topic("a"), 0);
            wire.publish(probe.topic("a"), "x", 0, Prop.contentType(""), Prop.correlationData());
            assertThat(wire.receive(probe.topic("a"), "x").properties())
                    .containsExactlyInAnyOrder(
                            new Property(Prop.CONTENT_TYPE, ""), new Property(Prop.CORRELATION_DATA, ""));
        });
        cases.v5("3.3.2-17", "User Properties unaltered, in order, repeated ones too", probe -> {
            Wire wire = probe.client("c").subscribe(probe.topic("a"), 0);
            wire.publish(
                    probe.topic("a"),
                    "x",
                    0,
                    Prop.user("b", "1"),
                    Prop.contentType("t"),
                    Prop.user("a", "2"),
                    Prop.user("b", "1"),
                    Prop.user("", ""),
                    Prop.user("a", "\uFEFF"));
            assertThat(wire.receive(probe.topic("a"), "x").all(Prop.USER_PROPERTY))
                    .containsExactly(
                            Map.entry("b", "1"),
                            Map.entry("a", "2"),
                            Map.entry("b", "1"),
                            Map.entry("", ""),
                            Map.entry("a", "\uFEFF"));
        });
        cases.v5("2.2.2.2", "identifiers of properties do not leak to MQTT 3.1.1", probe -> {
            Wire old = probe.client(Mqtt.V311, "o").subscribe(probe.topic("a"), 0);
            probe.client("c").publish(probe.topic("a"), "x", 0, Prop.payloadFormat(1), Prop.user("n", "v"));
            assertThat(old.receive(probe.topic("a"), "x").raw())
                    .isEqualTo(packet(0x30, text(probe.topic("a")), utf8("x")));
        });
        for (Mqtt other : Mqtt.values()) {
            cases.all("4.5.0-1", "a message goes from here to MQTT " + other.label, probe -> {
                Wire reader = probe.client(other, "r").subscribe(probe.topic("a"), 2);
                Wire wire = probe.client("c");
                for (int qos = 0; qos <= 2; qos++) {
                    wire.publish(probe.topic("a"), "m" + qos, qos);
                    reader.receive(probe.topic("a"), "m" + qos, qos);
                }
            });
        }
        cases.all("3.3.3", "an empty payload is delivered", probe -> {
            Wire wire = probe.client("c").subscribe(probe.topic("a"), 1);
            wire.publish(probe.topic("a"), "", 1).receive(probe.topic("a"), "", 1);
        });
        cases.all("3.3.3", "a payload of every byte is delivered as it is", probe -> {
            Wire wire = probe.client("c").subscribe(probe.topic("a"), 0);
            byte[] every = new byte[256];
            for (int i = 0; i < 256; i++) {
                every[i] = (byte) i;
            }
            wire.send(probe.make.publish(0, text(probe.topic("a")), 0, every));
            assertThat(wire.next(Packet.PUBLISH).payload()).isEqualTo(every);
        });
        cases.all("3.3.1-3", "DUP of the publisher is not handed on", probe -> {
            Wire wire = probe.client("c").subscribe(probe.topic("a"), 2);
            for (int qos = 1; qos <= 2; qos++) {
                wire.send(probe.make.duplicate(probe.topic("a"), "x", qos, qos));
                wire.answer(qos == 1 ? Packet.PUBACK : Packet.PUBREC);
                if (qos == 2) {
                    wire.send(probe.make.acknowledge(Packet.PUBREL, qos)).answer(Packet.PUBCOMP);
                }
                assertThat(wire.receive(probe.topic("a"), "x").dup()).isFalse();
            }
        });
    }
}
