package io.covey.helm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The chart's alert rules are those of deploy/prometheus, and what it scrapes is what they ask for. */
class MonitoringTest {
    private static final Path RULES = Chart.repository("deploy/prometheus/rules");

    /** In the tree the rules are a link, which Helm follows; in an archive they are files. */
    @Test
    void rulesAreInThePackageToo() {
        String values = ValueSets.of("monitoring");

        assertThat(Chart.renderPackaged(values).get("PrometheusRule", Chart.NAME))
                .isEqualTo(Chart.render(values).get("PrometheusRule", Chart.NAME));
    }

    @Test
    void everyRuleIsThereAndAsksForTheNodesOfTheRelease() throws IOException {
        Manifests manifests = Chart.render(ValueSets.of("monitoring"));

        String expected = Files.readString(RULES.resolve("covey.yml"))
                .replace("job=\"covey\"", "job=\"demo-covey\",namespace=\"mq\"");
        Map<String, Object> rules =
                Manifests.map(new Load(LoadSettings.builder().build()).loadFromString(expected));
        Map<String, Object> rendered = manifests.get("PrometheusRule", Chart.NAME);
        assertThat(Manifests.at(rendered, "spec.groups")).isEqualTo(rules.get("groups"));
        assertThat(Manifests.maps(Manifests.at(rendered, "spec.groups"))).allSatisfy(group -> assertThat(
                        Manifests.maps(group.get("rules")))
                .isNotEmpty()
                .allSatisfy(rule -> assertThat(String.valueOf(rule.get("expr"))).contains("job=\"demo-covey\"")));
    }

    @Test
    void scrapedNodesHaveTheJobOfTheRules() {
        Map<String, Object> monitor = Chart.render(ValueSets.of("monitoring")).get("ServiceMonitor", Chart.NAME);

        assertThat(Manifests.at(monitor, "spec.endpoints.0.relabelings"))
                .isEqualTo(List.of(Map.of("targetLabel", "job", "replacement", "demo-covey")));
        assertThat(Manifests.at(monitor, "spec.namespaceSelector.matchNames")).isEqualTo(List.of("mq"));
        assertThat(Manifests.at(monitor, "metadata.namespace")).isEqualTo("monitoring");
    }
}
