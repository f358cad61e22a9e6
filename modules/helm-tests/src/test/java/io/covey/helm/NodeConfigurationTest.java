package io.covey.helm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The configuration file, the variables and the password file that the chart renders, given to Covey itself. */
class NodeConfigurationTest {
    private static final String SAMPLE_USERS = "sample:$2b$10$abcdefghijklmnopqrstuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu\n";
    private static final String POD = Chart.NAME + "-1";
    private static final String ADDRESS = "10.1.2.3";
    private static final Pattern READY =
            Pattern.compile("covey ready .*tcp=127\\.0\\.0\\.1:(\\d+) management=127\\.0\\.0\\.1:(\\d+) .*");
    private static final String MANAGEMENT = "http://127.0.0.1:8080";
    private static final int BAD_USER_OR_PASSWORD = 4;
    private static final int NOT_AUTHORIZED = 5;
    private static final Map<String, String> CHECKED = new HashMap<>();

    @TempDir
    Path directory;

    static Stream<String> valueSets() {
        return ValueSets.all().keySet().stream();
    }

    @ParameterizedTest
    @MethodSource("valueSets")
    void coveyTakesTheConfiguration(String values) throws IOException, InterruptedException {
        assertThat(checked(values))
                .contains("node.name = " + POD + "  #")
                .contains("listeners.tcp.host = 0.0.0.0  #")
                .contains("management.host = 0.0.0.0  #")
                .contains("storage.directory = /data/node  #");
    }

    @Test
    void numbersAndTextsArriveAsTheyWereGiven() {
        assertThat(Chart.render(ValueSets.of("everything")).configuration())
                .contains("max-packet-size: 16777216\n")
                .contains("memory-limit: 1125899906842624\n")
                .contains("name: fleet\n")
                .contains("allow-anonymous: true\n")
                .contains("websocket:\n    host: 0.0.0.0\n    port: 8083\n    type: websocket\n");
    }

    @Test
    void nodesFindEachOtherByTheHeadlessServiceAndFormWithAMajority() throws IOException, InterruptedException {
        assertThat(checked("defaults"))
                .contains("cluster.dns = demo-covey-headless  #")
                .contains("cluster.members =   #")
                .contains("cluster.minimum-members = 2  #")
                .contains("cluster.host = " + ADDRESS + "  #");
        assertThat(checked("autoscaling"))
                .contains("cluster.dns = demo-covey-headless  #")
                .contains("cluster.minimum-members = 2  #");
        assertThat(Chart.render("replicaCount: 5").configuration()).contains("minimum-members: 3\n");
        assertThat(Chart.render("replicaCount: 4").configuration()).contains("minimum-members: 3\n");
    }

    @Test
    void oneNodeNeedsNoCluster() throws IOException, InterruptedException {
        Manifests manifests = Chart.render(ValueSets.of("one node"));

        assertThat(checked("one node")).contains("cluster.enabled = false  #");
        assertThat(variables(manifests)).doesNotContainKey("COVEY_CLUSTER__HOST");
    }

    @Test
    void nodeServesTheUserOfTheSecretAndNobodyElseAndIsDrained() throws Exception {
        Manifests manifests = Chart.render("replicaCount: 1");
        List<String> here = List.of(
                "listeners.tcp.host=127.0.0.1",
                "listeners.tcp.port=0",
                "management.host=127.0.0.1",
                "management.port=0",
                "storage.directory=" + directory.resolve("data"));

        Process node = covey(manifests, "start", here);
        try {
            Matcher ready = await(node);
            int mqtt = Integer.parseInt(ready.group(1));

            assertThat(connect(mqtt, "covey", manifests.secret("password"))).isZero();
            assertThat(connect(mqtt, "covey", "guess")).isEqualTo(BAD_USER_OR_PASSWORD);
            assertThat(connect(mqtt, null, null)).isEqualTo(NOT_AUTHORIZED);
            for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
                String path = String.valueOf(Manifests.at(manifests.container(), probe + ".httpGet.path"));
                assertThat(status("http://127.0.0.1:" + ready.group(2) + path))
                        .as(probe)
                        .isEqualTo(200);
            }
            assertThat(asked(ready.group(2), List.of("covey", "health", "ready", "--management", MANAGEMENT)))
                    .contains("\"ready\"");
            assertThat(helmTest(ready.group(2), 0)).contains("node 0:").contains("\"ready\"");
            assertThat(asked(ready.group(2), preStop(manifests))).contains("drained");
            assertThat(helmTest(ready.group(2), 1)).contains("drain: drained");
        } finally {
            node.destroyForcibly().waitFor();
        }
    }

    /** What {@code covey check} says about these values; asked once each. */
    private String checked(String values) throws IOException, InterruptedException {
        if (!CHECKED.containsKey(values)) {
            Process check = covey(Chart.render(ValueSets.of(values)), "check", List.of());
            String output = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(check.waitFor()).as(output).isZero();
            CHECKED.put(values, output);
        }
        return CHECKED.get(values);
    }

    /** Covey as the container runs it: its file, its variables, and the password file at another place. */
    private Process covey(Manifests manifests, String command, List<String> assignments) throws IOException {
        Path file = Files.writeString(directory.resolve("covey.yaml"), manifests.configuration());
        boolean own = manifests.of("Secret").isEmpty();
        Path passwords =
                Files.writeString(directory.resolve("passwords"), own ? SAMPLE_USERS : manifests.secret("passwords"));
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                Path.of(System.getProperty("covey.dist")).resolve("*").toString(),
                "io.covey.server.Main",
                command,
                "--config",
                file.toString(),
                "--set",
                "auth.password-file=" + passwords));
        assignments.forEach(assignment -> line.addAll(List.of("--set", assignment)));
        ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("COVEY_"));
        builder.environment().putAll(variables(manifests));
        return builder.start();
    }

    /** The container's variables, of the pod of the second node. */
    private static Map<String, String> variables(Manifests manifests) {
        Map<String, String> fields = Map.of("metadata.name", POD, "status.podIP", ADDRESS);
        Map<String, String> variables = new HashMap<>();
        for (Map<String, Object> variable : Manifests.maps(Manifests.at(manifests.container(), "env"))) {
            Object field = Manifests.at(variable, "valueFrom.fieldRef.fieldPath");
            variables.put(
                    String.valueOf(variable.get("name")),
                    field == null ? String.valueOf(variable.get("value")) : fields.get(field));
        }
        return variables;
    }

    private static List<String> preStop(Manifests manifests) {
        return ((List<?>) Manifests.at(manifests.container(), "lifecycle.preStop.exec.command"))
                .stream().map(String::valueOf).toList();
    }

    /** What the container's program prints, asked about the node with this management port; it must end with status 0. */
    private static String asked(String managementPort, List<String> command) throws IOException, InterruptedException {
        assertThat(command).startsWith("covey").contains(MANAGEMENT);
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                Path.of(System.getProperty("covey.dist")).resolve("*").toString(),
                "io.covey.server.Main"));
        command.stream()
                .skip(1)
                .map(word -> word.replace("8080", managementPort))
                .forEach(line::add);
        Process asked = new ProcessBuilder(line).redirectErrorStream(true).start();
        String output = new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(asked.waitFor()).as(output).isZero();
        return output;
    }

    /** What the pod of {@code helm test} prints with the program of the image, where its only node has this management port. */
    private static String helmTest(String managementPort, int status) throws IOException, InterruptedException {
        Map<String, Object> pod = Chart.renderWithHooks("replicaCount: 1").get("Pod", Chart.NAME + "-test-ready");
        List<String> line = ((List<?>) Manifests.at(pod, "spec.containers.0.command"))
                .stream()
                        .map(String::valueOf)
                        .map(word -> word.replace(
                                "http://" + Chart.NAME + "-$node." + Chart.NAME + "-headless:8080",
                                "http://127.0.0.1:" + managementPort))
                        .toList();
        assertThat(String.join(" ", line)).contains(":" + managementPort);
        ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true);
        Path programs = Path.of(System.getProperty("covey.dist")).resolveSibling("bin");
        builder.environment().put("PATH", programs + ":" + System.getenv("PATH"));
        Process test = builder.start();
        String output = new String(test.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(test.waitFor()).as(output).isEqualTo(status);
        return output;
    }

    private static Matcher await(Process node) throws Exception {
        List<String> lines = new ArrayList<>();
        BufferedReader output =
                new BufferedReader(new InputStreamReader(node.getInputStream(), StandardCharsets.UTF_8));
        CompletableFuture<Matcher> ready = CompletableFuture.supplyAsync(() -> output.lines()
                .peek(lines::add)
                .map(READY::matcher)
                .filter(Matcher::matches)
                .findFirst()
                .orElseThrow(() -> new AssertionError("the node has ended:\n" + String.join("\n", lines))));
        return ready.get(60, TimeUnit.SECONDS);
    }

    private static int status(String url) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
                .timeout(Duration.ofSeconds(10))
                .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    /** The return code of a CONNACK of MQTT 3.1.1. */
    private static int connect(int port, String user, String password) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setSoTimeout(20_000);
            byte[] name = user == null ? new byte[0] : user.getBytes(StandardCharsets.UTF_8);
            byte[] secret = password == null ? new byte[0] : password.getBytes(StandardCharsets.UTF_8);
            boolean anonymous = user == null;
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            out.writeByte(0x10);
            out.writeByte(10 + 2 + 1 + (anonymous ? 0 : 4 + name.length + secret.length));
            out.writeUTF("MQTT");
            out.writeByte(4);
            out.writeByte(anonymous ? 0x02 : 0xC2);
            out.writeShort(60);
            out.writeUTF("c");
            if (!anonymous) {
                out.writeUTF(user);
                out.writeUTF(password);
            }
            byte[] answer = socket.getInputStream().readNBytes(4);
            assertThat(answer).hasSize(4).startsWith(0x20, 0x02);
            return answer[3];
        }
    }
}
