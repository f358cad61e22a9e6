package io.covey.cluster;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import com.hazelcast.spi.merge.MergingValue;
import com.hazelcast.spi.merge.SplitBrainMergePolicy;
import io.covey.bucket.Bucket;
import org.jspecify.annotations.Nullable;

/**
 * After a split the bucket with the highest version wins whole: never a union, which would bring back what was acknowledged, and never the
 * emptiness of a side that had lost its copies. Where the cluster has none, a merging one is not taken, for nobody knows here whether a newer one is
 * to come: {@link LostBuckets} decides that (ADR 0014). Public, since Hazelcast makes it by name.
 */
public final class HighestVersionMergePolicy
        implements SplitBrainMergePolicy<Object, MergingValue<Object>, Object>, IdentifiedDataSerializable {

    /** For Hazelcast. */
    public HighestVersionMergePolicy() {}

    @Override
    public @Nullable Object merge(MergingValue<Object> merging, @Nullable MergingValue<Object> existing) {
        Object mine = merging.getDeserializedValue();
        Object theirs = existing == null ? null : existing.getDeserializedValue();
        Bucket mineBucket = bucket(mine);
        Bucket theirBucket = bucket(theirs);
        return mineBucket != null && theirBucket != null && mineBucket.version().compareTo(theirBucket.version()) > 0
                ? mine
                : theirs;
    }

    private static @Nullable Bucket bucket(@Nullable Object value) {
        return value instanceof BucketHolder holder ? holder.bucket() : null;
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
        return ClusterSerialization.MERGE_POLICY;
    }
}
