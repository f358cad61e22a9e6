package io.covey.cluster;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.internal.partition.PartitionRuntimeState;
import com.hazelcast.internal.partition.impl.InternalPartitionServiceImpl;
import com.hazelcast.internal.partition.operation.PartitionStateOperation;
import com.hazelcast.partition.ReplicaMigrationEvent;
import com.hazelcast.spi.impl.NodeEngineImpl;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the oldest member tell the others of each replica that has moved, as soon as it has. Hazelcast itself tells only the destination at once; all others,
 * also an owner whose backup has moved, hear of ten moves together, or when the last one is done, and until then they refuse what is for these
 * partitions or send it to where they were: the first partition to move would be unavailable for as long as it takes to move all.
 *
 * <p>What it sends is what Hazelcast sends every 15 s by itself. Called on Hazelcast's event threads.
 *
 * <p>It also ends a pause that Hazelcast makes when a replica could not be moved, as when a member dies that is just taking one: three seconds, six at
 * most, in which nobody becomes the owner of what the dead member owned either.
 */
final class PartitionNews {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionNews.class);

    /** For so long after a member's end no such pause is waited for: moves that concern the member fail one after the other. */
    private static final long UNPAUSED_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final HazelcastInstance hazelcast;
    private final MovePace pace;
    private volatile long memberLeftNanos = System.nanoTime() - UNPAUSED_NANOS;

    PartitionNews(HazelcastInstance hazelcast, PartitionHost host) {
        this.hazelcast = hazelcast;
        this.pace = new MovePace(() -> host.areAllReplicasPresent(hazelcast));
        partitions(PartitionHost.engine(hazelcast)).setMigrationInterceptor(pace);
    }

    /** A replica has moved. */
    void moved(ReplicaMigrationEvent event) {
        LOG.debug(
                "a replica has moved; partition={} replica={} millis={}",
                event.getPartitionId(),
                event.getReplicaIndex(),
                event.getElapsedTime());
        try {
            tell();
        } catch (HazelcastInstanceNotActiveException stopped) {
            LOG.debug("a replica moved while the member stops");
        }
    }

    /** A member has left or died. */
    void memberLeft() {
        memberLeftNanos = System.nanoTime();
        pace.memberLeft();
        goOn();
    }

    /** To be called again and again: lets the oldest member go on with what is left to do after a member's end. From any thread. */
    void goOn() {
        if (System.nanoTime() - memberLeftNanos > UNPAUSED_NANOS) {
            return;
        }
        InternalPartitionServiceImpl partitions = partitions(PartitionHost.engine(hazelcast));
        if (partitions.isLocalMemberMaster()) {
            partitions.resumeMigration();
        }
    }

    private static InternalPartitionServiceImpl partitions(NodeEngineImpl engine) {
        return (InternalPartitionServiceImpl) engine.getPartitionService();
    }

    private void tell() {
        NodeEngineImpl engine = PartitionHost.engine(hazelcast);
        InternalPartitionServiceImpl partitions = partitions(engine);
        if (!partitions.isLocalMemberMaster()) {
            return;
        }
        PartitionRuntimeState state = partitions.createPartitionStateInternal();
        if (state == null) {
            return; // nothing is assigned yet
        }
        for (Member member : hazelcast.getCluster().getMembers()) {
            if (!member.localMember()) {
                engine.getOperationService().send(new PartitionStateOperation(state, false), member.getAddress());
            }
        }
    }
}
