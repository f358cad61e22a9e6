package io.covey.cluster;

import com.hazelcast.core.HazelcastInstanceNotActiveException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks from time to time whether the partitions that this member owns have their copies, so that their number can be told at once. On a thread of its
 * own, once the cluster is formed.
 */
final class ReplicaWatch implements Runnable {
    private static final long PERIOD_MILLIS = 1_000;

    private static final Logger LOG = LoggerFactory.getLogger(ReplicaWatch.class);

    private final ReplicaCheck replicas;
    private volatile boolean stopped;

    ReplicaWatch(ReplicaCheck replicas) {
        this.replicas = replicas;
    }

    void stop() {
        stopped = true;
    }

    @Override
    public void run() {
        try {
            while (!stopped) {
                Thread.sleep(PERIOD_MILLIS);
                replicas.lookAtOwned();
            }
        } catch (InterruptedException | HazelcastInstanceNotActiveException ended) {
            LOG.debug("the member ends");
        }
    }
}
