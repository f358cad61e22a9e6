package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.it.Packet.Property;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/** Retained messages: stored, replaced, deleted, sent on SUBSCRIBE, and the RETAIN flag on the way. */
final class RetainedCases {
    private final Cases cases;

    private RetainedCases(Cases cases) {
        this.cases = cases;
    }

    static void fill(Cases cases) {
        RetainedCases table = new RetainedCases(cases);
        table.storing();
        table.flag();
        table.subscribing();
        table.handling();
        table.expiring();
    }

    /** Leaves no retained message behind, so that the node of the other cases stays small. */
    private static void clear(Probe probe, Wire wire, String... topics) throws IOException {
        for (String topic : topics) {
            wire.retain(probe.topic(topic), "", 1);
        }
    }

    private void storing() {
        for (int qos = 0; qos <= 2; qos++) {
            int level = qos;
            cases.all("3.3.1-5", "a message retained at QoS " + qos + " comes to a later subscriber", probe -> {
                Wire writer = probe.client("c").retain(probe.topic("a"), "x", level);
                Wire reader = probe.client("r").subscribe(probe.topic("a"), 2);
                Packet message = reader.receive(probe.topic("a"), "x", level);
                assertThat(message.retain()).isTrue();
                assertThat(message.dup()).isFalse();
                reader.quiet();
                clear(probe, writer, "a");
            });
            cases.all(
                    "3.3.1-7|3.8.4-8",
                    "a retained message is sent at QoS " + qos + " at most where that was granted",
                    probe -> {
                        Wire writer = probe.client("c").retain(probe.topic("a"), "x", 2);
                        Wire reader = probe.client("r").subscribe(probe.topic("a"), level);
                        reader.receive(probe.topic("a"), "x", level);
                        clear(probe, writer, "a");
                    });
        }
        cases.all("3.3.1-5", "the last of several replaces the others, whatever their QoS", probe -> {
            Wire writer = probe.client("c");
            writer.retain(probe.topic("a"), "1", 2)
                    .retain(probe.topic("a"), "2", 1)
                    .retain(probe.topic("a"), "3", 0);
            Wire reader = probe.client("r").subscribe(probe.topic("a"), 2);
            reader.receive(probe.topic("a"), "3", 0);
            reader.quiet();
            clear(probe, writer, "a");
        });
        cases.all("3.3.1-12|3.3.1-8", "a message without RETAIN neither replaces nor removes", probe -> {
            Wire writer = probe.client("c").retain(probe.topic("a"), "kept", 1);
            writer.publish(probe.topic("a"), "passing", 1).publish(probe.topic("a"), "", 1);
            writer.publish(probe.topic("b"), "never", 1);
            Wire reader = probe.client("r").subscribe(probe.topic("+"), 1);
            reader.receive(probe.topic("a"), "kept");
            reader.quiet();
            clear(probe, writer, "a");
        });
        for (int qos = 0; qos <= 2; qos++) {
            int level = qos;
            cases.all(
                    "3.3.1-10|3.3.1-6",
                    "an empty payload at QoS " + qos + " deletes, and is delivered itself",
                    probe -> {
                        Wire writer = probe.client("c").retain(probe.topic("a"), "x", 1);
                        Wire reader = probe.client("r").subscribe(probe.topic("a"), 2);
                        reader.receive(probe.topic("a"), "x");
                        writer.retain(probe.topic("a"), "", level);
                        assertThat(reader.receive(probe.topic("a"), "", level).retain())
                                .isFalse();
                        probe.client("s").subscribe(probe.topic("a"), 2).quiet();
                    });
        }
        cases.all("3.3.1-11|3.3.1-7", "an empty payload is not stored", probe -> {
            probe.client("c").retain(probe.topic("a"), "", 1);
            probe.client("r").subscribe(probe.topic("a"), 1).quiet();
        });
        cases.all("3.1.2-7|4.1", "a retained message outlives the session of who published it", probe -> {
            Wire writer = probe.client("c").retain(probe.topic("a"), "x", 1);
            writer.disconnect();
            probe.client("c").disconnect();
            Wire reader = probe.client("r").subscribe(probe.topic("a"), 1);
            reader.receive(probe.topic("a"), "x");
            clear(probe, reader.unsubscribe(probe.topic("a")), "a");
        });
        for (Mqtt other : Mqtt.values()) {
            cases.all("3.3.1-5", "retained here, read with MQTT " + other.label, probe -> {
                Wire writer = probe.client("c").retain(probe.topic("a"), "x", 1);
                Wire reader = probe.client(other, "r").subscribe(probe.topic("#"), 1);
                assertThat(reader.receive(probe.topic("a"), "x", 1).retain()).isTrue();
                clear(probe, writer, "a");
            });
        }
        cases.v5("3.3.1-5", "properties are retained with the message", probe -> {
            Wire writer = probe.client("c")
                    .retain(
                            probe.topic("a"),
                            "x",
                            1,
                            Prop.payloadFormat(1),
                            Prop.user("b", "1"),
                            Prop.user("a", "2"),
                            Prop.contentType("t"),
                            Prop.responseTopic("r"),
                            Prop.correlationData(9));
            Wire reader = probe.client("r").subscribe(probe.topic("a"), 1, Prop.subscriptionId(3));
            Packet message = reader.receive(probe.topic("a"), "x");
            assertThat(message.properties())
                    .containsExactlyInAnyOrder(
                            new Property(Prop.PAYLOAD_FORMAT, 1L),
                            Property.user("b", "1"),
                            Property.user("a", "2"),
                            new Property(Prop.CONTENT_TYPE, "t"),
                            new Property(Prop.RESPONSE_TOPIC, "r"),
                            new Property(Prop.CORRELATION_DATA, "09"),
                            new Property(Prop.SUBSCRIPTION_ID, 3L));
            assertThat(message.all(Prop.USER_PROPERTY)).containsExactly(Map.entry("b", "1"), Map.entry("a", "2"));
            clear(probe, writer, "a");
        });
        cases.v5("3.3.2.3.4", "retained through a Topic Alias", probe -> {
            Wire writer = probe.client("c").publish(probe.topic("a"), "x", 0, Prop.topicAlias(1));
            writer.retain("", "kept", 1, Prop.topicAlias(1));
            Packet message = probe.client("r").subscribe(probe.topic("a"), 1).receive(probe.topic("a"), "kept");
            assertThat(message.has(Prop.TOPIC_ALIAS)).isFalse();
            clear(probe, writer, "a");
        });
    }

    private void flag() {
        cases.all("3.3.1-9|3.3.1-12", "RETAIN is 0 towards a subscription that exists", probe -> {
            Wire reader = probe.client("r").subscribe(probe.topic("a"), 2);
            Wire writer = probe.client("c");
            for (int qos = 0; qos <= 2; qos++) {
                writer.retain(probe.topic("a"), "x", qos);
                assertThat(reader.receive(probe.topic("a"), "x", qos).retain()).isFalse();
            }
            clear(probe, writer, "a");
        });
        cases.all("3.3.1-9|3.3.1-12", "RETAIN is 0 for what was queued", probe -> {
            probe.accepted(probe.connect("r").persistent())
                    .subscribe(probe.topic("a"), 1)
                    .disconnect();
            Wire writer = probe.client("c").retain(probe.topic("a"), "x", 1);
            Wire reader = probe.accepted(probe.connect("r").persistent(), true);
            assertThat(reader.receive(probe.topic("a"), "x").retain()).isFalse();
            reader.quiet();
            clear(probe, writer, "a");
        });
        cases.v5("3.3.1-13", "Retain As Published: RETAIN as it was, 1 and 0, live and queued", probe -> {
            Wire first = probe.accepted(probe.connect("r").persistent()).subscribe(probe.topic("a"), 0x08 | 1);
            Wire writer = probe.client("c").retain(probe.topic("a"), "1", 1).publish(probe.topic("a"), "2", 1);
            assertThat(first.receive(probe.topic("a"), "1").retain()).isTrue();
            assertThat(first.receive(probe.topic("a"), "2").retain()).isFalse();
            first.disconnect();
            writer.retain(probe.topic("a"), "3", 1).publish(probe.topic("a"), "4", 1);
            Wire second = probe.accepted(probe.connect("r").persistent(), true);
            assertThat(second.receive(probe.topic("a"), "3").retain()).isTrue();
            assertThat(second.receive(probe.topic("a"), "4").retain()).isFalse();
            clear(probe, writer, "a");
        });
        cases.v5("3.3.1-13", "Retain As Published: a deletion arrives with RETAIN", probe -> {
            Wire reader = probe.client("r").subscribe(probe.topic("a"), 0x08 | 1);
            probe.client("c").retain(probe.topic("a"), "1", 1).retain(probe.topic("a"), "", 1);
            reader.receive(probe.topic("a"), "1");
            assertThat(reader.receive(probe.topic("a"), "").retain()).isTrue();
        });
        cases.v5("3.3.1-8", "a retained message on SUBSCRIBE has RETAIN 1, whatever Retain As Published is", probe -> {
            Wire writer = probe.client("c").retain(probe.topic("a"), "x", 1);
            for (int options : new int[] {0x01, 0x09}) {
                Wire reader = probe.client("r" + options).subscribe(probe.topic("a"), options);
                assertThat(reader.receive(probe.topic("a"), "x").retain()).isTrue();
            }
            clear(probe, writer, "a");
        });
        cases.v311("bridges", "a bridge at level 0x84 gets RETAIN as published", probe -> {
            Wire reader =
                    probe.accepted(probe.connect("r").protocol("MQTT", 0x84)).subscribe(probe.topic("a"), 1);
            Wire writer = probe.client("c").retain(probe.topic("a"), "1", 1).publish(probe.topic("a"), "2", 1);
            assertThat(reader.receive(probe.topic("a"), "1").retain()).isTrue();
            assertThat(reader.receive(probe.topic("a"), "2").retain()).isFalse();
            clear(probe, writer, "a");
        });
        cases.v311("bridges", "a bridge at level 0x84 does not get its own messages back", probe -> {
            Wire bridge =
                    probe.accepted(probe.connect("r").protocol("MQTT", 0x84)).subscribe(probe.topic("a"), 1);
            bridge.publish(probe.topic("a"), "own", 1);
            probe.client("c").publish(probe.topic("a"), "end", 1);
            bridge.receive(probe.topic("a"), "end");
        });
    }

    private void subscribing() {
        cases.all("3.3.1-6|3.3.1-9", "every matching topic's message comes, and no other", probe -> {
            Wire writer = probe.client("c");
            Map<String, String> expected = new TreeMap<>();
            for (String topic : new String[] {"a", "a/b", "a/b/c", "a/d", "x/b"}) {
                writer.retain(probe.topic(topic), topic, 1);
                if (topic.startsWith("a/")) {
                    expected.put(probe.topic(topic), topic);
                }
            }
            expected.put(probe.topic("a"), "a");
            Wire reader = probe.client("r").subscribe(probe.topic("a/#"), 1);
            Map<String, String> received = new TreeMap<>();
            for (int i = 0; i < expected.size(); i++) {
                Packet message = reader.next(Packet.PUBLISH);
                assertThat(message.retain()).isTrue();
                received.put(message.topic(), message.text());
                reader.accept(message);
            }
            assertThat(received).isEqualTo(expected);
            reader.quiet();
            clear(probe, writer, "a", "a/b", "a/b/c", "a/d", "x/b");
        });
        cases.all("3.8.4-3|3.8.4-4", "the retained message comes again on the same SUBSCRIBE", probe -> {
            Wire writer = probe.client("c").retain(probe.topic("a"), "x", 1);
            Wire reader = probe.client("r");
            for (int i = 0; i < 3; i++) {
                reader.subscribe(probe.topic("a"), 1);
                assertThat(reader.receive(probe.topic("a"), "x").retain()).isTrue();
            }
            reader.quiet();
            clear(probe, writer, "a");
        });
        cases.all(
                "3.8.4-3|3.8.4-4", "a session that is found gets retained messages only for a new SUBSCRIBE", probe -> {
                    Wire writer = probe.client("c").retain(probe.topic("a"), "x", 1);
                    Wire first = probe.accepted(probe.connect("r").persistent()).subscribe(probe.topic("a"), 1);
                    first.receive(probe.topic("a"), "x");
                    first.disconnect();
                    Wire second = probe.accepted(probe.connect("r").persistent(), true)
                            .quiet();
                    second.subscribe(probe.topic("a"), 1);
                    assertThat(second.receive(probe.topic("a"), "x").retain()).isTrue();
                    clear(probe, writer, "a");
                });
        cases.all("3.8.4-4|3.8.4-5", "two filters in one SUBSCRIBE bring a message for each", probe -> {
            Wire writer = probe.client("c").retain(probe.topic("a"), "1", 1).retain(probe.topic("b"), "2", 1);
            Wire reader = probe.client("r");
            byte[] filters =
                    Bytes.join(Bytes.text(probe.topic("a")), Bytes.of(1), Bytes.text(probe.topic("b")), Bytes.of(0));
            reader.send(probe.make.subscribe(7, filters)).answer(Packet.SUBACK);
            Map<String, Integer> received = new TreeMap<>();
            for (int i = 0; i < 2; i++) {
                Packet message = reader.next(Packet.PUBLISH);
                received.put(message.text(), message.qos());
                reader.accept(message);
            }
            assertThat(received).isEqualTo(Map.of("1", 1, "2", 0));
            reader.quiet();
            clear(probe, writer, "a", "b");
        });
        cases.all("3.3.1-6|3.3.1-9", "three hundred retained messages come to a wildcard", probe -> {
            Wire writer = probe.client("c");
            for (int i = 0; i < 300; i++) {
                writer.send(probe.make.retained(probe.topic("a" + i), "x", 0, 0));
            }
            writer.publish(probe.topic("a"), "behind", 1);
            Wire reader = probe.client("r").subscribe(probe.topic("+"), 1);
            for (int i = 0; i < 300; i++) {
                assertThat(reader.next(Packet.PUBLISH).retain()).isTrue();
            }
            reader.quiet();
            for (int i = 0; i < 300; i++) {
                writer.send(probe.make.retained(probe.topic("a" + i), "", 0, 0));
            }
            writer.publish(probe.topic("a"), "behind", 1);
        });
    }

    private void handling() {
        cases.v5("3.3.1-10", "Retain Handling 1: only where the subscription is new", probe -> {
            Wire writer = probe.client("c").retain(probe.topic("a"), "x", 1);
            Wire first = probe.accepted(probe.connect("r").persistent()).subscribe(probe.topic("a"), 0x11);
            first.receive(probe.topic("a"), "x");
            first.subscribe(probe.topic("a"), 0x11).quiet();
            first.disconnect();
            Wire second = probe.accepted(probe.connect("r").persistent(), true);
            second.subscribe(probe.topic("a"), 0x11).quiet();
            second.unsubscribe(probe.topic("a")).subscribe(probe.topic("a"), 0x11);
            second.receive(probe.topic("a"), "x");
            clear(probe, writer, "a");
        });
        cases.v5("3.3.1-11", "Retain Handling 2: never on SUBSCRIBE", probe -> {
            Wire writer = probe.client("c").retain(probe.topic("a"), "x", 1);
            Wire reader = probe.client("r").subscribe(probe.topic("a"), 0x21).quiet();
            reader.subscribe(probe.topic("a"), 0x21).quiet();
            writer.publish(probe.topic("a"), "live", 1);
            reader.receive(probe.topic("a"), "live");
            clear(probe, writer, "a");
        });
        cases.v5("3.3.1-9", "Retain Handling 0: also where the subscription exists", probe -> {
            Wire writer = probe.client("c").retain(probe.topic("a"), "x", 1);
            Wire reader = probe.client("r").subscribe(probe.topic("a"), 0x21).quiet();
            reader.subscribe(probe.topic("a"), 0x01).receive(probe.topic("a"), "x");
            clear(probe, writer, "a");
        });
        cases.v5("3.3.1-10", "each filter of a packet has its own Retain Handling", probe -> {
            Wire writer = probe.client("c").retain(probe.topic("a"), "1", 0).retain(probe.topic("b"), "2", 0);
            Wire reader = probe.client("r");
            byte[] filters = Bytes.join(
                    Bytes.text(probe.topic("a")), Bytes.of(0x20), Bytes.text(probe.topic("b")), Bytes.of(0x10));
            reader.send(probe.make.subscribe(7, filters)).answer(Packet.SUBACK);
            reader.receive(probe.topic("b"), "2");
            reader.quiet();
            clear(probe, writer, "a", "b");
        });
        cases.v5("3.8.3-3", "No Local does not hide what was retained by somebody else", probe -> {
            Wire writer = probe.client("c").retain(probe.topic("a"), "x", 1);
            probe.client("r").subscribe(probe.topic("a"), 0x05).receive(probe.topic("a"), "x");
            clear(probe, writer, "a");
        });
    }

    private void expiring() {
        cases.v5("3.3.2-5", "a retained message expires", probe -> {
            Wire writer = probe.client("c").retain(probe.topic("a"), "gone", 1, Prop.messageExpiry(1));
            writer.retain(probe.topic("b"), "kept", 1, Prop.messageExpiry(100));
            Probe.elapse(2100);
            Wire reader = probe.client("r").subscribe(probe.topic("+"), 1);
            Packet message = reader.receive(probe.topic("b"), "kept");
            assertThat(message.number(Prop.MESSAGE_EXPIRY, -1)).isBetween(60L, 98L);
            reader.quiet();
            clear(probe, writer, "a", "b");
        });
        cases.v5("3.3.2-5", "a retained message that expired does not come back, the next one counts anew", probe -> {
            Wire writer = probe.client("c").retain(probe.topic("a"), "gone", 1, Prop.messageExpiry(1));
            Probe.elapse(2100);
            probe.client("r").subscribe(probe.topic("a"), 1).quiet();
            writer.retain(probe.topic("a"), "new", 1);
            probe.client("s").subscribe(probe.topic("a"), 1).receive(probe.topic("a"), "new");
            clear(probe, writer, "a");
        });
    }
}
