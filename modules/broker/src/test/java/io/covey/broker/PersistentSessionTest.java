package io.covey.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.broker.TestBuckets.Fault;
import io.covey.broker.TestClient.Got;
import io.covey.bucket.Command;
import io.covey.protocol.Properties;
import io.covey.protocol.PubComp;
import io.covey.protocol.PubRec;
import io.covey.protocol.PubRel;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Sessions that outlive their connections: queues, what comes again, and QoS 2 on both sides. */
class PersistentSessionTest {
    private final TestCluster cluster = new TestCluster();
    private final TestCluster.TestNode node = cluster.start(1, 2);

    private void pass(long millis) {
        cluster.time.pass(millis);
    }

    private static List<String> numbers(int from, int to) {
        List<String> numbers = new ArrayList<>();
        for (int i = from; i < to; i++) {
            numbers.add("" + i);
        }
        return numbers;
    }

    @Test // [MQTT-4.5.0-1] [MQTT-3.1.2-5]
    @DisplayName("S2: offline messages come at once and in order, paced by acknowledgements only")
    void whatWasPublishedWhileTheClientWasAwayIsDelivered() {
        TestClient first = node.client().connect("s", true, 3_600);
        first.subscribe("a/#", QoS.AT_LEAST_ONCE);
        first.disconnect();
        pass(20);
        TestClient publisher = node.client().connect("p", true, 0);
        for (int i = 0; i < 1_000; i++) {
            publisher.publish("a/" + i % 3, "" + i, QoS.AT_LEAST_ONCE);
            if (i % 100 == 99) {
                pass(5);
            }
        }
        pass(100);

        TestClient second = node.client(1);
        second.connect("s", false, 3_600);
        pass(250);

        assertThat(Objects.requireNonNull(second.connAck()).sessionPresent()).isTrue();
        assertThat(second.payloads()).isEqualTo(numbers(0, 1_000));
        assertThat(second.all(Got.class)).noneMatch(Got::dup);
        assertThat(cluster.buckets.replicasAreEqual()).isTrue();
    }

    @Test
    @DisplayName("[MQTT-4.4.0-1] what was sent and not acknowledged comes again with DUP = 1")
    void unacknowledgedMessagesComeAgain() {
        TestClient first = node.client().connect("s", true, 3_600);
        first.subscribe("a", QoS.AT_LEAST_ONCE);
        first.acknowledges = false;
        TestClient publisher = node.client().connect("p", true, 0);
        publisher.publish("a", "0", QoS.AT_LEAST_ONCE);
        publisher.publish("a", "1", QoS.AT_LEAST_ONCE);
        pass(20);
        first.breakConnection();
        pass(20);
        publisher.publish("a", "2", QoS.AT_LEAST_ONCE);
        pass(20);

        TestClient second = node.client().connect("s", false, 3_600);
        pass(50);

        assertThat(second.payloads()).containsExactly("0", "1", "2");
        assertThat(second.all(Got.class)).extracting(Got::dup).containsExactly(true, true, false);
        assertThat(second.all(Got.class))
                .extracting(Got::packetId)
                .startsWith(first.all(Got.class).get(0).packetId());
    }

    @Test
    void whatWasAcknowledgedDoesNotComeAgain() {
        TestClient first = node.client().connect("s", true, 3_600);
        first.subscribe("a", QoS.AT_LEAST_ONCE);
        TestClient publisher = node.client().connect("p", true, 0);
        publisher.publish("a", "0", QoS.AT_LEAST_ONCE);
        pass(5);
        first.breakConnection(); // the acknowledgement still waits to be sent to the bucket
        pass(20);

        TestClient second = node.client().connect("s", false, 3_600);
        pass(50);

        assertThat(first.payloads()).containsExactly("0");
        assertThat(second.payloads()).isEmpty();
    }

    @Test
    @DisplayName("[MQTT-4.3.3-10] a repeated QoS 2 PUBLISH is not delivered again, also on another connection")
    void qos2IsDeliveredOnceAlthoughThePublisherReconnects() {
        TestClient subscriber = node.client().connect("s", true, 60);
        subscriber.subscribe("a", QoS.EXACTLY_ONCE);
        TestClient publisher = node.client().connect("p", true, 60);
        publisher.acknowledges = false;
        int packetId = publisher.publish("a", "once", QoS.EXACTLY_ONCE);
        pass(20);
        publisher.breakConnection();
        pass(20);

        TestClient again = node.client(1).connect("p", false, 60);
        again.publish("a", "once", QoS.EXACTLY_ONCE, false, packetId, true);
        pass(50);

        assertThat(subscriber.payloads()).containsExactly("once");
        assertThat(again.all(PubRec.class)).hasSize(1);
        assertThat(again.all(PubComp.class)).hasSize(1);

        again.publish("a", "next", QoS.EXACTLY_ONCE, false, packetId, false);
        pass(50);
        assertThat(subscriber.payloads()).containsExactly("once", "next");
    }

    @Test
    @DisplayName("I3: transient subscribers get it once, too, wherever they and the publisher are")
    void qos2IsDeliveredOnceToTransientSessionsAlthoughThePublisherReconnects() {
        TestCluster.TestNode other = cluster.start(2, 1);
        List<TestClient> subscribers = List.of(
                node.client(0).connect("s0", true, 0),
                node.client(1).connect("s1", true, 0),
                other.client().connect("s2", true, 0));
        subscribers.forEach(subscriber -> subscriber.subscribe("a", QoS.EXACTLY_ONCE));
        TestClient publisher = node.client().connect("p", true, 60);
        publisher.acknowledges = false;
        int packetId = publisher.publish("a", "once", QoS.EXACTLY_ONCE);
        pass(20);
        publisher.breakConnection();
        pass(20);

        TestClient again = other.client().connect("p", false, 60);
        again.publish("a", "once", QoS.EXACTLY_ONCE, false, packetId, true);
        pass(100);
        again.publish("a", "next", QoS.EXACTLY_ONCE, false, packetId, false);
        pass(100);

        assertThat(subscribers)
                .allSatisfy(subscriber -> assertThat(subscriber.payloads()).containsExactly("once", "next"));
        assertThat(again.all(PubComp.class)).hasSize(2);
    }

    @Test
    void aRepeatedPubRelIsAnsweredOnAnotherConnection() {
        node.client().connect("s", true, 60).subscribe("a", QoS.EXACTLY_ONCE);
        TestClient publisher = node.client().connect("p", true, 60);
        publisher.acknowledges = false;
        int packetId = publisher.publish("a", "once", QoS.EXACTLY_ONCE);
        pass(20);
        publisher.breakConnection();

        TestClient again = node.client(1).connect("p", false, 60);
        again.packet(new PubRel(packetId, ReasonCode.SUCCESS, Properties.EMPTY));
        pass(20);
        again.packet(new PubRel(packetId, ReasonCode.SUCCESS, Properties.EMPTY));
        pass(20);

        assertThat(again.all(PubComp.class))
                .extracting(PubComp::reason)
                .containsExactly(ReasonCode.SUCCESS, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND);
    }

    @Test
    @DisplayName("[MQTT-4.3.3-8] after PUBREC only PUBREL comes again")
    void qos2OutGoesOnWithPubRelAfterPubRec() {
        TestClient first = node.client().connect("s", true, 60);
        first.subscribe("a", QoS.EXACTLY_ONCE);
        first.acknowledges = false;
        TestClient publisher = node.client().connect("p", true, 0);
        publisher.publish("a", "once", QoS.EXACTLY_ONCE);
        pass(20);
        int packetId = first.all(Got.class).get(0).packetId();
        first.packet(new PubRec(packetId, ReasonCode.SUCCESS, Properties.EMPTY));
        pass(20);
        assertThat(first.all(PubRel.class)).hasSize(1);
        first.breakConnection();

        TestClient second = node.client().connect("s", false, 60);
        pass(50);

        assertThat(second.payloads()).isEmpty();
        assertThat(second.all(PubRel.class)).extracting(PubRel::packetId).containsExactly(packetId);
        assertThat(node.client().connect("s", false, 60).all(PubRel.class)).isEmpty();
    }

    @Test
    @DisplayName("PUBREL leaves only when the bucket knows of the PUBREC")
    void pubRelWaitsForTheBucket() {
        TestClient subscriber = node.client().connect("s", true, 60);
        subscriber.subscribe("a", QoS.EXACTLY_ONCE);
        TestClient publisher = node.client().connect("p", true, 0);
        cluster.buckets.script =
                submission -> submission.has(Command.Acknowledge.class) ? Fault.ANSWER_HELD : Fault.NONE;

        publisher.publish("a", "once", QoS.EXACTLY_ONCE);
        pass(2_000);
        assertThat(subscriber.all(PubRel.class)).isEmpty();
        cluster.buckets.script = submission -> Fault.NONE;
        cluster.buckets.release();
        pass(50);

        assertThat(subscriber.all(PubRel.class)).hasSize(1);
    }

    @Test
    @DisplayName("I5: a lost hint costs time, never a message")
    void aLostHintIsFetched() {
        TestCluster.TestNode other = cluster.start(2, 1);
        TestClient subscriber = other.client().connect("s", true, 60);
        subscriber.subscribe("a", QoS.AT_LEAST_ONCE);
        TestClient publisher = node.client().connect("p", true, 0);
        int[] hints = {0};
        cluster.lost = message -> message instanceof NodeMessage.Hints && ++hints[0] != 2;

        publisher.publish("a", "0", QoS.AT_LEAST_ONCE);
        pass(5);
        publisher.publish("a", "1", QoS.AT_LEAST_ONCE); // its hint arrives and shows the gap
        pass(60);
        assertThat(subscriber.payloads()).containsExactly("0", "1");

        publisher.publish("a", "2", QoS.AT_LEAST_ONCE); // nothing shows that this one is missing
        pass(60);
        assertThat(subscriber.payloads()).containsExactly("0", "1");
        pass(NodeSettings.SINGLE.upkeep().reconcileMillis() + 100L);

        assertThat(subscriber.payloads()).containsExactly("0", "1", "2");
        assertThat(other.events.reconciled).isPositive();
        assertThat(publisher.pubAcks()).hasSize(3);
    }

    @Test
    void aHintThatComesBeforeTheSessionIsOpenIsNotMissed() {
        TestCluster.TestNode other = cluster.start(2, 1);
        TestClient before = other.client().connect("s", true, 60);
        before.subscribe("a", QoS.AT_LEAST_ONCE);
        before.disconnect();
        pass(50);
        TestClient publisher = node.client().connect("p", true, 0);
        cluster.buckets.script =
                submission -> submission.has(Command.OpenSession.class) ? Fault.ANSWER_HELD : Fault.NONE;

        TestClient subscriber = other.client().connect("s", false, 60);
        publisher.publish("a", "early", QoS.AT_LEAST_ONCE);
        pass(20);
        assertThat(cluster.sent).anyMatch(NodeMessage.Hints.class::isInstance);
        cluster.buckets.script = submission -> Fault.NONE;
        cluster.buckets.release();
        pass(100);

        assertThat(subscriber.payloads()).containsExactly("early");
    }

    @Test
    void acknowledgementsOfManyMessagesGoInFewCommands() {
        TestClient subscriber = node.client().connect("s", true, 60);
        subscriber.subscribe("a", QoS.AT_LEAST_ONCE);
        TestClient publisher = node.client().connect("p", true, 0);
        for (int i = 0; i < 100; i++) {
            publisher.publish("a", "" + i, QoS.AT_LEAST_ONCE);
        }
        pass(200);

        List<Command.Acknowledge> acknowledges = cluster.buckets.commands(Command.Acknowledge.class);
        assertThat(acknowledges).hasSizeLessThan(10);
        assertThat(acknowledges.stream()
                        .mapToInt(each -> each.released().length)
                        .sum())
                .isEqualTo(100);
    }

    @Test
    @DisplayName("[MQTT-3.1.2-23] a session continued with expiry 0 is drained, then ends with its connection")
    void aSessionContinuedWithoutExpiryIsDrained() {
        TestClient first = node.client().connect("s", true, 3_600);
        first.subscribe("a", QoS.AT_LEAST_ONCE);
        first.disconnect();
        pass(20);
        TestClient publisher = node.client().connect("p", true, 0);
        for (int i = 0; i < 300; i++) {
            publisher.publish("a", "" + i, QoS.AT_LEAST_ONCE);
        }
        pass(50);

        TestClient second = node.client();
        second.receiveMaximum = 10;
        second.connect("s", false, 0);
        pass(500);
        publisher.publish("a", "300", QoS.AT_LEAST_ONCE);
        pass(50);
        assertThat(second.payloads()).isEqualTo(numbers(0, 301));
        second.disconnect();
        pass(50);

        assertThat(Objects.requireNonNull(node.client().connect("s", false, 60).connAck())
                        .sessionPresent())
                .isFalse();
    }

    @Test
    void publishesThatTheClientLeftBehindAreKept() {
        TestClient subscriber = node.client().connect("s", true, 60);
        subscriber.subscribe("a", QoS.AT_LEAST_ONCE);
        TestClient publisher = node.client().connect("p", true, 60);
        for (int i = 0; i < 20; i++) {
            publisher.publish("a", "" + i, QoS.AT_LEAST_ONCE, i % 5 == 0);
        }
        publisher.breakConnection();
        pass(100);

        assertThat(subscriber.payloads()).isEqualTo(numbers(0, 20));
        assertThat(cluster.buckets.commands(Command.CloseSession.class)).hasSize(1);
    }
}
