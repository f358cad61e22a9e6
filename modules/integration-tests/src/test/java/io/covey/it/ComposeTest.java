package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** docker-compose.yml, with the docker-compose that is installed here; HAProxy comes from this machine's package instead of a registry. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class ComposeTest {
    private static final String PORT = "COVEY_PORT";
    private static final String HAPROXY = "covey-it-haproxy:local";

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
        ExternalTools.require("docker-compose", "haproxy");
        Map<String, String> environment = environment();
        run(Map.of(), NodeImage.root().resolve("scripts/haproxy-image").toString(), HAPROXY);
        InetSocketAddress proxy =
                new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(environment.get(PORT)));
        try {
            compose(environment, "up", "-d");
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
        } finally {
            compose(environment, "down", "-v", "--timeout", "20");
        }
    }

    private Map<String, String> environment() throws Exception {
        Map<String, String> environment = new HashMap<>();
        environment.put("COMPOSE_PROFILES", "proxy");
        environment.put("COVEY_IMAGE", NodeImage.name());
        environment.put("COVEY_HAPROXY_IMAGE", HAPROXY);
        int[][] ports = ClusterProcesses.freePorts(4, 2);
        environment.put(PORT, Integer.toString(ports[0][0]));
        environment.put("COVEY_HAPROXY_STATS_PORT", Integer.toString(ports[0][1]));
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
