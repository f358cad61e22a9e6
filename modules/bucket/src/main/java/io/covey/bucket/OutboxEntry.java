package io.covey.bucket;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;

/**
 * An effect of this bucket elsewhere that is to happen exactly once. Whoever brings it about names {@link Origin#ofOutbox}, so that targets drop
 * repeats.
 *
 * @param number counts the bucket's entries from 1
 * @param lowest the lowest number that was unfinished when this entry was read
 */
public record OutboxEntry(long number, long lowest, OutboxEffect effect) {
    /** Writes it for another node or the disk. */
    public void write(ByteWriter out) {
        out.varLong(number).varLong(lowest);
        effect.write(out);
    }

    /** Reads what {@link #write} wrote. */
    public static OutboxEntry read(ByteReader in) {
        return new OutboxEntry(in.varLong(), in.varLong(), OutboxEffect.read(in));
    }
}
