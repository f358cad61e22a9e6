package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Shared Subscriptions. */
final class SharedCases {
    private final Cases cases;

    private SharedCases(Cases cases) {
        this.cases = cases;
    }

    static void fill(Cases cases) {
        SharedCases table = new SharedCases(cases);
        table.filters();
        table.sharing();
        table.details();
    }

    private static String share(Probe probe, String group, String filter) {
        return "$share/" + group + "/" + probe.topic(filter);
    }

    private void filters() {
        for (String filter : new String[] {
            "$share/",
            "$share/g",
            "$share//t",
            "$share/g/",
            "$share/g+/t",
            "$share/+/t",
            "$share/g#/t",
            "$share/#/t",
            "$share/g/a#",
            "$share/g/a/#/b"
        }) {
            String clause = filter.equals("$share/") || filter.equals("$share//t") ? "4.8.2-1" : "4.8.2-2";
            cases.v5(clause, "the filter '" + filter + "' is refused", probe -> {
                Wire wire = probe.client("c");
                wire.send(probe.make.subscribe(4, filter, 0));
                Packet answer = wire.nextOrEnd();
                if (answer != null && answer.type() == Packet.SUBACK) {
                    assertThat(answer.codes()).containsExactly(0x8F);
                } else if (answer != null) {
                    assertThat(answer.type()).isEqualTo(Packet.DISCONNECT);
                    assertThat(answer.code()).isIn(0x81, 0x82, 0x8F);
                }
            });
        }
        cases.v5("3.8.3-4", "the connection ends: No Local on a Shared Subscription", probe -> {
            Wire wire = probe.client("c");
            wire.send(probe.make.subscribe(4, share(probe, "g", "a"), 0x04)).refused(0x82);
        });
    }

    private void sharing() {
        for (int qos = 0; qos <= 2; qos++) {
            int level = qos;
            cases.v5("4.8.2", "each message goes to one member, none is lost, QoS " + qos, probe -> {
                List<Wire> members = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    members.add(probe.client("m" + i).subscribe(share(probe, "g", "a"), level));
                }
                Wire writer = probe.client("c");
                List<String> expected = new ArrayList<>();
                for (int i = 0; i < 30; i++) {
                    writer.publish(probe.topic("a"), "n" + i, level);
                    expected.add("n" + i);
                }
                assertThat(receivedBy(members, 30)).containsExactlyInAnyOrderElementsOf(expected);
            });
            cases.v5("4.8.2-3", "the granted QoS " + qos + " is respected", probe -> {
                Wire member = probe.client("m").subscribe(share(probe, "g", "a"), level);
                probe.client("c").publish(probe.topic("a"), "x", 2);
                member.receive(probe.topic("a"), "x", level);
            });
        }
        cases.v5("4.8.2", "groups and ordinary subscriptions get copies of their own", probe -> {
            Wire one = probe.client("m").subscribe(share(probe, "g", "a"), 1);
            Wire two = probe.client("n").subscribe(share(probe, "h", "a"), 1);
            Wire three = probe.client("o").subscribe(probe.topic("a"), 1);
            probe.client("c").publish(probe.topic("a"), "x", 1);
            one.receive(probe.topic("a"), "x");
            two.receive(probe.topic("a"), "x");
            three.receive(probe.topic("a"), "x");
            one.quiet();
            two.quiet();
            three.quiet();
        });
        cases.v5("4.8.2", "one group over different filters is different Shared Subscriptions", probe -> {
            Wire one = probe.client("m").subscribe(share(probe, "g", "a/#"), 1);
            Wire two = probe.client("n").subscribe(share(probe, "g", "a/+"), 1);
            probe.client("c").publish(probe.topic("a/b"), "x", 1);
            one.receive(probe.topic("a/b"), "x");
            two.receive(probe.topic("a/b"), "x");
        });
        cases.v5("4.8.2", "a single member gets all, in order", probe -> {
            Wire member = probe.client("m").subscribe(share(probe, "g", "+"), 1);
            Wire writer = probe.client("c");
            for (int i = 0; i < 30; i++) {
                writer.publish(probe.topic("a"), "n" + i, 1);
            }
            for (int i = 0; i < 30; i++) {
                member.receive(probe.topic("a"), "n" + i, 1);
            }
        });
    }

    /** Takes messages wherever they come until there are as many as are expected, and then looks whether there are more. */
    private static List<String> receivedBy(List<Wire> members, int count) throws IOException {
        List<String> received = new ArrayList<>();
        long limit = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Wire.PATIENCE_MILLIS);
        do {
            received.addAll(arrivedAt(members));
        } while (received.size() < count && System.nanoTime() < limit);
        received.addAll(arrivedAt(members));
        return received;
    }

    private static List<String> arrivedAt(List<Wire> members) throws IOException {
        List<String> received = new ArrayList<>();
        for (Wire member : members) {
            member.send(ClientBytes.PINGREQ);
            for (Packet next = member.next(); next.type() != Packet.PINGRESP; next = member.next()) {
                if (next.type() == Packet.PUBREL) {
                    member.send(member.make.acknowledge(Packet.PUBCOMP, next.id()));
                    continue;
                }
                received.add(next.text());
                if (next.qos() > 0) {
                    member.send(member.make.acknowledge(next.qos() == 1 ? Packet.PUBACK : Packet.PUBREC, next.id()));
                }
            }
        }
        return received;
    }

    private void details() {
        cases.v5("4.8.2", "no retained messages at SUBSCRIBE", probe -> {
            Wire writer = probe.client("c").retain(probe.topic("a"), "x", 1);
            Wire member = probe.client("m").subscribe(share(probe, "g", "a"), 1).quiet();
            writer.retain(probe.topic("a"), "", 1);
            member.receive(probe.topic("a"), "");
        });
        cases.v5("3.3.4-3", "the Subscription Identifier comes with the message", probe -> {
            Wire member = probe.client("m").subscribe(share(probe, "g", "a"), 1, Prop.subscriptionId(12));
            probe.client("c").publish(probe.topic("a"), "x", 1);
            assertThat(member.receive(probe.topic("a"), "x").all(Prop.SUBSCRIPTION_ID))
                    .containsExactly(12L);
        });
        cases.v5("3.3.1-13", "Retain As Published holds for Shared Subscriptions", probe -> {
            Wire member = probe.client("m").subscribe(share(probe, "g", "a"), 0x09);
            probe.client("c").retain(probe.topic("a"), "x", 1).retain(probe.topic("a"), "", 1);
            assertThat(member.receive(probe.topic("a"), "x").retain()).isTrue();
        });
        cases.v5("3.10.4-1", "UNSUBSCRIBE takes the whole filter, with the group's name", probe -> {
            Wire member = probe.client("m").subscribe(share(probe, "g", "a"), 1);
            member.send(probe.make.unsubscribe(
                    9, share(probe, "h", "a"), probe.topic("a"), share(probe, "g", "a"), share(probe, "g", "a")));
            assertThat(member.next(Packet.UNSUBACK, 9).codes()).containsExactly(0x11, 0x11, 0x00, 0x11);
            probe.client("c").publish(probe.topic("a"), "x", 1);
            member.quiet();
        });
        cases.v5("4.8.2", "a member that has left gets nothing, the others get all", probe -> {
            Wire gone = probe.client("m").subscribe(share(probe, "g", "a"), 1);
            Wire member = probe.client("n").subscribe(share(probe, "g", "a"), 1);
            gone.unsubscribe(share(probe, "g", "a"));
            Wire writer = probe.client("c");
            for (int i = 0; i < 10; i++) {
                writer.publish(probe.topic("a"), "n" + i, 1);
                member.receive(probe.topic("a"), "n" + i);
            }
            gone.quiet();
        });
        cases.v5("4.8.2", "after a member has disconnected the others get all", probe -> {
            probe.client("m").subscribe(share(probe, "g", "a"), 1).disconnect();
            Wire member = probe.client("n").subscribe(share(probe, "g", "a"), 1);
            Wire writer = probe.client("c");
            for (int i = 0; i < 10; i++) {
                writer.publish(probe.topic("a"), "n" + i, 1);
                member.receive(probe.topic("a"), "n" + i);
            }
        });
        for (int type : new int[] {Packet.PUBACK, Packet.PUBREC}) {
            int qos = type == Packet.PUBACK ? 1 : 2;
            cases.v5("4.8.2-6", "what one member refuses by " + Packet.name(type) + " goes to nobody else", probe -> {
                Wire one = probe.client("m").subscribe(share(probe, "g", "a"), qos);
                Wire writer = probe.client("c").publish(probe.topic("a"), "refused", qos);
                Packet message = one.next(Packet.PUBLISH);
                Wire two = probe.client("n").subscribe(share(probe, "g", "a"), qos);
                one.send(probe.make.acknowledge(type, message.id(), 0x80)).quiet();
                one.disconnect();
                writer.publish(probe.topic("a"), "next", qos);
                two.receive(probe.topic("a"), "next");
            });
        }
        cases.v5("4.8.2", "QoS 1 that a member did not acknowledge goes to another when its session ends", probe -> {
            Wire one = probe.client("m").subscribe(share(probe, "g", "a"), 1);
            probe.client("c").publish(probe.topic("a"), "x", 1);
            one.next(Packet.PUBLISH);
            Wire two = probe.client("n").subscribe(share(probe, "g", "a"), 1);
            one.disconnect();
            two.receive(probe.topic("a"), "x");
        });
        cases.v5("4.8.2-5", "QoS 2 that was sent to a member goes to nobody else when its session ends", probe -> {
            Wire one = probe.client("m").subscribe(share(probe, "g", "a"), 2);
            Wire writer = probe.client("c").publish(probe.topic("a"), "x", 2);
            one.next(Packet.PUBLISH);
            Wire two = probe.client("n").subscribe(share(probe, "g", "a"), 2);
            one.disconnect();
            writer.publish(probe.topic("a"), "next", 2);
            two.receive(probe.topic("a"), "next");
        });
    }
}
