package io.covey.broker;

import io.covey.bucket.Command;
import io.covey.routing.SharedRoute;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.ToIntFunction;

/**
 * The partitions that get an append of a topic's publishes: because sessions there match, or because groups of Shared Subscriptions have their
 * buckets there. Immutable; made once per topic and route table.
 */
final class SharedAppends {
    private final int[] partitions;
    /** By the place of the partition; empty where no group has its bucket anywhere. */
    private final List<List<String>> shared;

    private final boolean[] throughBucket;

    private SharedAppends(int[] partitions, List<List<String>> shared, boolean[] throughBucket) {
        this.partitions = partitions;
        this.shared = shared;
        this.throughBucket = throughBucket;
    }

    /**
     * For a topic.
     *
     * @param sessions partitions with sessions that match
     * @param routes the groups that match
     * @param bucketOf the partition of the bucket that distributes for a group, or {@link SharedRoute#NO_PARTITION}
     */
    static SharedAppends of(int[] sessions, List<SharedRoute> routes, ToIntFunction<SharedRoute> bucketOf) {
        boolean[] throughBucket = new boolean[routes.size()];
        TreeMap<Integer, List<String>> filters = new TreeMap<>();
        for (int i = 0; i < throughBucket.length; i++) {
            SharedRoute route = routes.get(i);
            int partition = bucketOf.applyAsInt(route);
            throughBucket[i] = partition != SharedRoute.NO_PARTITION;
            if (throughBucket[i]) {
                filters.computeIfAbsent(partition, key -> new ArrayList<>(1)).add(route.filter());
            }
        }
        if (filters.isEmpty()) {
            return new SharedAppends(sessions, List.of(), throughBucket);
        }
        for (int partition : sessions) {
            filters.putIfAbsent(partition, List.of());
        }
        int[] all = filters.keySet().stream().mapToInt(Integer::intValue).toArray();
        return new SharedAppends(all, List.copyOf(filters.values()), throughBucket);
    }

    /** All partitions, ascending; not to be modified. */
    int[] partitions() {
        return partitions;
    }

    /** Whether the group at this place gets the publish from its bucket. */
    boolean isThroughBucket(int route) {
        return throughBucket[route];
    }

    /** The append for the partition at this place. */
    Command withShared(Command.Append append, int place) {
        List<String> filters = shared.isEmpty() ? List.of() : shared.get(place);
        return filters.isEmpty()
                ? append
                : new Command.Append(append.message(), append.publisher(), append.origin(), filters);
    }
}
