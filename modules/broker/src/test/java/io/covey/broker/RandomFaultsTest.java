package io.covey.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.broker.TestBuckets.Fault;
import io.covey.broker.TestClient.Got;
import io.covey.protocol.ConnAck;
import io.covey.protocol.Properties;
import io.covey.protocol.PubAck;
import io.covey.protocol.PubComp;
import io.covey.protocol.PubRec;
import io.covey.protocol.PubRel;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Publishers that lose their connections and go on at other nodes, over nodes that lose messages and batches: every subscriber, transient or
 * persistent, gets what was acknowledged, in order, and at QoS 2 once.
 */
class RandomFaultsTest {
    private static final String[] TOPICS = {"t/a", "t/b", "t/c"};

    private Random random = new Random();
    private TestCluster cluster = new TestCluster();
    private final List<TestCluster.TestNode> nodes = new ArrayList<>();
    private final Map<String, QoS> sent = new HashMap<>();
    private final Set<String> acknowledged = new HashSet<>();

    /** A client that keeps what is not acknowledged and sends it again on its next connection. */
    private final class Publisher {
        private final String clientId;
        private final Map<Integer, String> pending = new LinkedHashMap<>();
        private final Set<Integer> released = new HashSet<>();
        private final Map<String, Integer> numbers = new HashMap<>();
        private TestClient client;
        private int seen;
        private int packetIds;

        private Publisher(String clientId) {
            this.clientId = clientId;
            connect();
        }

        private void connect() {
            TestCluster.TestNode node = nodes.get(random.nextInt(nodes.size()));
            client = node.client(random.nextInt(2));
            client.acknowledges = false;
            seen = 0;
            client.connect(clientId, false, 3_600);
        }

        private void step() {
            if (client.closed) {
                connect();
            }
            for (; seen < client.got.size(); seen++) {
                packet(client.got.get(seen));
            }
            if (client.connAck() != null && client.reads && pending.size() < 8 && random.nextInt(3) > 0) {
                publish();
            }
            if (random.nextInt(60) == 0) {
                client.breakConnection();
            }
        }

        private void packet(Object packet) {
            if (packet instanceof ConnAck) {
                pending.forEach((packetId, payload) -> {
                    if (released.contains(packetId)) {
                        client.packet(new PubRel(packetId, ReasonCode.SUCCESS, Properties.EMPTY));
                    } else {
                        send(packetId, payload, true);
                    }
                });
            } else if (packet instanceof PubAck ack) {
                acknowledged.add(pending.remove(ack.packetId()));
            } else if (packet instanceof PubRec rec) {
                acknowledged.add(pending.get(rec.packetId()));
                released.add(rec.packetId());
                client.packet(new PubRel(rec.packetId(), ReasonCode.SUCCESS, Properties.EMPTY));
            } else if (packet instanceof PubComp comp) {
                pending.remove(comp.packetId());
                released.remove(comp.packetId());
            }
        }

        private void publish() {
            String topic = TOPICS[random.nextInt(TOPICS.length)];
            int number = numbers.merge(topic, 1, Integer::sum);
            String payload = clientId + " " + topic + " " + number;
            do {
                packetIds = packetIds % 40 + 1;
            } while (pending.containsKey(packetIds));
            pending.put(packetIds, payload);
            sent.put(payload, number % 2 == 0 ? QoS.EXACTLY_ONCE : QoS.AT_LEAST_ONCE);
            send(packetIds, payload, false);
        }

        private void send(int packetId, String payload, boolean dup) {
            String topic = payload.split(" ", 3)[1];
            boolean retain = payload.endsWith("7");
            client.publish(topic, payload, sent.get(payload), retain, packetId, dup);
        }
    }

    /** What a subscriber got over all its connections. */
    private static final class Subscriber {
        private final String clientId;
        private final boolean persistent;
        private final List<TestClient> connections = new ArrayList<>();

        private Subscriber(String clientId, boolean persistent) {
            this.clientId = clientId;
            this.persistent = persistent;
        }

        private TestClient last() {
            return connections.get(connections.size() - 1);
        }

        private List<Got> got() {
            List<Got> all = new ArrayList<>();
            connections.forEach(connection -> all.addAll(connection.all(Got.class)));
            return all;
        }
    }

    private void connect(Subscriber subscriber) {
        TestClient client = nodes.get(random.nextInt(nodes.size())).client(random.nextInt(2));
        client.receiveMaximum = 1 + random.nextInt(20);
        subscriber.connections.add(client);
        client.connect(subscriber.clientId, false, subscriber.persistent ? 3_600 : 0);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void nothingAcknowledgedIsLostDoubledOrReordered(long seed) {
        run(seed, 0.05);
    }

    @Test
    void withoutFaultsToo() {
        run(100, 0);
    }

    /** Members of Shared Subscriptions: two groups of persistent sessions, one of both kinds. */
    private List<Subscriber> members() {
        List<Subscriber> members = new ArrayList<>();
        for (String clientId : List.of("ga1", "ga2", "ga3", "gb1", "gb2", "gc1", "gc2")) {
            Subscriber member = new Subscriber(clientId, true);
            members.add(member);
            connect(member);
            member.last().subscribe(sharedFilter(clientId), QoS.EXACTLY_ONCE, 2);
        }
        for (String clientId : List.of("gc3", "gc4")) {
            Subscriber member = new Subscriber(clientId, false);
            members.add(member);
            connect(member);
            member.last().subscribe(sharedFilter(clientId), QoS.AT_LEAST_ONCE, 2);
        }
        return members;
    }

    private static String sharedFilter(String clientId) {
        String group = clientId.substring(0, 2);
        return "$share/" + group + (group.equals("gb") ? "/t/b" : "/t/+");
    }

    private void run(long seed, double faults) {
        random = new Random(seed);
        cluster = new TestCluster();
        for (int node = 1; node <= 3; node++) {
            nodes.add(cluster.start(node, 2));
        }
        List<Subscriber> subscribers = new ArrayList<>();
        String[] filters = {"t/+", "#", "t/a", "t/b"};
        for (int i = 0; i < filters.length; i++) {
            for (boolean persistent : new boolean[] {false, true}) {
                Subscriber subscriber = new Subscriber((persistent ? "p" : "t") + i, persistent);
                subscribers.add(subscriber);
                connect(subscriber);
                subscriber.last().subscribe(filters[i], QoS.EXACTLY_ONCE, 2);
            }
        }
        List<Subscriber> members = members();
        cluster.lost = message -> random.nextDouble() < faults;
        cluster.buckets.script = submission -> random.nextDouble() < faults
                ? random.nextBoolean() ? Fault.REQUEST_LOST : Fault.ANSWER_LOST
                : Fault.NONE;
        List<Publisher> publishers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            publishers.add(new Publisher("pub" + i));
        }
        for (int step = 0; step < 600; step++) {
            publishers.forEach(Publisher::step);
            for (Subscriber subscriber : subscribers) {
                if (subscriber.persistent && random.nextInt(150) == 0) {
                    subscriber.last().breakConnection();
                    connect(subscriber);
                }
            }
            for (Subscriber member : members) {
                if (random.nextInt(100) == 0) {
                    member.last().breakConnection();
                    connect(member);
                    if (!member.persistent) {
                        member.last().subscribe(sharedFilter(member.clientId), QoS.AT_LEAST_ONCE, 2);
                    }
                }
            }
            cluster.time.pass(random.nextInt(6));
        }
        List<Subscriber> all = new ArrayList<>(subscribers);
        all.addAll(members);
        calmDown(publishers, all);
        subscribers.forEach(subscriber -> verify(seed, subscriber));
        for (String group : List.of("ga", "gb", "gc")) {
            verifyGroup(seed, group, members);
        }
        assertThat(acknowledged).as("seed %d", seed).hasSizeGreaterThan(300);
        assertThat(cluster.buckets.replicasAreEqual()).isTrue();
    }

    private void calmDown(List<Publisher> publishers, List<Subscriber> subscribers) {
        cluster.lost = message -> false;
        cluster.buckets.script = submission -> Fault.NONE;
        cluster.time.pass(12_000);
        for (int round = 0; round < 400; round++) {
            for (Publisher publisher : publishers) {
                if (publisher.client.closed) {
                    publisher.connect();
                }
                for (; publisher.seen < publisher.client.got.size(); publisher.seen++) {
                    publisher.packet(publisher.client.got.get(publisher.seen));
                }
            }
            for (Subscriber subscriber : subscribers) {
                if (subscriber.last().closed) {
                    connect(subscriber);
                }
            }
            cluster.time.pass(20);
        }
        cluster.time.pass(6_000);
        publishers.forEach(publisher ->
                assertThat(publisher.pending).as(publisher.clientId).isEmpty());
    }

    /** [MQTT 5.0, 4.8.2]: nothing acknowledged is lost, and what goes out at QoS 2 goes to one member. */
    private void verifyGroup(long seed, String group, List<Subscriber> members) {
        Map<String, String> receivers = new HashMap<>();
        for (Subscriber member : members) {
            if (!member.clientId.startsWith(group)) {
                continue;
            }
            Set<String> received = new HashSet<>();
            for (Got got : member.got()) {
                boolean first = received.add(got.payload());
                String other = receivers.put(got.payload(), member.clientId);
                if (got.qos() == QoS.EXACTLY_ONCE) {
                    assertThat(other == null || other.equals(member.clientId) && got.dup() && !first)
                            .as("I3: seed %d, %s and %s got %s", seed, member.clientId, other, got)
                            .isTrue();
                }
            }
        }
        Set<String> missing = new HashSet<>(acknowledged);
        missing.removeIf(payload -> group.equals("gb") && !payload.contains("t/b"));
        missing.removeAll(receivers.keySet());
        assertThat(missing).as("I1: seed %d, group %s lacks", seed, group).isEmpty();
    }

    private void verify(long seed, Subscriber subscriber) {
        Map<String, Integer> newest = new HashMap<>();
        Set<String> received = new HashSet<>();
        for (Got got : subscriber.got()) {
            boolean first = received.add(got.payload());
            if (!first) {
                boolean allowed = sent.get(got.payload()) == QoS.AT_LEAST_ONCE || got.dup();
                assertThat(allowed)
                        .as("I3: seed %d, %s got %s again", seed, subscriber.clientId, got)
                        .isTrue();
                continue;
            }
            String[] parts = got.payload().split(" ", 3);
            int number = Integer.parseInt(parts[2]);
            Integer before = newest.merge(parts[0] + parts[1], number, Math::max);
            assertThat(before)
                    .as("I4: seed %d, %s got %s late", seed, subscriber.clientId, got)
                    .isEqualTo(number);
        }
        List<String> missing = new ArrayList<>();
        for (String payload : acknowledged) {
            String topic = payload.split(" ", 3)[1];
            boolean wanted = subscriber.clientId.matches("[pt][01]")
                    || subscriber.clientId.endsWith("2") && topic.equals("t/a")
                    || subscriber.clientId.endsWith("3") && topic.equals("t/b");
            if (wanted && !received.contains(payload)) {
                missing.add(payload);
            }
        }
        assertThat(missing)
                .as("I1: seed %d, %s lacks", seed, subscriber.clientId)
                .isEmpty();
    }
}
