package io.covey.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes from this member's disk the copies of partitions that it is no replica of: only after all who are have theirs on disk, since until then
 * this may be the only one that a loss of power would leave. On a thread of its own, once the cluster is formed.
 */
final class Leftovers {
    private static final long PERIOD_MILLIS = 5_000;

    private static final Logger LOG = LoggerFactory.getLogger(Leftovers.class);

    private final HazelcastInstance hazelcast;
    private final HazelcastBuckets buckets;
    private final PartitionHost host;
    private final BooleanSupplier brought;
    private final Recurring loop = new Recurring("covey-leftovers", PERIOD_MILLIS, this::runOnce);

    /** @param brought whether the owners have what is newer here: until then this disk keeps it */
    Leftovers(HazelcastBuckets buckets, PartitionHost host, BooleanSupplier brought) {
        this.brought = brought;
        this.hazelcast = buckets.member();
        this.buckets = buckets;
        this.host = host;
    }

    void start() {
        loop.start();
    }

    void stop() {
        loop.stop();
    }

    /** Looks at every partition once. */
    void runOnce() {
        for (int partition = 0; partition < buckets.partitionCount() && !loop.isStopped(); partition++) {
            if (brought.getAsBoolean() && host.storage().mayHold(partition) && !host.isReplica(hazelcast, partition)) {
                drop(partition);
            }
        }
    }

    private void drop(int partition) {
        try {
            if (!buckets.map().executeOnKey(buckets.key(partition), new KeptProcessor(partition, false))) {
                return;
            }
        } catch (HazelcastInstanceNotActiveException ended) {
            throw ended;
        } catch (RuntimeException notNow) {
            LOG.debug("the replicas of a partition are not on disk yet; partition={}", partition, notNow);
            return;
        }
        buckets.onPartitionThread(partition, () -> {
            if (!host.isReplica(hazelcast, partition)) {
                LOG.info("an old copy is deleted from this disk, its replicas have it; partition={}", partition);
                host.storage().journal().dropped(partition);
            }
        });
    }
}
