package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Every node of three is stopped with SIGTERM and started again, one after the other as soon as the one before is ready, in the middle of steady
 * publishing, with a crowd of idle clients and with buckets of some megabytes that have to move: nothing acknowledged is missing, nothing at QoS 2 comes
 * twice, orders are kept, each client is sent away once per node at most, and whoever comes anew while a node is away is served at once.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class RollingRestartTest {
    /** The promise, docs/guarantees.md. */
    private static final long GAP_MILLIS_MAX = 2_000;

    /** From the start of the process until it serves; 4 to 5 s on a machine that does nothing else. */
    private static final long READY_MILLIS_MAX = 30_000;

    private static final int CROWD_EACH = 700;

    /** With few partitions some retained messages make large buckets: 8 MiB each. */
    private static final int PARTITIONS = 7;

    private static final int BALLAST_MIB = PARTITIONS * 8;
    private static final int ELSEWHERE = 0x9C;

    @Test
    void noClientNoticesMoreThanOneReconnectPerNode() throws Exception {
        try (ClusterProcesses cluster = ClusterProcesses.start(
                        3, List.of("mqtt.server-reference=other.example:1883", "cluster.partitions=" + PARTITIONS));
                NumberedTraffic traffic = new NumberedTraffic();
                Probe old = cluster.probe(0, Mqtt.V311);
                Probe modern = cluster.probe(0, Mqtt.V5);
                Crowd crowd = Crowd.connect(cluster, CROWD_EACH)) {
            Ballast ballast = Ballast.publish(modern, BALLAST_MIB);
            traffic.begin(cluster);
            traffic.awaitProgress(200);
            Wire sentAway = modern.client("sent-away");
            Wire closed = old.client("closed");
            List<String> gaps = new ArrayList<>();
            for (int node = 0; node < cluster.size(); node++) {
                List<Integer> before = reconnects(traffic);
                restart(cluster, node, traffic, crowd, gaps);
                List<Integer> after = reconnects(traffic);
                for (int client = 0; client < after.size(); client++) {
                    assertThat(after.get(client) - before.get(client))
                            .as("reconnects of client %d while node %d was restarted", client, node + 1)
                            .isLessThanOrEqualTo(1);
                }
                crowd.areLeftAlone();
            }

            // [MQTT-3.14.0-1]: MQTT 5.0 clients are told where to go; earlier ones know no DISCONNECT from a server.
            Packet told = sentAway.nextOrEnd();
            assertThat(told).isNotNull();
            assertThat(told.code()).isEqualTo(ELSEWHERE);
            assertThat(told.all(Prop.SERVER_REFERENCE)).containsExactly("other.example:1883");
            assertThat(closed.nextOrEnd()).isNull();
            traffic.finishAndVerify(300);
            ballast.isThere(modern);
            assertThat(gaps).as("gaps of %d ms and more", GAP_MILLIS_MAX).isEmpty();
        }
    }

    /** The longest time without an acknowledgement since the last mark; told with its time where it is too long. */
    private static long gap(String when, NumberedTraffic traffic, List<String> tooLong) {
        long millis = traffic.longestGapMillis();
        if (millis >= GAP_MILLIS_MAX) {
            tooLong.add(when + ": " + millis + " ms " + traffic.gaps());
        }
        return millis;
    }

    private static void restart(
            ClusterProcesses cluster, int node, NumberedTraffic traffic, Crowd crowd, List<String> tooLong)
            throws Exception {
        traffic.mark();
        long begun = System.nanoTime();
        CompletableFuture<Integer> moved = CompletableFuture.supplyAsync(() -> follow(crowd, node));
        assertThat(cluster.node(node).terminate()).as("exit status").isZero();
        long stoppedMillis = millisSince(begun);
        int sentAway = moved.get(Waiting.PATIENCE_SECONDS, TimeUnit.SECONDS);
        // It has said that it is gone: nobody waits for the rest of its lease.
        NewClients.areServed(2, next -> cluster.probe((node + 1 + next) % cluster.size(), Mqtt.V5));
        traffic.awaitProgress(100);
        long gapAtEnd = gap("node " + (node + 1) + " ended", traffic, tooLong);

        traffic.mark();
        begun = System.nanoTime();
        cluster.restart(node);
        long readyMillis = millisSince(begun);
        traffic.awaitProgress(100);
        long gapAtStart = gap("node " + (node + 1) + " came back", traffic, tooLong);
        System.out.printf(
                "node %d: ended after %d ms with %d idle clients, ready %d ms after its start, longest gaps %d and %d ms%n",
                node + 1, stoppedMillis, sentAway, readyMillis, gapAtEnd, gapAtStart);
        assertThat(readyMillis).as("ready after the start").isLessThan(READY_MILLIS_MAX);
    }

    private static int follow(Crowd crowd, int leaving) {
        try {
            return crowd.follow(leaving, ELSEWHERE);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    private static long millisSince(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }

    private static List<Integer> reconnects(NumberedTraffic traffic) {
        return Stream.concat(traffic.subscribers().stream(), traffic.publishers().stream())
                .map(RoamingClient::reconnects)
                .toList();
    }
}
