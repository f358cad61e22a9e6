package io.covey.routing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the members of one Shared Subscription are. Immutable. Shards are named by their index in the table, in ascending order; each has its
 * {@link ShardRoute} flags, which count its members.
 */
final class SharedDestinations {
    static final SharedDestinations[] NONE = {};

    private static final int[] NO_SHARDS = {};

    private final String filter;
    private final int partition;
    private final int[] shards;
    private final int[] flags;

    private SharedDestinations(String filter, int partition, int[] shards, int[] flags) {
        this.filter = filter;
        this.partition = partition;
        this.shards = shards;
        this.flags = flags;
    }

    /** These groups with a bucket for one of them, or without where the partition is {@link SharedRoute#NO_PARTITION}. */
    static SharedDestinations[] withPartition(SharedDestinations[] groups, String filter, int partition) {
        SharedDestinations group = find(groups, filter);
        return replaced(groups, new SharedDestinations(filter, partition, group.shards, group.flags));
    }

    /** These groups with these flags for one of them in a shard; 0 removes the shard. */
    static SharedDestinations[] withShard(SharedDestinations[] groups, String filter, int shard, int newFlags) {
        return replaced(groups, find(groups, filter).withShard(shard, newFlags));
    }

    private SharedDestinations withShard(int shard, int newFlags) {
        int found = Arrays.binarySearch(shards, shard);
        if (newFlags == 0) {
            return found < 0
                    ? this
                    : new SharedDestinations(
                            filter, partition, Ints.removed(shards, found), Ints.removed(flags, found));
        }
        if (found >= 0) {
            int[] changed = flags.clone();
            changed[found] = newFlags;
            return new SharedDestinations(filter, partition, shards, changed);
        }
        int at = -1 - found;
        return new SharedDestinations(
                filter, partition, Ints.inserted(shards, at, shard), Ints.inserted(flags, at, newFlags));
    }

    private static SharedDestinations find(SharedDestinations[] groups, String filter) {
        for (SharedDestinations group : groups) {
            if (group.filter.equals(filter)) {
                return group;
            }
        }
        return new SharedDestinations(filter, SharedRoute.NO_PARTITION, NO_SHARDS, NO_SHARDS);
    }

    /** In the order of their names, so that equal sets of routes make equal tables. */
    private static SharedDestinations[] replaced(SharedDestinations[] groups, SharedDestinations changed) {
        List<SharedDestinations> next = new ArrayList<>(groups.length + 1);
        for (SharedDestinations group : groups) {
            if (!group.filter.equals(changed.filter)) {
                next.add(group);
            }
        }
        if (changed.partition != SharedRoute.NO_PARTITION || changed.shards.length > 0) {
            next.add(changed);
            next.sort((left, right) -> left.filter.compareTo(right.filter));
        }
        return next.isEmpty() ? NONE : next.toArray(NONE);
    }

    /** The members that want publishes with this flag, or null where there is nobody and nothing. */
    @Nullable
    SharedRoute route(int flag, @Nullable ShardAddress[] table) {
        List<ShardAddress> wanting = new ArrayList<>(shards.length);
        int[] members = new int[shards.length];
        for (int i = 0; i < shards.length; i++) {
            ShardAddress shard = table[shards[i]];
            int count = ShardRoute.members(flags[i]);
            if (shard != null && (flags[i] & flag) != 0 && count > 0) {
                members[wanting.size()] = count;
                wanting.add(shard);
            }
        }
        return wanting.isEmpty() && partition == SharedRoute.NO_PARTITION
                ? null
                : new SharedRoute(filter, partition, List.copyOf(wanting), Arrays.copyOf(members, wanting.size()));
    }
}
