package io.covey.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceAware;
import com.hazelcast.map.EntryProcessor;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import io.covey.bucket.Bucket;
import io.covey.protocol.ByteReader;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Brings a bucket from the disk of the member that has the newest one to its owner and the backups, before the cluster is formed. Answers
 * whether owner and backups have it, in memory and on their own disks.
 */
final class RestoreProcessor
        implements EntryProcessor<Integer, BucketHolder, Boolean>, HazelcastInstanceAware, IdentifiedDataSerializable {
    private int partition;
    private byte @Nullable [] bytes;
    private boolean forBackup;
    private transient boolean taken;
    private transient @Nullable HazelcastInstance hazelcast;

    /** For reading. */
    RestoreProcessor() {}

    RestoreProcessor(int partition, byte[] bytes, boolean forBackup) {
        this.partition = partition;
        this.bytes = bytes;
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
        taken = (forBackup || host.replicasPresent(here, partition)) && take(entry, host);
        if (forBackup && !taken) {
            throw new ReplicaDivergedException("a backup of bucket " + partition + " cannot write what is restored");
        }
        return taken;
    }

    private boolean take(Map.Entry<Integer, BucketHolder> entry, PartitionHost host) {
        BucketHolder holder = entry.getValue();
        Bucket present = holder == null ? null : holder.bucket();
        Bucket restored = Bucket.restore(new ByteReader(BucketBatchProcessor.given(bytes)), host.limits());
        if (present != null && present.version().compareTo(restored.version()) >= 0) {
            return true; // taken before, or there is a newer one
        }
        if (!host.storage().keep(partition, restored)) {
            return false;
        }
        if (holder == null) {
            entry.setValue(new BucketHolder(restored));
        } else {
            holder.replace(restored);
        }
        return true;
    }

    @Override
    public @Nullable EntryProcessor<Integer, BucketHolder, Boolean> getBackupProcessor() {
        return taken ? new RestoreProcessor(partition, BucketBatchProcessor.given(bytes), true) : null;
    }

    @Override
    public void writeData(ObjectDataOutput out) throws IOException {
        byte[] bucket = BucketBatchProcessor.given(bytes);
        out.writeInt(partition);
        out.writeBoolean(forBackup);
        out.writeInt(bucket.length);
        out.write(bucket);
    }

    @Override
    public void readData(ObjectDataInput in) throws IOException {
        partition = in.readInt();
        forBackup = in.readBoolean();
        bytes = BucketSerializer.bytes(in);
    }

    @Override
    public int getFactoryId() {
        return ClusterSerialization.FACTORY_ID;
    }

    @Override
    public int getClassId() {
        return ClusterSerialization.RESTORE_PROCESSOR;
    }
}
