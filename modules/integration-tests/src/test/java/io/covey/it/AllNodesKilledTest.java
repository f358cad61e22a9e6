package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** All three nodes are killed at once under load, and started again: whatever was acknowledged is there [I1, I3, I4]. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@BesideOthers
class AllNodesKilledTest {
    @ParameterizedTest
    @ValueSource(strings = {"os", "fsync"})
    void theWholeClusterIsKilledAndLosesNothingThatWasAcknowledged(String durability) throws Exception {
        try (ClusterProcesses cluster = ClusterProcesses.start(3, List.of("storage.durability=" + durability));
                NumberedTraffic traffic = new NumberedTraffic()) {
            for (int i = 0; i < 2; i++) {
                traffic.subscribe("reader-" + i, cluster.portsFrom(i));
            }
            for (int i = 0; i < 4; i++) {
                traffic.publish("writer-" + i, 1 + i % 2, cluster.portsFrom(i));
            }
            publishSome(traffic);
            cluster.killAll();
            cluster.restartAll(new int[] {2, 0, 1}, 1_500);

            publishSome(traffic);
            cluster.killAll();
            cluster.restartAll(new int[] {0, 1, 2}, 0);

            publishSome(traffic);
            traffic.finishAndVerify(300);
            assertThat(traffic.subscribers()).allSatisfy(subscriber -> {
                assertThat(subscriber.reconnects()).isPositive();
                assertThat(subscriber.sessionsLost()).as("sessions not found").isZero();
            });
        }
    }

    private static void publishSome(NumberedTraffic traffic) throws InterruptedException {
        int before = traffic.acknowledged();
        while (traffic.acknowledged() < before + 1_000) {
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }
}
