package io.covey.storage;

import io.covey.bucket.Bucket;
import io.covey.bucket.BucketVersion;
import io.covey.bucket.Step;
import io.covey.protocol.ByteWriter;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal of a node with a disk. For each partition it knows the version that its files lead to. A batch that begins there is added to the
 * log; where a bucket came to its version in another way, it is written whole first, to a snapshot, before anything of it is confirmed.
 */
public final class DiskJournal implements BucketJournal, AutoCloseable {
    private static final int HEAD_BYTES = 64;

    private static final Logger LOG = LoggerFactory.getLogger(DiskJournal.class);

    private final Disk disk;
    private final StorageSettings settings;
    private final StorageEvents events;
    private final SegmentLog log;
    private final Reserve reserve;
    private final Synchronizer synchronizer;
    private final Compactor compactor;
    private final Track[] tracks;
    private final Runnable release;

    /** Where the files of a partition lead to. Touched by the partition's thread only, but for what is volatile. */
    static final class Track {
        private final ByteWriter head = new ByteWriter(HEAD_BYTES);
        private @Nullable BucketVersion version;
        private long owner;

        /** Set while the files are to be used: they lead to what this node holds. */
        private volatile boolean present;

        /** Set at the start where the files are not to be gone on from, whatever was recovered. */
        private boolean unusable;

        /** Set while there are files of an earlier life that nobody goes on from. */
        private volatile boolean old;

        /** Where the newest complete snapshot stands, or -1. */
        private volatile long snapshotPosition = -1;

        private volatile long snapshotBytes;

        private boolean mayHold() {
            return present || old;
        }

        boolean isPresent() {
            return present;
        }

        long snapshotPosition() {
            return snapshotPosition;
        }

        long snapshotBytes() {
            return snapshotBytes;
        }

        /** There was something of this partition at the start. */
        void foundOld() {
            old = true;
        }

        /** A snapshot is on the device; one that stands before the newest does not count. */
        synchronized void snapshot(long position, long bytes) {
            if (position >= snapshotPosition) {
                snapshotPosition = position;
                snapshotBytes = bytes;
            }
        }

        /** The files hold records that do not go on from what is recovered. */
        void mustBeWrittenWhole() {
            unusable = true;
        }

        private boolean leadsTo(BucketVersion to, long toOwner) {
            return present && to.equals(version) && owner == toOwner;
        }

        private void leads(BucketVersion to, long toOwner) {
            version = to;
            owner = toOwner;
            present = true;
            old = false;
        }
    }

    /** A wish that a partition's thread writes down its bucket, for the compactor. */
    static final class WholeRequest {
        final int partition;
        private final AtomicBoolean taken = new AtomicBoolean();
        private volatile @Nullable Whole whole;

        WholeRequest(int partition) {
            this.partition = partition;
        }

        @Nullable
        Whole whole() {
            return whole;
        }

        void fulfil(Whole bytes) {
            whole = bytes;
        }

        /** Takes the wish, to fulfil or to end it: true for the first who does. */
        boolean take() {
            return taken.compareAndSet(false, true);
        }
    }

    /** A bucket's bytes at a position of the log. */
    record Whole(long position, BucketVersion version, byte[] bytes, int length) {}

    DiskJournal(
            Disk disk,
            int partitions,
            StorageSettings settings,
            StorageEvents events,
            SegmentLog log,
            Reserve reserve,
            Runnable release) {
        this.disk = disk;
        this.settings = settings;
        this.events = events;
        this.log = log;
        this.reserve = reserve;
        this.release = release;
        this.tracks = new Track[partitions];
        for (int i = 0; i < partitions; i++) {
            tracks[i] = new Track();
        }
        this.synchronizer = new Synchronizer(log, disk, events);
        this.compactor = new Compactor(disk, log, reserve, settings, events, tracks);
    }

    void start() {
        synchronizer.start();
        compactor.start();
    }

    Track track(int partition) {
        return tracks[partition];
    }

    /**
     * The bucket that recovery made of this partition's files is in use, unchanged: what it applies goes on from them. Before the first batch
     * to it, or on the partition's thread.
     */
    public void adopt(int partition, Bucket recovered) {
        if (!tracks[partition].unusable) {
            tracks[partition].leads(recovered.version(), recovered.owner());
        }
    }

    @Override
    public boolean keeps() {
        return true;
    }

    @Override
    public boolean isWritable(int partition, Bucket bucket) {
        if (!log.isBroken() || flush()) {
            return true;
        }
        // No batch will be applied before there is room, and only snapshots make room on a disk that stays full.
        compactor.offer(partition, bucket, this::whole);
        return false;
    }

    @Override
    public boolean applied(int partition, Bucket bucket, Step step, byte[] batch, int length) {
        Track track = tracks[partition];
        if (!track.leadsTo(bucket.version(), bucket.owner())) {
            if (track.leadsTo(step.before(), step.ownerBefore())
                    && step.after().equals(bucket.version())
                    && step.owner() == bucket.owner()) {
                track.head.clear().varInt(partition);
                step.write(track.head);
                log.append(LogFormat.BATCH, partition, track.head, batch, length);
                track.leads(step.after(), step.owner());
            } else if (!arrived(partition, bucket)) {
                return false;
            }
        }
        compactor.offer(partition, bucket, this::whole);
        return true;
    }

    @Override
    public boolean arrived(int partition, Bucket bucket) {
        Track track = tracks[partition];
        Whole whole = whole(bucket);
        SnapshotFile file = new SnapshotFile(partition, whole.position(), false);
        try {
            reserve.lend(whole.length(), () -> file.write(disk, whole.version(), whole.bytes(), whole.length()));
            long bytes = file.bytes(whole.length());
            track.leads(bucket.version(), bucket.owner());
            synchronizer.alsoFile(file.name(), () -> compactor.snapshotSynced(file, bytes));
            return true;
        } catch (IOException failure) {
            track.present = false;
            events.failed("snapshot");
            compactor.writeFailed(failure);
            return false;
        }
    }

    private Whole whole(Bucket bucket) {
        // Read before: what is collected and not of this bucket may come behind it.
        long position = log.end();
        ByteWriter out = bucket.written();
        return new Whole(position, bucket.version(), out.array(), out.size());
    }

    @Override
    public void dropped(int partition) {
        Track track = tracks[partition];
        log.append(LogFormat.DROPPED, partition, track.head.clear().varInt(partition), new byte[0], 0);
        track.present = false;
        track.old = false;
        track.snapshot(log.end(), 0);
        compactor.forget(partition, log.end());
        flush();
    }

    @Override
    public boolean holds(int partition, Bucket bucket) {
        return tracks[partition].leadsTo(bucket.version(), bucket.owner()) || arrived(partition, bucket);
    }

    /** Whether the files may hold something of this partition. From any thread. */
    public boolean mayHold(int partition) {
        return tracks[partition].mayHold();
    }

    @Override
    public boolean flush() {
        try {
            long before = System.nanoTime();
            int bytes = log.flush();
            if (bytes > 0) {
                events.written(bytes, System.nanoTime() - before);
                if (log.takeRolled()) {
                    compactor.wake();
                }
            }
            return true;
        } catch (IOException failure) {
            events.failed("write");
            compactor.writeFailed(failure);
            return false;
        }
    }

    @Override
    public void whenDurable(Runnable then) {
        if (settings.durability() == Durability.FSYNC) {
            synchronizer.whenSynced(then);
        } else {
            then.run();
        }
    }

    /** Whether so little space is left that new messages are to be refused. From any thread. */
    public boolean isFull() {
        return compactor.isFull();
    }

    /** The bytes of the log, of the snapshots, and the age of the oldest snapshot in use in milliseconds. From any thread. */
    public StorageFigures figures() {
        return compactor.figures();
    }

    /** Syncs what is written and ends the threads. Nothing is to be applied any more. */
    @Override
    public void close() {
        compactor.close();
        synchronizer.close();
        try {
            log.close();
        } catch (IOException failure) {
            LOG.warn("the log could not be closed cleanly: {}", failure.toString());
        } finally {
            release.run();
        }
    }
}
