package io.covey.cluster;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import io.covey.bucket.Batch;
import io.covey.bucket.BatchCodec;
import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A batch and its bytes, each made from the other once and only when needed: a batch for an owner in this process is written only for its
 * backups, and an owner elsewhere passes on the bytes that it got. Handed from thread to thread with its operation, used by one at a time.
 */
final class EncodedBatch {
    private static final int CAPACITY = 512;

    private @Nullable Batch batch;
    private byte @Nullable [] bytes;
    private int length;

    EncodedBatch(Batch batch) {
        this.batch = batch;
    }

    private EncodedBatch(byte[] bytes) {
        this.bytes = bytes;
        this.length = bytes.length;
    }

    static EncodedBatch read(ObjectDataInput in) throws IOException {
        return new EncodedBatch(BucketSerializer.bytes(in));
    }

    Batch batch() {
        Batch known = batch;
        if (known == null) {
            if (bytes == null) {
                throw new IllegalStateException("neither a batch nor its bytes");
            }
            known = BatchCodec.readBatch(new ByteReader(bytes, 0, length));
            batch = known;
        }
        return known;
    }

    void write(ObjectDataOutput out) throws IOException {
        byte[] encoded = encoded();
        out.writeInt(length);
        out.write(encoded, 0, length);
    }

    /** How many of {@link #encoded} are the batch's, once it was called. */
    int length() {
        return length;
    }

    /** The batch's bytes, from the first on. */
    byte[] encoded() {
        byte[] encoded = bytes;
        if (encoded == null) {
            ByteWriter writer = new ByteWriter(CAPACITY);
            BatchCodec.write(batch(), writer);
            encoded = writer.array();
            bytes = encoded;
            length = writer.size();
        }
        return encoded;
    }
}
