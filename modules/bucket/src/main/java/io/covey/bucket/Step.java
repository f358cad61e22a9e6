package io.covey.bucket;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;

/**
 * What a batch did to the owner's version, and the owner's bounds by which it did so; the backup applies the batch only from exactly
 * {@code before}, written by {@code ownerBefore}, and by the same bounds: two owners may have raised the same generation apart from each other,
 * so a version alone does not name a history.
 *
 * @param owner the node incarnation that applied it as owner
 * @param ownerBefore the node incarnation that applied the batch before it as owner; 0 before the first
 * @param limits the owner's limits
 * @param room what the owner's node had room for
 */
public record Step(
        long owner, long ownerBefore, BucketVersion before, BucketVersion after, BucketLimits limits, NodeRoom room) {
    /** Writes it for another node or the disk. */
    public void write(ByteWriter out) {
        out.i64(owner).i64(ownerBefore);
        before.write(out);
        after.write(out);
        limits.write(out);
        out.u8(room.ordinal());
    }

    /** Reads what {@link #write} wrote. */
    public static Step read(ByteReader in) {
        return new Step(
                in.i64(),
                in.i64(),
                BucketVersion.read(in),
                BucketVersion.read(in),
                BucketLimits.read(in),
                NodeRoom.of(in.u8()));
    }
}
