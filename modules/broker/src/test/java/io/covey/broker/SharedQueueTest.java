package io.covey.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.broker.TestBuckets.Fault;
import io.covey.bucket.Command;
import io.covey.bucket.SharedCommand;
import io.covey.protocol.Properties;
import io.covey.protocol.PubAck;
import io.covey.protocol.PubRec;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Shared Subscriptions with members whose sessions outlive their connections [MQTT 5.0, 4.8.2]. */
class SharedQueueTest {
    private static final String FILTER = "$share/g/t";

    private final TestCluster cluster = new TestCluster();
    private final TestCluster.TestNode first = cluster.start(1, 2);
    private TestCluster.TestNode second = cluster.start(2, 1);

    private static TestClient persistent(TestCluster.TestNode node, String clientId) {
        TestClient client = node.client().connect(clientId, false, 3_600);
        client.subscribe(FILTER, QoS.EXACTLY_ONCE);
        assertThat(Objects.requireNonNull(client.subAck()).reasons()).containsExactly(ReasonCode.GRANTED_QOS_2);
        return client;
    }

    private static TestClient transientMember(TestCluster.TestNode node, String clientId) {
        TestClient client = node.client().connect(clientId, true, 0);
        client.subscribe(FILTER, QoS.AT_LEAST_ONCE);
        return client;
    }

    private void publish(TestClient publisher, QoS qos, String... payloads) {
        for (String payload : payloads) {
            publisher.publish("t", payload, qos);
        }
        cluster.time.pass(200);
    }

    private TestClient publisher() {
        return first.client(1).connect("p", true, 0);
    }

    private static List<String> all(TestClient... members) {
        List<String> all = new ArrayList<>();
        for (TestClient member : members) {
            all.addAll(member.payloads());
        }
        all.sort(null);
        return all;
    }

    @Test
    @DisplayName("members of both kinds and of all nodes share the messages, each goes to one")
    void membersOfBothKindsShareTheMessages() {
        TestClient a = persistent(first, "a");
        TestClient b = persistent(second, "b");
        TestClient c = transientMember(second, "c");
        TestClient d = transientMember(first, "d");
        TestClient publisher = publisher();

        publish(publisher, QoS.AT_LEAST_ONCE, "1", "2", "3", "4", "5", "6", "7", "8");

        for (TestClient each : List.of(a, b, c, d)) {
            assertThat(each.payloads()).hasSize(2);
        }
        assertThat(all(a, b, c, d)).doesNotHaveDuplicates().hasSize(8);
        assertThat(publisher.pubAcks()).hasSize(8);
        assertThat(cluster.buckets.replicasAreEqual()).isTrue();
    }

    @Test
    @DisplayName("I1: with nobody online messages are kept, and go to who comes first")
    void messagesWaitForAMember() {
        TestClient a = persistent(first, "a");
        TestClient b = persistent(second, "b");
        a.breakConnection();
        b.breakConnection();
        cluster.time.pass(50);
        TestClient publisher = publisher();

        publish(publisher, QoS.AT_LEAST_ONCE, "1", "2", "3");
        assertThat(publisher.pubAcks()).hasSize(3);
        TestClient back = second.client().connect("a", false, 3_600);
        cluster.time.pass(100);

        assertThat(back.payloads()).containsExactlyInAnyOrder("1", "2", "3");
    }

    @Test
    @DisplayName("I1: no acknowledgement before the group's queue has it")
    void pubAckWaitsForTheGroupsQueue() {
        persistent(first, "a").breakConnection();
        TestClient publisher = publisher();
        cluster.buckets.script = submission -> submission.has(Command.Append.class) ? Fault.ANSWER_HELD : Fault.NONE;
        publish(publisher, QoS.AT_LEAST_ONCE, "1");
        assertThat(publisher.pubAcks()).isEmpty();

        cluster.buckets.release();
        cluster.time.pass(50);

        assertThat(publisher.pubAcks()).hasSize(1);
    }

    @Test
    @DisplayName("a slow member does not hoard; what it has not completed when its session ends goes to another")
    void aSlowMemberDoesNotHoard() {
        TestClient slow = first.client();
        slow.receiveMaximum = 2;
        slow.acknowledges = false;
        slow.connect("slow", false, 0xFFFF_FFFFL).subscribe(FILTER, QoS.AT_LEAST_ONCE);
        TestClient publisher = publisher();
        publish(publisher, QoS.AT_LEAST_ONCE, "1", "2", "3", "4", "5", "6");
        assertThat(slow.payloads()).containsExactly("1", "2");

        TestClient quick = persistent(second, "quick");
        cluster.time.pass(100);
        assertThat(quick.payloads()).as("beyond the slow one's room of 4").containsExactly("5", "6");

        slow.breakConnection();
        cluster.time.pass(100);
        assertThat(quick.payloads()).as("what was never sent").containsExactly("5", "6", "3", "4");

        first.client().connect("slow", true, 0);
        cluster.time.pass(100);
        assertThat(quick.payloads()).as("what was not acknowledged").containsExactly("5", "6", "3", "4", "1", "2");
    }

    @Test
    @DisplayName("[MQTT-4.8.2-4] [MQTT-4.8.2-5] QoS 2 that was sent is completed with that session or with none")
    void qos2StaysWithItsSession() {
        TestClient a = first.client();
        a.acknowledges = false;
        a.connect("a", false, 0xFFFF_FFFFL).subscribe(FILTER, QoS.EXACTLY_ONCE);
        TestClient publisher = publisher();
        publish(publisher, QoS.EXACTLY_ONCE, "1");
        assertThat(a.payloads()).containsExactly("1");
        TestClient b = persistent(second, "b");
        a.breakConnection();
        cluster.time.pass(100);

        TestClient again = second.client().connect("a", false, 0xFFFF_FFFFL);
        cluster.time.pass(50);
        assertThat(again.all(TestClient.Got.class)).hasSize(1).allMatch(TestClient.Got::dup);
        again.acknowledges = false;
        again.breakConnection();
        first.client().connect("a", true, 0);
        cluster.time.pass(100);

        assertThat(b.payloads()).isEmpty();
    }

    @Test
    @DisplayName("[MQTT-4.8.2-6] a message that its member refuses goes to nobody else")
    void aRefusedMessageIsDiscarded() {
        TestClient a = first.client();
        a.acknowledges = false;
        a.connect("a", false, 3_600).subscribe(FILTER, QoS.EXACTLY_ONCE);
        TestClient publisher = publisher();
        publish(publisher, QoS.AT_LEAST_ONCE, "1");
        publish(publisher, QoS.EXACTLY_ONCE, "2");
        TestClient b = persistent(second, "b");

        List<TestClient.Got> got = a.all(TestClient.Got.class);
        a.packet(new PubAck(got.get(0).packetId(), ReasonCode.UNSPECIFIED_ERROR, Properties.EMPTY));
        a.packet(new PubRec(got.get(1).packetId(), ReasonCode.QUOTA_EXCEEDED, Properties.EMPTY));
        cluster.time.pass(100);
        a.breakConnection();
        first.client().connect("a", true, 0);
        cluster.time.pass(100);

        assertThat(got).hasSize(2);
        assertThat(b.payloads()).isEmpty();
    }

    @Test
    @DisplayName(
            "kill -9 of a member's node: QoS 1 that a transient member had goes to another, a session's stays with it")
    void aKilledNodesMessagesAreNotLost() {
        TestClient c = second.client();
        c.acknowledges = false;
        c.connect("c", true, 0).subscribe(FILTER, QoS.AT_LEAST_ONCE);
        TestClient b = second.client();
        b.acknowledges = false;
        b.connect("b", false, 3_600).subscribe(FILTER, QoS.AT_LEAST_ONCE);
        TestClient publisher = publisher();
        publish(publisher, QoS.AT_LEAST_ONCE, "1", "2", "3", "4");
        assertThat(all(b, c)).containsExactly("1", "2", "3", "4");
        List<String> ofB = b.payloads();

        cluster.kill(second);
        TestClient a = persistent(first, "a");
        cluster.time.pass(100);
        TestClient back = first.client().connect("b", false, 3_600);
        cluster.time.pass(100);

        assertThat(a.payloads()).isEqualTo(c.payloads());
        assertThat(back.payloads()).isEqualTo(ofB);
    }

    @Test
    @DisplayName("kill -9 of the publisher's node: what its outbox work has not delivered is delivered by another")
    void effectsOfAKilledNodeAreBroughtAbout() {
        TestClient a = persistent(first, "a");
        TestClient publisher = second.client().connect("p", true, 0);
        cluster.buckets.script =
                submission -> submission.has(SharedCommand.HandOver.class) ? Fault.REQUEST_LOST : Fault.NONE;
        publish(publisher, QoS.EXACTLY_ONCE, "1", "2");
        assertThat(publisher.all(PubRec.class)).hasSize(2);
        assertThat(a.payloads()).isEmpty();

        cluster.kill(second);
        cluster.buckets.script = submission -> Fault.NONE;
        cluster.deliverOutboxes();
        cluster.time.pass(100);

        assertThat(a.payloads()).containsExactly("1", "2");
    }

    @Test
    @DisplayName(
            "I3: a QoS 2 publish that is repeated at another node comes to one member, also where all are transient")
    void aRepeatedPublishComesOnce() {
        TestClient c = transientMember(first, "c");
        TestClient d = transientMember(first, "d");
        TestClient publisher = second.client().connect("p", false, 3_600);
        cluster.buckets.script = submission -> submission.has(Command.Append.class) ? Fault.ANSWER_LOST : Fault.NONE;
        publisher.publish("t", "1", QoS.EXACTLY_ONCE, false, 9, false);
        cluster.time.pass(20);
        cluster.kill(second);
        cluster.buckets.script = submission -> Fault.NONE;

        TestClient again = first.client(1).connect("p", false, 3_600);
        again.publish("t", "1", QoS.EXACTLY_ONCE, false, 9, true);
        cluster.time.pass(100);
        cluster.deliverOutboxes();
        cluster.time.pass(100);

        assertThat(all(c, d)).containsExactly("1");
        assertThat(again.all(PubRec.class)).hasSize(1);
    }

    @Test
    @DisplayName("UNSUBSCRIBE ends the membership of a session; with the last one the queue ends")
    void unsubscribeEndsAMembership() {
        TestClient a = persistent(first, "a");
        TestClient b = persistent(second, "b");
        a.unsubscribe(FILTER);
        TestClient publisher = publisher();
        publish(publisher, QoS.AT_LEAST_ONCE, "1", "2");
        assertThat(a.payloads()).isEmpty();
        assertThat(b.payloads()).containsExactly("1", "2");

        b.breakConnection();
        cluster.time.pass(50);
        publish(publisher, QoS.AT_LEAST_ONCE, "3");
        TestClient back = first.client().connect("b", false, 3_600);
        back.unsubscribe(FILTER);
        publish(publisher, QoS.AT_LEAST_ONCE, "4");
        a.subscribe(FILTER, QoS.AT_LEAST_ONCE);
        cluster.time.pass(50);

        assertThat(back.payloads()).containsExactly("3");
        assertThat(a.payloads()).isEmpty();
        assertThat(publisher.all(PubAck.class).get(3).reason()).isEqualTo(ReasonCode.NO_MATCHING_SUBSCRIBERS);
    }

    @Test
    @DisplayName("I2: a member that comes back at another node goes on there with what it had")
    void aMemberMovesToAnotherNode() {
        TestClient a = first.client();
        a.receiveMaximum = 1;
        a.acknowledges = false;
        a.connect("a", false, 3_600).subscribe(FILTER, QoS.AT_LEAST_ONCE);
        TestClient publisher = publisher();
        publish(publisher, QoS.AT_LEAST_ONCE, "1", "2", "3");

        TestClient moved = second.client().connect("a", false, 3_600);
        cluster.time.pass(200);
        publish(publisher, QoS.AT_LEAST_ONCE, "4");

        assertThat(a.closed).isTrue();
        assertThat(moved.payloads()).containsExactlyInAnyOrder("1", "2", "3", "4");
    }
}
