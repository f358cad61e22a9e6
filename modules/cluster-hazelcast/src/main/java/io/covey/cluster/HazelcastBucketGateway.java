package io.covey.cluster;

import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.core.IndeterminateOperationStateException;
import com.hazelcast.core.MemberLeftException;
import com.hazelcast.spi.exception.RetryableException;
import io.covey.broker.BucketGateway;
import io.covey.broker.ShardLoop;
import io.covey.bucket.Batch;
import io.covey.bucket.BatchResult;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One shard's way to the buckets of its cluster. Owned by the shard's loop; Hazelcast's completions come there directly.
 */
final class HazelcastBucketGateway implements BucketGateway {
    /** After how many attempts in a row whose backups did not answer they are given the whole bucket. */
    private static final int UNANSWERED_BEFORE_WHOLE = 2;

    private final HazelcastBuckets buckets;
    private final ShardLoop loop;
    private final @Nullable Attempt[] inFlight;
    private final int[] unanswered;

    /** What all replicas have written and may not have synced. */
    private List<Unsynced> unsynced = new ArrayList<>();

    private boolean syncing;

    private record Unsynced(Attempt attempt, BatchResult result) {}

    /** One try to send one batch. */
    private static final class Attempt {
        private final int partition;
        private final BucketBatchProcessor processor;
        private final Answer answer;

        Attempt(int partition, BucketBatchProcessor processor, Answer answer) {
            this.partition = partition;
            this.processor = processor;
            this.answer = answer;
        }
    }

    HazelcastBucketGateway(HazelcastBuckets buckets, ShardLoop loop) {
        this.buckets = buckets;
        this.loop = loop;
        this.inFlight = new Attempt[buckets.partitionCount()];
        this.unanswered = new int[buckets.partitionCount()];
    }

    @Override
    public int partitionCount() {
        return buckets.partitionCount();
    }

    @Override
    public void submit(int partition, Batch batch, boolean repair, Answer answer) {
        boolean whole = repair && unanswered[partition] >= UNANSWERED_BEFORE_WHOLE;
        Attempt attempt = new Attempt(partition, new BucketBatchProcessor(partition, batch, whole), answer);
        inFlight[partition] = attempt;
        try {
            var unused = buckets.send(partition, attempt.processor)
                    .whenCompleteAsync(
                            (value, failure) -> loop.submit(() -> completed(attempt, value, failure)), Runnable::run);
        } catch (RuntimeException refusedHere) {
            loop.submit(() -> completed(attempt, null, refusedHere));
        }
    }

    /** Gives up what is in flight, from any thread: a late answer is ignored, and a late execution is a repeat. */
    void giveUp() {
        loop.submit(() -> {
            List<Attempt> given = new ArrayList<>();
            for (Attempt attempt : inFlight) {
                if (attempt != null) {
                    given.add(attempt);
                }
            }
            given.forEach(attempt -> unknown(attempt, "member left"));
        });
    }

    private void completed(Attempt attempt, @Nullable Object value, @Nullable Throwable failure) {
        if (inFlight[attempt.partition] != attempt) {
            return; // given up before
        }
        if (failure != null) {
            if (failure instanceof IndeterminateOperationStateException
                    && !(failure.getCause() instanceof MemberLeftException)) {
                unanswered[attempt.partition]++;
            }
            unknown(attempt, cause(failure));
            return;
        }
        BatchAnswer answered = value == null ? attempt.processor.answer() : buckets.read(value);
        if (answered instanceof BatchAnswer.Applied applied) {
            unanswered[attempt.partition] = 0;
            if (buckets.isSynced()) {
                unsynced.add(new Unsynced(attempt, applied.result()));
                sync();
            } else {
                confirmed(attempt, applied.result());
            }
        } else if (answered instanceof BatchAnswer.Refused refused) {
            inFlight[attempt.partition] = null;
            attempt.answer.refused(refused.refusal());
        } else {
            unknown(attempt, answered instanceof BatchAnswer.Missing ? "bucket missing" : "unconfirmed");
        }
    }

    private void confirmed(Attempt attempt, BatchResult result) {
        inFlight[attempt.partition] = null;
        attempt.answer.confirmed(result);
    }

    /** Has all members sync, one time after the other; what was applied meanwhile shares the next. */
    private void sync() {
        if (syncing || unsynced.isEmpty()) {
            return;
        }
        syncing = true;
        List<Unsynced> covered = unsynced;
        unsynced = new ArrayList<>();
        CompletableFuture<Void> synced;
        try {
            synced = buckets.sync();
        } catch (RuntimeException stopped) {
            synced = CompletableFuture.failedFuture(stopped);
        }
        var unused = synced.whenCompleteAsync(
                (nothing, failure) -> loop.submit(() -> synced(covered, failure)), Runnable::run);
    }

    private void synced(List<Unsynced> covered, @Nullable Throwable failure) {
        syncing = false;
        for (Unsynced each : covered) {
            if (inFlight[each.attempt.partition] != each.attempt) {
                continue; // given up meanwhile
            }
            if (failure == null) {
                confirmed(each.attempt, each.result);
            } else {
                unknown(each.attempt, "not synced");
            }
        }
        sync();
    }

    private void unknown(Attempt attempt, String cause) {
        inFlight[attempt.partition] = null;
        attempt.answer.unknown(cause);
    }

    /** A name for the kind of failure, of which there are few: it becomes a label of a metric. */
    private static String cause(Throwable failure) {
        if (failure instanceof IndeterminateOperationStateException) {
            return "backup unanswered";
        }
        if (failure instanceof HazelcastInstanceNotActiveException) {
            return "member stopped";
        }
        return failure instanceof RetryableException ? "bucket moving" : "failed";
    }
}
