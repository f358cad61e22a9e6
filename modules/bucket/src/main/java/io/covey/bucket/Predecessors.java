package io.covey.bucket;

import io.covey.routing.ShardAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * By client id, the connections that were superseded and may not know it yet: whoever takes the client id over must close them all first [I2].
 * A connection that waited for one of them may be gone with its node, and with it the only one that knew.
 *
 * <p>They are kept until the newest connection has closed them ({@link Command.Settle}, or its end) or their nodes are gone; per shard the newest
 * stands for those before it. So they are bounded by the shards of the members, and charged to the ledger.
 */
final class Predecessors {
    private static final int CLIENT_BYTES = 64;
    private static final int ENTRY_BYTES = 48;

    private final Ledger ledger;
    private final TreeMap<String, List<Result.Predecessor>> byClient = new TreeMap<>();

    Predecessors(Ledger ledger) {
        this.ledger = ledger;
    }

    /** Those of a client id, the earliest first. */
    List<Result.Predecessor> of(String clientId) {
        return byClient.getOrDefault(clientId, List.of());
    }

    /** A connection was superseded. */
    void add(String clientId, ShardAddress shard, long epoch) {
        List<Result.Predecessor> all = new ArrayList<>(of(clientId));
        all.removeIf(each -> each.shard().equals(shard));
        all.add(new Result.Predecessor(shard, epoch));
        put(clientId, all);
    }

    /** They are all closed. */
    void settled(String clientId) {
        put(clientId, List.of());
    }

    /** The connections of a node are gone with it. */
    void nodeGone(long node) {
        List<String> concerned = new ArrayList<>();
        byClient.forEach((clientId, all) -> {
            if (all.stream().anyMatch(each -> each.shard().node() == node)) {
                concerned.add(clientId);
            }
        });
        for (String clientId : concerned) {
            put(
                    clientId,
                    of(clientId).stream()
                            .filter(each -> each.shard().node() != node)
                            .toList());
        }
    }

    /** Replaces those of a client id. */
    void put(String clientId, List<Result.Predecessor> all) {
        List<Result.Predecessor> before = byClient.remove(clientId);
        if (before != null) {
            ledger.add(-bytes(clientId, before));
        }
        if (!all.isEmpty()) {
            byClient.put(clientId, List.copyOf(all));
            ledger.add(bytes(clientId, all));
        }
    }

    /** All, by client id. */
    Map<String, List<Result.Predecessor>> all() {
        return byClient;
    }

    private static long bytes(String clientId, List<Result.Predecessor> all) {
        return CLIENT_BYTES + 2L * clientId.length() + (long) ENTRY_BYTES * all.size();
    }
}
