package io.covey.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.broker.TestBuckets.Fault;
import io.covey.bucket.BucketLimits;
import io.covey.bucket.Command;
import io.covey.bucket.Partitions;
import io.covey.bucket.QueueOverflow;
import io.covey.protocol.Connect;
import io.covey.protocol.Properties;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.PubRec;
import io.covey.protocol.QoS;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A QoS 2 publish that one bucket refuses and another has taken, of which its publisher does not hear: it sends it again, and all have it once. */
class RefusedPublishTest {
    private final TestCluster cluster =
            new TestCluster(new BucketLimits(1, 1 << 20, 1 << 20, 128, 10_000).withQueueOverflow(QueueOverflow.REFUSE));
    private final TestCluster.TestNode node = cluster.start(1, 2);
    private final TestClient roomy = node.client().connect("spacious", true, 60);

    @BeforeEach
    void fillOneQueue() {
        assertThat(Partitions.ofClient("full", TestCluster.PARTITIONS))
                .isNotEqualTo(Partitions.ofClient("spacious", TestCluster.PARTITIONS));
        roomy.subscribe("both", QoS.EXACTLY_ONCE);
        TestClient away = node.client().connect("full", true, 60);
        away.subscribe("both", QoS.EXACTLY_ONCE);
        away.subscribe("filler", QoS.EXACTLY_ONCE);
        away.disconnect();
        TestClient filler = node.client().connect("filler", true, 0);
        filler.publish("filler", "before", QoS.AT_LEAST_ONCE);
        pass();
        assertThat(filler.pubAcks()).hasSize(1);
    }

    private void pass() {
        cluster.time.pass(200);
    }

    private TestClient connectV311() {
        TestClient client = node.client();
        client.packet(new Connect(ProtocolVersion.V3_1_1, false, false, 60, Properties.EMPTY, "p", null, null, null));
        pass();
        return client;
    }

    private void assertBothHaveItOnce(TestClient back) {
        assertThat(back.payloads()).containsExactly("before", "message");
        assertThat(roomy.payloads()).as("the one that had room at once").containsExactly("message");
    }

    @Test
    @DisplayName("[MQTT311-4.8.0-2] I3: MQTT 3.1.1 has no word for a refusal")
    void aClientOfMqtt311SendsItAgainAndItComesOnce() {
        TestClient publisher = connectV311();
        int packetId = publisher.publish("both", "message", QoS.EXACTLY_ONCE);
        pass();
        assertThat(publisher.closed).isTrue();
        assertThat(publisher.all(PubRec.class)).isEmpty();

        TestClient back = node.client().connect("full", false, 60);
        pass();
        TestClient again = connectV311();
        again.publish("both", "message", QoS.EXACTLY_ONCE, false, packetId, true);
        pass();

        assertThat(again.all(PubRec.class)).hasSize(1);
        assertBothHaveItOnce(back);
    }

    @Test
    @DisplayName("I3: the connection breaks before the refusal is known")
    void aClientThatIsGoneBeforeTheRefusalSendsItAgainAndItComesOnce() {
        TestClient publisher = node.client().connect("p", true, 60);
        cluster.buckets.script = submission -> submission.has(Command.Append.class) ? Fault.ANSWER_HELD : Fault.NONE;
        int packetId = publisher.publish("both", "message", QoS.EXACTLY_ONCE);
        pass();
        publisher.breakConnection();
        cluster.buckets.script = submission -> Fault.NONE;
        cluster.buckets.release();
        pass();

        TestClient back = node.client().connect("full", false, 60);
        pass();
        TestClient again = node.client().connect("p", false, 60);
        again.publish("both", "message", QoS.EXACTLY_ONCE, false, packetId, true);
        pass();

        assertThat(again.all(PubRec.class)).hasSize(1);
        assertBothHaveItOnce(back);
    }
}
