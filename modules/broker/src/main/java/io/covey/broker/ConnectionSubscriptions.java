package io.covey.broker;

import io.covey.bucket.Command;
import io.covey.bucket.Result;
import io.covey.protocol.Message;
import io.covey.protocol.ReasonCode;
import io.covey.routing.Subscription;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The SUBSCRIBEs and UNSUBSCRIBEs of one connection; their number in work is bounded by the connection. Owned by the shard's loop. */
final class ConnectionSubscriptions {
    /** Topics remembered during a SUBSCRIBE, to skip older retained values; beyond, a retained value may come late. */
    private static final int LIVE_RETAINED_MAX = 1_024;

    private final ShardConnection connection;
    private final Shard shard;
    private final List<SubscribeFlow> flows = new ArrayList<>(1);

    /** While SUBSCRIBEs are in work: when the newest retained value of a topic that was delivered live was published. */
    private @Nullable Map<String, Long> liveRetained;

    ConnectionSubscriptions(ShardConnection connection, Shard shard) {
        this.connection = connection;
        this.shard = shard;
    }

    /** The session goes on with these. */
    void present(List<Subscription> subscriptions) {
        if (!subscriptions.isEmpty()) {
            for (Subscription subscription : subscriptions) {
                shard.subscriptions.add(connection, subscription);
            }
            shard.announceRoutes(null);
        }
    }

    void subscribe(int packetId, List<Subscription> wanted) {
        SubscribeFlow flow = new SubscribeFlow(shard, connection, packetId, wanted);
        flows.add(flow);
        flow.start();
    }

    /** A SUBSCRIBE is done, its retained messages included. */
    void done(SubscribeFlow flow) {
        flows.remove(flow);
        liveRetained = flows.isEmpty() ? null : liveRetained;
    }

    void unsubscribe(int packetId, List<String> filters) { // [MQTT-3.10.4-2..3]
        filters.forEach(connection.memberships()::leave);
        if (connection.persistent()) {
            Command unsubscribe = new Command.Unsubscribe(connection.clientId(), connection.epoch(), filters);
            connection.lane().submit(unsubscribe, true, result -> {
                if (result instanceof Result.SubscriptionsChanged changed) {
                    filters.forEach(filter -> shard.subscriptions.remove(connection, filter));
                    unsubscribed(packetId, changed.existed());
                } else {
                    connection.superseded();
                }
            });
            return;
        }
        List<Boolean> existed = new ArrayList<>(filters.size());
        filters.forEach(filter -> existed.add(shard.subscriptions.remove(connection, filter)));
        shard.loop.atEndOfTurn(() -> unsubscribed(packetId, existed));
    }

    /** Takes back subscriptions that could not be completed. */
    void withdraw(List<String> filters) {
        filters.forEach(filter -> {
            connection.memberships().leave(filter);
            shard.subscriptions.remove(connection, filter);
        });
        shard.announceRoutes(null);
        if (connection.persistent()) {
            Command unsubscribe = new Command.Unsubscribe(connection.clientId(), connection.epoch(), filters);
            connection.lane().submit(unsubscribe, true, result -> {});
        }
    }

    private void unsubscribed(int packetId, List<Boolean> existed) {
        shard.announceRoutes(null);
        if (connection.isOpen()) {
            List<ReasonCode> reasons = new ArrayList<>(existed.size());
            for (boolean was : existed) {
                reasons.add(was ? ReasonCode.SUCCESS : ReasonCode.NO_SUBSCRIPTION_EXISTED); // [MQTT-3.11.3-2]
            }
            connection.unsubscribed(packetId, reasons);
        }
    }

    /** A message was delivered by another way than as a retained one. */
    void delivered(Message message) {
        if (!flows.isEmpty() && message.retain()) {
            Map<String, Long> noted = liveRetained == null ? new HashMap<>() : liveRetained;
            liveRetained = noted;
            if (noted.size() < LIVE_RETAINED_MAX) {
                noted.merge(message.topic(), message.publishedAtMillis(), Math::max);
            }
        }
    }

    /** Whether a retained value is to be sent: the subscription is still there, and no newer value has been delivered meanwhile. */
    boolean wantsRetained(Message message, Subscription subscription) {
        Long live = liveRetained == null ? null : liveRetained.get(message.topic());
        return (live == null || live <= message.publishedAtMillis())
                && shard.subscriptions.subscription(connection, subscription.filter()) != null;
    }

    /** The client takes more: retained messages go on. */
    void writable() {
        if (!flows.isEmpty()) {
            List.copyOf(flows).forEach(SubscribeFlow::deliverDirectly);
        }
    }

    /** The connection is over. */
    void close() {
        flows.clear();
        liveRetained = null;
    }
}
