package io.covey.bucket;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;

/**
 * How far a replica of a bucket is: the generation grows with each new owner, the number by one with each batch.
 * After a split the highest version wins whole.
 */
public record BucketVersion(long generation, long number) implements Comparable<BucketVersion> {
    /** Before the first batch. */
    public static final BucketVersion ZERO = new BucketVersion(0, 0);

    @Override
    public int compareTo(BucketVersion other) {
        int byGeneration = Long.compare(generation, other.generation);
        return byGeneration != 0 ? byGeneration : Long.compare(number, other.number);
    }

    /** Writes it for another node or the disk. */
    public void write(ByteWriter out) {
        out.varLong(generation).varLong(number);
    }

    /** Reads what {@link #write} wrote. */
    public static BucketVersion read(ByteReader in) {
        return new BucketVersion(in.varLong(), in.varLong());
    }
}
