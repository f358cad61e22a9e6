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
    /** What each publisher has had acknowledged before each kill. */
    private static final int EACH = 200;

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
            traffic.awaitProgress(EACH);
            cluster.killAll();
            cluster.restartAll(new int[] {2, 0, 1}, 1_500);

            traffic.awaitProgress(EACH);
            cluster.killAll();
            cluster.restartAll(new int[] {0, 1, 2}, 0);

            traffic.awaitProgress(EACH);
            traffic.finishAndVerify(3 * EACH);
            assertThat(traffic.subscribers()).allSatisfy(subscriber -> {
                assertThat(subscriber.reconnects()).isPositive();
                assertThat(subscriber.sessionsLost()).as("sessions not found").isZero();
            });
        }
    }
}
