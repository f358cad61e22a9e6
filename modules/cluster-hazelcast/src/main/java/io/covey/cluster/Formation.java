package io.covey.cluster;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.map.IMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that the cluster's buckets are made exactly once: when as many members as a formation needs are there for the first time, the
 * oldest of them makes the empty buckets, with confirmed backups, and marks the cluster as formed. Every node uses buckets only after it has
 * seen that mark, so buckets that a formation has left half made are still empty, and whoever goes on with it cannot harm.
 *
 * <p>After that no bucket is ever made again: one that is missing stays unavailable. The mark has the most copies that Hazelcast keeps; it is
 * gone only with every member, as the buckets are then.
 */
final class Formation implements Runnable {
    private static final String MARK = "formation";
    private static final String FORMING = "forming";
    private static final String FORMED = "formed";
    private static final long PAUSE_MILLIS = 200;

    private static final Logger LOG = LoggerFactory.getLogger(Formation.class);

    private final HazelcastInstance hazelcast;
    private final HazelcastBuckets buckets;
    private final int quorum;
    private final Runnable formed;
    private final IMap<String, Object> marks;
    private volatile boolean stopped;

    /**
     * @param formed runs once, on the formation's thread, when the buckets may be used
     */
    Formation(HazelcastInstance hazelcast, HazelcastBuckets buckets, int quorum, Runnable formed) {
        this.hazelcast = hazelcast;
        this.buckets = buckets;
        this.quorum = quorum;
        this.formed = formed;
        this.marks = hazelcast.getMap(HazelcastConfiguration.CLUSTER);
    }

    /** Ends the waiting. */
    void stop() {
        stopped = true;
    }

    /** Looks, and where it is this member's turn forms, until the cluster is formed. On a thread of its own. */
    @Override
    public void run() {
        try {
            while (!stopped && !runOnce()) {
                Thread.sleep(PAUSE_MILLIS);
            }
        } catch (InterruptedException | HazelcastInstanceNotActiveException ended) {
            LOG.info("the node ends before its cluster was formed");
        }
    }

    /** Looks once, and tells whether the cluster is formed. */
    boolean runOnce() {
        try {
            Object mark = marks.get(MARK);
            boolean done = FORMED.equals(mark) || mayForm() && form(mark);
            if (done) {
                formed.run();
            }
            return done;
        } catch (HazelcastInstanceNotActiveException ended) {
            throw ended;
        } catch (RuntimeException failure) {
            LOG.info("the cluster is not formed yet: {}", failure.toString());
            return false;
        }
    }

    private boolean mayForm() {
        Set<Member> members = hazelcast.getCluster().getMembers();
        return members.size() >= quorum && members.iterator().next().localMember();
    }

    private boolean form(@Nullable Object mark) {
        if (mark == null) {
            if (isAnyUsed()) {
                LOG.error("buckets are in use, but the mark of the cluster's formation was lost: none is made");
                marks.set(MARK, FORMED);
                return true;
            }
            LOG.info(
                    "the cluster is formed for the first time; members={} partitions={}",
                    hazelcast.getCluster().getMembers().size(),
                    buckets.partitionCount());
            marks.set(MARK, FORMING);
        }
        for (int partition = 0; partition < buckets.partitionCount(); partition++) {
            if (state(partition, true) == FormationProcessor.ABSENT) {
                return false; // its backups are not assigned yet
            }
        }
        marks.set(MARK, FORMED);
        return true;
    }

    private boolean isAnyUsed() {
        for (int partition = 0; partition < buckets.partitionCount(); partition++) {
            if (state(partition, false) == FormationProcessor.USED) {
                return true;
            }
        }
        return false;
    }

    private int state(int partition, boolean create) {
        return buckets.map().executeOnKey(buckets.key(partition), new FormationProcessor(partition, create));
    }
}
