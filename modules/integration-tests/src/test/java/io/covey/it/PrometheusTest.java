package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.it.LibraryClient.Setup;
import io.covey.testkit.LoopbackPorts;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A node's metrics as Debian's Prometheus takes them, and what deploy/ gives to Prometheus and Grafana. */
@Timeout(240)
@BesideOthers
class PrometheusTest {
    private static final Path DEPLOY =
            Path.of("..", "..", "deploy").toAbsolutePath().normalize();
    private static final Path DOCUMENTED = Path.of("..", "..", "docs", "metrics.md");
    private static final Pattern ROW =
            Pattern.compile("\\| `((?:covey|mqtt)_[a-z0-9_]+)` \\| (counter|gauge|histogram) \\|");
    private static final Pattern TYPE = Pattern.compile("(?m)^# TYPE ((?:covey|mqtt)_\\S+) (\\S+)$");

    /** Parts of the dashboard's queries that ask for what has not happened here, as it may be with the last one. */
    private static final List<String> EMPTY_WHERE_ALL_IS_WELL = List.of(
            "covey_condition{job=\"covey\", instance=~\"$instance\"} == 0",
            "mqtt_publishes_refused_total",
            "mqtt_connections_refused_total",
            "jvm_gc_pause_seconds_sum");

    private static NodeProcess node;
    private static Path work;

    @BeforeAll
    static void startNode() throws Exception {
        int[][] ports = LoopbackPorts.free(1, 2);
        work = NodeProcess.newData("metered");
        node = NodeProcess.start("prometheus", ports[0][0], ports[0][1], List.of());
        node.awaitReady();
        Setup setup = Setup.clean(node.mqttPort(), "metered");
        try (LibraryClient client = Library.PAHO_V5.connected(setup)) {
            client.subscribe("metered/#", 1);
            for (int i = 0; i < 10; i++) {
                client.publish("metered/" + i, "some words", 1, false);
            }
            assertThat(Waiting.take(client.messages(), 10)).hasSize(10);
        }
    }

    @AfterAll
    static void stopNode() throws InterruptedException {
        if (node != null) {
            node.kill();
        }
    }

    @Test
    void aNodeShowsWhatIsDocumentedAndNothingElse() throws IOException {
        Map<String, String> documented = new TreeMap<>();
        Matcher rows = ROW.matcher(Files.readString(DOCUMENTED));
        while (rows.find()) {
            documented.put(rows.group(1), rows.group(2));
        }
        // What shows with its first event, or in a cluster only.
        List<String> perhaps = List.of(
                "mqtt_connections_refused_total",
                "mqtt_slow_readers_closed_total",
                "mqtt_publishes_refused_total",
                "covey_storage_failures_total",
                "covey_recovery_waiting",
                "covey_recovery_lost_partitions");
        Map<String, String> shown = new TreeMap<>();
        Matcher types = TYPE.matcher(node.get("/metrics"));
        while (types.find()) {
            shown.put(types.group(1), types.group(2));
        }
        Map<String, String> expected = new TreeMap<>(documented);
        perhaps.stream().filter(name -> !shown.containsKey(name)).forEach(expected::remove);
        assertThat(shown).isEqualTo(expected);
    }

    @Test
    void promtoolHasNothingToSay() throws Exception {
        ExternalTools.requirePrometheus();
        Path page = Files.writeString(work.resolve("page.txt"), node.get("/metrics"));
        assertThat(run(page, "promtool", "check", "metrics")).isEmpty();

        Path prometheus = DEPLOY.resolve("prometheus");
        run(
                null,
                "promtool",
                "check",
                "config",
                prometheus.resolve("prometheus.yml").toString());
        run(
                null,
                "promtool",
                "check",
                "rules",
                prometheus.resolve("rules").resolve("covey.yml").toString());
        run(
                null,
                "promtool",
                "test",
                "rules",
                prometheus.resolve("tests").resolve("covey.yml").toString());
    }

    private static String run(Path input, String... command) throws IOException, InterruptedException {
        Path output = work.resolve("output.txt");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        if (input != null) {
            builder.redirectInput(input.toFile());
        }
        int status = builder.start().waitFor();
        assertThat(status)
                .as(() -> String.join(" ", command) + "\n" + text(output))
                .isZero();
        return text(output);
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Test
    void prometheusScrapesANodeAndUnderstandsEveryQuery() throws Exception {
        ExternalTools.requirePrometheus();
        int port = LoopbackPorts.free(1)[0];
        String configured = Files.readString(DEPLOY.resolve("prometheus").resolve("prometheus.yml"));
        Path config = Files.writeString(
                work.resolve("prometheus.yml"),
                configured
                        .replace("15s", "1s")
                        .replace("scrape_timeout: 5s", "scrape_timeout: 1s")
                        .replace("rules/*.yml", DEPLOY.resolve("prometheus").resolve("rules") + "/*.yml")
                        .replaceAll("broker1:8080", "127.0.0.1:" + node.managementPort())
                        .replaceAll("(?m)^ *- broker[23]:8080\n", ""));
        Process prometheus = new ProcessBuilder(
                        "prometheus",
                        "--config.file=" + config,
                        "--storage.tsdb.path=" + work.resolve("data"),
                        "--web.listen-address=127.0.0.1:" + port)
                .redirectErrorStream(true)
                .redirectOutput(work.resolve("log").toFile())
                .start();
        try {
            Waiting.until("Prometheus has scraped the node three times", () -> scrapes(port) >= 3);
            // A scrape that was too slow on a busy machine hides everything until the next one.
            Waiting.untilDone("the node is shown, and as well", () -> showsTheNodeAndThatItIsWell(port));
        } finally {
            prometheus.destroyForcibly().waitFor();
        }
    }

    /** All of it, as of one moment. */
    private static void showsTheNodeAndThatItIsWell(int port) throws Exception {
        assertThat(value(port, "sum(up{job=\"covey\"})")).isEqualTo(1);
        assertThat(value(port, "sum(mqtt_messages_received_total{qos=\"1\"})")).isEqualTo(10);
        assertThat(value(port, "sum(mqtt_publish_acknowledge_seconds_count)")).isEqualTo(10);
        assertThat(value(port, "sum(covey_ready)")).isEqualTo(1);
        assertThat(value(port, "sum(mqtt_publish_delivery_seconds_count)")).isEqualTo(10);
        // CONNECT, SUBSCRIBE and the messages; the client may have closed before it sent its last acknowledgements.
        assertThat(value(port, "sum(mqtt_packets_received_total)")).isBetween(12.0, 23.0);
        assertThat(value(port, "sum(mqtt_wire_received_bytes_total)")).isGreaterThan(22 * 4);
        assertThat(value(port, "sum(mqtt_connection_events_total{event=\"connected\"})"))
                .isEqualTo(1);
        assertThat(value(port, "sum(covey_partitions_owned) - max(covey_partitions)"))
                .isZero();
        assertThat(value(port, "sum(covey_event_loop_lag_seconds_count)")).isPositive();
        for (String query : dashboardQueries()) {
            JsonArray result = ask(port, query.replace("$__rate_interval", "1m").replace("$instance", ".*"));
            assertThat(result.isEmpty() && EMPTY_WHERE_ALL_IS_WELL.stream().noneMatch(query::contains))
                    .as("%s has shown nothing", query)
                    .isFalse();
        }
        JsonArray alerts = json(port, "/api/v1/alerts").getJsonObject("data").getJsonArray("alerts");
        assertThat(alerts).as("alerts about a healthy node").isEmpty();
        JsonArray groups = json(port, "/api/v1/rules").getJsonObject("data").getJsonArray("groups");
        groups.stream()
                .flatMap(group -> ((JsonObject) group).getJsonArray("rules").stream())
                .forEach(rule -> assertThat(((JsonObject) rule).getString("health", ""))
                        .as(rule.toString())
                        .isIn("ok", "unknown"));
    }

    private static double scrapes(int port) {
        try {
            return value(port, "sum(sum_over_time(up{job=\"covey\"}[1m]))");
        } catch (Exception notYet) {
            return 0;
        }
    }

    private static List<String> dashboardQueries() throws IOException {
        JsonObject dashboard = new JsonObject(
                Files.readString(DEPLOY.resolve("grafana").resolve("dashboards").resolve("covey.json")));
        List<String> queries = new ArrayList<>();
        for (Object panel : dashboard.getJsonArray("panels")) {
            ((JsonObject) panel)
                    .getJsonArray("targets", new JsonArray())
                    .forEach(target -> queries.add(((JsonObject) target).getString("expr")));
        }
        return queries;
    }

    private static JsonArray ask(int port, String query) throws Exception {
        JsonObject answer = json(port, "/api/v1/query?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8));
        assertThat(answer.getString("status")).as("%s: %s", query, answer).isEqualTo("success");
        return answer.getJsonObject("data").getJsonArray("result");
    }

    /** The value of a query that gives one; NaN where it gives none. */
    private static double value(int port, String query) throws Exception {
        JsonArray result = ask(port, query);
        return result.isEmpty()
                ? Double.NaN
                : Double.parseDouble(
                        result.getJsonObject(0).getJsonArray("value").getString(1));
    }

    private static JsonObject json(int port, String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .build();
        return new JsonObject(HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .body());
    }
}
