package io.covey.cluster;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import com.hazelcast.spi.impl.operationservice.CallStatus;
import com.hazelcast.spi.impl.operationservice.Operation;
import io.covey.bucket.Step;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Carries applied batches from an owner to all backups that one thread of a member keeps. Answers with a bit for each: whether that replica
 * holds its batch now.
 */
final class MemberBackups extends Operation implements IdentifiedDataSerializable {
    private final List<Part> parts;
    private long held;

    /** An applied batch and what it did to its partition's version. */
    record Part(int partition, EncodedBatch batch, Step step) {}

    /** For reading. */
    MemberBackups() {
        parts = new ArrayList<>();
    }

    MemberBackups(List<Part> parts) {
        this.parts = parts;
        setPartitionId(parts.get(0).partition);
        setValidateTarget(false); // this member is not the owner
    }

    @Override
    public CallStatus call() {
        PartitionHost host = PartitionHost.of(getNodeEngine().getHazelcastInstance());
        PartitionPlaces places = host.places();
        for (int i = 0; i < parts.size(); i++) {
            if (places != null && replicate(parts.get(i), host, places)) {
                held |= 1L << i;
            }
        }
        return CallStatus.RESPONSE;
    }

    private boolean replicate(Part part, PartitionHost host, PartitionPlaces places) {
        if (!places.isBackupHere(part.partition) || !places.isSameThread(part.partition, getPartitionId())) {
            return false;
        }
        BucketHolder holder = places.holder(part.partition);
        return BucketBatchBackup.holds(host, part.partition, holder, part.batch, part.step);
    }

    @Override
    public Object getResponse() {
        return held;
    }

    @Override
    public int getFactoryId() {
        return ClusterSerialization.FACTORY_ID;
    }

    @Override
    public int getClassId() {
        return ClusterSerialization.MEMBER_BACKUPS;
    }

    @Override
    protected void writeInternal(ObjectDataOutput out) throws IOException {
        out.writeInt(parts.size());
        for (Part part : parts) {
            out.writeInt(part.partition);
            BucketSerializer.write(out, part.step);
            part.batch.write(out);
        }
    }

    @Override
    protected void readInternal(ObjectDataInput in) throws IOException {
        int count = in.readInt();
        for (int i = 0; i < count; i++) {
            int partition = in.readInt();
            Step step = BucketSerializer.step(in);
            parts.add(new Part(partition, EncodedBatch.read(in), step));
        }
    }
}
