package io.covey.cluster;

import com.hazelcast.cluster.Member;
import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.core.HazelcastInstance;
import io.vertx.core.Completable;
import io.vertx.core.Vertx;
import io.vertx.core.spi.cluster.NodeInfo;
import io.vertx.core.spi.cluster.RegistrationInfo;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Vert.x's cluster manager, with addresses that need no registry: {@code name@node} stands for the node with that id as long as it is a
 * member, and where its event bus listens is an attribute of the member. The registry of other addresses loses entries after crashes and
 * merges (vert.x#4394); what does not exist cannot be lost.
 */
final class MemberClusterManager extends HazelcastClusterManager {
    private static final char AT = '@';

    private final HazelcastInstance hazelcast;
    private @Nullable Vertx vertx;

    MemberClusterManager(HazelcastInstance hazelcast) {
        super(hazelcast);
        this.hazelcast = hazelcast;
    }

    /** The address under which a node, and only that node, listens. */
    static String address(String name, String nodeId) {
        return name + AT + nodeId;
    }

    @Override
    public void init(Vertx started) {
        vertx = started;
        super.init(started);
    }

    @Override
    public void addRegistration(String address, RegistrationInfo info, Completable<Void> done) {
        if (address.indexOf(AT) >= 0) {
            done.succeed();
        } else {
            super.addRegistration(address, info, done);
        }
    }

    @Override
    public void removeRegistration(String address, RegistrationInfo info, Completable<Void> done) {
        if (address.indexOf(AT) >= 0) {
            done.succeed();
        } else {
            super.removeRegistration(address, info, done);
        }
    }

    @Override
    public void getRegistrations(String address, Completable<List<RegistrationInfo>> found) {
        int at = address.indexOf(AT);
        if (at < 0) {
            super.getRegistrations(address, found);
            return;
        }
        String nodeId = address.substring(at + 1);
        found.succeed(member(nodeId) == null ? List.of() : List.of(new RegistrationInfo(nodeId, 0, false)));
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

    /** Cleans the registry of other addresses, which blocks: not on the thread that tells of members. */
    @Override
    public synchronized void memberRemoved(MembershipEvent event) {
        Vertx here = vertx;
        if (here != null) {
            here.executeBlocking(() -> {
                super.memberRemoved(event);
                return null;
            });
        }
    }

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
