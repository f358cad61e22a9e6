package io.covey.broker;

import io.covey.bucket.Command;
import io.covey.bucket.Origin;
import io.covey.bucket.OutboxEffect;
import io.covey.bucket.OutboxEntry;
import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.routing.LocalSubscriptions;
import io.covey.routing.Matches;
import io.covey.routing.RouteSink;
import io.covey.routing.RouteTable;
import io.covey.routing.ShardAddress;
import io.covey.routing.SharedRoute;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Spreads publishes over the lanes of the partitions and the shards that match, and delivers to this shard's own sessions. Owned by the
 * shard's loop.
 */
final class FanOut {
    /** Topics whose destinations are remembered, at QoS 0 and above it each. */
    private static final int REMEMBERED_TOPICS_MAX = 4_096;

    private final Lanes lanes;
    private final Channels channels;
    private final LocalSubscriptions<ShardConnection> subscriptions;
    private final SharedFanOut shared;
    private final SharedLoans loans;
    private final Matches scratch = new Matches();
    private final Collector collector = new Collector();
    private final RecentOrigins recent = new RecentOrigins();
    private final LocalSink local = new LocalSink();
    private final TopicMemory<Destinations> qos0 = new TopicMemory<>(REMEMBERED_TOPICS_MAX);
    private final TopicMemory<Destinations> qosAbove0 = new TopicMemory<>(REMEMBERED_TOPICS_MAX);
    private RouteTable table = RouteTable.EMPTY;
    private boolean delivering;
    private final List<ShardConnection> goneWhileDelivering = new ArrayList<>();

    /**
     * Where a topic's publishes go.
     *
     * @param numbered the appends of publishes with an origin: all groups get them from their buckets, which drop repeats [I3]
     */
    private record Destinations(
            SharedAppends appends,
            SharedAppends numbered,
            List<ShardAddress> others,
            boolean own,
            List<SharedRoute> shared) {}

    /** Collects what the route table reports. */
    private final class Collector implements RouteSink {
        private int[] partitions = new int[8];
        private int count;
        private final List<ShardAddress> others = new ArrayList<>();
        private final List<SharedRoute> shared = new ArrayList<>();
        private boolean own;

        @Override
        public void partition(int partition) {
            if (count == partitions.length) {
                partitions = Arrays.copyOf(partitions, count * 2);
            }
            partitions[count++] = partition;
        }

        @Override
        public void shard(ShardAddress shard) {
            if (shard.equals(lanes.self)) {
                own = true;
            } else {
                others.add(shard);
            }
        }

        @Override
        public void shared(SharedRoute route) {
            shared.add(route);
        }

        private Destinations take(boolean above0) {
            int[] of = Arrays.copyOf(partitions, count);
            SharedAppends appends =
                    SharedAppends.of(of, shared, above0 ? SharedRoute::partition : route -> SharedRoute.NO_PARTITION);
            SharedAppends numbered = shared.isEmpty() || !above0
                    ? appends
                    : SharedAppends.of(of, shared, route -> lanes.partitionOfShared(route.filter()));
            Destinations found = new Destinations(appends, numbered, List.copyOf(others), own, List.copyOf(shared));
            count = 0;
            others.clear();
            shared.clear();
            own = false;
            return found;
        }
    }

    /** Hands a message that matched to a connection. */
    private static final class LocalSink implements LocalSubscriptions.Sink<ShardConnection> {
        private @Nullable Message message;
        /** Whether it is the broker's own: those who do not read do without. */
        private boolean own;

        private long nowMillis;

        @Override
        public void deliver(ShardConnection session, QoS qos, boolean retainAsPublished, int[] subscriptionIds) {
            Message delivered = message;
            if (delivered != null
                    && (!own || session.takesMore())
                    && !(qos == QoS.AT_MOST_ONCE && session.mayHaveHad(delivered))) {
                // [MQTT311-3.3.1-9]
                boolean retain = delivered.retain() && retainAsPublished; // [MQTT-3.3.1-12] [MQTT-3.3.1-13]
                session.deliver(delivered, qos, retain, subscriptionIds, nowMillis);
            }
        }
    }

    FanOut(Lanes lanes, Channels channels, LocalSubscriptions<ShardConnection> subscriptions, SharedLoans loans) {
        this.loans = loans;
        this.lanes = lanes;
        this.channels = channels;
        this.subscriptions = subscriptions;
        this.shared =
                new SharedFanOut(lanes, channels, subscriptions, (topic, above0) -> destinations(topic, above0).shared);
    }

    /**
     * Sends a publication on its way; its owner hears that it is finished at once where no partition matches.
     *
     * @return the lane or channel that has too much to do, so that the publisher is to pause; or null
     */
    @Nullable
    Congestion start(Publication publication, long nowMillis) {
        Message message = publication.message;
        boolean above0 = message.qos() != QoS.AT_MOST_ONCE;
        Destinations to = destinations(message.topic(), above0);
        Congestion congested = null;
        SharedAppends appends = publication.origin == null ? to.appends : to.numbered;
        int[] partitions = appends.partitions();
        publication.outstanding = partitions.length;
        if (partitions.length > 0) {
            Command.Append append = new Command.Append(message, publication.publisher, publication.origin);
            for (int i = 0; i < partitions.length; i++) {
                Lane lane = lanes.lane(partitions[i]);
                lane.submit(appends.withShared(append, i), true, publication);
                Congestion full = lane.congestion();
                congested = full == null ? congested : full;
            }
        }
        if (to.own) {
            publication.matched++;
            deliver(message, publication.publisher, publication.origin, nowMillis);
        }
        for (int i = 0; i < to.others.size(); i++) {
            publication.matched++;
            publication.channelled = true;
            channels.offer(
                    to.others.get(i),
                    new NodeMessage.Publishes.Item(publication.publisher, message, publication.origin, null));
        }
        for (int i = 0; i < to.shared.size(); i++) {
            if (!appends.isThroughBucket(i)) {
                shared.start(publication, to.shared.get(i));
            }
        }
        if (partitions.length == 0) {
            publication.owner.finished(publication);
        }
        return congested;
    }

    /** The partitions that a numbered publish of this topic goes to. */
    int[] partitions(String topic) {
        return destinations(topic, true).numbered.partitions();
    }

    /** A group's bucket lends a message to a connection, here or elsewhere. */
    void lend(int partition, OutboxEntry entry, OutboxEffect.Offer offer) {
        NodeMessage.Publishes.Loan loan = new NodeMessage.Publishes.Loan(
                partition, entry.number(), entry.lowest(), offer.clientId(), offer.epoch());
        if (offer.shard().equals(lanes.self)) {
            loans.lent(offer.filter(), loan, offer.message());
        } else {
            channels.offer(
                    offer.shard(),
                    new NodeMessage.Publishes.Item(
                            "", offer.message(), null, new NodeMessage.Publishes.Share(offer.filter(), 0, loan)));
        }
    }

    /** The channel that has no room for a publish of QoS above 0, or null: it must not be started then. */
    @Nullable
    Congestion blocked(Message message) {
        if (message.qos() == QoS.AT_MOST_ONCE) {
            return null; // dropped where there is no room
        }
        Destinations to = destinations(message.topic(), true);
        for (int i = 0; i < to.others.size(); i++) {
            Congestion full = channels.full(to.others.get(i));
            if (full != null) {
                return full;
            }
        }
        for (int i = 0; i < to.shared.size(); i++) {
            Congestion full = to.appends.isThroughBucket(i) ? null : shared.blocked(to.shared.get(i));
            if (full != null) {
                return full;
            }
        }
        return null;
    }

    /** A publish came from another shard. */
    void arrived(NodeMessage.Publishes.Item item, long nowMillis) {
        NodeMessage.Publishes.Share share = item.share();
        if (share == null) {
            deliver(item.message(), item.publisher(), item.origin(), nowMillis);
        } else if (share.loan() == null) {
            shared.arrived(item, share);
        } else {
            loans.lent(share.filter(), share.loan(), item.message());
        }
    }

    /**
     * Delivers a publish to this shard's sessions: the transient ones, and at QoS 0 the persistent ones too.
     *
     * @param origin for deduplication [I3], or null
     */
    void deliver(Message message, String publisher, @Nullable Origin origin, long nowMillis) {
        if (origin != null && recent.isRepeat(origin)) {
            return;
        }
        local.message = message;
        local.nowMillis = nowMillis;
        delivering = true;
        subscriptions.match(message.topic(), message.qos(), publisher, local);
        delivering = false;
        local.message = null;
        if (!goneWhileDelivering.isEmpty()) {
            goneWhileDelivering.forEach(subscriptions::removeAll);
            goneWhileDelivering.clear();
        }
    }

    /** Delivers a message of the broker itself to this shard's sessions. */
    void deliverOwn(Message message, long nowMillis) {
        local.own = true;
        deliver(message, "", null, nowMillis);
        local.own = false;
    }

    /** Forgets a connection's subscriptions; where it ended while it was delivered to, after that. */
    void remove(ShardConnection connection) {
        if (delivering) {
            goneWhileDelivering.add(connection);
        } else {
            subscriptions.removeAll(connection);
        }
    }

    private Destinations destinations(String topic, boolean above0) {
        RouteTable newest = lanes.state.routes();
        if (newest != table) {
            table = newest;
            qos0.clear();
            qosAbove0.clear();
        }
        TopicMemory<Destinations> remembered = above0 ? qosAbove0 : qos0;
        Destinations found = remembered.get(topic);
        if (found == null) {
            table.match(topic, above0, scratch, collector);
            found = collector.take(above0);
            remembered.put(topic, found);
        }
        return found;
    }
}
