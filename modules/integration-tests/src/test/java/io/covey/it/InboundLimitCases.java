package io.covey.it;

import static io.covey.it.Bytes.u16;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;

/** Topic Aliases of a client, and the server's own limits: Receive Maximum and Maximum Packet Size. */
final class InboundLimitCases {
    private final Cases cases;

    private InboundLimitCases(Cases cases) {
        this.cases = cases;
    }

    static void fill(Cases cases) {
        InboundLimitCases table = new InboundLimitCases(cases);
        table.aliases();
        table.limits();
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

    private void aliases() {
        cases.v5("3.3.2-12", "a Topic Alias stands for its topic, and can be set anew", probe -> {
            Wire wire = probe.client("c").subscribe(probe.topic("#"), 0);
            wire.publish(probe.topic("a"), "1", 0, Prop.topicAlias(1));
            wire.publish("", "2", 0, Prop.topicAlias(1));
            wire.publish(probe.topic("b"), "3", 0, Prop.topicAlias(1));
            wire.publish("", "4", 0, Prop.topicAlias(1));
            wire.publish(probe.topic("a"), "5", 0);
            wire.publish("", "6", 0, Prop.topicAlias(1));
            for (String expected : List.of("a1", "a2", "b3", "b4", "a5", "b6")) {
                Packet message = wire.receive(probe.topic(expected.substring(0, 1)), expected.substring(1));
                assertThat(message.has(Prop.TOPIC_ALIAS)).isFalse();
            }
        });
        for (int qos = 1; qos <= 2; qos++) {
            int level = qos;
            cases.v5("3.3.2-12", "a Topic Alias at QoS " + qos, probe -> {
                Wire wire = probe.client("c").subscribe(probe.topic("#"), level);
                wire.publish(probe.topic("a"), "1", level, Prop.topicAlias(2)).receive(probe.topic("a"), "1", level);
                wire.publish("", "2", level, Prop.topicAlias(2)).receive(probe.topic("a"), "2", level);
            });
        }
        cases.v5("3.3.2-12", "every Topic Alias up to the maximum is accepted", probe -> {
            Wire wire = probe.send(probe.connect("c"));
            long maximum = wire.next(Packet.CONNACK).number(Prop.TOPIC_ALIAS_MAXIMUM, 0);
            wire.subscribe(probe.topic("#"), 0);
            for (int alias = 1; alias <= maximum; alias++) {
                wire.publish(probe.topic("a" + alias), "set", 0, Prop.topicAlias(alias));
                wire.receive(probe.topic("a" + alias), "set");
            }
            for (int alias = 1; alias <= maximum; alias++) {
                wire.publish("", "used", 0, Prop.topicAlias(alias)).receive(probe.topic("a" + alias), "used");
            }
        });
        cases.v5("3.2.2-17", "the connection ends: Topic Alias above the maximum", probe -> {
            Wire wire = probe.send(probe.connect("c"));
            int maximum = (int) wire.next(Packet.CONNACK).number(Prop.TOPIC_ALIAS_MAXIMUM, 0);
            wire.sendToTheDeaf(probe.make.publish(probe.topic("a"), "x", 0, 0, Prop.topicAlias(maximum + 1)));
            wire.refused(0x94);
        });
        refused(
                Set.of(Mqtt.V5),
                "3.3.2-8",
                "Topic Alias 0",
                probe -> probe.make.publish(probe.topic("a"), "x", 0, 0, Prop.topicAlias(0)),
                0x81,
                0x82,
                0x94);
        refused(
                Set.of(Mqtt.V5),
                "3.3.2.3.4",
                "a Topic Alias that stands for nothing",
                probe -> probe.make.publish("", "x", 0, 0, Prop.topicAlias(1)),
                0x82);
        refused(
                Set.of(Mqtt.V5),
                "3.3.2.1",
                "no topic and no Topic Alias",
                probe -> probe.make.publish("", "x", 0, 0),
                0x82);
        cases.v5("3.3.2-7", "the connection ends: a Topic Alias of the connection before", probe -> {
            Wire first = probe.accepted(probe.connect("c").persistent());
            first.publish(probe.topic("a"), "x", 0, Prop.topicAlias(1));
            first.disconnect();
            Wire second = probe.accepted(probe.connect("c").persistent(), true);
            second.sendToTheDeaf(probe.make.publish("", "x", 0, 0, Prop.topicAlias(1)));
            second.refused(0x82);
        });
        cases.v5("3.3.2-12", "aliases belong to one connection", probe -> {
            Wire one = probe.client("c").subscribe(probe.topic("#"), 0);
            Wire two = probe.client("d");
            one.publish(probe.topic("a"), "1", 0, Prop.topicAlias(1)).receive(probe.topic("a"), "1");
            two.publish(probe.topic("b"), "2", 0, Prop.topicAlias(1));
            one.receive(probe.topic("b"), "2");
            one.publish("", "3", 0, Prop.topicAlias(1)).receive(probe.topic("a"), "3");
        });
    }

    private void limits() {
        cases.v5("3.2.2-15", "a packet of the server's Maximum Packet Size is taken, one byte more is not", probe -> {
            Wire wire = probe.send(probe.connect("c"));
            int maximum = (int) wire.next(Packet.CONNACK).number(Prop.MAXIMUM_PACKET_SIZE, 0);
            if (maximum == 0) {
                return; // No limit but the protocol's own.
            }
            int overhead =
                    probe.make.publish(probe.topic("a"), "x".repeat(maximum - 100), 1, 9).length - (maximum - 100);
            byte[] fits = probe.make.publish(probe.topic("a"), "x".repeat(maximum - overhead), 1, 9);
            assertThat(fits).hasSize(maximum);
            wire.send(fits).next(Packet.PUBACK, 9);
            byte[] tooLarge = probe.make.publish(probe.topic("a"), "x".repeat(maximum - overhead + 1), 1, 10);
            wire.sendToTheDeaf(tooLarge).refused(0x95);
        });
        cases.v5("3.3.4-7", "the connection ends: more QoS 2 publishes than the server's Receive Maximum", probe -> {
            Wire wire = probe.send(probe.connect("c"));
            int maximum = (int) wire.next(Packet.CONNACK).number(Prop.RECEIVE_MAXIMUM, 65_535);
            for (int id = 1; id <= maximum; id++) {
                wire.send(probe.make.publish(probe.topic("a"), "x", 2, id)).next(Packet.PUBREC, id);
            }
            wire.send(probe.make.publish(probe.topic("a"), "x", 0, 0)).quiet();
            if (maximum < 65_535) {
                wire.sendToTheDeaf(probe.make.publish(probe.topic("a"), "x", 2, maximum + 1));
                wire.refused(0x93);
            }
        });
        cases.v5("4.9.0-1", "PUBCOMP gives the quota back", probe -> {
            Wire wire = probe.send(probe.connect("c"));
            int maximum = (int) Math.min(200, wire.next(Packet.CONNACK).number(Prop.RECEIVE_MAXIMUM, 65_535));
            for (int round = 0; round < 2; round++) {
                for (int id = 1; id <= maximum; id++) {
                    wire.send(probe.make.publish(probe.topic("a"), "x", 2, id)).next(Packet.PUBREC, id);
                }
                for (int id = 1; id <= maximum; id++) {
                    wire.send(probe.make.acknowledge(Packet.PUBREL, id)).next(Packet.PUBCOMP, id);
                }
            }
            wire.quiet();
        });
        cases.before5("3.3.5", "older clients may have any number of publishes under way", probe -> {
            Wire wire = probe.client("c");
            for (int id = 1; id <= 300; id++) {
                wire.send(probe.make.publish(probe.topic("a"), "x", 2, id)).next(Packet.PUBREC, id);
            }
            wire.send(u16(0xC000)).next(Packet.PINGRESP);
        });
    }
}
