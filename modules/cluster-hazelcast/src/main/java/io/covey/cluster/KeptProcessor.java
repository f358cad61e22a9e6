package io.covey.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceAware;
import com.hazelcast.map.EntryProcessor;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import io.covey.bucket.Bucket;
import io.covey.storage.BucketJournal;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes sure that the owner of a bucket and its backups have it on their disks, so that a member that is none of them may delete its old copy.
 * Answers whether they have.
 */
final class KeptProcessor
        implements EntryProcessor<Integer, BucketHolder, Boolean>, HazelcastInstanceAware, IdentifiedDataSerializable {
    private int partition;
    private boolean forBackup;
    private transient boolean kept;
    private transient @Nullable HazelcastInstance hazelcast;

    /** For reading. */
    KeptProcessor() {}

    KeptProcessor(int partition, boolean forBackup) {
        this.partition = partition;
        this.forBackup = forBackup;
    }

    @Override
    public void setHazelcastInstance(HazelcastInstance hazelcastInstance) {
        hazelcast = hazelcastInstance;
    }

    @Override
    public Boolean process(Map.Entry<Integer, BucketHolder> entry) {
        HazelcastInstance here = BucketBatchProcessor.given(hazelcast);
        PartitionHost host = PartitionHost.of(here);
        BucketHolder holder = entry.getValue();
        Bucket bucket = holder == null ? null : holder.bucket();
        BucketJournal journal = host.storage().journal();
        kept = bucket != null
                && (forBackup || host.replicasPresent(here, partition))
                && host.storage().isWritable(partition, bucket)
                && journal.holds(partition, bucket)
                && journal.flush();
        if (forBackup && !kept) {
            throw new ReplicaDivergedException("a backup of bucket " + partition + " does not have it on disk");
        }
        return kept;
    }

    @Override
    public @Nullable EntryProcessor<Integer, BucketHolder, Boolean> getBackupProcessor() {
        return kept ? new KeptProcessor(partition, true) : null;
    }

    @Override
    public void writeData(ObjectDataOutput out) throws IOException {
        out.writeInt(partition);
        out.writeBoolean(forBackup);
    }

    @Override
    public void readData(ObjectDataInput in) throws IOException {
        partition = in.readInt();
        forBackup = in.readBoolean();
    }

    @Override
    public int getFactoryId() {
        return ClusterSerialization.FACTORY_ID;
    }

    @Override
    public int getClassId() {
        return ClusterSerialization.KEPT_PROCESSOR;
    }
}
