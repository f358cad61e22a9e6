package io.covey.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class HealthCommandTest {
    private static final int MISTAKE = 2;

    private final StringWriter told = new StringWriter();
    private HttpServer node;

    @BeforeEach
    void aNodeThatIsAliveButNotReady() throws IOException {
        node = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        answer("/health/live", 200, "{\"live\" : true}");
        answer("/health/ready", 503, "{\"ready\" : false, \"reasons\" : [\"lease: not held\"]}");
        node.start();
    }

    private void answer(String path, int status, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        node.createContext(path, exchange -> {
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
    }

    @AfterEach
    void stop() {
        node.stop(0);
    }

    @Test
    void theStatusSaysHowTheNodeIsAndTheReasonsArePrinted() {
        String address = "http://127.0.0.1:" + node.getAddress().getPort();

        assertThat(run("health", "live", "--management", address + "/")).isZero();
        assertThat(run("health", "--management", address)).isEqualTo(1);

        assertThat(told.toString()).contains("\"live\" : true", "lease: not held");
    }

    @Test
    void theNodeOfTheConfigurationIsAskedOnThisMachine() {
        String port = "management.port=" + node.getAddress().getPort();

        assertThat(run("health", "live", "--set", port, "--set", "management.host=0.0.0.0"))
                .isZero();
        assertThat(run("health", "LIVE", "--set", port)).isZero();
    }

    @Test
    void aNodeThatDoesNotAnswerIsNotWellAndAWrongAddressIsAMistake() {
        int gone = node.getAddress().getPort();
        node.stop(0);

        assertThat(run("health", "live", "--management", "http://127.0.0.1:" + gone))
                .isEqualTo(1);
        assertThat(run("health", "live", "--management", "ftp://127.0.0.1")).isEqualTo(MISTAKE);
        assertThat(run("health", "asleep")).isEqualTo(MISTAKE);
        assertThat(told.toString()).contains("no answer from http://127.0.0.1:" + gone);
    }

    @Test
    void aMistakenAddressIsNamedAsItWasGiven() {
        for (String command : List.of("health", "drain")) {
            for (String address : List.of("localhost:8080", "http:/localhost", "ftp://localhost", "http://a b")) {
                assertThat(run(command, "--management", address)).isEqualTo(MISTAKE);
                assertThat(told.toString())
                        .endsWith("covey: --management: '" + address + "' is not allowed; it takes http://host:port\n");
            }
        }
    }

    @Test
    void aDrainOfNobodySaysSo() {
        String address = "http://127.0.0.1:" + node.getAddress().getPort();
        node.stop(0);

        assertThat(run("drain", "--management", address)).isEqualTo(MISTAKE);
        assertThat(told.toString()).isEqualTo("covey: no node answers at " + address + ": nobody listens there\n");
    }

    @Test
    void everyCommandTellsItsOptionsAndTheVersion() {
        for (String command : Main.commandLine().getSubcommands().keySet()) {
            assertThat(run(command, "--help")).as(command).isZero();
            assertThat(told.toString()).contains("Usage: covey " + command);
        }
        told.getBuffer().setLength(0);
        assertThat(run("--help")).isZero();
        assertThat(run("--version")).isZero();
        assertThat(told.toString()).contains("Usage: covey").containsPattern("\ncovey \\S+\n$");
    }

    private int run(String... arguments) {
        CommandLine commandLine = Main.commandLine();
        PrintWriter out = new PrintWriter(told, true);
        commandLine.setOut(out).setErr(out);
        return commandLine.execute(arguments);
    }
}
