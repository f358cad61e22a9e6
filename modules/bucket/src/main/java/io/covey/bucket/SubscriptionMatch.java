package io.covey.bucket;

import io.covey.protocol.QoS;
import io.covey.routing.Subscription;
import java.util.Arrays;

/**
 * The overlapping subscriptions of one session that match one topic, merged: the highest QoS [MQTT-3.3.4-2], all Subscription Identifiers
 * [MQTT-3.3.4-3..4], and Retain As Published when any of them asks for it. One per session, reused for every match.
 */
final class SubscriptionMatch {
    private long matchNumber;
    private QoS qos = QoS.AT_MOST_ONCE;
    private boolean retainAsPublished;
    private int[] ids = {};

    /**
     * Adds a subscription to the match with this number, forgetting earlier matches.
     *
     * @return whether it is the first of this match
     */
    boolean add(Subscriber subscriber, long number) {
        Subscription subscription = subscriber.subscription();
        if (matchNumber != number) {
            matchNumber = number;
            qos = subscription.qos();
            retainAsPublished = subscription.retainAsPublished();
            ids = subscriber.ids();
            return true;
        }
        if (subscription.qos().value() > qos.value()) {
            qos = subscription.qos();
        }
        retainAsPublished |= subscription.retainAsPublished();
        ids = merge(ids, subscriber.ids());
        return false;
    }

    /** The highest level granted. */
    QoS qos() {
        return qos;
    }

    /** Whether RETAIN is forwarded as published [MQTT-3.3.1-12..13]. */
    boolean retainAsPublished() {
        return retainAsPublished;
    }

    /** All Subscription Identifiers, ascending, with repeats; not to be modified. */
    int[] ids() {
        return ids;
    }

    private static int[] merge(int[] left, int[] right) {
        if (left.length == 0 || right.length == 0) {
            return left.length == 0 ? right : left;
        }
        int[] merged = Arrays.copyOf(left, left.length + right.length);
        System.arraycopy(right, 0, merged, left.length, right.length);
        // Sorted, since replicas must queue alike whatever order their tries have.
        Arrays.sort(merged);
        return merged;
    }
}
