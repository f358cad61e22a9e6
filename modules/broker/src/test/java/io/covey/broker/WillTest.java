package io.covey.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.bucket.Command;
import io.covey.protocol.Connect;
import io.covey.protocol.Disconnect;
import io.covey.protocol.Properties;
import io.covey.protocol.Property;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Wills are published when, and only when, a connection ends without a normal DISCONNECT. */
class WillTest {
    private final TestCluster cluster = new TestCluster();
    private final TestCluster.TestNode node = cluster.start(1, 2);
    private final TestClient persistentWatcher = node.client().connect("watcher", true, 600);
    private final TestClient transientWatcher = node.client(1).connect("other", true, 0);

    @BeforeEach
    void watch() {
        persistentWatcher.subscribe("will/#", QoS.AT_LEAST_ONCE);
        transientWatcher.subscribe("will/#", QoS.AT_LEAST_ONCE);
    }

    private void pass(long millis) {
        cluster.time.pass(millis);
    }

    private static Connect.Will will(long delaySeconds) {
        Properties properties = Properties.builder()
                .add(Property.WILL_DELAY_INTERVAL, delaySeconds)
                .build();
        return new Connect.Will(
                "will/c", "gone".getBytes(StandardCharsets.UTF_8), QoS.AT_LEAST_ONCE, false, properties);
    }

    private void assertPublished(int times) {
        assertThat(persistentWatcher.payloads()).hasSize(times);
        assertThat(transientWatcher.payloads()).hasSize(times);
    }

    @Test
    @DisplayName("[MQTT-3.1.2-8]")
    void aBrokenConnectionPublishesTheWillOnce() {
        TestClient client = node.client().connect("c", true, 0, will(0));

        client.breakConnection();
        pass(100);

        assertPublished(1);
        assertThat(cluster.buckets.commands(Command.FinishOutbox.class)).hasSize(1);
        cluster.tick();
        pass(100);
        assertPublished(1);
    }

    @Test
    @DisplayName("[MQTT-3.1.2-10] [MQTT-3.14.4-3]")
    void aNormalDisconnectDiscardsTheWill() {
        TestClient client = node.client().connect("c", true, 60, will(0));

        client.disconnect();
        pass(100);
        cluster.tick();
        pass(100);

        assertPublished(0);
    }

    @Test
    void aDisconnectWithWillPublishesIt() {
        TestClient client = node.client().connect("c", true, 60, will(0));

        client.packet(new Disconnect(ReasonCode.DISCONNECT_WITH_WILL, Properties.EMPTY));
        pass(100);

        assertPublished(1);
    }

    @Test
    @DisplayName("[MQTT-3.1.3-9]")
    void comingBackBeforeTheDelayCancelsTheWill() {
        TestClient client = node.client().connect("c", true, 600, will(5));
        client.breakConnection();
        pass(1_000);

        node.client().connect("c", false, 600);
        pass(10_000);
        cluster.tick();
        pass(100);

        assertPublished(0);
    }

    @Test
    void theWillIsPublishedAfterItsDelay() {
        TestClient client = node.client().connect("c", true, 600, will(5));
        client.breakConnection();
        pass(4_000);
        cluster.tick();
        pass(100);
        assertPublished(0);

        pass(1_500);
        cluster.tick();
        pass(100);

        assertPublished(1);
    }

    @Test
    @DisplayName("S3: also when the node that held the connection dies")
    void theWillOfADeadNodesConnectionIsPublished() {
        TestCluster.TestNode other = cluster.start(2, 1);
        other.client().connect("c", true, 0, will(0));

        cluster.kill(other);
        pass(200);

        assertPublished(1);
    }

    @Test
    void theWillFollowsWhatTheClientPublishedBefore() {
        TestClient client = node.client().connect("c", true, 0, will(0));
        client.publish("will/x", "before", QoS.AT_LEAST_ONCE, true);

        client.breakConnection();
        pass(100);

        assertThat(persistentWatcher.payloads()).containsExactly("before", "gone");
    }

    @Test
    void anOrderlyStopPublishesWillsAndKeepsSessions() {
        TestClient client = node.client().connect("c", true, 60, will(0));
        client.publish("will/x", "kept", QoS.AT_LEAST_ONCE);
        boolean[] done = new boolean[1];

        cluster.time.turn(() -> node.node.stop(() -> done[0] = true));
        pass(1_000);

        assertThat(done[0]).isTrue();
        assertThat(client.closed && persistentWatcher.closed && transientWatcher.closed)
                .isTrue();
        assertThat(client.disconnected()).isNotNull();
        TestCluster.TestNode next = cluster.start(2, 1);
        TestClient back = next.client().connect("watcher", false, 600);
        pass(100);
        assertThat(back.payloads()).containsExactly("kept", "gone");
    }
}
