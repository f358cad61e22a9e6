package io.covey.cluster;

import com.hazelcast.core.IndeterminateOperationStateException;
import io.covey.bucket.Bucket;
import io.covey.bucket.BucketVersion;
import io.covey.storage.RecoveredCopy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this member has brought with it: from its disk, and from a side of a split that it has given up. Each copy is kept until owner and backups of its
 * partition have it, or a newer one; where theirs is older they are given this one, by the rule of each merge that the newer one wins whole. Owned by
 * the thread of {@link LostBuckets}.
 */
final class BroughtCopies {
    /** An owner that is expelled, since it stands still, answers no more; then another one does. */
    private static final long ANSWER_SECONDS_MAX = 20;

    private static final Logger LOG = LoggerFactory.getLogger(BroughtCopies.class);

    private final HazelcastBuckets buckets;
    private final ClusterStorage storage;
    private final SplitCopies split = new SplitCopies();

    /** Of buckets that were brought: the node incarnations that they know. */
    private final Set<Long> met = new TreeSet<>();

    /**
     * What the owners have.
     *
     * @param missing partitions that have no bucket
     * @param behind partitions whose owner or backups do not have what this member has brought
     */
    record Found(Set<Integer> missing, Set<Integer> behind) {}

    BroughtCopies(HazelcastBuckets buckets, ClusterStorage storage) {
        this.buckets = buckets;
        this.storage = storage;
    }

    /** This member gives its side of a split up. Blocks for its partitions' threads; not on one of them. */
    void take() {
        split.take(buckets);
    }

    /** From any thread. */
    boolean isEmpty() {
        return storage.copies().isEmpty() && split.held().isEmpty();
    }

    /** One for each partition, or none at all. Of two copies the newer one. */
    List<RecoveredCopy> all() {
        Map<Integer, Bucket> ofSplit = split.held();
        List<RecoveredCopy> ofDisk = storage.copies();
        if (ofSplit.isEmpty()) {
            return ofDisk;
        }
        List<RecoveredCopy> all = new ArrayList<>();
        for (int partition = 0; partition < buckets.partitionCount(); partition++) {
            RecoveredCopy disk = ofDisk.isEmpty() ? new RecoveredCopy(partition, null, null) : ofDisk.get(partition);
            Bucket mine = ofSplit.get(partition);
            Bucket theirs = disk.bucket();
            boolean newer = mine != null && (theirs == null || mine.version().compareTo(theirs.version()) >= 0);
            all.add(newer ? new RecoveredCopy(partition, mine, null) : disk);
        }
        return all;
    }

    /** Node incarnations that buckets knew which have been brought from here. */
    Set<Long> met() {
        return met;
    }

    /** The cluster has all others. */
    void releaseExcept(Set<Integer> needed) {
        storage.releaseExcept(needed);
        split.releaseExcept(needed);
    }

    /**
     * Looks what the owners have, and brings them what is newer here. Blocks while owners do not answer, within a bound.
     *
     * @throws IllegalStateException where one does not answer, for now
     * @throws InterruptedException when interrupted
     */
    Found look() throws InterruptedException {
        List<RecoveredCopy> copies = all();
        Map<Integer, CompletableFuture<Integer>> asked = new TreeMap<>();
        for (int partition = 0; partition < buckets.partitionCount(); partition++) {
            RecoveredCopy copy = copies.isEmpty() ? null : copies.get(partition);
            Bucket sound = copy != null && copy.isSound() ? copy.bucket() : null;
            BucketVersion version = sound == null ? BucketVersion.ZERO : sound.version();
            asked.put(
                    partition,
                    buckets.map()
                            .submitToKey(buckets.key(partition), new LookProcessor(version))
                            .toCompletableFuture());
        }
        Found found = new Found(new TreeSet<>(), new TreeSet<>());
        for (Map.Entry<Integer, CompletableFuture<Integer>> each : asked.entrySet()) {
            int partition = each.getKey();
            int state = answer(partition, each.getValue());
            if (state == LookProcessor.ABSENT) {
                found.missing.add(partition);
            } else if (state == LookProcessor.BEHIND
                    && !bring(copies.get(partition), "the newer copy of a bucket is brought by this member")) {
                found.behind.add(partition);
            }
        }
        return found;
    }

    private static int answer(int partition, CompletableFuture<Integer> asked) throws InterruptedException {
        try {
            return asked.get(ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
        } catch (ExecutionException notConfirmed) {
            if (notConfirmed.getCause() instanceof IndeterminateOperationStateException) {
                return LookProcessor.BEHIND; // a backup is: what is brought goes to the backups, too
            }
            throw new IllegalStateException("partition " + partition + " cannot be asked for now", notConfirmed);
        } catch (TimeoutException late) {
            throw new IllegalStateException("the owner of partition " + partition + " does not answer", late);
        }
    }

    /**
     * Gives owner and backups a copy, unless they have a newer one; whether they have it now. The nodes that it knows are {@link #met} then.
     *
     * @param told what the log says of it
     */
    boolean bring(RecoveredCopy copy, String told) {
        Bucket bucket = BucketBatchProcessor.given(copy.bucket());
        if (!buckets.tryToRestore(copy.partition(), bucket)) {
            return false;
        }
        LOG.info("{}; partition={} version={}", told, copy.partition(), bucket.version());
        for (long node : bucket.nodes()) {
            met.add(node);
        }
        return true;
    }
}
