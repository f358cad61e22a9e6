package io.covey.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.broker.DropReason;
import io.covey.bucket.Batch;
import io.covey.bucket.BatchOutcome;
import io.covey.bucket.Bucket;
import io.covey.bucket.BucketFigures;
import io.covey.bucket.BucketLimits;
import io.covey.bucket.Command;
import io.covey.bucket.NodeRoom;
import io.covey.bucket.Result;
import io.covey.bucket.Standing;
import io.covey.protocol.Message;
import io.covey.protocol.Properties;
import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import io.covey.routing.Subscription;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What a node knows of its buckets without asking them. */
class BucketLoadTest {
    private static final ShardAddress SHARD = new ShardAddress(1, 0);

    private final Map<DropReason, Integer> dropped = new EnumMap<>(DropReason.class);
    private final AtomicLong expired = new AtomicLong();
    private final BucketLoad load = new BucketLoad(
            3, 40_000, (reason, count) -> dropped.merge(reason, count, Integer::sum), expired::addAndGet);
    private final Bucket bucket = new Bucket(new BucketLimits(2, 1 << 20, 1 << 20, 2, 10_000));
    private long sequence;

    private long nowMillis = 1_000;

    private Result run(Command command) {
        Batch batch = new Batch(SHARD, ++sequence, nowMillis, List.of(command));
        Standing standing = new Standing(1, Standing.ALONE, true, node -> true, nowMillis, NodeRoom.ALL);
        BatchOutcome.Applied applied = (BatchOutcome.Applied) bucket.apply(batch, standing);
        return applied.result().results().get(0);
    }

    private static Message message(int bytes) {
        return new Message("a", new byte[bytes], QoS.AT_LEAST_ONCE, false, Properties.EMPTY, 0, Message.NEVER);
    }

    private void queueOf(String clientId) {
        Result.Opened opened = (Result.Opened)
                run(new Command.OpenSession(clientId, SHARD, false, 60, 1, null, Command.OpenSession.AT_ONCE));
        Subscription all = new Subscription("a", QoS.AT_LEAST_ONCE, false, false, 0, 0);
        run(new Command.Subscribe(clientId, opened.epoch(), List.of(all)));
    }

    @Test
    void roomEndsForMessagesFirstAndThenForSessions() {
        queueOf("c");
        assertThat(load.room()).isEqualTo(NodeRoom.ALL);
        run(new Command.Append(message(15_000), "p", null));

        load.applied(0, bucket);
        assertThat(load.room()).isEqualTo(NodeRoom.ALL);
        load.replicated(1, bucket);
        load.replicated(1, bucket);
        assertThat(load.bytes()).isEqualTo(2 * bucket.figures().bytes());
        assertThat(load.room()).isEqualTo(NodeRoom.ALL);
        run(new Command.Append(message(10_000), "p", null));
        load.applied(0, bucket);
        assertThat(load.room()).isEqualTo(NodeRoom.SESSIONS);
        load.applied(2, bucket);
        assertThat(load.room()).isEqualTo(NodeRoom.NOTHING);

        load.gone(2);
        load.gone(2);
        load.gone(1);
        assertThat(load.room()).isEqualTo(NodeRoom.ALL);
        assertThat(load.bytes()).isEqualTo(bucket.figures().bytes());
    }

    @Test
    void sessionsThatExpireAreTold() {
        Result.Opened opened = (Result.Opened)
                run(new Command.OpenSession("c", SHARD, false, 60, 1, null, Command.OpenSession.AT_ONCE));
        run(new Command.CloseSession("c", opened.epoch(), -1, false, -1));
        load.applied(0, bucket);
        nowMillis += 61_000;
        run(new Command.Tick());

        load.applied(0, bucket);
        load.applied(0, bucket);

        assertThat(expired).hasValue(1);
    }

    @Test
    void onlyOwnedBucketsAreSummedUp() {
        queueOf("c");
        load.applied(0, bucket);
        load.replicated(1, bucket);
        assertThat(load.owned()).isEqualTo(bucket.figures());
        assertThat(load.owned().subscriptions()).isEqualTo(1);

        load.applied(1, bucket);
        assertThat(load.owned()).isEqualTo(bucket.figures().plus(bucket.figures()));
        load.replicated(0, bucket);
        load.gone(1);
        assertThat(load.owned()).isEqualTo(BucketFigures.NONE);
    }

    @Test
    void theOldestQueuedMessageOfOwnedBucketsIsKnown() {
        load.applied(0, bucket);
        assertThat(load.oldestQueuedAtMillis()).isEqualTo(-1);
        queueOf("c");
        queueOf("d");
        run(new Command.Append(publishedAt(700), "p", null));
        run(new Command.Append(publishedAt(800), "p", null));
        load.replicated(1, bucket);
        assertThat(load.oldestQueuedAtMillis()).as("a backup does not count").isEqualTo(-1);

        load.applied(0, bucket);
        assertThat(load.oldestQueuedAtMillis()).isEqualTo(700);
        load.applied(2, new Bucket(new BucketLimits(2, 1 << 20, 1 << 20, 2, 10_000)));
        assertThat(load.oldestQueuedAtMillis()).as("an empty bucket has none").isEqualTo(700);
        load.gone(0);
        assertThat(load.oldestQueuedAtMillis()).isEqualTo(-1);
    }

    private static Message publishedAt(long millis) {
        return new Message("a", new byte[1], QoS.AT_LEAST_ONCE, false, Properties.EMPTY, millis, Message.NEVER);
    }

    @Test
    void whatAnOwnedBucketDropsIsToldOnce() {
        queueOf("c");
        load.applied(0, bucket);
        for (int i = 0; i < 5; i++) {
            run(new Command.Append(message(1), "p", null));
        }
        load.applied(0, bucket);
        load.applied(0, bucket);
        assertThat(dropped).containsExactly(Map.entry(DropReason.QUEUE_FULL, 3));

        run(new Command.Append(message(1), "p", null));
        load.replicated(0, bucket); // which another node has told
        load.applied(0, bucket);
        load.gone(0);
        load.applied(0, bucket); // what came with the bucket is not new
        assertThat(dropped).containsExactly(Map.entry(DropReason.QUEUE_FULL, 3));
    }
}
