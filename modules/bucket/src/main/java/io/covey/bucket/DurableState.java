package io.covey.bucket;

import io.covey.routing.Subscription;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a session keeps beyond its connections: subscriptions, queue and incoming QoS 2 messages. Absent from transient sessions. */
final class DurableState {
    private static final int DURABLE_BYTES = 320;
    private static final int RECEIPT_BYTES = 16;

    private final SessionState session;
    private final Map<String, Subscriber> subscribers = new LinkedHashMap<>();
    private final SubscriptionMatch match = new SubscriptionMatch();
    private final DeliveryQueue queue;
    private Receipts receipts = new Receipts();
    private long subscriptionBytes;

    DurableState(SessionState session, Ledger ledger) {
        this.session = session;
        this.queue = new DeliveryQueue(ledger);
    }

    SessionState session() {
        return session;
    }

    String clientId() {
        return session.clientId();
    }

    long incarnation() {
        return session.incarnation();
    }

    DeliveryQueue queue() {
        return queue;
    }

    Receipts receipts() {
        return receipts;
    }

    /** Takes over receipts from a snapshot. */
    void restore(Receipts restored) {
        receipts = restored;
    }

    /** The scratch area of the match in progress. */
    SubscriptionMatch match() {
        return match;
    }

    /**
     * Adds or replaces a subscription.
     *
     * @return whether there was one to this filter
     */
    boolean subscribe(Subscription subscription, SubscriptionIndex index) {
        Subscriber present = subscribers.get(subscription.filter());
        if (present != null) {
            index.replace(present, subscription); // [MQTT-3.8.4-3]
            return true;
        }
        Subscriber subscriber = new Subscriber(this, subscription);
        subscribers.put(subscription.filter(), subscriber);
        subscriptionBytes += Subscriber.bytesOf(subscription.filter());
        index.add(subscriber);
        return false;
    }

    /**
     * Removes a subscription.
     *
     * @return whether there was one to this filter
     */
    boolean unsubscribe(String filter, SubscriptionIndex index) {
        Subscriber present = subscribers.remove(filter);
        if (present == null) {
            return false;
        }
        subscriptionBytes -= Subscriber.bytesOf(filter);
        index.remove(present);
        return true;
    }

    boolean isSubscribed(String filter) {
        return subscribers.containsKey(filter);
    }

    /** All subscriptions, oldest first. */
    List<Subscription> subscriptions() {
        List<Subscription> list = new ArrayList<>(subscribers.size());
        for (Subscriber subscriber : subscribers.values()) {
            list.add(subscriber.subscription());
        }
        return list;
    }

    /** Gives back everything: the session ends. */
    void clear(SubscriptionIndex index) {
        for (Subscriber subscriber : subscribers.values()) {
            index.remove(subscriber);
        }
        subscribers.clear();
        subscriptionBytes = 0;
        queue.clear();
    }

    /** What it takes beside the queue's entries. */
    long bytes() {
        return DURABLE_BYTES + subscriptionBytes + (long) RECEIPT_BYTES * receipts.size();
    }
}
