package io.covey.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceAware;
import com.hazelcast.map.EntryProcessor;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import io.covey.bucket.Bucket;
import io.covey.bucket.BucketVersion;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Looks whether a partition has its bucket, and at the cluster's first formation puts an empty one there, on the owner and its backups. */
final class FormationProcessor
        implements EntryProcessor<Integer, BucketHolder, Integer>, HazelcastInstanceAware, IdentifiedDataSerializable {
    /** There is no bucket. */
    static final int ABSENT = 0;

    /** There is one that no batch has reached yet. */
    static final int EMPTY = 1;

    /** There is one that is in use, or one that was and comes back with the owner's disk ({@link PartitionHost#discarded}). */
    static final int USED = 2;

    private int partition;
    private boolean create;
    private transient boolean empty;
    private transient @Nullable HazelcastInstance hazelcast;

    /** For reading. */
    FormationProcessor() {}

    FormationProcessor(int partition, boolean create) {
        this.partition = partition;
        this.create = create;
    }

    @Override
    public void setHazelcastInstance(HazelcastInstance hazelcastInstance) {
        hazelcast = hazelcastInstance;
    }

    @Override
    public Integer process(Map.Entry<Integer, BucketHolder> entry) {
        HazelcastInstance here = BucketBatchProcessor.given(hazelcast);
        PartitionHost host = PartitionHost.of(here);
        if (create && state(entry.getValue(), host) == ABSENT && host.replicasPresent(here, partition)) {
            entry.setValue(new BucketHolder(new Bucket(host.limits())));
        }
        int state = state(entry.getValue(), host);
        empty = state == EMPTY;
        return state;
    }

    private static int state(@Nullable BucketHolder holder, PartitionHost host) {
        Bucket bucket = holder == null ? null : holder.bucket();
        if (bucket == null) {
            return host.comesBack(holder) ? USED : ABSENT;
        }
        return bucket.version().equals(BucketVersion.ZERO) ? EMPTY : USED;
    }

    /** The same on a backup: whatever is there already stays. */
    @Override
    public @Nullable EntryProcessor<Integer, BucketHolder, Integer> getBackupProcessor() {
        return create && empty ? new Backup() : null;
    }

    /** Puts an empty bucket where there is none. */
    static final class Backup
            implements EntryProcessor<Integer, BucketHolder, Integer>,
                    HazelcastInstanceAware,
                    IdentifiedDataSerializable {
        private transient @Nullable HazelcastInstance hazelcast;

        @Override
        public void setHazelcastInstance(HazelcastInstance hazelcastInstance) {
            hazelcast = hazelcastInstance;
        }

        @Override
        public @Nullable Integer process(Map.Entry<Integer, BucketHolder> entry) {
            BucketHolder holder = entry.getValue();
            if (holder == null || holder.bucket() == null) {
                PartitionHost host = PartitionHost.of(BucketBatchProcessor.given(hazelcast));
                entry.setValue(new BucketHolder(new Bucket(host.limits())));
            }
            return null;
        }

        @Override
        public void writeData(ObjectDataOutput out) {}

        @Override
        public void readData(ObjectDataInput in) {}

        @Override
        public int getFactoryId() {
            return ClusterSerialization.FACTORY_ID;
        }

        @Override
        public int getClassId() {
            return ClusterSerialization.FORMATION_BACKUP;
        }
    }

    @Override
    public void writeData(ObjectDataOutput out) throws IOException {
        out.writeInt(partition);
        out.writeBoolean(create);
    }

    @Override
    public void readData(ObjectDataInput in) throws IOException {
        partition = in.readInt();
        create = in.readBoolean();
    }

    @Override
    public int getFactoryId() {
        return ClusterSerialization.FACTORY_ID;
    }

    @Override
    public int getClassId() {
        return ClusterSerialization.FORMATION_PROCESSOR;
    }
}
