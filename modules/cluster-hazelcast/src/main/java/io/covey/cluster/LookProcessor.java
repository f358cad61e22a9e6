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
 * Looks whether a partition's owner has its bucket, and whether that is behind a copy that another member has. Where the owner is not behind, each backup is
 * asked, too, and does not confirm where it is. Changes nothing.
 */
final class LookProcessor
        implements EntryProcessor<Integer, BucketHolder, Integer>, HazelcastInstanceAware, IdentifiedDataSerializable {
    /** There is no bucket. */
    static final int ABSENT = 0;

    /** There is one, older than the copy. */
    static final int BEHIND = 1;

    /** There is one that is no older, or one that comes back with the owner's disk ({@link PartitionHost#discarded}). */
    static final int THERE = 2;

    private BucketVersion copy;
    private boolean forBackup;
    private transient boolean there;
    private transient @Nullable HazelcastInstance hazelcast;

    /** For reading. */
    LookProcessor() {
        this(BucketVersion.ZERO);
    }

    /** @param copy the version of the other copy; zero where there is none */
    LookProcessor(BucketVersion copy) {
        this(copy, false);
    }

    private LookProcessor(BucketVersion copy, boolean forBackup) {
        this.copy = copy;
        this.forBackup = forBackup;
    }

    @Override
    public void setHazelcastInstance(HazelcastInstance hazelcastInstance) {
        hazelcast = hazelcastInstance;
    }

    @Override
    public Integer process(Map.Entry<Integer, BucketHolder> entry) {
        int state = state(entry.getValue());
        if (forBackup && state != THERE) {
            throw new ReplicaDivergedException("a backup is behind a copy that another member has");
        }
        there = state == THERE;
        return state;
    }

    private int state(@Nullable BucketHolder holder) {
        Bucket bucket = holder == null ? null : holder.bucket();
        if (bucket != null) {
            return bucket.version().compareTo(copy) < 0 ? BEHIND : THERE;
        }
        PartitionHost host = PartitionHost.of(BucketBatchProcessor.given(hazelcast));
        return host.comesBack(holder) ? THERE : ABSENT;
    }

    @Override
    public @Nullable EntryProcessor<Integer, BucketHolder, Integer> getBackupProcessor() {
        return there && !copy.equals(BucketVersion.ZERO) ? new LookProcessor(copy, true) : null;
    }

    @Override
    public void writeData(ObjectDataOutput out) throws IOException {
        BucketSerializer.writeVersion(copy, out);
        out.writeBoolean(forBackup);
    }

    @Override
    public void readData(ObjectDataInput in) throws IOException {
        copy = BucketSerializer.readVersion(in);
        forBackup = in.readBoolean();
    }

    @Override
    public int getFactoryId() {
        return ClusterSerialization.FACTORY_ID;
    }

    @Override
    public int getClassId() {
        return ClusterSerialization.LOOK_PROCESSOR;
    }
}
