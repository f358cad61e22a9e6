package io.covey.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.internal.serialization.Data;
import com.hazelcast.map.impl.operation.EntryOperation;
import org.jspecify.annotations.Nullable;

/**
 * Runs a {@link BucketBatchProcessor} on its entry, and looks again once the backups are on their way: Hazelcast skips a backup whose member
 * has left since the processor looked, and would report success with fewer copies than promised. [I1]
 */
final class BucketBatchOperation extends EntryOperation {
    private final transient @Nullable BucketBatchProcessor sent;
    private transient int assignmentVersion;

    /** For reading. */
    BucketBatchOperation() {
        sent = null;
    }

    BucketBatchOperation(Data key, BucketBatchProcessor processor) {
        super(HazelcastConfiguration.BUCKETS, key, processor);
        sent = processor;
    }

    @Override
    public void innerBeforeRun() throws Exception {
        super.innerBeforeRun();
        HazelcastInstance here = getNodeEngine().getHazelcastInstance();
        assignmentVersion = PartitionHost.of(here).assignmentVersion(here, getPartitionId());
    }

    /** Asked by Hazelcast after it has sent the backups. */
    @Override
    public @Nullable Object getResponse() {
        HazelcastInstance here = getNodeEngine().getHazelcastInstance();
        PartitionHost host = PartitionHost.of(here);
        if (host.stillStands(here, getPartitionId(), assignmentVersion)) {
            return super.getResponse();
        }
        return withdrawn(super.getResponse());
    }

    /** What is answered instead of an answer that says applied; refusals stand. */
    private @Nullable Object withdrawn(@Nullable Object response) {
        if (sent != null && sent.answer() != null) {
            sent.withdraw();
            return response;
        }
        byte[] answer = getNodeEngine().toObject(response);
        return BatchAnswer.isApplied(answer)
                ? getNodeEngine().toData(new BatchAnswer.Unconfirmed().toBytes())
                : response;
    }

    @Override
    public int getFactoryId() {
        return ClusterSerialization.FACTORY_ID;
    }

    @Override
    public int getClassId() {
        return ClusterSerialization.BATCH_OPERATION;
    }
}
