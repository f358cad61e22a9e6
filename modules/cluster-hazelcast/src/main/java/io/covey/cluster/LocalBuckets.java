package io.covey.cluster;

import io.covey.broker.BucketGateway;
import io.covey.broker.MembershipView;
import io.covey.broker.ShardLoop;
import io.covey.bucket.Batch;
import io.covey.bucket.BatchCodec;
import io.covey.bucket.BatchOutcome;
import io.covey.bucket.Bucket;
import io.covey.bucket.BucketLimits;
import io.covey.bucket.Standing;
import io.covey.bucket.Step;
import io.covey.protocol.ByteWriter;
import io.covey.storage.BucketJournal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The buckets of a node that runs alone: in this process, on one thread of their own, without a cluster and without a port.
 * Batches meet the same rules as in a cluster, with no backup to wait for. What one turn of the thread has applied goes to the journal in one
 * write, before any of it is answered.
 */
public final class LocalBuckets implements AutoCloseable {
    /** Batches that wait for the thread; beyond, a batch is answered as unknown and its lane repeats it. */
    static final int WAITING_MAX = 8192;

    /** Batches that are applied before their answers go out together. */
    private static final int TURN_MAX = 256;

    private static final Logger LOG = LoggerFactory.getLogger(LocalBuckets.class);

    private static final int ENCODED_BYTES = 16 << 10;

    private final Bucket[] buckets;
    private final BucketJournal journal;
    private final BucketLoad load;
    private final LongSupplier clusterMillis;
    private final HaltSwitch haltSwitch;
    private final BlockingQueue<Work> waiting = new ArrayBlockingQueue<>(WAITING_MAX);
    private final Incarnations incarnations = new Incarnations();

    /** Touched by the bucket thread only. */
    private final ByteWriter encoded = new ByteWriter(ENCODED_BYTES);

    private final Thread thread = new Thread(this::run, "covey-buckets");
    private volatile long incarnation;
    private volatile boolean closed;

    /** A batch on its way to the bucket thread; without a batch it only wakes the thread. */
    record Work(LocalBucketGateway gateway, int partition, Batch batch, BucketGateway.Answer answer) {}

    /**
     * Empty buckets in memory, and their thread, which starts at once.
     *
     * @param load is told what the buckets hold
     * @param clusterMillis the node's time, milliseconds of the epoch
     */
    public LocalBuckets(
            int partitionCount,
            BucketLimits limits,
            BucketLoad load,
            LongSupplier clusterMillis,
            HaltSwitch haltSwitch) {
        this(emptyBuckets(partitionCount, limits), BucketJournal.NONE, load, clusterMillis, haltSwitch);
    }

    /**
     * Buckets that were there before, and their thread, which starts at once.
     *
     * @param buckets one for each partition; owned by this from now on
     * @param journal where what they apply is noted before it is answered
     * @param load is told what the buckets hold
     */
    public LocalBuckets(
            List<Bucket> buckets,
            BucketJournal journal,
            BucketLoad load,
            LongSupplier clusterMillis,
            HaltSwitch haltSwitch) {
        this.buckets = buckets.toArray(new Bucket[0]);
        this.journal = journal;
        this.load = load;
        this.clusterMillis = clusterMillis;
        this.haltSwitch = haltSwitch;
        // Nodes of an earlier process are gone for good: their connections have ended.
        long[] earlier = buckets.stream()
                .flatMapToLong(bucket -> Arrays.stream(bucket.nodes()))
                .distinct()
                .toArray();
        if (earlier.length > 0) {
            incarnations.changed(Arrays.stream(earlier).boxed().toList());
        }
        thread.setDaemon(true);
        thread.start();
    }

    private static List<Bucket> emptyBuckets(int count, BucketLimits limits) {
        List<Bucket> empty = new ArrayList<>();
        for (int partition = 0; partition < count; partition++) {
            empty.add(new Bucket(limits));
        }
        return empty;
    }

    /** Begins with (another) incarnation of the node: batches of earlier ones are refused from now on. */
    public MembershipView begin(long nodeIncarnation) {
        incarnation = nodeIncarnation;
        return incarnations.changed(List.of(nodeIncarnation));
    }

    /** The way of a shard to these buckets; answers come on its loop. */
    public BucketGateway gateway(ShardLoop loop) {
        return new LocalBucketGateway(this, loop);
    }

    /** Which partitions this node owns: all. */
    public int[] ownedPartitions() {
        int[] all = new int[buckets.length];
        for (int partition = 0; partition < all.length; partition++) {
            all[partition] = partition;
        }
        return all;
    }

    /** Works off what waits and ends the thread; waits for that at most {@code millisMax}. */
    public void close(long millisMax) {
        closed = true;
        thread.interrupt();
        try {
            thread.join(Math.max(1, millisMax));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        close(5_000);
    }

    int partitionCount() {
        return buckets.length;
    }

    /** Hands work over, or tells that there is no room or the thread is ending. */
    boolean offer(Work work) {
        return !closed && waiting.offer(work);
    }

    /** For tests: the digest of a bucket; only when nothing is in flight. */
    long digest(int partition) {
        return buckets[partition].digest();
    }

    private void run() {
        List<Work> turn = new ArrayList<>(TURN_MAX);
        while (!closed || !waiting.isEmpty()) {
            try {
                turn.add(waiting.take());
            } catch (InterruptedException closing) {
                continue; // the flag decides; an interrupt only wakes
            }
            waiting.drainTo(turn, TURN_MAX - 1);
            work(turn);
            turn.clear();
        }
    }

    private void work(List<Work> turn) {
        for (Work work : turn) {
            @Nullable BatchOutcome outcome;
            try {
                outcome = apply(work);
            } catch (RuntimeException | Error defect) {
                LOG.error(
                        "bucket failed while it applied a batch, the node halts; partition={}", work.partition, defect);
                haltSwitch.halt("bucket " + work.partition + " failed while it applied a batch", defect);
                return;
            }
            work.gateway.answered(work.answer, outcome);
        }
        boolean written = journal.flush();
        List<Runnable> deliveries = new ArrayList<>();
        for (Work work : turn) {
            Runnable delivery = work.gateway.delivery(written);
            if (delivery != null) {
                deliveries.add(delivery);
            }
        }
        journal.whenDurable(() -> deliveries.forEach(Runnable::run));
    }

    /** What became of it; null where it must be repeated, since it could not be kept. */
    private @Nullable BatchOutcome apply(Work work) {
        Bucket bucket = buckets[work.partition];
        if (!journal.isWritable(work.partition, bucket)) {
            return null;
        }
        long self = incarnation;
        Standing standing =
                new Standing(self, Standing.ALONE, true, node -> node == self, clusterMillis.getAsLong(), load.room());
        BatchOutcome outcome = bucket.apply(work.batch, standing);
        load.applied(work.partition, bucket);
        return outcome instanceof BatchOutcome.Applied applied && journal.keeps() && !keep(work, bucket, applied.step())
                ? null
                : outcome;
    }

    private boolean keep(Work work, Bucket bucket, Step step) {
        BatchCodec.write(work.batch, encoded.clear());
        return journal.applied(work.partition, bucket, step, encoded.array(), encoded.size());
    }
}
