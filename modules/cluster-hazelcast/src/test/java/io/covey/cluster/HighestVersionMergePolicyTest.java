package io.covey.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.spi.merge.MergingValue;
import io.covey.bucket.Batch;
import io.covey.bucket.Bucket;
import io.covey.bucket.BucketLimits;
import io.covey.bucket.Command;
import io.covey.bucket.Standing;
import io.covey.routing.ShardAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class HighestVersionMergePolicyTest {
    private final HighestVersionMergePolicy policy = new HighestVersionMergePolicy();

    private record Value(Object value) implements MergingValue<Object> {
        @Override
        public Object getRawValue() {
            return value;
        }

        @Override
        public Object getDeserializedValue() {
            return value;
        }
    }

    /** A bucket to which these nodes have applied a batch each, as owners. */
    private static Value bucket(long... owners) {
        Bucket bucket = new Bucket(BucketLimits.DEFAULT);
        for (int i = 0; i < owners.length; i++) {
            bucket.apply(
                    new Batch(new ShardAddress(9, 0), i + 1, 1_000, List.of(new Command.Tick())),
                    new Standing(owners[i], Standing.ALONE, true, node -> true, 1_000));
        }
        return new Value(new BucketHolder(bucket));
    }

    @Test
    void theHigherGenerationWinsWhateverTheNumber() {
        Value oneOwner = bucket(1, 1, 1);
        Value twoOwners = bucket(1, 2);

        assertThat(policy.merge(oneOwner, twoOwners)).isSameAs(twoOwners.value);
        assertThat(policy.merge(twoOwners, oneOwner)).isSameAs(twoOwners.value);
    }

    @Test
    void theHigherNumberWinsInTheSameGeneration() {
        Value two = bucket(1, 1);
        Value three = bucket(1, 1, 1);

        assertThat(policy.merge(two, three)).isSameAs(three.value);
        assertThat(policy.merge(three, two)).isSameAs(three.value);
    }

    @Test
    void whereTheClusterHasNoBucketAMergingOneIsNotTakenSinceANewerOneMayBeAway() {
        Value merging = bucket(1);
        Value discarded = new Value(new BucketHolder(null));

        assertThat(policy.merge(merging, null)).isNull();
        assertThat(policy.merge(merging, discarded)).isSameAs(discarded.value);
    }

    @Test
    void aSideThatLostItsBucketTakesNothingAway() {
        Value kept = bucket(1);

        assertThat(policy.merge(new Value(new BucketHolder(null)), kept)).isSameAs(kept.value);
    }
}
