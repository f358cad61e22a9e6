package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Three processes; the one that holds the subscribers is killed with SIGKILL in the middle of steady publishing, and later another one. Nothing
 * acknowledged may be missing, nothing at QoS 2 may come twice, and the order of each publisher is kept [I1, I3, I4].
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class NodeKilledTest {
    @Test
    void aKilledNodeLosesNothingThatWasAcknowledged() throws Exception {
        try (ClusterProcesses cluster = ClusterProcesses.start(3);
                NumberedTraffic traffic = new NumberedTraffic()) {
            for (int i = 0; i < 2; i++) {
                traffic.subscribe("reader-" + i, cluster.urisFrom(0));
            }
            for (int i = 0; i < 4; i++) {
                traffic.publish("writer-" + i, 1 + i % 2, cluster.urisFrom(1 + i % 2));
            }

            TimeUnit.SECONDS.sleep(5);
            cluster.node(0).kill();
            TimeUnit.SECONDS.sleep(8);
            cluster.restart(0);
            TimeUnit.SECONDS.sleep(4);
            cluster.node(1).kill();
            TimeUnit.SECONDS.sleep(8);

            traffic.finishAndVerify(500);
            assertThat(traffic.subscribers()).allSatisfy(subscriber -> {
                assertThat(subscriber.reconnects()).isPositive();
                assertThat(subscriber.sessionsLost()).as("sessions not found").isZero();
            });
        }
    }
}
