package io.covey.it;

import static io.covey.it.Bytes.hex;
import static io.covey.it.Bytes.of;
import static io.covey.it.Bytes.packet;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** Sessions, takeover, Keep Alive, Session Expiry Interval, DISCONNECT, AUTH and Request Problem Information. */
final class SessionCases {
    private static final Integer[] WRONG = {0x81, 0x82};

    private final Cases cases;

    private SessionCases(Cases cases) {
        this.cases = cases;
    }

    static void fill(Cases cases) {
        SessionCases table = new SessionCases(cases);
        table.present();
        table.takeover();
        table.keepAlive();
        table.expiry();
        table.disconnect();
        table.malformedDisconnect();
        table.authentication();
        table.problemInformation();
    }

    private void present() {
        cases.all(
                "3.2.2-3",
                "Session Present is 0 where there was none",
                probe -> probe.accepted(probe.connect("c").persistent(), false));
        cases.all("3.2.2-1|3.2.2-2", "Session Present is 0 with a clean session, although there was one", probe -> {
            probe.accepted(probe.connect("c").persistent(), false).disconnect();
            probe.accepted(probe.connect("c"), false);
        });
        cases.all("3.2.2-2|3.2.2-3", "Session Present is 1 after DISCONNECT and after a lost connection", probe -> {
            probe.accepted(probe.connect("c").persistent(), false).disconnect();
            probe.accepted(probe.connect("c").persistent(), true).drop();
            probe.accepted(probe.connect("c").persistent(), true);
        });
        cases.v311("3.1.2-6", "a clean session leaves nothing behind", probe -> {
            probe.client("c").subscribe(probe.topic("a"), 1).disconnect();
            probe.accepted(probe.connect("c").resume(), false);
        });
        cases.v5("3.1.2-23", "Session Expiry Interval absent: gone with the connection", probe -> {
            probe.accepted(probe.connect("c").resume())
                    .subscribe(probe.topic("a"), 1)
                    .disconnect();
            probe.accepted(probe.connect("c").resume(), false);
        });
        cases.v5("3.1.2-23", "Session Expiry Interval 0: gone with the connection, also when it is lost", probe -> {
            Wire wire = probe.accepted(probe.connect("c").resume().with(Prop.sessionExpiry(0)));
            wire.subscribe(probe.topic("a"), 1);
            wire.sendToTheDeaf(of(0, 0));
            wire.awaitEnd();
            probe.accepted(probe.connect("c").resume(), false);
        });
        cases.v5("3.1.2-4", "Clean Start 1 with an expiry: a new session that stays", probe -> {
            probe.accepted(probe.connect("c").with(Prop.sessionExpiry(100)), false)
                    .subscribe(probe.topic("a"), 1)
                    .disconnect();
            probe.client("p").publish(probe.topic("a"), "x", 1);
            probe.accepted(probe.connect("c").persistent(), true).receive(probe.topic("a"), "x");
        });
        cases.all("3.1.2-4|3.1.2-5", "subscriptions and their QoS stay with the session", probe -> {
            Wire first = probe.accepted(probe.connect("c").persistent());
            first.subscribe(probe.topic("a/+"), 2)
                    .subscribe(probe.topic("b"), 0)
                    .disconnect();
            Wire second = probe.accepted(probe.connect("c").persistent(), true);
            Wire writer = probe.client("p").publish(probe.topic("a/1"), "x", 2);
            second.receive(probe.topic("a/1"), "x", 2);
            writer.publish(probe.topic("b"), "y", 2);
            second.receive(probe.topic("b"), "y", 0);
        });
        cases.all("3.1.2-6|3.1.2-4", "a clean session has no subscriptions of the old one", probe -> {
            probe.accepted(probe.connect("c").persistent())
                    .subscribe(probe.topic("a"), 1)
                    .disconnect();
            Wire wire = probe.accepted(probe.connect("c"), false).subscribe(probe.topic("b"), 1);
            Wire writer = probe.client("p").publish(probe.topic("a"), "x", 1);
            writer.publish(probe.topic("b"), "end", 1);
            wire.receive(probe.topic("b"), "end");
        });
        cases.all("4.1.0-1", "many subscriptions survive", probe -> {
            Wire first = probe.accepted(probe.connect("c").persistent());
            for (int i = 0; i < 30; i++) {
                first.subscribe(probe.topic("a" + i), 1);
            }
            first.drop();
            Wire writer = probe.client("p");
            for (int i = 0; i < 30; i++) {
                writer.publish(probe.topic("a" + i), "m" + i, 1);
            }
            Wire second = probe.accepted(probe.connect("c").persistent(), true);
            Map<String, String> received = new TreeMap<>();
            for (int i = 0; i < 30; i++) {
                Packet message = second.next(Packet.PUBLISH);
                received.put(message.topic(), message.text());
                second.accept(message);
            }
            assertThat(received).hasSize(30);
        });
        for (Mqtt other : Mqtt.values()) {
            cases.all("3.1.3-2", "a session goes on with MQTT " + other.label, probe -> {
                probe.accepted(probe.connect("c").persistent())
                        .subscribe(probe.topic("a"), 2)
                        .disconnect();
                probe.client("p").publish(probe.topic("a"), "x", 2);
                Wire wire = probe.accepted(probe.connect(other, "c").persistent(), true);
                wire.receive(probe.topic("a"), "x", 2);
            });
        }
    }

    private void takeover() {
        cases.all("3.1.4-2|3.1.4-3", "a second connection with the client id ends the first", probe -> {
            Wire first = probe.client("c");
            Wire second = probe.client("c").quiet();
            first.refused(0x8E);
            second.quiet();
        });
        cases.all("3.1.4-2|3.1.4-3", "ten connections one after the other, the last one lives", probe -> {
            Wire before = probe.accepted(probe.connect("c").persistent(), false).subscribe(probe.topic("a"), 1);
            for (int i = 0; i < 10; i++) {
                Wire next = probe.accepted(probe.connect("c").persistent(), true);
                before.refused(0x8E);
                before = next;
            }
            probe.client("p").publish(probe.topic("a"), "x", 1);
            before.receive(probe.topic("a"), "x");
        });
        cases.all("3.1.4-2|3.1.4-3", "what the first had not acknowledged comes to the second", probe -> {
            Wire first = probe.accepted(probe.connect("c").persistent()).subscribe(probe.topic("a"), 2);
            probe.client("p").publish(probe.topic("a"), "x", 2);
            int id = first.next(Packet.PUBLISH).id();
            Wire second = probe.accepted(probe.connect("c").persistent(), true);
            Packet again = second.receive(probe.topic("a"), "x", 2);
            assertThat(again.id()).isEqualTo(id);
            assertThat(again.dup()).isTrue();
            first.refused(0x8E);
        });
        cases.all("3.1.4-2|3.1.4-3", "taken over by each other version", probe -> {
            Wire first = probe.client("c");
            for (Mqtt other : Mqtt.values()) {
                Wire next = probe.client(other, "c").quiet();
                first.refused(0x8E);
                first = next;
            }
        });
    }

    private void keepAlive() {
        cases.all("3.1.2-24|3.1.2-22", "silent for one and a half times Keep Alive: closed, not before", probe -> {
            long start = System.nanoTime();
            Wire wire = probe.accepted(probe.connect("c").keepAlive(1));
            wire.refused(0x8D);
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            assertThat(millis).isBetween(1500L, 10_000L);
        });
        cases.all("3.1.2-24|3.1.2-22", "any packet counts: PUBACK, PUBLISH, SUBSCRIBE, PINGREQ", probe -> {
            Wire wire = probe.accepted(probe.connect("c").keepAlive(4));
            List<byte[]> packets = List.of(
                    probe.make.publish(probe.topic("a"), "x", 0, 0),
                    probe.make.acknowledge(Packet.PUBACK, 9),
                    probe.make.publish(probe.topic("a"), "x", 0, 0));
            for (byte[] bytes : packets) {
                Probe.elapse(2000);
                wire.send(bytes);
            }
            Probe.elapse(2000);
            wire.quiet();
        });
        cases.all("3.1.2-24|3.1.2-22", "what the server sends does not count", probe -> {
            Wire wire = probe.accepted(probe.connect("c").keepAlive(1)).subscribe(probe.topic("a"), 0);
            Wire writer = probe.client("p");
            long start = System.nanoTime();
            for (int i = 0; i < 3; i++) {
                writer.publish(probe.topic("a"), "x", 0);
                Probe.elapse(700);
            }
            wire.refused(0x8D);
            assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)).isLessThan(10_000);
        });
        cases.all("3.1.2-24|3.1.2-22", "half a packet is none", probe -> {
            Wire wire = probe.accepted(probe.connect("c").keepAlive(1));
            byte[] publish = probe.make.publish(probe.topic("a"), "x".repeat(100), 0, 0);
            for (int i = 0; i < 4; i++) {
                wire.sendToTheDeaf(of(publish[i]));
                Probe.elapse(600);
            }
            wire.refused(0x8D);
        });
        cases.all("3.1.2.10", "Keep Alive 0 is none", probe -> {
            Wire wire = probe.accepted(probe.connect("c").keepAlive(0));
            Probe.elapse(3000);
            wire.quiet();
        });
        cases.all("3.1.2-24|3.1.2-22", "a session stays when Keep Alive ends its connection", probe -> {
            Wire wire =
                    probe.accepted(probe.connect("c").persistent().keepAlive(1)).subscribe(probe.topic("a"), 1);
            wire.refused(0x8D);
            probe.client("p").publish(probe.topic("a"), "x", 1);
            probe.accepted(probe.connect("c").persistent(), true).receive(probe.topic("a"), "x");
        });
    }

    private void expiry() {
        cases.v5("4.1.0-2", "the session is gone when its expiry has passed", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
            // The will shows when the session ends.
            ConnectBytes connect = probe.connect("c")
                    .with(Prop.sessionExpiry(1))
                    .will(probe.topic("w"), "ended", 1, false, Prop.willDelay(100));
            Wire wire = probe.accepted(connect).subscribe(probe.topic("a"), 1);
            long start = System.nanoTime();
            wire.drop();
            watcher.receive(probe.topic("w"), "ended");
            assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)).isGreaterThanOrEqualTo(900);
            probe.client("p").publish(probe.topic("a"), "x", 1);
            probe.accepted(probe.connect("c").persistent(), false).quiet();
        });
        cases.v5("3.14.2.2.2", "DISCONNECT can shorten the expiry to 0", probe -> {
            Wire wire = probe.accepted(probe.connect("c").persistent());
            wire.send(ClientBytes.disconnect(0, Prop.sessionExpiry(0))).closed();
            probe.accepted(probe.connect("c").resume(), false);
        });
        cases.v5("3.14.2.2.2", "DISCONNECT can lengthen an expiry that was not 0", probe -> {
            Wire wire = probe.accepted(probe.connect("c").with(Prop.sessionExpiry(1)));
            wire.send(ClientBytes.disconnect(0, Prop.sessionExpiry(100))).closed();
            Probe.elapse(2500);
            probe.accepted(probe.connect("c").resume(), true);
        });
        cases.v5("3.14.2.2.2", "the connection ends: DISCONNECT sets an expiry that was 0", probe -> {
            Wire wire = probe.client("c");
            wire.send(ClientBytes.disconnect(0, Prop.sessionExpiry(10))).refused(0x82);
        });
        cases.v5("3.1.2.11.2", "the expiry of the last CONNECT counts", probe -> {
            probe.accepted(probe.connect("c").persistent()).disconnect();
            probe.accepted(probe.connect("c").resume(), true).disconnect();
            probe.accepted(probe.connect("c").resume(), false);
        });
        cases.v5("3.1.2.11.2", "0xFFFFFFFF does not expire", probe -> {
            probe.accepted(probe.connect("c").with(Prop.sessionExpiry(0xFFFFFFFFL)))
                    .disconnect();
            Probe.elapse(1500);
            probe.accepted(probe.connect("c").resume(), true).disconnect();
        });
    }

    private void disconnect() {
        cases.all("3.14.4-1|3.14.4-2", "DISCONNECT ends the connection, nothing is answered", probe -> probe.client("c")
                .send(ClientBytes.DISCONNECT)
                .closed());
        cases.all("3.14.4-1", "what follows DISCONNECT is not worked on", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("a"), 1);
            Wire wire = probe.client("c");
            wire.sendToTheDeaf(ClientBytes.DISCONNECT, probe.make.publish(probe.topic("a"), "no", 1, 1));
            wire.closed();
            probe.client("p").publish(probe.topic("a"), "yes", 1);
            watcher.receive(probe.topic("a"), "yes");
        });
        for (int code :
                new int[] {0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99}) {
            cases.v5(
                    "3.14.2-1",
                    "DISCONNECT with 0x%02X ends the connection, nothing is answered".formatted(code),
                    probe -> {
                        Wire wire = probe.client("c");
                        wire.send(ClientBytes.disconnect(code)).closed();
                    });
        }
    }

    private void malformedDisconnect() {
        for (int code : new int[] {0x01, 0x18, 0x84, 0x8E, 0x8B, 0xFF}) {
            cases.v5("3.14.2-1", "the connection ends with a reason: DISCONNECT with 0x%02X".formatted(code), probe -> {
                Wire wire = probe.client("c");
                wire.send(ClientBytes.disconnect(code)).refused(WRONG);
            });
        }
        Map<String, byte[]> wrong = new TreeMap<>();
        wrong.put("surplus bytes", hex("E0 03 00 00 00"));
        wrong.put("a Property Length beyond it", hex("E0 02 00 05"));
        wrong.put(
                "two Session Expiry Intervals",
                ClientBytes.disconnect(0, Prop.sessionExpiry(0), Prop.sessionExpiry(0)));
        wrong.put("two Reason Strings", ClientBytes.disconnect(0, Prop.reasonString("a"), Prop.reasonString("b")));
        wrong.put("a Receive Maximum", ClientBytes.disconnect(0, Prop.receiveMaximum(1)));
        wrong.put(
                "a Server Reference",
                ClientBytes.disconnect(0, Bytes.join(of(Prop.SERVER_REFERENCE), Bytes.text("s"))));
        wrong.put("U+0000 in the Reason String", ClientBytes.disconnect(0, Prop.reasonString("\0")));
        wrong.forEach((what, bytes) ->
                cases.v5("3.14.2", "the connection ends with a reason: DISCONNECT with " + what, probe -> {
                    Wire wire = probe.client("c");
                    wire.send(bytes).refused(WRONG);
                }));
        cases.v5("4.13.1-1", "a malformed DISCONNECT is no DISCONNECT: the will is published", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
            Wire wire = probe.accepted(probe.connect("c").will(probe.topic("w"), "will", 1, false));
            wire.send(hex("E0 03 00 00 00")).refused(WRONG);
            watcher.receive(probe.topic("w"), "will");
        });
    }

    private void authentication() {
        cases.v5("4.12.0-1", "an Authentication Method that is not supported is refused with 0x8C", probe -> probe.send(
                        probe.connect("c").with(Prop.authMethod("no-such-method")))
                .connectRefused(0x8C, 0x87));
        cases.v5("4.12.0-1", "the same with Authentication Data", probe -> probe.send(
                        probe.connect("c").with(Prop.authMethod("no-such-method"), Prop.authData(1, 2)))
                .connectRefused(0x8C, 0x87));
        cases.v5("4.12.0-1", "an empty Authentication Method is one that is not supported", probe -> probe.send(
                        probe.connect("c").with(Prop.authMethod("")))
                .connectRefused(0x8C, 0x87));
        for (int code : new int[] {0x00, 0x18, 0x19}) {
            cases.v5(
                    "4.12.0-7",
                    "the connection ends: AUTH 0x%02X although CONNECT had no method".formatted(code),
                    probe -> {
                        Wire wire = probe.client("c");
                        wire.send(ClientBytes.auth(code, Prop.authMethod("m"))).refused(WRONG);
                    });
        }
        cases.v5("3.15.1-1", "the connection ends: AUTH with flags", probe -> {
            Wire wire = probe.client("c");
            wire.send(packet(0xF2, of(0x19), Prop.section(Prop.authMethod("m"))))
                    .refused(WRONG);
        });
        cases.v5("3.15.2-1", "the connection ends: AUTH with a code that it cannot have", probe -> {
            Wire wire = probe.client("c");
            wire.send(ClientBytes.auth(0x80, Prop.authMethod("m"))).refused(WRONG);
        });
        cases.v5("3.1.4-6", "AUTH before CONNACK of a CONNECT without a method", probe -> {
            Wire wire = probe.open();
            wire.sendToTheDeaf(probe.connect("c").bytes(), ClientBytes.auth(0x18, Prop.authMethod("m")));
            Packet answer = wire.nextOrEnd();
            if (answer != null && answer.code() == 0) {
                wire.refused(WRONG);
            }
        });
    }

    private void problemInformation() {
        cases.v5(
                "3.1.2-29",
                "Request Problem Information 0: no Reason String in SUBACK, UNSUBACK, PUBCOMP, PUBREL",
                probe -> {
                    Wire wire = probe.accepted(probe.connect("c").with(Prop.u8(Prop.REQUEST_PROBLEM, 0)));
                    wire.send(probe.make.subscribe(1, probe.topic("a"), 0));
                    assertThat(wire.next(Packet.SUBACK, 1).properties()).isEmpty();
                    wire.send(probe.make.unsubscribe(2, probe.topic("none")));
                    assertThat(wire.next(Packet.UNSUBACK, 2).properties()).isEmpty();
                    wire.send(probe.make.acknowledge(Packet.PUBREL, 3));
                    assertThat(wire.next(Packet.PUBCOMP, 3).properties()).isEmpty();
                    wire.send(probe.make.acknowledge(Packet.PUBREC, 4));
                    assertThat(wire.next(Packet.PUBREL, 4).properties()).isEmpty();
                    wire.send(probe.make.publish(probe.topic("b"), "x", 1, 5));
                    assertThat(wire.next(Packet.PUBACK, 5).properties()).isEmpty();
                    wire.send(probe.make.publish(probe.topic("b"), "x", 2, 6));
                    assertThat(wire.next(Packet.PUBREC, 6).properties()).isEmpty();
                });
        cases.v5("3.1.2-29", "Request Problem Information 0 leaves the User Properties of PUBLISH", probe -> {
            Wire wire = probe.accepted(probe.connect("c").with(Prop.u8(Prop.REQUEST_PROBLEM, 0)))
                    .subscribe(probe.topic("a"), 0);
            wire.publish(probe.topic("a"), "x", 0, Prop.user("n", "v"));
            assertThat(wire.receive(probe.topic("a"), "x").all(Prop.USER_PROPERTY))
                    .hasSize(1);
        });
        cases.v5("3.14.2-3", "a DISCONNECT keeps within the client's Maximum Packet Size", probe -> {
            for (int bytes : new int[] {16, 20, 24, 30, 40}) {
                Wire wire = probe.send(probe.connect("c" + bytes).maximumPacketSize(bytes));
                wire.sendToTheDeaf(of(0, 0));
                wire.awaitEnd();
            }
        });
    }
}
