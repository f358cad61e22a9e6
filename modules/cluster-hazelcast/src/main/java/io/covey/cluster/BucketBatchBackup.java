package io.covey.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceAware;
import com.hazelcast.map.EntryProcessor;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import io.covey.bucket.Batch;
import io.covey.bucket.Bucket;
import io.covey.bucket.Step;
import io.covey.protocol.ByteReader;
import io.covey.storage.BucketJournal;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries a batch, or the whole bucket, to a backup, on the partition's thread there. Returning confirms it; a replica that does not hold the
 * batch afterwards must throw. Hazelcast itself keeps these in the owner's order.
 */
final class BucketBatchBackup
        implements EntryProcessor<Integer, BucketHolder, Object>, HazelcastInstanceAware, IdentifiedDataSerializable {
    private static final Logger LOG = LoggerFactory.getLogger(BucketBatchBackup.class);

    private int partition;
    private @Nullable EncodedBatch batch;
    private @Nullable Step step;
    private @Nullable Bucket whole;

    private transient byte @Nullable [] shipped;
    private transient @Nullable HazelcastInstance hazelcast;

    /** For reading. */
    BucketBatchBackup() {}

    /**
     * @param whole the owner's bucket as it is after the batch, where the replica is to take it as it is; null to apply the batch
     */
    BucketBatchBackup(int partition, EncodedBatch batch, Step step, @Nullable Bucket whole) {
        this.partition = partition;
        this.batch = batch;
        this.step = step;
        this.whole = whole;
    }

    @Override
    public void setHazelcastInstance(HazelcastInstance hazelcastInstance) {
        hazelcast = hazelcastInstance;
    }

    @Override
    public @Nullable Object process(Map.Entry<Integer, BucketHolder> entry) {
        BucketHolder holder = entry.getValue();
        PartitionHost host = PartitionHost.of(BucketBatchProcessor.given(hazelcast));
        if (shipped == null) {
            replicate(host, holder);
        } else {
            take(host, entry, holder, Bucket.restore(new ByteReader(shipped), host.limits()));
        }
        return null;
    }

    private void take(
            PartitionHost host, Map.Entry<Integer, BucketHolder> entry, @Nullable BucketHolder holder, Bucket bucket) {
        LOG.info("a replica takes the owner's whole bucket; partition={} version={}", partition, bucket.version());
        if (holder == null) {
            entry.setValue(new BucketHolder(bucket));
        } else {
            holder.replace(bucket);
        }
        BucketJournal journal = host.storage().journal();
        if (host.storage().hasLeft() || !journal.arrived(partition, bucket) || !journal.flush()) {
            throw new ReplicaDivergedException("a replica of bucket " + partition + " cannot be written to disk");
        }
        host.load().replicated(partition, bucket);
    }

    private void replicate(PartitionHost host, @Nullable BucketHolder holder) {
        Step applied = BucketBatchProcessor.given(step);
        if (!holds(host, partition, holder, BucketBatchProcessor.given(batch), applied)) {
            Bucket bucket = holder == null ? null : holder.bucket();
            throw new ReplicaDivergedException("a replica of bucket " + partition + " is at "
                    + (bucket == null ? "nothing" : bucket.version()) + ", the batch goes from " + applied.before()
                    + " to " + applied.after());
        }
    }

    /**
     * Applies a batch to a replica, writes it down and notes what the replica takes, on the partition's thread.
     *
     * <p>It is not asked whether the sender owns the partition by this member's table, which may be older or newer than the sender's. A partition gets
     * another owner without its owner's part in it only once that one has left the list of members, and Hazelcast refuses here, on this thread, whatever
     * comes from somebody who is not on it. What came before is in this replica, so in what the heir takes over from it; and once the heir, be it
     * this member, has applied a batch of its own, the generation is another and the step does not fit (ADR 0014).
     *
     * @return whether the replica holds the batch now; where it does not, nothing is confirmed
     */
    static boolean holds(
            PartitionHost host, int partition, @Nullable BucketHolder holder, EncodedBatch batch, Step step) {
        Bucket bucket = holder == null ? null : holder.bucket();
        if (holder == null || bucket == null || !host.storage().isWritable(partition, bucket)) {
            return false;
        }
        Batch decoded = batch.batch();
        boolean holds;
        try {
            holds = bucket.replicate(decoded, step);
        } catch (RuntimeException | Error defect) {
            LOG.error("a replica failed while it applied a batch and is discarded; partition={}", partition, defect);
            holder.discard();
            return false;
        }
        if (!holds || !host.kept(partition, bucket, step, batch)) {
            return false;
        }
        host.load().replicated(partition, bucket);
        return true;
    }

    @Override
    public int getFactoryId() {
        return ClusterSerialization.FACTORY_ID;
    }

    @Override
    public int getClassId() {
        return ClusterSerialization.BATCH_BACKUP;
    }

    @Override
    public void writeData(ObjectDataOutput out) throws IOException {
        Bucket bucket = whole;
        out.writeInt(partition);
        out.writeBoolean(bucket != null);
        if (bucket != null) {
            BucketSerializer.write(out, bucket);
            return;
        }
        BucketSerializer.write(out, BucketBatchProcessor.given(step));
        BucketBatchProcessor.given(batch).write(out);
    }

    @Override
    public void readData(ObjectDataInput in) throws IOException {
        partition = in.readInt();
        if (in.readBoolean()) {
            shipped = BucketSerializer.bytes(in);
            return;
        }
        step = BucketSerializer.step(in);
        batch = EncodedBatch.read(in);
    }
}
