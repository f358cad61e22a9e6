package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.testkit.LoopbackPorts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Story S2 as operators try it in a shell, with mosquitto_pub and mosquitto_sub. */
@Timeout(120)
@BesideOthers
class CommandLineClientsTest {
    private static NodeProcess node;

    @BeforeAll
    static void startNode() throws IOException, InterruptedException {
        ExternalTools.requireMosquittoClients();
        int[] ports = LoopbackPorts.free(2);
        node = NodeProcess.start("command-line", ports[0], ports[1], List.of("mqtt.sys-topics.interval=1"));
        node.awaitReady();
    }

    @AfterAll
    static void stopNode() throws InterruptedException {
        if (node != null) {
            node.kill();
        }
    }

    private static Process start(Mqtt mqtt, String program, String... arguments) throws IOException {
        String version =
                switch (mqtt) {
                    case V31 -> "mqttv31";
                    case V311 -> "mqttv311";
                    case V5 -> "mqttv5";
                };
        List<String> command =
                new ArrayList<>(List.of(program, "-p", Integer.toString(node.mqttPort()), "-V", version));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    private static List<String> linesOf(Process process) throws IOException, InterruptedException {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output.lines().toList();
    }

    private static List<String> run(Mqtt mqtt, String program, String... arguments)
            throws IOException, InterruptedException {
        return linesOf(start(mqtt, program, arguments));
    }

    /** The arguments of a subscriber whose session stays. */
    private static String[] persistent(Mqtt mqtt, String id, String topic, String... more) {
        List<String> arguments = new ArrayList<>(List.of("-c", "-i", id, "-q", "2", "-t", topic));
        if (mqtt.is5()) {
            arguments.addAll(List.of("-x", "600"));
        }
        arguments.addAll(List.of(more));
        return arguments.toArray(String[]::new);
    }

    @ParameterizedTest
    @EnumSource(Mqtt.class)
    void messagesWaitForASubscriberThatIsAway(Mqtt mqtt) throws Exception {
        String topic = "cli/offline/" + mqtt;
        String id = "cli-offline-" + mqtt;
        // -E: ends when SUBACK has come.
        assertThat(run(mqtt, "mosquitto_sub", persistent(mqtt, id, topic, "-E", "-W", "50")))
                .isEmpty();
        List<String> expected = new ArrayList<>();
        StringBuilder input = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            expected.add("message " + i);
            input.append("message ").append(i).append('\n');
        }
        for (int qos = 1; qos <= 2; qos++) {
            Process publisher = start(mqtt, "mosquitto_pub", "-l", "-q", Integer.toString(qos), "-t", topic);
            publisher.getOutputStream().write(input.toString().getBytes(StandardCharsets.UTF_8));
            publisher.getOutputStream().close();
            assertThat(linesOf(publisher)).isEmpty();
            assertThat(run(mqtt, "mosquitto_sub", persistent(mqtt, id, topic, "-C", "40", "-W", "50")))
                    .containsExactlyElementsOf(expected);
        }
    }

    @ParameterizedTest
    @EnumSource(Mqtt.class)
    void theBrokerTellsOfItselfBelowSys(Mqtt mqtt) throws Exception {
        String topic = "$SYS/broker/uptime";
        // Told once a second: where that is just as SUBACK is due, and before the first time, no older one comes first.
        Waiting.untilDone("the retained message, and then each new one", () -> assertThat(
                        run(mqtt, "mosquitto_sub", "-t", topic, "-q", "2", "-C", "3", "-W", "50", "-F", "%r %q %t"))
                .containsExactly("1 0 " + topic, "0 0 " + topic, "0 0 " + topic));
        assertThat(run(mqtt, "mosquitto_sub", "-t", "$SYS/cluster/nodes", "-C", "1", "-W", "50"))
                .containsExactly("1");
        assertThat(run(mqtt, "mosquitto_sub", "-t", "$SYS/broker/version", "-C", "1", "-W", "50"))
                .allMatch(version -> version.startsWith("covey version "));
    }

    @ParameterizedTest
    @EnumSource(Mqtt.class)
    void retainedMessagesComeFirstAndAreMarked(Mqtt mqtt) throws Exception {
        String topic = "cli/retained/" + mqtt;
        run(mqtt, "mosquitto_pub", "-r", "-q", "1", "-t", topic, "-m", "333");
        for (int i = 0; i < 2; i++) {
            assertThat(run(mqtt, "mosquitto_sub", "-t", topic, "-C", "1", "-W", "50", "-F", "%r %t %p"))
                    .containsExactly("1 " + topic + " 333");
        }
        // -n: an empty message, which deletes.
        run(mqtt, "mosquitto_pub", "-r", "-n", "-q", "1", "-t", topic);
        run(mqtt, "mosquitto_sub", "-t", topic, "-E", "-W", "50");
    }

    @ParameterizedTest
    @EnumSource(Mqtt.class)
    void theWillOfAKilledClientIsPublished(Mqtt mqtt) throws Exception {
        String topic = "cli/will/" + mqtt;
        Process watcher =
                start(mqtt, "mosquitto_sub", persistent(mqtt, "cli-watch-" + mqtt, topic, "-C", "1", "-W", "50"));
        // The will is retained, so that it is seen also when the watcher subscribes after it has been published.
        Process killed = start(
                mqtt,
                "mosquitto_pub",
                "-l",
                "-r",
                "-q",
                "1",
                "-t",
                topic + "/ready",
                "--will-topic",
                topic,
                "--will-payload",
                "gone",
                "--will-qos",
                "1",
                "--will-retain");
        killed.getOutputStream().write("ready\n".getBytes(StandardCharsets.UTF_8));
        killed.getOutputStream().flush();
        assertThat(run(mqtt, "mosquitto_sub", "-t", topic + "/ready", "-C", "1", "-W", "50"))
                .containsExactly("ready");
        killed.destroyForcibly().waitFor();
        assertThat(linesOf(watcher)).containsExactly("gone");
    }
}
