package io.covey.observability;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What Grafana and Prometheus ask for in deploy/ is there: every query names metrics of {@link Metric} with labels that they have. */
class DeployedQueriesTest {
    private static final Path DEPLOY = Path.of("..", "..", "deploy");
    private static final Pattern NAME =
            Pattern.compile("\\b(covey|mqtt|jvm|process|system|hazelcast|vertx)_[a-zA-Z0-9_]+");
    private static final Pattern SELECTOR = Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)\\{([^}]*)}");
    private static final Pattern MATCHER = Pattern.compile("([a-zA-Z_]+)\\s*(?:=~|!~|!=|=)");
    private static final Pattern RULE = Pattern.compile("(?m)^ +expr: (.*)$");

    private static final Pattern VARIABLE = Pattern.compile("\\$\\{?([a-zA-Z_]+)");

    /** Grafana 10 and 11 take these as they are; what is older, they convert. */
    private static final int SCHEMA_MIN = 38;

    private static final int SCHEMA_MAX = 41;
    private static final int GRID_COLUMNS = 24;

    /** Labels that Prometheus adds to every series. */
    private static final Set<String> OF_PROMETHEUS = Set.of("job", "instance", "le");

    @Test
    void everyQueryOfADashboardNamesRealMetrics() throws IOException {
        try (Stream<Path> dashboards = Files.list(DEPLOY.resolve("grafana").resolve("dashboards"))) {
            for (Path file : dashboards.toList()) {
                List<String> queries = new ArrayList<>();
                collect(new JsonObject(Files.readString(file)).getJsonArray("panels"), queries);
                assertThat(queries).as(file.toString()).hasSizeGreaterThan(20);
                queries.forEach(query -> assertReal(file, query));
            }
        }
    }

    @Test
    void everyDashboardIsWhatGrafanaTakes() throws IOException {
        String provisioned = Files.readString(DEPLOY.resolve("grafana")
                .resolve("provisioning")
                .resolve("datasources")
                .resolve("prometheus.yml"));
        try (Stream<Path> dashboards = Files.list(DEPLOY.resolve("grafana").resolve("dashboards"))) {
            for (Path file : dashboards.toList()) {
                JsonObject dashboard = new JsonObject(Files.readString(file));
                assertThat(dashboard.getInteger("schemaVersion")).isBetween(SCHEMA_MIN, SCHEMA_MAX);
                assertThat(dashboard.getString("uid")).matches("[a-zA-Z0-9_-]{1,40}");
                JsonArray variables = dashboard.getJsonObject("templating").getJsonArray("list");
                assertThat(provisioned)
                        .contains("uid: "
                                + variables
                                        .getJsonObject(0)
                                        .getJsonObject("current")
                                        .getString("value") + "\n");
                Set<String> names = new TreeSet<>(Set.of("__rate_interval"));
                variables.forEach(variable -> names.add(((JsonObject) variable).getString("name")));
                Set<String> used = new TreeSet<>();
                VARIABLE.matcher(dashboard.getJsonArray("panels").encode())
                        .results()
                        .forEach(result -> used.add(result.group(1)));
                assertThat(names).as("variables that are used").containsAll(used);
                assertPanels(dashboard.getJsonArray("panels"));
            }
        }
    }

    /** Each has an id of its own and a place of its own in a grid of 24 columns, and its targets have names and the same source as the panel. */
    private static void assertPanels(JsonArray panels) {
        Set<Integer> ids = new TreeSet<>();
        Set<String> taken = new TreeSet<>();
        for (Object each : panels) {
            JsonObject panel = (JsonObject) each;
            String title = panel.getString("title");
            assertThat(ids.add(panel.getInteger("id"))).as(title).isTrue();
            JsonObject place = panel.getJsonObject("gridPos");
            int right = place.getInteger("x") + place.getInteger("w");
            assertThat(right).as(title).isLessThanOrEqualTo(GRID_COLUMNS);
            for (int x = place.getInteger("x"); x < right; x++) {
                for (int y = place.getInteger("y"); y < place.getInteger("y") + place.getInteger("h"); y++) {
                    assertThat(taken.add(x + " " + y))
                            .as(title + " covers another")
                            .isTrue();
                }
            }
            Set<String> targets = new TreeSet<>();
            for (Object target : panel.getJsonArray("targets", new JsonArray())) {
                assertThat(targets.add(((JsonObject) target).getString("refId")))
                        .as(title)
                        .isTrue();
                assertThat(((JsonObject) target).getJsonObject("datasource"))
                        .as(title)
                        .isEqualTo(panel.getJsonObject("datasource"));
            }
            assertThat(targets.isEmpty())
                    .as(title)
                    .isEqualTo(panel.getString("type").equals("row"));
        }
    }

    private static void collect(JsonArray panels, List<String> queries) {
        for (Object panel : panels) {
            JsonArray targets = ((JsonObject) panel).getJsonArray("targets", new JsonArray());
            targets.forEach(target -> queries.add(((JsonObject) target).getString("expr")));
            collect(((JsonObject) panel).getJsonArray("panels", new JsonArray()), queries);
        }
    }

    @Test
    void everyAlertNamesRealMetrics() throws IOException {
        Path file = DEPLOY.resolve("prometheus").resolve("rules").resolve("covey.yml");
        Matcher rule = RULE.matcher(Files.readString(file));
        int rules = 0;
        while (rule.find()) {
            assertReal(file, rule.group(1));
            rules++;
        }
        assertThat(rules).isGreaterThan(20);
    }

    private static void assertReal(Path file, String query) {
        Matcher names = NAME.matcher(query);
        Set<String> found = new TreeSet<>();
        while (names.find()) {
            found.add(names.group());
        }
        assertThat(found.isEmpty() && !query.contains("up{"))
                .as("%s: %s asks for nothing of ours", file, query)
                .isFalse();
        assertThat(found).as("%s: %s", file, query).allMatch(name -> metric(name) != null);
        Matcher selectors = SELECTOR.matcher(query);
        while (selectors.find()) {
            Metric metric = metric(selectors.group(1));
            if (metric != null && metric.kind() != Metric.Kind.JVM) {
                assertThat(labels(selectors.group(2)))
                        .as("%s: labels in %s", file, query)
                        .allMatch(label ->
                                OF_PROMETHEUS.contains(label) || metric.labels().contains(label));
            }
        }
    }

    private static Set<String> labels(String selector) {
        Matcher matcher = MATCHER.matcher(selector);
        Set<String> labels = new TreeSet<>();
        while (matcher.find()) {
            labels.add(matcher.group(1));
        }
        return labels;
    }

    /** The metric of this name; histograms also have the names of their series. */
    private static Metric metric(String name) {
        return Arrays.stream(Metric.values())
                .filter(each -> names(each).contains(name))
                .findFirst()
                .orElse(null);
    }

    private static Set<String> names(Metric metric) {
        String id = metric.id();
        Set<String> series =
                Stream.of("_bucket", "_sum", "_count").map(id::concat).collect(Collectors.toSet());
        return switch (metric.kind()) {
            case COUNTER, GAUGE -> Set.of(id);
            case HISTOGRAM -> series;
            case JVM -> Stream.concat(series.stream(), Stream.of(id)).collect(Collectors.toSet());
        };
    }
}
