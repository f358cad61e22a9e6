package io.covey.routing;

import io.covey.protocol.TopicFilters;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sets of values by Topic Filter, asked by Topic Name [MQTT 5.0, 4.7]. Single owner; not to be changed from inside {@link #match}.
 *
 * <p>A name's exact filter is found by one look-up; the filters with wildcards are in a trie of levels, which is entered only if there are any.
 * Matching allocates nothing. Adding and removing a value take the same time however many values the filter has. Matching and removing recurse
 * once per level of a filter, so callers bound the number of levels of what they add.
 *
 * @param <V> the values, distinguished by {@code equals}
 */
public final class TopicTrie<V> {
    /** All filters. A name has no wildcards, so it finds nothing but its exact filter in here. */
    private final Map<String, ValueSet<V>> sets = new LinkedHashMap<>();

    private final Node<V> root = new Node<>();
    private final LevelKey probe = new LevelKey();
    private int wildcardFilters;
    private int size;

    private static final class Node<V> {
        /** Values of the filter that ends here. */
        private @Nullable ValueSet<V> own;
        /** Values of the filter that goes on with {@code #}. */
        private @Nullable ValueSet<V> rest;

        private @Nullable Node<V> plus;
        private @Nullable Map<LevelKey, Node<V>> children;

        private boolean isUnused() {
            return own == null && rest == null && plus == null && children == null;
        }
    }

    /**
     * Adds a value under a filter.
     *
     * @param filter a valid Topic Filter without a share prefix
     * @return false when the filter had the value already
     */
    public boolean add(String filter, V value) {
        ValueSet<V> values = sets.get(filter);
        if (values == null) {
            values = new ValueSet<>();
            sets.put(filter, values);
            if (TopicFilters.hasWildcard(filter)) {
                wildcardFilters++;
                link(filter, values);
            }
        }
        boolean added = values.add(value);
        size += added ? 1 : 0;
        return added;
    }

    private void link(String filter, ValueSet<V> values) {
        Node<V> node = root;
        for (int from = 0; from <= filter.length(); ) {
            int end = LevelKey.endOfLevel(filter, from);
            if (isLevel(filter, from, end, '#')) {
                node.rest = values;
                return;
            }
            node = isLevel(filter, from, end, '+') ? plusOf(node) : childOf(node, filter, from, end);
            from = end + 1;
        }
        node.own = values;
    }

    private static <V> Node<V> plusOf(Node<V> node) {
        Node<V> plus = node.plus;
        if (plus == null) {
            plus = new Node<>();
            node.plus = plus;
        }
        return plus;
    }

    private Node<V> childOf(Node<V> node, String filter, int from, int end) {
        Map<LevelKey, Node<V>> children = node.children;
        if (children == null) {
            children = new HashMap<>(4);
            node.children = children;
        }
        Node<V> child = children.get(probe.point(filter, from, end));
        if (child == null) {
            child = new Node<>();
            children.put(LevelKey.of(filter, from, end), child);
        }
        return child;
    }

    /**
     * Removes a value from a filter.
     *
     * @return false when the filter did not have it
     */
    public boolean remove(String filter, V value) {
        ValueSet<V> values = sets.get(filter);
        if (values == null || !values.remove(value)) {
            return false;
        }
        size--;
        if (values.isEmpty()) {
            sets.remove(filter);
            if (TopicFilters.hasWildcard(filter)) {
                wildcardFilters--;
                unlink(root, filter, 0);
            }
        }
        return true;
    }

    private void unlink(Node<V> node, String filter, int from) {
        if (from > filter.length()) {
            node.own = null;
            return;
        }
        int end = LevelKey.endOfLevel(filter, from);
        if (isLevel(filter, from, end, '#')) {
            node.rest = null;
        } else if (isLevel(filter, from, end, '+')) {
            Node<V> plus = plusOf(node);
            unlink(plus, filter, end + 1);
            if (plus.isUnused()) {
                node.plus = null;
            }
        } else {
            Node<V> child = childOf(node, filter, from, end);
            unlink(child, filter, end + 1);
            Map<LevelKey, Node<V>> children = node.children;
            if (child.isUnused() && children != null) {
                children.remove(probe.point(filter, from, end));
                if (children.isEmpty()) {
                    node.children = null;
                }
            }
        }
    }

    private static boolean isLevel(String filter, int from, int end, char wildcard) {
        return end == from + 1 && filter.charAt(from) == wildcard;
    }

    /**
     * Hands over the values of every filter that matches; a value under several matching filters comes once for each. Within a filter values
     * come in the order in which they were added; the exact filter comes first, then those with wildcards in the order of the trie.
     *
     * @param topic a valid Topic Name
     */
    public void match(String topic, Consumer<? super V> sink) {
        ValueSet<V> exact = sets.get(topic);
        if (exact != null) {
            exact.forEach(sink);
        }
        if (wildcardFilters == 0) {
            return;
        }
        if (topic.startsWith("$")) {
            descend(root, topic, 0, sink); // [MQTT-4.7.2-1]: not through the root's wildcards
        } else {
            match(root, topic, 0, sink);
        }
    }

    private void match(Node<V> node, String topic, int from, Consumer<? super V> sink) {
        if (node.rest != null) {
            node.rest.forEach(
                    sink); // "sport/#" matches "sport" too: so before the end is looked for [MQTT 5.0, 4.7.1.2]
        }
        if (from > topic.length()) {
            if (node.own != null) {
                node.own.forEach(sink);
            }
            return;
        }
        if (node.plus != null) {
            match(node.plus, topic, LevelKey.endOfLevel(topic, from) + 1, sink);
        }
        descend(node, topic, from, sink);
    }

    private void descend(Node<V> node, String topic, int from, Consumer<? super V> sink) {
        if (node.children == null) {
            return;
        }
        int end = LevelKey.endOfLevel(topic, from);
        Node<V> child = node.children.get(probe.point(topic, from, end));
        if (child != null) {
            match(child, topic, end + 1, sink);
        }
    }

    /** Whether there are no values. */
    public boolean isEmpty() {
        return size == 0;
    }

    /** How many pairs of filter and value there are. */
    public int size() {
        return size;
    }

    /** How many values this very filter has. */
    public int size(String filter) {
        ValueSet<V> values = sets.get(filter);
        return values == null ? 0 : values.size();
    }

    /** The filters with at least one value, those first that came first; a view. */
    public Set<String> filters() {
        return Collections.unmodifiableSet(sets.keySet());
    }
}
