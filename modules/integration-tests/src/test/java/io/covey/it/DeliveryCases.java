package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** PUBLISH to a client: QoS, identifiers, order, what is sent again and when, and the client's limits. */
final class DeliveryCases {
    private final Cases cases;

    private DeliveryCases(Cases cases) {
        this.cases = cases;
    }

    static void fill(Cases cases) {
        DeliveryCases table = new DeliveryCases(cases);
        table.qos();
        table.order();
        table.again();
        table.handshakes();
        table.receiveMaximum();
        table.maximumPacketSize();
        table.aliases();
    }

    private void qos() {
        for (int published = 0; published <= 2; published++) {
            for (int granted = 0; granted <= 2; granted++) {
                int from = published;
                int to = granted;
                cases.all("3.8.4-6|3.8.4-8", "QoS " + from + " to a subscription of QoS " + to, probe -> {
                    Wire reader = probe.client("r").subscribe(probe.topic("a"), to);
                    probe.client("c").publish(probe.topic("a"), "x", from);
                    Packet message = reader.receive(probe.topic("a"), "x", Math.min(from, to));
                    assertThat(message.flags()).isEqualTo(Math.min(from, to) << 1);
                    reader.quiet();
                });
            }
        }
        cases.all("2.3.1-4|2.2.1-4", "messages under way have identifiers of their own", probe -> {
            Wire reader = probe.client("r").subscribe(probe.topic("a"), 2);
            Wire writer = probe.client("c");
            List<Integer> ids = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                writer.publish(probe.topic("a"), "m" + i, 1 + i % 2);
                ids.add(reader.next(Packet.PUBLISH).id());
            }
            assertThat(ids).doesNotHaveDuplicates().doesNotContain(0);
        });
    }

    private void order() {
        for (int qos = 0; qos <= 2; qos++) {
            int level = qos;
            cases.all("4.6.0-6|4.6.0-5", "a hundred messages in order at QoS " + qos, probe -> {
                Wire reader = probe.client("r").subscribe(probe.topic("+"), level);
                Wire writer = probe.client("c");
                for (int i = 1; i <= 100; i++) {
                    writer.publish(probe.topic("a"), "m" + i, level);
                }
                for (int i = 1; i <= 100; i++) {
                    reader.receive(probe.topic("a"), "m" + i, level);
                }
            });
        }
        for (int qos = 1; qos <= 2; qos++) {
            int level = qos;
            cases.all(
                    "4.6.0-6|4.6.0-5",
                    "what was queued at QoS " + qos + " comes in order, not as a duplicate",
                    probe -> {
                        probe.accepted(probe.connect("r").persistent())
                                .subscribe(probe.topic("a"), level)
                                .disconnect();
                        Wire writer = probe.client("c");
                        for (int i = 1; i <= 50; i++) {
                            writer.publish(probe.topic("a"), "m" + i, level);
                        }
                        Wire reader = probe.accepted(probe.connect("r").persistent(), true);
                        for (int i = 1; i <= 50; i++) {
                            assertThat(reader.receive(probe.topic("a"), "m" + i, level)
                                            .dup())
                                    .isFalse();
                        }
                        reader.quiet();
                    });
        }
        cases.all("3.1.2-5|4.5.0-1", "a QoS 0 subscription queues no QoS 0 message as QoS 1", probe -> {
            probe.accepted(probe.connect("r").persistent())
                    .subscribe(probe.topic("a"), 1)
                    .disconnect();
            probe.client("c").publish(probe.topic("a"), "0", 0).publish(probe.topic("a"), "1", 1);
            Wire reader = probe.accepted(probe.connect("r").persistent(), true);
            Packet first = reader.next(Packet.PUBLISH);
            if (first.text().equals("0")) {
                // A server may keep QoS 0 messages, as QoS 0.
                assertThat(first.qos()).isZero();
                first = reader.next(Packet.PUBLISH);
            }
            assertThat(first.text()).isEqualTo("1");
            assertThat(first.qos()).isEqualTo(1);
        });
    }

    private void again() {
        for (int qos = 1; qos <= 2; qos++) {
            int level = qos;
            cases.all(
                    "4.4.0-1",
                    "unacknowledged at QoS " + qos + ": again with DUP, same identifier, in order",
                    probe -> {
                        Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
                        Wire first = probe.accepted(
                                        probe.connect("r").persistent().will(probe.topic("w"), "lost", 1, false))
                                .subscribe(probe.topic("a"), level);
                        Wire writer = probe.client("c");
                        List<Packet> sent = new ArrayList<>();
                        for (int i = 1; i <= 5; i++) {
                            writer.publish(probe.topic("a"), "m" + i, level);
                            sent.add(first.next(Packet.PUBLISH));
                            assertThat(sent.get(i - 1).dup()).isFalse();
                        }
                        first.drop();
                        // The will tells that the loss is noticed: what is published before may be sent into the void.
                        watcher.receive(probe.topic("w"), "lost");
                        writer.publish(probe.topic("a"), "m6", level);
                        Wire second = probe.accepted(probe.connect("r").persistent(), true);
                        for (Packet before : sent) {
                            Packet again = second.next(Packet.PUBLISH);
                            assertThat(again.text()).isEqualTo(before.text());
                            assertThat(again.id()).isEqualTo(before.id());
                            assertThat(again.flags()).isEqualTo(8 | level << 1);
                        }
                        assertThat(second.next(Packet.PUBLISH).flags()).isEqualTo(level << 1);
                        second.quiet();
                    });
            cases.all("4.4.0-1", "nothing is sent again on a living connection, QoS " + qos, probe -> {
                Wire reader = probe.client("r").subscribe(probe.topic("a"), level);
                probe.client("c").publish(probe.topic("a"), "x", level);
                reader.next(Packet.PUBLISH);
                Probe.elapse(1500);
                reader.quiet();
            });
            cases.all("3.1.2-6|3.1.2-4", "a clean session gets nothing of what the old one had, QoS " + qos, probe -> {
                Wire first = probe.accepted(probe.connect("r").persistent()).subscribe(probe.topic("a"), level);
                Wire writer = probe.client("c").publish(probe.topic("a"), "1", level);
                first.next(Packet.PUBLISH);
                first.drop();
                writer.publish(probe.topic("a"), "2", level);
                Wire second = probe.accepted(probe.connect("r"), false);
                second.subscribe(probe.topic("a"), level);
                writer.publish(probe.topic("a"), "3", level);
                assertThat(second.receive(probe.topic("a"), "3").dup()).isFalse();
            });
        }
        cases.all("4.3.2-1|4.3.2-3", "what was acknowledged is not sent again", probe -> {
            Wire first = probe.accepted(probe.connect("r").persistent()).subscribe(probe.topic("a"), 1);
            Wire writer = probe.client("c");
            for (int i = 1; i <= 4; i++) {
                writer.publish(probe.topic("a"), "m" + i, 1);
            }
            List<Packet> sent = new ArrayList<>();
            for (int i = 1; i <= 4; i++) {
                sent.add(first.next(Packet.PUBLISH));
            }
            first.accept(sent.get(0));
            first.accept(sent.get(2));
            first.disconnect();
            Wire second = probe.accepted(probe.connect("r").persistent(), true);
            assertThat(second.receive(probe.topic("a"), "m2").id())
                    .isEqualTo(sent.get(1).id());
            assertThat(second.receive(probe.topic("a"), "m4").id())
                    .isEqualTo(sent.get(3).id());
            second.quiet();
        });
        cases.all("4.3.3-1|4.3.3-6", "after PUBREC it is PUBREL that is sent again", probe -> {
            Wire first = probe.accepted(probe.connect("r").persistent()).subscribe(probe.topic("a"), 2);
            probe.client("c").publish(probe.topic("a"), "x", 2);
            int id = first.next(Packet.PUBLISH).id();
            first.send(probe.make.acknowledge(Packet.PUBREC, id)).next(Packet.PUBREL, id);
            first.drop();
            Wire second = probe.accepted(probe.connect("r").persistent(), true);
            second.next(Packet.PUBREL, id);
            second.send(probe.make.acknowledge(Packet.PUBCOMP, id)).quiet();
            second.drop();
            probe.accepted(probe.connect("r").persistent(), true).quiet();
        });
    }

    private void handshakes() {
        cases.all("4.3.3-1|4.3.3-4", "PUBREC gets PUBREL, again when it comes again", probe -> {
            Wire reader = probe.client("r").subscribe(probe.topic("a"), 2);
            probe.client("c").publish(probe.topic("a"), "x", 2);
            int id = reader.next(Packet.PUBLISH).id();
            reader.send(probe.make.acknowledge(Packet.PUBREC, id)).next(Packet.PUBREL, id);
            reader.send(probe.make.acknowledge(Packet.PUBREC, id)).next(Packet.PUBREL, id);
            reader.send(probe.make.acknowledge(Packet.PUBCOMP, id)).quiet();
        });
        cases.all("4.3.2", "acknowledgements in another order are taken", probe -> {
            Wire reader = probe.client("r").subscribe(probe.topic("a"), 1);
            Wire writer = probe.client("c");
            List<Packet> sent = new ArrayList<>();
            for (int i = 1; i <= 6; i++) {
                writer.publish(probe.topic("a"), "m" + i, 1);
                sent.add(reader.next(Packet.PUBLISH));
            }
            for (int i = 5; i >= 0; i--) {
                reader.accept(sent.get(i));
            }
            writer.publish(probe.topic("a"), "end", 1);
            reader.receive(probe.topic("a"), "end");
        });
        for (int code : new int[] {0x00, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99}) {
            String hex = "%02X".formatted(code);
            cases.v5("4.4.0-2", "PUBACK with 0x" + hex + " acknowledges", probe -> {
                ConnectBytes connect = probe.connect("r").persistent().with(Prop.receiveMaximum(1));
                Wire first = probe.accepted(connect).subscribe(probe.topic("a"), 1);
                probe.client("c").publish(probe.topic("a"), "1", 1).publish(probe.topic("a"), "2", 1);
                int id = first.next(Packet.PUBLISH).id();
                first.send(probe.make.acknowledge(Packet.PUBACK, id, code, Prop.reasonString("r")));
                first.receive(probe.topic("a"), "2");
                first.disconnect();
                probe.accepted(probe.connect("r").persistent(), true).quiet();
            });
            cases.v5("4.4.0-2", "PUBREC with 0x" + hex + (code < 0x80 ? " goes on" : " ends the handshake"), probe -> {
                ConnectBytes connect = probe.connect("r").persistent().with(Prop.receiveMaximum(1));
                Wire first = probe.accepted(connect).subscribe(probe.topic("a"), 2);
                probe.client("c").publish(probe.topic("a"), "1", 2).publish(probe.topic("a"), "2", 2);
                int id = first.next(Packet.PUBLISH).id();
                first.send(probe.make.acknowledge(Packet.PUBREC, id, code));
                if (code < 0x80) {
                    first.next(Packet.PUBREL, id);
                    first.send(probe.make.acknowledge(Packet.PUBCOMP, id));
                }
                first.receive(probe.topic("a"), "2");
                first.disconnect();
                probe.accepted(probe.connect("r").persistent(), true).quiet();
            });
        }
        cases.v5("4.3.3-1", "PUBCOMP with 0x92 ends the handshake", probe -> {
            Wire reader = probe.client("r").subscribe(probe.topic("a"), 2);
            probe.client("c").publish(probe.topic("a"), "x", 2);
            int id = reader.next(Packet.PUBLISH).id();
            reader.send(probe.make.acknowledge(Packet.PUBREC, id)).next(Packet.PUBREL, id);
            reader.send(probe.make.acknowledge(Packet.PUBCOMP, id, 0x92)).quiet();
        });
    }

    private void receiveMaximum() {
        for (int maximum : new int[] {1, 2, 10}) {
            for (int qos = 1; qos <= 2; qos++) {
                int level = qos;
                cases.v5("3.3.4-9", "no more than Receive Maximum " + maximum + " at QoS " + qos, probe -> {
                    Wire reader = probe.accepted(probe.connect("r").with(Prop.receiveMaximum(maximum)))
                            .subscribe(probe.topic("a"), level);
                    Wire writer = probe.client("c");
                    for (int i = 1; i <= 3 * maximum; i++) {
                        writer.publish(probe.topic("a"), "m" + i, level);
                    }
                    List<Packet> underWay = new ArrayList<>();
                    for (int i = 1; i <= maximum; i++) {
                        underWay.add(reader.next(Packet.PUBLISH));
                    }
                    reader.quiet();
                    for (int i = maximum + 1; i <= 3 * maximum; i++) {
                        reader.accept(underWay.remove(0));
                        Packet message = reader.next(Packet.PUBLISH);
                        assertThat(message.text()).isEqualTo("m" + i);
                        underWay.add(message);
                        reader.quiet();
                    }
                });
            }
        }
        cases.v5("4.9.0-3", "QoS 0, SUBACK and PUBCOMP come although the quota is 0", probe -> {
            Wire reader = probe.accepted(probe.connect("r").with(Prop.receiveMaximum(1)))
                    .subscribe(probe.topic("a"), 1);
            Wire writer = probe.client("c").publish(probe.topic("a"), "1", 1).publish(probe.topic("a"), "2", 1);
            Packet first = reader.next(Packet.PUBLISH);
            writer.publish(probe.topic("a"), "zero", 0);
            reader.receive(probe.topic("a"), "zero", 0);
            reader.subscribe(probe.topic("b"), 2);
            reader.publish(probe.topic("c"), "x", 2).quiet();
            reader.accept(first);
            reader.receive(probe.topic("a"), "2", 1);
        });
        cases.v5("4.9.0-2", "PUBREC does not give the quota back, PUBCOMP does", probe -> {
            Wire reader = probe.accepted(probe.connect("r").with(Prop.receiveMaximum(1)))
                    .subscribe(probe.topic("a"), 2);
            probe.client("c").publish(probe.topic("a"), "1", 2).publish(probe.topic("a"), "2", 2);
            int id = reader.next(Packet.PUBLISH).id();
            reader.send(probe.make.acknowledge(Packet.PUBREC, id)).next(Packet.PUBREL, id);
            reader.quiet();
            reader.send(probe.make.acknowledge(Packet.PUBCOMP, id));
            reader.receive(probe.topic("a"), "2", 2);
        });
        cases.v5("3.3.4-9", "what is sent again after a reconnect counts, too", probe -> {
            ConnectBytes first = probe.connect("r").persistent().with(Prop.receiveMaximum(3));
            Wire reader = probe.accepted(first).subscribe(probe.topic("a"), 1);
            Wire writer = probe.client("c");
            for (int i = 1; i <= 6; i++) {
                writer.publish(probe.topic("a"), "m" + i, 1);
            }
            for (int i = 1; i <= 3; i++) {
                reader.next(Packet.PUBLISH);
            }
            reader.drop();
            Wire second = probe.accepted(probe.connect("r").persistent().with(Prop.receiveMaximum(2)), true);
            List<Packet> underWay = new ArrayList<>(List.of(second.next(Packet.PUBLISH), second.next(Packet.PUBLISH)));
            second.quiet();
            for (int i = 3; i <= 6; i++) {
                second.accept(underWay.remove(0));
                Packet message = second.next(Packet.PUBLISH);
                assertThat(message.text()).isEqualTo("m" + i);
                assertThat(message.dup()).isEqualTo(i == 3);
                underWay.add(message);
                second.quiet();
            }
        });
        cases.v5("3.1.2.11.3", "without a Receive Maximum hundreds can be under way", probe -> {
            Wire reader = probe.client("r").subscribe(probe.topic("a"), 1);
            Wire writer = probe.client("c");
            for (int i = 1; i <= 300; i++) {
                writer.publish(probe.topic("a"), "m" + i, 1);
            }
            for (int i = 1; i <= 300; i++) {
                assertThat(reader.next(Packet.PUBLISH).text()).isEqualTo("m" + i);
            }
        });
    }

    private void maximumPacketSize() {
        for (int qos = 0; qos <= 2; qos++) {
            int level = qos;
            cases.v5("3.1.2-24", "exactly the Maximum Packet Size is sent, one byte more is not, QoS " + qos, probe -> {
                String fits = "x".repeat(100);
                int size = probe.make.publish(probe.topic("a"), fits, level, 1).length;
                Wire reader = probe.accepted(
                                probe.connect("r").maximumPacketSize(size).with(Prop.receiveMaximum(1)))
                        .subscribe(probe.topic("a"), level);
                Wire writer = probe.client("c");
                writer.publish(probe.topic("a"), fits + "x", level);
                writer.publish(probe.topic("a"), fits, level);
                writer.publish(probe.topic("a"), fits + "x", level);
                writer.publish(probe.topic("a"), "end", level);
                reader.receive(probe.topic("a"), fits, level);
                // [MQTT-3.1.2-25] What was too large counts as sent and is in nobody's way.
                reader.receive(probe.topic("a"), "end", level);
            });
        }
        cases.v5("3.1.2-25", "what is queued and too large for the next connection is dropped", probe -> {
            probe.accepted(probe.connect("r").persistent())
                    .subscribe(probe.topic("a"), 1)
                    .disconnect();
            Wire writer = probe.client("c").publish(probe.topic("a"), "x".repeat(500), 1);
            writer.publish(probe.topic("a"), "end", 1);
            Wire reader = probe.accepted(
                    probe.connect("r").persistent().maximumPacketSize(200).with(Prop.receiveMaximum(1)), true);
            reader.receive(probe.topic("a"), "end");
            reader.quiet();
        });
        cases.v5("3.1.2-25", "a retained message that is too large is left out", probe -> {
            Wire writer = probe.client("c")
                    .retain(probe.topic("a/large"), "x".repeat(500), 1)
                    .retain(probe.topic("a/small"), "s", 1);
            Wire reader =
                    probe.accepted(probe.connect("r").maximumPacketSize(200)).subscribe(probe.topic("a/#"), 1);
            reader.receive(probe.topic("a/small"), "s");
            reader.quiet();
            writer.retain(probe.topic("a/large"), "", 1).retain(probe.topic("a/small"), "", 1);
        });
        cases.v5("3.1.2-24", "properties count into the size", probe -> {
            int size = probe.make.publish(probe.topic("a"), "p", 0, 0, Prop.user("name", "value")).length;
            Wire exact =
                    probe.accepted(probe.connect("r").maximumPacketSize(size)).subscribe(probe.topic("a"), 0);
            Wire less = probe.accepted(probe.connect("s").maximumPacketSize(size - 1))
                    .subscribe(probe.topic("a"), 0);
            Wire writer = probe.client("c").publish(probe.topic("a"), "p", 0, Prop.user("name", "value"));
            writer.publish(probe.topic("a"), "e", 0);
            exact.receive(probe.topic("a"), "p");
            exact.receive(probe.topic("a"), "e");
            less.receive(probe.topic("a"), "e");
        });
    }

    private void aliases() {
        cases.v5("3.1.2-27", "no Topic Alias without a Topic Alias Maximum", probe -> {
            Wire reader = probe.client("r").subscribe(probe.topic("#"), 0);
            Wire writer = probe.client("c");
            for (int i = 0; i < 5; i++) {
                writer.publish(probe.topic("long/topic/name"), "x", 0);
                assertThat(reader.receive(probe.topic("long/topic/name"), "x").has(Prop.TOPIC_ALIAS))
                        .isFalse();
            }
        });
        for (int maximum : new int[] {1, 3, 65_535}) {
            cases.v5("3.1.2-26", "aliases up to " + maximum + ", and each stands for the right topic", probe -> {
                Wire reader = probe.accepted(probe.connect("r").with(Prop.topicAliasMaximum(maximum)))
                        .subscribe(probe.topic("#"), 1);
                Wire writer = probe.client("c");
                Map<Long, String> topics = new HashMap<>();
                for (int i = 0; i < 60; i++) {
                    String topic = probe.topic("level/" + i * i % 7);
                    writer.publish(topic, "m" + i, i % 2);
                    Packet message = reader.next(Packet.PUBLISH);
                    long alias = message.number(Prop.TOPIC_ALIAS, 0);
                    assertThat(alias).isLessThanOrEqualTo(maximum);
                    if (alias > 0 && !message.topic().isEmpty()) {
                        topics.put(alias, message.topic());
                    }
                    assertThat(message.topic().isEmpty() ? topics.get(alias) : message.topic())
                            .isEqualTo(topic);
                    assertThat(message.text()).isEqualTo("m" + i);
                    reader.accept(message);
                }
            });
        }
        cases.v5("3.3.2-7", "aliases of one connection are not used on the next", probe -> {
            ConnectBytes connect = probe.connect("r").persistent().with(Prop.topicAliasMaximum(5));
            Wire first = probe.accepted(connect).subscribe(probe.topic("a"), 1);
            Wire writer = probe.client("c").publish(probe.topic("a"), "1", 1).publish(probe.topic("a"), "2", 1);
            first.next(Packet.PUBLISH);
            first.next(Packet.PUBLISH);
            first.drop();
            writer.publish(probe.topic("a"), "3", 1);
            Wire second = probe.accepted(connect, true);
            assertThat(second.next(Packet.PUBLISH).topic()).isEqualTo(probe.topic("a"));
        });
    }
}
