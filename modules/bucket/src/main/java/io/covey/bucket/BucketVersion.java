package io.covey.bucket;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;

/**
 * How far a replica of a bucket is: the generation grows with each new owner and each new term of an owner, the number by one with each batch.
 * After a split, and of several disks, the highest version wins whole.
 *
 * <p>Terms make generations unique. Counting owners does not: one that had just taken over and was cut off, and the backup that took over from it,
 * would raise the same generation, and the one with more batches would win, also if nobody had confirmed those. The heir's term is higher
 * than any of the one that is gone, so its first batch is newer than all of that one's.
 *
 * @param generation the owner's term in the upper bits; below, the number of owners under it
 * @param number the number of batches
 */
public record BucketVersion(long generation, long number) implements Comparable<BucketVersion> {
    /** Before the first batch. */
    public static final BucketVersion ZERO = new BucketVersion(0, 0);

    /** What this is shifted by in a generation: so many owners may follow each other without a departure. */
    private static final int TERM_SHIFT = 16;

    /** The version after one more batch, by an owner with this term. */
    BucketVersion next(boolean sameOwner, long term) {
        return new BucketVersion(Math.max(lowestGeneration(sameOwner), term << TERM_SHIFT), number + 1);
    }

    /** Whether this may be the version after one more batch. */
    boolean mayBeFollowedBy(BucketVersion next, boolean sameOwner) {
        return next.number == number + 1 && next.generation >= lowestGeneration(sameOwner);
    }

    private long lowestGeneration(boolean sameOwner) {
        return sameOwner ? generation : generation + 1;
    }

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
