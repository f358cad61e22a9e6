package io.covey.testkit;

import io.covey.broker.MembershipView;
import io.covey.broker.Node;
import io.covey.bucket.Bucket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What one process knows and holds of the data grid. */
final class GridMember {
    final SimulatedProcess process;
    final Node node;
    final Map<Integer, Bucket> replicas = new HashMap<>();
    final Map<Long, Long> heardAtMillis = new HashMap<>();
    final Set<Integer> migrating = new HashSet<>();
    List<Long> view = List.of();
    List<Long> departed = List.of();
    long viewNumber;

    @Nullable
    PartitionTable table;

    boolean merging;

    GridMember(SimulatedProcess process, Node node) {
        this.process = process;
        this.node = node;
    }

    long id() {
        return process.node();
    }

    boolean isJoined() {
        return table != null;
    }

    boolean isRunning() {
        return process.isAlive() && !process.isFrozen();
    }

    PartitionTable table() {
        if (table == null) {
            throw new IllegalStateException("not joined");
        }
        return table;
    }

    MembershipView membershipView() {
        return new MembershipView(viewNumber, view, departed);
    }

    /** Takes a newer view and table; tells the node what changed. */
    void adopt(long number, List<Long> members, PartitionTable newest) {
        if (number <= viewNumber) {
            return;
        }
        boolean first = viewNumber == 0;
        List<Long> gone = new ArrayList<>(departed);
        for (long member : view) {
            if (!members.contains(member)) {
                gone.add(member);
            }
        }
        departed = List.copyOf(gone);
        viewNumber = number;
        view = members;
        table = newest;
        migrating.clear();
        if (first) {
            node.start(membershipView());
        } else {
            node.members(membershipView());
        }
        node.ownedPartitions(owned(newest));
    }

    private int[] owned(PartitionTable newest) {
        List<Integer> owned = new ArrayList<>();
        for (int p = 0; p < newest.replicas().size(); p++) {
            if (newest.owner(p) == id()) {
                owned.add(p);
            }
        }
        return owned.stream().mapToInt(Integer::intValue).toArray();
    }
}
