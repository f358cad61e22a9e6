package io.covey.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.instance.impl.HazelcastInstanceImpl;
import com.hazelcast.instance.impl.HazelcastInstanceProxy;
import com.hazelcast.instance.impl.Node;
import com.hazelcast.internal.cluster.ClusterService;
import com.hazelcast.internal.partition.InternalPartition;
import com.hazelcast.internal.partition.PartitionReplica;
import com.hazelcast.spi.impl.NodeEngineImpl;
import io.covey.bucket.Batch;
import io.covey.bucket.BatchOutcome;
import io.covey.bucket.Bucket;
import io.covey.bucket.BucketLimits;
import io.covey.bucket.Refusal;
import io.covey.bucket.Standing;
import io.covey.bucket.Step;
import io.covey.storage.BucketJournal;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the partitions' threads of a member need to know about the node around them. One per member, found through its user context; written
 * by the cluster's thread, read on the partitions' threads, each value through one volatile.
 */
final class PartitionHost {
    static final String CONTEXT_KEY = "covey.partition-host";

    /** That of a member without a node that may own buckets. */
    static final LongUnaryOperator NO_RIGHT = departure -> Standing.NO_TERM;

    /** How often a missing bucket is reported. */
    private static final long MISSING_REPORT_MILLIS = 30_000;

    private static final Logger LOG = LoggerFactory.getLogger(PartitionHost.class);

    private final int backupCount;
    private final int backupsRequired;
    private final BucketLimits limits;
    private final BucketLoad load;
    private final HaltSwitch haltSwitch;
    private final ClusterStorage storage;
    private final AtomicLongArray missingReportedAt;
    private volatile long incarnation;
    private volatile LongUnaryOperator right = NO_RIGHT;
    private volatile Members members = new Members(new long[0], 0, 0, List.of());
    private volatile @Nullable PartitionPlaces places;

    PartitionHost(
            ClusterSettings settings,
            long incarnation,
            BucketLoad load,
            HaltSwitch haltSwitch,
            ClusterStorage storage) {
        this.load = load;
        this.backupCount = settings.backupCount();
        this.storage = storage;
        this.backupsRequired = settings.backupsRequired();
        this.limits = settings.bucketLimits();
        this.haltSwitch = haltSwitch;
        this.incarnation = incarnation;
        this.missingReportedAt = new AtomicLongArray(settings.partitionCount());
    }

    static PartitionHost of(HazelcastInstance hazelcast) {
        Object host = hazelcast.getUserContext().get(CONTEXT_KEY);
        if (host instanceof PartitionHost partitionHost) {
            return partitionHost;
        }
        throw new IllegalStateException("this Hazelcast member was not started by a cluster node");
    }

    void places(PartitionPlaces known) {
        places = known;
    }

    /** Where the buckets are; null until this member knows it. */
    @Nullable
    PartitionPlaces places() {
        return places;
    }

    /** How many backups each bucket is to have. */
    int backupCount() {
        return backupCount;
    }

    BucketLimits limits() {
        return limits;
    }

    /** Where this member keeps what its replicas apply. */
    ClusterStorage storage() {
        return storage;
    }

    long incarnation() {
        return incarnation;
    }

    /** Another incarnation begins; it has no lease yet. */
    void begin(long next) {
        right = NO_RIGHT;
        incarnation = next;
    }

    /** Asked with the view of the newest departure, see {@link ClusterNode#attach}. */
    void right(LongUnaryOperator bucketTerm) {
        right = bucketTerm;
    }

    /**
     * The term under which this member may change the buckets that it owns, and answer for them; {@link Standing#NO_TERM} while it may not. Hazelcast takes a member away, and makes this one the owner of
     * what that one owned, before anybody else here knows: so its list is asked, not only what was told of it. [I9]
     */
    private long term(HazelcastInstance hazelcast) {
        Members known = members;
        long term = right.applyAsLong(known.departure);
        return known.areAllIn(node(hazelcast).getClusterService()) ? term : Standing.NO_TERM;
    }

    boolean mayOwn(HazelcastInstance hazelcast) {
        return term(hazelcast) != Standing.NO_TERM;
    }

    void members(Members known) {
        members = known;
    }

    /**
     * The members as they were looked at last.
     *
     * @param incarnations of their nodes, ascending
     * @param departure the number of the view with which a departure was told last; 0 before the first
     * @param listVersion the version of Hazelcast's list, read before the list
     * @param ids those in Hazelcast's list
     */
    @SuppressWarnings("ArrayRecordComponent") // it is read for each batch, and never changed
    record Members(long[] incarnations, long departure, int listVersion, List<UUID> ids) {
        boolean contain(long incarnation) {
            return Arrays.binarySearch(incarnations, incarnation) >= 0;
        }

        private boolean areAllIn(ClusterService cluster) {
            return cluster.getMemberListVersion() == listVersion
                    || ids.stream().allMatch(id -> cluster.getMember(id) != null);
        }
    }

    /** What holds at this moment for a batch that arrives at this member as the partition's owner. */
    Standing standing(HazelcastInstance hazelcast, int partition) {
        Members present = members;
        return new Standing(
                incarnation,
                term(hazelcast),
                replicasPresent(hazelcast, partition),
                present::contain,
                hazelcast.getCluster().getClusterTime(),
                load.room());
    }

    BucketLoad load() {
        return load;
    }

    /** Forgets what was held of partitions that have no replica here any more. */
    void forgetGone(HazelcastInstance hazelcast) {
        for (int partition = 0; partition < missingReportedAt.length(); partition++) {
            if (!isReplica(hazelcast, partition)) {
                load.gone(partition);
            }
        }
    }

    /** Applies a batch as the partition's owner, on the partition's thread; halts the node when that fails half-way. */
    BatchOutcome apply(HazelcastInstance hazelcast, int partition, Bucket bucket, EncodedBatch carried) {
        Batch batch = carried.batch();
        if (!storage.isWritable(partition, bucket)) {
            return new BatchOutcome.Refused(Refusal.DISK_UNWRITABLE);
        }
        try {
            BatchOutcome outcome = bucket.apply(batch, standing(hazelcast, partition));
            load.applied(partition, bucket);
            return outcome;
        } catch (RuntimeException | Error defect) {
            // Whether it changed anything is unknown: equal versions would hide that the replicas differ.
            halt(partition, defect);
            throw defect;
        }
    }

    /** Whether as many backups as required are assigned to current members: Hazelcast would skip others and report success. */
    boolean replicasPresent(HazelcastInstance hazelcast, int partition) {
        return replicasPresent(hazelcast, partition, backupsRequired);
    }

    /** Whether as many backups as configured are assigned to current members. */
    boolean allReplicasPresent(HazelcastInstance hazelcast, int partition) {
        return replicasPresent(hazelcast, partition, backupCount);
    }

    /** The same for every partition. */
    boolean areAllReplicasPresent(HazelcastInstance hazelcast) {
        for (int partition = 0; partition < missingReportedAt.length(); partition++) {
            if (!allReplicasPresent(hazelcast, partition)) {
                return false;
            }
        }
        return true;
    }

    private static boolean replicasPresent(HazelcastInstance hazelcast, int partition, int count) {
        Node node = node(hazelcast);
        InternalPartition replicas = node.getPartitionService().getPartition(partition);
        ClusterService cluster = node.getClusterService();
        for (int index = 1; index <= count; index++) {
            PartitionReplica replica = replicas.getReplica(index);
            if (replica == null || cluster.getMember(replica.address(), replica.uuid()) == null) {
                return false;
            }
        }
        return true;
    }

    /** Writes down what a replica here has applied; whether it may be confirmed. On the partition's thread. */
    boolean kept(int partition, Bucket bucket, Step step, EncodedBatch batch) {
        BucketJournal journal = storage.journal();
        if (!journal.keeps()) {
            return true;
        }
        byte[] encoded = batch.encoded();
        return journal.applied(partition, bucket, step, encoded, batch.length()) && journal.flush();
    }

    /**
     * Whether this member is owner or backup of a partition. Hazelcast assigns more replicas than the buckets have backups: those hold nothing
     * of them.
     */
    boolean isReplica(HazelcastInstance hazelcast, int partition) {
        Node node = node(hazelcast);
        InternalPartition replicas = node.getPartitionService().getPartition(partition, false);
        for (int index = 0; index <= backupCount; index++) {
            PartitionReplica replica = replicas.getReplica(index);
            if (replica != null && replica.isIdentical(node.getLocalMember())) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether what the owner applied under an assignment may be confirmed: it still holds the lease, and the replicas are where they were, all of
     * them members that are present. [I1][I9]
     */
    boolean stillStands(HazelcastInstance hazelcast, int partition, int assignmentVersion) {
        return mayOwn(hazelcast)
                && replicasPresent(hazelcast, partition)
                && assignmentVersion(hazelcast, partition) == assignmentVersion;
    }

    /** The version of a partition's assignment: it grows with each change. */
    int assignmentVersion(HazelcastInstance hazelcast, int partition) {
        return node(hazelcast).getPartitionService().getPartition(partition).version();
    }

    /** Reports, now and then, that the bucket of an owned partition is not there. */
    void missing(int partition, long nowMillis) {
        long before = missingReportedAt.get(partition);
        if (nowMillis - before >= MISSING_REPORT_MILLIS
                && missingReportedAt.compareAndSet(partition, before, nowMillis)) {
            LOG.error(
                    "the bucket is missing, every member that had it is gone: its sessions are unavailable until {};"
                            + " partition={}",
                    storage.journal().keeps()
                            ? "a member whose disk has it returns"
                            : "one returns from another side of a split; storage.recovery=salvage at the oldest node begins it empty",
                    partition);
        }
    }

    /**
     * This member has become the owner of a partition whose bucket it had to discard as a backup. Its disk, where it has one, has all that it had
     * confirmed: the node halts and comes back with that, like an owner that fails.
     */
    void discarded(int partition) {
        if (storage.journal().keeps()) {
            halt(
                    partition,
                    new ReplicaDivergedException(
                            "it had failed as a backup and was not repaired before it became the owner"));
        }
    }

    /** Whether a partition without a bucket here has one that comes back with this member's disk, if it is the owner: see {@link #discarded}. */
    boolean comesBack(@Nullable BucketHolder holder) {
        return holder != null && holder.isDiscarded() && storage.journal().keeps();
    }

    private void halt(int partition, Throwable cause) {
        LOG.error("a bucket failed while it applied a batch, the node halts; partition={}", partition, cause);
        haltSwitch.halt("bucket " + partition + " failed while it applied a batch", cause);
    }

    /** Hazelcast's own services. */
    static NodeEngineImpl engine(HazelcastInstance hazelcast) {
        return node(hazelcast).getNodeEngine();
    }

    /** The version of Hazelcast's list of members: it grows with each change. */
    static int memberListVersion(HazelcastInstance hazelcast) {
        return node(hazelcast).getClusterService().getMemberListVersion();
    }

    private static Node node(HazelcastInstance hazelcast) {
        HazelcastInstance original =
                hazelcast instanceof HazelcastInstanceProxy proxy ? proxy.getOriginal() : hazelcast;
        return ((HazelcastInstanceImpl) original).node;
    }
}
