package io.covey.cluster;

import io.covey.bucket.Bucket;
import org.jspecify.annotations.Nullable;

/**
 * The value of a partition's entry: its bucket, which changes in place. Owned by the partition's thread.
 */
final class BucketHolder {
    private @Nullable Bucket bucket;
    private boolean discarded;

    /** Holds a bucket, or nothing where that was copied of an owner that had discarded its own. */
    BucketHolder(@Nullable Bucket bucket) {
        this.bucket = bucket;
    }

    /** The bucket, or null where this replica has none that can be trusted. */
    @Nullable
    Bucket bucket() {
        return bucket;
    }

    /** Takes a whole bucket in place of what was here. */
    void replace(Bucket whole) {
        bucket = whole;
        discarded = false;
    }

    /** Drops a bucket that failed in the middle of a change, so that it is copied anew and never used. */
    void discard() {
        bucket = null;
        discarded = true;
    }

    /** Whether this member had a bucket and discarded it: what it had confirmed of that is on its disk. */
    boolean isDiscarded() {
        return discarded;
    }
}
