package io.covey.helm;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** What objects say about each other: selectors and labels, ports, volumes, names. An API server does not check these. */
final class References {
    private static final int PORT_NAME_MAX = 15;

    private final Manifests manifests;
    private final List<String> broken = new ArrayList<>();

    private References(Manifests manifests) {
        this.manifests = manifests;
    }

    /** What leads nowhere, one line each. */
    static List<String> broken(Manifests manifests) {
        References references = new References(manifests);
        references.selectors();
        references.ports();
        references.volumes();
        references.names();
        return references.broken;
    }

    private void selectors() {
        Object labels = Manifests.at(manifests.pod(), "metadata.labels");
        selects("StatefulSet", Manifests.at(manifests.statefulSet(), "spec.selector.matchLabels"), labels);
        for (Map<String, Object> service : manifests.of("Service")) {
            selects("Service", Manifests.at(service, "spec.selector"), labels);
        }
        for (Map<String, Object> budget : manifests.of("PodDisruptionBudget")) {
            selects("PodDisruptionBudget", Manifests.at(budget, "spec.selector.matchLabels"), labels);
        }
        for (Map<String, Object> policy : manifests.of("NetworkPolicy")) {
            selects("NetworkPolicy", Manifests.at(policy, "spec.podSelector.matchLabels"), labels);
        }
        for (Map<String, Object> monitor : manifests.of("ServiceMonitor")) {
            Map<String, Object> headless = manifests.get("Service", Chart.NAME + "-headless");
            selects(
                    "ServiceMonitor",
                    Manifests.at(monitor, "spec.selector.matchLabels"),
                    Manifests.at(headless, "metadata.labels"));
            Object port = Manifests.at(monitor, "spec.endpoints.0.port");
            require(names(Manifests.at(headless, "spec.ports")).contains(port), "ServiceMonitor: no port " + port);
        }
    }

    private void selects(String who, Object selector, Object labels) {
        boolean matches = selector != null
                && !Manifests.map(selector).isEmpty()
                && Manifests.map(labels)
                        .entrySet()
                        .containsAll(Manifests.map(selector).entrySet());
        require(matches, who + ": " + selector + " does not select " + labels);
    }

    private void ports() {
        Set<Object> open = names(Manifests.at(manifests.container(), "ports"));
        for (Object name : open) {
            require(String.valueOf(name).length() <= PORT_NAME_MAX, "too long for a port's name: " + name);
        }
        for (Map<String, Object> service : manifests.of("Service")) {
            for (Map<String, Object> port : Manifests.maps(Manifests.at(service, "spec.ports"))) {
                require(open.contains(port.get("targetPort")), "Service: the container has no port " + port);
            }
        }
        for (Map<String, Object> policy : manifests.of("NetworkPolicy")) {
            for (Map<String, Object> rule : Manifests.maps(Manifests.at(policy, "spec.ingress"))) {
                for (Map<String, Object> port : Manifests.maps(rule.get("ports"))) {
                    require(open.contains(port.get("port")), "NetworkPolicy: the container has no port " + port);
                }
            }
        }
        for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
            Object port = Manifests.at(manifests.container(), probe + ".httpGet.port");
            require(open.contains(port), probe + ": the container has no port " + port);
        }
    }

    private void volumes() {
        Set<Object> volumes = names(Manifests.at(manifests.pod(), "spec.volumes"));
        for (Map<String, Object> claim :
                Manifests.maps(Manifests.at(manifests.statefulSet(), "spec.volumeClaimTemplates"))) {
            require(volumes.add(Manifests.at(claim, "metadata.name")), "volume and claim have one name: " + claim);
        }
        for (Map<String, Object> mount : Manifests.maps(Manifests.at(manifests.container(), "volumeMounts"))) {
            require(volumes.contains(mount.get("name")), "no volume " + mount);
        }
    }

    private void names() {
        String service = String.valueOf(Manifests.at(manifests.statefulSet(), "spec.serviceName"));
        require(
                "None".equals(Manifests.at(manifests.get("Service", service), "spec.clusterIP")),
                service + " has an address");
        String account = String.valueOf(Manifests.at(manifests.pod(), "spec.serviceAccountName"));
        boolean made = manifests.of("ServiceAccount").stream()
                .anyMatch(object -> account.equals(Manifests.at(object, "metadata.name")));
        require(made || account.equals("default"), "no service account " + account);
        for (Map<String, Object> ingress : manifests.of("Ingress")) {
            String backend = "spec.rules.0.http.paths.0.backend.service.";
            Map<String, Object> target =
                    manifests.get("Service", String.valueOf(Manifests.at(ingress, backend + "name")));
            Object port = Manifests.at(ingress, backend + "port.name");
            require(names(Manifests.at(target, "spec.ports")).contains(port), "Ingress: no port " + port);
        }
        for (Map<String, Object> scaler : manifests.of("HorizontalPodAutoscaler")) {
            require(
                    Objects.equals(
                            Manifests.at(scaler, "spec.scaleTargetRef.name"),
                            Manifests.at(manifests.statefulSet(), "metadata.name")),
                    "the autoscaler scales nothing");
            require(Manifests.at(manifests.statefulSet(), "spec.replicas") == null, "replicas and autoscaler disagree");
        }
    }

    private static Set<Object> names(Object list) {
        Set<Object> names = new HashSet<>();
        Manifests.maps(list).forEach(item -> names.add(item.get("name")));
        return names;
    }

    private void require(boolean holds, String complaint) {
        if (!holds) {
            broken.add(complaint);
        }
    }
}
