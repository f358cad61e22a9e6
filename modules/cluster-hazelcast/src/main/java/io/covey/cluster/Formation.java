package io.covey.cluster;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.map.IMap;
import io.covey.bucket.Bucket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that the cluster's buckets are made exactly once, or brought back from the members' disks after all members were down. Every node
 * uses buckets only after it has seen the mark FORMED, so whoever finds a formation half done goes on with it.
 *
 * <table><caption>Marks, in the cluster's map; the oldest member writes them</caption>
 * <tr><td>none</td><td>each member tells what its disk holds; nothing is there anywhere: FORMING, else RECOVERING</td></tr>
 * <tr><td>FORMING</td><td>each member notes the formation on its disk; then empty buckets are made, with confirmed backups</td></tr>
 * <tr><td>RECOVERING</td><td>each partition's newest copy is brought to its owner and backups by the member whose disk has it</td></tr>
 * <tr><td>FORMED</td><td>no bucket is ever made again: one that is missing stays unavailable until {@link LostBuckets} brings it back, and
 *     of a bucket that is there, what is on the disk of a member that comes later is old</td></tr></table>
 *
 * <p>The marks have the most copies that Hazelcast keeps. They are gone only with every member; the disks know then that there was a cluster.
 */
final class Formation implements Runnable {
    private static final String MARK = "formation";
    private static final String FORMING = "forming";
    private static final String RECOVERING = "recovering";
    private static final String FORMED = "formed";
    private static final String ID = "formation/id";
    private static final String PLAN = "formation/plan";
    private static final String INVENTORY_PREFIX = "formation/inventory/";
    private static final String DONE_PREFIX = "formation/done/";
    private static final long PAUSE_MILLIS = 200;
    private static final long REPORT_MILLIS = 10_000;
    private static final Logger LOG = LoggerFactory.getLogger(Formation.class);

    private final HazelcastInstance hazelcast;
    private final HazelcastBuckets buckets;
    private final ClusterSettings settings;
    private final ClusterStorage storage;
    private final String nodeId;
    private final Consumer<List<Long>> formed;
    private final Consumer<ForeignDirectoryException> foreignDirectory;
    private final IMap<String, Object> marks;
    private final Inventories inventories;
    private boolean told;
    private byte @Nullable [] done;
    private long reportedNanos = System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(REPORT_MILLIS);
    private final long begunNanos = System.nanoTime();
    private volatile String status = "the cluster is not formed yet";
    private volatile boolean stopped;

    /**
     * @param formed runs once, on the formation's thread, when the buckets may be used, with the node incarnations of an earlier life
     * @param foreignDirectory runs where this member's disk belongs to another cluster's life: it must end
     */
    Formation(
            HazelcastInstance hazelcast,
            HazelcastBuckets buckets,
            ClusterSettings settings,
            ClusterStorage storage,
            String nodeId,
            Consumer<List<Long>> formed,
            Consumer<ForeignDirectoryException> foreignDirectory) {
        this.foreignDirectory = foreignDirectory;
        this.hazelcast = hazelcast;
        this.buckets = buckets;
        this.settings = settings;
        this.storage = storage;
        this.nodeId = nodeId;
        this.formed = formed;
        this.marks = hazelcast.getMap(HazelcastConfiguration.CLUSTER);
        this.inventories = new Inventories(
                hazelcast,
                INVENTORY_PREFIX,
                member -> String.valueOf(member.getAttribute(HazelcastConfiguration.NODE_ID)));
    }

    /** Whether the cluster has its buckets, by the mark that the members with partitions keep. Blocks; throws where they cannot be asked. */
    static boolean isFormed(HazelcastInstance hazelcast) {
        return FORMED.equals(hazelcast.getMap(HazelcastConfiguration.CLUSTER).get(MARK));
    }

    /** Where this member has seen the cluster formed, and those that kept the marks are gone with them: puts them back. Blocks. */
    void renew() {
        if (!status.isEmpty()) {
            return;
        }
        if (!storage.formation().isEmpty()) {
            marks.putIfAbsent(ID, storage.formation());
        }
        marks.putIfAbsent(MARK, FORMED);
    }

    /** Ends the waiting. */
    void stop() {
        stopped = true;
    }

    /** What is waited for, for the operator; the empty string once the cluster is formed. From any thread. */
    String status() {
        return status;
    }

    /** Looks, and where it is this member's turn forms, until the cluster is formed. On a thread of its own. */
    @Override
    public void run() {
        try {
            while (!stopped && !runOnce()) {
                Thread.sleep(PAUSE_MILLIS);
            }
        } catch (InterruptedException | HazelcastInstanceNotActiveException ended) {
            LOG.info("the node ends before its cluster was formed");
        }
    }

    /** Looks once, and tells whether the cluster is formed. */
    boolean runOnce() {
        try {
            Object mark = marks.get(MARK);
            if (FORMED.equals(mark)) {
                join();
                return true;
            }
            tellWhatTheDiskHolds();
            if (mark != null) {
                takePart();
            }
            if (mayForm() && lead(mark)) {
                marks.set(MARK, FORMED);
                join();
                return true;
            }
            tellWhoIsWaitedFor();
            return false;
        } catch (HazelcastInstanceNotActiveException ended) {
            throw ended;
        } catch (ForeignDirectoryException foreign) {
            foreignDirectory.accept(foreign);
            return false;
        } catch (RecoveryPlan.NotYet waiting) {
            report(String.valueOf(waiting.getMessage()));
            return false;
        } catch (RuntimeException failure) {
            LOG.info("the cluster is not formed yet: {}", failure.toString());
            return false;
        }
    }

    /** Members that start together find each other within seconds; who waits for longer has something to tell. */
    private void tellWhoIsWaitedFor() {
        String what = whoIsWaitedFor();
        status = what;
        if (System.nanoTime() - begunNanos >= TimeUnit.MILLISECONDS.toNanos(REPORT_MILLIS)) {
            report(what);
        }
    }

    private String whoIsWaitedFor() {
        Set<Member> members = hazelcast.getCluster().getMembers();
        int copies = settings.backupsRequired() + 1;
        if (members.size() < settings.formationQuorum()) {
            return "the cluster is not formed yet: " + members.size() + " of " + settings.formationQuorum()
                    + " members are here that are needed for that (cluster.members, cluster.minimum-members)";
        }
        if (members.size() < copies) {
            return "the cluster is not formed yet: cluster.backup-count=" + settings.backupCount() + " needs " + copies
                    + " members, and " + members.size() + " is here";
        }
        Member oldest = members.iterator().next();
        return oldest.localMember()
                ? "the cluster is not formed yet: its buckets are being made"
                : "the cluster is not formed yet: its oldest member, " + oldest.getAddress() + ", does that";
    }

    private void report(String what) {
        status = what;
        long now = System.nanoTime();
        if (now - reportedNanos >= TimeUnit.MILLISECONDS.toNanos(REPORT_MILLIS)) {
            reportedNanos = now;
            LOG.warn("{}", what);
        }
    }

    /** The buckets are there. What this disk holds of them is this formation's, or nothing of it may be touched. */
    private void join() {
        Object id = marks.get(ID);
        if (id instanceof String formation) {
            String mine = storage.formation();
            if (!mine.isEmpty() && !mine.equals(formation)) {
                stopped = true;
                status =
                        "storage.directory belongs to another formation of this cluster: move it away to join with an empty one";
                throw new ForeignDirectoryException(status);
            }
            storage.formedAs(formation);
        }
        storage.left(false);
        List<Long> earlier =
                marks.get(PLAN) instanceof byte[] plan ? RecoveryPlan.read(plan).earlier() : List.of();
        status = "";
        formed.accept(earlier);
    }

    private void tellWhatTheDiskHolds() {
        if (!told) {
            inventories.tell(nodeId, Inventory.of(storage, storage.copies(), buckets.partitionCount()));
            told = true;
        }
    }

    /** Does this member's part of a formation that the oldest member leads, and tells when it is done. */
    private void takePart() {
        if (marks.get(PLAN) instanceof byte[] plan) {
            if (!Arrays.equals(plan, done) && restore(RecoveryPlan.read(plan))) {
                marks.set(DONE_PREFIX + nodeId, plan);
                done = plan;
            }
        } else if (marks.get(ID) instanceof String id && done == null) {
            storage.formedAs(id);
            byte[] noted = id.getBytes(StandardCharsets.UTF_8);
            marks.set(DONE_PREFIX + nodeId, noted);
            done = noted;
        }
    }

    private boolean restore(RecoveryPlan plan) {
        if (!plan.formation().isEmpty()) {
            storage.formedAs(plan.formation());
        }
        for (int partition = 0; partition < buckets.partitionCount(); partition++) {
            Bucket bucket = storage.copy(partition);
            if (bucket == null || !nodeId.equals(plan.sources().get(partition))) {
                continue;
            }
            if (!buckets.restore(partition, bucket)) {
                return false; // its backups are not assigned yet, or a disk does not take it
            }
            LOG.info("a bucket is restored from this disk; partition={} version={}", partition, bucket.version());
        }
        return true;
    }

    private boolean mayForm() {
        Set<Member> members = hazelcast.getCluster().getMembers();
        return members.size() >= settings.formationQuorum()
                && members.iterator().next().localMember();
    }

    /** Goes on with the formation as its leader; whether it is done. */
    private boolean lead(@Nullable Object mark) throws RecoveryPlan.NotYet {
        if (mark == null && isAnyUsed()) {
            LOG.error("buckets are in use, but the mark of the cluster's formation was lost: none is made");
            return true;
        }
        Map<String, Inventory> disks = inventories.all();
        boolean isNew = !RECOVERING.equals(mark) && disks.values().stream().allMatch(Inventory::isEmpty);
        return isNew ? form(mark, disks) : recover(mark, disks);
    }

    private boolean form(@Nullable Object mark, Map<String, Inventory> disks) throws RecoveryPlan.NotYet {
        if (mark == null) {
            LOG.info(
                    "the cluster is formed for the first time; members={} partitions={}",
                    disks.size(),
                    buckets.partitionCount());
            marks.set(ID, UUID.randomUUID().toString());
            marks.set(MARK, FORMING);
            takePart();
        }
        byte[] noted = String.valueOf(marks.get(ID)).getBytes(StandardCharsets.UTF_8);
        return areDone(disks, noted) == disks.size() && areAllThere(partition -> true);
    }

    private boolean recover(@Nullable Object mark, Map<String, Inventory> disks) throws RecoveryPlan.NotYet {
        RecoveryPlan.Rules rules = new RecoveryPlan.Rules(
                AgreedSize.newest(disks.values(), settings.expectedMembers()),
                storage.recoveryMembers(),
                settings.backupsRequired(),
                storage.salvages());
        RecoveryPlan plan = RecoveryPlan.of(disks, buckets.partitionCount(), rules);
        byte[] bytes = plan.toBytes();
        if (!(marks.get(PLAN) instanceof byte[] before) || !Arrays.equals(before, bytes)) {
            LOG.info(
                    "the cluster is formed again from the members' disks; members={} partitions={}",
                    disks.size(),
                    buckets.partitionCount());
            marks.set(ID, plan.formation().isEmpty() ? UUID.randomUUID().toString() : plan.formation());
            marks.set(PLAN, bytes);
        }
        if (!RECOVERING.equals(mark)) {
            marks.set(MARK, RECOVERING);
        }
        takePart();
        int ready = areDone(disks, bytes);
        if (ready < disks.size()) {
            throw new RecoveryPlan.NotYet(
                    "recovery: " + ready + " of " + disks.size() + " members have brought back what their disks hold");
        }
        return areAllThere(partition -> plan.sources().get(partition).isEmpty());
    }

    private int areDone(Map<String, Inventory> disks, byte[] what) {
        int ready = 0;
        for (String id : disks.keySet()) {
            ready += marks.get(DONE_PREFIX + id) instanceof byte[] theirs && Arrays.equals(theirs, what) ? 1 : 0;
        }
        return ready;
    }

    /** Whether every partition has its bucket; those that may begin empty are made. */
    private boolean areAllThere(IntPredicate mayBeginEmpty) {
        for (int partition = 0; partition < buckets.partitionCount(); partition++) {
            if (state(partition, mayBeginEmpty.test(partition)) == FormationProcessor.ABSENT) {
                return false; // its backups are not assigned yet
            }
        }
        return true;
    }

    private boolean isAnyUsed() {
        for (int partition = 0; partition < buckets.partitionCount(); partition++) {
            if (state(partition, false) == FormationProcessor.USED) {
                return true;
            }
        }
        return false;
    }

    private int state(int partition, boolean create) {
        return buckets.map().executeOnKey(buckets.key(partition), new FormationProcessor(partition, create));
    }

    /** This member must not go on: its disk holds another cluster's life. */
    static final class ForeignDirectoryException extends IllegalStateException {
        private static final long serialVersionUID = 1L;

        ForeignDirectoryException(String message) {
            super(message);
        }
    }
}
