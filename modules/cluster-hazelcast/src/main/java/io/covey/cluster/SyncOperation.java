package io.covey.cluster;

import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import com.hazelcast.spi.impl.operationservice.Operation;

/**
 * Asks a member to answer once everything that its replicas have written by now is on the device. It holds up no thread of the member: the
 * answer is sent by the one that syncs.
 */
final class SyncOperation extends Operation implements IdentifiedDataSerializable {
    /** For sending and reading. */
    SyncOperation() {}

    @Override
    public void run() {
        PartitionHost.of(getNodeEngine().getHazelcastInstance())
                .storage()
                .journal()
                .whenDurable(() -> sendResponse(true));
    }

    @Override
    public boolean returnsResponse() {
        return false;
    }

    @Override
    public int getFactoryId() {
        return ClusterSerialization.FACTORY_ID;
    }

    @Override
    public int getClassId() {
        return ClusterSerialization.SYNC_OPERATION;
    }
}
