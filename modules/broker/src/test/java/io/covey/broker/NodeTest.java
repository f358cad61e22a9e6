package io.covey.broker;

import static org.assertj.core.api.Assertions.assertThat;

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
}
