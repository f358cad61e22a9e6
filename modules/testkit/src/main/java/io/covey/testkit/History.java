package io.covey.testkit;

import io.covey.protocol.QoS;
import io.covey.protocol.TopicFilters;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * What clients saw, and the invariants over it: nothing acknowledged is lost [I1], QoS 2 arrives once [I3], order is kept per publisher and
 * topic [I4], a subscription is live from its SUBACK on [I6].
 */
final class History {
    /** A violated invariant; its message says which and how. */
    static final class InvariantViolated extends AssertionError {
        InvariantViolated(String message) {
            super(message);
        }
    }

    /** A publish: who, where, and its number for that publisher and topic. */
    record PublishKey(String publisher, String topic, long number) {
        String payload() {
            return publisher + " " + topic + " " + number;
        }

        static PublishKey parse(String payload) {
            String[] parts = payload.split(" ", 3);
            return new PublishKey(parts[0], parts[1], Long.parseLong(parts[2]));
        }
    }

    private record Published(QoS qos, long firstSentMicros) {}

    private static final class Subscriber {
        final String filter;
        final QoS qos;
        long liveSinceMicros = Long.MAX_VALUE;
        final Map<PublishKey, Integer> received = new HashMap<>();
        final Map<String, Long> newest = new HashMap<>();

        Subscriber(String filter, QoS qos) {
            this.filter = filter;
            this.qos = qos;
        }
    }

    private final EventQueue events;
    private final Map<PublishKey, Published> published = new LinkedHashMap<>();
    private final Map<String, Subscriber> subscribers = new LinkedHashMap<>();
    private final Set<PublishKey> acknowledged = new HashSet<>();
    private long deliveries;

    History(EventQueue events) {
        this.events = events;
    }

    void sent(PublishKey key, QoS qos) {
        published.putIfAbsent(key, new Published(qos, events.nowMicros()));
    }

    void acknowledged(PublishKey key) {
        if (!published.containsKey(key)) {
            throw new InvariantViolated("an acknowledgement for what was never published: " + key);
        }
        acknowledged.add(key);
    }

    /** A client will subscribe; what it receives counts from now on, also before its SUBACK. */
    void subscribes(String client, String filter, QoS qos) {
        subscribers.put(client, new Subscriber(filter, qos));
    }

    /** SUBACK came: what is published from now on must arrive. */
    void subscribed(String client) {
        Subscriber subscriber = Objects.requireNonNull(subscribers.get(client));
        subscriber.liveSinceMicros = Math.min(subscriber.liveSinceMicros, events.nowMicros());
    }

    void received(String client, PublishKey key) {
        deliveries++;
        Subscriber subscriber = Objects.requireNonNull(subscribers.get(client));
        Published message = published.get(key);
        if (message == null) {
            throw new InvariantViolated(client + " received what was never published: " + key);
        }
        int copies = subscriber.received.merge(key, 1, Integer::sum);
        if (copies > 1) {
            if (message.qos == QoS.EXACTLY_ONCE && subscriber.qos == QoS.EXACTLY_ONCE) {
                throw new InvariantViolated("I3: " + client + " received twice at QoS 2: " + key);
            }
            return;
        }
        if (message.firstSentMicros < subscriber.liveSinceMicros) {
            // It may have passed by before the subscription was live, and come again behind later ones when its
            // publisher repeated it.
            return;
        }
        long newest = subscriber.newest.merge(key.publisher() + " " + key.topic(), key.number(), Math::max);
        if (newest > key.number()) {
            throw new InvariantViolated("I4: " + client + " received " + key + " after number " + newest);
        }
    }

    /** What is acknowledged and has not reached every subscriber that was live when it was published. */
    List<String> missing() {
        List<String> missing = new ArrayList<>();
        subscribers.forEach((client, subscriber) -> {
            for (PublishKey key : acknowledged) {
                Published message = Objects.requireNonNull(published.get(key));
                if (message.firstSentMicros >= subscriber.liveSinceMicros
                        && TopicFilters.matches(subscriber.filter, key.topic())
                        && !subscriber.received.containsKey(key)) {
                    missing.add(client + " lacks " + key);
                }
            }
        });
        return missing;
    }

    int acknowledgedCount() {
        return acknowledged.size();
    }

    long deliveries() {
        return deliveries;
    }
}
