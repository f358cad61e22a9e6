package io.covey.broker;

import io.covey.routing.ShardAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Tells the other nodes this node's figures and remembers the last that each of them told, for the totals of the cluster. Lossy: what does not
 * arrive is told anew with the next round. Owned by the loop of the node's first shard.
 */
final class FigureExchange {
    /** The shard whose loop this runs on, at every node. */
    static final int SHARD = 0;

    private final NodeLink link;
    private final NodeState state;
    private final Map<Long, long[]> told = new HashMap<>();

    FigureExchange(NodeLink link, NodeState state) {
        this.link = link;
        this.state = state;
    }

    /** Another node has told its figures. */
    void told(NodeMessage.Figures figures) {
        told.put(figures.from(), figures.values());
    }

    /** Tells the other members, and hands over what every member has told last, this node's own first. */
    void tell(long[] own, Consumer<List<long[]>> all) {
        List<Long> members = state.members().nodes();
        told.keySet().retainAll(members);
        List<long[]> values = new ArrayList<>();
        values.add(own);
        for (long node : members) {
            if (node != state.node()) {
                link.send(new ShardAddress(node, SHARD), new NodeMessage.Figures(state.node(), own));
                long[] others = told.get(node);
                if (others != null) {
                    values.add(others);
                }
            }
        }
        all.accept(values);
    }
}
