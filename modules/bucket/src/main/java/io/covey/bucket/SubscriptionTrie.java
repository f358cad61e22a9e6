package io.covey.bucket;

import io.covey.protocol.TopicFilters;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Filters without wildcards in a map, the others in a list. */
final class SubscriptionTrie<V> {
    private final Map<String, List<V>> exact = new HashMap<>();
    private final Map<String, List<V>> wildcard = new HashMap<>();

    void add(String filter, V value) {
        map(filter).computeIfAbsent(filter, unused -> new ArrayList<>()).add(value);
    }

    void remove(String filter, V value) {
        Map<String, List<V>> map = map(filter);
        List<V> values = map.get(filter);
        if (values != null && values.remove(value) && values.isEmpty()) {
            map.remove(filter);
        }
    }

    void match(String topic, Consumer<? super V> sink) {
        exact.getOrDefault(topic, List.of()).forEach(sink);
        for (Map.Entry<String, List<V>> entry : wildcard.entrySet()) {
            if (TopicFilters.matches(entry.getKey(), topic)) {
                entry.getValue().forEach(sink);
            }
        }
    }

    private Map<String, List<V>> map(String filter) {
        return TopicFilters.hasWildcard(filter) ? wildcard : exact;
    }
}
