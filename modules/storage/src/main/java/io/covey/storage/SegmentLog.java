package io.covey.storage;

import io.covey.protocol.ByteWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of the log, where records are added. Shared by the partitions' threads, under its own lock, which is held for a copy and a write
 * into the system's cache and never while something is synced.
 *
 * <p>Records are collected and written together by {@link #flush}. A write that fails leaves them collected; the next flush cuts what
 * got there of them and writes all again. So a record has one position for ever, and the log has no holes.
 */
final class SegmentLog {
    /** A segment ends with the record that takes it beyond this size. */
    static final int SEGMENT_BYTES = 16 << 20;

    private static final int BUFFER_BYTES = 256 << 10;

    /** On a full disk a segment is worth completing from this part of its size. */
    private static final int PART_FOR_ROOM = 4;

    private static final byte[] NOTHING = {};

    private static final Logger LOG = LoggerFactory.getLogger(SegmentLog.class);

    /** A segment that is complete or being written. */
    static final class Segment {
        final long base;
        private final long[] lastOfPartition;
        private long end;

        Segment(long base, int partitions) {
            this.base = base;
            this.end = base;
            this.lastOfPartition = new long[partitions];
            Arrays.fill(lastOfPartition, -1);
        }

        /** Notes where a partition's newest record is. */
        void note(int partition, long position) {
            lastOfPartition[partition] = position;
        }

        void end(long position) {
            end = position;
        }

        long end() {
            return end;
        }

        /** The position of the partition's newest record in here, or -1. */
        long last(int partition) {
            return lastOfPartition[partition];
        }
    }

    private final Disk disk;
    private final int partitions;
    private final int segmentBytes;
    private final Reserve reserve;
    private final List<Segment> segments = new ArrayList<>();
    private final List<Disk.Output> unsynced = new ArrayList<>();
    private Disk.Output output;
    private byte[] buffer = new byte[BUFFER_BYTES];
    private int buffered;

    /** What of the newest segment is in the file. */
    private long written;

    private boolean broken;
    private boolean rolled;
    private boolean namesChanged = true;

    /**
     * Begins a segment at the end of what is there.
     *
     * @param kept segments with records that may still be needed, oldest first
     * @param base where the new segment begins
     * @param before where the records of those that are kept end
     * @param reserve space to be used where the device has none left
     */
    SegmentLog(Disk disk, int partitions, int segmentBytes, List<Segment> kept, long base, long before, Reserve reserve)
            throws IOException {
        this.disk = disk;
        this.partitions = partitions;
        this.reserve = reserve;
        this.segmentBytes = segmentBytes;
        segments.addAll(kept);
        output = begin(base, before);
    }

    private Disk.Output begin(long base, long before) throws IOException {
        Disk.Output next = disk.create(LogFormat.name(base));
        try {
            byte[] header = LogFormat.header(base, before);
            next.write(header, 0, header.length);
        } catch (IOException failure) {
            next.close();
            disk.delete(LogFormat.name(base));
            throw failure;
        }
        Segment segment = new Segment(base, partitions);
        segment.end(base + LogFormat.HEADER_BYTES);
        segments.add(segment);
        namesChanged = true;
        written = base + LogFormat.HEADER_BYTES;
        return next;
    }

    private Segment newest() {
        return segments.get(segments.size() - 1);
    }

    /**
     * Collects a record: its body is both parts, one after the other.
     *
     * @param partition that it concerns, or -1
     */
    synchronized void append(int kind, int partition, ByteWriter head, byte[] rest, int restLength) {
        int length = head.size() + restLength;
        reserve(LogFormat.RECORD_HEADER_BYTES + length);
        int at = buffered;
        int body = at + LogFormat.RECORD_HEADER_BYTES;
        System.arraycopy(head.array(), 0, buffer, body, head.size());
        System.arraycopy(rest, 0, buffer, body + head.size(), restLength);
        long position = newest().end();
        LogFormat.putRecordHeader(buffer, at, kind, length, LogFormat.recordCrc(kind, position, buffer, body, length));
        buffered += LogFormat.RECORD_HEADER_BYTES + length;
        newest().end(position + LogFormat.RECORD_HEADER_BYTES + length);
        if (partition >= 0) {
            newest().note(partition, position);
        }
    }

    private void reserve(int more) {
        int needed = Math.addExact(buffered, more);
        if (needed > buffer.length) {
            buffer = Arrays.copyOf(buffer, Math.max(needed, 2 * buffer.length));
        }
    }

    /** Writes what was collected and returns how many bytes that were; afterwards it survives this process. */
    synchronized int flush() throws IOException {
        return flush(reserve::lend);
    }

    /** Where the space comes from that the device does not have. */
    private interface Lender {
        void lend(long bytes, Reserve.Write write) throws IOException;
    }

    private int flush(Lender lender) throws IOException {
        int bytes = buffered;
        if (bytes == 0) {
            return 0;
        }
        Segment segment = newest();
        try {
            write(lender);
        } finally {
            if (buffer.length > 4 * BUFFER_BYTES && !broken) {
                buffer = new byte[BUFFER_BYTES];
            }
        }
        written += buffered;
        buffered = 0;
        if (written - segment.base >= segmentBytes) {
            roll(segment, lender);
        }
        return bytes;
    }

    private void write(Lender lender) throws IOException {
        long base = newest().base;
        try {
            lender.lend(buffered, () -> {
                if (broken) {
                    output.cut(written - base);
                }
                broken = true;
                output.write(buffer, 0, buffered);
                broken = false;
            });
        } catch (IOException failure) {
            broken = true; // also where it was not tried
            throw failure;
        }
    }

    /**
     * For compaction on a full disk, which can only delete segments that are complete: completes the newest one where it has a part of its size, or where
     * nothing can be written any more. Where that fails, there are those that were complete before.
     */
    synchronized void completeForRoom() throws IOException {
        boolean stuck = broken;
        try {
            var unused = flush(reserve::lendToBegin);
        } catch (IOException noRoom) {
            if (segments.size() == 1) {
                throw noRoom;
            }
            LOG.debug("the newest log segment cannot be completed; older ones are compacted", noRoom);
            return;
        }
        Segment newest = newest();
        long filled = written - newest.base - LogFormat.HEADER_BYTES;
        if (filled > 0 && (stuck || filled >= segmentBytes / PART_FOR_ROOM)) {
            roll(newest, reserve::lendToBegin);
        }
    }

    /**
     * Collects a mark that everything before this position is on the device.
     *
     * @return the position up to which nothing is worth another sync: the mark itself is not
     */
    synchronized long appendSynced(long position) {
        boolean quiet = newest().end() == position;
        append(LogFormat.SYNCED, -1, new ByteWriter(8).i64(position), NOTHING, 0);
        return quiet ? newest().end() : position;
    }

    /** Begins the next segment; where none can be made, the full one grows a while longer. */
    private void roll(Segment full, Lender lender) {
        Disk.Output complete = output;
        try {
            lender.lend(LogFormat.HEADER_BYTES, () -> output = begin(full.end(), full.end()));
            unsynced.add(complete);
            rolled = true;
        } catch (IOException noRoom) {
            LOG.debug("no new log segment can be made; the last one goes on", noRoom);
        }
    }

    /** Whether a segment was completed since this was asked last. */
    synchronized boolean takeRolled() {
        boolean before = rolled;
        rolled = false;
        return before;
    }

    /** Whether the last write failed and nothing has been written since. */
    synchronized boolean isBroken() {
        return broken;
    }

    /** The position behind the last record, collected or written. */
    synchronized long end() {
        return newest().end();
    }

    /** The position up to which everything is in the files. */
    synchronized long written() {
        return written;
    }

    /** Syncs what is written. One thread at a time. */
    void sync() throws IOException {
        List<Disk.Output> complete;
        Disk.Output current;
        boolean names;
        synchronized (this) {
            names = namesChanged;
            namesChanged = false;
            complete = new ArrayList<>(unsynced);
            current = output;
        }
        try {
            forceAll(complete, current);
            if (names) {
                disk.forceDirectory();
            }
        } catch (IOException failure) {
            synchronized (this) {
                namesChanged |= names;
            }
            throw failure;
        }
    }

    private void forceAll(List<Disk.Output> complete, Disk.Output current) throws IOException {
        for (Disk.Output each : complete) {
            each.force();
            each.close();
            synchronized (this) {
                unsynced.remove(each);
            }
        }
        current.force();
    }

    /** The bytes of all segments. */
    synchronized long bytes() {
        return newest().end() - segments.get(0).base;
    }

    /** Segments that are complete, oldest first. */
    synchronized List<Segment> complete() {
        return List.copyOf(segments.subList(0, segments.size() - 1));
    }

    /**
     * Deletes the oldest segment. What was deleted before is first made sure to stay so: after a loss of power an older segment must not be back
     * where a newer one is gone, since recovery would take that for damage.
     */
    void deleteOldest() throws IOException {
        Segment oldest;
        synchronized (this) {
            oldest = segments.get(0);
        }
        disk.forceDirectory();
        disk.delete(LogFormat.name(oldest.base));
        synchronized (this) {
            segments.remove(oldest);
        }
    }

    /** Writes and syncs what is left, and a mark that says so, and closes. Nothing is appended any more. */
    void close() throws IOException {
        flush();
        sync();
        var unused = appendSynced(written());
        flush();
        sync();
        synchronized (this) {
            output.close();
        }
    }
}
