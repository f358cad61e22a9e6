package io.covey.cluster;

import com.hazelcast.cluster.Member;
import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.LifecycleEvent;
import io.vertx.core.Completable;
import io.vertx.core.spi.cluster.NodeInfo;
import io.vertx.core.spi.cluster.RegistrationInfo;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Vert.x's cluster manager, whose event bus needs no registry: an address {@code name@node} stands for the node with that id as long as it is a
 * member, where its event bus listens is an attribute of the member, and every other address stays in its own node. The registry of
 * vertx-hazelcast loses entries after crashes and merges (vert.x#4394), and cleaning it blocks and fails while partitions move; what does not
 * exist cannot be lost.
 */
final class EventBusCluster extends HazelcastClusterManager {
    private static final char AT = '@';

    private final HazelcastInstance hazelcast;
    private volatile @Nullable NodeInfo own;

    EventBusCluster(HazelcastInstance hazelcast) {
        super(hazelcast);
        this.hazelcast = hazelcast;
    }

    /** The address under which a node, and only that node, listens. */
    static String address(String name, String nodeId) {
        return name + AT + nodeId;
    }

    @Override
    public void addRegistration(String address, RegistrationInfo info, Completable<Void> done) {
        done.succeed();
    }

    @Override
    public void removeRegistration(String address, RegistrationInfo info, Completable<Void> done) {
        done.succeed();
    }

    @Override
    public void getRegistrations(String address, Completable<List<RegistrationInfo>> found) {
        String nodeId = address.indexOf(AT) < 0 ? getNodeId() : address.substring(address.indexOf(AT) + 1);
        found.succeed(member(nodeId) == null ? List.of() : List.of(new RegistrationInfo(nodeId, 0, false)));
    }

    @Override
    public void setNodeInfo(NodeInfo info, Completable<Void> done) {
        own = info;
        done.succeed();
    }

    @Override
    @SuppressWarnings("UnsynchronizedOverridesSynchronized") // one volatile field
    public @Nullable NodeInfo getNodeInfo() {
        return own;
    }

    @Override
    public void getNodeInfo(String nodeId, Completable<NodeInfo> found) {
        Member member = member(nodeId);
        String bus = member == null ? null : member.getAttribute(HazelcastConfiguration.EVENT_BUS);
        if (bus == null) {
            found.fail("no member has the node id " + nodeId);
            return;
        }
        int colon = bus.lastIndexOf(':');
        found.succeed(new NodeInfo(bus.substring(0, colon), Integer.parseInt(bus.substring(colon + 1)), null));
    }

    /** There is nothing to clean. */
    @Override
    @SuppressWarnings("UnsynchronizedOverridesSynchronized") // does nothing
    public void memberRemoved(MembershipEvent event) {}

    /** There is nothing to put right after a merge. */
    @Override
    @SuppressWarnings("UnsynchronizedOverridesSynchronized") // does nothing
    public void stateChanged(LifecycleEvent event) {}

    /** Where the member is gone already, there is nothing to leave. */
    @Override
    public void leave(Completable<Void> done) {
        if (hazelcast.getLifecycleService().isRunning()) {
            super.leave(done);
        } else {
            done.succeed();
        }
    }

    private @Nullable Member member(String nodeId) {
        if (!hazelcast.getLifecycleService().isRunning()) {
            return null;
        }
        for (Member member : hazelcast.getCluster().getMembers()) {
            if (nodeId.equals(member.getAttribute(HazelcastConfiguration.NODE_ID))) {
                return member;
            }
        }
        return null;
    }
}
