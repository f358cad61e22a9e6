package io.covey.routing;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Scratch for {@link RouteTable#match}, kept by its caller so that matching allocates nothing. Single owner; not to be shared by loops. */
public final class Matches {
    final LevelKey probe = new LevelKey();

    private @Nullable Destinations[] found = new Destinations[8];
    private int foundCount;
    private long[] partitionBits = new long[1];
    private long[] shardBits = new long[1];

    void clear() {
        foundCount = 0;
    }

    void add(Destinations destinations) {
        if (foundCount == found.length) {
            found = Arrays.copyOf(found, 2 * foundCount);
        }
        found[foundCount++] = destinations;
    }

    /** Reports the union of what was added, each destination once. */
    boolean report(boolean qosAbove0, @Nullable ShardAddress[] shards, RouteSink sink) {
        int flag = qosAbove0 ? ShardRoute.WANTS_QOS_ABOVE_0 : ShardRoute.WANTS_QOS_0;
        for (int i = 0; i < foundCount; i++) {
            mark(found[i], qosAbove0, flag);
        }
        boolean any = false;
        for (int word = 0; word < partitionBits.length; word++) {
            for (long bits = partitionBits[word]; bits != 0; bits &= bits - 1) {
                sink.partition(word << 6 | Long.numberOfTrailingZeros(bits));
                any = true;
            }
            partitionBits[word] = 0;
        }
        for (int word = 0; word < shardBits.length; word++) {
            for (long bits = shardBits[word]; bits != 0; bits &= bits - 1) {
                ShardAddress shard = shards[word << 6 | Long.numberOfTrailingZeros(bits)];
                if (shard != null) {
                    sink.shard(shard);
                    any = true;
                }
            }
            shardBits[word] = 0;
        }
        for (int i = 0; i < foundCount; i++) {
            any |= reportShared(Objects.requireNonNull(found[i]), flag, shards, sink);
            found[i] = null; // an old snapshot is not to be kept alive from here
        }
        foundCount = 0;
        return any;
    }

    /** Groups that subscribe to different filters are different ones: there is nothing to merge. */
    private static boolean reportShared(
            Destinations destinations, int flag, @Nullable ShardAddress[] shards, RouteSink sink) {
        boolean any = false;
        for (int i = 0; i < destinations.sharedCount(); i++) {
            SharedRoute route = destinations.shared(i).route(flag, shards);
            if (route != null) {
                sink.shared(route);
                any = true;
            }
        }
        return any;
    }

    private void mark(@Nullable Destinations destinations, boolean qosAbove0, int flag) {
        if (destinations == null) {
            return;
        }
        if (qosAbove0) {
            for (int i = 0; i < destinations.partitionCount(); i++) {
                partitionBits = set(partitionBits, destinations.partition(i));
            }
        }
        for (int i = 0; i < destinations.shardCount(); i++) {
            if ((destinations.flags(i) & flag) != 0) {
                shardBits = set(shardBits, destinations.shard(i));
            }
        }
    }

    private static long[] set(long[] bits, int index) {
        int word = index >>> 6;
        long[] room = word < bits.length ? bits : Arrays.copyOf(bits, word + 1);
        room[word] |= 1L << index;
        return room;
    }
}
