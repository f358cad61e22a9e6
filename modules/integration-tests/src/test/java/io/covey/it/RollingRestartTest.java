package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Every node of three is stopped with SIGTERM and started again, one after the other as soon as the one before is ready, in the middle of steady
 * publishing: nothing acknowledged is missing, nothing at QoS 2 comes twice, orders are kept, and each client is sent away once per node at most.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class RollingRestartTest {
    /** The promise is 2 s; a machine that is busy with other things needs longer for everything. */
    private static final long GAP_MILLIS_MAX = 6_000;

    @Test
    void noClientNoticesMoreThanOneReconnectPerNode() throws Exception {
        try (ClusterProcesses cluster = ClusterProcesses.start(3, List.of("mqtt.server-reference=other.example:1883"));
                NumberedTraffic traffic = new NumberedTraffic();
                Probe old = cluster.probe(0, Mqtt.V311);
                Probe modern = cluster.probe(0, Mqtt.V5)) {
            traffic.begin(cluster);
            traffic.awaitProgress(200);
            Wire sentAway = modern.client("sent-away");
            Wire closed = old.client("closed");
            List<Long> gaps = new ArrayList<>();
            for (int node = 0; node < cluster.size(); node++) {
                List<Integer> before = reconnects(traffic);
                traffic.mark();
                long started = System.nanoTime();

                assertThat(cluster.node(node).terminate()).as("exit status").isZero();
                long stoppedMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started);
                traffic.awaitProgress(100);
                gaps.add(traffic.longestGapMillis());
                traffic.mark();
                cluster.restart(node);
                traffic.awaitProgress(100);
                gaps.add(traffic.longestGapMillis());
                System.out.printf(
                        "node %d restarted: ended after %d ms, ready after %d ms, longest gaps %s ms%n",
                        node + 1,
                        stoppedMillis,
                        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started),
                        gaps.subList(gaps.size() - 2, gaps.size()));
                List<Integer> after = reconnects(traffic);
                for (int client = 0; client < after.size(); client++) {
                    assertThat(after.get(client) - before.get(client))
                            .as("reconnects of client %d while node %d was restarted", client, node + 1)
                            .isLessThanOrEqualTo(1);
                }
            }

            // [MQTT-3.14.0-1]: MQTT 5.0 clients are told where to go; earlier ones know no DISCONNECT from a server.
            Packet told = sentAway.nextOrEnd();
            assertThat(told).isNotNull();
            assertThat(told.code()).isEqualTo(0x9C);
            assertThat(told.all(Prop.SERVER_REFERENCE)).containsExactly("other.example:1883");
            assertThat(closed.nextOrEnd()).isNull();
            traffic.finishAndVerify(300);
            assertThat(gaps).as("gaps in milliseconds").allMatch(gap -> gap < GAP_MILLIS_MAX);
        }
    }

    private static List<Integer> reconnects(NumberedTraffic traffic) {
        return Stream.concat(traffic.subscribers().stream(), traffic.publishers().stream())
                .map(RoamingClient::reconnects)
                .toList();
    }
}
