package io.covey.broker;

import io.covey.bucket.Result;
import io.covey.bucket.SharedCommand;
import io.covey.protocol.TopicFilters;
import io.covey.routing.Subscription;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** The groups of which one connection's client is a member, and their buckets' knowledge of it. Owned by the shard's loop. */
final class SharedMemberships {
    /** What a member may have of one group at most, whatever its Receive Maximum: what one has, others cannot work on. */
    static final int ROOM_MAX = 256;

    private static final long UNKNOWN = -1;

    private final ShardConnection connection;
    private final Shard shard;
    private final Set<String> filters = new LinkedHashSet<>();

    SharedMemberships(ShardConnection connection, Shard shard) {
        this.connection = connection;
        this.shard = shard;
    }

    /** The session goes on with these subscriptions: its groups hear that it is back, and what it has completed. */
    void present(List<Subscription> subscriptions, List<Result.ShareProgress> shares) {
        for (Subscription subscription : subscriptions) {
            if (TopicFilters.isShared(subscription.filter())) {
                join(subscription, completed(subscription.filter(), shares), result -> {});
            }
        }
    }

    private static long completed(String filter, List<Result.ShareProgress> shares) {
        for (Result.ShareProgress share : shares) {
            if (share.filter().equals(filter)) {
                return share.completed();
            }
        }
        return UNKNOWN;
    }

    /** The client subscribes; the handler hears Done, or Refused where the group's bucket is full. */
    void join(Subscription subscription, Consumer<? super Result> joined) {
        join(subscription, UNKNOWN, joined);
    }

    private void join(Subscription subscription, long completed, Consumer<? super Result> joined) {
        String filter = subscription.filter();
        filters.add(filter);
        submit(
                filter,
                new SharedCommand.Join(
                        filter,
                        connection.clientId(),
                        connection.incarnation(),
                        connection.epoch(),
                        shard.lanes.self,
                        connection.persistent(),
                        subscription.qos(),
                        room(),
                        completed),
                joined);
    }

    /** What the client works on, and as much again at hand. */
    private int room() {
        return Math.min(ROOM_MAX, 2 * connection.receiveMaximum());
    }

    /** The client unsubscribes. */
    void leave(String filter) {
        if (filters.remove(filter)) {
            submit(
                    filter,
                    new SharedCommand.Leave(
                            filter, connection.clientId(), connection.incarnation(), connection.epoch()),
                    result -> {});
        }
    }

    /** The session has completed so many messages of these groups. */
    void progressed(List<Result.ShareProgress> shares) {
        for (int i = 0; i < shares.size(); i++) {
            Result.ShareProgress share = shares.get(i);
            submit(
                    share.filter(),
                    new SharedCommand.Progress(
                            share.filter(), connection.clientId(), connection.incarnation(), share.completed()),
                    result -> {});
        }
    }

    /** The connection is over. Where the session ends with it, its bucket tells the groups; a transient one has none there. */
    void end() {
        for (String filter : List.copyOf(filters)) {
            if (connection.persistent()) {
                submit(filter, new SharedCommand.Away(filter, connection.clientId(), connection.epoch()), result -> {});
            } else {
                leave(filter);
            }
        }
        filters.clear();
    }

    private void submit(String filter, SharedCommand command, Consumer<? super Result> handler) {
        shard.lanes.lane(shard.lanes.partitionOfShared(filter)).submit(command, true, handler);
    }
}
