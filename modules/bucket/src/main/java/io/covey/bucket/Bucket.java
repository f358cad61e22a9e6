package io.covey.bucket;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;

/**
 * The durable state of all client ids and retained topics of one partition: a deterministic state machine that changes by batches only.
 * Owned by the partition's thread.
 */
public final class Bucket {

    /** An empty bucket, for the cluster's first formation only: a missing bucket is unavailable, never empty. */
    public Bucket(BucketLimits limits) {}

    /** How far this replica is. */
    public BucketVersion version() {
        throw new UnsupportedOperationException("being written");
    }

    /**
     * Applies a batch as the owner, or finds the stored result of a repeat. Raises the generation when {@code standing.self()} was not the
     * owner before. Validates before it mutates; after the first mutation it does not throw.
     */
    public BatchOutcome apply(Batch batch, Standing standing) {
        throw new UnsupportedOperationException("being written");
    }

    /**
     * Applies a batch as a backup.
     *
     * @return true when this replica now holds the batch (it did before, or applied it from exactly {@code step.before()}); false when it is
     *     at another version: it must not confirm, and is to be replaced by {@link #restore}
     */
    public boolean replicate(Batch batch, Step step) {
        throw new UnsupportedOperationException("being written");
    }

    /** Writes the whole state; format-versioned. */
    public void write(ByteWriter out) {
        throw new UnsupportedOperationException("being written");
    }

    /** Reads what {@link #write} wrote. */
    public static Bucket restore(ByteReader in, BucketLimits limits) {
        throw new UnsupportedOperationException("being written");
    }

    /** A digest of the whole state: equal replicas have equal digests. For tests and the simulation. */
    public long digest() {
        throw new UnsupportedOperationException("being written");
    }
}
