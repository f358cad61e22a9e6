package io.covey.storage;

import io.covey.bucket.BucketLimits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's directory, from its lock to its journal: {@link #open}, {@link #recover}, {@link #begin}, each once and in this order, on the thread
 * that starts the node. Whatever prevents a start is a {@link StorageException} of one line.
 */
public final class StorageDirectory {
    /** More than what is noted of a node needs. */
    private static final int IDENTITY_BYTES = 1 << 10;

    private static final Logger LOG = LoggerFactory.getLogger(StorageDirectory.class);

    private final Disk disk;
    private volatile NodeIdentity identity;
    private @Nullable Recovery recovery;

    /** Since the directory is written to. */
    private volatile @Nullable Reserve reserve;

    private StorageDirectory(Disk disk, NodeIdentity identity) {
        this.disk = disk;
        this.identity = identity;
    }

    /**
     * Locks the directory and makes sure that it is this node's; a new one becomes this node's.
     *
     * @param cluster the cluster's name, or the empty string for a node that is alone
     * @throws StorageException when it cannot be written, is in use, belongs to another node, or is of a newer release
     */
    public static StorageDirectory open(Path directory, String node, String cluster, int partitions) {
        return open(NioDisk.open(directory), node, cluster, partitions);
    }

    static StorageDirectory open(Disk disk, String node, String cluster, int partitions) {
        try {
            return new StorageDirectory(
                    disk, identify(disk, new NodeIdentity(node, cluster, partitions, "", 0, false)));
        } catch (IOException failure) {
            close(disk, failure);
            throw new StorageException(
                    "storage.directory: cannot use " + disk + ": " + NioDisk.reason(failure), failure);
        } catch (StorageException refused) {
            close(disk, refused);
            throw refused;
        }
    }

    private static void close(Disk disk, Exception because) {
        try {
            disk.close();
        } catch (IOException failure) {
            because.addSuppressed(failure);
        }
    }

    private static NodeIdentity identify(Disk disk, NodeIdentity mine) throws IOException {
        List<String> files = disk.list();
        if (!files.contains(NodeIdentity.FILE)) {
            for (String name : files) {
                if (LogFormat.base(name) >= 0 || SnapshotFile.of(name) != null) {
                    throw new StorageException("storage.directory: " + disk + " holds data, but its "
                            + NodeIdentity.FILE + " is missing; put that back, or choose another directory");
                }
            }
            mine.write(disk);
            return mine;
        }
        NodeIdentity found = NodeIdentity.read(disk);
        if (!found.cluster().equals(mine.cluster())) {
            throw new StorageException("storage.directory: " + disk + " belongs to " + clusterOf(found)
                    + ", and this is " + clusterOf(mine));
        }
        if (!found.node().equals(mine.node())) {
            throw new StorageException("storage.directory: " + disk + " belongs to the node '" + found.node()
                    + "', and this is '" + mine.node() + "'; give each node a directory of its own");
        }
        if (found.partitions() != mine.partitions()) {
            throw new StorageException("storage.directory: " + disk + " was made for " + found.partitions()
                    + " partitions, and cluster.partitions says " + mine.partitions() + "; it cannot be changed");
        }
        return found;
    }

    private static String clusterOf(NodeIdentity identity) {
        return identity.cluster().isEmpty() ? "a node alone" : "a node of the cluster '" + identity.cluster() + "'";
    }

    /**
     * Reads the buckets; changes nothing.
     *
     * @return one copy for each partition
     */
    public List<RecoveredCopy> recover(BucketLimits limits) {
        try {
            long before = System.nanoTime();
            Recovery running = new Recovery(disk, identity.partitions(), limits);
            running.run();
            recovery = running;
            for (Fault fault : running.faults()) {
                if (fault.harmless()) {
                    LOG.warn("storage: {}", fault);
                } else {
                    LOG.error("storage: {}", fault);
                }
            }
            LOG.info(
                    "storage: read {} bytes of snapshots and {} records in {} bytes of log; directory={} millis={}",
                    running.snapshotBytes(),
                    running.log().records(),
                    running.log().bytes(),
                    disk,
                    (System.nanoTime() - before) / 1_000_000);
            List<RecoveredCopy> copies = new ArrayList<>();
            for (int partition = 0; partition < identity.partitions(); partition++) {
                copies.add(running.copy(partition));
            }
            return copies;
        } catch (IOException failure) {
            throw new StorageException(
                    "storage.directory: cannot read " + disk + ": " + NioDisk.reason(failure), failure);
        }
    }

    /** Everything that is not as it was written, after {@link #recover}. */
    public List<Fault> faults() {
        return recovered().faults();
    }

    private Recovery recovered() {
        Recovery running = recovery;
        if (running == null) {
            throw new IllegalStateException("not recovered yet");
        }
        return running;
    }

    /** Cuts what is torn, and begins to write behind what is there. The directory is the journal's from now on, until it is closed. */
    public DiskJournal begin(StorageSettings settings, StorageEvents events) {
        Recovery running = recovered();
        try {
            running.log().forceUnsynced(); // while all files are there
            long cut = running.log().cut();
            running.syncSnapshots();
            // What is left of an earlier one is space for the files that are begun now.
            disk.delete(Reserve.FILE);
            Reserve space = new Reserve(disk, settings.reserveBytes() / 2);
            reserve = space;
            BootMark.write(disk);
            deleteUnfinished(running);
            SegmentLog log = new SegmentLog(
                    disk,
                    identity.partitions(),
                    settings.segmentBytes(),
                    running.log().segments(),
                    Math.max(cut, lastSnapshotPosition(running)),
                    running.log().end(),
                    space);
            DiskJournal journal =
                    new DiskJournal(disk, identity.partitions(), settings, events, log, space, this::close);
            found(running, journal);
            journal.start();
            return journal;
        } catch (IOException failure) {
            throw new StorageException(
                    "storage.directory: cannot write to " + disk + ": " + NioDisk.reason(failure), failure);
        }
    }

    /** Where the log was when the newest snapshot was begun; 0 without any. */
    private static long lastSnapshotPosition(Recovery running) {
        long position = 0;
        for (String name : running.files()) {
            SnapshotFile snapshot = SnapshotFile.of(name);
            if (snapshot != null) {
                position = Math.max(position, snapshot.position());
            }
        }
        return position;
    }

    /** Deletes the snapshots that a crash cut short. */
    private void deleteUnfinished(Recovery running) throws IOException {
        for (String name : running.files()) {
            if (name.endsWith(SnapshotFile.UNFINISHED)) {
                disk.delete(name);
            }
        }
    }

    /** Tells the journal what was found of each partition. */
    private void found(Recovery running, DiskJournal journal) {
        for (int partition = 0; partition < identity.partitions(); partition++) {
            DiskJournal.Track track = journal.track(partition);
            track.snapshot(running.snapshotPosition(partition), running.snapshotBytes(partition));
            if (running.mustBeWrittenWhole(partition)) {
                track.mustBeWrittenWhole();
            }
            RecoveredCopy copy = running.copy(partition);
            if (copy.bucket() != null || copy.damage() != null) {
                track.foundOld();
            }
        }
    }

    /** Whose directory it is. */
    public String node() {
        return identity.node();
    }

    /** What was drawn when the cluster of this directory was formed, or the empty string where it was not yet. */
    public String formation() {
        return identity.formation();
    }

    /** What the cluster's nodes had agreed of their number when this node was last told, as the cluster encodes it; 0 where it was not. */
    public long agreed() {
        return identity.agreed();
    }

    /** Notes, on the device, what the cluster's nodes have agreed of their number. */
    public void agreed(long size) {
        if (size != identity.agreed()) {
            become(before -> before.agreedOn(size));
        }
    }

    /** Notes, on the device, that the cluster is formed. */
    public void formedAs(String formation) {
        become(before -> before.formedAs(formation));
    }

    /** Whether the node was drained and has not joined its cluster since: others have all that is here, and newer. */
    public boolean hasLeft() {
        return identity.left();
    }

    /** Notes, on the device, that the node was drained, or that it is one of its cluster's again. */
    public void left(boolean forGood) {
        if (forGood != identity.left()) {
            become(before -> before.gone(forGood));
        }
    }

    private synchronized void become(UnaryOperator<NodeIdentity> change) {
        NodeIdentity next = change.apply(identity);
        Reserve space = reserve;
        try {
            if (space == null) {
                next.write(disk);
            } else {
                space.lendAll(IDENTITY_BYTES, () -> next.write(disk));
            }
        } catch (IOException failure) {
            throw new StorageException(
                    "storage.directory: cannot write to " + disk + ": " + NioDisk.reason(failure), failure);
        }
        identity = next;
    }

    /** Gives the directory back; a journal does so itself when it is closed. */
    public void close() {
        try {
            disk.close();
        } catch (IOException failure) {
            LOG.warn("the directory's lock could not be given back: {}", failure.toString());
        }
    }
}
