package io.covey.bucket;

import io.covey.protocol.TopicFilters;
import io.covey.routing.Subscription;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a session keeps beyond its connections: subscriptions, queue and incoming QoS 2 messages. Absent from transient sessions. */
final class DurableState {
    private static final int DURABLE_BYTES = 320;
    private static final int RECEIPT_BYTES = 16;

    private final SessionState session;
    private final Map<String, Subscriber> subscribers = new LinkedHashMap<>();
    private final SubscriptionMatch match = new SubscriptionMatch();
    private final DeliveryQueue queue;
    private Receipts receipts = new Receipts();
    private List<Share> shares = List.of();
    private List<Share> givenUp = List.of();
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
            if (isShared(subscription.filter())) {
                present.replace(subscription); // [MQTT-3.8.4-3]
            } else {
                index.replace(present, subscription); // [MQTT-3.8.4-3]
            }
            return true;
        }
        Subscriber subscriber = new Subscriber(this, subscription);
        subscribers.put(subscription.filter(), subscriber);
        subscriptionBytes += Subscriber.bytesOf(subscription.filter());
        if (isShared(subscription.filter())) {
            shares = with(shares, new Share(subscription.filter()));
            index.countShared(1);
        } else {
            index.add(subscriber);
        }
        return false;
    }

    private static boolean isShared(String filter) {
        return TopicFilters.isShared(filter);
    }

    private static List<Share> with(List<Share> some, Share one) {
        List<Share> more = new ArrayList<>(some.size() + 1);
        more.addAll(some);
        more.add(one);
        return more;
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
        Share share = share(filter);
        if (share == null) {
            index.remove(present);
            return true;
        }
        index.countShared(-1);
        shares = new ArrayList<>(shares);
        shares.remove(share);
        if (share.hasEntries()) {
            givenUp = with(withEntries(givenUp), share); // what is in the queue is still delivered
        }
        return true;
    }

    private static List<Share> withEntries(List<Share> some) {
        return some.isEmpty() ? some : some.stream().filter(Share::hasEntries).toList();
    }

    /** The subscription to this filter, or null. */
    @Nullable
    Subscriber subscriber(String filter) {
        return subscribers.get(filter);
    }

    /** The part in the group of a Shared Subscription, or null. */
    @Nullable
    Share share(String filter) {
        for (int i = 0; i < shares.size(); i++) {
            if (shares.get(i).filter().equals(filter)) {
                return shares.get(i);
            }
        }
        return null;
    }

    /** Whether it has, or had, Shared Subscriptions. */
    boolean hasShares() {
        return !shares.isEmpty() || !givenUp.isEmpty();
    }

    /** The parts in groups, oldest first: of Shared Subscriptions, then of those given up that have entries in the queue. */
    List<Share> shares() {
        List<Share> all = new ArrayList<>(shares);
        all.addAll(withEntries(givenUp));
        return all;
    }

    /** How many of {@link #shares} are of subscriptions. */
    int subscribedShares() {
        return shares.size();
    }

    /** Takes over a part of a subscription given up from a snapshot. */
    void restoreGivenUp(Share share) {
        givenUp = with(givenUp, share);
    }

    /** What groups are to hear of; nothing for most sessions. */
    List<Result.ShareProgress> takeProgress() {
        if (shares.isEmpty()) {
            return List.of();
        }
        List<Result.ShareProgress> due = List.of();
        for (int i = 0; i < shares.size(); i++) {
            Share share = shares.get(i);
            if (share.isToBeReported()) {
                due = due.isEmpty() ? new ArrayList<>(1) : due;
                due.add(new Result.ShareProgress(share.filter(), share.completed()));
            }
        }
        return due;
    }

    /** How much of each group is completed. */
    List<Result.ShareProgress> progress() {
        List<Result.ShareProgress> all = new ArrayList<>(shares.size());
        shares.forEach(share -> all.add(new Result.ShareProgress(share.filter(), share.completed())));
        return all;
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
            if (isShared(subscriber.subscription().filter())) {
                index.countShared(-1);
            } else {
                index.remove(subscriber);
            }
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
