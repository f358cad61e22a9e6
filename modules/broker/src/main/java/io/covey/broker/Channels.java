package io.covey.broker;

import io.covey.routing.ShardAddress;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The ways of publishes to the transient sessions of other shards, and back. Owned by the shard's loop.
 *
 * <p>A node that left does not come back under its incarnation, so a channel that was closed is never opened again and numbers are not used twice.
 */
final class Channels {
    private static final int TURN_MICROS = 50_000;

    private final ShardAddress self;
    private final ShardLoop loop;
    private final NodeLink link;
    private final NodeState state;
    private final BrokerEvents events;
    private final Consumer<NodeMessage.Publishes.Item> deliver;

    private final Map<ShardAddress, Channel> outgoing = new LinkedHashMap<>();
    private final Map<ShardAddress, ChannelInbox> incoming = new LinkedHashMap<>();
    private final Set<Channel> unflushed = new LinkedHashSet<>();
    private final Set<ShardAddress> unanswered = new LinkedHashSet<>();
    private boolean flushing;
    private boolean turning;
    private boolean closed;

    /** @param deliver takes each publish that came from another shard, once and in order */
    Channels(
            ShardAddress self,
            ShardLoop loop,
            NodeLink link,
            NodeState state,
            BrokerEvents events,
            Consumer<NodeMessage.Publishes.Item> deliver) {
        this.self = self;
        this.loop = loop;
        this.link = link;
        this.state = state;
        this.events = events;
        this.deliver = deliver;
    }

    /** Sends a publish; dropped where there is no room, which only QoS 0 comes to. */
    void offer(ShardAddress target, NodeMessage.Publishes.Item item) {
        Channel channel = outgoing.get(target);
        if (channel == null) {
            // The newest view, not the last one this shard was told: a route may be seen before the message about its
            // node.
            if (closed || !isMember(target)) {
                return;
            }
            channel = new Channel(self, target, link);
            outgoing.put(target, channel);
        }
        if (!channel.offer(item, loop.monotonicMillis())) {
            events.dropped(DropReason.CHANNEL_FULL, 1);
            return;
        }
        unflushed.add(channel);
        flushAtEndOfTurn();
    }

    private boolean isMember(ShardAddress shard) {
        return state.members().nodes().contains(shard.node());
    }

    private void flushAtEndOfTurn() {
        if (!flushing) {
            flushing = true;
            loop.atEndOfTurn(this::flush);
        }
    }

    private void flush() {
        flushing = false;
        if (closed) {
            return;
        }
        long now = loop.monotonicMillis();
        unflushed.forEach(channel -> channel.flush(now));
        unflushed.clear();
        for (ShardAddress from : unanswered) {
            ChannelInbox inbox = incoming.get(from);
            if (inbox != null) {
                link.send(from, new NodeMessage.PublishesReceived(self, inbox.received()));
            }
        }
        unanswered.clear();
        turnWhileBusy();
    }

    private void turnWhileBusy() {
        if (!turning && !closed && !isIdle()) {
            turning = true;
            loop.schedule(TURN_MICROS, this::turn);
        }
    }

    private void turn() {
        turning = false;
        if (!closed) {
            long now = loop.monotonicMillis();
            outgoing.values().forEach(channel -> channel.resend(now));
            turnWhileBusy();
        }
    }

    /** The channel where it has no room, else null. */
    @Nullable
    Congestion full(ShardAddress target) {
        Channel channel = outgoing.get(target);
        return channel != null && channel.isFull() ? channel : null;
    }

    /** Runs once all shards have received everything offered until now, or are gone; perhaps at once. */
    void whenReceived(Runnable arrived) {
        int[] awaited = {1};
        Runnable one = () -> {
            awaited[0]--;
            if (awaited[0] == 0) {
                arrived.run();
            }
        };
        long now = loop.monotonicMillis();
        for (Channel channel : List.copyOf(outgoing.values())) {
            if (!channel.isIdle()) {
                awaited[0]++;
                channel.whenReceived(now, one);
            }
        }
        one.run();
    }

    /** Runs once a shard has received everything offered to it until now, or is gone; perhaps at once. */
    void whenReceived(ShardAddress target, Runnable arrived) {
        Channel channel = outgoing.get(target);
        if (channel == null) {
            arrived.run();
        } else {
            channel.whenReceived(arrived);
        }
    }

    /** Publishes came from another shard. */
    void arrived(NodeMessage.Publishes publishes) {
        ShardAddress from = publishes.from();
        ChannelInbox inbox = incoming.get(from);
        if (inbox == null) {
            if (closed || !isMember(from)) {
                return;
            }
            inbox = new ChannelInbox();
            incoming.put(from, inbox);
        }
        inbox.accept(publishes, deliver);
        unanswered.add(from);
        flushAtEndOfTurn();
    }

    /** Another shard has received publishes. */
    void received(NodeMessage.PublishesReceived received) {
        Channel channel = outgoing.get(received.from());
        if (channel != null) {
            channel.acknowledged(received.sequence(), loop.monotonicMillis());
        }
    }

    /** Nodes may have left: what is on its way to them has no receiver any more. */
    void members() {
        List<Long> nodes = state.members().nodes();
        incoming.keySet().removeIf(shard -> !nodes.contains(shard.node()));
        for (Channel channel : List.copyOf(outgoing.values())) {
            if (!nodes.contains(channel.target().node())) {
                outgoing.remove(channel.target());
                channel.close();
            }
        }
    }

    /** Whether everything sent was received. */
    boolean isIdle() {
        for (Channel channel : outgoing.values()) {
            if (!channel.isIdle()) {
                return false;
            }
        }
        return true;
    }

    /** Drops everything: the incarnation is over. */
    void close() {
        closed = true;
        outgoing.clear();
        incoming.clear();
        unflushed.clear();
        unanswered.clear();
    }
}
