package io.covey.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import io.covey.broker.BucketGateway;
import io.covey.broker.MembershipView;
import io.covey.bucket.Batch;
import io.covey.bucket.BucketLimits;
import io.covey.bucket.Command;
import io.covey.bucket.Refusal;
import io.covey.bucket.Result;
import io.covey.bucket.Shortage;
import io.covey.protocol.Message;
import io.covey.protocol.Properties;
import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LocalBucketsTest {
    private final Set<HazelcastInstance> ofOtherTests = Hazelcast.getAllHazelcastInstances();
    private final AtomicInteger halts = new AtomicInteger();
    private final CompletableFuture<Throwable> halted = new CompletableFuture<>();
    private final TestLoop loop = new TestLoop("shard-0");
    private final BucketLoad load = new BucketLoad(7, 20_000, (reason, count) -> {});
    private final LocalBuckets buckets =
            new LocalBuckets(7, BucketLimits.DEFAULT, load, System::currentTimeMillis, (reason, cause) -> {
                halts.incrementAndGet();
                halted.complete(cause);
            });

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
    void batchesAreAppliedAndAnsweredOnTheLoop() {
        buckets.begin(1);
        BucketGateway gateway = buckets.gateway(loop);

        for (int partition = 0; partition < 7; partition++) {
            for (int sequence = 1; sequence <= 3; sequence++) {
                Answers answer = Answers.of(gateway, loop, partition, tick(1, sequence), false);
                assertThat(answer).isInstanceOf(Answers.Confirmed.class);
            }
        }
        assertThat(halts).hasValue(0);
    }

    @Test
    void aNodeWithoutRoomRefusesMessagesAndTellsWhatItHolds() {
        buckets.begin(1);
        BucketGateway gateway = buckets.gateway(loop);
        Message message =
                new Message("t", new byte[8_000], QoS.AT_LEAST_ONCE, true, Properties.EMPTY, 0, Message.NEVER);
        List<Shortage> refusals = new ArrayList<>();
        for (int partition = 0; partition < 4; partition++) {
            Batch batch = new Batch(
                    new ShardAddress(1, 0), 1, System.currentTimeMillis(), List.of(new Command.Retain(message, null)));
            Answers.Confirmed confirmed = (Answers.Confirmed) Answers.of(gateway, loop, partition, batch, false);
            refusals.add(((Result.RetainedStored) confirmed.result().results().get(0)).refused());
        }

        assertThat(refusals).containsExactly(null, null, null, Shortage.NODE);
        assertThat(load.owned().retained()).isEqualTo(3);
        assertThat(load.bytes()).isEqualTo(load.owned().bytes()).isBetween(24_000L, 26_000L);
    }

    @Test
    void batchesOfAnEarlierIncarnationAreRefused() {
        buckets.begin(1);
        buckets.begin(2);

        Answers answer = Answers.of(buckets.gateway(loop), loop, 0, tick(1, 1), false);

        assertThat(answer).isEqualTo(new Answers.Refused(Refusal.SENDER_NOT_MEMBER));
    }

    @Test
    void aBucketThatFailsHaltsTheNodeAndAnswersNothing() throws Exception {
        buckets.begin(1);
        Batch broken =
                new Batch(new ShardAddress(1, 0), 1, System.currentTimeMillis(), Collections.singletonList(null));

        CompletableFuture<Answers> answer = Answers.submit(buckets.gateway(loop), loop, 0, broken, false);

        halted.get(TestMember.WAIT_SECONDS, TimeUnit.SECONDS);
        assertThat(loop.call(answer::isDone)).isFalse();
    }

    @Test
    void aNodeAloneStartsNoHazelcast() {
        buckets.begin(1);
        Answers.of(buckets.gateway(loop), loop, 0, tick(1, 1), false);

        Set<HazelcastInstance> started = new HashSet<>(Hazelcast.getAllHazelcastInstances());
        started.removeAll(ofOtherTests);
        assertThat(started).isEmpty();
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
