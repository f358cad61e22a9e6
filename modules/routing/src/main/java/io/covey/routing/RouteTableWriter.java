package io.covey.routing;

import io.covey.protocol.TopicFilters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the routes of every origin and makes {@link RouteTable}s of them. An origin is a partition (routes of persistent sessions) or a shard
 * (routes of its connected sessions); each counts the versions of its own set from 0, the empty set. Single owner.
 *
 * <p>A change costs the same however many routes there are: about a microsecond plus the levels of the filter.
 */
public final class RouteTableWriter {
    private static final int PARTITION_FLAGS = 1;

    private final HashTrie.Editor<String, Destinations> exact =
            HashTrie.<String, Destinations>empty().edit();
    private RouteNode wildcards = RouteNode.EMPTY;
    private int wildcardFilters;

    private @Nullable Origin[] partitions = new Origin[32];
    private final Map<ShardAddress, Origin> shards = new LinkedHashMap<>();
    /** Shards by index; a place becomes free when the shard's node is removed, and is used again. */
    private @Nullable ShardAddress[] shardsByIndex = new ShardAddress[8];

    private boolean shardsShared;
    private RouteTable current = RouteTable.EMPTY;
    private boolean changed;

    /** What is known of one origin: the flags of its filters. */
    private static final class Origin {
        private final boolean isPartition;
        private final int index;
        private final Map<String, Integer> filters = new LinkedHashMap<>();
        private long version;
        private long digest;

        private Origin(boolean isPartition, int index) {
            this.isPartition = isPartition;
            this.index = index;
        }
    }

    /**
     * Takes the next change of a partition's routes.
     *
     * @param version the partition's route version with this change
     */
    public RouteChange applyDelta(int partition, long version, List<String> added, List<String> removed) {
        Origin origin = origin(partition);
        RouteChange outcome = advance(origin, version);
        if (outcome == RouteChange.APPLIED) {
            for (int i = 0; i < removed.size(); i++) {
                route(origin, removed.get(i), 0);
            }
            for (int i = 0; i < added.size(); i++) {
                route(origin, added.get(i), PARTITION_FLAGS);
            }
        }
        return outcome;
    }

    /**
     * Takes the next change of a shard's routes.
     *
     * @param version the shard's route version with this change
     */
    public RouteChange applyDelta(ShardAddress shard, long version, List<ShardRoute> routes) {
        Origin origin = origin(shard);
        RouteChange outcome = advance(origin, version);
        if (outcome == RouteChange.APPLIED) {
            for (int i = 0; i < routes.size(); i++) {
                route(origin, routes.get(i).filter(), routes.get(i).flags());
            }
        }
        return outcome;
    }

    private static RouteChange advance(Origin origin, long version) {
        if (version <= origin.version) {
            return RouteChange.STALE;
        }
        if (version > origin.version + 1) {
            return RouteChange.GAP;
        }
        origin.version = version;
        return RouteChange.APPLIED;
    }

    /** Takes the whole set of a partition's routes at a version; ignored (false) where a later version is known. */
    public boolean replaceAll(int partition, long version, Collection<String> filters) {
        Origin origin = origin(partition);
        if (version < origin.version) {
            return false;
        }
        Map<String, Integer> flags = new LinkedHashMap<>();
        for (String filter : filters) {
            flags.put(filter, PARTITION_FLAGS);
        }
        replace(origin, version, flags);
        return true;
    }

    /** Takes the whole set of a shard's routes at a version; ignored (false) where a later version is known. */
    public boolean replaceAll(ShardAddress shard, long version, Collection<ShardRoute> routes) {
        Origin origin = origin(shard);
        if (version < origin.version) {
            return false;
        }
        Map<String, Integer> flags = new LinkedHashMap<>();
        for (ShardRoute route : routes) {
            flags.put(route.filter(), route.flags());
        }
        replace(origin, version, flags);
        return true;
    }

    private void replace(Origin origin, long version, Map<String, Integer> flags) {
        for (String filter : List.copyOf(origin.filters.keySet())) {
            if (!flags.containsKey(filter)) {
                route(origin, filter, 0);
            }
        }
        flags.forEach((filter, value) -> route(origin, filter, value));
        origin.version = version;
    }

    /** Forgets all shards of a node that is gone for good, with their routes. */
    public void removeNode(long node) {
        for (ShardAddress shard : new ArrayList<>(shards.keySet())) {
            if (shard.node() == node) {
                Origin origin = origin(shard);
                replace(origin, origin.version, Map.of());
                shards.remove(shard);
                ownShards();
                shardsByIndex[origin.index] = null;
                changed = true;
            }
        }
    }

    private Origin origin(int partition) {
        if (partition >= partitions.length) {
            partitions = Arrays.copyOf(partitions, Math.max(partition + 1, 2 * partitions.length));
        }
        Origin origin = partitions[partition];
        if (origin == null) {
            origin = new Origin(true, partition);
            partitions[partition] = origin;
        }
        return origin;
    }

    private Origin origin(ShardAddress shard) {
        Origin origin = shards.get(shard);
        if (origin == null) {
            int index = freeIndex();
            origin = new Origin(false, index);
            shards.put(shard, origin);
            shardsByIndex[index] = shard;
            changed = true;
        }
        return origin;
    }

    private int freeIndex() {
        ownShards();
        for (int i = 0; i < shardsByIndex.length; i++) {
            if (shardsByIndex[i] == null) {
                return i;
            }
        }
        int index = shardsByIndex.length;
        shardsByIndex = Arrays.copyOf(shardsByIndex, 2 * index);
        return index;
    }

    /** The array is part of the last snapshot: it is copied before it changes. */
    private void ownShards() {
        if (shardsShared) {
            shardsByIndex = shardsByIndex.clone();
            shardsShared = false;
        }
    }

    private void route(Origin origin, String filter, int flags) {
        Integer before = flags == 0 ? origin.filters.remove(filter) : origin.filters.put(filter, flags);
        int flagsBefore = before == null ? 0 : before;
        if (flagsBefore == flags) {
            return;
        }
        origin.digest += hash(filter, flags) - hash(filter, flagsBefore);
        changed = true;
        String topicFilter = TopicFilters.plainFilter(filter);
        boolean wildcard = TopicFilters.hasWildcard(topicFilter);
        Destinations present = wildcard ? RouteNode.find(wildcards, topicFilter) : exact.get(topicFilter);
        Destinations next = changed(present == null ? Destinations.NONE : present, filter, origin, flags);
        if (wildcard) {
            wildcardFilters += (next.isEmpty() ? 0 : 1) - (present == null ? 0 : 1);
            wildcards = wildcards.with(topicFilter, 0, next.isEmpty() ? null : next);
        } else if (next.isEmpty()) {
            exact.remove(topicFilter);
        } else {
            exact.put(topicFilter, next);
        }
    }

    private static Destinations changed(Destinations destinations, String filter, Origin origin, int flags) {
        int index = origin.index;
        if (TopicFilters.isShared(filter)) {
            int partition = flags == 0 ? SharedRoute.NO_PARTITION : index;
            return destinations.withShared(groups -> origin.isPartition
                    ? SharedDestinations.withPartition(groups, filter, partition)
                    : SharedDestinations.withShard(groups, filter, index, flags));
        }
        if (!origin.isPartition) {
            return destinations.withShard(index, flags);
        }
        return flags == 0 ? destinations.withoutPartition(index) : destinations.withPartition(index);
    }

    /** The table of all routes known now. The same object while nothing changes. */
    public RouteTable current() {
        if (changed) {
            current = new RouteTable(exact.build(), wildcards, shardsByIndex, wildcardFilters);
            shardsShared = true;
            changed = false;
        }
        return current;
    }

    /** The partition's version known here; 0 where nothing has come yet. */
    public long version(int partition) {
        Origin origin = partition < partitions.length ? partitions[partition] : null;
        return origin == null ? 0 : origin.version;
    }

    /** The shard's version known here; 0 where nothing has come yet. */
    public long version(ShardAddress shard) {
        Origin origin = shards.get(shard);
        return origin == null ? 0 : origin.version;
    }

    /** The shard's routes known here. */
    public List<ShardRoute> routes(ShardAddress shard) {
        Origin origin = shards.get(shard);
        if (origin == null) {
            return List.of();
        }
        List<ShardRoute> routes = new ArrayList<>(origin.filters.size());
        origin.filters.forEach((filter, flags) -> routes.add(new ShardRoute(filter, flags)));
        return routes;
    }

    /** A digest of the partition's filters: at equal versions two nodes have equal ones. */
    public long digest(int partition) {
        Origin origin = partition < partitions.length ? partitions[partition] : null;
        return origin == null ? 0 : origin.digest;
    }

    /** A digest of the shard's filters and flags: at equal versions two nodes have equal ones. */
    public long digest(ShardAddress shard) {
        Origin origin = shards.get(shard);
        return origin == null ? 0 : origin.digest;
    }

    /** The shards of which anything is known, in the order in which they became known. */
    public List<ShardAddress> shards() {
        return List.copyOf(shards.keySet());
    }

    /** A digest of all routes and versions. */
    public long digest() {
        long digest = 0;
        for (Origin origin : partitions) {
            if (origin != null && origin.version > 0) {
                digest += mix(mix(origin.version + origin.digest) + origin.index);
            }
        }
        for (Map.Entry<ShardAddress, Origin> entry : shards.entrySet()) {
            Origin origin = entry.getValue();
            if (origin.version > 0) {
                ShardAddress shard = entry.getKey();
                digest += mix(mix(mix(origin.version + origin.digest) + shard.node()) + shard.shard());
            }
        }
        return digest;
    }

    private static long hash(String filter, int flags) {
        if (flags == 0) {
            return 0;
        }
        long hash = 0xCBF29CE484222325L;
        for (int i = 0; i < filter.length(); i++) {
            hash = (hash ^ filter.charAt(i)) * 0x100000001B3L;
        }
        return mix(hash + flags);
    }

    private static long mix(long value) {
        long z = (value ^ value >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}
