package io.covey.broker;

import io.covey.bucket.Command;
import io.covey.bucket.Result;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Connections whose session is open in its bucket, but whose client id may still have an earlier connection: they wait until it is gone, here
 * or at another shard [MQTT-3.1.4-3]. Bounded by the connections. Owned by the shard's loop.
 *
 * <p>A kick is repeated until it is answered or its node is not a member any more. It is answered when the earlier connection has closed
 * and its publishes are in the buckets, so that none of them comes after one of the later connection [I4].
 */
final class Takeovers { // [MQTT311-3.1.4-2]
    /** A node that is neither a member nor departed may be too new for this node's view: it is asked this often before it counts as gone. */
    private static final int UNKNOWN_ATTEMPTS_MAX = 10;

    private final Shard shard;
    private final Map<String, List<Takeover>> pending = new LinkedHashMap<>();
    private final Repetition resending;

    /** One connection that waits. */
    private static final class Takeover {
        private final ShardConnection connection;
        private final Result.Opened opened;
        /** Connections at other shards that are to be closed and have not answered. */
        private final List<Result.Predecessor> remote;

        private int attempts;

        private Takeover(ShardConnection connection, Result.Opened opened, List<Result.Predecessor> remote) {
            this.connection = connection;
            this.opened = opened;
            this.remote = remote;
        }
    }

    Takeovers(Shard shard) {
        this.shard = shard;
        this.resending = new Repetition(shard, () -> !pending.isEmpty(), this::resend);
    }

    /** Lets the connection go on once it is the only one of its client id. */
    void begin(ShardConnection connection, Result.Opened opened) {
        String clientId = connection.clientId();
        ShardConnection current = shard.registry.current(clientId);
        if (current != null) {
            current.superseded();
        }
        shard.registry.register(connection);
        List<Result.Predecessor> remote = new ArrayList<>(opened.predecessors());
        remote.removeIf(predecessor -> predecessor.shard().equals(shard.lanes.self));
        List<Takeover> ofClient = pending.get(clientId);
        if (remote.isEmpty() && ofClient == null && !shard.registry.isDraining(clientId, opened.epoch())) {
            proceed(connection, opened);
            return;
        }
        connection.opening().waits();
        Takeover takeover = new Takeover(connection, opened, remote);
        if (ofClient == null) {
            ofClient = new ArrayList<>(1);
            pending.put(clientId, ofClient);
        }
        ofClient.add(takeover);
        kick(takeover);
        recheck(clientId);
        resending.schedule();
    }

    private void proceed(ShardConnection connection, Result.Opened opened) {
        connection.proceed(opened);
        if (!opened.predecessors().isEmpty()) {
            Command settle = new Command.Settle(connection.clientId(), opened.epoch());
            connection.lane().submit(settle, false, result -> {});
        }
    }

    private void kick(Takeover takeover) {
        if (takeover.remote.isEmpty()) {
            return;
        }
        takeover.attempts++;
        takeover.remote.removeIf(each -> isGone(shard, each.shard().node(), takeover.attempts));
        String clientId = takeover.connection.clientId();
        for (Result.Predecessor each : takeover.remote) {
            shard.link.send(each.shard(), new NodeMessage.Kick(shard.lanes.self, clientId, each.epoch()));
        }
    }

    /** Whether there is no use in waiting for an answer of this node. */
    static boolean isGone(Shard shard, long node, int attempts) {
        MembershipView members = shard.lanes.state.members();
        if (members.nodes().contains(node)) {
            return false;
        }
        return members.departed().contains(node) || attempts > UNKNOWN_ATTEMPTS_MAX;
    }

    /** An earlier connection elsewhere is gone. */
    void kicked(NodeMessage.Kicked kicked) {
        List<Takeover> ofClient = pending.get(kicked.clientId());
        if (ofClient == null) {
            return;
        }
        for (Takeover takeover : ofClient) {
            takeover.remote.removeIf(predecessor -> predecessor.epoch() == kicked.epoch());
        }
        recheck(kicked.clientId());
    }

    /** An earlier connection of the client id here may be gone now. */
    void recheck(String clientId) {
        proceedInOrder(clientId);
        shard.kicks.reconsider(clientId);
    }

    private void proceedInOrder(String clientId) {
        List<Takeover> ofClient = pending.get(clientId);
        while (ofClient != null) {
            Takeover oldest = ofClient.get(0);
            if (!oldest.remote.isEmpty() || shard.registry.isDraining(clientId, oldest.opened.epoch())) {
                return;
            }
            ofClient.remove(0);
            if (ofClient.isEmpty()) {
                pending.remove(clientId);
            }
            proceed(oldest.connection, oldest.opened);
            ofClient = pending.get(clientId);
        }
    }

    /** Whether a connection of this client id and epoch, or of an earlier one, may still be alive somewhere behind this shard. */
    boolean isPending(String clientId, long epoch) {
        List<Takeover> ofClient = pending.get(clientId);
        return ofClient != null && ofClient.get(0).opened.epoch() <= epoch;
    }

    /** Asks again, and finds who has left. */
    void resend() {
        for (String clientId : List.copyOf(pending.keySet())) {
            List<Takeover> ofClient = pending.get(clientId);
            if (ofClient != null) {
                ofClient.forEach(this::kick);
                recheck(clientId);
            }
        }
    }
}
