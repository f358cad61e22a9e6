package io.covey.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.IntPredicate;

/**
 * Whether all partitions of the cluster have their copies, confirmed by the members that hold them: then any one of these may go. What was
 * confirmed counts for as long as the partition's replicas stay where they are. From any thread; one looks at a time.
 */
final class ReplicaCheck {
    private static final long PATIENCE_MILLIS = 2_000;
    private static final int NEVER = -1;

    private final HazelcastInstance hazelcast;
    private final HazelcastBuckets buckets;
    private final PartitionHost host;

    /** The assignment under which the replicas were seen to follow. */
    private final AtomicIntegerArray followedUnder;

    /** 1 where there was no bucket. */
    private final AtomicIntegerArray missing;

    ReplicaCheck(HazelcastBuckets buckets, PartitionHost host) {
        this.hazelcast = buckets.member();
        this.buckets = buckets;
        this.host = host;
        followedUnder = new AtomicIntegerArray(buckets.partitionCount());
        missing = new AtomicIntegerArray(buckets.partitionCount());
        for (int partition = 0; partition < followedUnder.length(); partition++) {
            followedUnder.set(partition, NEVER);
        }
    }

    /** What is missing for every partition to have its copies, in words; the empty string where nothing is. Blocks for a bounded time. */
    String behind() {
        try {
            int behind = look(partition -> true);
            return behind == 0
                    ? ""
                    : behind + " of " + followedUnder.length() + " partitions do not have their " + host.backupCount()
                            + " backups yet";
        } catch (HazelcastInstanceNotActiveException ended) {
            return "the cluster's member has ended";
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }

    /**
     * Asks after those partitions that this member owns, where their replicas have moved since they were asked last. Blocks for a bounded time.
     *
     * @throws InterruptedException when interrupted
     */
    void lookAtOwned() throws InterruptedException {
        look(buckets::isOwnedHere);
    }

    /** How many of the partitions that this member owns are not known to have all their copies. Does not block. */
    int behindHere() {
        int behind = 0;
        for (int partition = 0; partition < followedUnder.length(); partition++) {
            boolean known = missing.get(partition) == 0
                    && followedUnder.get(partition) == host.assignmentVersion(hazelcast, partition);
            behind += !known && buckets.isOwnedHere(partition) ? 1 : 0;
        }
        return behind;
    }

    /** How many partitions have a replica here. */
    int heldHere() {
        int held = 0;
        for (int partition = 0; partition < followedUnder.length(); partition++) {
            held += host.isReplica(hazelcast, partition) ? 1 : 0;
        }
        return held;
    }

    /** What was asked of a partition's replicas, and under which assignment. */
    private record Asked(int partition, int assignment, CompletionStage<Integer> answer) {}

    /** How many of these partitions lack a copy. */
    private synchronized int look(IntPredicate which) throws InterruptedException {
        List<Asked> all = new ArrayList<>();
        for (int partition = 0; partition < followedUnder.length(); partition++) {
            int assignment = host.assignmentVersion(hazelcast, partition);
            if (which.test(partition) && (followedUnder.get(partition) != assignment || missing.get(partition) != 0)) {
                all.add(new Asked(
                        partition,
                        assignment,
                        buckets.map().submitToKey(buckets.key(partition), new FollowProcessor(partition))));
            }
        }
        long limit = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        int behind = 0;
        for (Asked asked : all) {
            int answer = answer(asked.answer, limit);
            if (answer != FollowProcessor.UNASSIGNED
                    && host.assignmentVersion(hazelcast, asked.partition) == asked.assignment) {
                // One that is missing everywhere is not waited for: it does not come by that, and is told elsewhere.
                missing.set(asked.partition, answer == FollowProcessor.MISSING ? 1 : 0);
                followedUnder.set(asked.partition, asked.assignment);
            } else {
                behind++;
            }
        }
        return behind;
    }

    private static int answer(CompletionStage<Integer> asked, long limitNanos) throws InterruptedException {
        try {
            return asked.toCompletableFuture().get(Math.max(1, limitNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (ExecutionException | TimeoutException notConfirmed) {
            return FollowProcessor.UNASSIGNED;
        }
    }
}
