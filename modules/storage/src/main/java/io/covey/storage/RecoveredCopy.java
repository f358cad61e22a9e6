package io.covey.storage;

import io.covey.bucket.Bucket;
import org.jspecify.annotations.Nullable;

/**
 * What the disk holds of one partition.
 *
 * @param partition its number
 * @param bucket the newest state that can be proved, or null where there is none
 * @param damage why something behind that state is missing, or null where nothing is
 */
public record RecoveredCopy(int partition, @Nullable Bucket bucket, @Nullable String damage) {
    /** Whether it may be used without a loss. */
    public boolean isSound() {
        return bucket != null && damage == null;
    }
}
