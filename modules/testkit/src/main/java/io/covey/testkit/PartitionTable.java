package io.covey.testkit;

import java.util.ArrayList;
import java.util.List;

/**
 * Which members hold which partition: the owner first, then its backups; fewer than wanted where members are missing. Immutable.
 *
 * @param version grows with each change by a master
 * @param replicas node incarnations per partition
 */
record PartitionTable(long version, List<List<Long>> replicas) {

    List<Long> of(int partition) {
        return replicas.get(partition);
    }

    /** The owner, or 0 where every replica is lost. */
    long owner(int partition) {
        List<Long> holders = replicas.get(partition);
        return holders.isEmpty() ? 0 : holders.get(0);
    }

    /** Without the members that left: backups move up. */
    PartitionTable retain(List<Long> members) {
        List<List<Long>> kept = new ArrayList<>();
        for (List<Long> holders : replicas) {
            kept.add(holders.stream().filter(members::contains).toList());
        }
        return new PartitionTable(version + 1, List.copyOf(kept));
    }

    PartitionTable with(int partition, List<Long> holders) {
        List<List<Long>> changed = new ArrayList<>(replicas);
        changed.set(partition, List.copyOf(holders));
        return new PartitionTable(version + 1, List.copyOf(changed));
    }
}
