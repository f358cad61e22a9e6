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

/**
 * Asks a bucket's owner whether as many backups as configured are assigned to members that are present, and each of these, by not confirming
 * where it is not so, whether it has the bucket at least as the owner had it when it was asked.
 */
final class FollowProcessor
        implements EntryProcessor<Integer, BucketHolder, Integer>, HazelcastInstanceAware, IdentifiedDataSerializable {
    /** The owner has no bucket: it is lost, or on a disk that is not here. */
    static final int MISSING = 0;

    /** Too few backups are assigned. */
    static final int UNASSIGNED = 1;

    /** All backups are assigned; where the answer arrives, they have confirmed, too. */
    static final int FOLLOWED = 2;

    private int partition;
    private @Nullable BucketVersion owners;
    private transient @Nullable HazelcastInstance hazelcast;

    /** For reading. */
    FollowProcessor() {}

    FollowProcessor(int partition) {
        this.partition = partition;
    }

    @Override
    public void setHazelcastInstance(HazelcastInstance hazelcastInstance) {
        hazelcast = hazelcastInstance;
    }

    @Override
    public Integer process(Map.Entry<Integer, BucketHolder> entry) {
        BucketHolder holder = entry.getValue();
        Bucket bucket = holder == null ? null : holder.bucket();
        if (owners != null) {
            return follow(bucket, owners);
        }
        HazelcastInstance here = BucketBatchProcessor.given(hazelcast);
        if (bucket == null) {
            return MISSING;
        }
        if (!PartitionHost.of(here).allReplicasPresent(here, partition)) {
            return UNASSIGNED;
        }
        owners = bucket.version();
        return FOLLOWED;
    }

    private int follow(@Nullable Bucket bucket, BucketVersion atLeast) {
        if (bucket == null || bucket.version().compareTo(atLeast) < 0) {
            throw new ReplicaDivergedException("a replica of bucket " + partition + " is at "
                    + (bucket == null ? "nothing" : bucket.version()) + ", its owner at " + atLeast);
        }
        return FOLLOWED;
    }

    @Override
    public @Nullable EntryProcessor<Integer, BucketHolder, Integer> getBackupProcessor() {
        if (owners == null) {
            return null;
        }
        FollowProcessor backup = new FollowProcessor(partition);
        backup.owners = owners;
        return backup;
    }

    @Override
    public void writeData(ObjectDataOutput out) throws IOException {
        out.writeInt(partition);
        out.writeBoolean(owners != null);
        if (owners != null) {
            BucketSerializer.writeVersion(owners, out);
        }
    }

    @Override
    public void readData(ObjectDataInput in) throws IOException {
        partition = in.readInt();
        if (in.readBoolean()) {
            owners = BucketSerializer.readVersion(in);
        }
    }

    @Override
    public int getFactoryId() {
        return ClusterSerialization.FACTORY_ID;
    }

    @Override
    public int getClassId() {
        return ClusterSerialization.FOLLOW_PROCESSOR;
    }
}
