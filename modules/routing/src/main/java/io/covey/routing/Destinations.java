package io.covey.routing;

import java.util.Arrays;
import java.util.function.UnaryOperator;

/**
 * Where the publishes that match one filter go. Immutable.
 *
 * <p>Partitions stand in ascending order. Shards are named by their index in the table, which stands above two bits of {@link ShardRoute} flags,
 * in ascending order too.
 */
final class Destinations {
    static final Destinations NONE = new Destinations(new int[0], new int[0], SharedDestinations.NONE);

    private static final int FLAG_BITS = 2;
    private static final int FLAGS = (1 << FLAG_BITS) - 1;

    private final int[] partitions;
    private final int[] shards;
    private final SharedDestinations[] shared;

    private Destinations(int[] partitions, int[] shards, SharedDestinations[] shared) {
        this.partitions = partitions;
        this.shards = shards;
        this.shared = shared;
    }

    boolean isEmpty() {
        return partitions.length == 0 && shards.length == 0 && shared.length == 0;
    }

    int partitionCount() {
        return partitions.length;
    }

    int partition(int i) {
        return partitions[i];
    }

    int shardCount() {
        return shards.length;
    }

    int shard(int i) {
        return shards[i] >>> FLAG_BITS;
    }

    int flags(int i) {
        return shards[i] & FLAGS;
    }

    Destinations withPartition(int partition) {
        int at = Arrays.binarySearch(partitions, partition);
        return at >= 0 ? this : new Destinations(Ints.inserted(partitions, -1 - at, partition), shards, shared);
    }

    Destinations withoutPartition(int partition) {
        int at = Arrays.binarySearch(partitions, partition);
        return at < 0 ? this : new Destinations(Ints.removed(partitions, at), shards, shared);
    }

    /** With these flags for the shard; 0 removes it. */
    Destinations withShard(int shard, int flags) {
        int first = Arrays.binarySearch(shards, shard << FLAG_BITS);
        int at = first >= 0 ? first : -1 - first;
        boolean present = at < shards.length && shards[at] >>> FLAG_BITS == shard;
        int entry = shard << FLAG_BITS | flags;
        if (flags == 0) {
            return present ? new Destinations(partitions, Ints.removed(shards, at), shared) : this;
        }
        if (!present) {
            return new Destinations(partitions, Ints.inserted(shards, at, entry), shared);
        }
        if (shards[at] == entry) {
            return this;
        }
        int[] changed = shards.clone();
        changed[at] = entry;
        return new Destinations(partitions, changed, shared);
    }

    int sharedCount() {
        return shared.length;
    }

    SharedDestinations shared(int i) {
        return shared[i];
    }

    /** With other Shared Subscriptions to this filter. */
    Destinations withShared(UnaryOperator<SharedDestinations[]> change) {
        return new Destinations(partitions, shards, change.apply(shared));
    }
}
