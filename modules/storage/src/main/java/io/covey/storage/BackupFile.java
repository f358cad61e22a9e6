package io.covey.storage;

import io.covey.bucket.Bucket;
import io.covey.bucket.BucketLimits;
import io.covey.bucket.UnknownFormatException;
import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * All sessions and retained messages in one file: of each partition the newest sound copy that the directories of stopped nodes hold.
 *
 * <p>{@code COVEYBAK}, format (4), partitions (4), how many buckets follow (4); of each its partition (4), length (4), CRC32C (4) and bytes.
 */
public final class BackupFile {
    private static final long MAGIC = 0x434F_5645_5942_414BL; // "COVEYBAK"

    private BackupFile() {}

    /**
     * Writes a new file.
     *
     * @return one line for people
     * @throws StorageException where a partition has no sound copy in any of them, the directories do not belong together, or the file exists
     */
    public static String write(List<Path> directories, Path file) {
        List<RecoveredCopy> newest = newest(directories);
        try (OutputStream raw =
                        Files.newOutputStream(Files.createFile(file, OwnerOnly.file()), StandardOpenOption.WRITE);
                DataOutputStream out = new DataOutputStream(raw)) {
            List<RecoveredCopy> present =
                    newest.stream().filter(copy -> copy.bucket() != null).toList();
            out.writeLong(MAGIC);
            out.writeInt(LogFormat.VERSION);
            out.writeInt(newest.size());
            out.writeInt(present.size());
            long sessions = 0;
            long retained = 0;
            for (RecoveredCopy copy : present) {
                Bucket bucket = copy.bucket();
                if (bucket != null) {
                    sessions += bucket.figures().sessions();
                    retained += bucket.figures().retained();
                    write(copy.partition(), bucket, out);
                }
            }
            return sessions + " sessions and " + retained + " retained messages in " + present.size() + " of "
                    + newest.size() + " partitions";
        } catch (IOException failure) {
            throw new StorageException("cannot write " + file + ": " + NioDisk.reason(failure), failure);
        }
    }

    private static void write(int partition, Bucket bucket, DataOutputStream out) throws IOException {
        ByteWriter bytes = bucket.written();
        out.writeInt(partition);
        out.writeInt(bytes.size());
        out.writeInt(LogFormat.crc(bytes.array(), 0, bytes.size()));
        out.write(bytes.array(), 0, bytes.size());
    }

    private static List<RecoveredCopy> newest(List<Path> directories) {
        List<RecoveredCopy> newest = new ArrayList<>();
        for (Path directory : directories) {
            List<RecoveredCopy> copies = Doctor.examine(directory).copies();
            if (!newest.isEmpty() && newest.size() != copies.size()) {
                throw new StorageException(directory + " was made for " + copies.size()
                        + " partitions, the one before for " + newest.size());
            }
            for (RecoveredCopy copy : copies) {
                if (newest.size() < copies.size() && newest.size() == copy.partition()) {
                    newest.add(copy);
                } else if (isBetter(copy, newest.get(copy.partition()))) {
                    newest.set(copy.partition(), copy);
                }
            }
        }
        for (RecoveredCopy copy : newest) {
            if (copy.damage() != null) {
                throw new StorageException("partition " + copy.partition() + " is damaged: " + copy.damage()
                        + "; name the directory of a node that has a sound copy, too");
            }
        }
        return newest;
    }

    private static boolean isBetter(RecoveredCopy copy, RecoveredCopy than) {
        Bucket mine = copy.bucket();
        Bucket other = than.bucket();
        if (!copy.isSound() || mine == null) {
            return false;
        }
        return other == null
                || !than.isSound() && mine.version().compareTo(other.version()) >= 0
                || mine.version().compareTo(other.version()) > 0;
    }

    /**
     * Makes a directory for a node out of a backup. A cluster starts from it where one node gets it and the others get empty directories.
     *
     * @param cluster the cluster's name, or the empty string for a node that is alone
     * @throws StorageException where the directory is not empty, or the file is not a whole backup
     */
    public static void restore(Path file, Path directory, String node, String cluster) {
        try (DataInputStream in = new DataInputStream(Files.newInputStream(file));
                NioDisk disk = NioDisk.open(directory)) {
            if (!disk.list().isEmpty()) {
                throw new StorageException(directory + " is not empty; a backup is restored to an empty directory");
            }
            if (in.readLong() != MAGIC) {
                throw new StorageException(file + " is not a backup");
            }
            int format = in.readInt();
            if (format > LogFormat.VERSION) {
                throw new StorageException(
                        file + " has format " + format + ", this release reads up to " + LogFormat.VERSION);
            }
            int partitions = in.readInt();
            for (int left = in.readInt(); left > 0; left--) {
                restore(in, file, disk);
            }
            new NodeIdentity(node, cluster, partitions, "", 0, false).write(disk);
        } catch (EOFException cut) {
            throw new StorageException(file + " is cut short", cut);
        } catch (IOException failure) {
            throw new StorageException("cannot restore " + file + ": " + NioDisk.reason(failure), failure);
        }
    }

    private static void restore(DataInputStream in, Path file, Disk disk) throws IOException {
        int partition = in.readInt();
        int length = in.readInt();
        int crc = in.readInt();
        if (length < 0) {
            throw new StorageException(file + " is corrupt at partition " + partition);
        }
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException();
        }
        if (crc != LogFormat.crc(bytes, 0, length)) {
            throw new StorageException(file + " fails its checksum at partition " + partition);
        }
        try {
            Bucket bucket = Bucket.restore(new ByteReader(bytes), BucketLimits.DEFAULT);
            new SnapshotFile(partition, 0, true).write(disk, bucket.version(), bytes, length);
        } catch (UnknownFormatException newer) {
            throw new StorageException(file + ": " + newer.getMessage() + "; restore it with the newer release", newer);
        }
    }
}
