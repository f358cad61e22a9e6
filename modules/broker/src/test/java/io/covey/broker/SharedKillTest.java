package io.covey.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.broker.TestClient.Got;
import io.covey.protocol.PubAck;
import io.covey.protocol.PubRec;
import io.covey.protocol.QoS;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nodes are killed under the members of a Shared Subscription: nothing acknowledged is lost, QoS 2 comes to one member [I1] [I3]. */
class SharedKillTest {
    private static final String FILTER = "$share/g/t";
    private static final int STEPS = 400;

    private final TestCluster cluster = new TestCluster();
    private final List<TestCluster.TestNode> nodes = new ArrayList<>();
    private final Map<String, List<TestClient>> members = new HashMap<>();
    private final Map<Integer, String> pending = new HashMap<>();
    private final Set<String> acknowledged = new HashSet<>();
    private Random random = new Random();
    private long incarnations;
    private int seen;

    private TestCluster.TestNode start() {
        TestCluster.TestNode node = cluster.start(++incarnations, 2);
        nodes.add(node);
        return node;
    }

    private void connect(String clientId) {
        TestClient client = nodes.get(random.nextInt(nodes.size())).client(random.nextInt(2));
        client.receiveMaximum = 1 + random.nextInt(10);
        members.computeIfAbsent(clientId, id -> new ArrayList<>()).add(client);
        client.connect(clientId, false, 3_600);
        client.subscribe(FILTER, QoS.EXACTLY_ONCE);
    }

    private TestClient last(String clientId) {
        List<TestClient> connections = members.get(clientId);
        return connections.get(connections.size() - 1);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void nothingAcknowledgedIsLostOrComesToTwo(long seed) {
        random = new Random(seed);
        TestCluster.TestNode first = start();
        start();
        start();
        for (int i = 0; i < 5; i++) {
            connect("m" + i);
        }
        TestClient publisher = first.client().connect("p", true, 0);
        for (int step = 0; step < STEPS; step++) {
            if (publisher.reads) {
                publish(publisher, step);
            }
            acknowledge(publisher);
            if (random.nextInt(60) == 0) {
                TestCluster.TestNode victim = nodes.remove(1 + random.nextInt(2));
                cluster.kill(victim);
                cluster.deliverOutboxes();
                start();
            }
            reconnect(random.nextInt(50) == 0);
            cluster.time.pass(random.nextInt(4));
        }
        for (int round = 0; round < 100; round++) {
            reconnect(false);
            cluster.time.pass(50);
        }
        acknowledge(publisher);
        assertThat(pending).as("seed %d: unanswered", seed).isEmpty();
        verify(seed);
    }

    private void publish(TestClient publisher, int number) {
        QoS qos = number % 2 == 0 ? QoS.EXACTLY_ONCE : QoS.AT_LEAST_ONCE;
        String payload = qos.value() + " " + number;
        pending.put(publisher.publish("t", payload, qos), payload);
    }

    private void acknowledge(TestClient publisher) {
        for (; seen < publisher.got.size(); seen++) {
            int packetId = publisher.got.get(seen) instanceof PubAck ack
                    ? ack.packetId()
                    : publisher.got.get(seen) instanceof PubRec rec ? rec.packetId() : 0;
            String payload = pending.remove(packetId);
            if (payload != null) {
                acknowledged.add(payload);
            }
        }
    }

    private void reconnect(boolean breakOne) {
        for (String clientId : List.copyOf(members.keySet())) {
            if (breakOne && random.nextInt(3) == 0) {
                last(clientId).breakConnection();
            }
            if (last(clientId).closed) {
                connect(clientId);
            }
        }
    }

    private void verify(long seed) {
        Map<String, String> receivers = new HashMap<>();
        members.forEach((clientId, connections) -> {
            for (TestClient connection : connections) {
                for (Got got : connection.all(Got.class)) {
                    String other = receivers.put(got.payload(), clientId);
                    if (got.qos() == QoS.EXACTLY_ONCE) {
                        assertThat(other == null || other.equals(clientId) && got.dup())
                                .as("seed %d: %s, then %s got %s", seed, other, clientId, got)
                                .isTrue();
                    }
                }
            }
        });
        Set<String> missing = new HashSet<>(acknowledged);
        missing.removeAll(receivers.keySet());
        assertThat(missing).as("seed %d: lost", seed).isEmpty();
        assertThat(acknowledged).as("seed %d", seed).hasSizeGreaterThan(STEPS / 2);
        assertThat(cluster.buckets.replicasAreEqual()).isTrue();
    }
}
