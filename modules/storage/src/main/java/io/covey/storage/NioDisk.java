package io.covey.storage;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileStore;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** A directory of the operating system, locked for this process. */
final class NioDisk implements Disk {
    private static final String LOCK = "covey.lock";

    /** Drawn by Linux at each start of the machine. */
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    private final Path directory;
    private final FileChannel lockChannel;

    /** Looked up once: that reads the list of all mounts. */
    private final FileStore store;

    private NioDisk(Path directory, FileChannel lockChannel) throws IOException {
        this.directory = directory;
        this.lockChannel = lockChannel;
        this.store = Files.getFileStore(directory);
    }

    /**
     * Makes the directory where it is missing, and locks it.
     *
     * @throws StorageException when it cannot be written, or a running node has it
     */
    static NioDisk open(Path directory) {
        FileChannel channel;
        try {
            Files.createDirectories(directory, OwnerOnly.directory());
            channel = FileChannel.open(
                    directory.resolve(LOCK),
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                    OwnerOnly.file());
        } catch (IOException failure) {
            throw new StorageException(
                    "storage.directory: cannot write to " + directory + ": " + reason(failure), failure);
        }
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return new NioDisk(directory, channel);
            }
            channel.close();
        } catch (OverlappingFileLockException ownProcess) {
            closeQuietly(channel, ownProcess);
        } catch (IOException failure) {
            throw new StorageException("storage.directory: cannot lock " + directory + ": " + reason(failure), failure);
        }
        throw new StorageException("storage.directory: " + directory + " is in use by a running node");
    }

    /** A file system's own words, without the stack of classes. */
    static String reason(IOException failure) {
        if (failure instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (failure instanceof FileSystemException named && named.getReason() != null) {
            return named.getReason();
        }
        return failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
    }

    private static void closeQuietly(FileChannel channel, RuntimeException because) {
        try {
            channel.close();
        } catch (IOException failure) {
            because.addSuppressed(failure);
        }
    }

    @Override
    public Output create(String name) throws IOException {
        OwnerOnly.makeFile(directory.resolve(name));
        // Not a channel: an interrupt of the writing thread would close it.
        RandomAccessFile file = new RandomAccessFile(directory.resolve(name).toFile(), "rw");
        file.setLength(0);
        return new Output() {
            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                file.write(bytes, offset, length);
            }

            @Override
            public void cut(long size) throws IOException {
                file.setLength(size);
                file.seek(size);
            }

            @Override
            public void force() throws IOException {
                file.getFD().sync();
            }

            @Override
            public void close() throws IOException {
                file.close();
            }
        };
    }

    @Override
    public void force(String name) throws IOException {
        try (RandomAccessFile file =
                new RandomAccessFile(directory.resolve(name).toFile(), "rw")) {
            file.getFD().sync();
        }
    }

    @Override
    public byte[] read(String name) throws IOException {
        return Files.readAllBytes(directory.resolve(name));
    }

    @Override
    public long size(String name) throws IOException {
        return Files.size(directory.resolve(name));
    }

    @Override
    public List<String> list() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> !name.equals(LOCK))
                    .sorted()
                    .toList();
        }
    }

    @Override
    public void rename(String from, String to) throws IOException {
        Files.move(directory.resolve(from), directory.resolve(to), StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void truncate(String name, long size) throws IOException {
        try (FileChannel channel = FileChannel.open(directory.resolve(name), StandardOpenOption.WRITE)) {
            channel.truncate(size);
            channel.force(true);
        }
    }

    @Override
    public void delete(String name) throws IOException {
        Files.deleteIfExists(directory.resolve(name));
    }

    @Override
    public void forceDirectory() throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    @Override
    public String boot() {
        try {
            return Files.readString(BOOT_ID).strip();
        } catch (IOException notLinux) {
            return "";
        }
    }

    @Override
    public long usableBytes() throws IOException {
        return store.getUsableSpace();
    }

    /** Gives the directory back. */
    @Override
    public void close() throws IOException {
        lockChannel.close();
    }

    @Override
    public String toString() {
        return directory.toString();
    }
}
