package io.covey.cluster;

import io.covey.broker.DropReason;
import io.covey.bucket.Bucket;
import io.covey.bucket.BucketFigures;
import io.covey.bucket.NodeRoom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.LongConsumer;
import java.util.function.ObjIntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What the buckets on this node hold, as owner or as backup, and whether there is room for more. Each replica's figures are noted on its
 * partition's thread after every batch, so that asking costs nothing there; a bucket gets a batch at least with each of its ticks. Any thread
 * may ask.
 */
public final class BucketLoad {
    /** Queues are looked through so often, each session of them: some microseconds for a hundred. */
    private static final long LOOK_NANOS = 5_000_000_000L;

    private final long bytesMax;
    private final ObjIntConsumer<DropReason> dropped;
    private final LongConsumer expired;
    private final AtomicReferenceArray<@Nullable Replica> replicas;
    private final AtomicLong bytes = new AtomicLong();

    /** Per partition, on its thread: when its queues were last looked through, by {@link System#nanoTime}. */
    private final long[] lookedAtNanos;

    /** @param oldestQueuedAtMillis as it was when the queues were last looked through; -1 where they are empty */
    private record Replica(BucketFigures figures, boolean owned, long oldestQueuedAtMillis) {}

    /**
     * @param bytesMax memory for buckets on this node: beyond it messages are refused, and a quarter more beyond sessions too
     * @param dropped hears of messages that owned buckets drop, on their threads
     */
    public BucketLoad(int partitions, long bytesMax, ObjIntConsumer<DropReason> dropped) {
        this(partitions, bytesMax, dropped, count -> {});
    }

    /**
     * The same.
     *
     * @param expired hears how many more sessions of owned buckets have expired, on their threads
     */
    public BucketLoad(int partitions, long bytesMax, ObjIntConsumer<DropReason> dropped, LongConsumer expired) {
        this.expired = expired;
        this.bytesMax = bytesMax;
        this.dropped = dropped;
        this.replicas = new AtomicReferenceArray<>(partitions);
        this.lookedAtNanos = new long[partitions];
    }

    /** What there is room for at this moment. */
    NodeRoom room() {
        long held = bytes.get();
        if (held < bytesMax) {
            return NodeRoom.ALL;
        }
        return held < bytesMax + bytesMax / 4 ? NodeRoom.SESSIONS : NodeRoom.NOTHING;
    }

    /** The owner of a bucket has applied a batch, on its partition's thread. */
    void applied(int partition, Bucket bucket) {
        BucketFigures now = bucket.figures();
        BucketFigures before = note(partition, new Replica(now, true, oldest(partition, bucket, now)));
        if (before != null) {
            report(DropReason.QUEUE_FULL, now.droppedByQueueLimit() - before.droppedByQueueLimit());
            report(DropReason.EXPIRED, now.droppedByExpiry() - before.droppedByExpiry());
            report(DropReason.OUTBOX_FULL, now.droppedWills() - before.droppedWills());
            if (now.expiredSessions() > before.expiredSessions()) {
                expired.accept(now.expiredSessions() - before.expiredSessions());
            }
        }
    }

    private long oldest(int partition, Bucket bucket, BucketFigures now) {
        if (now.queuedMessages() == 0) {
            return -1;
        }
        Replica before = replicas.get(partition);
        long nanos = System.nanoTime();
        if (before != null && before.owned && nanos - lookedAtNanos[partition] < LOOK_NANOS) {
            return before.oldestQueuedAtMillis;
        }
        lookedAtNanos[partition] = nanos;
        return bucket.oldestQueuedAtMillis();
    }

    private void report(DropReason reason, long count) {
        if (count > 0) {
            dropped.accept(reason, (int) Math.min(count, Integer.MAX_VALUE));
        }
    }

    /** A backup holds a batch, or the whole bucket, on its partition's thread. */
    void replicated(int partition, Bucket bucket) {
        note(partition, new Replica(bucket.figures(), false, -1));
    }

    /** There is no replica of this partition here. */
    void gone(int partition) {
        note(partition, null);
    }

    private @Nullable BucketFigures note(int partition, @Nullable Replica replica) {
        Replica before = replicas.getAndSet(partition, replica);
        long added = (replica == null ? 0 : replica.figures.bytes()) - (before == null ? 0 : before.figures.bytes());
        if (added != 0) {
            bytes.addAndGet(added);
        }
        return before == null ? null : before.figures;
    }

    /** Bytes of all replicas on this node, as their buckets estimate them. */
    public long bytes() {
        return bytes.get();
    }

    /** Bytes that replicas may take on this node before messages are refused. */
    public long bytesMax() {
        return bytesMax;
    }

    /** When the oldest message was published that is in a session's queue of an owned bucket, some seconds ago; -1 when all were empty. */
    public long oldestQueuedAtMillis() {
        long oldest = -1;
        for (int partition = 0; partition < replicas.length(); partition++) {
            Replica replica = replicas.get(partition);
            long at = replica == null ? -1 : replica.oldestQueuedAtMillis;
            oldest = oldest < 0 || at >= 0 && at < oldest ? at : oldest;
        }
        return oldest;
    }

    /** What the buckets hold together that this node owns: over all nodes, each session and message counts once. */
    public BucketFigures owned() {
        BucketFigures sum = BucketFigures.NONE;
        for (int partition = 0; partition < replicas.length(); partition++) {
            Replica replica = replicas.get(partition);
            if (replica != null && replica.owned) {
                sum = sum.plus(replica.figures);
            }
        }
        return sum;
    }
}
