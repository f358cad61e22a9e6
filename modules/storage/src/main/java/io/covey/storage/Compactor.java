package io.covey.storage;

import io.covey.bucket.Bucket;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the directory small, on a thread of its own: when the log outgrows the snapshots, each bucket in turn is written whole, and the log's
 * segments before that are deleted. So the directory holds at most about three times what the buckets do. It also watches the free space.
 *
 * <p>A bucket is put into bytes on its partition's thread, with one of its batches, applied or refused; writing and syncing them is done here.
 */
final class Compactor {
    private static final long PERIOD_MILLIS = 200;

    /** How long a bucket that gets no batch is waited for, before the next round tries it again. */
    private static final long PATIENCE_MILLIS = 5_000;

    private static final Logger LOG = LoggerFactory.getLogger(Compactor.class);

    private final Disk disk;
    private final SegmentLog log;
    private final Reserve reserve;
    private final StorageSettings settings;
    private final StorageEvents events;
    private final DiskJournal.Track[] tracks;
    private final Thread thread = new Thread(this::run, "covey-snapshots");
    private final Object lock = new Object();
    private final Map<Integer, Long> dropped = new ConcurrentHashMap<>();
    private final long[] writtenAtNanos;
    private volatile DiskJournal.@Nullable WholeRequest request;
    private volatile boolean full;
    private volatile long usableBytes = Long.MAX_VALUE;
    private volatile boolean closed;
    /** What was told last. Guarded by this object, as is the next. */
    private boolean toldFull;

    private boolean toldFailure;
    /** Touched by the thread only, as is the next: no sooner is it tried to compact. */
    private long compactionNanos = System.nanoTime();

    private boolean toldNoCompaction;
    private boolean woken;

    Compactor(
            Disk disk,
            SegmentLog log,
            Reserve reserve,
            StorageSettings settings,
            StorageEvents events,
            DiskJournal.Track[] tracks) {
        this.disk = disk;
        this.log = log;
        this.reserve = reserve;
        this.settings = settings;
        this.events = events;
        this.tracks = tracks;
        this.writtenAtNanos = new long[tracks.length];
        Arrays.fill(writtenAtNanos, System.nanoTime());
        thread.setDaemon(true);
    }

    void start() {
        watchSpace();
        thread.start();
    }

    /** A chance to put a bucket into bytes, on its partition's thread; taken where it is this one's turn. */
    void offer(int partition, Bucket bucket, Function<Bucket, DiskJournal.Whole> write) {
        DiskJournal.WholeRequest wanted = request;
        if (wanted != null && wanted.partition == partition && wanted.take()) {
            wanted.fulfil(write.apply(bucket));
            wake();
        }
    }

    /** Looks at once whether there is something to do. From any thread. */
    void wake() {
        synchronized (lock) {
            woken = true;
            lock.notifyAll();
        }
    }

    /** A snapshot that a partition's thread wrote is on the device: older ones may go. On the synchronizer's thread. */
    void snapshotSynced(SnapshotFile file, long bytes) {
        try {
            var unused = file.nowSynced(disk);
        } catch (IOException failure) {
            LOG.debug("a snapshot keeps the name of one that is not synced", failure);
        }
        tracks[file.partition()].snapshot(file.position(), bytes);
        writtenAtNanos[file.partition()] = System.nanoTime();
        deleteOlder(file.partition(), file.position());
    }

    /** What stands before this position of a partition may go. */
    void forget(int partition, long position) {
        dropped.put(partition, position);
    }

    /** The log could not be written: until it can be, nothing new is taken. */
    void writeFailed(IOException failure) {
        synchronized (this) {
            if (!toldFailure) {
                toldFailure = true;
                LOG.error("the log cannot be written, messages are refused until it can: {}", failure.toString());
            }
            full = true;
            tell(true);
        }
    }

    /** Tells a change. Who is told that the disk is full is told when it is not any more, whichever thread has told what. */
    private synchronized boolean tell(boolean fullNow) {
        if (fullNow == toldFull) {
            return false;
        }
        toldFull = fullNow;
        toldFailure &= fullNow;
        events.full(fullNow);
        return true;
    }

    boolean isFull() {
        return full;
    }

    private void run() {
        while (!closed) {
            try {
                watchSpace();
                fillReserve();
                deleteDropped();
                if (System.nanoTime() - compactionNanos >= 0) {
                    compactWhereDue();
                }
                pause(PERIOD_MILLIS);
            } catch (IOException failure) {
                events.failed("snapshot");
                if (!toldNoCompaction) {
                    toldNoCompaction = true;
                    LOG.warn("the directory cannot be compacted now, it is tried again: {}", failure.toString());
                }
                // Each try costs the partitions' threads something; the space is watched meanwhile.
                compactionNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
                pause(PERIOD_MILLIS);
            }
        }
    }

    private void compactWhereDue() throws IOException {
        if (reserve.isTight(usableBytes)) {
            log.completeForRoom();
            compact();
        } else if (log.bytes() > Math.max(settings.logBytesMin(), snapshotBytes())) {
            compact();
        }
        toldNoCompaction = false;
    }

    private void pause(long millisMax) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millisMax);
        synchronized (lock) {
            try {
                long millis = millisMax;
                while (millis > 0 && !closed && !woken) {
                    lock.wait(millis);
                    millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                }
                woken = false;
            } catch (InterruptedException ending) {
                closed = true;
            }
        }
    }

    private void watchSpace() {
        try {
            usableBytes = disk.usableBytes(); // also where the log cannot be written
            if (log.isBroken()) {
                log.flush();
            }
        } catch (IOException failure) {
            LOG.debug("the disk does not answer as it should: {}", failure.toString());
        }
        synchronized (this) {
            // Seen and told in one: a write that fails meanwhile is not to be taken back by what was seen before it.
            boolean fullNow = log.isBroken() || reserve.isLacking() || usableBytes < settings.reserveBytes();
            full = fullNow;
            report(fullNow);
        }
    }

    /** Takes what the reserve lacks, where there is that much beyond what is to stay free. */
    private void fillReserve() throws IOException {
        while (reserve.missing() > 0 && !closed && disk.usableBytes() >= settings.reserveBytes() + reserve.missing()) {
            reserve.fill();
        }
    }

    private void report(boolean fullNow) {
        if (!tell(fullNow)) {
            return;
        }
        if (fullNow) {
            LOG.error(
                    "the disk is full: messages of QoS 1 and 2 are refused until there is space; directory={} usable={}"
                            + " reserve={}",
                    disk,
                    usableBytes,
                    settings.reserveBytes());
        } else {
            LOG.info("there is space on the disk again: messages are taken; directory={} usable={}", disk, usableBytes);
        }
    }

    private long snapshotBytes() {
        long bytes = 0;
        for (DiskJournal.Track track : tracks) {
            bytes += track.snapshotBytes();
        }
        return bytes;
    }

    /** One round: every bucket whose records are in complete segments is written, then the segments that nobody needs are deleted. */
    private void compact() throws IOException {
        List<SegmentLog.Segment> segments = log.complete();
        if (segments.isEmpty()) {
            return;
        }
        Set<Integer> pinning = new HashSet<>();
        for (SegmentLog.Segment segment : segments) {
            for (int partition = 0; partition < tracks.length; partition++) {
                if (isNeeded(segment, partition)) {
                    pinning.add(partition);
                }
            }
        }
        for (int partition : pinning) {
            if (tracks[partition].isPresent() && !closed) {
                snapshot(partition);
                watchSpace();
            }
        }
        for (SegmentLog.Segment segment : segments) {
            for (int partition = 0; partition < tracks.length; partition++) {
                if (isNeeded(segment, partition)) {
                    return;
                }
            }
            log.deleteOldest();
            reserve.refillForCompaction();
        }
    }

    /** Whether a partition's newest snapshot on the device lacks records that are in this segment. */
    private boolean isNeeded(SegmentLog.Segment segment, int partition) {
        long last = segment.last(partition);
        return last >= 0 && last >= tracks[partition].snapshotPosition();
    }

    private void snapshot(int partition) throws IOException {
        DiskJournal.WholeRequest wanted = new DiskJournal.WholeRequest(partition);
        request = wanted;
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        while (wanted.whole() == null && !closed) {
            long millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (millis <= 0 && wanted.take()) {
                break;
            }
            pause(Math.max(1, Math.min(millis, PERIOD_MILLIS)));
            watchSpace();
        }
        request = null;
        DiskJournal.Whole whole = wanted.whole();
        if (whole == null) {
            return;
        }
        long before = System.nanoTime();
        SnapshotFile file = new SnapshotFile(partition, whole.position(), true);
        long bytes = file.bytes(whole.length());
        if (disk.usableBytes() < bytes - reserve.held()) {
            throw new IOException("no room for a snapshot of " + bytes + " bytes"); // and the reserve stays what it is
        }
        reserve.lendAll(bytes, () -> file.write(disk, whole.version(), whole.bytes(), whole.length()));
        tracks[partition].snapshot(whole.position(), bytes);
        writtenAtNanos[partition] = System.nanoTime();
        events.snapshotWritten(bytes, System.nanoTime() - before);
        deleteOlder(partition, whole.position());
    }

    private void deleteOlder(int partition, long position) {
        try {
            for (String name : disk.list()) {
                SnapshotFile file = SnapshotFile.of(name);
                if (file != null && file.partition() == partition && file.position() < position) {
                    disk.delete(name);
                }
            }
        } catch (IOException failure) {
            LOG.warn("an old snapshot could not be deleted: {}", failure.toString());
        }
    }

    private void deleteDropped() {
        for (int partition : List.copyOf(dropped.keySet())) {
            Long position = dropped.remove(partition);
            if (position != null) {
                deleteOlder(partition, position);
            }
        }
    }

    StorageFigures figures() {
        long oldest = Long.MAX_VALUE;
        for (int partition = 0; partition < tracks.length; partition++) {
            if (tracks[partition].isPresent()) {
                oldest = Math.min(oldest, writtenAtNanos[partition]);
            }
        }
        long age = oldest == Long.MAX_VALUE ? 0 : TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - oldest);
        return new StorageFigures(log.bytes(), snapshotBytes(), age, usableBytes, reserve.held(), full);
    }

    void close() {
        closed = true;
        wake();
        try {
            thread.join();
            reserve.close();
        } catch (IOException failure) {
            LOG.debug("the reserve could not be closed", failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
