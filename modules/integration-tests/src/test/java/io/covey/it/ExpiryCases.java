package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.it.Packet.Property;
import java.util.List;

/** Message Expiry Interval. */
final class ExpiryCases {
    private final Cases cases;

    private ExpiryCases(Cases cases) {
        this.cases = cases;
    }

    static void fill(Cases cases) {
        new ExpiryCases(cases).expiry();
    }

    private void expiry() {
        cases.v5("3.3.2-6", "Message Expiry Interval is handed on less the time that it waited", probe -> {
            probe.accepted(probe.connect("r").persistent())
                    .subscribe(probe.topic("a"), 1)
                    .disconnect();
            probe.client("c").publish(probe.topic("a"), "x", 1, Prop.messageExpiry(100));
            Probe.elapse(2200);
            Wire reader = probe.accepted(probe.connect("r").persistent(), true);
            long left = reader.receive(probe.topic("a"), "x").number(Prop.MESSAGE_EXPIRY, -1);
            assertThat(left).isBetween(60L, 98L);
        });
        cases.v5("3.3.2-6", "a message that does not wait keeps its Message Expiry Interval", probe -> {
            Wire reader = probe.client("r").subscribe(probe.topic("a"), 2);
            Wire writer = probe.client("c");
            for (int qos = 0; qos <= 2; qos++) {
                writer.publish(probe.topic("a"), "x", qos, Prop.messageExpiry(4_000_000_000L));
                assertThat(reader.receive(probe.topic("a"), "x", qos).properties())
                        .singleElement()
                        .matches(property -> property.id() == Prop.MESSAGE_EXPIRY
                                && (Long) property.value() > 3_999_999_900L
                                && (Long) property.value() <= 4_000_000_000L);
            }
        });
        cases.v5("3.3.2-5", "a message that waited too long is not delivered", probe -> {
            probe.accepted(probe.connect("r").persistent())
                    .subscribe(probe.topic("a"), 2)
                    .disconnect();
            Wire writer = probe.client("c");
            writer.publish(probe.topic("a"), "1", 1, Prop.messageExpiry(1));
            writer.publish(probe.topic("a"), "2", 2, Prop.messageExpiry(1));
            writer.publish(probe.topic("a"), "stays", 1);
            Probe.elapse(2100);
            Wire reader = probe.accepted(probe.connect("r").persistent(), true);
            assertThat(reader.receive(probe.topic("a"), "stays").properties()).isEmpty();
            reader.quiet();
        });
        cases.v5("4.3.3-7", "what was sent does not expire: it is sent again", probe -> {
            Wire first = probe.accepted(probe.connect("r").persistent()).subscribe(probe.topic("a"), 2);
            probe.client("c").publish(probe.topic("a"), "x", 2, Prop.messageExpiry(4));
            int id = first.next(Packet.PUBLISH).id();
            first.drop();
            Probe.elapse(5100);
            Wire second = probe.accepted(probe.connect("r").persistent(), true);
            Packet again = second.receive(probe.topic("a"), "x", 2);
            assertThat(again.id()).isEqualTo(id);
            assertThat(again.dup()).isTrue();
        });
        cases.v5("4.3.3-13", "the sender's handshake goes on after its message has expired", probe -> {
            Wire writer = probe.client("c");
            writer.send(probe.make.publish(probe.topic("a"), "x", 2, 4, Prop.messageExpiry(1)));
            writer.next(Packet.PUBREC, 4);
            Probe.elapse(2100);
            writer.send(probe.make.acknowledge(Packet.PUBREL, 4));
            assertThat(writer.next(Packet.PUBCOMP, 4).code()).isZero();
        });
        cases.v5("3.3.2-5", "Receive Maximum reached: what waits can expire", probe -> {
            Wire reader = probe.accepted(probe.connect("r").with(Prop.receiveMaximum(1)))
                    .subscribe(probe.topic("a"), 1);
            Wire writer = probe.client("c").publish(probe.topic("a"), "1", 1);
            writer.publish(probe.topic("a"), "2", 1, Prop.messageExpiry(1)).publish(probe.topic("a"), "3", 1);
            Packet first = reader.next(Packet.PUBLISH);
            Probe.elapse(2100);
            reader.accept(first);
            reader.receive(probe.topic("a"), "3");
        });
        cases.v5("3.3.2-6", "MQTT 3.1.1 readers of expiring messages", probe -> {
            probe.accepted(probe.connect(Mqtt.V311, "r").persistent())
                    .subscribe(probe.topic("a"), 1)
                    .disconnect();
            Wire writer = probe.client("c").publish(probe.topic("a"), "gone", 1, Prop.messageExpiry(1));
            writer.publish(probe.topic("a"), "kept", 1, Prop.messageExpiry(600));
            Probe.elapse(2100);
            Wire reader = probe.accepted(probe.connect(Mqtt.V311, "r").persistent(), true);
            assertThat(reader.receive(probe.topic("a"), "kept").properties()).isEqualTo(List.<Property>of());
        });
    }
}
