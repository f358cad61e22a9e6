package io.covey.storage;

import io.covey.bucket.BucketVersion;
import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A file with one whole bucket. Its name tells the partition and the log's position at that moment: of the partition's records those from
 * this position on are to be applied to it.
 *
 * @param partition whose bucket it is
 * @param position of the log
 * @param synced whether it is known by its name to be on the device; one that is not may be anything after a loss of power
 */
record SnapshotFile(int partition, long position, boolean synced) {
    private static final long MAGIC = 0x434F_5645_5953_4E50L; // "COVEYSNP"
    private static final int HEADER_BYTES = 52;
    private static final int LENGTH_AT = 40;
    private static final int PIECE_BYTES = 1 << 20;
    private static final String SUFFIX = ".snap";
    private static final String UNSYNCED_SUFFIX = ".new";

    /** What a file under construction ends with; such a one is left over from a crash. */
    static final String UNFINISHED = ".tmp";

    String name() {
        return "p" + String.format("%05d", partition) + "-" + String.format("%016x", position)
                + (synced ? SUFFIX : UNSYNCED_SUFFIX);
    }

    /** Gives a file its name once it is on the device. */
    SnapshotFile nowSynced(Disk disk) throws IOException {
        SnapshotFile named = new SnapshotFile(partition, position, true);
        disk.rename(name(), named.name());
        return named;
    }

    /** What a file of this name is, or null where it is no snapshot. */
    static @Nullable SnapshotFile of(String name) {
        if (name.length() < 7 || name.charAt(0) != 'p' || name.charAt(6) != '-') {
            return null;
        }
        String prefix = name.substring(0, 7);
        boolean unsynced = name.endsWith(UNSYNCED_SUFFIX);
        long position = LogFormat.hexBetween(name, prefix, unsynced ? UNSYNCED_SUFFIX : SUFFIX);
        try {
            return position < 0 ? null : new SnapshotFile(Integer.parseInt(name, 1, 6, 10), position, !unsynced);
        } catch (NumberFormatException otherwise) {
            return null;
        }
    }

    /** Writes it whole under its name, or not at all; to the device where it says so. */
    void write(Disk disk, BucketVersion version, byte[] bucket, int length) throws IOException {
        String unfinished = name() + UNFINISHED;
        ByteWriter header = new ByteWriter(HEADER_BYTES)
                .i64(MAGIC)
                .i32(LogFormat.VERSION)
                .i32(partition)
                .i64(position)
                .i64(version.generation())
                .i64(version.number())
                .i32(length);
        header.i32(LogFormat.crc(bucket, 0, length)).i32(LogFormat.crc(header.array(), 0, header.size()));
        try (Disk.Output out = disk.create(unfinished)) {
            out.write(header.array(), 0, header.size());
            for (int at = 0; at < length; at += PIECE_BYTES) {
                out.write(bucket, at, Math.min(PIECE_BYTES, length - at));
            }
            if (synced) {
                out.force();
            }
        } catch (IOException failure) {
            deleteAfter(failure, disk, unfinished);
            throw failure;
        }
        disk.rename(unfinished, name());
        if (synced) {
            disk.forceDirectory();
        }
    }

    /** How long the file of a bucket of so many bytes is. */
    long bytes(int length) {
        return HEADER_BYTES + (long) length;
    }

    private static void deleteAfter(IOException failure, Disk disk, String unfinished) {
        try {
            disk.delete(unfinished);
        } catch (IOException second) {
            failure.addSuppressed(second);
        }
    }

    /**
     * The bucket's bytes.
     *
     * @throws CorruptFileException where it is not what was written
     * @throws StorageException where a newer release wrote it
     */
    byte[] read(Disk disk) throws IOException {
        byte[] file = disk.read(name());
        if (file.length < HEADER_BYTES) {
            throw new CorruptFileException(name() + " is shorter than its header");
        }
        ByteReader in = new ByteReader(file);
        if (in.i64() != MAGIC) {
            throw new CorruptFileException(name() + " is not a snapshot");
        }
        int format = in.i32();
        if (format > LogFormat.VERSION) {
            throw new StorageException("snapshot " + name() + " has format " + format + ", this release reads up to "
                    + LogFormat.VERSION + "; start the newer release again");
        }
        int namedPartition = in.i32();
        boolean named = namedPartition == partition && in.i64() == position;
        // The version is for people and for doctor; the bucket carries it too.
        in = new ByteReader(file, LENGTH_AT, HEADER_BYTES - LENGTH_AT);
        int length = in.i32();
        int crc = in.i32();
        if (in.i32() != LogFormat.crc(file, 0, HEADER_BYTES - 4) || !named) {
            throw new CorruptFileException(name() + " fails its header's checksum");
        }
        if (length != file.length - HEADER_BYTES) {
            throw new CorruptFileException(name() + " has " + (file.length - HEADER_BYTES) + " bytes of " + length);
        }
        if (crc != LogFormat.crc(file, HEADER_BYTES, length)) {
            throw new CorruptFileException(name() + " fails its checksum");
        }
        return Arrays.copyOfRange(file, HEADER_BYTES, file.length);
    }
}
