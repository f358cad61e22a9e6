package io.covey.bucket;

import io.covey.protocol.QoS;
import io.covey.routing.Subscription;
import io.covey.routing.TopicTrie;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;

/**
 * All subscriptions of a bucket's persistent sessions: the trie over them, and the counted set of filters that other nodes route by.
 * A match merges the overlapping subscriptions of a session [MQTT-3.3.4-2].
 */
final class SubscriptionIndex implements Consumer<Subscriber> {
    private static final Comparator<DurableState> BY_INCARNATION = Comparator.comparingLong(DurableState::incarnation);

    private final TopicTrie<Subscriber> trie = new TopicTrie<>();
    private final RouteCounts routes = new RouteCounts();

    private final ArrayList<DurableState> matched = new ArrayList<>();
    private String publisher = "";
    private long matchNumber;
    private int size;
    private int sharedSize;

    /** How many subscriptions there are. */
    int size() {
        return size;
    }

    /** How many Shared Subscriptions there are; these are not in the index itself, but with their groups. */
    int sharedSize() {
        return sharedSize;
    }

    /** So many Shared Subscriptions came or went. */
    void countShared(int added) {
        sharedSize += added;
    }

    RouteCounts routes() {
        return routes;
    }

    void add(Subscriber subscriber) {
        Subscription subscription = subscriber.subscription();
        trie.add(subscription.filter(), subscriber);
        size++;
        routes.add(subscription.filter(), subscription.qos());
    }

    void remove(Subscriber subscriber) {
        Subscription subscription = subscriber.subscription();
        trie.remove(subscription.filter(), subscriber);
        size--;
        routes.remove(subscription.filter(), subscription.qos());
    }

    /** The session subscribed to the same filter again. */
    void replace(Subscriber subscriber, Subscription subscription) {
        routes.add(subscription.filter(), subscription.qos());
        routes.remove(subscription.filter(), subscriber.subscription().qos());
        subscriber.replace(subscription);
    }

    /**
     * The sessions that are to queue a message to this topic, each with its merged subscriptions in {@link DurableState#match}; ordered by
     * age, since replicas must queue and answer alike whatever order their tries have.
     *
     * @return valid until the next match
     */
    List<DurableState> match(String topic, String publishingClientId) {
        matched.clear();
        publisher = publishingClientId;
        matchNumber++;
        trie.match(topic, this);
        if (matched.size() > 1) {
            matched.sort(BY_INCARNATION);
        }
        removeQos0Only();
        return matched;
    }

    @Override
    public void accept(Subscriber subscriber) {
        DurableState session = subscriber.session();
        if (subscriber.subscription().noLocal() && session.clientId().equals(publisher)) { // [MQTT-3.8.3-3]
            return;
        }
        if (session.match().add(subscriber, matchNumber)) {
            matched.add(session);
        }
    }

    /** What a session receives at QoS 0 goes to its connection directly, never through the queue. */
    private void removeQos0Only() {
        int kept = 0;
        for (int i = 0; i < matched.size(); i++) {
            DurableState session = matched.get(i);
            if (session.match().qos() != QoS.AT_MOST_ONCE) {
                matched.set(kept++, session);
            }
        }
        while (matched.size() > kept) {
            matched.remove(matched.size() - 1);
        }
    }
}
