package io.covey.it;

import static io.covey.it.Bytes.data;
import static io.covey.it.Bytes.hex;
import static io.covey.it.Bytes.join;
import static io.covey.it.Bytes.of;
import static io.covey.it.Bytes.packet;
import static io.covey.it.Bytes.text;
import static io.covey.it.Bytes.u16;
import static io.covey.it.Bytes.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** SUBSCRIBE and UNSUBSCRIBE, Topic Filters, and what matches them. */
final class SubscribeCases {
    private static final Integer[] WRONG = {0x81, 0x82};

    private final Cases cases;

    private SubscribeCases(Cases cases) {
        this.cases = cases;
    }

    static void fill(Cases cases) {
        SubscribeCases table = new SubscribeCases(cases);
        table.answers();
        table.malformed();
        table.properties();
        table.badFilters();
        table.matching();
        table.dollar();
        table.replacing();
        table.unsubscribing();
        table.malformedUnsubscribe();
    }

    private void refused(Set<Mqtt> versions, String clause, String question, byte[] bytes) {
        cases.add(versions, clause, "the connection ends: " + question, probe -> {
            Wire wire = probe.client("c");
            wire.sendToTheDeaf(bytes).refused(WRONG);
        });
    }

    private void answers() {
        for (int qos = 0; qos <= 2; qos++) {
            int level = qos;
            cases.all("3.8.4-5|3.8.4-7", "QoS " + qos + " is granted as asked", probe -> {
                Wire wire = probe.client("c").send(probe.make.subscribe(10, probe.topic("a"), level));
                byte[] section = probe.mqtt.is5() ? of(0) : of();
                assertThat(wire.next().raw()).isEqualTo(packet(0x90, u16(10), section, of(level)));
                wire.quiet();
            });
        }
        for (int id : new int[] {1, 256, 65_535}) {
            cases.all("3.8.4-2", "SUBACK has Packet Identifier " + id, probe -> probe.client("c")
                    .send(probe.make.subscribe(id, probe.topic("a"), 0))
                    .next(Packet.SUBACK, id));
            cases.all("3.10.4-4|3.10.4-5", "UNSUBACK has Packet Identifier " + id, probe -> probe.client("c")
                    .send(probe.make.unsubscribe(id, probe.topic("a")))
                    .next(Packet.UNSUBACK, id));
        }
        cases.all("3.9.3-1", "codes come in the order of the filters", probe -> {
            byte[] payload = {};
            for (int i = 0; i < 12; i++) {
                payload = join(payload, text(probe.topic("a" + i)), of(i % 3));
            }
            Wire wire = probe.client("c").send(probe.make.subscribe(5, payload));
            assertThat(wire.next(Packet.SUBACK, 5).codes()).containsExactly(0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2);
        });
        cases.all("3.8.4-4|3.8.4-5", "the same filter twice in one packet: the last one counts", probe -> {
            byte[] payload = join(text(probe.topic("a")), of(2), text(probe.topic("a")), of(0));
            Wire wire = probe.client("c").send(probe.make.subscribe(5, payload));
            assertThat(wire.next(Packet.SUBACK, 5).codes()).containsExactly(2, 0);
            wire.publish(probe.topic("a"), "x", 2).receive(probe.topic("a"), "x", 0);
            wire.quiet();
        });
        cases.all("3.8.4-4|3.8.4-5", "five hundred filters in one packet", probe -> {
            byte[] payload = {};
            for (int i = 0; i < 500; i++) {
                payload = join(payload, text(probe.topic("a" + i)), of(0));
            }
            Wire wire = probe.client("c").send(probe.make.subscribe(5, payload));
            assertThat(wire.next(Packet.SUBACK, 5).codes()).hasSize(500).containsOnly(0);
            wire.publish(probe.topic("a499"), "x", 0).receive(probe.topic("a499"), "x");
        });
    }

    private void malformed() {
        byte[] filter = text("a");
        refused(Set.of(Mqtt.V311), "3.8.3-3", "SUBSCRIBE without a filter", packet(0x82, u16(1)));
        refused(Set.of(Mqtt.V5), "3.8.3-2", "SUBSCRIBE without a filter", packet(0x82, u16(1), of(0)));
        refused(Set.of(Mqtt.V5), "2.2.2-1", "SUBSCRIBE without a Property Length", packet(0x82, u16(1)));
        both("3.8.3-1", "SUBSCRIBE whose filter has no options", 0x82, 1, filter);
        both("3.8.3-1", "SUBSCRIBE whose second filter has no options", 0x82, 1, join(filter, of(0), filter));
        both("3.8.3-1", "SUBSCRIBE with a filter longer than it", 0x82, 1, join(of(0, 9), utf8("a"), of(0)));
        both("3.8.3-1", "SUBSCRIBE with half a length", 0x82, 1, join(filter, of(0, 0)));
        both("2.3.1-1|2.2.1-3", "SUBSCRIBE with Packet Identifier 0", 0x82, 0, join(filter, of(0)));
        both("3-8.3-4|3.8.3-5", "SUBSCRIBE asks for QoS 3", 0x82, 1, join(filter, of(3)));
        refused(Cases.OASIS, "3.8.3", "an empty SUBSCRIBE", packet(0x82));
        for (int bit : new int[] {0x04, 0x08, 0x10, 0x20, 0x40, 0x80}) {
            refused(
                    Set.of(Mqtt.V311),
                    "3-8.3-4",
                    "reserved bit %02X beside the requested QoS".formatted(bit),
                    packet(0x82, u16(1), filter, of(bit)));
        }
        for (int options : new int[] {0x40, 0x80, 0xC0, 0x30}) {
            refused(
                    Set.of(Mqtt.V5),
                    "3.8.3-5",
                    "Subscription Options %02X".formatted(options),
                    packet(0x82, u16(1), of(0), filter, of(options)));
        }
        ConnectCases.illFormed().forEach((what, bytes) -> {
            both("1.5.3-1|1.5.4-1", what + " in a Topic Filter", 0x82, 1, join(data(bytes), of(0)));
            both("1.5.3-1|1.5.4-1", what + " in a Topic Filter of UNSUBSCRIBE", 0xA2, 1, data(bytes));
        });
    }

    /** The same packet for MQTT 3.1.1 and, with an empty Property Length, for 5.0. */
    private void both(String clause, String question, int first, int id, byte[] payload) {
        refused(Set.of(Mqtt.V311), clause, question, packet(first, u16(id), payload));
        refused(Set.of(Mqtt.V5), clause, question, packet(first, u16(id), of(0), payload));
    }

    private void properties() {
        byte[] subscription = join(text("a"), of(0));
        Prop.examples().forEach((id, example) -> {
            String name = "property 0x%02X".formatted(id);
            if (id != Prop.SUBSCRIPTION_ID && id != Prop.USER_PROPERTY) {
                refused(
                        Set.of(Mqtt.V5),
                        "2.2.2.2",
                        "SUBSCRIBE with " + name,
                        packet(0x82, u16(1), Prop.section(example), subscription));
            }
            if (id != Prop.USER_PROPERTY) {
                refused(
                        Set.of(Mqtt.V5),
                        "2.2.2.2",
                        "UNSUBSCRIBE with " + name,
                        packet(0xA2, u16(1), Prop.section(example), text("a")));
            }
        });
        Map<String, byte[]> identifiers = new TreeMap<>();
        identifiers.put("Subscription Identifier 0", Prop.section(Prop.subscriptionId(0)));
        identifiers.put("two Subscription Identifiers", Prop.section(Prop.subscriptionId(1), Prop.subscriptionId(2)));
        identifiers.put("a Subscription Identifier of five bytes", hex("06 0B 80 80 80 80 01"));
        identifiers.put("a Subscription Identifier in too many bytes", hex("03 0B 81 00"));
        identifiers.put("a Subscription Identifier without its end", hex("02 0B 81"));
        identifiers.forEach((what, section) -> refused(
                Set.of(Mqtt.V5), "3.8.2.1.2", "SUBSCRIBE with " + what, packet(0x82, u16(1), section, subscription)));
        cases.v5("3.8.2.1.3", "User Properties of SUBSCRIBE and UNSUBSCRIBE are accepted", probe -> {
            Wire wire = probe.client("c");
            wire.subscribe(probe.topic("a"), 1, Prop.user("a", "b"), Prop.user("a", "b"));
            wire.send(probe.make.unsubscribe(9, text(probe.topic("a")), Prop.user("a", "b")));
            assertThat(wire.next(Packet.UNSUBACK, 9).codes()).containsExactly(0);
        });
    }

    /** Refused in SUBACK, or by the end of the connection, and nothing is ever delivered for it. */
    private void badFilters() {
        List<String> filters =
                List.of("", "a#", "a/#/b", "#/a", "##", "a/b#", "a+", "+a", "a/+b", "a/b+/c", "++", "+#", "a/#b");
        for (String filter : filters) {
            String clause = filter.isEmpty() ? "4.7.3-1" : filter.contains("#") ? "4.7.1-2|4.7.1-1" : "4.7.1-3|4.7.1-2";
            cases.oasis(clause, "the Topic Filter '" + filter + "' is refused", probe -> {
                Wire wire = probe.client("c");
                wire.send(probe.make.subscribe(4, filter, 0));
                refusedOne(probe, wire);
            });
        }
    }

    private static void refusedOne(Probe probe, Wire wire) throws IOException {
        Packet answer = wire.nextOrEnd();
        if (answer == null) {
            assertThat(probe.mqtt.is5() && !probe.target.reasonsAreOptional())
                    .as("closed without a DISCONNECT that says why")
                    .isFalse();
        } else if (answer.type() == Packet.DISCONNECT) {
            assertThat(answer.code()).isIn(0x81, 0x82, 0x8F);
            wire.closed();
        } else {
            assertThat(answer.type()).isEqualTo(Packet.SUBACK);
            assertThat(answer.codes()).containsExactly(probe.mqtt.is5() ? 0x8F : 0x80);
        }
    }

    private void matching() {
        matches("sport/tennis/player1/#", "sport/tennis/player1", true);
        matches("sport/tennis/player1/#", "sport/tennis/player1/ranking", true);
        matches("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true);
        matches("sport/tennis/player1/#", "sport/tennis/player10", false);
        matches("sport/#", "sport", true);
        matches("sport/#", "sport/", true);
        matches("sport/#", "sports", false);
        matches("sport/tennis/+", "sport/tennis/player1", true);
        matches("sport/tennis/+", "sport/tennis/player1/ranking", false);
        matches("sport/+", "sport", false);
        matches("sport/+", "sport/", true);
        matches("sport/+/#", "sport", false);
        matches("sport/+/#", "sport/a", true);
        matches("+/+", "/finance", true);
        matches("/+", "/finance", true);
        matches("+", "/finance", false);
        matches("+", "finance", true);
        matches("+/tennis/#", "x/tennis", true);
        matches("a/+/c", "a//c", true);
        matches("a/+/c", "a/b/c", true);
        matches("a/+/c", "a/b/d", false);
        matches("a/b", "a/B", false);
        matches("a/b", "/a/b", false);
        matches("a/b", "a/b/", false);
        matches("a//b", "a/b", false);
        matches("ACCOUNTS", "Accounts", false);
        matches("a b", "a b", true);
        matches("a b", "ab", false);
        matches("\u00E9", "e\u0301", false);
        matches("a/+/+/d", "a/b/c/d", true);
        matches("+/+/+", "a/b", false);
        matches("#", "a/b/c", true);
        matches("#", "/", true);
        matches("/#", "/", true);
        matches("/", "/", true);
        matches("a/$b/+", "a/$b/c", true);
        matches("+/$b", "a/$b", true);
    }

    private void matches(String filter, String topic, boolean expected) {
        String clause = filter.contains("#") ? "4.7.1-2|4.7.1-1" : filter.contains("+") ? "4.7.1-3|4.7.1-2" : "4.7.3-4";
        String question = "'%s' %s '%s'".formatted(filter, expected ? "matches" : "does not match", topic);
        cases.all(clause, question, probe -> {
            Wire wire = probe.client("c").subscribe(probe.topic(filter), 0).subscribe(probe.name(), 0);
            wire.publish(probe.topic(topic), "x", 0);
            wire.publish(probe.name(), "end", 0);
            if (expected) {
                wire.receive(probe.topic(topic), "x");
            }
            // A filter of the form name/# matches name itself, too.
            wire.receive(probe.name(), "end");
        });
    }

    private void dollar() {
        for (String filter : new String[] {"#", "+/a", "+/#"}) {
            cases.all("4.7.2-1", "'" + filter + "' does not match topics that begin with $", probe -> {
                Wire wire = probe.client("c").subscribe(filter, 0);
                Wire writer = probe.client("p");
                writer.send(probe.make.publish("$" + probe.name() + "/a", "hidden", 0, 0));
                writer.publish(probe.name() + "/a", "seen", 0);
                Packet message = wire.next(Packet.PUBLISH);
                while (!message.topic().contains(probe.name())) {
                    message = wire.next(Packet.PUBLISH);
                }
                assertThat(message.topic()).isEqualTo(probe.name() + "/a");
            });
        }
        cases.all("4.7.2-1", "'#' gets no retained topics that begin with $", probe -> {
            Wire writer = probe.client("p");
            writer.send(probe.make.retained("$" + probe.name() + "/a", "hidden", 0, 0));
            writer.quiet();
            Wire reader = probe.client("c").subscribe("+/a", 0);
            writer.publish(probe.name() + "/a", "end", 0);
            Packet message = reader.next(Packet.PUBLISH);
            while (!message.text().equals("end")) {
                assertThat(message.topic()).doesNotStartWith("$");
                message = reader.next(Packet.PUBLISH);
            }
            writer.send(probe.make.retained("$" + probe.name() + "/a", "", 0, 0));
            writer.quiet();
        });
    }

    private void replacing() {
        cases.all("3.8.4-3", "a new SUBSCRIBE for the same filter replaces the QoS", probe -> {
            Wire wire = probe.client("c").subscribe(probe.topic("a"), 2).subscribe(probe.topic("a"), 0);
            wire.publish(probe.topic("a"), "x", 2).receive(probe.topic("a"), "x", 0);
            wire.subscribe(probe.topic("a"), 1);
            wire.publish(probe.topic("a"), "y", 2).receive(probe.topic("a"), "y", 1);
            wire.quiet();
        });
        cases.all(
                "3.3.5-1|3.3.4-2",
                "overlapping subscriptions: at most the highest QoS, no more copies than filters",
                probe -> {
                    Wire wire = probe.client("c")
                            .subscribe(probe.topic("a/#"), 0)
                            .subscribe(probe.topic("a/+"), 2)
                            .subscribe(probe.topic("a/b"), 1);
                    wire.publish(probe.topic("a/b"), "x", 2);
                    wire.publish(probe.topic("a"), "end", 0);
                    int highest = 0;
                    int copies = 0;
                    for (Packet message = wire.next(Packet.PUBLISH);
                            message.text().equals("x");
                            message = wire.next(Packet.PUBLISH)) {
                        highest = Math.max(highest, message.qos());
                        copies++;
                        wire.accept(message);
                    }
                    assertThat(highest).isEqualTo(2);
                    assertThat(copies).isBetween(1, 3);
                });
        cases.v5("3.8.4-3", "a new SUBSCRIBE replaces No Local and Retain As Published", probe -> {
            Wire wire = probe.client("c").subscribe(probe.topic("a"), 0x04);
            wire.publish(probe.topic("a"), "own", 0).quiet();
            wire.subscribe(probe.topic("a"), 0x08 | 0x20);
            wire.retain(probe.topic("a"), "x", 0);
            assertThat(wire.receive(probe.topic("a"), "x").retain()).isTrue();
            wire.retain(probe.topic("a"), "", 0);
        });
        cases.v5("3.8.4-3", "a new SUBSCRIBE replaces or removes the Subscription Identifier", probe -> {
            Wire wire = probe.client("c").subscribe(probe.topic("a"), 0, Prop.subscriptionId(5));
            wire.publish(probe.topic("a"), "1", 0);
            assertThat(wire.receive(probe.topic("a"), "1").all(Prop.SUBSCRIPTION_ID))
                    .containsExactly(5L);
            wire.subscribe(probe.topic("a"), 0, Prop.subscriptionId(268_435_455));
            wire.publish(probe.topic("a"), "2", 0);
            assertThat(wire.receive(probe.topic("a"), "2").all(Prop.SUBSCRIPTION_ID))
                    .containsExactly(268_435_455L);
            wire.subscribe(probe.topic("a"), 0);
            wire.publish(probe.topic("a"), "3", 0);
            assertThat(wire.receive(probe.topic("a"), "3").all(Prop.SUBSCRIPTION_ID))
                    .isEmpty();
        });
        cases.v5("3.3.4-4", "the identifiers of all matching subscriptions come, each once", probe -> {
            Wire wire = probe.client("c")
                    .subscribe(probe.topic("a/#"), 0, Prop.subscriptionId(1))
                    .subscribe(probe.topic("a/+"), 1, Prop.subscriptionId(300))
                    .subscribe(probe.topic("a/b"), 1)
                    .subscribe(probe.topic("c"), 1, Prop.subscriptionId(4));
            wire.publish(probe.topic("a/b"), "x", 1);
            wire.publish(probe.topic("c"), "end", 0);
            List<Object> identifiers = new java.util.ArrayList<>();
            for (Packet message = wire.next(Packet.PUBLISH);
                    message.text().equals("x");
                    message = wire.next(Packet.PUBLISH)) {
                identifiers.addAll(message.all(Prop.SUBSCRIPTION_ID));
                wire.accept(message);
            }
            assertThat(identifiers).containsExactlyInAnyOrder(1L, 300L);
        });
        cases.v5("3.8.2.1.2", "one identifier for all filters of a packet, also for what was queued", probe -> {
            Wire first = probe.accepted(probe.connect("c").persistent());
            byte[] filters = join(text(probe.topic("a")), of(1), text(probe.topic("b")), of(1));
            first.send(probe.make.subscribe(1, filters, Prop.subscriptionId(77)))
                    .next(Packet.SUBACK, 1);
            first.disconnect();
            probe.client("p").publish(probe.topic("a"), "1", 1).publish(probe.topic("b"), "2", 1);
            Wire second = probe.accepted(probe.connect("c").persistent(), true);
            assertThat(second.receive(probe.topic("a"), "1").all(Prop.SUBSCRIPTION_ID))
                    .containsExactly(77L);
            assertThat(second.receive(probe.topic("b"), "2").all(Prop.SUBSCRIPTION_ID))
                    .containsExactly(77L);
        });
        cases.v5("3.8.3-3", "No Local: not to its own connection, but to others and from others", probe -> {
            Wire wire = probe.client("c").subscribe(probe.topic("a"), 0x04 | 1);
            Wire other = probe.client("d").subscribe(probe.topic("a"), 1);
            wire.publish(probe.topic("a"), "own", 1);
            other.receive(probe.topic("a"), "own");
            other.publish(probe.topic("a"), "other", 1).receive(probe.topic("a"), "other");
            wire.receive(probe.topic("a"), "other");
            wire.quiet();
        });
        cases.v5("3.8.3-3", "No Local holds for the client id, also after a reconnect and for its own queue", probe -> {
            Wire first = probe.accepted(probe.connect("c").persistent()).subscribe(probe.topic("a"), 0x04 | 1);
            first.disconnect();
            Wire second = probe.accepted(probe.connect("c").persistent(), true);
            second.publish(probe.topic("a"), "own", 1).quiet();
            probe.client("d").publish(probe.topic("a"), "other", 1);
            second.receive(probe.topic("a"), "other");
        });
    }

    private void unsubscribing() {
        cases.all("3.10.4-1", "filters are compared byte by byte", probe -> {
            Wire wire = probe.client("c").subscribe(probe.topic("a/b"), 0);
            for (String filter : new String[] {"a/+", "a/#", "a/B", "a/b/", "a/b/#", "+/b"}) {
                wire.unsubscribe(probe.topic(filter));
            }
            wire.publish(probe.topic("a/b"), "x", 0).receive(probe.topic("a/b"), "x");
            wire.unsubscribe(probe.topic("a/b"));
            wire.publish(probe.topic("a/b"), "y", 0).quiet();
        });
        cases.all("3.10.4-2", "after UNSUBACK nothing new comes, the other filters stay", probe -> {
            Wire wire = probe.client("c").subscribe(probe.topic("a"), 1).subscribe(probe.topic("b"), 1);
            wire.unsubscribe(probe.topic("a"));
            wire.publish(probe.topic("a"), "x", 1);
            wire.publish(probe.topic("b"), "y", 1).receive(probe.topic("b"), "y");
            wire.quiet();
        });
        cases.all("3.10.4-3", "what was sent before UNSUBSCRIBE is completed", probe -> {
            Wire wire = probe.client("c").subscribe(probe.topic("a"), 2);
            probe.client("p").publish(probe.topic("a"), "x", 2);
            Packet message = wire.next(Packet.PUBLISH);
            wire.unsubscribe(probe.topic("a"));
            wire.accept(message);
            wire.quiet();
        });
        cases.all("3.10.4-3", "what was sent before UNSUBSCRIBE is sent again after a reconnect", probe -> {
            Wire first = probe.accepted(probe.connect("c").persistent()).subscribe(probe.topic("a"), 1);
            probe.client("p").publish(probe.topic("a"), "x", 1);
            int id = first.next(Packet.PUBLISH).id();
            first.unsubscribe(probe.topic("a"));
            first.drop();
            Wire second = probe.accepted(probe.connect("c").persistent(), true);
            assertThat(second.receive(probe.topic("a"), "x").id()).isEqualTo(id);
            second.quiet();
        });
        cases.all("3.10.4-6", "several filters, one UNSUBACK", probe -> {
            Wire wire = probe.client("c").subscribe(probe.topic("a"), 0).subscribe(probe.topic("b"), 0);
            wire.send(probe.make.unsubscribe(9, probe.topic("a"), probe.topic("none"), probe.topic("b")));
            Packet answer = wire.next(Packet.UNSUBACK, 9);
            if (probe.mqtt.is5()) {
                assertThat(answer.codes()).containsExactly(0x00, 0x11, 0x00);
            } else {
                assertThat(answer.raw()).isEqualTo(hex("B0 02 00 09"));
            }
            wire.publish(probe.topic("a"), "x", 0)
                    .publish(probe.topic("b"), "y", 0)
                    .quiet();
        });
        cases.all("3.10.4-5|3.10.4-4", "UNSUBACK although there is no subscription", probe -> {
            Wire wire = probe.client("c").send(probe.make.unsubscribe(3, probe.topic("a")));
            Packet answer = wire.next(Packet.UNSUBACK, 3);
            assertThat(answer.codes()).isEqualTo(probe.mqtt.is5() ? List.of(0x11) : List.of());
        });
        cases.all("3.10.4-2", "an UNSUBSCRIBE holds for the session, not only for the connection", probe -> {
            Wire first = probe.accepted(probe.connect("c").persistent()).subscribe(probe.topic("a"), 1);
            first.unsubscribe(probe.topic("a")).disconnect();
            probe.client("p").publish(probe.topic("a"), "x", 1);
            probe.accepted(probe.connect("c").persistent(), true).quiet();
        });
    }

    private void malformedUnsubscribe() {
        refused(Set.of(Mqtt.V311), "3.10.3-2", "UNSUBSCRIBE without a filter", packet(0xA2, u16(1)));
        refused(Set.of(Mqtt.V5), "3.10.3-2", "UNSUBSCRIBE without a filter", packet(0xA2, u16(1), of(0)));
        both("2.3.1-1|2.2.1-3", "UNSUBSCRIBE with Packet Identifier 0", 0xA2, 0, text("a"));
        both("3.10.3-1", "UNSUBSCRIBE with a filter longer than it", 0xA2, 1, of(0, 9, 'a'));
        both("3.10.3-1", "UNSUBSCRIBE with half a length", 0xA2, 1, join(text("a"), of(0)));
        refused(Cases.OASIS, "3.10.2", "an empty UNSUBSCRIBE", packet(0xA2));
    }
}
