package io.covey.broker;

import io.covey.bucket.Command;
import io.covey.bucket.Result;
import io.covey.bucket.Result.SessionDescription;
import io.covey.routing.ShardAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The management interface's questions about sessions: the bucket is asked first, then the shard that holds the connection, wherever it is.
 * Whoever does not answer in time is told of as such. Owned by the shard's loop.
 */
final class Inquiries {
    /** By then every question is answered. */
    static final int MILLIS_MAX = 2_000;

    /** How long the shard of the connection may take. */
    static final int OWNER_MILLIS_MAX = 700;

    /** More questions at a time are not taken. */
    static final int PENDING_MAX = 256;

    private final Shard shard;
    private final Map<Long, Pending> pending = new LinkedHashMap<>();
    private long lastNumber;

    /** One question. */
    private static final class Pending {
        private final SessionAnswer answer;
        private final ShardLoop.Cancellable limit;
        private @Nullable SessionDescription described;

        private Pending(SessionAnswer answer, ShardLoop.Cancellable limit) {
            this.answer = answer;
            this.limit = limit;
        }
    }

    Inquiries(Shard shard) {
        this.shard = shard;
    }

    /** Asks for a client id's session. */
    void ask(String clientId, SessionAnswer answer) {
        if (!shard.takesClients()) {
            answer.unavailable("this node does not serve at the moment");
            return;
        }
        Lane lane = shard.lanes.lane(shard.lanes.partitionOfClient(clientId));
        if (pending.size() >= PENDING_MAX || lane.isFull()) {
            answer.unavailable("this node has too much to do");
            return;
        }
        long number = ++lastNumber;
        ShardLoop.Cancellable limit = shard.loop.schedule(1_000L * MILLIS_MAX, () -> {
            Pending late = pending.remove(number);
            if (late != null) {
                late.answer.unavailable("bucket unavailable: it did not answer in time");
            }
        });
        pending.put(number, new Pending(answer, limit));
        lane.submit(new Command.Describe(clientId), true, result -> described(number, result));
    }

    private void described(long number, Result result) {
        Pending asked = pending.get(number);
        if (asked == null) {
            return;
        }
        SessionDescription session = ((Result.Described) result).session();
        if (session == null) {
            settle(number);
            asked.answer.unknown();
            return;
        }
        ShardAddress owner = session.owner();
        if (owner == null) {
            settle(number);
            asked.answer.found(new SessionReport(session, null, false));
            return;
        }
        asked.described = session;
        shard.loop.schedule(1_000L * OWNER_MILLIS_MAX, () -> owned(number, null, false));
        shard.link.send(
                owner, new NodeMessage.ConnectionQuery(shard.lanes.self, number, session.clientId(), session.epoch()));
    }

    private void owned(long number, @Nullable LiveConnection live, boolean answered) {
        Pending asked = pending.get(number);
        if (asked != null && asked.described != null) {
            settle(number);
            asked.answer.found(new SessionReport(asked.described, live, answered));
        }
    }

    private void settle(long number) {
        Pending settled = pending.remove(number);
        if (settled != null) {
            settled.limit.cancel();
        }
    }

    /** Another shard asks for a connection of this one. */
    void answer(NodeMessage.ConnectionQuery query) {
        ShardConnection connection = shard.registry.current(query.clientId());
        boolean isMeant = connection != null && connection.epoch() == query.epoch();
        LiveConnection live = connection != null && isMeant ? connection.live() : null;
        shard.link.send(query.replyTo(), new NodeMessage.ConnectionAnswer(query.number(), live));
    }

    /** The shard of the connection has answered. */
    void answered(NodeMessage.ConnectionAnswer answer) {
        owned(answer.number(), answer.live(), true);
    }

    /** The incarnation is over. */
    void close() {
        List<Pending> left = new ArrayList<>(pending.values());
        pending.clear();
        for (Pending asked : left) {
            asked.limit.cancel();
            asked.answer.unavailable("this node does not serve at the moment");
        }
    }
}
