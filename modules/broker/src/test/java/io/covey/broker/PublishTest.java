package io.covey.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.broker.TestBuckets.Fault;
import io.covey.bucket.Batch;
import io.covey.bucket.BucketLimits;
import io.covey.bucket.Command;
import io.covey.bucket.Partitions;
import io.covey.bucket.Shortage;
import io.covey.protocol.PubAck;
import io.covey.protocol.PubComp;
import io.covey.protocol.PubRec;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What an acknowledgement of a publish stands for, and in which order they come. */
class PublishTest {
    private final TestCluster cluster = new TestCluster();
    private final TestCluster.TestNode node = cluster.start(1, 2);

    private void pass(long millis) {
        cluster.time.pass(millis);
    }

    private TestClient persistentSubscriber(String clientId, String filter, QoS qos) {
        TestClient subscriber = node.client().connect(clientId, true, 60);
        subscriber.subscribe(filter, qos);
        return subscriber;
    }

    @Test
    @DisplayName("I1: no acknowledgement before the bucket confirmed")
    void pubAckWaitsForTheConfirmationHoweverLongItTakes() {
        TestClient subscriber = persistentSubscriber("s", "a", QoS.AT_LEAST_ONCE);
        TestClient publisher = node.client().connect("p", true, 0);
        cluster.buckets.script = submission -> submission.has(Command.Append.class) ? Fault.ANSWER_HELD : Fault.NONE;

        int packetId = publisher.publish("a", "1", QoS.AT_LEAST_ONCE);
        pass(30_000);

        assertThat(publisher.pubAcks()).isEmpty();
        assertThat(subscriber.payloads()).as("nothing leaks early").isEmpty();

        cluster.buckets.release();
        pass(20);

        assertThat(publisher.pubAcks()).containsExactly(packetId);
        assertThat(subscriber.payloads()).containsExactly("1");
    }

    @Test
    @DisplayName("I1: a batch of unknown fate is repeated as it is, and nothing overtakes it")
    void anUnconfirmedBatchIsRepeatedUntilItSucceeds() {
        TestClient subscriber = persistentSubscriber("s", "a", QoS.AT_LEAST_ONCE);
        TestClient publisher = node.client().connect("p", true, 0);
        int[] failures = {5};
        List<Batch> attempts = new ArrayList<>();
        List<Boolean> repairs = new ArrayList<>();
        cluster.buckets.script = submission -> {
            if (failures[0] == 0 || !submission.has(Command.Append.class)) {
                return Fault.NONE;
            }
            attempts.add(submission.batch());
            repairs.add(submission.repair());
            failures[0]--;
            return failures[0] % 2 == 0 ? Fault.ANSWER_LOST : Fault.REQUEST_LOST;
        };

        int first = publisher.publish("a", "1", QoS.AT_LEAST_ONCE);
        pass(5);
        int second = publisher.publish("a", "2", QoS.AT_LEAST_ONCE);
        pass(2_000);

        assertThat(attempts).hasSize(5);
        assertThat(Collections.frequency(attempts, attempts.get(0))).isEqualTo(5);
        assertThat(repairs).containsExactly(false, false, true, true, true);
        assertThat(node.events.repeated).isEqualTo(5);
        assertThat(publisher.pubAcks()).containsExactly(first, second);
        assertThat(subscriber.payloads()).as("applied once").containsExactly("1", "2");
        assertThat(cluster.buckets.replicasAreEqual()).isTrue();
    }

    @Test
    @DisplayName("I9: confirmed, but the lease is over: no acknowledgement, no delivery")
    void leaseLostBetweenConfirmationAndAcknowledgement() {
        TestClient subscriber = persistentSubscriber("s", "a", QoS.AT_LEAST_ONCE);
        TestClient publisher = node.client().connect("p", true, 0);
        cluster.buckets.script = submission -> submission.has(Command.Append.class) ? Fault.ANSWER_HELD : Fault.NONE;
        publisher.publish("a", "1", QoS.AT_LEAST_ONCE);
        pass(20);

        node.loseLease();
        cluster.buckets.release();
        pass(100);

        assertThat(publisher.pubAcks()).isEmpty();
        assertThat(subscriber.payloads()).isEmpty();
        assertThat(publisher.closed).isTrue();
        assertThat(subscriber.closed).isTrue();
        assertThat(node.restarts).containsExactly("the lease is lost");
        assertThat(cluster.buckets.commands(Command.CloseSession.class))
                .as("ends are not reported")
                .isEmpty();
    }

    @Test
    @DisplayName("I9: what began under one lease is not acknowledged under another")
    void anotherLeaseDoesNotCompleteWhatBeganBefore() {
        persistentSubscriber("s", "a", QoS.AT_LEAST_ONCE);
        TestClient publisher = node.client().connect("p", true, 0);
        cluster.buckets.script = submission -> submission.has(Command.Append.class) ? Fault.ANSWER_HELD : Fault.NONE;
        publisher.publish("a", "1", QoS.AT_LEAST_ONCE);
        pass(20);

        node.state.lease(2, Long.MAX_VALUE);
        cluster.buckets.release();
        pass(100);

        assertThat(publisher.pubAcks()).isEmpty();
    }

    @Test
    @DisplayName("I9: nothing that a thawed node finds waiting is acted on")
    void inputsAfterTheLeaseIsLostCloseTheConnection() {
        TestClient subscriber = node.client().connect("s", true, 0);
        subscriber.subscribe("a", QoS.AT_LEAST_ONCE);
        TestClient publisher = node.client().connect("p", true, 0);

        node.loseLease();
        publisher.publish("a", "1", QoS.AT_LEAST_ONCE);
        pass(20);

        assertThat(publisher.pubAcks()).isEmpty();
        assertThat(subscriber.payloads()).isEmpty();
        assertThat(publisher.closed && subscriber.closed).isTrue();
        assertThat(node.restarts).hasSize(1);
    }

    @Test
    void aBucketThatForgotTheSenderEndsTheIncarnation() {
        persistentSubscriber("s", "a", QoS.AT_LEAST_ONCE);
        TestClient publisher = node.client().connect("p", true, 0);
        cluster.buckets.script = submission -> submission.has(Command.Append.class) ? Fault.GAP : Fault.NONE;

        publisher.publish("a", "1", QoS.AT_LEAST_ONCE);
        pass(100);

        assertThat(node.restarts).hasSize(1);
        assertThat(publisher.pubAcks()).isEmpty();
        assertThat(publisher.closed).isTrue();
    }

    @Test
    @DisplayName("PUBACK order is the order of the PUBLISHes [MQTT-4.6.0-2]")
    void acknowledgementsComeInTheOrderOfThePublishes() {
        for (int i = 0; i < 12; i++) {
            persistentSubscriber("s" + i, "t/" + i, QoS.AT_LEAST_ONCE);
        }
        TestClient publisher = node.client().connect("p", true, 0);
        int slow = -1;
        for (TestBuckets.Submission each : cluster.buckets.submissions) {
            slow = each.has(Command.Subscribe.class) ? each.partition() : slow;
        }
        int slowPartition = slow;
        int[] losses = {3};
        cluster.buckets.script = submission ->
                submission.partition() == slowPartition && losses[0]-- > 0 ? Fault.REQUEST_LOST : Fault.NONE;

        List<Integer> packetIds = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            packetIds.add(publisher.publish("t/" + i % 13, "" + i, QoS.AT_LEAST_ONCE));
        }
        pass(1_000);

        assertThat(publisher.pubAcks()).isEqualTo(packetIds);
        assertThat(publisher.all(PubAck.class).get(12).reason()).isEqualTo(ReasonCode.NO_MATCHING_SUBSCRIBERS);
        assertThat(publisher.all(PubAck.class).get(11).reason()).isEqualTo(ReasonCode.SUCCESS);
    }

    @Test
    @DisplayName("[MQTT-3.3.1-3] [MQTT-3.3.2-3] DUP is the sender's own; the Topic Name is the published one")
    void dupOfAPublisherIsNotForwarded() {
        TestCluster.TestNode node = cluster.start(9, 2);
        TestClient subscriber = node.client().connect("s", true, 60);
        TestClient other = node.client(1).connect("t", true, 0);
        subscriber.subscribe("a/+", QoS.EXACTLY_ONCE);
        other.subscribe("a/#", QoS.EXACTLY_ONCE);
        TestClient publisher = node.client().connect("p", true, 0);

        publisher.publish("a/b", "1", QoS.AT_LEAST_ONCE, false, 7, true);
        publisher.publish("a/c", "2", QoS.EXACTLY_ONCE, false, 8, true);
        cluster.time.pass(20);

        for (TestClient client : List.of(subscriber, other)) {
            assertThat(client.all(TestClient.Got.class))
                    .extracting(TestClient.Got::topic)
                    .containsExactly("a/b", "a/c");
            assertThat(client.all(TestClient.Got.class)).noneMatch(TestClient.Got::dup);
        }
    }

    @Test // [MQTT-4.6.0-5..6]
    @DisplayName("I4: order per publisher and topic")
    void oneSubscriberReceivesInTheOrderOfPublishing() {
        TestClient subscriber = persistentSubscriber("s", "#", QoS.EXACTLY_ONCE);
        TestClient publisher = node.client(1).connect("p", true, 60);
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            publisher.publish("t", "" + i, i % 3 == 0 ? QoS.EXACTLY_ONCE : QoS.AT_LEAST_ONCE, i % 7 == 0);
            expected.add("" + i);
            if (i % 20 == 0) {
                pass(1);
            }
        }
        pass(500);

        assertThat(subscriber.payloads()).isEqualTo(expected);
        assertThat(publisher.pubAcks()).hasSize(133);
        assertThat(publisher.all(PubComp.class)).hasSize(67);
    }

    @Test
    void aPublishThatABucketHasNoRoomForIsRefused() {
        TestCluster small = new TestCluster(new BucketLimits(1_000, 1 << 20, 20_000, 128, 10_000));
        TestCluster.TestNode smallNode = small.start(1, 1);
        String[] subscribers = {"full", "spacious"};
        assertThat(Partitions.ofClient("full", TestCluster.PARTITIONS))
                .isNotEqualTo(Partitions.ofClient("spacious", TestCluster.PARTITIONS));
        for (String clientId : subscribers) {
            TestClient subscriber = smallNode.client().connect(clientId, true, 60);
            subscriber.subscribe("both", QoS.EXACTLY_ONCE);
            subscriber.subscribe(clientId, QoS.EXACTLY_ONCE);
            subscriber.disconnect();
        }
        small.time.pass(50);
        TestClient publisher = smallNode.client().connect("p", true, 60);
        publisher.publish("full", "x".repeat(15_000), QoS.AT_LEAST_ONCE);
        publisher.publish("full", "x".repeat(15_000), QoS.AT_LEAST_ONCE);
        small.time.pass(50);

        int packetId = publisher.publish("both", "x".repeat(5_000), QoS.EXACTLY_ONCE);
        small.time.pass(50);
        publisher.publish("spacious", "another", QoS.EXACTLY_ONCE, false, packetId, false);
        small.time.pass(50);

        assertThat(publisher.all(PubAck.class))
                .extracting(PubAck::reason)
                .containsExactly(ReasonCode.SUCCESS, ReasonCode.QUOTA_EXCEEDED);
        assertThat(publisher.all(PubRec.class))
                .extracting(PubRec::reason)
                .containsExactly(ReasonCode.QUOTA_EXCEEDED, ReasonCode.SUCCESS);
        assertThat(smallNode.events.shortages).containsExactly(Shortage.BUCKET, Shortage.BUCKET);
        TestClient back = smallNode.client().connect("spacious", false, 60);
        small.time.pass(50);
        assertThat(back.payloads())
                .as("the identifier of a refused publish names another message, and the one bucket had taken the first")
                .contains("another");
    }

    @Test
    @DisplayName("I7: a full disk refuses new messages above QoS 0 and nothing else")
    void aFullDiskRefusesPublishesAboveQos0UntilThereIsSpace() {
        TestClient subscriber = persistentSubscriber("s", "a", QoS.EXACTLY_ONCE);
        TestClient publisher = node.client().connect("p", true, 60);
        publisher.publish("a", "before", QoS.AT_LEAST_ONCE, true, 1, false);
        pass(50);

        node.node.storageFull(true);
        publisher.publish("a", "1", QoS.AT_LEAST_ONCE, true, 2, false);
        publisher.publish("a", "2", QoS.EXACTLY_ONCE, false, 3, false);
        publisher.publish("a", "unanswered", QoS.AT_MOST_ONCE);
        pass(50);
        TestClient reader = node.client().connect("r", true, 60);
        reader.subscribe("a", QoS.AT_LEAST_ONCE);
        pass(50);
        node.node.storageFull(false);
        publisher.publish("a", "after", QoS.EXACTLY_ONCE, false, 3, false);
        pass(50);

        assertThat(publisher.all(PubAck.class))
                .extracting(PubAck::reason)
                .containsExactly(ReasonCode.SUCCESS, ReasonCode.QUOTA_EXCEEDED);
        assertThat(publisher.all(PubRec.class))
                .extracting(PubRec::reason)
                .containsExactly(ReasonCode.QUOTA_EXCEEDED, ReasonCode.SUCCESS);
        assertThat(subscriber.payloads())
                .contains("before", "unanswered", "after")
                .doesNotContain("1", "2");
        assertThat(reader.payloads()).contains("before");
    }

    @Test
    @DisplayName("I7: a lane that has too much to do pauses its publishers")
    void publishersOfASlowBucketAreNotRead() {
        TestCluster tight = new TestCluster()
                .with(NodeSettings.SINGLE
                        .with(new NodeSettings.Batching(500, 20_000, 8, 256 << 10))
                        .with(new NodeSettings.Waiting(40, 1 << 20, 64 << 20)));
        TestCluster.TestNode tightNode = tight.start(1, 1);
        TestClient subscriber = tightNode.client().connect("s", true, 60);
        subscriber.subscribe("a", QoS.AT_LEAST_ONCE);
        TestClient publisher = tightNode.client().connect("p", true, 0);
        tight.buckets.script = submission -> submission.has(Command.Append.class) ? Fault.ANSWER_HELD : Fault.NONE;

        for (int i = 0; i < 40; i++) {
            publisher.publish("a", "" + i, QoS.AT_LEAST_ONCE);
        }
        tight.time.pass(10);
        boolean readWhileHeld = publisher.reads;
        tight.buckets.script = submission -> Fault.NONE;
        tight.buckets.release();
        tight.time.pass(100);

        assertThat(readWhileHeld).isFalse();
        assertThat(publisher.reads).isTrue();
        assertThat(publisher.pubAcks()).hasSize(40);
        assertThat(subscriber.payloads()).hasSize(40);
    }

    @Test
    @DisplayName("I7: what waits for all partitions together pauses publishers, and at twice as much keeps clients out")
    void publishersAreNotReadWhileTooMuchWaitsInAllLanes() {
        TestCluster tight = new TestCluster().with(NodeSettings.SINGLE.withWaitingBytesMax(10_000));
        TestCluster.TestNode tightNode = tight.start(1, 1);
        List<TestClient> publishers = new ArrayList<>();
        List<TestClient> subscribers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            TestClient subscriber = tightNode.client().connect("s" + i, true, 60);
            subscriber.subscribe("t/" + i, QoS.AT_LEAST_ONCE);
            subscribers.add(subscriber);
            publishers.add(tightNode.client().connect("p" + i, true, 0));
        }
        tight.buckets.script = submission -> submission.has(Command.Append.class) ? Fault.ANSWER_HELD : Fault.NONE;
        for (int i = 0; i < 20; i++) {
            publishers.get(i).publish("t/" + i, "first", QoS.AT_LEAST_ONCE); // in flight, so that the next ones wait
        }
        tight.time.pass(10);

        for (int i = 0; i < 20; i++) {
            publishers.get(i).publish("t/" + i, "x".repeat(2_000), QoS.AT_LEAST_ONCE);
        }
        tight.time.pass(10);
        long reading = publishers.stream().filter(publisher -> publisher.reads).count();
        TestClient late = tightNode.client().connect("late", true, 0);
        ReasonCode refusal = Objects.requireNonNull(late.connAck()).reason();
        tight.buckets.script = submission -> Fault.NONE;
        tight.buckets.release();
        tight.time.pass(200);

        assertThat(reading).isBetween(1L, 5L);
        assertThat(refusal).isEqualTo(ReasonCode.SERVER_BUSY);
        assertThat(publishers).allMatch(publisher -> publisher.reads);
        assertThat(publishers).allMatch(publisher -> publisher.pubAcks().size() == 2);
        assertThat(subscribers).allMatch(subscriber -> subscriber.payloads().size() == 2);
        assertThat(Objects.requireNonNull(
                                tightNode.client().connect("later", true, 0).connAck())
                        .reason())
                .isEqualTo(ReasonCode.SUCCESS);
    }

    @Test
    @DisplayName(
            "I7: transient sessions of a node that does not take more pause their publishers at QoS 1, and cost QoS 0")
    void publishersTowardsANodeThatDoesNotAnswerAreNotRead() {
        TestCluster.TestNode other = cluster.start(2, 1);
        TestClient subscriber = other.client().connect("s", true, 0);
        subscriber.subscribe("a", QoS.AT_LEAST_ONCE);
        TestClient publisher = node.client().connect("p", true, 0);
        TestClient careless = node.client().connect("q", true, 0);
        cluster.lost = message -> message instanceof NodeMessage.Publishes;

        for (int i = 0; i < Channel.MESSAGES_MAX + 100; i++) {
            publisher.publish("a", "" + i, QoS.AT_LEAST_ONCE);
        }
        careless.publish("a", "dropped", QoS.AT_MOST_ONCE);
        pass(20);
        assertThat(publisher.reads).isFalse();
        assertThat(publisher.pubAcks()).as("the others wait").hasSize(Channel.MESSAGES_MAX);
        assertThat(node.events.dropped).containsEntry(DropReason.CHANNEL_FULL, 1);

        cluster.lost = message -> false;
        pass(3_000);

        assertThat(publisher.reads).isTrue();
        assertThat(publisher.pubAcks()).hasSize(Channel.MESSAGES_MAX + 100);
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < Channel.MESSAGES_MAX + 100; i++) {
            expected.add("" + i);
        }
        assertThat(subscriber.payloads()).isEqualTo(expected);
    }

    @Test
    @DisplayName(
            "I4: what a silent node has not received is not overtaken by the publisher's next connection while that node may hold its lease")
    void aPublisherThatMovesWaitsForASilentNodeAsLongAsALeaseLasts() {
        TestCluster.TestNode silent = cluster.start(2, 1);
        TestCluster.TestNode next = cluster.start(3, 1);
        TestClient subscriber = silent.client().connect("s", true, 0);
        subscriber.subscribe("a", QoS.AT_LEAST_ONCE);
        TestClient publisher = node.client().connect("p", true, 0);
        cluster.lost = message -> message instanceof NodeMessage.Publishes;
        publisher.publish("a", "1", QoS.AT_LEAST_ONCE);
        pass(10);

        TestClient moved = next.client().connect("p", true, 0);
        pass(4_500);
        assertThat(moved.got).as("it is not accepted yet").isEmpty();
        cluster.lost = message -> false;
        pass(400);
        assertThat(moved.got).hasSize(1);
        moved.publish("a", "2", QoS.AT_LEAST_ONCE);
        pass(100);

        assertThat(subscriber.payloads()).containsExactly("1", "2");
    }

    @Test
    void aPublisherThatMovesDoesNotWaitForANodeThatMayHoldNoLeaseAnyMore() {
        TestCluster.TestNode silent = cluster.start(2, 1);
        TestCluster.TestNode next = cluster.start(3, 1);
        silent.client().connect("s", true, 0).subscribe("a", QoS.AT_LEAST_ONCE);
        TestClient publisher = node.client().connect("p", true, 0);
        cluster.lost = message -> message instanceof NodeMessage.Publishes;
        publisher.publish("a", "1", QoS.AT_LEAST_ONCE);
        pass(10);

        TestClient moved = next.client().connect("p", true, 0);
        pass(6_000);

        assertThat(moved.got).hasSize(1);
    }

    @Test
    @DisplayName("[MQTT-4.3.1-1] also when what was on its way finds the client at its next connection")
    void qos0ComesOnceAlthoughThePersistentSessionMovedToAnotherShard() {
        TestCluster.TestNode other = cluster.start(2, 2);
        TestClient neighbour = other.client(1).connect("n", true, 0);
        neighbour.subscribe("a", QoS.AT_MOST_ONCE);
        TestClient subscriber = other.client(0).connect("s", true, 60);
        subscriber.subscribe("a", QoS.AT_LEAST_ONCE);
        TestClient publisher = node.client().connect("p", true, 0);
        int[] sent = {0};
        cluster.lost = message -> message instanceof NodeMessage.Publishes && ++sent[0] == 1;

        publisher.publish("a", "1", QoS.AT_MOST_ONCE); // to two shards, and what goes to one of them is repeated later
        pass(10);
        int before = subscriber.payloads().size() + neighbour.payloads().size();
        assertThat(before).isEqualTo(1);
        boolean had = !subscriber.payloads().isEmpty();
        TestClient moved = other.client(had ? 1 : 0).connect("s", false, 60);
        pass(500);
        publisher.publish("a", "2", QoS.AT_MOST_ONCE);
        pass(10);

        assertThat(had).isTrue();
        assertThat(moved.payloads()).containsExactly("2");
        assertThat(neighbour.payloads()).containsExactly("1", "2");
    }

    @Test
    void aBucketWithoutRoomForSessionsRefusesThem() {
        TestCluster tiny = new TestCluster(new BucketLimits(1_000, 1 << 20, 1_500, 128, 10_000));
        TestCluster.TestNode tinyNode = tiny.start(1, 1);
        List<ReasonCode> connAcks = new ArrayList<>();
        List<ReasonCode> subAcks = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            TestClient client = tinyNode.client().connect("c" + i, true, 60);
            connAcks.add(Objects.requireNonNull(client.connAck()).reason());
            if (!client.closed) {
                client.subscribe("t/" + i, QoS.AT_LEAST_ONCE);
                subAcks.addAll(Objects.requireNonNull(client.subAck()).reasons());
            }
        }

        assertThat(connAcks).containsOnly(ReasonCode.SUCCESS, ReasonCode.QUOTA_EXCEEDED);
        assertThat(subAcks).containsOnly(ReasonCode.GRANTED_QOS_1, ReasonCode.QUOTA_EXCEEDED);
    }
}
