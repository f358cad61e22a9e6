package io.covey.broker;

import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The receiving end of a {@link Channel}: each batch once, in the order of the numbers. Owned by the shard's loop.
 */
final class ChannelInbox {
    /** Batches that wait for an earlier one; those beyond come again. */
    static final int EARLY_MAX = 64;

    private final TreeMap<Long, List<NodeMessage.Publishes.Item>> early = new TreeMap<>();
    private long received;

    /** Takes a batch, and hands on what is next now. */
    void accept(NodeMessage.Publishes publishes, Consumer<NodeMessage.Publishes.Item> sink) {
        long sequence = publishes.sequence();
        if (sequence > received + 1) {
            if (early.size() < EARLY_MAX) {
                early.put(sequence, publishes.items());
            }
            return;
        }
        if (sequence <= received) {
            return; // came before
        }
        List<NodeMessage.Publishes.Item> next = publishes.items();
        while (next != null) {
            received++;
            next.forEach(sink);
            next = early.remove(received + 1);
        }
    }

    /** The number up to which everything has come. */
    long received() {
        return received;
    }
}
