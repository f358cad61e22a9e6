package io.covey.cluster;

import io.covey.broker.BucketGateway;
import io.covey.broker.MembershipView;
import io.covey.broker.ShardLoop;
import io.covey.bucket.Batch;
import io.covey.bucket.BatchOutcome;
import io.covey.bucket.Bucket;
import io.covey.bucket.BucketLimits;
import io.covey.bucket.Standing;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The buckets of a node that runs alone: in this process, on one thread of their own, without a cluster and without a port.
 * Batches meet the same rules as in a cluster, with no backup to wait for.
 */
public final class LocalBuckets implements AutoCloseable {
    /** Batches that wait for the thread; beyond, a batch is answered as unknown and its lane repeats it. */
    static final int WAITING_MAX = 8192;

    /** Batches that are applied before their answers go out together. */
    private static final int TURN_MAX = 256;

    private static final Logger LOG = LoggerFactory.getLogger(LocalBuckets.class);

    private final Bucket[] buckets;
    private final LongSupplier clusterMillis;
    private final HaltSwitch haltSwitch;
    private final BlockingQueue<Work> waiting = new ArrayBlockingQueue<>(WAITING_MAX);
    private final Incarnations incarnations = new Incarnations();
    private final Thread thread = new Thread(this::run, "covey-buckets");
    private volatile long incarnation;
    private volatile boolean closed;

    /** A batch on its way to the bucket thread; without a batch it only wakes the thread. */
    record Work(LocalBucketGateway gateway, int partition, Batch batch, BucketGateway.Answer answer) {}

    /**
     * Empty buckets and their thread, which starts at once.
     *
     * @param clusterMillis the node's time, milliseconds of the epoch
     */
    public LocalBuckets(int partitionCount, BucketLimits limits, LongSupplier clusterMillis, HaltSwitch haltSwitch) {
        this.buckets = new Bucket[partitionCount];
        for (int partition = 0; partition < partitionCount; partition++) {
            buckets[partition] = new Bucket(limits);
        }
        this.clusterMillis = clusterMillis;
        this.haltSwitch = haltSwitch;
        thread.setDaemon(true);
        thread.start();
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
            BatchOutcome outcome;
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
        for (Work work : turn) {
            work.gateway.deliver();
        }
    }

    private BatchOutcome apply(Work work) {
        long self = incarnation;
        Standing standing = new Standing(self, true, true, node -> node == self, clusterMillis.getAsLong());
        return buckets[work.partition].apply(work.batch, standing);
    }
}
