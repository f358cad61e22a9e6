package io.covey.it;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** One node as a process of its own, from the distribution that the build made. */
final class NodeProcess {
    private static final Duration READY_LIMIT = Duration.ofSeconds(90);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(20);
    private static final Pattern CONDITION = Pattern.compile(
            "\"name\"\\s*:\\s*\"([^\"]*)\"\\s*,\\s*\"met\"\\s*:\\s*(true|false)\\s*,\\s*\"detail\"\\s*:\\s*\"([^\"]*)\"");
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final String name;
    private final int mqttPort;
    private final int managementPort;
    private final Path log;
    private final Process process;

    private NodeProcess(String name, int mqttPort, int managementPort, Path log, Process process) {
        this.name = name;
        this.mqttPort = mqttPort;
        this.managementPort = managementPort;
        this.log = log;
        this.process = process;
    }

    /** Starts a node with an empty directory; {@link #awaitReady} tells when it serves clients. */
    static NodeProcess start(String name, int mqttPort, int managementPort, List<String> assignments)
            throws IOException {
        return start(name, mqttPort, managementPort, newData(name), assignments);
    }

    /** Starts a node on a directory. */
    static NodeProcess start(String name, int mqttPort, int managementPort, Path data, List<String> assignments)
            throws IOException {
        return start(name, mqttPort, managementPort, data, assignments, List.of());
    }

    /** The same with more options for Java. */
    static NodeProcess start(
            String name,
            int mqttPort,
            int managementPort,
            Path data,
            List<String> assignments,
            List<String> javaOptions)
            throws IOException {
        List<String> options = new ArrayList<>(javaOptions);
        options.addAll(SharedClasses.options(work()));
        return launch(name, mqttPort, managementPort, data, assignments, options);
    }

    /** The same with these options for Java and no archive of classes. */
    static NodeProcess launch(
            String name,
            int mqttPort,
            int managementPort,
            Path data,
            List<String> assignments,
            List<String> javaOptions)
            throws IOException {
        Path log = Files.createTempFile(work(), name + "-", ".log");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-ea:io.covey...",
                "-Xmx512m",
                "-XX:+UseG1GC",
                // Most nodes here live for seconds, and optimising would take half of their processor time; those in
                // containers run as shipped.
                "-XX:TieredStopAtLevel=1",
                "-Djava.util.concurrent.ForkJoinPool.common.parallelism=4"));
        command.addAll(javaOptions);
        command.addAll(List.of(
                "-cp",
                System.getProperty("covey.dist") + "/*",
                "io.covey.server.Main",
                "start",
                "--set",
                "node.name=" + name,
                "--set",
                "listeners.tcp.port=" + mqttPort,
                "--set",
                "management.port=" + managementPort,
                "--set",
                "storage.directory=" + data));
        for (String assignment : assignments) {
            command.add("--set");
            command.add(assignment);
        }
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        return new NodeProcess(name, mqttPort, managementPort, log, process);
    }

    private static Path work() throws IOException {
        return Files.createDirectories(Path.of(System.getProperty("covey.work")));
    }

    /** A new directory for the files of a node. */
    static Path newData(String name) throws IOException {
        return Files.createTempDirectory(work(), name + "-data-");
    }

    void awaitReady() throws IOException, InterruptedException {
        long limit = System.nanoTime() + READY_LIMIT.toNanos();
        while (!Files.readString(log).contains("covey ready")) {
            if (!process.isAlive()) {
                throw new IllegalStateException(
                        name + " ended with status " + process.exitValue() + ":\n" + Files.readString(log));
            }
            if (System.nanoTime() > limit) {
                throw new IllegalStateException(name + " is not ready:\n" + Files.readString(log));
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    /** Waits for the end that the process comes to by itself; the exit status. */
    int awaitEnd() throws InterruptedException {
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            throw new IllegalStateException(name + " did not end by itself");
        }
        return process.exitValue();
    }

    /** SIGKILL, without waiting for the end. */
    void signalKill() {
        process.destroyForcibly();
    }

    /** SIGKILL. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** SIGTERM; the exit status. */
    int terminate() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            throw new IllegalStateException(name + " did not end within 30 s of SIGTERM");
        }
        return process.exitValue();
    }

    /** SIGSTOP: the process stands still, and whoever talks to it cannot tell. */
    void freeze() throws IOException, InterruptedException {
        signal("STOP");
    }

    /** SIGCONT. */
    void thaw() throws IOException, InterruptedException {
        signal("CONT");
    }

    private void signal(String name) throws IOException, InterruptedException {
        int status = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
        if (status != 0) {
            throw new IllegalStateException(this.name + " cannot be sent SIG" + name);
        }
    }

    /** Whether the node says of itself that it serves clients. */
    boolean isReady() {
        return get("/health/ready").replace(" ", "").contains("\"ready\":true");
    }

    /** Whether the node says that a client id has no connection in the cluster: the last one's end has been recorded. */
    boolean isAway(String clientId) {
        String said = get("/api/v1/sessions/" + clientId).replace(" ", "");
        return said.contains("\"connected\":false") || said.contains("nosessionofthisclientid");
    }

    boolean isAlive() {
        return process.isAlive();
    }

    String uri() {
        return "tcp://127.0.0.1:" + mqttPort;
    }

    int mqttPort() {
        return mqttPort;
    }

    int managementPort() {
        return managementPort;
    }

    /** Whether anybody listens at its MQTT port. */
    boolean acceptsConnections() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), mqttPort)) {
            return socket.isConnected();
        } catch (IOException refused) {
            return false;
        }
    }

    /** One of the conditions for being ready. */
    record Condition(boolean met, String detail) {}

    /** What the node says of the conditions for being ready, by their names; empty where it does not answer. */
    Map<String, Condition> conditions() {
        Map<String, Condition> conditions = new LinkedHashMap<>();
        CONDITION
                .matcher(get("/health/ready"))
                .results()
                .forEach(found -> conditions.put(
                        found.group(1), new Condition(Boolean.parseBoolean(found.group(2)), found.group(3))));
        return conditions;
    }

    /** The body of what the management interface answers, whatever its status; the empty string where it does not. */
    String get(String path) {
        return ask(HttpRequest.newBuilder(uri(path)));
    }

    /** The same for a request that changes something. */
    String post(String path) {
        return ask(HttpRequest.newBuilder(uri(path)).POST(HttpRequest.BodyPublishers.noBody()));
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + managementPort + path);
    }

    private static String ask(HttpRequest.Builder request) {
        try {
            return HTTP.send(request.timeout(ANSWER_LIMIT).build(), HttpResponse.BodyHandlers.ofString())
                    .body();
        } catch (IOException notThere) {
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }

    String log() throws IOException {
        return Files.readString(log);
    }
}
