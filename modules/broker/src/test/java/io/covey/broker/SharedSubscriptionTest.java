package io.covey.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Shared Subscriptions of transient sessions [MQTT 5.0, 4.8.2]: each message to one member, whichever nodes they are at. */
class SharedSubscriptionTest {
    private final TestCluster cluster = new TestCluster();
    private final TestCluster.TestNode first = cluster.start(1, 2);
    private final TestCluster.TestNode second = cluster.start(2, 1);

    private static TestClient member(TestCluster.TestNode node, int shard, String clientId, String filter, QoS qos) {
        TestClient client = node.client(shard).connect(clientId, true, 0);
        client.subscribe(filter, qos);
        assertThat(Objects.requireNonNull(client.subAck()).reasons()).containsExactly(ReasonCode.granted(qos));
        return client;
    }

    private void publish(TestClient publisher, String topic, QoS qos, int count) {
        for (int i = 0; i < count; i++) {
            publisher.publish(topic, topic + i, qos);
            cluster.time.pass(1);
        }
        cluster.time.pass(50);
    }

    private static List<String> payloads(TestClient... members) {
        List<String> all = new ArrayList<>();
        for (TestClient member : members) {
            all.addAll(member.payloads());
        }
        all.sort(null);
        return all;
    }

    @Test
    @DisplayName("[MQTT 5.0, 4.8.2] each message goes to one member, in turn over all shards and nodes")
    void membersOfAllNodesTakeTurns() {
        TestClient a = member(first, 0, "a", "$share/g/t/+", QoS.AT_LEAST_ONCE);
        TestClient b = member(first, 1, "b", "$share/g/t/+", QoS.AT_LEAST_ONCE);
        TestClient c = member(second, 0, "c", "$share/g/t/+", QoS.AT_LEAST_ONCE);
        TestClient d = member(second, 0, "d", "$share/g/t/+", QoS.AT_LEAST_ONCE);
        TestClient publisher = first.client().connect("p", true, 0);

        publish(publisher, "t/x", QoS.AT_LEAST_ONCE, 40);
        publish(publisher, "t/y", QoS.AT_MOST_ONCE, 40);

        for (TestClient each : List.of(a, b, c, d)) {
            assertThat(each.payloads()).hasSize(20);
        }
        assertThat(payloads(a, b, c, d)).doesNotHaveDuplicates().hasSize(80);
        assertThat(publisher.pubAcks()).hasSize(40);
    }

    @Test
    @DisplayName("[MQTT 5.0, 4.8.2] groups, and what is not shared, receive their own copies")
    void everyMatchingGroupAndSubscriptionGetsTheMessage() {
        TestClient a = member(first, 0, "a", "$share/g/t", QoS.AT_LEAST_ONCE);
        TestClient b = member(second, 0, "b", "$share/h/t", QoS.AT_LEAST_ONCE);
        TestClient c = member(second, 0, "c", "$share/g/#", QoS.AT_LEAST_ONCE);
        TestClient d = member(second, 0, "d", "t", QoS.AT_LEAST_ONCE);
        a.subscribe("t", QoS.AT_LEAST_ONCE);
        TestClient publisher = first.client().connect("p", true, 0);

        publish(publisher, "t", QoS.AT_LEAST_ONCE, 1);

        assertThat(a.payloads()).containsExactly("t0", "t0");
        assertThat(b.payloads()).containsExactly("t0");
        assertThat(c.payloads()).containsExactly("t0");
        assertThat(d.payloads()).containsExactly("t0");
    }

    @Test
    @DisplayName("[MQTT-4.8.2-3] delivered at the level granted to the chosen member")
    void theLevelIsThatOfTheChosenMember() {
        TestClient a = member(first, 0, "a", "$share/g/t", QoS.AT_MOST_ONCE);
        TestClient b = member(second, 0, "b", "$share/g/t", QoS.EXACTLY_ONCE);
        TestClient publisher = first.client().connect("p", true, 0);

        publish(publisher, "t", QoS.EXACTLY_ONCE, 6);
        publish(publisher, "t", QoS.AT_LEAST_ONCE, 2);

        assertThat(a.all(TestClient.Got.class)).hasSize(4).allMatch(got -> got.qos() == QoS.AT_MOST_ONCE);
        assertThat(b.all(TestClient.Got.class).stream().map(TestClient.Got::qos))
                .hasSize(4)
                .filteredOn(qos -> qos == QoS.EXACTLY_ONCE)
                .hasSize(3);
    }

    @Test
    @DisplayName("[MQTT 5.0, 4.8.2] no retained messages on a shared SUBSCRIBE")
    void retainedMessagesAreNotSent() {
        TestClient publisher = first.client().connect("p", true, 0);
        publisher.publish("t", "old", QoS.AT_LEAST_ONCE, true);
        cluster.time.pass(50);

        TestClient a = member(first, 0, "a", "$share/g/t", QoS.AT_LEAST_ONCE);
        TestClient b = member(first, 0, "b", "t", QoS.AT_LEAST_ONCE);

        assertThat(a.payloads()).isEmpty();
        assertThat(b.payloads()).containsExactly("old");
    }

    @Test
    @DisplayName("[MQTT 5.0, 4.8.2] what a member leaves unacknowledged at QoS 1 goes to another")
    void unacknowledgedMessagesGoToAnotherMember() {
        TestClient a = first.client(0);
        a.receiveMaximum = 2;
        a.acknowledges = false;
        a.connect("a", true, 0).subscribe("$share/g/t", QoS.AT_LEAST_ONCE);
        TestClient publisher = first.client().connect("p", true, 0);
        publish(publisher, "t", QoS.AT_LEAST_ONCE, 5);
        assertThat(a.payloads()).containsExactly("t0", "t1");
        TestClient b = member(second, 0, "b", "$share/g/t", QoS.AT_LEAST_ONCE);

        a.breakConnection();
        cluster.time.pass(50);

        assertThat(b.payloads()).containsExactlyInAnyOrder("t0", "t1", "t2", "t3", "t4");
        assertThat(first.events.dropped).isEmpty();
    }

    @Test
    @DisplayName("[MQTT-4.8.2-4] [MQTT-4.8.2-5] what was sent at QoS 2 is not sent to another member")
    void whatWasSentAtQos2StaysWithItsMember() {
        TestClient a = first.client(0);
        a.receiveMaximum = 1;
        a.acknowledges = false;
        a.connect("a", true, 0).subscribe("$share/g/t", QoS.EXACTLY_ONCE);
        TestClient publisher = first.client().connect("p", true, 0);
        publish(publisher, "t", QoS.EXACTLY_ONCE, 2);
        assertThat(a.payloads()).containsExactly("t0");
        TestClient b = member(second, 0, "b", "$share/g/t", QoS.EXACTLY_ONCE);

        a.breakConnection();
        cluster.time.pass(50);

        assertThat(b.payloads()).as("the one that was never sent").containsExactly("t1");
    }

    @Test
    @DisplayName("a member that takes no more is passed over while others do")
    void aSlowMemberIsPassedOver() {
        TestClient slow = first.client(0);
        slow.receiveMaximum = 3;
        slow.acknowledges = false;
        slow.connect("slow", true, 0).subscribe("$share/g/t", QoS.AT_LEAST_ONCE);
        TestClient quick = member(first, 0, "quick", "$share/g/t", QoS.AT_LEAST_ONCE);
        TestClient publisher = first.client().connect("p", true, 0);

        publish(publisher, "t", QoS.AT_LEAST_ONCE, 30);

        assertThat(slow.payloads()).hasSize(3);
        assertThat(quick.payloads()).hasSize(27);
    }

    @Test
    @DisplayName("a message that finds its member gone goes on to another shard")
    void aMessageForAMemberThatIsGoneGoesOn() {
        TestClient a = member(second, 0, "a", "$share/g/t", QoS.AT_LEAST_ONCE);
        TestClient b = member(first, 0, "b", "$share/g/t", QoS.AT_LEAST_ONCE);
        TestClient publisher = first.client().connect("p", true, 0);

        publisher.publish("t", "1", QoS.AT_LEAST_ONCE);
        publisher.publish("t", "2", QoS.AT_LEAST_ONCE);
        a.breakConnection(); // before its message has travelled
        cluster.time.pass(50);

        assertThat(a.payloads()).isEmpty();
        assertThat(b.payloads()).containsExactlyInAnyOrder("1", "2");
    }

    @Test
    @DisplayName("[MQTT-3.10.4-1] UNSUBSCRIBE ends a membership; a group without members receives nothing")
    void unsubscribedMembersReceiveNothing() {
        TestClient a = member(first, 0, "a", "$share/g/t", QoS.AT_LEAST_ONCE);
        TestClient b = member(second, 0, "b", "$share/g/t", QoS.AT_LEAST_ONCE);
        TestClient publisher = first.client().connect("p", true, 0);

        a.unsubscribe("$share/g/t");
        a.unsubscribe("$share/h/t");
        publish(publisher, "t", QoS.AT_LEAST_ONCE, 4);
        b.unsubscribe("$share/g/t");
        publish(publisher, "t", QoS.AT_LEAST_ONCE, 4);

        assertThat(a.payloads()).isEmpty();
        assertThat(b.payloads()).hasSize(4);
        assertThat(a.all(io.covey.protocol.UnsubAck.class).stream().flatMap(ack -> ack.reasons().stream()))
                .containsExactly(ReasonCode.SUCCESS, ReasonCode.NO_SUBSCRIPTION_EXISTED);
    }
}
