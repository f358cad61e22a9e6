package io.covey.cluster;

import io.covey.cluster.Inventory.Copy;
import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import io.covey.protocol.Lists;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which member's disk gives each partition its bucket again, after all members were down: the one with the highest version.
 *
 * @param formation of the directories
 * @param sources the node id for each partition; the empty string where the partition was never written and begins empty
 * @param earlier node incarnations of the earlier life: all are gone
 */
record RecoveryPlan(String formation, List<String> sources, List<Long> earlier) {
    private static final int CAPACITY = 4096;

    /** Why there is no plan yet: for the operator, who can do something about it. */
    static final class NotYet extends Exception {
        private static final long serialVersionUID = 1L;

        NotYet(String message) {
            super(message);
        }
    }

    /**
     * Rules of the operator.
     *
     * @param expectedMembers whose disks are waited for: without those that were drained, which hold nothing that others do not
     * @param recoveryMembers how many of them are enough; 0: all
     * @param backupsRequired on how many disks beside the owner's everything acknowledged is
     * @param salvage whether damaged copies are used where no sound one is left
     */
    record Rules(int expectedMembers, int recoveryMembers, int backupsRequired, boolean salvage) {
        int membersNeeded() {
            return recoveryMembers == 0 ? expectedMembers : Math.min(recoveryMembers, expectedMembers);
        }
    }

    /**
     * Makes the plan from what the present members have told, the oldest first.
     *
     * @throws NotYet with what is waited for
     */
    static RecoveryPlan of(Map<String, Inventory> inventories, int partitions, Rules rules) throws NotYet {
        String formation = formation(inventories);
        Map<String, Inventory> counted = counted(inventories);
        int holders = holders(counted);
        int enough = Math.min(rules.membersNeeded(), rules.expectedMembers() - rules.backupsRequired());
        boolean tooFew = counted.size() < rules.membersNeeded();
        if (tooFew || holders < enough) {
            int here = tooFew ? counted.size() : holders;
            int empty = counted.size() - holders;
            throw new NotYet("recovery waits for the members that hold the data: " + here + " of "
                    + rules.membersNeeded() + " are here" + (empty == 0 ? "" : ", " + empty + " with an empty disk")
                    + drained(inventories.size() - counted.size())
                    + "; cluster.recovery-members=" + here + " goes on without the others");
        }
        List<String> sources = new ArrayList<>();
        Set<Long> earlier = new TreeSet<>();
        for (Inventory inventory : inventories.values()) {
            earlier.addAll(inventory.nodes());
        }
        for (int partition = 0; partition < partitions; partition++) {
            sources.add(source(counted, partition, rules));
        }
        return new RecoveryPlan(formation, sources, List.copyOf(earlier));
    }

    /** Without nodes that were drained: one of these that is here again must not stand for one that is not. */
    static Map<String, Inventory> counted(Map<String, Inventory> inventories) {
        Map<String, Inventory> counted = new LinkedHashMap<>(inventories);
        counted.values().removeIf(Inventory::left);
        return counted;
    }

    /**
     * How many of these held data of the cluster, as far as they know. One that never was a member of the cluster when it was in use, or has another
     * disk since, has nothing that is not on others.
     */
    private static int holders(Map<String, Inventory> counted) {
        // Where all ended before any had heard that the cluster was formed, nothing was written, and some have not
        // noted its formation.
        boolean used = counted.values().stream().anyMatch(disk -> disk.agreed() != 0);
        return (int) counted.values().stream()
                .filter(disk -> !used || !disk.formation().isEmpty())
                .count();
    }

    static String drained(int members) {
        return members == 0 ? "" : ", and " + members + " that were drained, whose disks do not count";
    }

    private static String formation(Map<String, Inventory> inventories) throws NotYet {
        Set<String> formations = new TreeSet<>();
        inventories.values().forEach(inventory -> formations.add(inventory.formation()));
        formations.remove("");
        if (formations.size() > 1) {
            throw new NotYet("the members' directories belong to different formations of the cluster " + formations
                    + ": stop the members whose data is not wanted and give them empty directories");
        }
        return formations.isEmpty() ? "" : formations.iterator().next();
    }

    /** The member whose disk has a partition's newest copy, as far as the rules let it be used; empty where no disk has one. */
    static String source(Map<String, Inventory> inventories, int partition, Rules rules) throws NotYet {
        String best = best(inventories, partition, Copy.SOUND);
        String damaged = best(inventories, partition, Copy.DAMAGED);
        boolean certain = holders(inventories) >= rules.expectedMembers() - rules.backupsRequired();
        if (!best.isEmpty()
                && (damaged.isEmpty() || rules.salvage() || isNotBehind(inventories, partition, best, damaged))) {
            return best;
        }
        if (!best.isEmpty()) {
            throw new NotYet("the newest copy of partition " + partition + " is damaged, an older one is whole;"
                    + " storage.recovery=salvage goes on with that one");
        }
        if (!damaged.isEmpty()) {
            if (!rules.salvage()) {
                throw new NotYet("no whole copy of partition " + partition
                        + " is left; storage.recovery=salvage goes on with a damaged one");
            }
            return damaged;
        }
        if (!certain && !rules.salvage()) {
            throw new NotYet("no copy of partition " + partition + " is on the disks that are here;"
                    + " storage.recovery=salvage begins it empty");
        }
        return "";
    }

    private static boolean isNotBehind(
            Map<String, Inventory> inventories, int partition, String sound, String damaged) {
        return copy(inventories, sound, partition)
                        .version()
                        .compareTo(copy(inventories, damaged, partition).version())
                >= 0;
    }

    private static Copy copy(Map<String, Inventory> inventories, String nodeId, int partition) {
        Inventory inventory = inventories.get(nodeId);
        if (inventory == null) {
            throw new IllegalArgumentException("no inventory of " + nodeId);
        }
        return inventory.copies().get(partition);
    }

    private static String best(Map<String, Inventory> inventories, int partition, int state) {
        String best = "";
        for (String nodeId : inventories.keySet()) {
            Copy copy = copy(inventories, nodeId, partition);
            if (copy.state() == state
                    && (best.isEmpty()
                            || copy.version()
                                            .compareTo(copy(inventories, best, partition)
                                                    .version())
                                    > 0)) {
                best = nodeId;
            }
        }
        return best;
    }

    byte[] toBytes() {
        ByteWriter out = new ByteWriter(CAPACITY);
        out.string(formation);
        Lists.write(sources, ByteWriter::string, out);
        Lists.write(earlier, ByteWriter::i64, out);
        return out.toByteArray();
    }

    static RecoveryPlan read(byte[] bytes) {
        ByteReader in = new ByteReader(bytes);
        return new RecoveryPlan(in.string(), Lists.read(in, ByteReader::string), Lists.read(in, ByteReader::i64));
    }
}
