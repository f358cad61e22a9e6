package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Nodes that have lost the others: they let go of their clients and say why, and SIGTERM ends them in order within 30 s, whether the others are dead or
 * only do not answer [I9].
 */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
@BesideOthers
class EndWithoutMajorityTest {
    private static final int BUSY = 0x89;

    @Test
    void whoIsLeftAloneLetsGoOfItsClientsAndEndsInOrder() throws Exception {
        try (ClusterProcesses cluster = ClusterProcesses.start(3);
                Probe modern = cluster.probe(2, Mqtt.V5);
                Probe old = cluster.probe(2, Mqtt.V311)) {
            Wire told = modern.accepted(modern.connect("told").persistent());
            Wire closed = old.client("closed");

            cluster.node(0).kill();
            cluster.node(1).freeze();

            // "Server unavailable" is for CONNACK only (3.14.2.1), so a client is told that the server is busy.
            assertThat(told.next(Packet.DISCONNECT).code()).isEqualTo(BUSY);
            told.closed();
            closed.closed();
            long whileOneIsSilentMillis = end(cluster.node(2));
            cluster.node(1).thaw();
            long aloneMillis = end(cluster.node(1));
            System.out.printf(
                    "SIGTERM without a majority: ended after %d ms, one more being silent, and after %d ms alone%n",
                    whileOneIsSilentMillis, aloneMillis);
        }
    }

    /** Fails where it takes longer than 30 s. */
    private static long end(NodeProcess node) throws InterruptedException {
        long begun = System.nanoTime();
        assertThat(node.terminate()).as("exit status").isZero();
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
    }
}
