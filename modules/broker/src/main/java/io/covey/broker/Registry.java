package io.covey.broker;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The connections of a shard by client id. Owned by the shard's loop; iteration is in the order of connecting. */
final class Registry {
    private final Lanes lanes;
    /** By partition: for each client id the one connection whose epoch is the newest known. */
    private final List<Map<String, ShardConnection>> current = new ArrayList<>();
    /** Connections that asked for their session and have no answer, and those that have ended with publishes or their report in work. */
    private final Map<String, List<ShardConnection>> unsettled = new HashMap<>();

    private int ending;

    Registry(Lanes lanes) {
        this.lanes = lanes;
        for (int partition = 0; partition < lanes.count(); partition++) {
            current.add(new LinkedHashMap<>());
        }
    }

    /** The newest connection of a client id that has an epoch, or null. */
    @Nullable
    ShardConnection current(String clientId) {
        return current.get(lanes.partitionOfClient(clientId)).get(clientId);
    }

    /** The connections of a partition's client ids. */
    Collection<ShardConnection> ofPartition(int partition) {
        return current.get(partition).values();
    }

    /** A connection has got its epoch; none with a higher one is known. */
    void register(ShardConnection connection) {
        current.get(connection.partition()).put(connection.clientId(), connection);
    }

    /** A connection is over; where a newer one has its place, that stays. */
    void unregister(ShardConnection connection) {
        current.get(connection.partition()).remove(connection.clientId(), connection);
    }

    /** A connection asks for its session, or has ended with something left to do. */
    void unsettled(ShardConnection connection) {
        unsettled
                .computeIfAbsent(connection.clientId(), id -> new ArrayList<>(1))
                .add(connection);
        ending += connection.isEnding() ? 1 : 0;
    }

    /** The connection has its answer, or what was left to do is done. */
    void settled(ShardConnection connection) {
        List<ShardConnection> ofClient = unsettled.get(connection.clientId());
        if (ofClient != null && ofClient.remove(connection)) {
            ending -= connection.isEnding() ? 1 : 0;
            if (ofClient.isEmpty()) {
                unsettled.remove(connection.clientId());
            }
        }
    }

    /** Those of a client id that are opening or ending. */
    List<ShardConnection> unsettled(String clientId) {
        return unsettled.getOrDefault(clientId, List.of());
    }

    /** Whether an ended connection of this client id and of an epoch below this has publishes in work. */
    boolean isDraining(String clientId, long belowEpoch) {
        for (ShardConnection connection : unsettled(clientId)) {
            if (connection.isDraining() && connection.epoch() < belowEpoch) {
                return true;
            }
        }
        return false;
    }

    /** How many ended connections have something left to do. */
    int ending() {
        return ending;
    }
}
