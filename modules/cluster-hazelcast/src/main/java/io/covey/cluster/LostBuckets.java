package io.covey.cluster;

import com.hazelcast.cluster.Member;
import com.hazelcast.cluster.MembershipAdapter;
import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import io.covey.storage.RecoveredCopy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings back into a living cluster the buckets of which all holders were away at once: from the disks of members that were down, and from the memory of
 * those that were on another side of a split. On a thread of its own, once the cluster is formed.
 *
 * <p>A member that joins keeps what it found on its disk, and one that gives its side of a split up what it held there, until the owners have that or newer
 * buckets. Before that is so {@linkplain #counts its node does not count}: with its word a side could get a majority that goes on with older ones (ADR 0014).
 * Where there is no bucket at all, the oldest member decides whose copy is used, as soon as so many members are here that the newest copy must be among
 * theirs: all that were ever here, less the backups on which everything acknowledged is, too. So a disk that is behind never comes back
 * as if it were the newest (ADR 0011).
 */
final class LostBuckets {
    private static final String INVENTORY_PREFIX = "lost/inventory/";
    private static final String NAME_PREFIX = "lost/name/";
    private static final String PLAN = "lost/plan";
    private static final long PERIOD_MILLIS = 2_000;
    /** While the node waits for it, and, where a partition has no bucket, for a while after a member has come that may have one. */
    static final long SOON_MILLIS = 100;

    private static final long HURRY_NANOS = TimeUnit.SECONDS.toNanos(30);
    /** For so long nobody needs to know that newer copies wait for their owners. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final long REPORT_MILLIS = 30_000;
    private static final String COMPARING =
            "what this node brings, from its disk or from another side of a split, is compared with what the others have";
    private static final Logger LOG = LoggerFactory.getLogger(LostBuckets.class);

    private final HazelcastInstance hazelcast;
    private final HazelcastBuckets buckets;
    private final HazelcastMembership membership;
    private final ClusterSettings settings;
    private final ClusterStorage storage;
    private final String nodeId;
    private final Consumer<List<Long>> departed;
    private final IMap<String, Object> marks;
    private final Inventories inventories;
    private final Recurring loop =
            new Recurring("covey-lost-buckets", () -> isHurried() ? SOON_MILLIS : PERIOD_MILLIS, this::runOnce);
    private final BroughtCopies brought;
    private final Runnable counting;
    /** How often this member has begun to go over to another side of a split. */
    private final AtomicInteger merges = new AtomicInteger();

    private volatile boolean merging;
    private volatile long memberCameNanos = System.nanoTime();
    /** After so many of these merges the owners had all that this member had brought. */
    private volatile int broughtAfter = -1;

    private volatile boolean behind;
    private long behindNanos;
    private volatile String status = COMPARING;

    private @Nullable Inventory told;
    private @Nullable UUID toldAs;
    private long reportedNanos = System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(REPORT_MILLIS);
    private volatile int lost;

    /**
     * @param departed hears of node incarnations that a bucket knows from before and that are gone
     * @param counting runs each time when the owners have all that this member has brought
     */
    LostBuckets(
            HazelcastBuckets buckets,
            HazelcastMembership membership,
            ClusterSettings settings,
            ClusterStorage storage,
            String nodeId,
            Consumer<List<Long>> departed,
            Runnable counting) {
        this.brought = new BroughtCopies(buckets, storage);
        this.counting = counting;
        this.hazelcast = buckets.member();
        this.buckets = buckets;
        this.membership = membership;
        this.settings = settings;
        this.storage = storage;
        this.nodeId = nodeId;
        this.departed = departed;
        this.marks = hazelcast.getMap(HazelcastConfiguration.CLUSTER);
        this.inventories = new Inventories(hazelcast, INVENTORY_PREFIX, member -> String.valueOf(member.getUuid()));
    }

    /** The cluster is formed. */
    void start() {
        int merge = merges.get();
        if (!merging && brought.isEmpty()) {
            countsAfter(merge);
        }
        hazelcast.getCluster().addMembershipListener(new MembershipAdapter() {
            @Override
            public void memberAdded(MembershipEvent event) {
                memberCame();
            }
        });
        memberCame();
        loop.start();
    }

    /** It may have what is missing. */
    private void memberCame() {
        memberCameNanos = System.nanoTime();
        loop.soon();
    }

    private boolean isHurried() {
        return !counts() || lost > 0 && System.nanoTime() - memberCameNanos < HURRY_NANOS;
    }

    void stop() {
        loop.stop();
    }

    /** This member gives its side of a split up: what it holds is kept until it is clear who has the newest. Blocks for its partitions' threads. */
    void merging() {
        merging = true;
        merges.incrementAndGet();
        status = "the node joins the others again after a split";
        brought.take();
    }

    /** It has joined the other side, where the buckets are that are in use. */
    void merged() {
        status = COMPARING;
        merging = false;
        memberCame();
    }

    /**
     * Whether the owners of all buckets that are in use have what this member has brought, or newer buckets. A merge tells that it has ended also where not all
     * buckets have come over: Hazelcast brings those that a member owned, not those that it was a backup of, and after one that failed none. From any thread.
     */
    boolean counts() {
        return !merging && broughtAfter == merges.get();
    }

    /** Whether owners and backups are waited for that take newer copies from here. From any thread. */
    boolean brings() {
        return behind && !counts();
    }

    /** What this node waits for before it counts, in words; the empty string while it does. From any thread. */
    String status() {
        return counts() ? "" : status;
    }

    /** The node was drained: whatever it had is on others, and nobody need wait for its disk. Blocks. */
    void leftForGood() {
        if (!storage.node().isEmpty()) {
            marks.delete(NAME_PREFIX + storage.node());
        }
    }

    /** How many partitions have no bucket; known to the oldest member, and to those that hold copies for them. From any thread. */
    int lost() {
        return lost;
    }

    private void runOnce() throws InterruptedException {
        int merge = merges.get();
        if (merging) {
            return;
        }
        UUID self = hazelcast.getCluster().getLocalMember().getUuid();
        boolean leads = leads();
        tellDeparted();
        if (!leads && counts() && self.equals(toldAs) && brought.isEmpty()) {
            lost = 0;
            return;
        }
        BroughtCopies.Found found = brought.look();
        if (merging || merges.get() != merge) {
            return; // that was another side
        }
        lost = found.missing().size();
        Set<Integer> needed = new TreeSet<>(found.missing());
        needed.addAll(found.behind());
        brought.releaseExcept(needed);
        if (found.behind().isEmpty()) {
            behind = false;
            countsAfter(merge);
        } else {
            waitsFor(found.behind());
        }
        tell(self);
        if (found.missing().isEmpty()) {
            return;
        }
        if (leads) {
            plan(found.missing());
        }
        if (marks.get(PLAN) instanceof byte[] plan) {
            restore(found.missing(), RecoveryPlan.read(plan));
        }
    }

    private void countsAfter(int merge) {
        if (broughtAfter != merge) {
            broughtAfter = merge;
            counting.run();
        }
    }

    private void waitsFor(Set<Integer> behind) {
        if (!this.behind) {
            behindNanos = System.nanoTime();
            this.behind = true;
        }
        status = "this node has newer copies of " + behind.size() + " of " + buckets.partitionCount()
                + " partitions than their owners and backups, and does not count until these have them: "
                + behind;
        if (System.nanoTime() - behindNanos >= PATIENCE_NANOS && isReportDue()) {
            LOG.warn("{}", status);
        }
    }

    /** Of the nodes that a brought bucket knows, those that are gone. */
    private void tellDeparted() {
        Set<Long> met = brought.met();
        Set<Long> present = membership.nodeIds().keySet();
        if (!met.isEmpty() && present.size() >= serving()) {
            departed.accept(met.stream().filter(node -> !present.contains(node)).toList());
            met.clear();
        }
    }

    private boolean leads() {
        Set<Member> members = hazelcast.getCluster().getMembers();
        return members.size() >= settings.quorumOf(AgreedSize.of(marks, settings.expectedMembers()))
                && members.iterator().next().localMember();
    }

    /**
     * Tells what this member can bring back; also that it is nothing. Under the number that Hazelcast gives it with each join: what it told on one
     * side of a split says nothing about what it brings to the other.
     */
    private void tell(UUID self) {
        Inventory now = Inventory.of(storage, brought.all(), buckets.partitionCount());
        if (!self.equals(toldAs) || !now.equals(told)) {
            if (storage.hasLeft()) {
                leftForGood();
            } else if (!storage.node().isEmpty()) {
                marks.set(NAME_PREFIX + storage.node(), nodeId);
            }
            inventories.tell(self.toString(), now);
            if (toldAs != null && !self.equals(toldAs)) {
                inventories.forget(toldAs.toString());
            }
            told = now;
            toldAs = self;
        }
    }

    /** Decides anew each time: what was decided of other members, or before they had told, does not count any more. */
    private void plan(Set<Integer> missing) {
        List<String> waiting = new ArrayList<>();
        String[] sources = new String[buckets.partitionCount()];
        Arrays.fill(sources, "");
        try {
            Map<String, Inventory> all = inventories.all();
            RecoveryPlan.Rules rules = rules();
            Map<String, Inventory> counted = RecoveryPlan.counted(all);
            requireEnough(counted.size(), all.size() - counted.size(), rules);
            for (int partition : missing) {
                try {
                    sources[partition] = source(counted, partition, rules);
                } catch (RecoveryPlan.NotYet notYet) {
                    waiting.add(String.valueOf(notYet.getMessage()));
                }
            }
        } catch (RecoveryPlan.NotYet notYet) {
            waiting.add(String.valueOf(notYet.getMessage()));
        }
        marks.set(PLAN, new RecoveryPlan("", List.of(sources), List.of()).toBytes());
        if (!waiting.isEmpty()) {
            report(missing, waiting);
        }
    }

    private String source(Map<String, Inventory> inventories, int partition, RecoveryPlan.Rules rules)
            throws RecoveryPlan.NotYet {
        String source = RecoveryPlan.source(inventories, partition, rules);
        if (source.isEmpty()) {
            if (!rules.salvage()) {
                throw new RecoveryPlan.NotYet("no member that is here has a copy of partition " + partition
                        + "; storage.recovery=salvage begins it empty");
            }
            LOG.error(
                    "no member has a copy of a partition, it begins empty: the operator wants so; partition={}",
                    partition);
            var unused = buckets.map().executeOnKey(buckets.key(partition), new FormationProcessor(partition, true));
        }
        return source;
    }

    private RecoveryPlan.Rules rules() {
        int known = (int) marks.keySet().stream()
                .filter(key -> key.startsWith(NAME_PREFIX))
                .count();
        return new RecoveryPlan.Rules(
                Math.max(AgreedSize.of(marks, settings.expectedMembers()), known),
                storage.recoveryMembers(),
                settings.backupsRequired(),
                storage.salvages());
    }

    private static void requireEnough(int here, int drained, RecoveryPlan.Rules rules) throws RecoveryPlan.NotYet {
        int needed = rules.recoveryMembers() > 0
                ? rules.membersNeeded()
                : Math.max(1, rules.expectedMembers() - rules.backupsRequired());
        if (here < needed) {
            throw new RecoveryPlan.NotYet(here + " of " + needed
                    + " members are here whose copies must be known" + RecoveryPlan.drained(drained)
                    + "; cluster.recovery-members=" + here
                    + " goes on without the others");
        }
    }

    /** How many members serve, or are about to: all but those that were drained. */
    private int serving() {
        return (int) hazelcast.getCluster().getMembers().stream()
                .filter(member -> {
                    Inventory said = inventories.of(member);
                    return said == null || !said.left();
                })
                .count();
    }

    private void report(Set<Integer> missing, List<String> waiting) {
        if (isReportDue()) {
            LOG.error(
                    "partitions are unavailable, all members that hold them were away; partitions={}: {}",
                    missing,
                    waiting);
        }
    }

    private boolean isReportDue() {
        long now = System.nanoTime();
        boolean due = now - reportedNanos >= TimeUnit.MILLISECONDS.toNanos(REPORT_MILLIS);
        if (due) {
            reportedNanos = now;
        }
        return due;
    }

    private void restore(Set<Integer> missing, RecoveryPlan plan) {
        if (membership.nodeIds().size() < serving()) {
            return; // who of a bucket's nodes is gone cannot be told yet
        }
        String self = String.valueOf(toldAs);
        for (RecoveredCopy copy : brought.all()) {
            int partition = copy.partition();
            if (copy.bucket() != null
                    && missing.contains(partition)
                    && self.equals(plan.sources().get(partition))) {
                brought.bring(copy, "a lost bucket is back, from this member");
            }
        }
        tellDeparted();
    }
}
