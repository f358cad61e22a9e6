package io.covey.broker;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The Kicks of other shards, until what they name is gone here and its bucket knows. Each is answered as soon as that is so: a client id may be
 * taken over many times at once, each connection waiting for the one before it, and waiting for the repetition of each Kick would add up. Bounded by the connections
 * of other shards that wait, each of which asks for one epoch. Owned by the shard's loop.
 */
final class Kicks {
    private final Shard shard;
    private final Map<String, List<Waiting>> waiting = new HashMap<>();
    private long openings;

    /**
     * A Kick that has no answer yet.
     *
     * @param openings how many connections had begun to open when it came
     */
    private record Waiting(NodeMessage.Kick kick, long openings) {}

    Kicks(Shard shard) {
        this.shard = shard;
    }

    /** A connection begins to open; its number. */
    long opening() {
        return ++openings;
    }

    /** Closes what a Kick names, and answers once it is gone with all its publishes, and has reported its end. */
    void take(NodeMessage.Kick kick) {
        ShardConnection current = shard.registry.current(kick.clientId());
        if (current != null) {
            current.kicked(kick.epoch());
        }
        List<Waiting> ofClient = waiting.computeIfAbsent(kick.clientId(), id -> new ArrayList<>(1));
        if (ofClient.stream().noneMatch(each -> each.kick().equals(kick))) {
            ofClient.add(new Waiting(kick, openings));
            for (ShardConnection connection : shard.registry.unsettled(kick.clientId())) {
                if (!connection.isEnding()) {
                    connection.kicked(kick.epoch());
                }
            }
        }
        reconsider(kick.clientId());
    }

    /** A connection of the client id has opened, or is gone: answers what can be answered now. */
    void reconsider(String clientId) {
        List<Waiting> ofClient = waiting.get(clientId);
        if (ofClient == null) {
            return;
        }
        ofClient.removeIf(this::answer);
        if (ofClient.isEmpty()) {
            waiting.remove(clientId);
        }
    }

    private boolean answer(Waiting asked) {
        NodeMessage.Kick kick = asked.kick();
        ShardConnection current = shard.registry.current(kick.clientId());
        if (current != null && current.epoch() <= kick.epoch()
                || shard.takeovers.isPending(kick.clientId(), kick.epoch())) {
            return false;
        }
        for (ShardConnection connection : shard.registry.unsettled(kick.clientId())) {
            // One that opens may be the one that is meant, with earlier ones behind it that it has yet to learn of. Not
            // one that began later: by then the session had the epoch that this Kick comes from, and it gets a higher.
            boolean mayBeMeant = connection.isEnding()
                    ? connection.epoch() <= kick.epoch()
                    : connection.opening().number() <= asked.openings();
            if (mayBeMeant) {
                return false;
            }
        }
        shard.link.send(kick.replyTo(), new NodeMessage.Kicked(kick.clientId(), kick.epoch()));
        return true;
    }
}
