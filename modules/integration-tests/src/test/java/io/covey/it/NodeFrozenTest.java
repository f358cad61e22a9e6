package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One of three nodes stands still (SIGSTOP) for as long as its lease lasts and for longer than the others wait for it, with PUBLISHes in its socket
 * buffers, and goes on as if nothing had been. The others serve on; what the thawed node finds in its buffers it acknowledges only after it belongs
 * again; nothing acknowledged is missing, nothing at QoS 2 comes twice, order is kept, no client id has two owners [I1, I2, I3, I4, I9].
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class NodeFrozenTest {
    private static final int FROZEN = 0;

    private static final long GAP_MILLIS_MAX = 20_000;
    private static final long HEAL_MILLIS_MAX = 30_000;
    private static final int LATER = 20;

    /** The lease of five seconds has run out when the node thaws after five, since the last request for it was sent before the freeze. */
    @ParameterizedTest
    @ValueSource(ints = {5, 30})
    void aThawedNodeAcknowledgesNothingBeforeItBelongsAgain(int seconds) throws Exception {
        try (ClusterProcesses cluster = ClusterProcesses.start(3);
                NumberedTraffic traffic = new NumberedTraffic()) {
            int frozenPort = cluster.node(FROZEN).mqttPort();
            List<NumberedPublisher> stuck = begin(cluster, traffic);
            try (Probe here = cluster.probe(FROZEN, Mqtt.V5);
                    Probe there = cluster.probe(1, Mqtt.V5)) {
                ConnectBytes owned = new ConnectBytes(Mqtt.V5, here.id("owned")).persistent();
                Wire before = here.accepted(owned, false).subscribe(here.topic("owned"), 1);
                traffic.awaitProgress(200);

                // Nothing of theirs is under way when the node freezes: an acknowledgement that was due, and true, but
                // not
                // written yet, would be written by the thawed node.
                for (NumberedPublisher publisher : stuck) {
                    publisher.rest();
                }
                cluster.node(FROZEN).freeze();
                long thawNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
                traffic.mark();
                List<Integer> counts =
                        stuck.stream().map(NumberedPublisher::acknowledgedCount).toList();
                stuck.forEach(NumberedPublisher::resume);
                for (NumberedPublisher publisher : stuck) {
                    Waiting.until(
                            "publishes wait in the buffers",
                            () -> publisher.pending().size() > NumberedPublisher.WINDOW / 2);
                }
                Wire after = seconds < GAP_MILLIS_MAX / 1_000 ? null : takenOver(there, owned);
                TimeUnit.NANOSECONDS.sleep(thawNanos - System.nanoTime());
                long gapMillis = traffic.longestGapMillis(publisher -> publisher.port() != frozenPort);
                List<String> gaps = traffic.gaps();

                long thawedNanos = System.nanoTime();
                cluster.node(FROZEN).thaw();
                if (after != null) {
                    expectEnd(before);
                    publish(there, here.topic("owned"), after);
                }
                traffic.awaitProgress(50);
                cluster.awaitReady();
                long healMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - thawedNanos);
                System.out.printf(
                        "frozen for %d s: others' gap %d ms, healed after %d ms; %s%n",
                        seconds, gapMillis, healMillis, gaps);
                NewClients.areServed(cluster.size(), node -> cluster.probe(node, Mqtt.V5));

                for (int i = 0; i < stuck.size(); i++) {
                    assertThat(stuck.get(i).reconnects())
                            .as("connections of before are closed")
                            .isPositive();
                    assertThat(stuck.get(i).acknowledgedBeforeNextConnection())
                            .as("acknowledged by a node that did not belong: %s", stuck.get(i).clientId)
                            .isEqualTo(counts.get(i));
                }
                traffic.finishAndVerify(250);
                assertThat(gapMillis).as("gap of the others; %s", gaps).isLessThan(GAP_MILLIS_MAX);
                assertThat(healMillis).as("healed").isLessThan(HEAL_MILLIS_MAX);
            }
        }
    }

    /** Subscribers and publishers at all nodes; of these at the node to freeze two keep to it, which are returned. */
    private static List<NumberedPublisher> begin(ClusterProcesses cluster, NumberedTraffic traffic) throws Exception {
        List<NumberedPublisher> stuck = new ArrayList<>();
        traffic.begin(cluster);
        for (int qos = 1; qos <= 2; qos++) {
            NumberedPublisher publisher = traffic.publish("stuck-qos" + qos, qos, cluster.portsFrom(FROZEN));
            publisher.stay();
            stuck.add(publisher);
        }
        return stuck;
    }

    /** The client of a connection at the frozen node comes back at another one. */
    private static Wire takenOver(Probe there, ConnectBytes owned) throws Exception {
        long limit = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(GAP_MILLIS_MAX);
        while (true) {
            Wire wire = there.send(owned);
            Packet connack = wire.nextOrEnd();
            if (connack != null && connack.code() == 0) {
                assertThat(connack.sessionPresent()).isTrue();
                return wire;
            }
            assertThat(System.nanoTime()).as("taken over in time").isLessThan(limit);
            Probe.elapse(200);
        }
    }

    /** The server ends a connection, with or without saying why, and says nothing else on it. */
    private static void expectEnd(Wire wire) throws Exception {
        for (Packet packet = wire.nextOrEnd(); packet != null; packet = wire.nextOrEnd()) {
            assertThat(packet.type()).as("last words: " + packet).isEqualTo(Packet.DISCONNECT);
        }
    }

    private static void publish(Probe there, String topic, Wire owner) throws Exception {
        Wire publisher = there.client("p");
        for (int i = 0; i < LATER; i++) {
            publisher.publish(topic, "later " + i, 1);
            owner.receive(topic, "later " + i, 1);
        }
        owner.quiet();
    }
}
