package io.covey.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Whether all partitions of the cluster have their copies, confirmed by the members that hold them: then any one of these may go. What was
 * confirmed counts for as long as the partition's replicas stay where they are. One thread at a time.
 */
final class ReplicaCheck {
    private static final long PATIENCE_MILLIS = 2_000;
    private static final int NEVER = -1;

    private final HazelcastInstance hazelcast;
    private final HazelcastBuckets buckets;
    private final PartitionHost host;

    /** The assignment under which the replicas were seen to follow. */
    private final int[] followedUnder;

    ReplicaCheck(HazelcastBuckets buckets, PartitionHost host) {
        this.hazelcast = buckets.member();
        this.buckets = buckets;
        this.host = host;
        followedUnder = new int[buckets.partitionCount()];
        Arrays.fill(followedUnder, NEVER);
    }

    /** What is missing for every partition to have its copies, in words; the empty string where nothing is. Blocks for a bounded time. */
    synchronized String behind() {
        try {
            return look();
        } catch (HazelcastInstanceNotActiveException ended) {
            return "the cluster's member has ended";
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }

    /** How many partitions have a replica here. */
    int heldHere() {
        int held = 0;
        for (int partition = 0; partition < followedUnder.length; partition++) {
            held += host.isReplica(hazelcast, partition) ? 1 : 0;
        }
        return held;
    }

    /** What was asked of a partition's replicas, and under which assignment. */
    private record Asked(int partition, int assignment, CompletionStage<Integer> answer) {}

    private String look() throws InterruptedException {
        List<Asked> all = new ArrayList<>();
        for (int partition = 0; partition < followedUnder.length; partition++) {
            int assignment = host.assignmentVersion(hazelcast, partition);
            if (followedUnder[partition] != assignment) {
                all.add(new Asked(
                        partition,
                        assignment,
                        buckets.map().submitToKey(buckets.key(partition), new FollowProcessor(partition))));
            }
        }
        long limit = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        int behind = 0;
        for (Asked asked : all) {
            boolean follow = answer(asked.answer, limit) != FollowProcessor.UNASSIGNED;
            if (follow && host.assignmentVersion(hazelcast, asked.partition) == asked.assignment) {
                // One that is missing everywhere counts, too: it does not come by waiting, and is told elsewhere.
                followedUnder[asked.partition] = asked.assignment;
            } else {
                behind++;
            }
        }
        return behind == 0
                ? ""
                : behind + " of " + followedUnder.length + " partitions do not have their " + host.backupCount()
                        + " backups yet";
    }

    private static int answer(CompletionStage<Integer> asked, long limitNanos) throws InterruptedException {
        try {
            return asked.toCompletableFuture().get(Math.max(1, limitNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (ExecutionException | TimeoutException notConfirmed) {
            return FollowProcessor.UNASSIGNED;
        }
    }
}
