package io.covey.cluster;

import com.hazelcast.cluster.Address;
import com.hazelcast.cluster.Member;
import com.hazelcast.internal.partition.InternalPartition;
import com.hazelcast.internal.partition.InternalPartitionService;
import com.hazelcast.internal.partition.PartitionReplica;
import com.hazelcast.internal.serialization.Data;
import com.hazelcast.map.impl.MapService;
import com.hazelcast.map.impl.record.Record;
import com.hazelcast.map.impl.recordstore.RecordStore;
import com.hazelcast.spi.impl.NodeEngine;
import com.hazelcast.spi.impl.NodeEngineImpl;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Where the buckets and their backups are, and which of them one thread of a member serves: what goes to the same {@link Place} can go in one
 * message and be done in one go. From any thread, except where a method says otherwise.
 */
final class PartitionPlaces {
    private final InternalPartitionService partitions;
    private final NodeEngine engine;
    private final List<Data> keys;
    private final Map<UUID, Integer> threads = new ConcurrentHashMap<>();

    /** A thread for partitions of a member. */
    record Place(Address address, int thread) {}

    /**
     * @param keys the key of each partition's bucket
     */
    PartitionPlaces(NodeEngine engine, List<Data> keys) {
        this.engine = engine;
        this.partitions = ((NodeEngineImpl) engine).getNode().getPartitionService();
        this.keys = List.copyOf(keys);
    }

    NodeEngine engine() {
        return engine;
    }

    /** Where a replica is: the owner's has index 0. Null where it is assigned to nobody who is there. */
    @Nullable
    Place replica(int partition, int index) {
        PartitionReplica replica = partition(partition).getReplica(index);
        if (replica == null) {
            return null;
        }
        Integer count = threads.get(replica.uuid());
        if (count == null) {
            Member member = engine.getClusterService().getMember(replica.address(), replica.uuid());
            if (member == null) {
                return null;
            }
            count = HazelcastConfiguration.partitionThreads(member);
            threads.put(replica.uuid(), count);
        }
        return new Place(replica.address(), partition % count);
    }

    /** A member has left: what was known about it is not needed any more. */
    void memberLeft() {
        threads.clear();
    }

    /** Whether this member is the partition's owner, and the partition stays. */
    boolean isServedHere(int partition) {
        InternalPartition assigned = partition(partition);
        return assigned.isLocal() && !assigned.isMigrating();
    }

    /** Whether this member is the partition's owner. */
    boolean isOwnedHere(int partition) {
        return partition(partition).isLocal();
    }

    /** Whether this member is assigned a backup of the partition. */
    boolean isBackupHere(int partition) {
        PartitionReplica here = PartitionReplica.from(engine.getLocalMember());
        return partition(partition).getReplicaIndex(here) > 0;
    }

    /** Whether the calling thread is the one that serves this partition, given that it serves the other one. */
    boolean isSameThread(int partition, int served) {
        var executor = engine.getOperationService().getOperationExecutor();
        return executor.toPartitionThreadIndex(partition) == executor.toPartitionThreadIndex(served);
    }

    /** What this member holds of a partition, or null. On the partition's thread only. */
    @Nullable
    BucketHolder holder(int partition) {
        MapService service = engine.getService(MapService.SERVICE_NAME);
        RecordStore<?> store =
                service.getMapServiceContext().getExistingRecordStore(partition, HazelcastConfiguration.BUCKETS);
        Record<?> record = store == null ? null : store.getRecord(keys.get(partition));
        return record == null ? null : (BucketHolder) record.getValue();
    }

    private InternalPartition partition(int partition) {
        return partitions.getPartition(partition, false);
    }
}
