package io.covey.cluster;

import io.covey.broker.BucketGateway;
import io.covey.broker.ShardLoop;
import io.covey.bucket.Batch;
import io.covey.bucket.BatchOutcome;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One shard's way to the buckets of a node that runs alone. Answers of one turn of the bucket thread reach the loop as one task. */
final class LocalBucketGateway implements BucketGateway {
    private final LocalBuckets buckets;
    private final ShardLoop loop;

    /** What the running turn has answered; touched by the bucket thread only. */
    private List<Answered> answered = new ArrayList<>();

    private record Answered(Answer answer, @Nullable BatchOutcome outcome) {
        void tell(boolean written) {
            if (outcome instanceof BatchOutcome.Refused refused) {
                answer.refused(refused.refusal());
            } else if (written && outcome instanceof BatchOutcome.Applied applied) {
                answer.confirmed(applied.result());
            } else {
                answer.unknown("not written to disk");
            }
        }
    }

    LocalBucketGateway(LocalBuckets buckets, ShardLoop loop) {
        this.buckets = buckets;
        this.loop = loop;
    }

    @Override
    public int partitionCount() {
        return buckets.partitionCount();
    }

    @Override
    public void submit(int partition, Batch batch, boolean repair, Answer answer) {
        if (!buckets.offer(new LocalBuckets.Work(this, partition, batch, answer))) {
            loop.submit(() -> answer.unknown("no room at the bucket thread"));
        }
    }

    /** Notes an outcome, on the bucket thread; null where the batch could not be kept. */
    void answered(Answer answer, @Nullable BatchOutcome outcome) {
        answered.add(new Answered(answer, outcome));
    }

    /**
     * What was noted, on the bucket thread: to be run once it is as durable as it is to be, on any thread.
     *
     * @param written whether what was applied is written; if not, it is answered as unknown
     */
    @Nullable
    Runnable delivery(boolean written) {
        if (answered.isEmpty()) {
            return null;
        }
        List<Answered> turn = answered;
        answered = new ArrayList<>();
        return () -> loop.submit(() -> turn.forEach(each -> each.tell(written)));
    }
}
