package io.covey.broker;

import io.covey.bucket.Origin;
import io.covey.bucket.SharedCommand;
import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.routing.LocalSubscriptions;
import io.covey.routing.ShardAddress;
import io.covey.routing.SharedRoute;
import io.covey.session.SharedReceipt;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Publishes to Shared Subscriptions by way of their connected members [MQTT 5.0, 4.8.2]: the publisher's shard chooses a shard, in turn and by
 * the number of its members, and that shard a member. A message that finds no member there, or whose member ends without having completed it,
 * goes on to another. Owned by the shard's loop.
 */
final class SharedFanOut {
    /** How often a message goes on before it is given up, and counted: members may come and go faster than it travels. */
    static final int PASSES_MAX = 8;

    /** Members of one shard that are asked to take a message. */
    private static final int ATTEMPTS_MAX = 16;

    /** Groups whose turn is remembered; those that are forgotten begin anew. */
    private static final int TURNS_MAX = 65_536;

    private final Lanes lanes;
    private final Channels channels;
    private final LocalSubscriptions<ShardConnection> subscriptions;
    private final Routes routes;
    private final RecentOrigins recent = new RecentOrigins();
    private final TopicMemory<Turn> turns = new TopicMemory<>(TURNS_MAX);

    /** The newest routes. */
    interface Routes {
        /** The Shared Subscriptions that match a topic. */
        List<SharedRoute> shared(String topic, boolean qosAbove0);
    }

    private static final class Turn {
        private int next;
    }

    /** A message on its way to a member of one group, and the receipt for the member that takes it. */
    private final class Passed implements SharedReceipt {
        private final String filter;
        private final String publisher;
        private final Message message;
        private final int passes;

        private Passed(String filter, String publisher, Message message, int passes) {
            this.filter = filter;
            this.publisher = publisher;
            this.message = message;
            this.passes = passes;
        }

        @Override
        public void completed() {
            // Nobody else waits for it.
        }

        @Override
        public void returned() {
            passOn(this);
        }
    }

    SharedFanOut(Lanes lanes, Channels channels, LocalSubscriptions<ShardConnection> subscriptions, Routes routes) {
        this.lanes = lanes;
        this.channels = channels;
        this.subscriptions = subscriptions;
        this.routes = routes;
    }

    /** The channel that has no room, where a publish of QoS above 0 to this group has no other way; else null. */
    @Nullable
    Congestion blocked(SharedRoute route) {
        Congestion full = null;
        for (ShardAddress shard : route.shards()) {
            full = shard.equals(lanes.self) ? null : channels.full(shard);
            if (full == null) {
                return null;
            }
        }
        return full;
    }

    /** Sends a publication to one member of a group. */
    void start(Publication publication, SharedRoute route) {
        if (route.shards().isEmpty()) {
            return;
        }
        publication.matched++;
        Origin origin = publication.origin;
        int turn = origin == null ? turn(route.filter()) : (int) origin.number();
        ShardAddress chosen = chosen(route, turn, publication.message, null);
        if (chosen.equals(lanes.self)) {
            deliver(route.filter(), 0, publication.publisher, publication.message, origin);
        } else {
            publication.channelled = true;
            send(chosen, new Passed(route.filter(), publication.publisher, publication.message, 0), origin);
        }
    }

    private void send(ShardAddress shard, Passed passed, @Nullable Origin origin) {
        channels.offer(
                shard,
                new NodeMessage.Publishes.Item(
                        passed.publisher,
                        passed.message,
                        origin,
                        new NodeMessage.Publishes.Share(passed.filter, passed.passes, null)));
    }

    private int turn(String filter) {
        Turn turn = turns.get(filter);
        if (turn == null) {
            turn = new Turn();
            // Not all shards begin with the same member.
            turn.next = (int) (lanes.self.node() * 31 + lanes.self.shard());
            turns.put(filter, turn);
        }
        return turn.next++;
    }

    /** The shard of the member whose turn it is, or the next one that has room and is not left out. */
    private ShardAddress chosen(SharedRoute route, int turn, Message message, @Nullable ShardAddress leftOut) {
        List<ShardAddress> shards = route.shards();
        int first = 0;
        int member = Math.floorMod(turn, route.memberCount());
        while (member >= route.members()[first]) {
            member -= route.members()[first];
            first++;
        }
        for (int i = 0; i < shards.size(); i++) {
            ShardAddress shard = shards.get((first + i) % shards.size());
            boolean own = shard.equals(lanes.self);
            boolean full = message.qos() != QoS.AT_MOST_ONCE && !own && channels.full(shard) != null;
            if (!full && !shard.equals(leftOut)) {
                return shard;
            }
        }
        ShardAddress preferred = shards.get(first);
        return preferred.equals(leftOut) ? shards.get((first + 1) % shards.size()) : preferred;
    }

    /** A publish came from another shard, for a member of this one. */
    void arrived(NodeMessage.Publishes.Item item, NodeMessage.Publishes.Share share) {
        deliver(share.filter(), share.passes(), item.publisher(), item.message(), item.origin());
    }

    /** @param origin for deduplication of what comes to its first shard again [I3], or null */
    private void deliver(String filter, int passes, String publisher, Message message, @Nullable Origin origin) {
        if (origin != null && passes == 0 && recent.isRepeat(ofGroup(origin, filter))) {
            return;
        }
        Passed passed = new Passed(filter, publisher, message, passes);
        if (!delivered(passed)) {
            passOn(passed);
        }
    }

    private static Origin ofGroup(Origin origin, String filter) {
        return new Origin(origin.source() + '\n' + filter, origin.incarnation(), origin.number(), origin.floor());
    }

    private boolean delivered(Passed passed) {
        boolean above0 = passed.message.qos() != QoS.AT_MOST_ONCE;
        LocalSubscriptions.SharedMember<ShardConnection> member =
                subscriptions.nextShared(passed.filter, above0, ShardConnection::takesMoreShared);
        if (member != null && delivered(passed, member)) {
            return true;
        }
        for (int i = 0; i < ATTEMPTS_MAX; i++) {
            member = subscriptions.nextShared(passed.filter, above0, ShardConnection::isOpen);
            if (member == null) {
                return false;
            }
            if (delivered(passed, member)) {
                return true;
            }
        }
        return false;
    }

    private boolean delivered(Passed passed, LocalSubscriptions.SharedMember<ShardConnection> member) {
        Message message = passed.message;
        QoS qos = message.qos().min(member.subscription().qos()); // [MQTT-4.8.2-3]
        boolean retain = message.retain() && member.subscription().retainAsPublished();
        return member.session()
                .deliverShared(passed, message, qos, retain, member.subscriptionIds(), lanes.loop.clusterMillis());
    }

    /** Gives a message to another member, where there is one. */
    private void passOn(Passed passed) {
        boolean above0 = passed.message.qos() != QoS.AT_MOST_ONCE;
        SharedRoute route = route(passed, above0);
        if (route == null) {
            return; // the group's last member is gone
        }
        if (above0 && route.partition() != SharedRoute.NO_PARTITION) {
            // The group has got a member whose session keeps messages.
            lanes.lane(route.partition())
                    .submit(
                            new SharedCommand.GiveBack(passed.filter, "", 0, List.of(passed.message), false, null),
                            true,
                            result -> {});
            return;
        }
        int passes = passed.passes + 1;
        Passed next = new Passed(passed.filter, passed.publisher, passed.message, passes);
        if (passes <= PASSES_MAX) {
            if (delivered(next)) {
                return;
            }
            boolean others = route.shards().size() > (route.shards().contains(lanes.self) ? 1 : 0);
            if (others) {
                send(chosen(route, turn(passed.filter), passed.message, lanes.self), next, null);
                return;
            }
            if (subscriptions.nextShared(passed.filter, above0, connection -> true) == null) {
                return; // the group's last member is gone, but the routes do not tell it yet
            }
        }
        lanes.events.dropped(DropReason.SHARED_NO_ROOM, 1);
    }

    private @Nullable SharedRoute route(Passed passed, boolean above0) {
        for (SharedRoute route : routes.shared(passed.message.topic(), above0)) {
            if (route.filter().equals(passed.filter)) {
                return route;
            }
        }
        return null;
    }
}
