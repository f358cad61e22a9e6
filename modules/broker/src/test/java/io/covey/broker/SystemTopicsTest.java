package io.covey.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.broker.TestClient.Got;
import io.covey.bucket.Command;
import io.covey.protocol.Message;
import io.covey.protocol.Properties;
import io.covey.protocol.QoS;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What the broker tells below $SYS: to this node's clients only, retained without a bucket, and counted as nobody's messages. */
class SystemTopicsTest {
    private final TestCluster cluster = new TestCluster();
    private final TestCluster.TestNode one = cluster.start(1, 2);
    private final TestCluster.TestNode two = cluster.start(2, 1);

    private void tell(String topic, String value) {
        byte[] payload = value.getBytes(StandardCharsets.UTF_8);
        one.node.tellSystemTopics(List.of(new Message(
                topic,
                payload,
                QoS.AT_MOST_ONCE,
                true,
                Properties.EMPTY,
                cluster.time.nowMicros() / 1_000,
                Message.NEVER)));
        cluster.time.pass(5);
    }

    @Test
    void subscribersOfEveryShardOfTheNodeHearWhatHasChanged() {
        TestClient transientOne = one.client(0).connect("t", true, 0);
        transientOne.subscribe("$SYS/#", QoS.EXACTLY_ONCE);
        TestClient persistentOne = one.client(1).connect("s", true, 60);
        persistentOne.subscribe("$SYS/broker/+/connected", QoS.AT_LEAST_ONCE);
        TestClient elsewhere = two.client().connect("e", true, 0);
        elsewhere.subscribe("$SYS/#", QoS.AT_LEAST_ONCE);

        tell("$SYS/broker/clients/connected", "1");
        tell("$SYS/broker/clients/connected", "1");
        tell("$SYS/broker/clients/connected", "2");
        tell("$SYS/broker/uptime", "7 seconds");

        assertThat(transientOne.payloads()).containsExactly("1", "2", "7 seconds");
        assertThat(persistentOne.payloads()).containsExactly("1", "2");
        assertThat(elsewhere.payloads()).isEmpty();
        assertThat(transientOne.all(Got.class)).allMatch(got -> got.qos() == QoS.AT_MOST_ONCE && !got.retain());
    }

    @Test
    void aNewSubscriptionGetsTheNewestAsRetained() {
        tell("$SYS/broker/clients/connected", "1");
        tell("$SYS/broker/clients/connected", "2");
        tell("$SYS/cluster/nodes", "2");
        for (long expirySeconds : new long[] {0, 60}) {
            TestClient client = one.client().connect("c" + expirySeconds, true, expirySeconds);

            client.subscribe("$SYS/broker/#", QoS.AT_LEAST_ONCE);
            assertThat(client.payloads()).containsExactly("2");
            assertThat(client.all(Got.class)).allMatch(Got::retain);
            client.subscribe("$SYS/broker/#", QoS.AT_LEAST_ONCE, 1);
            client.subscribe("$SYS/+/nodes", QoS.AT_LEAST_ONCE, 2);
            assertThat(client.payloads()).as("retain handling decides").hasSize(1);
        }
    }

    @Test
    @DisplayName("[MQTT-4.7.2-1] a filter that begins with a wildcard has none of it")
    void wildcardsDoNotMatch() {
        tell("$SYS/broker/uptime", "1 seconds");
        TestClient client = one.client().connect("c", true, 0);
        client.subscribe("#", QoS.AT_LEAST_ONCE);
        client.subscribe("+/broker/uptime", QoS.AT_LEAST_ONCE);

        tell("$SYS/broker/uptime", "2 seconds");

        assertThat(client.payloads()).isEmpty();
    }

    @Test
    void nothingOfItIsStoredOrSentToOtherNodesOrCounted() {
        List<Integer> sent = new ArrayList<>();
        one.events.sent = sent::add;
        TestClient client = one.client().connect("c", true, 60);
        client.subscribe("$SYS/#", QoS.AT_LEAST_ONCE);
        int commands = cluster.buckets.commands(Command.class).size();
        cluster.sent.clear();

        tell("$SYS/broker/uptime", "1 seconds");
        client.subscribe("$SYS/broker/uptime", QoS.AT_LEAST_ONCE);

        assertThat(client.payloads()).containsExactly("1 seconds", "1 seconds");
        assertThat(cluster.buckets
                        .commands(Command.class)
                        .subList(
                                commands,
                                cluster.buckets.commands(Command.class).size()))
                .noneMatch(command -> command instanceof Command.Append
                        || command instanceof Command.Retain
                        || command instanceof Command.Enqueue
                        || command instanceof Command.ReadRetained);
        assertThat(cluster.sent).isEmpty();
        assertThat(sent).as("sent messages").isEmpty();
    }

    @Test
    void aClientThatDoesNotReadDoesWithoutThemAndNothingIsCountedAsDropped() {
        TestClient client = one.client().connect("c", true, 0);
        client.subscribe("$SYS/#", QoS.AT_MOST_ONCE);
        client.writable(false);
        int events = one.events.connections.size();

        tell("$SYS/broker/uptime", "1 seconds");
        client.writable(true);
        tell("$SYS/broker/uptime", "2 seconds");

        assertThat(client.payloads()).containsExactly("2 seconds");
        assertThat(one.events.connections).hasSize(events);
    }

    @Test
    void nodesTellEachOtherTheirFigures() {
        List<List<long[]>> heard = new ArrayList<>();
        one.node.exchangeFigures(new long[] {1, 2}, heard::add);
        two.node.exchangeFigures(new long[] {10, 20}, heard::add);
        cluster.time.pass(5);
        one.node.exchangeFigures(new long[] {3, 4}, heard::add);
        cluster.time.pass(5);

        assertThat(heard).hasSize(3);
        assertThat(heard.get(0)).containsExactly(new long[] {1, 2});
        assertThat(heard.get(2)).containsExactly(new long[] {3, 4}, new long[] {10, 20});

        cluster.kill(two);
        one.node.exchangeFigures(new long[] {5, 6}, heard::add);
        cluster.time.pass(5);
        assertThat(heard.get(3)).as("who has left counts no more").containsExactly(new long[] {5, 6});
    }
}
