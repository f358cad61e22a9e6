package io.covey.broker;

import io.covey.bucket.Result;
import io.covey.protocol.Message;
import io.covey.routing.ShardAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Messages that buckets handed out to connections, on their way to the shards of these: one message per shard and turn of the loop. Sent in
 * the order in which appends were confirmed; the connections order by sequence, and fetch what is lost [I5]. Owned by the shard's loop.
 */
final class Hints {
    /** Payload bytes in one message to a shard, unless a single hint is larger. */
    private static final long BYTES_MAX = 256 << 10;

    private final ShardLoop loop;
    private final NodeLink link;
    private final Map<ShardAddress, Outgoing> outgoing = new LinkedHashMap<>();
    private boolean flushing;

    /** What waits for the end of the turn. */
    private static final class Outgoing {
        private final List<NodeMessage.Hints.Hint> hints = new ArrayList<>();
        private List<NodeMessage.Hints.Target> lastTargets = new ArrayList<>();
        private long bytes;
    }

    Hints(ShardLoop loop, NodeLink link) {
        this.loop = loop;
        this.link = link;
    }

    /** Sends a message's delivery to the shard of its connection, at the end of the turn at the latest. */
    void send(Message message, Result.Delivery delivery) {
        Outgoing out = outgoing.get(delivery.shard());
        if (out == null) {
            out = new Outgoing();
            outgoing.put(delivery.shard(), out);
        }
        int last = out.hints.size() - 1;
        if (last < 0 || out.hints.get(last).message() != message) {
            if (out.bytes > BYTES_MAX) {
                flush(delivery.shard(), out);
            }
            out.lastTargets = new ArrayList<>(4);
            out.hints.add(new NodeMessage.Hints.Hint(message, out.lastTargets));
            out.bytes += message.sizeBytes();
        }
        out.lastTargets.add(new NodeMessage.Hints.Target(
                delivery.clientId(),
                delivery.epoch(),
                delivery.sequence(),
                delivery.qos(),
                delivery.retain(),
                delivery.subscriptionIds()));
        if (!flushing) {
            flushing = true;
            loop.atEndOfTurn(this::flush);
        }
    }

    private void flush() {
        flushing = false;
        outgoing.forEach((shard, out) -> {
            if (!out.hints.isEmpty()) {
                flush(shard, out);
            }
        });
        outgoing.clear(); // shards come and go: nothing is kept for one that is quiet
    }

    private void flush(ShardAddress shard, Outgoing out) {
        link.send(shard, new NodeMessage.Hints(List.copyOf(out.hints)));
        out.hints.clear();
        out.bytes = 0;
    }
}
