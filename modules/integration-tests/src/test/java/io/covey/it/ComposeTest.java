package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.testkit.LoopbackPorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * docker-compose.yml, with the docker-compose that is installed here; HAProxy and Prometheus come from this machine's packages instead of a registry.
 * Grafana has no package here and is not started: what it is given is tried elsewhere, query by query.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
@BesideOthers
class ComposeTest {
    private static final String PORT = "COVEY_PORT";
    private static final String HAPROXY = "covey-it-haproxy:local";
    private static final String PROMETHEUS = "covey-it-prometheus:local";
    private static final String PROMETHEUS_PORT = "COVEY_PROMETHEUS_PORT";

    private final String project = "covey-it-" + ProcessHandle.current().pid();

    @Test
    void composeAcceptsTheFile() throws Exception {
        ExternalTools.require("docker-compose");

        assertThat(compose(Map.of(), "config", "--services").lines())
                .containsExactlyInAnyOrder("broker1", "broker2", "broker3", "haproxy", "prometheus", "grafana");
        assertThat(compose(Map.of(), "config")).contains("127.0.0.1:1883:1883").doesNotContain("0.0.0.0");
    }

    @Test
    void clientsFindTheirSessionsThroughHaproxyWhicheverBrokerDies() throws Exception {
        ExternalTools.require("docker-compose", "haproxy", "prometheus");
        Map<String, String> environment = environment();
        String images = NodeImage.root().resolve("scripts/program-image").toString();
        run(Map.of(), images, "haproxy", HAPROXY);
        run(Map.of(), images, "prometheus", PROMETHEUS);
        InetSocketAddress proxy =
                new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(environment.get(PORT)));
        try {
            compose(environment, "up", "-d");
            compose(environment, "up", "-d", "prometheus");
            try (Probe probe = new Probe(new ProbeTarget(proxy, proxy, false), Mqtt.V5)) {
                ConnectBytes connect = new ConnectBytes(Mqtt.V5, probe.id("reader")).persistent();
                connected(probe, connect, false).subscribe(probe.topic("#"), 1).disconnect();
                publish(probe, "one");
                for (String broker : List.of("broker1", "broker2")) {
                    compose(environment, "kill", broker);
                    publish(probe, broker + " is dead");
                    compose(environment, "start", broker);
                    awaitHealthy(environment, broker);
                }

                Wire reader = connected(probe, connect, true);
                for (String expected : List.of("one", "broker1 is dead", "broker2 is dead")) {
                    reader.receive(probe.topic("x"), expected, 1);
                }
                reader.quiet();
            }
            prometheusKnowsAllBrokers(environment);
        } finally {
            compose(environment, "down", "-v", "--timeout", "20");
        }
    }

    /** It finds them by the names that they have there, and has the rules. */
    private static void prometheusKnowsAllBrokers(Map<String, String> environment) throws Exception {
        String api = "http://127.0.0.1:" + environment.get(PROMETHEUS_PORT) + "/api/v1/";
        Waiting.untilDone("Prometheus has scraped all brokers", () -> {
            String ready = get(api + "query?query=count(covey_ready%7Bjob%3D%22covey%22%7D%3D%3D1)");
            if (!ready.contains("\"3\"")) {
                throw new IOException(ready);
            }
        });
        assertThat(get(api + "targets"))
                .contains(
                        "\"instance\":\"broker1:8080\"",
                        "\"instance\":\"broker2:8080\"",
                        "\"instance\":\"broker3:8080\"");
        assertThat(get(api + "rules")).contains("CoveyUnderReplicated").doesNotContain("\"health\":\"err\"");
    }

    private static String get(String address) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(address)).build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private Map<String, String> environment() throws Exception {
        Map<String, String> environment = new HashMap<>();
        environment.put("COMPOSE_PROFILES", "proxy");
        environment.put("COVEY_IMAGE", NodeImage.name());
        environment.put("COVEY_HAPROXY_IMAGE", HAPROXY);
        environment.put("COVEY_PROMETHEUS_IMAGE", PROMETHEUS);
        int[][] ports = LoopbackPorts.free(5, 2);
        environment.put(PORT, Integer.toString(ports[0][0]));
        environment.put("COVEY_HAPROXY_STATS_PORT", Integer.toString(ports[0][1]));
        environment.put(PROMETHEUS_PORT, Integer.toString(ports[4][0]));
        for (int broker = 1; broker <= 3; broker++) {
            environment.put("COVEY_BROKER" + broker + "_PORT", Integer.toString(ports[broker][0]));
            environment.put("COVEY_BROKER" + broker + "_MANAGEMENT_PORT", Integer.toString(ports[broker][1]));
        }
        return environment;
    }

    /** Tries until a broker that is ready has it. */
    private static Wire connected(Probe probe, ConnectBytes connect, boolean sessionPresent)
            throws InterruptedException {
        List<Wire> accepted = new ArrayList<>();
        Waiting.untilDone("a client is accepted", () -> {
            try {
                Wire wire = probe.send(connect);
                Packet connack = wire.nextOrEnd();
                if (connack == null || connack.code() != 0) {
                    throw new IOException("not accepted: " + connack);
                }
                assertThat(connack.sessionPresent()).isEqualTo(sessionPresent);
                accepted.add(wire);
            } catch (Wire.BrokenOff notYet) {
                throw new IOException(notYet);
            }
        });
        return accepted.get(0);
    }

    private static void publish(Probe probe, String payload) throws Exception {
        connected(probe, new ConnectBytes(Mqtt.V5, probe.id("writer")), false)
                .publish(probe.topic("x"), payload, 1)
                .disconnect();
    }

    private void awaitHealthy(Map<String, String> environment, String broker) throws Exception {
        Waiting.untilDone(broker + " is well", () -> compose(environment, "exec", "-T", broker, "covey", "health"));
    }

    private String compose(Map<String, String> environment, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("docker-compose", "-p", project));
        command.addAll(List.of(arguments));
        return run(environment, command.toArray(String[]::new));
    }

    private static String run(Map<String, String> environment, String... command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(NodeImage.root().toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(environment);
        Process process = builder.start();
        String told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(
                    String.join(" ", command) + " ended with status " + process.exitValue() + ": " + told);
        }
        return told;
    }
}
