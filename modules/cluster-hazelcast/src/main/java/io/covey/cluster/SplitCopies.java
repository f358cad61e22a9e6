package io.covey.cluster;

import com.hazelcast.core.HazelcastInstance;
import io.covey.bucket.Bucket;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The buckets that this member held on a side of a split which it has given up, as owner or as backup, until the other side has them, or newer ones. Where that has
 * none at all, nobody can know by one of them that it is the newest, so none is used before {@link LostBuckets} says so (ADR 0014).
 */
final class SplitCopies {
    private static final long TAKE_SECONDS_MAX = 10;

    private static final Logger LOG = LoggerFactory.getLogger(SplitCopies.class);

    /** Not changed in place. */
    private volatile Map<Integer, Bucket> held = Map.of();

    /** By partition; not to be modified. From any thread. */
    Map<Integer, Bucket> held() {
        return held;
    }

    /**
     * Keeps what this member holds, before Hazelcast clears its partitions. Batches have ended here: this member's node has lost its right to change what
     * it owns, and backups change only until all members of this side have given up. Blocks for the partitions' threads, within a bound; not on one of them.
     */
    void take(HazelcastBuckets buckets) {
        HazelcastInstance member = buckets.member();
        PartitionHost host = PartitionHost.of(member);
        PartitionPlaces places = BucketBatchProcessor.given(host.places());
        Map<Integer, Bucket> taken = new ConcurrentHashMap<>();
        CountDownLatch looked = new CountDownLatch(buckets.partitionCount());
        for (int each = 0; each < buckets.partitionCount(); each++) {
            int partition = each;
            buckets.onPartitionThread(partition, () -> {
                try {
                    BucketHolder holder = host.isReplica(member, partition) ? places.holder(partition) : null;
                    Bucket bucket = holder == null ? null : holder.bucket();
                    if (bucket != null) {
                        taken.put(partition, bucket);
                    }
                } finally {
                    looked.countDown();
                }
            });
        }
        try {
            if (!looked.await(TAKE_SECONDS_MAX, TimeUnit.SECONDS)) {
                LOG.error(
                        "partitions were busy for too long to keep their buckets before this side of a split gives up");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        // One that was kept at an earlier merge may not have been brought to its owner yet.
        Map<Integer, Bucket> all = new HashMap<>(held);
        taken.forEach((partition, bucket) -> all.merge(partition, bucket, SplitCopies::newer));
        held = Map.copyOf(all);
    }

    private static Bucket newer(Bucket one, Bucket other) {
        return other.version().compareTo(one.version()) >= 0 ? other : one;
    }

    /** The cluster has the buckets of all other partitions. */
    void releaseExcept(Set<Integer> needed) {
        Map<Integer, Bucket> known = held;
        if (!needed.containsAll(known.keySet())) {
            Map<Integer, Bucket> still = new HashMap<>(known);
            still.keySet().retainAll(needed);
            held = Map.copyOf(still);
        }
    }
}
