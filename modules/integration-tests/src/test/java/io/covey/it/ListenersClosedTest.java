package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A node that has joined and holds its lease lets nobody in while routes are missing or partitions lack copies, says so, and opens when all is there. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
@BesideOthers
class ListenersClosedTest {
    private static final long CLOSED_MILLIS = 3_000;

    @Test
    void aNodeDoesNotListenBeforeItHasTheRoutesAndThePartitionsHaveTheirCopies() throws Exception {
        // Two of three nodes are a majority, but too few for the copies: routes cannot be read, for no bucket answers.
        try (ClusterProcesses cluster = ClusterProcesses.start(3, List.of("cluster.backup-count=2"));
                Probe probe = cluster.probe(0, Mqtt.V5)) {
            Wire session =
                    probe.accepted(probe.connect("kept").persistent(), false).subscribe(probe.topic("#"), 1);
            session.disconnect();
            cluster.node(2).kill();
            cluster.node(1).terminate();

            cluster.launch(1);
            NodeProcess joining = cluster.node(1);
            Waiting.until("the node holds its lease", () -> isMet(joining, "lease"));
            long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CLOSED_MILLIS);
            while (System.nanoTime() < until) {
                assertThat(joining.acceptsConnections()).isFalse();
                Map<String, NodeProcess.Condition> conditions = joining.conditions();
                assertThat(conditions.get("members").met()).as("" + conditions).isTrue();
                assertThat(conditions.get("routes").met()).as("" + conditions).isFalse();
                assertThat(conditions.get("routes").detail()).isEqualTo("not caught up with the other nodes");
                assertThat(conditions.get("replicas").met()).as("" + conditions).isFalse();
                assertThat(conditions.get("listeners").met())
                        .as("" + conditions)
                        .isFalse();
                TimeUnit.MILLISECONDS.sleep(100);
            }

            cluster.launch(2);
            cluster.awaitReady();
            assertThat(joining.acceptsConnections()).isTrue();
            // The node that came last may still be moving partitions.
            Waiting.untilDone("all conditions are met", () -> assertThat(joining.conditions())
                    .isNotEmpty()
                    .allSatisfy((name, condition) ->
                            assertThat(condition.met()).as(name).isTrue()));
            try (Probe there = cluster.probe(1, Mqtt.V5)) {
                there.client("publisher").publish(probe.topic("a"), "kept", 1);
                Wire found = probe.accepted(probe.connect("kept").persistent(), true);
                assertThat(found.next(Packet.PUBLISH).text()).isEqualTo("kept");
            }
        }
    }

    private static boolean isMet(NodeProcess node, String condition) {
        NodeProcess.Condition asked = node.conditions().get(condition);
        return asked != null && asked.met();
    }
}
