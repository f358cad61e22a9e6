package io.covey.cluster;

import io.covey.bucket.Bucket;
import io.covey.storage.BucketJournal;
import io.covey.storage.DiskJournal;
import io.covey.storage.Durability;
import io.covey.storage.RecoveredCopy;
import io.covey.storage.StorageDirectory;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A member's disk, or that it has none: what was on it at the start, until the cluster is formed, and the journal. The journal's rules hold;
 * everything else may be called from any thread.
 */
public final class ClusterStorage {
    private final @Nullable StorageDirectory directory;
    private final @Nullable DiskJournal disk;
    private final boolean synced;
    private final int recoveryMembers;
    private final boolean salvage;
    private volatile List<RecoveredCopy> copies;
    /** Of a member without a disk. */
    private volatile boolean leftInMemory;

    /**
     * A disk that was opened and read.
     *
     * @param copies what was on it, one for each partition
     * @param recoveryMembers of how many members the disks are enough to form the cluster again after all were down; 0: of all. The operator's
     *     word: with fewer than the members less the backups, what was acknowledged may be missing
     * @param salvage whether damaged copies are used where no sound one is left
     */
    public ClusterStorage(
            StorageDirectory directory,
            DiskJournal journal,
            List<RecoveredCopy> copies,
            Durability durability,
            int recoveryMembers,
            boolean salvage) {
        this.directory = directory;
        this.disk = journal;
        this.copies = List.copyOf(copies);
        this.synced = durability == Durability.FSYNC;
        this.recoveryMembers = recoveryMembers;
        this.salvage = salvage;
    }

    private ClusterStorage(int recoveryMembers, boolean salvage) {
        directory = null;
        disk = null;
        copies = List.of();
        synced = false;
        this.recoveryMembers = recoveryMembers;
        this.salvage = salvage;
    }

    /** A member that keeps everything in memory, without a word of the operator about what was lost. */
    static ClusterStorage none() {
        return inMemory(0, false);
    }

    /**
     * A member that keeps everything in memory.
     *
     * @param recoveryMembers how many members are enough to go on with what they have of partitions that lost all their copies, from another side
     *     of a split; 0: all but the backups
     * @param salvage whether partitions begin empty of which nobody who is here has a copy
     */
    public static ClusterStorage inMemory(int recoveryMembers, boolean salvage) {
        return new ClusterStorage(recoveryMembers, salvage);
    }

    BucketJournal journal() {
        return disk == null ? BucketJournal.NONE : disk;
    }

    /** Whether answers wait until every replica has synced. */
    boolean isSynced() {
        return synced;
    }

    int recoveryMembers() {
        return recoveryMembers;
    }

    boolean salvages() {
        return salvage;
    }

    /** The formation that the directory belongs to, or the empty string. */
    String formation() {
        return directory == null ? "" : directory.formation();
    }

    /** Notes the formation on the device; blocks. */
    void formedAs(String formation) {
        if (directory != null && !directory.formation().equals(formation)) {
            directory.formedAs(formation);
        }
    }

    /** Notes on the device what the nodes have agreed; blocks. */
    void agreed(long size) {
        if (directory != null && !directory.formation().isEmpty()) {
            directory.agreed(size);
        }
    }

    /** What the nodes had agreed when this disk was last told; 0 where it never was. */
    long agreed() {
        return directory == null ? 0 : directory.agreed();
    }

    /** Whether this member was drained and has not been one of a formed cluster since: what its disk holds counts for nothing. */
    boolean hasLeft() {
        return directory == null ? leftInMemory : directory.hasLeft();
    }

    /** Notes on the device that this member was drained, or that it is one of the formed cluster again; blocks. */
    void left(boolean forGood) {
        if (directory == null) {
            leftInMemory = forGood;
        } else {
            directory.left(forGood);
        }
    }

    /**
     * Whether what replicas apply now can be expected to be written, and counts: as long as the disk says that its node has left, nobody would look
     * there for what is confirmed.
     */
    boolean isWritable(int partition, Bucket bucket) {
        return !hasLeft() && journal().isWritable(partition, bucket);
    }

    /** What was on the disk; empty where there is none, or once it is not needed any more. */
    List<RecoveredCopy> copies() {
        return copies;
    }

    /** The bucket of a partition as it was on this disk, or null. */
    @Nullable
    Bucket copy(int partition) {
        List<RecoveredCopy> known = copies;
        return known.isEmpty() ? null : known.get(partition).bucket();
    }

    /** Gives back the memory of what was on the disk, but for these partitions: the cluster has the buckets of all others. */
    void releaseExcept(Set<Integer> missing) {
        List<RecoveredCopy> known = copies;
        if (known.stream().noneMatch(copy -> missing.contains(copy.partition()) && isThere(copy))) {
            copies = List.of();
        } else if (known.stream().anyMatch(copy -> !missing.contains(copy.partition()) && isThere(copy))) {
            copies = known.stream()
                    .map(copy ->
                            missing.contains(copy.partition()) ? copy : new RecoveredCopy(copy.partition(), null, null))
                    .toList();
        }
    }

    private static boolean isThere(RecoveredCopy copy) {
        return copy.bucket() != null || copy.damage() != null;
    }

    /** The node's name in its directory, or the empty string where there is none. */
    String node() {
        return directory == null ? "" : directory.node();
    }

    /**
     * This member has taken a bucket that was restored: the files go on from it where they lead to it, else it is written whole. On the
     * partition's thread.
     *
     * @return whether it is kept
     */
    boolean keep(int partition, Bucket restored) {
        List<RecoveredCopy> known = copies;
        Bucket mine = known.isEmpty() || !known.get(partition).isSound()
                ? null
                : known.get(partition).bucket();
        if (disk != null
                && mine != null
                && mine.version().equals(restored.version())
                && mine.owner() == restored.owner()) {
            disk.adopt(partition, restored);
            return true;
        }
        return journal().arrived(partition, restored) && journal().flush();
    }

    /** Whether this member's files hold something of a partition. On the partition's thread. */
    boolean mayHold(int partition) {
        return disk != null && disk.mayHold(partition);
    }
}
