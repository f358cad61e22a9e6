package io.covey.storage;

import io.covey.bucket.Batch;
import io.covey.bucket.BatchCodec;
import io.covey.bucket.Bucket;
import io.covey.bucket.BucketLimits;
import io.covey.bucket.Step;
import io.covey.bucket.UnknownFormatException;
import io.covey.protocol.ByteReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes the buckets from their newest sound snapshots and the log. Changes nothing in the directory. Reads on the thread that starts the node;
 * the buckets are made by {@link RecoveryThreads}, each by one.
 *
 * <p>A partition whose records have a gap is taken as far as it can be proved and marked as damaged: an acknowledged message may be missing.
 */
final class Recovery implements LogReader.Visitor {
    private final Disk disk;
    private final BucketLimits limits;
    private final LogReader log;
    private final Partition[] partitions;
    private final List<Fault> faults = Collections.synchronizedList(new ArrayList<>());
    private final List<String> files;
    private final Map<Integer, List<SnapshotFile>> snapshots = new HashMap<>();

    /** Set while {@link #run} reads. */
    private @Nullable RecoveryThreads threads;

    /** One partition on its way back. */
    private static final class Partition {
        private @Nullable Bucket bucket;
        private @Nullable SnapshotFile snapshot;
        private long snapshotBytes;
        private @Nullable String damage;

        /** Where an unsynced snapshot was lost; what was logged from there on goes with it. */
        private long lostAt = Long.MAX_VALUE;

        /** Why it may be damaged, until a record follows that can only follow if it is not. */
        private @Nullable String doubt;
    }

    Recovery(Disk disk, int partitionCount, BucketLimits limits) throws IOException {
        this.disk = disk;
        this.limits = limits;
        this.partitions = new Partition[partitionCount];
        this.log = new LogReader(disk, partitionCount, BootMark.isSame(disk));
        this.files = disk.list();
        for (int i = 0; i < partitionCount; i++) {
            partitions[i] = new Partition();
        }
    }

    /**
     * Reads everything.
     *
     * @throws StorageException where a newer release wrote something
     */
    void run() throws IOException {
        log.check();
        faults.addAll(log.faults());
        for (String name : files) {
            SnapshotFile file = SnapshotFile.of(name);
            if (file != null && file.partition() < partitions.length) {
                snapshots
                        .computeIfAbsent(file.partition(), p -> new ArrayList<>())
                        .add(file);
            }
        }
        try (RecoveryThreads running = new RecoveryThreads()) {
            threads = running;
            snapshots.forEach((partition, found) -> running.submit(partition, () -> restore(found)));
            log.replay(this);
            running.await();
        } catch (UncheckedIOException failure) {
            throw failure.getCause();
        } catch (UnknownFormatException newer) {
            throw new StorageException(
                    "storage.directory: " + disk + ": " + newer.getMessage() + "; start the newer release again",
                    newer);
        } finally {
            threads = null;
        }
    }

    /** Takes the newest snapshot that is sound; one of a log that was cut before it counts as well, it was complete. */
    private void restore(List<SnapshotFile> ofPartition) throws IOException {
        ofPartition.sort(Comparator.comparingLong(SnapshotFile::position).reversed());
        for (SnapshotFile file : ofPartition) {
            Partition partition = partitions[file.partition()];
            try {
                byte[] bytes = file.read(disk);
                partition.bucket = Bucket.restore(new ByteReader(bytes), limits);
                partition.snapshot = file;
                partition.snapshotBytes = bytes.length;
                return;
            } catch (CorruptFileException corrupt) {
                faults.add(new Fault(file.name(), String.valueOf(corrupt.getMessage()), !file.synced()));
                if (file.synced()) {
                    partition.doubt = "its snapshot is corrupt";
                } else {
                    // What it was to replace is still there; it was promised only where records behind it were synced.
                    partition.lostAt = file.position();
                }
            }
        }
    }

    @Override
    public void gap(long position) {
        running().awaitUnchecked();
        for (Partition partition : partitions) {
            if (partition.snapshot != null && partition.snapshot.position() < position) {
                partition.doubt = "its last records may be among those that are corrupt";
            }
        }
    }

    @Override
    public void record(int kind, long position, SegmentLog.Segment segment, ByteReader body) {
        if (kind != LogFormat.BATCH && kind != LogFormat.DROPPED) {
            return;
        }
        int number = body.varInt();
        if (number >= partitions.length) {
            throw new StorageException("the log has records of partition " + number + ", but there are only "
                    + partitions.length + " partitions");
        }
        segment.note(number, position);
        running().submit(number, () -> record(kind, position, number, body));
    }

    private RecoveryThreads running() {
        RecoveryThreads running = threads;
        if (running == null) {
            throw new IllegalStateException("nothing is being read");
        }
        return running;
    }

    /** On the partition's thread. */
    private void record(int kind, long position, int number, ByteReader body) {
        Partition partition = partitions[number];
        if (partition.snapshot != null && position < partition.snapshot.position()) {
            return;
        }
        if (kind == LogFormat.DROPPED) {
            partitions[number] = new Partition();
        } else if (position < partition.lostAt) {
            apply(partition, body);
        } else if (position < log.synced()) {
            partition.damage = "its snapshot is corrupt";
        }
    }

    private static void apply(Partition partition, ByteReader body) {
        Bucket bucket = partition.bucket;
        Step step = Step.read(body);
        if (bucket == null) {
            partition.damage = "it has records but no snapshot";
            return;
        }
        if (bucket.version().equals(step.after()) && bucket.owner() == step.owner()) {
            return;
        }
        Batch batch = BatchCodec.readBatch(body);
        if (!bucket.version().equals(step.before()) || !bucket.replicate(batch, step)) {
            if (partition.damage == null) {
                partition.damage = "records between " + bucket.version() + " and " + step.before() + " are missing";
            }
            return;
        }
        if (partition.damage == null) {
            partition.doubt = null;
        }
    }

    RecoveredCopy copy(int partition) {
        Partition recovered = partitions[partition];
        return new RecoveredCopy(
                partition, recovered.bucket, recovered.damage == null ? recovered.doubt : recovered.damage);
    }

    List<Fault> faults() {
        return faults;
    }

    LogReader log() {
        return log;
    }

    /** The bytes of all snapshots that were read. */
    long snapshotBytes() {
        long bytes = 0;
        for (Partition partition : partitions) {
            bytes += partition.snapshotBytes;
        }
        return bytes;
    }

    /** The bytes of the snapshot that a partition was made from. */
    long snapshotBytes(int partition) {
        return partitions[partition].snapshotBytes;
    }

    /** The position of the snapshot that a partition was made from, or -1. */
    long snapshotPosition(int partition) {
        SnapshotFile snapshot = partitions[partition].snapshot;
        return snapshot == null ? -1 : snapshot.position();
    }

    /** Whether the log holds records of a partition that nothing may go on from: the bucket must be written whole. */
    boolean mustBeWrittenWhole(int partition) {
        return partitions[partition].lostAt != Long.MAX_VALUE;
    }

    /** Puts the snapshots that are in use, and were not known to be, on the device. */
    void syncSnapshots() throws IOException {
        for (Partition partition : partitions) {
            SnapshotFile snapshot = partition.snapshot;
            if (snapshot != null && !snapshot.synced()) {
                disk.force(snapshot.name());
                partition.snapshot = snapshot.nowSynced(disk);
            }
        }
    }

    /** The files that were there. */
    List<String> files() {
        return files;
    }
}
