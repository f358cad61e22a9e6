package io.covey.cluster;

import io.covey.broker.BucketGateway;
import io.covey.broker.ShardLoop;
import io.covey.bucket.Batch;
import io.covey.bucket.BatchOutcome;
import java.util.ArrayList;
import java.util.List;

/** One shard's way to the buckets of a node that runs alone. Answers of one turn of the bucket thread reach the loop as one task. */
final class LocalBucketGateway implements BucketGateway {
    private final LocalBuckets buckets;
    private final ShardLoop loop;

    /** What the running turn has answered; touched by the bucket thread only. */
    private List<Runnable> answered = new ArrayList<>();

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

    /** Notes an outcome, on the bucket thread. */
    void answered(Answer answer, BatchOutcome outcome) {
        if (outcome instanceof BatchOutcome.Applied applied) {
            answered.add(() -> answer.confirmed(applied.result()));
        } else if (outcome instanceof BatchOutcome.Refused refused) {
            answered.add(() -> answer.refused(refused.refusal()));
        }
    }

    /** Hands what was noted to the loop, on the bucket thread. */
    void deliver() {
        if (answered.isEmpty()) {
            return;
        }
        List<Runnable> turn = answered;
        answered = new ArrayList<>();
        loop.submit(() -> turn.forEach(Runnable::run));
    }
}
