package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.testkit.LoopbackPorts;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.paho.client.mqttv3.IMqttDeliveryToken;
import org.eclipse.paho.client.mqttv3.IMqttToken;
import org.eclipse.paho.client.mqttv3.MqttAsyncClient;
import org.eclipse.paho.client.mqttv3.MqttCallback;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttMessage;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One node that is killed and started again on the same directory: whatever was acknowledged is there. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@BesideOthers
class RestartTest {
    private final int[] ports = new int[2];
    private Path data;
    private final List<MqttAsyncClient> open = new ArrayList<>();
    private NodeProcess node;

    @BeforeEach
    void choosePlaces() throws Exception {
        int[][] free = LoopbackPorts.free(1, 2);
        ports[0] = free[0][0];
        ports[1] = free[0][1];
        data = NodeProcess.newData("alone");
    }

    @AfterEach
    void kill() throws Exception {
        for (MqttAsyncClient client : open) {
            client.disconnectForcibly(0, 100, false);
            client.close(true);
        }
        if (node != null) {
            node.kill();
        }
    }

    private void start(String... assignments) throws Exception {
        launch(assignments);
        node.awaitReady();
    }

    private void launch(String... assignments) throws Exception {
        node = NodeProcess.start("alone", ports[0], ports[1], data, List.of(assignments));
    }

    private MqttAsyncClient connect(String clientId, boolean cleanSession, MqttMessage will) throws Exception {
        MqttAsyncClient client = new MqttAsyncClient(node.uri(), clientId, new MemoryPersistence());
        MqttConnectOptions options = new MqttConnectOptions();
        options.setCleanSession(cleanSession);
        // Paho counts a message as over a moment after it has told so; with its default of ten, publishes in a row are
        // refused by chance.
        options.setMaxInflight(1_000);
        if (will != null) {
            options.setWill("wills/" + clientId, will.getPayload(), will.getQos(), will.isRetained());
        }
        open.add(client);
        client.connect(options).waitForCompletion(10_000);
        return client;
    }

    @ParameterizedTest
    @ValueSource(strings = {"os", "fsync"})
    void aNodeThatIsKilledUnderLoadLosesNothingThatWasAcknowledged(String durability) throws Exception {
        start("storage.durability=" + durability);
        try (NumberedTraffic traffic = new NumberedTraffic()) {
            for (int i = 0; i < 2; i++) {
                traffic.subscribe("reader-" + i, List.of(node.mqttPort()));
            }
            for (int i = 0; i < 4; i++) {
                traffic.publish("writer-" + i, 1 + i % 2, List.of(node.mqttPort()));
            }
            for (int kills = 1; kills <= 3; kills++) {
                traffic.awaitProgress(200);
                node.kill();
                start("storage.durability=" + durability);
            }

            traffic.finishAndVerify(600);
            assertThat(traffic.subscribers()).allSatisfy(subscriber -> {
                assertThat(subscriber.reconnects()).isGreaterThanOrEqualTo(3);
                assertThat(subscriber.sessionsLost()).as("sessions not found").isZero();
            });
        }
    }

    @Test
    void queuesRetainedMessagesAndWillsSurviveAKill() throws Exception {
        start();
        MqttAsyncClient reader = connect("reader", false, null);
        reader.subscribe(new String[] {"news/#", "wills/#"}, new int[] {1, 1}).waitForCompletion(10_000);
        reader.disconnect().waitForCompletion(10_000);
        connect("doomed", false, new MqttMessage("gone".getBytes(StandardCharsets.UTF_8)));
        MqttAsyncClient writer = connect("writer", true, null);
        for (int i = 0; i < 500; i++) {
            byte[] payload = Integer.toString(i).getBytes(StandardCharsets.UTF_8);
            writer.publish("news/" + i % 7, payload, 1 + i % 2, i >= 490).waitForCompletion(10_000);
        }

        node.kill();
        start();

        BlockingQueue<String> received = new LinkedBlockingQueue<>();
        List<String> expected = new ArrayList<>(List.of("gone"));
        for (int i = 0; i < 500; i++) {
            expected.add(Integer.toString(i));
        }
        assertThat(noting("reader", received)).as("session present").isTrue();
        assertThat(take(received, expected.size())).containsExactlyInAnyOrderElementsOf(expected);

        BlockingQueue<String> retained = new LinkedBlockingQueue<>();
        noting("newcomer", retained);
        open.get(open.size() - 1).subscribe("news/#", 1).waitForCompletion(10_000);
        assertThat(take(retained, 7)).containsExactlyInAnyOrder("493", "494", "495", "496", "497", "498", "499");
    }

    /** Connects a client whose session is kept and notes what it gets; whether the session was there. */
    private boolean noting(String clientId, BlockingQueue<String> received) throws Exception {
        MqttAsyncClient client = new MqttAsyncClient(node.uri(), clientId, new MemoryPersistence());
        open.add(client);
        client.setCallback(new MqttCallback() {
            @Override
            public void connectionLost(Throwable cause) {
                received.add("connection lost: " + cause);
            }

            @Override
            public void messageArrived(String topic, MqttMessage message) {
                received.add(new String(message.getPayload(), StandardCharsets.UTF_8));
            }

            @Override
            public void deliveryComplete(IMqttDeliveryToken token) {
                // This client publishes nothing.
            }
        });
        MqttConnectOptions options = new MqttConnectOptions();
        options.setCleanSession(false);
        IMqttToken token = client.connect(options);
        token.waitForCompletion(10_000);
        return token.getSessionPresent();
    }

    private static List<String> take(BlockingQueue<String> received, int count) throws InterruptedException {
        List<String> taken = new ArrayList<>();
        while (taken.size() < count) {
            String next = received.poll(20, TimeUnit.SECONDS);
            if (next == null) {
                throw new AssertionError("only " + taken.size() + " of " + count + " came: " + taken);
            }
            taken.add(next);
        }
        return taken;
    }

    @Test
    void aDirectoryThatCannotBeUsedEndsTheStartWithOneLine() throws Exception {
        start();
        NodeProcess first = node;
        int[][] other = LoopbackPorts.free(1, 2);
        NodeProcess second = NodeProcess.start("alone", other[0][0], other[0][1], data, List.of());
        assertThat(second.awaitEnd()).isEqualTo(2);
        assertThat(second.log()).contains("covey: storage.directory: " + data + " is in use by a running node");
        first.kill();

        node = NodeProcess.start("another", ports[0], ports[1], data, List.of());
        assertThat(node.awaitEnd()).isEqualTo(2);
        assertThat(node.log())
                .contains("covey: storage.directory: " + data + " belongs to the node 'alone', and this is 'another'");

        Path file = Files.createFile(data.resolveSibling(data.getFileName() + "-file"));
        node = NodeProcess.start("alone", ports[0], ports[1], file, List.of());
        assertThat(node.awaitEnd()).isEqualTo(2);
        assertThat(node.log()).contains("covey: storage.directory: cannot write to " + file);
    }
}
