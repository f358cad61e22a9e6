package io.covey.helm;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** Rendered objects, in order. Values inside are reached by dotted paths, items of lists by their index. */
record Manifests(List<Map<String, Object>> all) {

    /** Strict: a key that is there twice fails. */
    static Manifests parse(String yaml) {
        List<Map<String, Object>> all = new ArrayList<>();
        LoadSettings strict = LoadSettings.builder()
                .setAllowDuplicateKeys(false)
                .setLabel("manifests")
                .build();
        for (Object document : new Load(strict).loadAllFromString(yaml)) {
            if (document != null) {
                all.add(map(document));
            }
        }
        return new Manifests(List.copyOf(all));
    }

    /** All of one kind. */
    List<Map<String, Object>> of(String kind) {
        return all.stream().filter(object -> kind.equals(object.get("kind"))).toList();
    }

    /** The one of this kind and name. */
    Map<String, Object> get(String kind, String name) {
        List<Map<String, Object>> found = of(kind).stream()
                .filter(object -> name.equals(at(object, "metadata.name")))
                .toList();
        if (found.size() != 1) {
            throw new AssertionError(found.size() + " objects of kind " + kind + " are named " + name);
        }
        return found.get(0);
    }

    Map<String, Object> statefulSet() {
        return get("StatefulSet", Chart.NAME);
    }

    Map<String, Object> pod() {
        return map(at(statefulSet(), "spec.template"));
    }

    Map<String, Object> container() {
        return map(at(pod(), "spec.containers.0"));
    }

    /** The configuration file of the nodes. */
    String configuration() {
        return String.valueOf(at(get("ConfigMap", Chart.NAME), "data.covey\\.yaml"));
    }

    /** A decoded value of the secret with the users. */
    String secret(String key) {
        Object value = at(get("Secret", Chart.NAME + "-auth"), "data." + key);
        return new String(Base64.getDecoder().decode(String.valueOf(value)), StandardCharsets.UTF_8);
    }

    /** What is at a path, or null. A dot within a key is written with a backslash. */
    static Object at(Object node, String path) {
        Object current = node;
        for (String step : path.split("(?<!\\\\)\\.")) {
            String key = step.replace("\\.", ".");
            if (current instanceof Map<?, ?> map) {
                current = map.get(key);
            } else if (current instanceof List<?> list) {
                current = list.get(Integer.parseInt(key));
            } else {
                return null;
            }
        }
        return current;
    }

    @SuppressWarnings("unchecked") // YAML's keys are texts here; another type fails where it is used
    static Map<String, Object> map(Object node) {
        if (!(node instanceof Map<?, ?>)) {
            throw new AssertionError("not a map: " + node);
        }
        return (Map<String, Object>) node;
    }

    /** The maps of a list; none where there is no list. */
    static List<Map<String, Object>> maps(Object node) {
        return node == null
                ? List.of()
                : ((List<?>) node).stream().map(Manifests::map).toList();
    }
}
