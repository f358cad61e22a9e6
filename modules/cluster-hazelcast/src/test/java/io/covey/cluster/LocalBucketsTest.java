package io.covey.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.broker.MembershipView;
import io.covey.bucket.Batch;
import io.covey.bucket.BucketLimits;
import io.covey.bucket.Command;
import io.covey.routing.ShardAddress;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LocalBucketsTest {
    private final AtomicInteger halts = new AtomicInteger();
    private final TestLoop loop = new TestLoop("shard-0");
    private final LocalBuckets buckets = new LocalBuckets(
            7, BucketLimits.DEFAULT, System::currentTimeMillis, (reason, cause) -> halts.incrementAndGet());

    @AfterEach
    void close() {
        buckets.close();
        loop.close();
    }

    @Test
    void aNodeAloneOwnsEveryPartition() {
        assertThat(buckets.gateway(loop).partitionCount()).isEqualTo(7);
        assertThat(buckets.ownedPartitions()).containsExactly(0, 1, 2, 3, 4, 5, 6);
    }

    @Test
    void aNewIncarnationReplacesTheOldOneInTheView() {
        buckets.begin(11);
        MembershipView view = buckets.begin(12);

        assertThat(view).isEqualTo(new MembershipView(2, List.of(12L), List.of(11L)));
    }

    @Test
    void afterTheEndABatchIsAnsweredAsUnknownOnTheLoop() {
        buckets.begin(1);
        buckets.close();

        Answers answer = Answers.of(buckets.gateway(loop), loop, 0, tick(1, 1), false);

        assertThat(answer).isInstanceOf(Answers.Unknown.class);
        assertThat(halts).hasValue(0);
    }

    private static Batch tick(long node, long sequence) {
        return new Batch(new ShardAddress(node, 0), sequence, System.currentTimeMillis(), List.of(new Command.Tick()));
    }
}
