package io.covey.routing;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;

/**
 * An event loop in one incarnation of a node: where a connection lives, and who sends a batch.
 *
 * @param node the node's incarnation, a number drawn at each start (and at each return after a lost lease), never reused
 * @param shard the loop's index in the node, from 0
 */
public record ShardAddress(long node, int shard) {
    /** Writes it for another node or the disk. */
    public void write(ByteWriter out) {
        out.i64(node).varInt(shard);
    }

    /** Reads what {@link #write} wrote. */
    public static ShardAddress read(ByteReader in) {
        return new ShardAddress(in.i64(), in.varInt());
    }
}
