package io.covey.broker;

import io.covey.bucket.Result;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * CONNECTs of client ids that have a connection at another shard: that one is asked to close, and its session is asked for again when its end
 * is reported to the bucket. So what it had still to report counts: acknowledgements, and what its DISCONNECT said of the will and of the session.
 * At most one per client id: the newest. Owned by the shard's loop.
 *
 * <p>Nobody waits for those that wait here, so no two wait for each other. Whoever has waited does not wait again: it then takes the session over
 * from a connection that was opened meanwhile, unless that came later.
 */
final class Vacancies {
    private final Shard shard;
    private final Map<String, Waiting> waiting = new LinkedHashMap<>();
    private final Repetition resending;

    /** One connection that waits. */
    private static final class Waiting {
        private final ShardConnection connection;
        private final Result.Occupied occupied;
        private int attempts;

        private Waiting(ShardConnection connection, Result.Occupied occupied) {
            this.connection = connection;
            this.occupied = occupied;
        }
    }

    Vacancies(Shard shard) {
        this.shard = shard;
        this.resending = new Repetition(shard, () -> !waiting.isEmpty(), this::resend);
    }

    /** Has the connection that is in the way closed. */
    void await(ShardConnection connection, Result.Occupied occupied) {
        Waiting before = waiting.remove(connection.clientId());
        Waiting now = new Waiting(connection, occupied);
        waiting.put(connection.clientId(), now);
        if (before != null) {
            before.connection.overtaken();
        }
        kick(now);
        resending.schedule();
    }

    private void kick(Waiting asks) {
        asks.attempts++;
        Result.Occupied occupied = asks.occupied;
        String clientId = asks.connection.clientId();
        if (Takeovers.isGone(shard, occupied.shard().node(), asks.attempts)) {
            vacated(clientId, occupied.epoch());
        } else {
            NodeMessage.Kick kick = new NodeMessage.Kick(shard.lanes.self, clientId, occupied.epoch());
            shard.link.send(occupied.shard(), kick);
        }
    }

    /** The connection of this epoch is gone. */
    void vacated(String clientId, long epoch) {
        Waiting asks = waiting.get(clientId);
        if (asks != null && asks.occupied.epoch() == epoch) {
            waiting.remove(clientId);
            asks.connection.opening().askInTurn(asks.occupied.turn());
        }
    }

    /** A connection of this shard has the session: who came before it need not wait any longer. */
    void opened(String clientId, long turn) {
        Waiting asks = waiting.get(clientId);
        if (asks != null && asks.occupied.turn() < turn) {
            waiting.remove(clientId);
            asks.connection.overtaken();
        }
    }

    /** The connection does not want the session any more; whether it was waiting. */
    boolean withdraw(ShardConnection connection) {
        Waiting asks = waiting.get(connection.clientId());
        if (asks == null || asks.connection != connection) {
            return false;
        }
        waiting.remove(connection.clientId());
        return true;
    }

    /** Asks again, and finds who has left. */
    void resend() {
        List.copyOf(waiting.values()).forEach(this::kick);
    }
}
