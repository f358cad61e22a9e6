package io.covey.bucket;

import io.covey.protocol.QoS;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How many subscriptions of QoS 1 or 2 each Topic Filter of this bucket has, and what a batch changed about the set of filters.
 * Subscriptions of QoS 0 are not counted: what they receive goes by the connection's shard, never through a bucket.
 */
final class RouteCounts {
    private final TreeMap<String, Count> counts = new TreeMap<>();

    /** Filters touched by the batch in progress, and whether each was in the set before it. */
    private final Map<String, Boolean> touched = new HashMap<>();

    private long version;

    /** The number of subscriptions to one filter. */
    private static final class Count {
        private int subscriptions;
    }

    /** Starts from a snapshot's version, after its subscriptions were added. */
    void restored(long restoredVersion) {
        version = restoredVersion;
        touched.clear();
    }

    /** One more subscription. */
    void add(String filter, QoS qos) {
        if (qos == QoS.AT_MOST_ONCE) {
            return;
        }
        Count count = counts.get(filter);
        if (count == null) {
            count = new Count();
            counts.put(filter, count);
            touched.putIfAbsent(filter, false);
        }
        count.subscriptions++;
    }

    /** One subscription less. */
    void remove(String filter, QoS qos) {
        if (qos == QoS.AT_MOST_ONCE) {
            return;
        }
        Count count = counts.get(filter);
        if (count != null && --count.subscriptions == 0) {
            counts.remove(filter);
            touched.putIfAbsent(filter, true);
        }
    }

    long version() {
        return version;
    }

    /** All filters, sorted. */
    List<String> filters() {
        return List.copyOf(counts.keySet());
    }

    /** What changed since the last call; raises the version when something did. */
    RouteDelta takeDelta() {
        if (touched.isEmpty()) {
            return new RouteDelta(version, false, List.of(), List.of());
        }
        List<String> added = new ArrayList<>();
        List<String> removed = new ArrayList<>();
        for (Map.Entry<String, Boolean> filter : touched.entrySet()) {
            boolean before = filter.getValue();
            boolean after = counts.containsKey(filter.getKey());
            if (before != after) {
                (after ? added : removed).add(filter.getKey());
            }
        }
        touched.clear();
        if (added.isEmpty() && removed.isEmpty()) {
            return new RouteDelta(version, false, List.of(), List.of());
        }
        // Sorted, since replicas must answer alike.
        added.sort(null);
        removed.sort(null);
        version++;
        return new RouteDelta(version, true, List.copyOf(added), List.copyOf(removed));
    }
}
