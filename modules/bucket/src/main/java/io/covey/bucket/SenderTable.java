package io.covey.bucket;

import io.covey.routing.ShardAddress;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The last batch of each sender with its answer, so that a repeat finds it; and the nodes that are gone, so that nothing of theirs is
 * applied any more. Bounded by the shards of current members and {@link #GONE_MAX}.
 */
final class SenderTable {
    /** How many gone nodes are remembered; incarnations are never reused, and membership refuses older ones. */
    static final int GONE_MAX = 256;

    /** The last batch of one sender. */
    record Last(long sequence, Step step, BatchResult result) {}

    private final Map<ShardAddress, Last> senders = new LinkedHashMap<>();
    private final Set<Long> gone = new LinkedHashSet<>();

    @Nullable
    Last last(ShardAddress sender) {
        return senders.get(sender);
    }

    /** Remembers the answer to a sender's newest batch. */
    void answered(ShardAddress sender, Last last) {
        senders.put(sender, last);
    }

    boolean isGone(long node) {
        return gone.contains(node);
    }

    /** Forgets the senders of a node, and remembers that it is gone. */
    void forget(long node) {
        senders.keySet().removeIf(sender -> sender.node() == node);
        gone.add(node);
        if (gone.size() > GONE_MAX) {
            Iterator<Long> oldest = gone.iterator();
            oldest.next();
            oldest.remove();
        }
    }

    /** The nodes whose batches are remembered. */
    LongStream nodes() {
        return senders.keySet().stream().mapToLong(ShardAddress::node);
    }

    /** All senders, in the order in which they came. */
    Map<ShardAddress, Last> senders() {
        return senders;
    }

    /** The nodes that are gone, the longest first. */
    Set<Long> gone() {
        return gone;
    }
}
