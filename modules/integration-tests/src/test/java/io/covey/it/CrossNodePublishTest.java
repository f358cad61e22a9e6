package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What is published at one node is received at each node as what it is, and retained messages are the same everywhere. */
@Timeout(240)
@ExtendWith(HealthyCluster.class)
class CrossNodePublishTest {
    private static final int NODES = 3;
    private static final int SHARED = 90;
    private static final int WRITES = 60;
    private static final int NO_LOCAL = 4;

    private final ClusterProcesses cluster;
    private final List<Probe> at = new ArrayList<>();

    CrossNodePublishTest(ClusterProcesses cluster) {
        this.cluster = cluster;
    }

    @BeforeEach
    void probe() {
        for (int node = 0; node < NODES; node++) {
            at.add(cluster.probe(node, Mqtt.V5));
        }
    }

    @AfterEach
    void close() throws IOException {
        for (Probe each : at) {
            each.close();
        }
    }

    private String topic(String rest) {
        return at.get(0).topic(rest);
    }

    private Wire client(int node, String role, boolean persistent) throws IOException {
        ConnectBytes connect = at.get(node).connect(role);
        return at.get(node).accepted(persistent ? connect.persistent() : connect);
    }

    @Test
    void everyQosReachesEveryNodeByEveryKindOfFilter() throws Exception {
        List<String> filters = List.of("a/b/c", "a/+/c", "a/#", "+/b/+");
        for (int node = 0; node < NODES; node++) {
            for (int qos = 0; qos <= 2; qos++) {
                List<Wire> readers = new ArrayList<>();
                for (int reader = 0; reader < NODES * filters.size(); reader++) {
                    String filter = node + "" + qos + "/" + filters.get(reader / NODES);
                    Wire wire = client(reader % NODES, "r" + node + qos + reader, reader % 2 == 0);
                    readers.add(wire.subscribe(topic(filter), qos));
                }
                Wire writer = client(node, "p" + node + qos, false);
                for (int published = 0; published <= 2; published++) {
                    writer.publish(topic(node + "" + qos + "/a/b/c"), "at QoS " + published, published);
                }
                for (Wire reader : readers) {
                    receiveAll(reader, topic(node + "" + qos + "/a/b/c"), qos);
                }
            }
        }
    }

    private static void receiveAll(Wire reader, String topic, int granted) throws IOException {
        Set<String> seen = new TreeSet<>();
        for (int i = 0; i <= 2; i++) {
            Packet message = reader.next(Packet.PUBLISH);
            assertThat(message.topic()).isEqualTo(topic);
            // [MQTT-3.8.4-8]
            int published = message.text().charAt(message.text().length() - 1) - '0';
            assertThat(message.qos()).as("QoS of " + message).isEqualTo(Math.min(published, granted));
            assertThat(message.retain()).isFalse();
            reader.accept(message);
            seen.add(message.text());
        }
        assertThat(seen).containsExactly("at QoS 0", "at QoS 1", "at QoS 2");
        reader.quiet();
        reader.close();
    }

    // [MQTT-3.3.4-3] [MQTT-3.3.4-4]
    @Test
    void subscriptionIdentifiersComeWithMessagesOfOtherNodes() throws Exception {
        List<Wire> readers = new ArrayList<>();
        for (int node = 0; node < NODES; node++) {
            Wire reader = client(node, "r" + node, node == 1);
            reader.subscribe(topic("i/+"), 1, Prop.subscriptionId(11));
            readers.add(reader.subscribe(topic("i/#"), 2, Prop.subscriptionId(300)));
        }
        for (int node = 0; node < NODES; node++) {
            client(node, "p" + node, false).publish(topic("i/x"), "from " + node, 1);
            for (Wire reader : readers) {
                List<Object> ids = new ArrayList<>();
                while (ids.size() < 2) {
                    Packet message = reader.receive(topic("i/x"), "from " + node, 1);
                    assertThat(message.all(Prop.SUBSCRIPTION_ID)).isNotEmpty();
                    ids.addAll(message.all(Prop.SUBSCRIPTION_ID));
                }
                assertThat(ids).containsExactlyInAnyOrder(11L, 300L);
                reader.quiet();
            }
        }
    }

    // [MQTT-3.8.3-3]
    @Test
    void noLocalHoldsAlsoForAClientThatHasMovedToAnotherNode() throws Exception {
        ConnectBytes connect = at.get(0).connect("c").persistent();
        at.get(0)
                .accepted(connect, false)
                .subscribe(topic("n/own"), 1 | NO_LOCAL)
                .subscribe(topic("n/any"), 1)
                .disconnect();
        for (int node = 1; node < NODES; node++) {
            Wire moved = at.get(node).accepted(connect, true);
            moved.publish(topic("n/own"), "own", 1).quiet();
            moved.publish(topic("n/any"), "any", 1).receive(topic("n/any"), "any");
            Wire other = client((node + 1) % NODES, "other" + node, false);
            other.publish(topic("n/own"), "other's", 1);
            moved.receive(topic("n/own"), "other's");
            moved.quiet().disconnect();
        }
    }

    // [MQTT-4.8.2-4]
    @Test
    void aSharedGroupWithMembersAtAllNodesGetsEachMessageOnce() throws Exception {
        for (boolean persistent : new boolean[] {false, true}) {
            String shared = "s" + persistent;
            List<Wire> members = new ArrayList<>();
            for (int node = 0; node < NODES; node++) {
                String filter = "$share/g/" + topic(shared + "/+");
                members.add(client(node, "m" + shared + node, persistent).subscribe(filter, 2));
            }
            Set<String> expected = new HashSet<>();
            for (int node = 0; node < NODES; node++) {
                Wire writer = client(node, "p" + shared + node, false);
                for (int i = 0; i < SHARED / NODES; i++) {
                    String payload = "from " + node + " number " + i;
                    writer.publish(topic(shared + "/x"), payload, 1 + i % 2);
                    expected.add(payload);
                }
            }
            List<String> seen = new ArrayList<>();
            for (Wire member : members) {
                seen.addAll(everything(member));
            }
            // What was being handed out when its member was asked comes with the next round.
            Waiting.untilDone("all are delivered", () -> {
                for (Wire member : members) {
                    seen.addAll(everything(member));
                }
                assertThat(seen).hasSizeGreaterThanOrEqualTo(expected.size());
            });
            assertThat(seen).containsExactlyInAnyOrderElementsOf(expected);
        }
    }

    /** What has come until now. */
    private static List<String> everything(Wire member) throws IOException {
        List<String> payloads = new ArrayList<>();
        member.send(ClientBytes.PINGREQ);
        for (Packet packet = member.next(); packet.type() != Packet.PINGRESP; packet = member.next()) {
            if (packet.type() == Packet.PUBREL) {
                member.send(member.make.acknowledge(Packet.PUBCOMP, packet.id()));
            } else {
                payloads.add(packet.text());
                member.send(member.make.acknowledge(packet.qos() == 1 ? Packet.PUBACK : Packet.PUBREC, packet.id()));
            }
        }
        return payloads;
    }

    // [MQTT-3.3.1-5] [MQTT-3.3.1-6]
    @Test
    void aRetainedMessageIsSetReadAndDeletedAtDifferentNodes() throws Exception {
        for (int node = 0; node < NODES; node++) {
            String topic = topic("r/" + node);
            for (int qos = 0; qos <= 2; qos++) {
                client(node, "p" + node + qos, false).retain(topic, "value " + qos, qos);
                for (int reading = 0; reading < NODES; reading++) {
                    Wire reader = client(reading, "r" + node + qos + reading, false);
                    Packet message = reader.subscribe(topic, 2).receive(topic, "value " + qos, qos);
                    assertThat(message.retain()).isTrue();
                    reader.quiet().close();
                }
            }
            client((node + 2) % NODES, "d" + node, false).retain(topic, "", 1);
            for (int reading = 0; reading < NODES; reading++) {
                Wire reader = client(reading, "n" + node + reading, false);
                reader.subscribe(topic, 2).quiet().close();
            }
        }
    }

    /** Writers at all nodes set and delete the same retained messages at once; afterwards all nodes tell the same. */
    @Test
    void concurrentWritersOfRetainedMessagesConvergeEverywhere() throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(NODES);
        try {
            List<Future<?>> writing = new ArrayList<>();
            for (int node = 0; node < NODES; node++) {
                int mine = node;
                writing.add(executor.submit(() -> {
                    write(mine);
                    return null;
                }));
            }
            for (Future<?> each : writing) {
                each.get();
            }
        } finally {
            executor.shutdownNow();
        }
        List<Set<String>> told = new ArrayList<>();
        for (int node = 0; node < NODES; node++) {
            Wire reader = client(node, "reader", false).subscribe(topic("c/+"), 1);
            Set<String> values = new TreeSet<>();
            reader.send(ClientBytes.PINGREQ);
            for (Packet packet = reader.next(); packet.type() != Packet.PINGRESP; packet = reader.next()) {
                values.add(packet.topic() + " = " + packet.text());
            }
            told.add(values);
        }
        assertThat(told).containsOnly(told.get(0));
        // The last write of each writer deletes c/0, and sets each of the others.
        assertThat(told.get(0)).as("retained").hasSize(4);
    }

    private void write(int node) throws IOException {
        Wire writer = client(node, "p" + node, false);
        for (int i = 0; i < WRITES; i++) {
            String payload = i % 7 == 6 ? "" : "node " + node + " write " + i;
            writer.retain(topic("c/" + i % 5), payload, Arrays.asList(1, 2, 1).get(i % 3));
        }
    }
}
