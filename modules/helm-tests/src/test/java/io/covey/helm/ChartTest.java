package io.covey.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.marcnuri.helm.LintResult;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The chart renders, for every version of Kubernetes, into objects that an API server takes and that refer to each other. */
class ChartTest {
    /** Versions at which the chart says something else than one before. */
    private static final List<String> OLDER = List.of("1.20.0", "1.21.14", "1.23.0", "1.27.3");

    static Stream<Arguments> rendered() {
        Stream<Arguments> newest = ValueSets.all().keySet().stream().map(values -> Arguments.of(values, Chart.NEWEST));
        Stream<Arguments> older = Stream.of("autoscaling", "everything")
                .flatMap(values -> OLDER.stream().map(version -> Arguments.of(values, version)));
        return Stream.concat(newest, older);
    }

    @Test
    void lintsStrictly() {
        LintResult result = Chart.lint();

        assertThat(result.isFailed()).as(result.getMessages().toString()).isFalse();
        assertThat(result.getMessages()).noneMatch(line -> line.startsWith("[WARNING]") || line.startsWith("[ERROR]"));
    }

    @ParameterizedTest(name = "{0}, Kubernetes {1}")
    @MethodSource("rendered")
    void objectsPassStrictValidation(String values, String version) {
        Manifests manifests = Chart.render(ValueSets.of(values), version);

        assertThat(manifests.of("StatefulSet")).hasSize(1);
        assertThat(ManifestCheck.faults(manifests)).isEmpty();
        assertThat(References.broken(manifests)).isEmpty();
    }

    @Test
    void validationFindsWhatIsWrong() {
        Manifests wrong = Manifests.parse(
                """
                {apiVersion: v1, kind: Service, metadata: {name: Upper}, spec: {prots: []}}
                ---
                {apiVersion: apps/v1, kind: StatefulSet, metadata: {name: s, labels: {a: 5}}, spec: {serviceName: s}}
                ---
                {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, prots: []}]}}
                ---
                {apiVersion: monitoring.coreos.com/v1, kind: ServiceMonitor, metadata: {name: m}, spec: {endpoints: [{prot: x}]}}
                """);

        assertThat(String.join("\n", ManifestCheck.faults(wrong)))
                .contains("v1 Service Upper: not a name")
                .contains("v1 Service Upper: The field `prots`")
                .contains("apps/v1 StatefulSet s: not a label's value: a=5")
                .contains("apps/v1 StatefulSet s: The required field")
                .contains("v1 Pod p: The field `prots`")
                .contains("ServiceMonitor m: unknown field spec.endpoints.prot");
    }

    @Test
    void apiVersionsAreThoseOfTheCluster() {
        String values = ValueSets.of("autoscaling");

        assertThat(versionOf(Chart.render(values, "1.20.0"), "PodDisruptionBudget"))
                .isEqualTo("policy/v1beta1");
        assertThat(versionOf(Chart.render(values, "1.21.0"), "PodDisruptionBudget"))
                .isEqualTo("policy/v1");
        assertThat(versionOf(Chart.render(values, "1.22.0"), "HorizontalPodAutoscaler"))
                .isEqualTo("autoscaling/v2beta2");
        assertThat(versionOf(Chart.render(values, "1.23.0"), "HorizontalPodAutoscaler"))
                .isEqualTo("autoscaling/v2");
    }

    private static Object versionOf(Manifests manifests, String kind) {
        return manifests.get(kind, Chart.NAME).get("apiVersion");
    }

    @Test
    void fieldsThatAClusterDoesNotKnowAreLeftOut() {
        Map<String, Object> old =
                Manifests.map(Chart.render("{}", "1.22.0").statefulSet().get("spec"));
        Map<String, Object> recent =
                Manifests.map(Chart.render("{}", "1.27.0").statefulSet().get("spec"));

        assertThat(old).doesNotContainKeys("minReadySeconds", "persistentVolumeClaimRetentionPolicy");
        assertThat(recent).containsKeys("minReadySeconds", "persistentVolumeClaimRetentionPolicy");
    }

    @Test
    void clustersThatAreTooOldAreRefused() {
        try {
            Chart.render("{}", "1.19.16");
        } catch (IllegalStateException refused) {
            assertThat(refused).hasMessageContaining("chart requires kubeVersion: >=1.20.0-0");
            return;
        }
        throw new AssertionError("Kubernetes 1.19 was not refused");
    }

    @Test
    void valuesAreShort() throws IOException {
        assertThat(Files.readAllLines(Chart.file("values.yaml"))).hasSizeLessThanOrEqualTo(350);
    }
}
