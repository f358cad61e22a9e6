package io.covey.bucket;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;

/**
 * What a batch did to the owner's version; the backup applies the batch only from exactly {@code before}.
 *
 * @param owner the node incarnation that applied it as owner
 */
public record Step(long owner, BucketVersion before, BucketVersion after) {
    /** Writes it for another node or the disk. */
    public void write(ByteWriter out) {
        out.i64(owner);
        before.write(out);
        after.write(out);
    }

    /** Reads what {@link #write} wrote. */
    public static Step read(ByteReader in) {
        return new Step(in.i64(), BucketVersion.read(in), BucketVersion.read(in));
    }
}
