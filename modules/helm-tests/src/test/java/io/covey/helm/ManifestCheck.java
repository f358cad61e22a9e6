package io.covey.helm;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import io.kubernetes.client.openapi.JSON;
import io.kubernetes.client.openapi.models.V1ConfigMap;
import io.kubernetes.client.openapi.models.V1Ingress;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1Pod;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1Secret;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServiceAccount;
import io.kubernetes.client.openapi.models.V1StatefulSet;
import io.kubernetes.client.openapi.models.V2HorizontalPodAutoscaler;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Checks an object as an API server with strict field validation would: no unknown field, none missing, each of its type. Resources of the
 * Prometheus operator are checked against the fields that the chart knows of.
 */
final class ManifestCheck {
    private interface Validator {
        void validate(JsonElement json) throws IOException;
    }

    private record Kind(Class<?> type, Validator validator) {}

    private static final Kind DISRUPTIONS =
            new Kind(V1PodDisruptionBudget.class, V1PodDisruptionBudget::validateJsonElement);
    private static final Kind AUTOSCALER =
            new Kind(V2HorizontalPodAutoscaler.class, V2HorizontalPodAutoscaler::validateJsonElement);

    /** The two betas have the fields of what followed them, as far as the chart uses any. */
    private static final Map<String, Kind> KINDS = Map.ofEntries(
            Map.entry("v1 ConfigMap", new Kind(V1ConfigMap.class, V1ConfigMap::validateJsonElement)),
            Map.entry("v1 Secret", new Kind(V1Secret.class, V1Secret::validateJsonElement)),
            Map.entry("v1 Service", new Kind(V1Service.class, V1Service::validateJsonElement)),
            Map.entry("v1 ServiceAccount", new Kind(V1ServiceAccount.class, V1ServiceAccount::validateJsonElement)),
            Map.entry("v1 Pod", new Kind(V1Pod.class, V1Pod::validateJsonElement)),
            Map.entry("apps/v1 StatefulSet", new Kind(V1StatefulSet.class, V1StatefulSet::validateJsonElement)),
            Map.entry(
                    "networking.k8s.io/v1 NetworkPolicy",
                    new Kind(V1NetworkPolicy.class, V1NetworkPolicy::validateJsonElement)),
            Map.entry("networking.k8s.io/v1 Ingress", new Kind(V1Ingress.class, V1Ingress::validateJsonElement)),
            Map.entry("policy/v1 PodDisruptionBudget", DISRUPTIONS),
            Map.entry("policy/v1beta1 PodDisruptionBudget", DISRUPTIONS),
            Map.entry("autoscaling/v2 HorizontalPodAutoscaler", AUTOSCALER),
            Map.entry("autoscaling/v2beta2 HorizontalPodAutoscaler", AUTOSCALER));

    private static final Map<String, Map<String, Set<String>>> OPERATOR_FIELDS = Map.of(
            "monitoring.coreos.com/v1 ServiceMonitor",
            Map.of(
                    "spec", Set.of("endpoints", "namespaceSelector", "selector"),
                    "spec.endpoints.*",
                            Set.of("port", "path", "interval", "scrapeTimeout", "relabelings", "metricRelabelings"),
                    "spec.namespaceSelector", Set.of("matchNames"),
                    "spec.selector", Set.of("matchLabels")),
            "monitoring.coreos.com/v1 PrometheusRule",
            Map.of(
                    "spec", Set.of("groups"),
                    "spec.groups.*", Set.of("name", "interval", "rules"),
                    "spec.groups.*.rules.*",
                            Set.of("alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations")));

    private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
    private static final Pattern LABEL_VALUE = Pattern.compile("([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?");
    private static final Gson GSON = new GsonBuilder().serializeNulls().create();

    private ManifestCheck() {}

    /** What is wrong with these objects, one line each; empty where nothing is. */
    static List<String> faults(Manifests manifests) {
        List<String> faults = new ArrayList<>();
        for (Map<String, Object> object : manifests.all()) {
            String kind = object.get("apiVersion") + " " + object.get("kind");
            String name = String.valueOf(Manifests.at(object, "metadata.name"));
            faults(kind, object).forEach(fault -> faults.add(kind + " " + name + ": " + fault));
        }
        return faults;
    }

    private static List<String> faults(String kind, Map<String, Object> object) {
        List<String> faults = new ArrayList<>();
        checkMetadata(object, faults);
        if (OPERATOR_FIELDS.containsKey(kind)) {
            OPERATOR_FIELDS.get(kind).forEach((path, known) -> checkFields(object, path, path, known, faults));
        } else if (KINDS.containsKey(kind)) {
            JsonElement json = GSON.toJsonTree(object);
            try {
                KINDS.get(kind).validator().validate(json);
                JSON.deserialize(json.toString(), KINDS.get(kind).type());
            } catch (IOException | RuntimeException invalid) {
                faults.add(String.valueOf(invalid.getMessage()));
            }
        } else {
            faults.add("a kind that is not expected");
        }
        return faults;
    }

    private static void checkMetadata(Map<String, Object> object, List<String> faults) {
        String name = String.valueOf(Manifests.at(object, "metadata.name"));
        if (!NAME.matcher(name).matches()) {
            faults.add("not a name: " + name);
        }
        checkLabels(Manifests.at(object, "metadata.labels"), faults);
        checkLabels(Manifests.at(object, "spec.template.metadata.labels"), faults);
    }

    private static void checkLabels(Object labels, List<String> faults) {
        if (labels != null) {
            Manifests.map(labels).forEach((key, value) -> {
                if (!(value instanceof String text)
                        || !LABEL_VALUE.matcher(text).matches()) {
                    faults.add("not a label's value: " + key + "=" + value);
                }
            });
        }
    }

    /** A star in a path stands for each item of a list. */
    private static void checkFields(Object node, String path, String whole, Set<String> known, List<String> faults) {
        int star = path.indexOf(".*");
        if (star < 0) {
            Object found = path.isEmpty() ? node : Manifests.at(node, path);
            if (found != null) {
                Manifests.map(found).keySet().stream()
                        .filter(field -> !known.contains(field))
                        .forEach(field -> faults.add("unknown field " + whole.replace(".*", "") + "." + field));
            }
            return;
        }
        String rest = path.substring(star + 2).replaceFirst("^\\.", "");
        for (Map<String, Object> item : Manifests.maps(Manifests.at(node, path.substring(0, star)))) {
            checkFields(item, rest, whole, known, faults);
        }
    }
}
