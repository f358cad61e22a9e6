package io.covey.cluster;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.StreamSerializer;
import io.covey.bucket.Bucket;
import io.covey.bucket.BucketLimits;
import io.covey.bucket.BucketVersion;
import io.covey.bucket.Step;
import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import java.io.IOException;

/** Writes a whole bucket, when its partition moves or a replica is copied anew. Runs on the partition's thread, or while no batch may run. */
final class BucketSerializer implements StreamSerializer<BucketHolder> {
    private static final int TYPE_ID = 9_071;
    private static final int STEP_CAPACITY = 64;
    private static final int VERSION_CAPACITY = 32;

    private final BucketLimits limits;

    BucketSerializer(BucketLimits limits) {
        this.limits = limits;
    }

    @Override
    public int getTypeId() {
        return TYPE_ID;
    }

    @Override
    public void write(ObjectDataOutput out, BucketHolder holder) throws IOException {
        Bucket bucket = holder.bucket();
        out.writeBoolean(bucket != null);
        if (bucket != null) {
            write(out, bucket);
        }
    }

    @Override
    public BucketHolder read(ObjectDataInput in) throws IOException {
        return new BucketHolder(in.readBoolean() ? Bucket.restore(new ByteReader(bytes(in)), limits) : null);
    }

    static void write(ObjectDataOutput out, Bucket bucket) throws IOException {
        write(out, bucket.written());
    }

    /** Writes what a batch did to a bucket's version, for {@link #step}. */
    static void write(ObjectDataOutput out, Step step) throws IOException {
        ByteWriter bytes = new ByteWriter(STEP_CAPACITY);
        step.write(bytes);
        write(out, bytes);
    }

    private static void write(ObjectDataOutput out, ByteWriter bytes) throws IOException {
        out.writeInt(bytes.size());
        out.write(bytes.array(), 0, bytes.size());
    }

    static Step step(ObjectDataInput in) throws IOException {
        return Step.read(new ByteReader(bytes(in)));
    }

    /** Bytes that were written with their length as four bytes before them. */
    static byte[] bytes(ObjectDataInput in) throws IOException {
        byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        return bytes;
    }

    /** Writes a bucket's version. */
    static void writeVersion(BucketVersion version, ObjectDataOutput out) throws IOException {
        ByteWriter bytes = new ByteWriter(VERSION_CAPACITY);
        version.write(bytes);
        out.writeByteArray(bytes.toByteArray());
    }

    /** Reads a bucket's version. */
    static BucketVersion readVersion(ObjectDataInput in) throws IOException {
        return BucketVersion.read(new ByteReader(BucketBatchProcessor.given(in.readByteArray())));
    }
}
