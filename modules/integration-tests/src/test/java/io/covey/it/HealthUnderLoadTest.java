package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.testkit.LoopbackPorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The questions of Kubernetes' probes are answered while clients give the event loops more than they can do. */
@Timeout(120)
class HealthUnderLoadTest {
    private static final int PUBLISHERS = 4;
    private static final int MESSAGES_IN_A_ROW = 200;
    private static final int QUESTIONS = 20;
    private static final long PROMISED_MILLIS = 1_000;

    @Test
    void aNodeThatIsFloodedSaysWithinASecondThatItIsWell() throws Exception {
        int[][] ports = LoopbackPorts.free(1, 2);
        NodeProcess node = NodeProcess.start("flooded", ports[0][0], ports[0][1], List.of());
        AtomicBoolean enough = new AtomicBoolean();
        List<Thread> floods = new ArrayList<>();
        try {
            node.awaitReady();
            for (int i = 0; i < PUBLISHERS; i++) {
                Wire publisher = connected(node, "flood-" + i);
                Thread flood = new Thread(() -> flood(publisher, enough));
                flood.start();
                floods.add(flood);
            }
            Waiting.until("the flood has begun", () -> received(node) > 10_000);

            long before = received(node);
            List<String> slow = new ArrayList<>();
            for (int i = 0; i < QUESTIONS; i++) {
                for (String question : List.of("live", "ready", "started")) {
                    long asked = System.nanoTime();
                    String answer = node.get("/health/" + question).replace(" ", "");
                    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - asked);
                    assertThat(answer).contains("\"" + question + "\":true");
                    if (millis > PROMISED_MILLIS) {
                        slow.add(question + " after " + millis + " ms");
                    }
                }
                TimeUnit.MILLISECONDS.sleep(50);
            }
            System.out.printf("asked while %d messages came%n", received(node) - before);
            // The one who asks shares the processors with the flood and with whatever else runs here: one delay may be
            // his own.
            assertThat(slow).hasSizeLessThanOrEqualTo(1);
        } finally {
            enough.set(true);
            node.kill();
            for (Thread flood : floods) {
                flood.join();
            }
        }
    }

    private static Wire connected(NodeProcess node, String clientId) throws IOException {
        Wire wire = new Wire(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), node.mqttPort()), Mqtt.V5, clientId, false);
        wire.send(new ConnectBytes(Mqtt.V5, clientId).bytes());
        assertThat(wire.next(Packet.CONNACK).code()).isZero();
        return wire;
    }

    private static void flood(Wire publisher, AtomicBoolean enough) {
        byte[][] messages = new byte[MESSAGES_IN_A_ROW][];
        for (int i = 0; i < MESSAGES_IN_A_ROW; i++) {
            messages[i] = publisher.make.publish("flood/" + i, "x".repeat(64), 0, 0);
        }
        byte[] row = Bytes.join(messages);
        try (publisher) {
            while (!enough.get()) {
                publisher.send(row);
            }
        } catch (IOException ended) {
            // The node has been killed.
        }
    }

    private static long received(NodeProcess node) {
        return node.get("/metrics")
                .lines()
                .filter(line -> line.startsWith("mqtt_messages_received_total{qos=\"0\"}"))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(line.indexOf('}') + 1)))
                .sum();
    }
}
