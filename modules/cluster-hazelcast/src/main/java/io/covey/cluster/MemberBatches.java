package io.covey.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import com.hazelcast.spi.exception.RetryableException;
import com.hazelcast.spi.exception.RetryableHazelcastException;
import com.hazelcast.spi.impl.operationservice.CallStatus;
import com.hazelcast.spi.impl.operationservice.Operation;
import io.covey.bucket.BatchOutcome;
import io.covey.bucket.Bucket;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Carries the batches of one sender to all partitions that one thread of a member owns, and applies them there one after the other; the
 * answer to all goes back when every backup has answered (docs/adr/0010). It is tried once: whoever sees no answer, or one that says unconfirmed,
 * sends the batch alone, as a {@link BucketBatchOperation}, until it is confirmed.
 *
 * <p>Its partition, by which Hazelcast finds the thread, is that of its first batch.
 */
final class MemberBatches extends Operation implements IdentifiedDataSerializable {
    /** So many batches at most: what the backups hold of them fits the bits of a long. */
    static final int BATCHES_MAX = Long.SIZE;

    private final List<Part> parts;

    /** A batch and the partition that it is for. */
    record Part(int partition, EncodedBatch batch) {}

    /** For reading. */
    MemberBatches() {
        parts = new ArrayList<>();
    }

    MemberBatches(List<Part> parts) {
        this.parts = parts;
        setPartitionId(parts.get(0).partition);
        setValidateTarget(false); // each batch is checked by itself
    }

    @Override
    public CallStatus call() {
        PartitionHost host = PartitionHost.of(here());
        PartitionPlaces places = host.places();
        if (places == null) {
            throw new RetryableHazelcastException("this member is not ready");
        }
        Replication replication = new Replication(this, host, places, parts.size());
        for (int i = 0; i < parts.size(); i++) {
            Part part = parts.get(i);
            if (!places.isServedHere(part.partition) || !places.isSameThread(part.partition, getPartitionId())) {
                replication.answered(i, new BatchAnswer.Unconfirmed());
            } else {
                apply(i, part, host, places, replication);
            }
        }
        replication.begin();
        return CallStatus.VOID;
    }

    private void apply(int index, Part part, PartitionHost host, PartitionPlaces places, Replication replication) {
        BucketHolder holder = places.holder(part.partition);
        Bucket bucket = holder == null ? null : holder.bucket();
        if (bucket == null) {
            if (holder != null && holder.isDiscarded()) {
                host.discarded(part.partition);
            }
            replication.answered(index, new BatchAnswer.Missing());
            return;
        }
        int assignmentVersion = host.assignmentVersion(here(), part.partition);
        BatchOutcome outcome = host.apply(here(), part.partition, bucket, part.batch);
        if (outcome instanceof BatchOutcome.Applied applied) {
            if (!host.kept(part.partition, bucket, applied.step(), part.batch)) {
                replication.answered(index, new BatchAnswer.Unconfirmed());
                return;
            }
            replication.applied(index, part, applied, assignmentVersion);
        } else {
            replication.answered(index, BatchAnswer.of(outcome));
        }
    }

    private HazelcastInstance here() {
        return getNodeEngine().getHazelcastInstance();
    }

    @Override
    public boolean returnsResponse() {
        return false; // it comes from the replication
    }

    /** A partition on its way to another member is no event for a log: the batch is repeated there. */
    @Override
    public void logError(Throwable failure) {
        if (failure instanceof RetryableException) {
            getLogger().finest(failure);
        } else {
            super.logError(failure);
        }
    }

    @Override
    public int getFactoryId() {
        return ClusterSerialization.FACTORY_ID;
    }

    @Override
    public int getClassId() {
        return ClusterSerialization.MEMBER_BATCHES;
    }

    @Override
    protected void writeInternal(ObjectDataOutput out) throws IOException {
        out.writeInt(parts.size());
        for (Part part : parts) {
            out.writeInt(part.partition);
            part.batch.write(out);
        }
    }

    @Override
    protected void readInternal(ObjectDataInput in) throws IOException {
        int count = in.readInt();
        for (int i = 0; i < count; i++) {
            parts.add(new Part(in.readInt(), EncodedBatch.read(in)));
        }
    }
}
