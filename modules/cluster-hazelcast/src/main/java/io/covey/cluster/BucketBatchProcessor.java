package io.covey.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceAware;
import com.hazelcast.map.EntryProcessor;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import io.covey.bucket.Batch;
import io.covey.bucket.BatchOutcome;
import io.covey.bucket.Bucket;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Carries a batch to the owner of a bucket and applies it there, on the partition's thread. What the owner answers travels as bytes; where
 * the owner is the sender's own process, it stays in {@link #answer()}.
 */
final class BucketBatchProcessor
        implements EntryProcessor<Integer, BucketHolder, Object>, HazelcastInstanceAware, IdentifiedDataSerializable {
    private int partition;
    private boolean whole;
    private @Nullable EncodedBatch batch;

    private transient boolean received;
    private transient @Nullable HazelcastInstance hazelcast;
    private transient @Nullable BatchAnswer answer;
    private transient @Nullable BucketBatchBackup backup;

    /** For reading. */
    BucketBatchProcessor() {}

    /**
     * @param whole whether the backups are to be given the whole bucket instead of the batch
     */
    BucketBatchProcessor(int partition, Batch batch, boolean whole) {
        this.partition = partition;
        this.batch = new EncodedBatch(batch);
        this.whole = whole;
    }

    /** What the owner answered where it was this process; null otherwise. */
    @Nullable
    BatchAnswer answer() {
        return answer;
    }

    /** Takes back the answer of an owner in this process, where it says applied. */
    void withdraw() {
        if (answer instanceof BatchAnswer.Applied) {
            answer = new BatchAnswer.Unconfirmed();
        }
    }

    @Override
    public void setHazelcastInstance(HazelcastInstance hazelcastInstance) {
        hazelcast = hazelcastInstance;
    }

    @Override
    public @Nullable Object process(Map.Entry<Integer, BucketHolder> entry) {
        HazelcastInstance here = given(hazelcast);
        PartitionHost host = PartitionHost.of(here);
        BucketHolder holder = entry.getValue();
        Bucket bucket = holder == null ? null : holder.bucket();
        BatchAnswer outcome;
        if (bucket == null) {
            if (holder != null && holder.isDiscarded()) {
                host.discarded(partition);
            } else {
                host.missing(partition, here.getCluster().getClusterTime());
            }
            outcome = new BatchAnswer.Missing();
        } else {
            outcome = apply(here, host, bucket);
        }
        if (received) {
            return outcome.toBytes();
        }
        answer = outcome;
        return null;
    }

    private BatchAnswer apply(HazelcastInstance here, PartitionHost host, Bucket bucket) {
        EncodedBatch carried = given(batch);
        BatchOutcome outcome = host.apply(here, partition, bucket, carried);
        if (outcome instanceof BatchOutcome.Applied applied) {
            backup = new BucketBatchBackup(partition, carried, applied.step(), whole ? bucket : null);
            if (!host.kept(partition, bucket, applied.step(), carried)) {
                return new BatchAnswer.Unconfirmed();
            }
        }
        return BatchAnswer.of(outcome);
    }

    /** What the backups are to do: nothing where the batch was not applied. Asked after {@link #process}. */
    @Override
    public @Nullable EntryProcessor<Integer, BucketHolder, Object> getBackupProcessor() {
        return backup;
    }

    @Override
    public int getFactoryId() {
        return ClusterSerialization.FACTORY_ID;
    }

    @Override
    public int getClassId() {
        return ClusterSerialization.BATCH_PROCESSOR;
    }

    @Override
    public void writeData(ObjectDataOutput out) throws IOException {
        out.writeInt(partition);
        out.writeBoolean(whole);
        given(batch).write(out);
    }

    @Override
    public void readData(ObjectDataInput in) throws IOException {
        partition = in.readInt();
        whole = in.readBoolean();
        batch = EncodedBatch.read(in);
        received = true;
    }

    static <T> T given(@Nullable T value) {
        if (value == null) {
            throw new IllegalStateException("used before it was made whole");
        }
        return value;
    }
}
