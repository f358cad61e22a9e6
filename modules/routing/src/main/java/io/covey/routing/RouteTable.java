package io.covey.routing;

import org.jspecify.annotations.Nullable;

/**
 * An immutable snapshot of all routes of the cluster: which partitions and shards a topic's publishes go to. Made by a
 * {@link RouteTableWriter}; successive snapshots share what did not change.
 */
public final class RouteTable {
    /** No routes. */
    public static final RouteTable EMPTY =
            new RouteTable(HashTrie.empty(), RouteNode.EMPTY, new @Nullable ShardAddress[0], 0);

    private final HashTrie<String, Destinations> exact;
    private final RouteNode wildcards;
    /** The shards by the index under which {@link Destinations} name them. */
    private final @Nullable ShardAddress[] shards;

    private final int wildcardFilters;

    RouteTable(
            HashTrie<String, Destinations> exact,
            RouteNode wildcards,
            @Nullable ShardAddress[] shards,
            int wildcardFilters) {
        this.exact = exact;
        this.wildcards = wildcards;
        this.shards = shards;
        this.wildcardFilters = wildcardFilters;
    }

    /**
     * Finds where a publish goes: to the partitions, where it is of QoS 1 or 2, and to the shards that want its QoS. Each is reported once,
     * however many matching filters name it: partitions in ascending order first, then shards.
     *
     * @param topic a valid Topic Name
     * @param scratch the caller's own, used again from call to call
     * @return whether there is any destination
     */
    public boolean match(String topic, boolean qosAbove0, Matches scratch, RouteSink sink) {
        scratch.clear();
        Destinations own = exact.get(topic);
        if (own != null) {
            scratch.add(own);
        }
        if (wildcardFilters > 0) {
            boolean dollar = topic.startsWith("$");
            match(wildcards, topic, 0, dollar, scratch); // [MQTT-4.7.2-1]
        }
        return scratch.report(qosAbove0, shards, sink);
    }

    /** @param literalOnly whether this level must not be matched by a wildcard: the first one of a name that starts with {@code $} */
    private static void match(RouteNode node, String topic, int from, boolean literalOnly, Matches scratch) {
        if (node.rest() != null && !literalOnly) {
            scratch.add(node.rest()); // also at the end of the topic: "sport/#" matches "sport" [MQTT 5.0, 4.7.1.2]
        }
        if (from > topic.length()) {
            if (node.own() != null) {
                scratch.add(node.own());
            }
            return;
        }
        if (node.plus() == null && node.children().isEmpty()) {
            return;
        }
        int end = LevelKey.endOfLevel(topic, from);
        if (node.plus() != null && !literalOnly) {
            match(node.plus(), topic, end + 1, false, scratch);
        }
        RouteNode child = node.children().get(scratch.probe.point(topic, from, end));
        if (child != null) {
            match(child, topic, end + 1, false, scratch);
        }
    }

    /** How many filters there are. */
    public int filters() {
        return exact.size() + wildcardFilters;
    }
}
