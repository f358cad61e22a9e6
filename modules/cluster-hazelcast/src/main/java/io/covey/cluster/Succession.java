package io.covey.cluster;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.internal.cluster.impl.ClusterServiceImpl;
import com.hazelcast.internal.cluster.impl.MembershipManager;
import com.hazelcast.spi.impl.NodeEngineImpl;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Collection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the next oldest member lead at once where it dies together with others, or nearly so. Whoever is to lead asks all members whether they agree. Those
 * that died, but were not missed yet when they were asked, never answer, and Hazelcast looks only every five seconds whether they have been missed
 * since: for so long nobody took over what any of the dead had owned. Here the question is taken back as soon as they are missed; Hazelcast leaves
 * them out then, as it does in the end.
 *
 * <p>Called on the cluster's thread.
 */
final class Succession {
    private static final Logger LOG = LoggerFactory.getLogger(Succession.class);

    /** Hazelcast tells nobody whom a member that does not lead, or not yet, has missed. */
    private static final Method SUSPECTED = suspected();

    private final HazelcastInstance hazelcast;

    Succession(HazelcastInstance hazelcast) {
        this.hazelcast = hazelcast;
    }

    private static Method suspected() {
        try {
            Method method = MembershipManager.class.getDeclaredMethod("getSuspectedMembers");
            method.setAccessible(true);
            return method;
        } catch (NoSuchMethodException otherRelease) {
            throw new IllegalStateException("this release of Hazelcast is not the one that was tested", otherRelease);
        }
    }

    /** To be called again and again. Does something only while this member has begun to lead and the others have not all agreed. */
    void look() {
        try {
            takeBackQuestions();
        } catch (RuntimeException notNow) {
            LOG.debug("the next oldest member may have to wait for the dead", notNow);
        }
    }

    private void takeBackQuestions() {
        NodeEngineImpl engine = PartitionHost.engine(hazelcast);
        ClusterServiceImpl cluster = (ClusterServiceImpl) engine.getClusterService();
        if (!cluster.isMaster()) {
            return; // whoever leads removes members at once, so who leads and suspects somebody has only begun
        }
        for (Member missed : suspected(cluster.getMembershipManager())) {
            engine.getOperationService().onEndpointLeft(missed.getAddress());
        }
    }

    @SuppressWarnings("unchecked") // by its declaration
    private static Collection<? extends Member> suspected(MembershipManager manager) {
        try {
            return (Collection<? extends Member>) SUSPECTED.invoke(manager);
        } catch (IllegalAccessException | InvocationTargetException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
