package io.covey.bucket;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;

/** The binary form of batches and their results, for the network between members and for logs; starts with a format version. */
public final class BatchCodec {
    private BatchCodec() {}

    /** Writes a batch. */
    public static void write(Batch batch, ByteWriter out) {
        throw new UnsupportedOperationException("being written");
    }

    /** Reads what {@link #write(Batch, ByteWriter)} wrote. */
    public static Batch readBatch(ByteReader in) {
        throw new UnsupportedOperationException("being written");
    }

    /** Writes a result. */
    public static void write(BatchResult result, ByteWriter out) {
        throw new UnsupportedOperationException("being written");
    }

    /** Reads what {@link #write(BatchResult, ByteWriter)} wrote. */
    public static BatchResult readResult(ByteReader in) {
        throw new UnsupportedOperationException("being written");
    }
}
