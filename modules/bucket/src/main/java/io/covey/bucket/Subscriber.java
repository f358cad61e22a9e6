package io.covey.bucket;

import io.covey.routing.Subscription;

/** A subscription of one session as the trie holds it: one object per session and filter, compared by identity. */
final class Subscriber {
    /** What a subscription takes in the session's map and in the trie, beside its filter. */
    private static final int SUBSCRIPTION_BYTES = 192;

    private static final int[] NO_IDS = {};

    private final DurableState session;
    private Subscription subscription;
    private int[] ids = NO_IDS;

    Subscriber(DurableState session, Subscription subscription) {
        this.session = session;
        this.subscription = subscription;
        replace(subscription);
    }

    DurableState session() {
        return session;
    }

    Subscription subscription() {
        return subscription;
    }

    /** The Subscription Identifier as a list of none or one, shared by all deliveries; not to be modified. */
    int[] ids() {
        return ids;
    }

    /** The same filter was subscribed to again [MQTT-3.8.4-3]. */
    void replace(Subscription other) {
        subscription = other;
        ids = other.subscriptionId() == 0 ? NO_IDS : new int[] {other.subscriptionId()};
    }

    /** An estimate of what a subscription to this filter takes. */
    static long bytesOf(String filter) {
        return SUBSCRIPTION_BYTES + 2L * filter.length();
    }
}
