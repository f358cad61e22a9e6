package io.covey.it;

import static io.covey.it.Bytes.hex;
import static io.covey.it.Bytes.of;
import static org.assertj.core.api.Assertions.assertThat;

import io.covey.it.Packet.Property;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Will messages: published exactly when the specification says, and as what it says. */
final class WillCases {
    private final Cases cases;

    private WillCases(Cases cases) {
        this.cases = cases;
    }

    static void fill(Cases cases) {
        WillCases table = new WillCases(cases);
        table.published();
        table.contents();
        table.discarded();
        table.delayed();
    }

    private void published() {
        for (int qos = 0; qos <= 2; qos++) {
            int level = qos;
            cases.all("3.1.2-8", "published at QoS " + qos + " when the connection is lost", probe -> {
                Wire watcher = probe.client("w").subscribe(probe.topic("w"), 2);
                probe.accepted(probe.connect("c").will(probe.topic("w"), "will", level, false))
                        .drop();
                Packet will = watcher.receive(probe.topic("w"), "will", level);
                assertThat(will.retain()).isFalse();
                assertThat(will.properties()).isEmpty();
                watcher.quiet();
            });
        }
        cases.all("3.1.2-8", "published when the client breaks the protocol", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
            Wire wire = probe.accepted(probe.connect("c").will(probe.topic("w"), "will", 1, false));
            wire.sendToTheDeaf(of(0, 0));
            watcher.receive(probe.topic("w"), "will");
        });
        cases.all("3.1.2-8", "published after a second CONNECT", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
            Wire wire = probe.accepted(probe.connect("c").will(probe.topic("w"), "will", 1, false));
            wire.sendToTheDeaf(probe.connect("c").bytes());
            watcher.receive(probe.topic("w"), "will");
        });
        cases.all("3.1.2-24|3.1.2-22", "published when Keep Alive has run out one and a half times", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
            long start = System.nanoTime();
            Wire wire = probe.accepted(probe.connect("c").keepAlive(1).will(probe.topic("w"), "will", 1, false));
            watcher.receive(probe.topic("w"), "will");
            assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)).isGreaterThanOrEqualTo(1500);
            wire.refused(0x8D);
        });
        cases.all("3.1.4-2|3.1.4-3", "published when another connection takes over with a clean session", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
            Wire wire = probe.accepted(probe.connect("c").will(probe.topic("w"), "will", 1, false));
            probe.accepted(probe.connect("c"), false).quiet();
            watcher.receive(probe.topic("w"), "will");
            wire.refused(0x8E);
        });
        cases.all("3.1.4-2|3.1.4-3", "published when another connection continues the session, no delay", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
            Wire wire = probe.accepted(probe.connect("c").persistent().will(probe.topic("w"), "will", 1, false));
            probe.accepted(probe.connect("c").persistent(), true).quiet();
            watcher.receive(probe.topic("w"), "will");
            wire.refused(0x8E);
        });
        cases.all("3.1.2-8", "published to who subscribes with a persistent session and is away", probe -> {
            probe.accepted(probe.connect("w").persistent())
                    .subscribe(probe.topic("w"), 1)
                    .disconnect();
            Wire live = probe.client("l").subscribe(probe.topic("w"), 0);
            probe.accepted(probe.connect("c").will(probe.topic("w"), "will", 1, false))
                    .drop();
            live.receive(probe.topic("w"), "will");
            probe.accepted(probe.connect("w").persistent(), true).receive(probe.topic("w"), "will", 1);
        });
        cases.all("3.1.2-10", "published once, also when the session goes on", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
            probe.accepted(probe.connect("c").persistent().will(probe.topic("w"), "one", 1, false))
                    .drop();
            watcher.receive(probe.topic("w"), "one");
            probe.accepted(probe.connect("c").persistent(), true).drop();
            probe.accepted(probe.connect("c").persistent().will(probe.topic("w"), "two", 1, false), true)
                    .drop();
            watcher.receive(probe.topic("w"), "two");
        });
        for (int code : new int[] {0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99}) {
            cases.v5("3.1.2-8", "published after DISCONNECT with 0x%02X".formatted(code), probe -> {
                Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
                Wire wire = probe.accepted(probe.connect("c").will(probe.topic("w"), "will", 1, false));
                wire.send(ClientBytes.disconnect(code)).closed();
                watcher.receive(probe.topic("w"), "will");
            });
        }
        cases.v5("3.1.2-8", "published after DISCONNECT with 0x04, a Reason String and User Properties", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
            Wire wire = probe.accepted(probe.connect("c").will(probe.topic("w"), "will", 1, false));
            wire.send(ClientBytes.disconnect(0x04, Prop.reasonString("r"), Prop.user("a", "b"), Prop.user("a", "b")))
                    .closed();
            watcher.receive(probe.topic("w"), "will");
        });
    }

    private void contents() {
        cases.all("3.1.2-17|3.1.2-15", "Will Retain 1: to those who are there with RETAIN 0, and kept", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
            probe.accepted(probe.connect("c").will(probe.topic("w"), "will", 1, true))
                    .drop();
            assertThat(watcher.receive(probe.topic("w"), "will").retain()).isFalse();
            assertThat(probe.client("l")
                            .subscribe(probe.topic("w"), 1)
                            .receive(probe.topic("w"), "will")
                            .retain())
                    .isTrue();
            watcher.unsubscribe(probe.topic("w")).retain(probe.topic("w"), "", 1);
        });
        cases.all("3.1.2-16|3.1.2-14", "Will Retain 0: not kept", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
            probe.accepted(probe.connect("c").will(probe.topic("w"), "will", 1, false))
                    .drop();
            watcher.receive(probe.topic("w"), "will");
            probe.client("l").subscribe(probe.topic("w"), 1).quiet();
        });
        cases.all("3.1.2-17|3.1.2-15", "an empty will with Will Retain 1 deletes what is retained", probe -> {
            Wire watcher = probe.client("w").retain(probe.topic("w"), "old", 1).subscribe(probe.topic("w"), 1);
            watcher.receive(probe.topic("w"), "old");
            probe.accepted(probe.connect("c").will(probe.topic("w"), "", 1, true))
                    .drop();
            watcher.receive(probe.topic("w"), "");
            probe.client("l").subscribe(probe.topic("w"), 1).quiet();
        });
        cases.all("3.1.2-9", "any bytes as they are", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
            byte[] payload = hex("00 FF C0 80 0A");
            probe.accepted(probe.connect("c").will(Bytes.utf8(probe.topic("w")), payload, 1, false))
                    .drop();
            assertThat(watcher.next(Packet.PUBLISH).payload()).isEqualTo(payload);
        });
        cases.v5("3.1.3-10", "properties as they are, User Properties in order, no Will Delay Interval", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
            ConnectBytes connect = probe.connect("c")
                    .will(
                            probe.topic("w"),
                            "will",
                            1,
                            false,
                            Prop.willDelay(0),
                            Prop.payloadFormat(1),
                            Prop.user("b", "1"),
                            Prop.contentType("t"),
                            Prop.user("a", "2"),
                            Prop.responseTopic("r"),
                            Prop.correlationData(1, 2));
            probe.accepted(connect).drop();
            Packet will = watcher.receive(probe.topic("w"), "will");
            assertThat(will.properties())
                    .containsExactlyInAnyOrder(
                            new Property(Prop.PAYLOAD_FORMAT, 1L),
                            Property.user("b", "1"),
                            Property.user("a", "2"),
                            new Property(Prop.CONTENT_TYPE, "t"),
                            new Property(Prop.RESPONSE_TOPIC, "r"),
                            new Property(Prop.CORRELATION_DATA, "0102"));
            assertThat(will.all(Prop.USER_PROPERTY)).containsExactly(Map.entry("b", "1"), Map.entry("a", "2"));
        });
        cases.v5("3.1.3.2.4", "Message Expiry Interval is the lifetime of the published will", probe -> {
            probe.accepted(probe.connect("w").persistent())
                    .subscribe(probe.topic("w"), 1)
                    .disconnect();
            Wire live = probe.client("l").subscribe(probe.topic("w"), 1);
            ConnectBytes connect = probe.connect("c").will(probe.topic("w"), "will", 1, false, Prop.messageExpiry(4));
            probe.accepted(connect).drop();
            assertThat(live.receive(probe.topic("w"), "will").number(Prop.MESSAGE_EXPIRY, -1))
                    .isBetween(1L, 4L);
            Probe.elapse(5100);
            probe.accepted(probe.connect("w").persistent(), true).quiet();
        });
        cases.v5("3.8.3-3", "No Local holds back one's own will", probe -> {
            Wire first = probe.accepted(probe.connect("c").persistent().will(probe.topic("w"), "own", 1, false));
            first.subscribe(probe.topic("w"), 0x05);
            Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
            first.drop();
            watcher.receive(probe.topic("w"), "own");
            Wire second = probe.accepted(probe.connect("c").persistent(), true);
            watcher.publish(probe.topic("w"), "end", 1);
            second.receive(probe.topic("w"), "end");
        });
    }

    private void discarded() {
        cases.all("3.14.4-3", "not published after DISCONNECT", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
            probe.accepted(probe.connect("c").will(probe.topic("w"), "no", 1, false))
                    .disconnect();
            probe.accepted(probe.connect("d").will(probe.topic("w"), "yes", 1, false))
                    .drop();
            watcher.receive(probe.topic("w"), "yes");
        });
        cases.all(
                "3.14.4-3", "not published when the lost connection had said DISCONNECT in its last segment", probe -> {
                    Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
                    Wire wire = probe.accepted(probe.connect("c").will(probe.topic("w"), "no", 1, false));
                    wire.send(ClientBytes.DISCONNECT);
                    wire.drop();
                    probe.accepted(probe.connect("d").will(probe.topic("w"), "yes", 1, false))
                            .drop();
                    watcher.receive(probe.topic("w"), "yes");
                });
        cases.v5("3.14.4-3", "not published after DISCONNECT with 0x00 and properties", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
            Wire wire = probe.accepted(probe.connect("c").will(probe.topic("w"), "no", 1, false));
            wire.send(ClientBytes.disconnect(0, Prop.user("a", "b"))).closed();
            probe.accepted(probe.connect("d").will(probe.topic("w"), "yes", 1, false))
                    .drop();
            watcher.receive(probe.topic("w"), "yes");
        });
        cases.all(
                "3.1.2-12|3.1.2-8", "none without Will Flag; the will of the connection before is forgotten", probe -> {
                    Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
                    probe.accepted(probe.connect("c").persistent().will(probe.topic("w"), "no", 1, false))
                            .disconnect();
                    probe.accepted(probe.connect("c").persistent(), true).drop();
                    probe.accepted(probe.connect("d").will(probe.topic("w"), "yes", 1, false))
                            .drop();
                    watcher.receive(probe.topic("w"), "yes");
                });
        cases.all("3.1.4-5|3.1.4-6", "none of a CONNECT that was refused", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
            Wire refused = probe.open();
            refused.sendToTheDeaf(
                    probe.connect("c").will(probe.topic("w"), "no", 3, false).bytes());
            refused.drop();
            probe.accepted(probe.connect("d").will(probe.topic("w"), "yes", 1, false))
                    .drop();
            watcher.receive(probe.topic("w"), "yes");
        });
    }

    private void delayed() {
        cases.v5("3.1.3.2.2", "published when Will Delay Interval has passed, not before", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
            ConnectBytes connect =
                    probe.connect("c").persistent().will(probe.topic("w"), "will", 1, false, Prop.willDelay(2));
            Wire wire = probe.accepted(connect);
            long start = System.nanoTime();
            wire.drop();
            watcher.quiet();
            watcher.receive(probe.topic("w"), "will");
            assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)).isGreaterThanOrEqualTo(1900);
        });
        cases.v5("3.1.3-9", "not published when the session goes on before the delay is over", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
            ConnectBytes connect =
                    probe.connect("c").persistent().will(probe.topic("w"), "no", 1, false, Prop.willDelay(3));
            probe.accepted(connect).drop();
            probe.accepted(probe.connect("c").persistent(), true).quiet();
            probe.accepted(probe.connect("d").persistent().will(probe.topic("w"), "yes", 1, false, Prop.willDelay(4)))
                    .drop();
            watcher.receive(probe.topic("w"), "yes");
        });
        cases.v5("3.1.2-8", "published at once when the session ends with the connection", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
            probe.accepted(probe.connect("c").will(probe.topic("w"), "will", 1, false, Prop.willDelay(1000)))
                    .drop();
            watcher.receive(probe.topic("w"), "will");
        });
        cases.v5("3.1.2-8", "published when the session expires before the delay is over", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
            ConnectBytes connect = probe.connect("c")
                    .with(Prop.sessionExpiry(1))
                    .will(probe.topic("w"), "will", 1, false, Prop.willDelay(1000));
            probe.accepted(connect).drop();
            watcher.receive(probe.topic("w"), "will");
            probe.accepted(probe.connect("c").resume(), false);
        });
        cases.v5("3.1.2-8", "published at once when a clean start ends the session during the delay", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
            ConnectBytes connect =
                    probe.connect("c").persistent().will(probe.topic("w"), "will", 1, false, Prop.willDelay(1000));
            probe.accepted(connect).drop();
            probe.accepted(probe.connect("c"), false).quiet();
            watcher.receive(probe.topic("w"), "will");
        });
        cases.v5("3.1.3-9", "not published when the session is taken over and goes on, with a delay", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
            ConnectBytes connect =
                    probe.connect("c").persistent().will(probe.topic("w"), "no", 1, false, Prop.willDelay(3));
            Wire wire = probe.accepted(connect);
            probe.accepted(probe.connect("c").persistent(), true).quiet();
            wire.refused(0x8E);
            probe.accepted(probe.connect("d").persistent().will(probe.topic("w"), "yes", 1, false, Prop.willDelay(4)))
                    .drop();
            watcher.receive(probe.topic("w"), "yes");
        });
        cases.v5("3.14.2.2.2", "DISCONNECT with 0x04 and a Session Expiry Interval of 0: published at once", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
            ConnectBytes connect =
                    probe.connect("c").persistent().will(probe.topic("w"), "will", 1, false, Prop.willDelay(1000));
            probe.accepted(connect)
                    .send(ClientBytes.disconnect(0x04, Prop.sessionExpiry(0)))
                    .closed();
            watcher.receive(probe.topic("w"), "will");
            probe.accepted(probe.connect("c").resume(), false);
        });
        cases.v5("3.1.3-9", "the will of the new connection replaces the one that waits", probe -> {
            Wire watcher = probe.client("w").subscribe(probe.topic("w"), 1);
            ConnectBytes first =
                    probe.connect("c").persistent().will(probe.topic("w"), "old", 1, false, Prop.willDelay(3));
            probe.accepted(first).drop();
            probe.accepted(probe.connect("c").persistent().will(probe.topic("w"), "new", 1, false), true)
                    .drop();
            watcher.receive(probe.topic("w"), "new");
            probe.accepted(probe.connect("d").persistent().will(probe.topic("w"), "end", 1, false, Prop.willDelay(4)))
                    .drop();
            watcher.receive(probe.topic("w"), "end");
        });
    }
}
