package io.covey.routing;

import io.covey.protocol.QoS;
import io.covey.protocol.TopicFilters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The subscriptions of the sessions connected to one shard, and the routes that follow from them. Owned by the shard's loop; not to be changed
 * from inside {@link #match}.
 *
 * @param <S> the connected sessions
 */
public final class LocalSubscriptions<S extends Subscriber> {
    private static final int[] NO_IDS = {};

    private final TopicTrie<Entry<S>> trie = new TopicTrie<>();
    private final SharedMembers<Entry<S>> shared = new SharedMembers<>();
    private final IdentityHashMap<S, Held<S>> sessions = new IdentityHashMap<>();
    private final Map<String, Route> routes = new LinkedHashMap<>();
    private final List<String> touchedRoutes = new ArrayList<>();
    private long version;
    /** Subscriptions of sessions that end with their connection. */
    private int transients;

    private int sharedTransients;

    private final List<Held<S>> matched = new ArrayList<>();
    private final Consumer<Entry<S>> merge = this::merge;
    private String publisher = "";

    /** Takes what one session receives of a publish. */
    public interface Sink<S> {
        /**
         * One delivery.
         *
         * @param qos the level of the delivery: the highest granted one, at most the publish's own
         * @param retainAsPublished whether the RETAIN flag is to be kept as published
         * @param subscriptionIds the Subscription Identifiers of all matching subscriptions; not to be modified
         */
        void deliver(S session, QoS qos, boolean retainAsPublished, int[] subscriptionIds);
    }

    /** A session's subscription; distinguished by identity. */
    private static final class Entry<S extends Subscriber> {
        private final Held<S> held;
        private final Subscription subscription;

        private Entry(Held<S> held, Subscription subscription) {
            this.held = held;
            this.subscription = subscription;
        }

        /** Which publishes this subscription wants to come here rather than to the session's bucket. */
        private int flags() {
            boolean throughBucket = held.session.persistent() && subscription.qos() != QoS.AT_MOST_ONCE;
            return throughBucket ? ShardRoute.WANTS_QOS_0 : ShardRoute.WANTS_QOS_0 | ShardRoute.WANTS_QOS_ABOVE_0;
        }
    }

    /** A session's subscriptions, and during a match what of them has matched. */
    private static final class Held<S extends Subscriber> {
        private final S session;
        private final Map<String, Entry<S>> byFilter = new LinkedHashMap<>();
        private boolean isMatched;
        private QoS qos = QoS.AT_MOST_ONCE;
        private boolean retainAsPublished;
        private int[] subscriptionIds = NO_IDS;

        private Held(S session) {
            this.session = session;
        }
    }

    /** How many subscriptions under one filter want what, and what was announced of it. */
    private static final class Route {
        private int wantQos0;
        private int wantQosAbove0;
        private final boolean shared;
        private int announced;
        private boolean touched;

        private Route(boolean shared) {
            this.shared = shared;
        }

        private int flags() {
            int flags = (wantQos0 > 0 ? ShardRoute.WANTS_QOS_0 : 0)
                    | (wantQosAbove0 > 0 ? ShardRoute.WANTS_QOS_ABOVE_0 : 0);
            return shared ? ShardRoute.withMembers(flags, wantQos0) : flags;
        }
    }

    /**
     * Adds a subscription, or replaces the session's one with the same filter [MQTT-3.8.4-3] [MQTT311-3.8.4-3].
     *
     * @return whether there was one before
     */
    public boolean add(S session, Subscription subscription) {
        Held<S> held = sessions.get(session);
        if (held == null) {
            held = new Held<>(session);
            sessions.put(session, held);
        }
        String filter = subscription.filter();
        Entry<S> entry = new Entry<>(held, subscription);
        Entry<S> before = held.byFilter.put(filter, entry);
        if (before != null) {
            unlink(filter, before);
        }
        if (TopicFilters.isShared(filter)) {
            shared.add(filter, entry);
        } else {
            trie.add(filter, entry);
        }
        count(filter, entry.flags(), 1);
        if (before == null) {
            countTransient(session, filter, 1);
        }
        return before != null;
    }

    private void unlink(String filter, Entry<S> entry) {
        if (TopicFilters.isShared(filter)) {
            shared.remove(filter, entry);
        } else {
            trie.remove(filter, entry);
        }
        count(filter, entry.flags(), -1);
    }

    /** Removes the session's subscription with this filter; false when there is none. */
    public boolean remove(S session, String filter) {
        Held<S> held = sessions.get(session);
        Entry<S> entry = held == null ? null : held.byFilter.remove(filter);
        if (held == null || entry == null) {
            return false;
        }
        if (held.byFilter.isEmpty()) {
            sessions.remove(session);
        }
        unlink(filter, entry);
        countTransient(session, filter, -1);
        return true;
    }

    /** Removes all subscriptions of a session: its connection is over. */
    public void removeAll(S session) {
        Held<S> held = sessions.remove(session);
        if (held == null) {
            return;
        }
        held.byFilter.forEach((filter, entry) -> {
            unlink(filter, entry);
            countTransient(session, filter, -1);
        });
    }

    private void countTransient(S session, String filter, int by) {
        if (session.persistent()) {
            return;
        }
        if (TopicFilters.isShared(filter)) {
            sharedTransients += by;
        } else {
            transients += by;
        }
    }

    private void count(String filter, int flags, int by) {
        Route route = routes.get(filter);
        if (route == null) {
            route = new Route(TopicFilters.isShared(filter));
            routes.put(filter, route);
        }
        route.wantQos0 += (flags & ShardRoute.WANTS_QOS_0) != 0 ? by : 0;
        route.wantQosAbove0 += (flags & ShardRoute.WANTS_QOS_ABOVE_0) != 0 ? by : 0;
        if (!route.touched) {
            route.touched = true;
            touchedRoutes.add(filter);
        }
    }

    /**
     * Hands over one delivery per session that receives this publish from here: every transient session with a matching subscription, and
     * persistent ones where the delivery is of QoS 0 (above that, their bucket delivers).
     *
     * <p>Overlapping subscriptions of a session are merged into one delivery at the highest granted QoS [MQTT-3.3.4-2] with all Subscription
     * Identifiers [MQTT-3.3.4-4]. The standard leaves open which Retain As Published counts then: RETAIN is kept where any of them asks
     * for it. A No Local subscription counts for nothing where the session's own client publishes [MQTT-3.8.3-3].
     *
     * @param publisher the publisher's client id
     */
    public void match(String topic, QoS qos, String publisher, Sink<? super S> sink) {
        this.publisher = publisher;
        trie.match(topic, merge);
        for (int i = 0; i < matched.size(); i++) {
            Held<S> held = matched.get(i);
            QoS effective = qos.min(held.qos);
            int[] ids = held.subscriptionIds;
            held.isMatched = false;
            held.subscriptionIds = NO_IDS;
            if (effective == QoS.AT_MOST_ONCE || !held.session.persistent()) {
                sink.deliver(held.session, effective, held.retainAsPublished, ids);
            }
        }
        matched.clear();
    }

    /**
     * The subscription of the member whose turn it is to receive a publish of a Shared Subscription from here [MQTT 5.0, 4.8.2], or null
     * where there is no suitable one.
     *
     * @param filter with its {@code $share/name/} prefix
     * @param above0 whether the delivery may be of QoS above 0: persistent sessions receive that through their buckets
     */
    public @Nullable SharedMember<S> nextShared(String filter, boolean above0, Predicate<? super S> suitable) {
        Entry<S> entry = shared.next(
                filter,
                member -> (!above0 || (member.flags() & ShardRoute.WANTS_QOS_ABOVE_0) != 0)
                        && suitable.test(member.held.session));
        return entry == null ? null : new SharedMember<>(entry.held.session, entry.subscription);
    }

    /** A member of a Shared Subscription. */
    public record SharedMember<S>(S session, Subscription subscription) {
        /** The Subscription Identifier as a list of none or one. */
        public int[] subscriptionIds() {
            return idsOf(subscription);
        }
    }

    /** The Subscription Identifier as a list of none or one. */
    public static int[] idsOf(Subscription subscription) {
        return subscription.subscriptionId() == 0 ? NO_IDS : new int[] {subscription.subscriptionId()};
    }

    private void merge(Entry<S> entry) {
        Held<S> held = entry.held;
        Subscription subscription = entry.subscription;
        if (subscription.noLocal() && publisher.equals(held.session.clientId())) {
            return; // [MQTT-3.8.3-3]
        }
        if (!held.isMatched) {
            held.isMatched = true;
            held.qos = subscription.qos();
            held.retainAsPublished = subscription.retainAsPublished();
            matched.add(held);
        } else {
            held.qos = held.qos.value() >= subscription.qos().value() ? held.qos : subscription.qos();
            held.retainAsPublished |= subscription.retainAsPublished();
        }
        if (subscription.subscriptionId() > 0) {
            held.subscriptionIds = with(held.subscriptionIds, subscription.subscriptionId());
        }
    }

    private static int[] with(int[] ids, int id) {
        int[] longer = Arrays.copyOf(ids, ids.length + 1);
        longer[ids.length] = id;
        return longer;
    }

    /**
     * The filters whose flags differ from what was last taken; flags 0 for filters that nobody has any more. Where there are any, this is the
     * change to a new {@link #version}.
     */
    public List<ShardRoute> takeRouteChanges() {
        if (touchedRoutes.isEmpty()) {
            return List.of();
        }
        List<ShardRoute> changes = new ArrayList<>(touchedRoutes.size());
        for (String filter : touchedRoutes) {
            Route route = routes.get(filter);
            if (route == null) {
                throw new IllegalStateException("touched route is not there: " + filter);
            }
            route.touched = false;
            int flags = route.flags();
            if (flags != route.announced) {
                route.announced = flags;
                changes.add(new ShardRoute(filter, flags));
            }
            if (flags == 0) {
                routes.remove(filter);
            }
        }
        touchedRoutes.clear();
        version += changes.isEmpty() ? 0 : 1;
        return changes;
    }

    /** How many changes were taken: the version of the shard's routes as last announced. */
    public long version() {
        return version;
    }

    /** The routes at {@link #version}: the whole set for whoever missed a change. */
    public List<ShardRoute> routes() {
        List<ShardRoute> all = new ArrayList<>(routes.size());
        routes.forEach((filter, route) -> {
            if (route.announced != 0) {
                all.add(new ShardRoute(filter, route.announced));
            }
        });
        return all;
    }

    /** The session's subscriptions in the order in which their filters came first. */
    public List<Subscription> subscriptions(S session) {
        Held<S> held = sessions.get(session);
        return held == null
                ? List.of()
                : held.byFilter.values().stream()
                        .map(entry -> entry.subscription)
                        .toList();
    }

    /** The session's subscription with this filter, or null. */
    public @Nullable Subscription subscription(S session, String filter) {
        Held<S> held = sessions.get(session);
        Entry<S> entry = held == null ? null : held.byFilter.get(filter);
        return entry == null ? null : entry.subscription;
    }

    /** How many Shared Subscriptions there are of sessions that end with their connection. */
    public int sharedTransients() {
        return sharedTransients;
    }

    /** How many subscriptions there are of sessions that end with their connection, without the shared ones. */
    public int transients() {
        return transients;
    }

    /** How many subscriptions there are. */
    public int size() {
        return trie.size();
    }
}
