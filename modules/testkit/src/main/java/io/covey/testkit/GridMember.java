package io.covey.testkit;

import io.covey.broker.MembershipView;
import io.covey.broker.Node;
import io.covey.bucket.Bucket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What one process knows and holds of the data grid, through all incarnations of the node in it. */
final class GridMember {
    final SimulatedProcess process;
    final Map<Integer, Bucket> replicas = new HashMap<>();
    final Map<Long, Long> heardAtMillis = new HashMap<>();
    final Set<Integer> migrating = new HashSet<>();
    final Map<Long, Long> expelledAtMillis = new HashMap<>();
    List<Long> view = List.of();
    long viewNumber;
    long viewSinceMillis;
    long checkedAtMillis;

    @Nullable
    PartitionTable table;

    /** Until when what comes to it as a backup waits. */
    long slowUntilMicros;

    boolean merging;
    /** Whether it is about to leave in order. */
    boolean leaving;
    /** Buckets that it brings from another side of a split. */
    final Map<Integer, byte[]> offers;

    /** Partitions of which no owner has looked at what it brings: until then its node does not begin, as in Hazelcast the merge ends first. */
    private final Set<Integer> unseenOffers;

    /** The members' incarnations as this member knows them. */
    private final Map<Long, Long> incarnations = new HashMap<>();

    private List<Long> departed = List.of();
    private List<Long> told = List.of();
    private long toldNumber;
    private long departureView;
    private @Nullable SimulatedProcess incarnation;
    private @Nullable Node node;
    private boolean started;

    GridMember(SimulatedProcess process, Map<Integer, byte[]> offers) {
        this.process = process;
        this.offers = new HashMap<>(offers);
        this.unseenOffers = new HashSet<>(offers.keySet());
    }

    /** Whether all that it brings has been looked at, so that its node counts. */
    boolean hasMerged() {
        return unseenOffers.isEmpty();
    }

    /**
     * An owner has looked at what it brings of a partition.
     *
     * @return whether it was the last one
     */
    boolean offerSeen(int partition) {
        boolean last = unseenOffers.remove(partition) && unseenOffers.isEmpty();
        if (last) {
            tellNode();
        }
        return last;
    }

    long id() {
        return process.id();
    }

    /** The running incarnation as a part of the process; its id is the incarnation's number. */
    SimulatedProcess incarnation() {
        return Objects.requireNonNull(incarnation);
    }

    Node node() {
        return Objects.requireNonNull(node);
    }

    /** The number of the view with which the newest departure was told. */
    long departureView() {
        return departureView;
    }

    /** The incarnations that the node was told to be members. */
    List<Long> seen() {
        return told;
    }

    boolean isJoined() {
        return table != null;
    }

    boolean isRunning() {
        return process.isAlive() && !process.isFrozen();
    }

    PartitionTable table() {
        return Objects.requireNonNull(table, "not joined");
    }

    /** Another incarnation begins in this process. */
    void begin(SimulatedProcess part, Node fresh) {
        incarnation = part;
        node = fresh;
        started = false;
        incarnations.put(id(), part.id());
        if (isJoined()) {
            tellNode();
        }
    }

    /** Another member's incarnation became known. */
    void learn(long member, long number) {
        Long before = incarnations.put(member, number);
        if (isJoined() && view.contains(member) && !Objects.equals(before, number)) {
            tellNode();
        }
    }

    /** Whether this incarnation is a member's current one, as far as known here. */
    boolean isCurrent(long number) {
        return told.contains(number);
    }

    /** Whether this member holds a copy of the partition for this owner, as far as it knows. */
    boolean isBackupOf(GridMember owner, int partition) {
        return isJoined()
                && view.contains(owner.id())
                && table().owner(partition) == owner.id()
                && table().of(partition).contains(id());
    }

    /** Takes a newer view and table. */
    void adopt(long number, List<Long> members, PartitionTable newest, long nowMillis) {
        if (number <= viewNumber) {
            return;
        }
        for (long member : view) {
            if (!members.contains(member)) {
                expelledAtMillis.putIfAbsent(member, nowMillis);
            }
        }
        members.forEach(member -> heardAtMillis.putIfAbsent(member, nowMillis));
        if (!members.equals(view)) {
            viewSinceMillis = nowMillis;
        }
        viewNumber = number;
        view = members;
        table = newest;
        migrating.clear();
        tellNode();
    }

    private void tellNode() {
        if (!hasMerged()) {
            return;
        }
        List<Long> nodes =
                view.stream().map(incarnations::get).filter(Objects::nonNull).toList();
        List<Long> gone = new ArrayList<>(departed);
        for (long old : told) {
            if (!nodes.contains(old)) {
                gone.add(old);
            }
        }
        toldNumber++;
        if (!nodes.containsAll(told)) {
            departureView = toldNumber;
        }
        departed = List.copyOf(gone);
        told = nodes;
        MembershipView newest = new MembershipView(toldNumber, nodes, departed);
        if (started) {
            node().members(newest);
        } else {
            started = true;
            node().start(newest);
        }
        node().ownedPartitions(owned(table()));
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
