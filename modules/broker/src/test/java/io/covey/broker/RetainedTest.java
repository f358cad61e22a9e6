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
import io.covey.protocol.SubAck;
import io.covey.protocol.Subscribe;
import io.covey.protocol.SubscriptionRequest;
import io.covey.protocol.UnsubAck;
import io.covey.protocol.Unsubscribe;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Retained messages: stored before they are sent on, read after the subscription is live. */
class RetainedTest {
    private final TestCluster cluster = new TestCluster();
    private final TestCluster.TestNode node = cluster.start(1, 2);

    private void pass(long millis) {
        cluster.time.pass(millis);
    }

    private void retain(String topic, String payload, QoS qos) {
        TestClient publisher = node.client().connect("publisher", true, 0);
        publisher.publish(topic, payload, qos, true);
        pass(20);
        publisher.disconnect();
        pass(5);
    }

    @Test
    @DisplayName("[MQTT-3.3.1-5] [MQTT-3.3.1-6] [MQTT-3.3.1-8]")
    void aNewSubscriptionGetsTheLastValueWithRetainSet() {
        retain("a/b", "111", QoS.AT_LEAST_ONCE);
        retain("a/b", "222", QoS.AT_LEAST_ONCE);
        retain("a/c", "333", QoS.AT_MOST_ONCE);
        retain("a/d", "gone", QoS.AT_MOST_ONCE);
        retain("a/d", "", QoS.AT_MOST_ONCE);

        TestClient transientOne = node.client().connect("t", true, 0);
        transientOne.subscribe("a/+", QoS.AT_LEAST_ONCE);
        TestClient persistentOne = node.client().connect("s", true, 60);
        persistentOne.subscribe("a/+", QoS.AT_LEAST_ONCE);

        for (TestClient client : List.of(transientOne, persistentOne)) {
            assertThat(client.payloads()).containsExactlyInAnyOrder("222", "333");
            assertThat(client.all(Got.class)).allMatch(Got::retain);
            assertThat(client.all(Got.class))
                    .filteredOn(got -> got.payload().equals("222"))
                    .extracting(Got::qos)
                    .containsExactly(QoS.AT_LEAST_ONCE);
            assertThat(client.got.get(1)).as("SUBACK comes first").isInstanceOf(SubAck.class);
        }
        assertThat(cluster.buckets.commands(Command.Enqueue.class)).hasSize(1);
    }

    @Test // [MQTT-3.8.4-4]
    @DisplayName("[MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11]")
    void retainHandlingDecides() {
        retain("a", "v", QoS.AT_LEAST_ONCE);
        for (long expirySeconds : new long[] {0, 60}) {
            TestClient client = node.client().connect("c" + expirySeconds, true, expirySeconds);

            client.subscribe("a", QoS.AT_LEAST_ONCE, 2);
            assertThat(client.payloads()).isEmpty();
            client.subscribe("a", QoS.AT_LEAST_ONCE, 1);
            assertThat(client.payloads()).as("it existed").isEmpty();
            client.unsubscribe("a");
            client.subscribe("a", QoS.AT_LEAST_ONCE, 1);
            assertThat(client.payloads()).containsExactly("v");
            client.subscribe("a", QoS.AT_LEAST_ONCE, 0);
            assertThat(client.payloads()).containsExactly("v", "v");
        }
    }

    @Test
    @DisplayName("[MQTT-3.3.1-12] towards a subscription that was there RETAIN is 0")
    void anEstablishedSubscriptionGetsRetainedPublishesAsNormalOnes() {
        TestClient client = node.client().connect("c", true, 0);
        client.subscribe("a", QoS.AT_LEAST_ONCE);

        retain("a", "v", QoS.AT_LEAST_ONCE);

        assertThat(client.all(Got.class)).extracting(Got::retain).containsExactly(false);
    }

    @Test
    @DisplayName("I1: PUBACK of a retained publish stands for the stored value")
    void aRetainedPublishIsAcknowledgedOnceStored() {
        TestClient publisher = node.client().connect("p", true, 0);
        TestClient subscriber = node.client().connect("s", true, 0);
        subscriber.subscribe("#", QoS.AT_LEAST_ONCE);
        cluster.buckets.script = submission -> submission.has(Command.Retain.class) ? Fault.ANSWER_HELD : Fault.NONE;

        publisher.publish("a", "1", QoS.AT_LEAST_ONCE, true);
        publisher.publish("b", "2", QoS.AT_LEAST_ONCE);
        pass(1_000);
        assertThat(publisher.pubAcks()).isEmpty();
        assertThat(subscriber.payloads())
                .as("stored first, and the next waits [I4]")
                .isEmpty();
        cluster.buckets.release();
        pass(20);

        assertThat(publisher.pubAcks()).hasSize(2);
        assertThat(cluster.buckets.commands(Command.Retain.class)).hasSize(1);
        assertThat(subscriber.payloads()).containsExactly("1", "2");
    }

    @Test
    void manyRetainedMessagesComeAtThePaceOfTheClient() {
        TestClient publisher = node.client().connect("publisher", true, 0);
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            publisher.publish("m/" + i, "" + i, QoS.AT_MOST_ONCE, true);
            expected.add("" + i);
            pass(10);
        }
        TestClient client = node.client().connect("c", true, 0);
        client.isWritable = false;
        client.subscribe("m/#", QoS.AT_MOST_ONCE);
        pass(200);
        assertThat(client.payloads()).isEmpty();

        client.writable(true);
        pass(1_500);

        assertThat(client.payloads()).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(client.all(SubAck.class)).hasSize(1);
    }

    @Test
    void anOlderRetainedValueDoesNotFollowANewerLiveOne() {
        retain("a", "old", QoS.AT_LEAST_ONCE);
        TestClient client = node.client().connect("c", true, 0);
        TestClient publisher = node.client().connect("p", true, 0);
        cluster.buckets.script =
                submission -> submission.has(Command.ReadRetained.class) ? Fault.ANSWER_HELD : Fault.NONE;
        client.packet(new Subscribe(
                1, Properties.EMPTY, List.of(new SubscriptionRequest("a", QoS.AT_LEAST_ONCE, false, true, 0))));
        pass(50);
        cluster.buckets.script = submission -> Fault.NONE;
        // The lane of the topic is busy with the read; the value is published by a node whose lane is not.
        TestCluster.TestNode other = cluster.start(2, 1);
        TestClient elsewhere = other.client().connect("e", true, 0);
        elsewhere.publish("a", "new", QoS.AT_LEAST_ONCE, true);
        pass(50);
        cluster.buckets.release();
        pass(50);

        assertThat(client.payloads()).containsExactly("new");
        assertThat(publisher.closed).isFalse();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("I6: SUBACK comes when the routes of bucket and shard are known everywhere")
    void subAckWaitsForTheRoutes(boolean bucketsAreSlow) {
        cluster.partitionsLiveAfterMicros = bucketsAreSlow ? 700_000 : 100;
        cluster.shardsLiveAfterMicros = bucketsAreSlow ? 100 : 700_000;
        TestClient persistentOne = node.client().connect("s", true, 60);
        persistentOne.subscribe("a", QoS.AT_LEAST_ONCE);
        TestClient transientOne = node.client().connect("t", true, 0);
        transientOne.subscribe("a", QoS.AT_LEAST_ONCE);
        pass(600);
        assertThat(persistentOne.subAck()).isNull();
        assertThat(transientOne.subAck() == null).isEqualTo(!bucketsAreSlow);

        pass(500);

        assertThat(persistentOne.subAck()).isNotNull();
        assertThat(transientOne.subAck()).isNotNull();
    }

    @Test
    @DisplayName(
            "[MQTT-3.8.4-5] [MQTT-3.10.4-6] several filters in one packet are like several packets, with one answer")
    void severalFiltersHaveOneAnswer() {
        retain("a", "v", QoS.AT_LEAST_ONCE);
        retain("b", "w", QoS.AT_LEAST_ONCE);
        for (long expirySeconds : new long[] {0, 60}) {
            TestClient client = node.client().connect("c" + expirySeconds, true, expirySeconds);

            client.packet(new Subscribe(
                    1,
                    Properties.EMPTY,
                    List.of(
                            new SubscriptionRequest("a", QoS.AT_MOST_ONCE, false, false, 0),
                            new SubscriptionRequest("b", QoS.AT_LEAST_ONCE, false, false, 0),
                            new SubscriptionRequest("a", QoS.EXACTLY_ONCE, false, false, 2))));
            pass(20);
            client.packet(new Unsubscribe(2, Properties.EMPTY, List.of("a", "b", "c")));
            pass(20);

            assertThat(client.all(SubAck.class))
                    .containsExactly(new SubAck(
                            1,
                            Properties.EMPTY,
                            List.of(ReasonCode.SUCCESS, ReasonCode.GRANTED_QOS_1, ReasonCode.GRANTED_QOS_2)));
            assertThat(client.payloads()).containsExactlyInAnyOrder("v", "w");
            assertThat(client.all(UnsubAck.class))
                    .containsExactly(new UnsubAck(
                            2,
                            Properties.EMPTY,
                            List.of(ReasonCode.SUCCESS, ReasonCode.SUCCESS, ReasonCode.NO_SUBSCRIPTION_EXISTED)));
        }
    }

    @Test
    @DisplayName("[MQTT-3.10.4-3] what was being delivered when UNSUBSCRIBE came is completed")
    void handshakesGoOnAfterUnsubscribe() {
        for (long expirySeconds : new long[] {0, 60}) {
            TestClient client = node.client().connect("c" + expirySeconds, true, expirySeconds);
            client.acknowledges = false;
            client.subscribe("x", QoS.EXACTLY_ONCE);
            TestClient publisher = node.client().connect("p" + expirySeconds, true, 0);
            publisher.publish("x", "1", QoS.EXACTLY_ONCE);
            pass(20);
            int packetId = client.all(Got.class).get(0).packetId();

            client.unsubscribe("x");
            client.packet(new PubRec(packetId, ReasonCode.SUCCESS, Properties.EMPTY));
            pass(20);

            assertThat(client.all(PubRel.class))
                    .containsExactly(new PubRel(packetId, ReasonCode.SUCCESS, Properties.EMPTY));
            client.packet(new PubComp(packetId, ReasonCode.SUCCESS, Properties.EMPTY));
            pass(20);
            assertThat(client.closed).isFalse();
        }
    }

    @Test
    @DisplayName("[MQTT-3.10.4-2]")
    void nothingComesAfterUnsubAck() {
        TestClient publisher = node.client().connect("publisher", true, 0);
        for (long expirySeconds : new long[] {0, 60}) {
            TestClient client = node.client().connect("c" + expirySeconds, true, expirySeconds);
            client.subscribe("a", QoS.AT_LEAST_ONCE);
            client.unsubscribe("a");
            assertThat(client.unsubAck()).isNotNull();

            publisher.publish("a", "1", QoS.AT_LEAST_ONCE);
            publisher.publish("a", "2", QoS.AT_MOST_ONCE);
            pass(50);

            assertThat(client.payloads()).isEmpty();
        }
    }
}
