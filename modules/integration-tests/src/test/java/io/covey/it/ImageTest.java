package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.api.command.InspectImageResponse;
import io.covey.testkit.LoopbackPorts;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.Network;

/** The container image, as an operator meets it. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class ImageTest {
    private static final long SIZE_BYTES_MAX = 250_000_000;

    /** Three times what is promised: other tests run on the same processors. */
    private static final long READY_MILLIS_MAX = 15_000;

    private static final int OPERATOR_ERROR = 2;
    private static final Pattern READY = Pattern.compile("covey ready .* after (\\d+) ms");

    @Test
    void nobodyIsLetInUnlessTheOperatorSaysWhom() throws Exception {
        Process run = new ProcessBuilder("docker", "run", "--rm", "--network=none", NodeImage.name())
                .redirectErrorStream(true)
                .start();
        String told = new String(run.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(run.waitFor()).isEqualTo(OPERATOR_ERROR);
        assertThat(told.strip().lines()).hasSize(1);
        assertThat(told).startsWith("covey: ").contains("auth.password-file", "auth.allow-anonymous=true");
    }

    @Test
    void theImageIsSmallNotRootAndKnowsHowToAskForItsHealth() throws Exception {
        InspectImageResponse image = DockerClientFactory.instance()
                .client()
                .inspectImageCmd(NodeImage.name())
                .exec();

        assertThat(image.getSize()).isLessThan(SIZE_BYTES_MAX);
        assertThat(image.getConfig().getUser()).isEqualTo("10001:10001");
        assertThat(image.getConfig().getVolumes()).containsKey("/data");
        assertThat(image.getConfig().getHealthcheck().getTest()).startsWith("CMD", "covey", "health");
    }

    @Test
    void aNodeRunsShutInAndEndsByTheSignal() throws Exception {
        int[][] ports = LoopbackPorts.free(1, 2);
        try (Network network = Network.newNetwork();
                NodeContainer node = new NodeContainer(
                        NodeImage.name(),
                        ports[0][0],
                        ports[0][1],
                        network,
                        Set.of(),
                        Map.of(
                                "COVEY_AUTH__ALLOW_ANONYMOUS",
                                "true",
                                "COVEY_JAVA_OPTS",
                                "-XX:ActiveProcessorCount=2"))) {
            node.start();
            Waiting.until(
                    "the node is ready", () -> READY.matcher(node.getLogs()).find());
            Matcher ready = READY.matcher(node.getLogs());
            assertThat(ready.find()).isTrue();
            System.out.printf("a node in a container was ready after %s ms%n", ready.group(1));
            assertThat(Long.parseLong(ready.group(1)))
                    .as("with two processors: 2 to 3 s where they are its own, 5 s are promised")
                    .isLessThan(READY_MILLIS_MAX);

            assertThat(node.getLogs()).as("half of its gibibyte").contains("heapMaxMiB=512");
            assertThat(run(node, "id", "-u").getStdout().strip()).isEqualTo("10001");
            assertThat(run(node, "touch", "/opt/covey/lib/x").getExitCode()).isNotZero();
            assertThat(run(node, "touch", "/data/x").getExitCode()).isZero();
            assertThat(run(node, healthCheck()).getExitCode()).isZero();
            try (Wire client = new Wire(new InetSocketAddress("127.0.0.1", ports[0][0]), Mqtt.V5, "client", false)) {
                client.send(new ConnectBytes(Mqtt.V5, "client").bytes());
                assertThat(client.next(Packet.CONNACK).code()).isZero();
                client.subscribe("a", 1);
                client.send(new ClientBytes(Mqtt.V5).publish("a", "hello", 0, 0));
                client.receive("a", "hello", 0);
            }

            assertThat(node.terminate(20)).as("exit status after SIGTERM").isZero();
            assertThat(node.getLogs()).contains("stopped; node=").doesNotContain("Exception");
        }
    }

    private static ExecResult run(NodeContainer node, String... command) throws Exception {
        return node.execInContainer(command);
    }

    /** What the image's HEALTHCHECK runs. */
    private static String[] healthCheck() throws Exception {
        List<String> test = DockerClientFactory.instance()
                .client()
                .inspectImageCmd(NodeImage.name())
                .exec()
                .getConfig()
                .getHealthcheck()
                .getTest();
        return test.subList(1, test.size()).toArray(String[]::new);
    }
}
