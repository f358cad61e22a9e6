package io.covey.helm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What an operator gets who sets nothing. */
class SafeDefaultsTest {
    private static final Manifests MANIFESTS = Chart.renderWithHooks("{}");

    private final Manifests manifests = MANIFESTS;
    private final Map<String, Object> spec = Manifests.map(Manifests.at(manifests.pod(), "spec"));

    @Test
    void threeNodesFormTogetherAndOneMayBeAway() {
        Map<String, Object> set = Manifests.map(manifests.statefulSet().get("spec"));

        assertThat(set).containsEntry("replicas", 3).containsEntry("podManagementPolicy", "Parallel");
        assertThat(Manifests.at(manifests.get("PodDisruptionBudget", Chart.NAME), "spec.maxUnavailable"))
                .isEqualTo(1);
        assertThat(Manifests.at(manifests.get("Service", Chart.NAME + "-headless"), "spec.publishNotReadyAddresses"))
                .isEqualTo(true);
    }

    @Test
    void nodesAreDrainedBeforeTheyEnd() {
        assertThat(Manifests.at(manifests.container(), "lifecycle.preStop.exec.command"))
                .isEqualTo(List.of("covey", "drain", "--management", "http://127.0.0.1:8080", "--deadline", "90"));
        assertThat(spec).containsEntry("terminationGracePeriodSeconds", 150);
        assertThat(Manifests.at(Chart.render("drain: {enabled: false}").container(), "lifecycle"))
                .isNull();
    }

    @Test
    void dataOutlivesPods() {
        assertThat(Manifests.at(manifests.statefulSet(), "spec.volumeClaimTemplates.0.metadata.name"))
                .isEqualTo("data");
        assertThat(Manifests.at(manifests.statefulSet(), "spec.persistentVolumeClaimRetentionPolicy"))
                .isEqualTo(Map.of("whenDeleted", "Retain", "whenScaled", "Retain"));
    }

    @Test
    void nobodyConnectsWithoutCredentials() {
        assertThat(manifests.configuration()).contains("allow-anonymous: false\n");
    }

    /** Kubernetes' Pod Security Standard "restricted", for the nodes and the test. */
    @Test
    void podsKeepTheRestrictedStandard() {
        List<Object> pods = new ArrayList<>(List.of(spec));
        manifests.of("Pod").forEach(pod -> pods.add(pod.get("spec")));
        assertThat(pods).hasSize(2);

        for (Object pod : pods) {
            assertThat(Manifests.at(pod, "securityContext.runAsNonRoot")).isEqualTo(true);
            assertThat(Manifests.at(pod, "securityContext.runAsUser")).isEqualTo(10001);
            assertThat(Manifests.at(pod, "securityContext.seccompProfile.type")).isEqualTo("RuntimeDefault");
            assertThat(Manifests.map(pod)).doesNotContainKeys("hostNetwork", "hostPID", "hostIPC");
            for (Map<String, Object> container : Manifests.maps(Manifests.at(pod, "containers"))) {
                assertThat(container.get("securityContext"))
                        .isEqualTo(Map.of(
                                "allowPrivilegeEscalation",
                                false,
                                "readOnlyRootFilesystem",
                                true,
                                "capabilities",
                                Map.of("drop", List.of("ALL"))));
                assertThat(Manifests.maps(container.get("ports"))).noneMatch(port -> port.containsKey("hostPort"));
            }
            assertThat(Manifests.maps(Manifests.at(pod, "volumes")))
                    .noneMatch(volume -> volume.containsKey("hostPath"));
        }
    }

    @Test
    void podsTalkToNobodyInKubernetes() {
        assertThat(spec).containsEntry("automountServiceAccountToken", false);
        assertThat(Manifests.at(manifests.get("ServiceAccount", Chart.NAME), "automountServiceAccountToken"))
                .isEqualTo(false);
        assertThat(manifests.of("Role")).isEmpty();
        assertThat(manifests.of("ClusterRole")).isEmpty();
    }

    /** In a release named covey, Kubernetes would set variables like COVEY_PORT for its services. */
    @Test
    void variablesOfServicesDoNotLookLikeConfiguration() {
        assertThat(spec).containsEntry("enableServiceLinks", false);
    }

    @Test
    void portsBetweenNodesAreForNodesOnly() {
        List<Map<String, Object>> rules =
                Manifests.maps(Manifests.at(manifests.get("NetworkPolicy", Chart.NAME), "spec.ingress"));

        for (Map<String, Object> rule : rules) {
            List<Object> ports = new ArrayList<>();
            Manifests.maps(rule.get("ports")).forEach(port -> ports.add(port.get("port")));
            if (ports.contains("hazelcast") || ports.contains("event-bus")) {
                assertThat(Manifests.at(rule, "from.0.podSelector.matchLabels"))
                        .isEqualTo(Manifests.at(manifests.statefulSet(), "spec.selector.matchLabels"));
                assertThat(Manifests.maps(rule.get("from"))).hasSize(1);
            }
            if (ports.contains("management")) {
                assertThat(rule.get("from")).isEqualTo(List.of(Map.of("podSelector", Map.of())));
            }
        }
        assertThat(rules).hasSize(3);
    }

    @Test
    void nothingIsLimitedInProcessorTime() {
        assertThat(Manifests.at(manifests.container(), "resources.limits.cpu")).isNull();
        assertThat(Manifests.at(manifests.container(), "resources.limits.memory"))
                .isEqualTo("2Gi");
    }

    /** A wait for other nodes, which may be long, is no reason to kill one: only readiness asks for it. */
    @Test
    void onlyReadinessWaitsForOtherNodes() {
        assertThat(Manifests.at(manifests.container(), "startupProbe.httpGet.path"))
                .isEqualTo("/health/live");
        assertThat(Manifests.at(manifests.container(), "livenessProbe.httpGet.path"))
                .isEqualTo("/health/live");
        assertThat(Manifests.at(manifests.container(), "readinessProbe.httpGet.path"))
                .isEqualTo("/health/ready");
    }

    @Test
    void helmTestAsksEachNodeWithTheSameImage() {
        Map<String, Object> pod = manifests.get("Pod", Chart.NAME + "-test-ready");

        assertThat(Manifests.at(pod, "spec.containers.0.image"))
                .isEqualTo(manifests.container().get("image"));
        assertThat(String.valueOf(Manifests.at(pod, "spec.containers.0.command.2")))
                .contains("for node in 0 1 2;")
                .contains("covey health ready --management \"http://demo-covey-$node.demo-covey-headless:8080\"");
        assertThat(ManifestCheck.faults(manifests)).isEmpty();
        assertThat(Manifests.at(manifests.get("Service", Chart.NAME), "spec.selector"))
                .as("the test's pod is no node")
                .isNotEqualTo(Manifests.at(pod, "metadata.labels"));
        assertThat(Manifests.at(pod, "metadata.labels.app\\.kubernetes\\.io/component"))
                .isEqualTo("test");
    }
}
