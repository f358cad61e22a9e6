package io.covey.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.PubComp;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** From CONNECT to PUBACK through one node, with real shards and real buckets. */
class NodeTest {
    private final TestCluster cluster = new TestCluster();
    private final TestCluster.TestNode node = cluster.start(1, 2);

    private void pass(long millis) {
        cluster.time.pass(millis);
    }

    @Test
    void aTransientSubscriberReceivesWhatIsPublished() {
        TestClient subscriber = node.client().connect("s", true, 0);
        subscriber.subscribe("a/+", QoS.AT_LEAST_ONCE);
        TestClient publisher = node.client().connect("p", true, 0);

        int first = publisher.publish("a/b", "1", QoS.AT_LEAST_ONCE);
        publisher.publish("a/b", "2", QoS.AT_MOST_ONCE);
        pass(20);

        assertThat(Objects.requireNonNull(subscriber.subAck()).reasons()).containsExactly(ReasonCode.GRANTED_QOS_1);
        assertThat(subscriber.payloads()).containsExactly("1", "2");
        assertThat(publisher.pubAcks()).containsExactly(first);
    }

    @Test
    void aPersistentSubscriberReceivesThroughItsBucket() {
        TestClient subscriber = node.client().connect("s", true, 60);
        subscriber.subscribe("a/+", QoS.EXACTLY_ONCE);
        TestClient publisher = node.client().connect("p", true, 60);

        publisher.publish("a/b", "0", QoS.AT_MOST_ONCE);
        publisher.publish("a/b", "1", QoS.AT_LEAST_ONCE);
        publisher.publish("a/b", "2", QoS.EXACTLY_ONCE);
        pass(100);

        assertThat(subscriber.payloads()).containsExactly("0", "1", "2");
        assertThat(publisher.got).hasSize(4); // CONNACK, PUBACK, PUBREC, PUBCOMP
        assertThat(cluster.buckets.replicasAreEqual()).isTrue();
    }

    @Test
    void aNodeByItselfServesWithItsRealCore() {
        TestCluster alone = new TestCluster().withRealCores();
        TestCluster.TestNode only = alone.start(1, 2);
        alone.time.pass(100);
        exchange(alone, only, only);
    }

    /** Ticks wait for batches to ride with; spread over the period, there is always one that waits. */
    @Test
    void aStopDoesNotWaitForTicks() {
        NodeSettings patient = NodeSettings.SINGLE.withLingering(500, 200_000);
        TestCluster alone = new TestCluster().withRealCores().with(patient);
        TestCluster.TestNode only = alone.start(1, 2);
        only.node.ownedPartitions(new int[] {0, 1, 2, 3, 4, 5, 6});
        alone.time.pass(2_000);
        boolean[] stopped = {false};

        only.node.stop(() -> stopped[0] = true);
        alone.time.pass(1_000);

        assertThat(stopped[0]).isTrue();
    }

    @Test
    void nodesServeTogetherWithTheirRealCores() {
        TestCluster three = three(2, 100);
        three.time.pass(12_000);
        exchange(three, node(three, 1), node(three, 3));
    }

    /** The lease of a node that has ended in order would be valid for seconds; it has said that it makes no use of it. */
    @Test
    void aSubAckDoesNotWaitForTheLeaseOfANodeThatHasEndedInOrder() {
        TestCluster three = three(2, 100);
        three.time.pass(12_000);
        TestCluster.TestNode third = node(three, 3);
        boolean[] stopped = {false};
        third.node.stop(() -> stopped[0] = true);
        three.time.pass(500);
        assertThat(stopped[0]).isTrue();

        TestClient subscriber = node(three, 1).client().connect("s", true, 60);
        subscriber.subscribe("a/+", QoS.AT_LEAST_ONCE);
        three.time.pass(500);

        assertThat(subscriber.subAck()).as("SUBACK").isNotNull();
    }

    /** Its lease would run out later, and its end would be taken for that of the next incarnation. */
    @Test
    void anIncarnationThatIsOverAsksForTheNextOnce() {
        TestCluster three = three(2, 100);
        three.time.pass(12_000);
        TestCluster.TestNode first = node(three, 1);
        TestClient client = first.client().connect("s", true, 60);

        first.node.incarnationOver("joined again");
        three.time.pass(20_000);

        assertThat(first.restarts).containsExactly("joined again");
        assertThat(Objects.requireNonNull(client.disconnected()).reason()).isEqualTo(ReasonCode.SERVER_BUSY);
    }

    /** Nodes that are busy answer late: a second from a request to its answer is no reason to wait for ever. */
    @Test
    void aSubAckComesHoweverSlowlyTheNodesAnswer() {
        TestCluster three = three(1, 500_000);
        three.time.pass(20_000);

        TestClient subscriber = node(three, 1).client().connect("s", true, 60);
        subscriber.subscribe("a/+", QoS.AT_LEAST_ONCE);
        three.time.pass(5_000);

        assertThat(subscriber.got).as("got").hasSize(2);
        assertThat(subscriber.subAck()).as("SUBACK").isNotNull();
    }

    /** Three nodes that are just starting, with their real cores. */
    private static TestCluster three(int shardsOfFirst, long linkMicros) {
        TestCluster three = new TestCluster().withRealCores().with(NodeSettings.clustered(3, 2));
        three.linkMicros = linkMicros;
        three.start(1, shardsOfFirst);
        three.start(2, 1);
        three.start(3, 1);
        return three;
    }

    private static TestCluster.TestNode node(TestCluster cluster, long incarnation) {
        return Objects.requireNonNull(cluster.nodes.get(incarnation));
    }

    private static void exchange(TestCluster cluster, TestCluster.TestNode from, TestCluster.TestNode to) {
        TestClient persistentOne = to.client().connect("s", true, 60);
        persistentOne.subscribe("a/+", QoS.AT_LEAST_ONCE);
        TestClient transientOne = to.client().connect("t", true, 0);
        transientOne.subscribe("a/#", QoS.EXACTLY_ONCE);
        TestClient publisher = from.client().connect("p", true, 60);
        cluster.time.pass(100);

        publisher.publish("a/b", "1", QoS.AT_LEAST_ONCE);
        publisher.publish("a/b", "2", QoS.EXACTLY_ONCE);
        publisher.publish("a/b", "3", QoS.AT_MOST_ONCE);
        cluster.time.pass(500);

        assertThat(transientOne.payloads()).containsExactly("1", "2", "3");
        assertThat(persistentOne.payloads()).containsExactlyInAnyOrder("1", "2", "3");
        assertThat(publisher.pubAcks()).hasSize(1);
        assertThat(publisher.all(PubComp.class)).hasSize(1);
    }
}
