package io.covey.testkit;

import io.covey.bucket.BucketLimits;
import io.covey.bucket.QueueOverflow;
import java.util.EnumSet;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * What a run is about, drawn from its seed: not everything at once, so that each run goes deep into something.
 *
 * @param hosts machines of the cluster
 * @param backups copies of each bucket beside the owner's, which is also how many hosts may be disturbed at a time
 * @param queueMessagesMax messages in the queue of a session or a group
 * @param overflow what becomes of those that find it full
 */
record Scenario(int hosts, int backups, int queueMessagesMax, QueueOverflow overflow, Set<Scenario.Feature> features) {
    /** What may be in a run beside persistent subscribers, publishers and the faults of single hosts. */
    enum Feature {
        /** Subscribers whose sessions end with their connections. */
        TRANSIENT_SUBSCRIBERS,
        /** Subscribers that unsubscribe and subscribe again. */
        UNSUBSCRIBES,
        /** Clients that come back while their connection is still open, and several connections of a client id at once. */
        TAKEOVERS,
        /** Clients with wills. */
        WILLS,
        /** Writers and readers of retained messages. */
        RETAINED,
        /** Messages and sessions that expire. */
        EXPIRY,
        /** Splits of the whole cluster, also into sides none of which has a majority. */
        SPLITS,
        /** Nodes that leave in order and come back. */
        ROLLING_STOPS,
        /** A host that joins during the run. */
        GROWTH,
        /** Nodes that are slow to take what they are backups for, also while an owner is killed. */
        SLOW_BACKUPS,
        /** Owners that are cut off at the moment when they have taken a partition over, or given one away. */
        OWNERS_CUT_OFF,
        /** A Shared Subscription of sessions that do not end. */
        SHARED_BY_SESSIONS,
        /** A Shared Subscription of a session that does not end and of others that do. */
        SHARED_BY_ALL,
        /** A Shared Subscription of connections only. */
        SHARED_BY_CONNECTIONS,
        /** Queues of sessions and groups that are full now and then. No wills and retained messages: of these nobody is told. */
        SMALL_QUEUES
    }

    /** That of a seed. */
    static Scenario of(long seed) {
        return draw(new EventQueue(new SplittableRandom(seed)));
    }

    static Scenario draw(EventQueue events) {
        int draw = (int) events.between(0, 9);
        int hosts = draw < 6 ? 3 : draw < 8 ? 4 : 5;
        int backups = hosts == 5 && events.chance(0.6) ? 2 : 1;
        Set<Feature> features = EnumSet.noneOf(Feature.class);
        for (Feature feature : Feature.values()) {
            if (events.chance(0.4)) {
                features.add(feature);
            }
        }
        if (!features.contains(Feature.SMALL_QUEUES) || events.chance(0.5)) {
            features.remove(Feature.SMALL_QUEUES);
            BucketLimits limits = BucketLimits.DEFAULT;
            return new Scenario(hosts, backups, limits.queueMessagesMax(), limits.queueOverflow(), features);
        }
        features.remove(Feature.WILLS);
        features.remove(Feature.RETAINED);
        QueueOverflow[] rules = QueueOverflow.values();
        QueueOverflow rule = rules[(int) events.between(0, rules.length - 1)];
        return new Scenario(hosts, backups, (int) events.between(5, 60), rule, features);
    }

    BucketLimits limits() {
        BucketLimits limits = BucketLimits.DEFAULT;
        return new BucketLimits(
                        queueMessagesMax,
                        limits.queueBytesMax(),
                        limits.bucketBytesMax(),
                        limits.handedAheadMin(),
                        limits.clockSkewMillisMax())
                .withQueueOverflow(overflow);
    }

    boolean has(Feature feature) {
        return features.contains(feature);
    }
}
