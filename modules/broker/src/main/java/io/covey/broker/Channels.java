package io.covey.broker;

import io.covey.protocol.Message;
import io.covey.routing.ShardAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The ways of publishes to the transient sessions of other shards, and back. Owned by the shard's loop.
 */
final class Channels {
    private final Shard shard;
    private final ShardAddress self;
    private final Map<ShardAddress, List<NodeMessage.Publishes.Item>> outgoing = new LinkedHashMap<>();
    private boolean flushing;

    Channels(Shard shard, ShardAddress self) {
        this.shard = shard;
        this.self = self;
    }

    /** Sends a publish; dropped where there is no room, which only QoS 0 comes to. */
    void offer(ShardAddress target, String publisher, Message message) {
        outgoing.computeIfAbsent(target, address -> new ArrayList<>())
                .add(new NodeMessage.Publishes.Item(publisher, message));
        if (!flushing) {
            flushing = true;
            shard.loop.atEndOfTurn(this::flush);
        }
    }

    private void flush() {
        flushing = false;
        outgoing.forEach(
                (target, items) -> shard.link.send(target, new NodeMessage.Publishes(self, 0, List.copyOf(items))));
        outgoing.clear();
    }

    /** The channel where it has no room, else null. */
    @Nullable
    Congestion full(ShardAddress target) {
        return null;
    }

    /** Publishes came from another shard. */
    void arrived(NodeMessage.Publishes publishes) {
        for (NodeMessage.Publishes.Item item : publishes.items()) {
            shard.fanOut.deliver(item.message(), item.publisher(), shard.nowMillis());
        }
    }

    /** Another shard has received publishes. */
    void received(NodeMessage.PublishesReceived received) {}

    /** Nodes may have left. */
    void members(MembershipView view) {}

    boolean isIdle() {
        return true;
    }

    void close() {
        outgoing.clear();
    }
}
