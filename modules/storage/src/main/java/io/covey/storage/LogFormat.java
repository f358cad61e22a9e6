package io.covey.storage;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The form of a log segment: a header, then records without gaps. A position counts the bytes of all segments since the directory's
 * beginning, so it names one place for ever; it goes into each record's checksum, and no old bytes can pass for a record.
 */
final class LogFormat {
    /** The version of the directory's format that this release writes, and the newest that it reads. */
    static final int VERSION = 1;

    static final int HEADER_BYTES = 32;
    static final int RECORD_HEADER_BYTES = 10;

    /** A batch: partition, step, batch. */
    static final int BATCH = 1;

    /** Everything before the position in it was on the device when this was written. */
    static final int SYNCED = 2;

    /** This node has no replica of the partition any more. */
    static final int DROPPED = 3;

    private static final long MAGIC = 0x434F_5645_594C_4F47L; // "COVEYLOG"
    private static final int RECORD_MAGIC = 0xC5;
    private static final String PREFIX = "log-";
    private static final String SUFFIX = ".seg";

    private LogFormat() {}

    static String name(long base) {
        return PREFIX + String.format("%016x", base) + SUFFIX;
    }

    /** The position that a segment of this name begins at, or -1 where it is not a segment's. */
    static long base(String name) {
        return hexBetween(name, PREFIX, SUFFIX);
    }

    static long hexBetween(String name, String prefix, String suffix) {
        if (!name.startsWith(prefix)
                || !name.endsWith(suffix)
                || name.length() != prefix.length() + 16 + suffix.length()) {
            return -1;
        }
        try {
            return Long.parseLong(name, prefix.length(), prefix.length() + 16, 16);
        } catch (NumberFormatException otherwise) {
            return -1;
        }
    }

    /**
     * A segment's header.
     *
     * @param before where the sound records of the segment before it end
     */
    static byte[] header(long base, long before) {
        ByteWriter out =
                new ByteWriter(HEADER_BYTES).i64(MAGIC).i32(VERSION).i64(base).i64(before);
        return out.i32(crc(out.array(), 0, HEADER_BYTES - 4)).toByteArray();
    }

    /** What is wrong with a segment's header, or null. */
    static @Nullable String headerFault(byte[] segment, long base) {
        if (segment.length < HEADER_BYTES) {
            return "shorter than its header";
        }
        ByteReader in = new ByteReader(segment);
        if (in.i64() != MAGIC) {
            return "not a log segment";
        }
        int version = in.i32();
        if (version > VERSION) {
            throw new StorageException("log segment " + name(base) + " has format " + version
                    + ", this release reads up to " + VERSION + "; start the newer release again");
        }
        long written = in.i64();
        in.i64();
        if (in.i32() != crc(segment, 0, HEADER_BYTES - 4)) {
            return "its header fails its checksum";
        }
        return written == base ? null : "its header names position " + written;
    }

    /** Where the segment before a sound one ends. */
    static long before(byte[] segment) {
        return new ByteReader(segment, 20, 8).i64();
    }

    /** Fills in the header of a record whose body follows. */
    static void putRecordHeader(byte[] target, int at, int kind, int bodyLength, int crc) {
        target[at] = (byte) RECORD_MAGIC;
        target[at + 1] = (byte) kind;
        putInt(target, at + 2, bodyLength);
        putInt(target, at + 6, crc);
    }

    private static void putInt(byte[] target, int at, int value) {
        target[at] = (byte) (value >>> 24);
        target[at + 1] = (byte) (value >>> 16);
        target[at + 2] = (byte) (value >>> 8);
        target[at + 3] = (byte) value;
    }

    private static int getInt(byte[] source, int at) {
        return source[at] << 24 | (source[at + 1] & 0xFF) << 16 | (source[at + 2] & 0xFF) << 8 | source[at + 3] & 0xFF;
    }

    /** The checksum of a record at a position. */
    static int recordCrc(int kind, long position, byte[] body, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(body, offset, length);
        crc.update(kind);
        for (int shift = 0; shift < 64; shift += 8) {
            crc.update((int) (position >>> shift));
        }
        return (int) crc.getValue();
    }

    static int crc(byte[] bytes, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, offset, length);
        return (int) crc.getValue();
    }

    /** Whether a segment ends here with the beginning of a header or of a record that is not whole: a write that was not finished. */
    static boolean isUnfinished(byte[] segment, int offset) {
        int left = segment.length - offset;
        if (offset == 0) {
            return left < HEADER_BYTES;
        }
        if (left <= 0 || (segment[offset] & 0xFF) != RECORD_MAGIC) {
            return false;
        }
        return left < RECORD_HEADER_BYTES || getInt(segment, offset + 2) > left - RECORD_HEADER_BYTES;
    }

    /** The body's length of a whole and sound record at this offset of a segment, or -1. */
    static int bodyLength(byte[] segment, int offset, long base) {
        if (segment.length - offset < RECORD_HEADER_BYTES || (segment[offset] & 0xFF) != RECORD_MAGIC) {
            return -1;
        }
        int length = getInt(segment, offset + 2);
        if (length < 0 || length > segment.length - offset - RECORD_HEADER_BYTES) {
            return -1;
        }
        int crc = recordCrc(segment[offset + 1], base + offset, segment, offset + RECORD_HEADER_BYTES, length);
        return crc == getInt(segment, offset + 6) ? length : -1;
    }
}
