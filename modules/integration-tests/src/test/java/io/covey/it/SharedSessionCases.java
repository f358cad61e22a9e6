package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

/** Shared Subscriptions of sessions that stay when their connection ends. */
final class SharedSessionCases {
    private final Cases cases;

    private SharedSessionCases(Cases cases) {
        this.cases = cases;
    }

    static void fill(Cases cases) {
        new SharedSessionCases(cases).sessions();
    }

    private static String share(Probe probe, String group, String filter) {
        return "$share/" + group + "/" + probe.topic(filter);
    }

    private void sessions() {
        cases.v5("3.2.2.3.13", "CONNACK does not deny Shared Subscriptions", probe -> assertThat(
                        probe.send(probe.connect("c")).next(Packet.CONNACK).number(Prop.SHARED_AVAILABLE, 1))
                .isEqualTo(1));
        cases.v5("4.8.2-4", "QoS 2 that was sent is completed with the member when it comes back", probe -> {
            Wire one = probe.accepted(probe.connect("m").persistent()).subscribe(share(probe, "g", "a"), 2);
            Wire writer = probe.client("c").publish(probe.topic("a"), "x", 2);
            Packet sent = one.next(Packet.PUBLISH);
            one.drop();
            Wire two = probe.client("n").subscribe(share(probe, "g", "a"), 2);
            Wire again = probe.accepted(probe.connect("m").persistent(), true);
            Packet resent = again.receive(probe.topic("a"), "x", 2);
            assertThat(resent.id()).isEqualTo(sent.id());
            assertThat(resent.dup()).isTrue();
            again.unsubscribe(share(probe, "g", "a"));
            writer.publish(probe.topic("a"), "next", 2);
            two.receive(probe.topic("a"), "next");
        });
        cases.v5("4.8.2", "who is connected is preferred to who is away", probe -> {
            probe.accepted(probe.connect("m").persistent())
                    .subscribe(share(probe, "g", "a"), 1)
                    .disconnect();
            Wire member = probe.client("n").subscribe(share(probe, "g", "a"), 1);
            Wire writer = probe.client("c");
            for (int i = 0; i < 10; i++) {
                writer.publish(probe.topic("a"), "n" + i, 1);
                member.receive(probe.topic("a"), "n" + i);
            }
        });
        cases.v5("4.5.0-1", "while all members are away the messages wait", probe -> {
            probe.accepted(probe.connect("m").persistent())
                    .subscribe(share(probe, "g", "a"), 1)
                    .disconnect();
            Wire writer = probe.client("c");
            for (int i = 0; i < 5; i++) {
                writer.publish(probe.topic("a"), "n" + i, 1);
            }
            Wire member = probe.accepted(probe.connect("m").persistent(), true);
            for (int i = 0; i < 5; i++) {
                member.receive(probe.topic("a"), "n" + i);
            }
            member.quiet();
        });
    }
}
