package io.covey.cluster;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastException;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets this member take partitions. It joins without: Hazelcast would move some to it at once, and until its node holds a lease nobody could use them. So it
 * waits for that, unless nobody else has partitions or the cluster is not formed yet. From any thread; the waiting is on a thread of its own.
 */
final class Promotion implements Runnable {
    /** Without a majority there is no lease; but copies of what the cluster knows of itself must not be on too few members for long. */
    static final long UNLEASED_NANOS_MAX = TimeUnit.SECONDS.toNanos(10);

    private static final long PAUSE_MILLIS = 50;
    private static final long DECISION_SECONDS_MAX = 30;

    private static final Logger LOG = LoggerFactory.getLogger(Promotion.class);

    private final HazelcastInstance hazelcast;
    private final BooleanSupplier mayOwn;
    private final Runnable alone;
    private final long begunNanos = System.nanoTime();
    private volatile boolean stopped;

    /**
     * @param mayOwn whether the node may serve partitions now, or others wait for it as a backup
     * @param alone runs when this member has become the only one with partitions of a formed cluster
     */
    Promotion(HazelcastInstance hazelcast, BooleanSupplier mayOwn, Runnable alone) {
        this.hazelcast = hazelcast;
        this.mayOwn = mayOwn;
        this.alone = alone;
    }

    /**
     * Takes partitions at once where this member is needed for a cluster to be formed. Blocks until it is clear whether it is, within bounds.
     *
     * @throws IllegalStateException where that does not become clear
     */
    void whereNotFormed() {
        RuntimeException last = null;
        try {
            for (long tries = 0; tries < TimeUnit.SECONDS.toMillis(DECISION_SECONDS_MAX) / PAUSE_MILLIS; tries++) {
                try {
                    if (isOnlyOne() || !Formation.isFormed(hazelcast)) {
                        promote();
                    }
                    return;
                } catch (HazelcastInstanceNotActiveException ended) {
                    throw ended;
                } catch (HazelcastException | IllegalStateException notNow) {
                    last = notNow;
                    Thread.sleep(PAUSE_MILLIS);
                }
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        throw new IllegalStateException("the cluster's members do not tell whether it is formed", last);
    }

    /** Waits for the node's lease, and takes partitions then. */
    @Override
    public void run() {
        try {
            while (!stopped && hazelcast.getCluster().getLocalMember().isLiteMember()) {
                if (isDue()) {
                    tryToPromote();
                }
                Thread.sleep(PAUSE_MILLIS);
            }
        } catch (InterruptedException | HazelcastInstanceNotActiveException ended) {
            LOG.debug("the member ends before it took partitions");
        }
    }

    private boolean isDue() {
        if (mayOwn.getAsBoolean()) {
            return true;
        }
        if (isOnlyOne()) {
            LOG.warn("the members that had partitions are gone");
            return true;
        }
        return System.nanoTime() - begunNanos > UNLEASED_NANOS_MAX;
    }

    private void tryToPromote() {
        try {
            boolean only = isOnlyOne();
            promote();
            if (only && !stopped) {
                alone.run();
            }
        } catch (HazelcastInstanceNotActiveException ended) {
            throw ended;
        } catch (HazelcastException | IllegalStateException notNow) {
            LOG.info("this member takes no partitions yet, it is tried again: {}", notNow.getMessage());
        }
    }

    private synchronized void promote() {
        if (!stopped && hazelcast.getCluster().getLocalMember().isLiteMember()) {
            hazelcast.getCluster().promoteLocalLiteMember();
            LOG.info("this member takes partitions from now on");
        }
    }

    private boolean isOnlyOne() {
        return hazelcast.getCluster().getMembers().stream().allMatch(Member::isLiteMember);
    }

    /** The member takes no partitions any more that it does not take already. */
    void stop() {
        stopped = true;
    }

    /** The same; blocks until it is certain. */
    synchronized void stopped() {
        stopped = true;
    }
}
