package io.covey.observability;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * docs/metrics.md says what {@link Metric} says. Where it does not any more:
 *
 * <pre>mvn -pl modules/observability -am -Dtest=MetricsReferenceTest -Dsurefire.failIfNoSpecifiedTests=false -Dcovey.write.reference=true verify</pre>
 */
class MetricsReferenceTest {
    private static final Path FILE = Path.of("..", "..", "docs", "metrics.md");

    @Test
    void theReferenceIsWrittenFromTheCatalogue() throws Exception {
        if (Boolean.getBoolean("covey.write.reference")) {
            Files.writeString(FILE, reference());
        }
        assertThat(Files.readString(FILE))
                .as(
                        "docs/metrics.md is stale; write it anew with: mvn -pl modules/observability -am -Dtest=MetricsReferenceTest "
                                + "-Dsurefire.failIfNoSpecifiedTests=false -Dcovey.write.reference=true verify")
                .isEqualTo(reference());
    }

    private static String reference() {
        StringBuilder text = new StringBuilder(
                """
                # Metrics

                Written from the list in `modules/observability` by its `MetricsReferenceTest`; a change by hand does not last.

                Every node shows these at `/metrics` on its management port, in Prometheus's text format. Labels come from closed sets: never
                a client id or a topic; what concerns one client is at `/api/v1/sessions/{client-id}`. What a node owns (sessions, queues,
                retained messages, partitions) is counted by the owner only, so `sum()` over the nodes counts everything once; connections,
                messages and bytes are those of the node's own clients. Counters begin at 0 with the process. The messages below `$SYS` that
                the broker sends itself do not count as messages.

                What comes with every message is counted in plain memory of the event loop that handles it, and summed up only when
                Prometheus asks (docs/benchmarks.md has the cost). Alert rules are in `deploy/prometheus/rules`, a dashboard in
                `deploy/grafana/dashboards`.

                | metric | type | labels | unit | meaning | what to do |
                |---|---|---|---|---|---|
                """);
        for (Metric metric : Metric.values()) {
            if (metric.kind() != Metric.Kind.JVM) {
                row(text, metric, metric.kind().name().toLowerCase(Locale.ROOT));
            }
        }
        text.append(
                """

                ## Java and the process

                Measured by Micrometer, which shows some more of the same families; labels and further names depend on the virtual machine
                and the system.

                | metric | meaning | what to do |
                |---|---|---|
                """);
        for (Metric metric : Metric.values()) {
            if (metric.kind() == Metric.Kind.JVM) {
                text.append("| `").append(metric.id()).append("` | ").append(metric.meaning());
                text.append(" | ").append(metric.advice()).append(" |\n");
            }
        }
        return text.toString();
    }

    private static void row(StringBuilder text, Metric metric, String type) {
        text.append("| `").append(metric.id()).append("` | ").append(type).append(" | ");
        text.append(metric.labels().stream().map(label -> "`" + label + "`").collect(Collectors.joining(", ")));
        text.append(" | ").append(metric.unit()).append(" | ").append(metric.meaning());
        text.append(" | ").append(metric.advice()).append(" |\n");
    }
}
