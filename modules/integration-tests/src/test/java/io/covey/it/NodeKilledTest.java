package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Nodes are killed with SIGKILL in the middle of steady publishing. Nothing acknowledged may be missing, nothing at QoS 2 may come twice, the order
 * of each publisher is kept, and the wills of the dead nodes' clients are published once [I1, I3, I4].
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class NodeKilledTest {
    private static final int WILLS = 40;
    private static final long GAP_MILLIS_MAX = 5_000;

    @Test
    void aKilledNodeLosesNothingThatWasAcknowledged() throws Exception {
        try (ClusterProcesses cluster = ClusterProcesses.start(3);
                NumberedTraffic traffic = new NumberedTraffic();
                Probe doomed = cluster.probe(0, Mqtt.V5);
                Probe survivor = cluster.probe(2, Mqtt.V5)) {
            begin(cluster, traffic, 3);
            Wire watcher = survivor.client("w").subscribe(doomed.topic("w/#"), 2);
            List<String> expected = wills(doomed);
            traffic.awaitProgress(300);

            traffic.mark();
            cluster.node(0).kill();
            traffic.awaitProgress(100);
            long gapMillis = traffic.longestGapMillis();
            expectOnce(watcher, expected);
            cluster.restart(0);
            traffic.awaitProgress(200);

            traffic.mark();
            cluster.node(1).kill();
            traffic.awaitProgress(100);
            long secondGapMillis = traffic.longestGapMillis();
            System.out.printf("one of three killed: gaps of %d and %d ms%n", gapMillis, secondGapMillis);

            traffic.finishAndVerify(500);
            watcher.quiet();
            assertThat(Math.max(gapMillis, secondGapMillis)).as("gap").isLessThan(GAP_MILLIS_MAX);
        }
    }

    @Test
    void twoOfFiveNodesKilledAtOnceLoseNothingWithTwoBackups() throws Exception {
        try (ClusterProcesses cluster = ClusterProcesses.start(5, List.of("cluster.backup-count=2"));
                NumberedTraffic traffic = new NumberedTraffic();
                Probe doomed = cluster.probe(0, Mqtt.V5);
                Probe survivor = cluster.probe(2, Mqtt.V5)) {
            begin(cluster, traffic, 3);
            Wire watcher = survivor.client("w").subscribe(doomed.topic("w/#"), 2);
            List<String> expected = wills(doomed);
            traffic.awaitProgress(150);

            traffic.mark();
            cluster.node(0).signalKill();
            cluster.node(1).kill();
            traffic.awaitProgress(100);
            System.out.printf("two of five killed: gap of %d ms%n", traffic.longestGapMillis());

            expectOnce(watcher, expected);
            traffic.finishAndVerify(250);
            watcher.quiet();
        }
    }

    /** Subscribers and publishers that begin at the first nodes. */
    private static void begin(ClusterProcesses cluster, NumberedTraffic traffic, int nodes) throws Exception {
        for (int i = 0; i < 2; i++) {
            traffic.subscribe("reader-" + i, cluster.portsFrom(i));
        }
        for (int i = 0; i < 2 * nodes; i++) {
            traffic.publish("writer-" + i, 1 + i % 2, cluster.portsFrom(i / 2));
        }
    }

    /** Clients whose wills are due when their node dies; the payloads. */
    private static List<String> wills(Probe doomed) throws IOException {
        List<String> payloads = new ArrayList<>();
        for (int i = 0; i < WILLS; i++) {
            ConnectBytes connect = doomed.connect("c" + i).will(doomed.topic("w/" + i), "will " + i, 1 + i % 2, false);
            doomed.accepted(i % 4 < 2 ? connect : connect.persistent());
            payloads.add("will " + i);
        }
        return payloads;
    }

    private static void expectOnce(Wire watcher, List<String> expected) throws IOException {
        List<String> seen = new ArrayList<>();
        while (seen.size() < expected.size()) {
            Packet will = watcher.next(Packet.PUBLISH);
            seen.add(will.text());
            watcher.accept(will);
        }
        assertThat(seen).containsExactlyInAnyOrderElementsOf(expected);
        watcher.quiet();
    }
}
