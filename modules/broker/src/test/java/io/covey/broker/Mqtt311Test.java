package io.covey.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.broker.TestClient.Got;
import io.covey.protocol.ConnAck;
import io.covey.protocol.Connect;
import io.covey.protocol.Disconnect;
import io.covey.protocol.Properties;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients of MQTT 3.1.1 with real shards and buckets, where their rules have words of their own. */
class Mqtt311Test {
    private final TestCluster cluster = new TestCluster();
    private final TestCluster.TestNode node = cluster.start(1, 2);

    private TestClient connect(String clientId, boolean cleanSession) {
        return connect(clientId, cleanSession, null);
    }

    private TestClient connect(String clientId, boolean cleanSession, Connect.@Nullable Will will) {
        TestClient client = node.client();
        client.packet(new Connect(
                ProtocolVersion.V3_1_1, false, cleanSession, 60, Properties.EMPTY, clientId, will, null, null));
        pass(20);
        return client;
    }

    private void pass(long millis) {
        cluster.time.pass(millis);
    }

    private static boolean sessionPresent(TestClient client) {
        return Objects.requireNonNull(client.connAck()).sessionPresent();
    }

    private static Connect.Will will(boolean retain) {
        return new Connect.Will(
                "will", "gone".getBytes(StandardCharsets.UTF_8), QoS.AT_LEAST_ONCE, retain, Properties.EMPTY);
    }

    private void publish(String topic, String payload, QoS qos, boolean retain) {
        TestClient publisher = connect("publisher", true);
        publisher.publish(topic, payload, qos, retain);
        pass(20);
        publisher.disconnect();
        pass(20);
    }

    @Test
    @DisplayName("[MQTT311-3.1.4-4] [MQTT311-3.2.0-1] CONNACK 0x00 is the first packet")
    void connAckIsTheFirstPacket() {
        TestClient client = connect("c", true);

        assertThat(client.got).containsExactly(new ConnAck(false, ReasonCode.SUCCESS, Properties.EMPTY));
    }

    @Test
    @DisplayName("[MQTT311-3.1.2-4] [MQTT311-3.1.2-5] [MQTT311-3.2.2-2] [MQTT311-4.1.0-1] a session goes on")
    void sessionGoesOnWithWhatCameMeanwhile() {
        TestClient first = connect("c", false);
        first.subscribe("t", QoS.EXACTLY_ONCE);
        first.disconnect();
        pass(20);
        publish("t", "one", QoS.AT_LEAST_ONCE, false);
        publish("t", "two", QoS.EXACTLY_ONCE, false);

        TestClient second = connect("c", false);

        assertThat(sessionPresent(first)).isFalse();
        assertThat(sessionPresent(second)).isTrue();
        assertThat(second.payloads()).containsExactly("one", "two");
    }

    @Test
    @DisplayName("[MQTT311-3.1.2-6] [MQTT311-3.1.4-3] [MQTT311-3.2.2-3] Clean Session 1 ends a session and leaves none")
    void cleanSessionEndsASession() {
        TestClient kept = connect("c", false);
        kept.subscribe("t", QoS.AT_LEAST_ONCE);
        kept.disconnect();
        pass(20);

        TestClient clean = connect("c", true);
        clean.subscribe("t", QoS.AT_LEAST_ONCE);
        clean.disconnect();
        pass(20);
        publish("t", "lost", QoS.AT_LEAST_ONCE, false);
        TestClient last = connect("c", false);

        assertThat(sessionPresent(clean)).isFalse();
        assertThat(sessionPresent(last)).isFalse();
        assertThat(last.payloads()).isEmpty();
    }

    @Test
    @DisplayName(
            "[MQTT311-3.1.2-7] [MQTT311-3.3.1-6] [MQTT311-3.3.1-8] retained messages outlive the publisher's session")
    void retainedMessagesOutliveSessions() {
        publish("t", "kept", QoS.AT_LEAST_ONCE, true);

        TestClient client = connect("c", true);
        client.subscribe("t", QoS.AT_LEAST_ONCE);

        assertThat(client.payloads()).containsExactly("kept");
        assertThat(client.all(Got.class)).allMatch(Got::retain);
    }

    @Test
    @DisplayName("[MQTT311-3.3.1-7] a retained QoS 0 message replaces the one before")
    void retainedQos0Replaces() {
        publish("t", "first", QoS.AT_LEAST_ONCE, true);
        publish("t", "second", QoS.AT_MOST_ONCE, true);

        TestClient client = connect("c", true);
        client.subscribe("t", QoS.AT_LEAST_ONCE);

        assertThat(client.payloads()).containsExactly("second");
    }

    @Test
    @DisplayName("[MQTT311-3.3.1-9] towards an established subscription RETAIN is 0")
    void establishedSubscriptionsGetRetain0() {
        TestClient client = connect("c", true);
        client.subscribe("t", QoS.AT_LEAST_ONCE);

        publish("t", "live", QoS.AT_LEAST_ONCE, true);

        assertThat(client.all(Got.class)).extracting(Got::retain).containsExactly(false);
    }

    @Test
    @DisplayName("S1: towards a bridge RETAIN is kept, and its own messages do not come back")
    void towardsABridgeRetainIsKept() {
        TestClient bridge = node.client();
        bridge.packet(
                new Connect(ProtocolVersion.V3_1_1, true, true, 60, Properties.EMPTY, "bridge", null, null, null));
        pass(20);
        bridge.subscribe("t", QoS.AT_LEAST_ONCE);

        publish("t", "111", QoS.AT_LEAST_ONCE, true);
        publish("t", "222", QoS.AT_LEAST_ONCE, true);
        publish("t", "plain", QoS.AT_LEAST_ONCE, false);
        publish("t", "", QoS.AT_LEAST_ONCE, true);
        bridge.publish("t", "own", QoS.AT_LEAST_ONCE);
        pass(20);

        assertThat(bridge.payloads()).containsExactly("111", "222", "plain", "");
        assertThat(bridge.all(Got.class)).extracting(Got::retain).containsExactly(true, true, false, true);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("[MQTT311-3.1.2-8] [MQTT-3.1.2-14] [MQTT-3.1.2-15] a will is published, retained as it says")
    void willIsPublishedWhenTheConnectionBreaks(boolean retain) {
        TestClient watcher = connect("watcher", true);
        watcher.subscribe("will", QoS.AT_LEAST_ONCE);
        TestClient client = connect("c", true, will(retain));

        client.breakConnection();
        pass(100);
        TestClient late = connect("late", true);
        late.subscribe("will", QoS.AT_LEAST_ONCE);

        assertThat(watcher.payloads()).containsExactly("gone");
        assertThat(late.payloads()).isEqualTo(retain ? List.of("gone") : List.of());
    }

    @Test
    @DisplayName(
            "[MQTT311-3.14.4-3] [MQTT311-3.1.2-10] [MQTT311-3.1.2-12] no will after DISCONNECT, and none without one")
    void noWillWhereThereIsNone() {
        TestClient watcher = connect("watcher", true);
        watcher.subscribe("#", QoS.AT_LEAST_ONCE);

        connect("c", true, will(false)).disconnect();
        connect("d", true).breakConnection();
        pass(100);
        connect("c", true).breakConnection();
        pass(100);

        assertThat(watcher.payloads()).isEmpty();
    }

    @Test
    @DisplayName("[MQTT311-3.1.4-2] the earlier connection of a client id is closed, without a word")
    void secondConnectionClosesTheFirst() {
        TestClient first = connect("c", true);

        TestClient second = connect("c", true);

        assertThat(first.closed).isTrue();
        assertThat(first.all(Disconnect.class)).isEmpty();
        assertThat(second.closed).isFalse();
    }

    @Test
    @DisplayName("[MQTT311-3.8.4-3] a filter again replaces its subscription, and retained messages come again")
    void subscribingAgainReplaces() {
        publish("t", "kept", QoS.AT_LEAST_ONCE, true);
        TestClient client = connect("c", true);
        client.subscribe("t", QoS.AT_MOST_ONCE);

        client.subscribe("t", QoS.AT_LEAST_ONCE);
        publish("t", "live", QoS.AT_LEAST_ONCE, false);

        assertThat(client.payloads()).containsExactly("kept", "kept", "live");
        assertThat(client.all(Got.class))
                .extracting(Got::qos)
                .containsExactly(QoS.AT_MOST_ONCE, QoS.AT_LEAST_ONCE, QoS.AT_LEAST_ONCE);
    }
}
