package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A node joins with an empty disk, and another one leaves for good, in the middle of steady publishing and with large buckets that have to move: nobody
 * but the clients of the node that leaves loses a connection, nothing is refused, nothing acknowledged is missing, nothing at QoS 2 comes twice, and
 * orders are kept. The new node lets nobody in before all partitions have their copies.
 *
 * <p>{@code -Dcovey.bucket.mib=64} makes the buckets as large as they are by default at most; docs/guarantees.md has the figures. The limit of
 * {@code mqtt.bucket.bytes} is out of the way: at it publishes are refused, and MQTT 3.1.1 can only say so by ending the connection.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class RebalanceTest {
    private static final int BUCKET_MIB = Integer.getInteger("covey.bucket.mib", 8);

    /** With few partitions it takes little to make large buckets. */
    private static final int PARTITIONS = 5;

    /** For so much more in the buckets some things take longer: a bucket is not served while it moves. */
    private static final long GAP_MILLIS_MAX = 4_000 + 60L * BUCKET_MIB;

    private static final int FIRST = 3;
    private static final int JOINING = 3;
    private static final int LEAVING = 1;

    @Test
    void aNodeJoinsAndAnotherLeavesForGoodWithoutAnErrorToAnyClient() throws Exception {
        try (ClusterProcesses cluster = ClusterProcesses.startFirst(
                        FIRST,
                        FIRST + 1,
                        List.of("cluster.partitions=" + PARTITIONS, "mqtt.bucket.bytes=" + (2L * BUCKET_MIB << 20)),
                        List.of("-Xmx" + (448 + PARTITIONS * BUCKET_MIB * 4) + "m"));
                NumberedTraffic traffic = new NumberedTraffic();
                Probe probe = cluster.probe(0, Mqtt.V5)) {
            Ballast ballast = Ballast.publish(probe, PARTITIONS * BUCKET_MIB);
            for (int node = 0; node < FIRST; node++) {
                traffic.subscribe("reader-" + node, cluster.portsFrom(node));
            }
            for (int node = 0; node < FIRST; node++) {
                publish(traffic, cluster, node);
            }
            traffic.awaitProgress(200);

            traffic.mark();
            join(cluster);
            traffic.awaitProgress(100);
            assertThat(traffic.clients())
                    .as("reconnects: %s", reconnects(traffic))
                    .allMatch(client -> client.reconnects() == 0);
            publish(traffic, cluster, JOINING);
            served("joined", traffic);

            traffic.mark();
            leave(cluster.node(LEAVING));
            traffic.awaitProgress(100);
            assertThat(traffic.clients())
                    .as("reconnects: %s", reconnects(traffic))
                    .allMatch(client -> client.reconnects() <= (client.began(cluster.node(LEAVING)) ? 1 : 0));
            served("left", traffic);

            traffic.finishAndVerify(100);
            assertThat(traffic.publishers()).as("refused").allMatch(publisher -> publisher.refused() == 0);
            ballast.isThere(probe);
        }
    }

    private static void publish(NumberedTraffic traffic, ClusterProcesses cluster, int node)
            throws InterruptedException {
        for (int qos = 1; qos <= 2; qos++) {
            traffic.publish("writer-" + node + "-qos" + qos, qos, cluster.portsFrom(node));
        }
    }

    private static void join(ClusterProcesses cluster) throws Exception {
        long begun = System.nanoTime();
        cluster.launch(JOINING);
        NodeProcess joining = cluster.node(JOINING);
        Set<String> lags = new TreeSet<>();
        Waiting.until("the new node is ready", () -> {
            // Asked first: what opens between the two questions is no fault.
            boolean lets = joining.acceptsConnections();
            Map<String, NodeProcess.Condition> conditions = joining.conditions();
            if (lets && !conditions.isEmpty()) {
                assertThat(conditions.get("replicas").met()).as("" + conditions).isTrue();
                assertThat(conditions.get("routes").met()).as("" + conditions).isTrue();
            } else if (!conditions.isEmpty()
                    && conditions.get("routes").met()
                    && !conditions.get("replicas").met()) {
                lags.add(conditions.get("replicas").detail());
            }
            return joining.isReady();
        });
        System.out.printf(
                "joined: ready %d ms after its start; before: %s%n",
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun), lags);
        assertThat(lags)
                .as("why the node had routes, but did not listen, where it was asked at such a moment")
                .allMatch(lag -> lag.contains("no partition has moved here yet")
                        || lag.contains("partitions do not have their 1 backups yet")
                        || lag.contains("not joined yet"));
    }

    private static void leave(NodeProcess leaving) throws InterruptedException {
        long begun = System.nanoTime();
        assertThat(leaving.post("/api/v1/node/drain?deadline=60")).contains("draining");
        Waiting.until("the node is drained", () -> {
            String said = leaving.get("/api/v1/node/drain");
            assertThat(said).doesNotContain("failed");
            return said.contains("\"drained\"");
        });
        assertThat(leaving.terminate()).as("exit status").isZero();
        System.out.printf("left: after %d ms%n", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
    }

    private static List<String> reconnects(NumberedTraffic traffic) {
        return traffic.clients().stream()
                .filter(client -> client.reconnects() > 0)
                .map(client -> client.clientId + " " + client.reconnects() + ", now at " + client.port())
                .toList();
    }

    private static void served(String when, NumberedTraffic traffic) {
        long gap = traffic.longestGapMillis();
        System.out.printf("%s: buckets of %d MiB, longest gap %d ms; %s%n", when, BUCKET_MIB, gap, traffic.gaps());
        assertThat(gap).as("%s; gaps: %s", when, traffic.gaps()).isLessThan(GAP_MILLIS_MAX);
    }
}
