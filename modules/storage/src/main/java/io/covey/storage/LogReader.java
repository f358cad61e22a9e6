package io.covey.storage;

import io.covey.protocol.ByteReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a log twice: first it finds what is sound, then it hands the sound records on, in order.
 *
 * <p>A place that is not sound is a torn tail where a crash may have left it so; then everything from there on is cut. A loss of power may leave
 * anything behind the last place that is known to have been on the device. The end of the process alone leaves no more than a last record that is
 * not whole, since the system has everything else: so where the machine has not been started since, whatever else is not sound is corrupt.
 *
 * <p>It is a corrupt middle otherwise, also where a later SYNCED record proves that it was on the device: then the sound records behind it are
 * still handed on.
 */
final class LogReader {
    /** Takes what is read. */
    interface Visitor {
        /** A sound record; the bytes are the reader's. */
        void record(int kind, long position, SegmentLog.Segment segment, ByteReader body);

        /** Records before this position may be missing; they were behind all that were handed on so far. */
        void gap(long position);
    }

    /**
     * @param unfinished it is what a write leaves behind that was not finished
     * @param recordsBefore how many sound records stand before it
     */
    private record Gap(long position, long resumedAt, String file, boolean unfinished, int recordsBefore) {}

    private final Disk disk;
    private final int partitions;
    private final boolean sameBoot;
    private final List<Long> bases = new ArrayList<>();
    private final List<Gap> gaps = new ArrayList<>();
    private final List<Gap> corrupt = new ArrayList<>();
    private final List<Fault> faults = new ArrayList<>();
    private final List<SegmentLog.Segment> segments = new ArrayList<>();
    private long synced;
    private long end;
    private long cutAt = Long.MAX_VALUE;
    private int records;

    /** @param sameBoot whether the machine is known not to have been started since the log was written */
    LogReader(Disk disk, int partitions, boolean sameBoot) throws IOException {
        this.disk = disk;
        this.partitions = partitions;
        this.sameBoot = sameBoot;
        for (String name : disk.list()) {
            long base = LogFormat.base(name);
            if (base >= 0) {
                bases.add(base);
            }
        }
    }

    /** What is not sound. */
    List<Fault> faults() {
        return faults;
    }

    /** The position behind the last sound record. */
    long end() {
        return end;
    }

    /** Everything before this position was on the device at some time, by the log's own word. */
    long synced() {
        return synced;
    }

    /** The segments, once {@link #replay} has gone through them. */
    List<SegmentLog.Segment> segments() {
        return segments;
    }

    /** How many sound records there are. */
    int records() {
        return records;
    }

    long bytes() {
        return bases.isEmpty() ? 0 : end - bases.get(0);
    }

    /** Finds what is sound. */
    void check() throws IOException {
        end = bases.isEmpty() ? 0 : bases.get(0);
        for (long base : bases) {
            check(LogFormat.name(base), base, disk.read(LogFormat.name(base)));
        }
        for (Gap gap : gaps) {
            boolean tail = gap.position >= synced && (!sameBoot || gap.unfinished && gap.recordsBefore == records);
            if (gap.position < cutAt) {
                faults.add(new Fault(gap.file, tail ? tornTail(gap) : corruptMiddle(gap), tail));
            }
            if (tail) {
                cutAt = Math.min(cutAt, gap.position);
            } else {
                corrupt.add(gap);
                // What is corrupt is not cut: the next start is to find it, too.
                end = Math.max(end, gap.resumedAt);
            }
        }
        corrupt.removeIf(gap -> gap.position >= cutAt);
        end = Math.min(end, cutAt);
    }

    private String tornTail(Gap gap) {
        int behind = records - gap.recordsBefore;
        String cut = "the log is cut at position " + gap.position + "; what followed was never synced";
        return behind == 0
                ? cut
                : cut + "; " + behind
                        + " sound records behind it go, too: the power was lost, or this place is corrupt";
    }

    private static String corruptMiddle(Gap gap) {
        return "corrupt from position " + gap.position + " to " + gap.resumedAt;
    }

    private void check(String name, long base, byte[] segment) {
        String fault = LogFormat.headerFault(segment, base);
        if (fault != null && base < end && segment.length <= LogFormat.HEADER_BYTES) {
            return; // A segment that could not be begun, on a full disk; the one before it went on.
        }
        if (fault == null && base != end && LogFormat.before(segment) != end) {
            gaps.add(new Gap(Math.min(base, end), base, name, false, records));
        }
        int at = LogFormat.HEADER_BYTES;
        // Without a header nothing of it counts: what is sound ends with the segment before it.
        long soundEnd = fault == null ? base + at : Math.min(base, end);
        while (at < segment.length) {
            int length = LogFormat.bodyLength(segment, at, base);
            if (length < 0) {
                at++;
                continue;
            }
            if (base + at != soundEnd) {
                gaps.add(new Gap(soundEnd, base + at, name, false, records));
            }
            records++;
            if (segment[at + 1] == LogFormat.SYNCED) {
                synced = Math.max(synced, new ByteReader(segment, at + LogFormat.RECORD_HEADER_BYTES, length).i64());
            }
            at += LogFormat.RECORD_HEADER_BYTES + length;
            soundEnd = base + at;
        }
        if (soundEnd < base + Math.max(segment.length, LogFormat.HEADER_BYTES)) {
            boolean unfinished = LogFormat.isUnfinished(segment, (int) Math.max(0, soundEnd - base));
            gaps.add(new Gap(soundEnd, base + segment.length, name, unfinished, records));
        }
        end = soundEnd;
    }

    /** Hands on the sound records, after {@link #check}. */
    void replay(Visitor visitor) throws IOException {
        int nextGap = 0;
        for (long base : bases) {
            if (base >= end) {
                return;
            }
            byte[] bytes = disk.read(LogFormat.name(base));
            SegmentLog.Segment segment = new SegmentLog.Segment(base, partitions);
            segments.add(segment);
            int at = LogFormat.HEADER_BYTES;
            while (at < bytes.length && base + at < end) {
                int length = LogFormat.bodyLength(bytes, at, base);
                if (length < 0) {
                    at++;
                    continue;
                }
                while (nextGap < corrupt.size() && corrupt.get(nextGap).position <= base + at) {
                    visitor.gap(corrupt.get(nextGap++).resumedAt);
                }
                ByteReader body = new ByteReader(bytes, at + LogFormat.RECORD_HEADER_BYTES, length);
                visitor.record(bytes[at + 1], base + at, segment, body);
                at += LogFormat.RECORD_HEADER_BYTES + length;
            }
            segment.end(Math.min(end, base + bytes.length));
        }
        while (nextGap < corrupt.size()) {
            visitor.gap(corrupt.get(nextGap++).resumedAt);
        }
    }

    /**
     * Puts on the device what the process before may have left in the system's cache only, once {@link #replay} has gone through it: the marks of
     * whoever goes on say of everything before them that it is there.
     */
    void forceUnsynced() throws IOException {
        for (SegmentLog.Segment segment : segments) {
            if (segment.end() > synced) {
                disk.force(LogFormat.name(segment.base));
            }
        }
    }

    /** Cuts the files to what is sound. Returns the position where the log goes on, behind everything that was ever there. */
    long cut() throws IOException {
        long next = end;
        for (long base : bases) {
            String name = LogFormat.name(base);
            long size = disk.size(name);
            next = Math.max(next, base + size);
            if (base >= end || end - base < LogFormat.HEADER_BYTES) {
                disk.delete(name);
            } else if (base + size > end) {
                disk.truncate(name, end - base);
            }
        }
        return next;
    }
}
