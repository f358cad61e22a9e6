package io.covey.storage;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** A directory in memory that tells what is on the device from what is only written, with faults to order. */
final class MemoryDisk implements Disk {
    private final Map<String, File> names = new TreeMap<>();
    private Map<String, File> durableNames = new TreeMap<>();
    private long bytesUntilCrash = Long.MAX_VALUE;
    private long bytesUntilFull = Long.MAX_VALUE;
    private boolean crashed;
    private volatile boolean readOnly;
    private volatile boolean syncFails;
    private volatile Runnable onSync = () -> {};
    private volatile Runnable onUsable = () -> {};
    private long written;
    private String boot = "first";

    private static final class File {
        private byte[] bytes = {};
        private byte[] synced = {};
    }

    /** From now on this many bytes reach the file system; the one after that ends the process. */
    synchronized void crashAfter(long bytes) {
        bytesUntilCrash = bytes;
    }

    /** From now on there is room for this many bytes. */
    synchronized void room(long bytes) {
        bytesUntilFull = bytes;
    }

    void readOnly(boolean now) {
        readOnly = now;
    }

    void syncFails(boolean now) {
        syncFails = now;
    }

    /** Runs before each sync of a file: a slow device. */
    void onSync(Runnable task) {
        onSync = task;
    }

    /** Runs before each answer to how much room there is. */
    void onUsable(Runnable task) {
        onUsable = task;
    }

    synchronized boolean hasCrashed() {
        return crashed;
    }

    synchronized long written() {
        return written;
    }

    /** What another process finds after this one was killed. */
    synchronized MemoryDisk afterKill() {
        MemoryDisk next = new MemoryDisk();
        next.boot = boot;
        names.forEach((name, file) -> {
            File copy = new File();
            copy.bytes = file.bytes.clone();
            copy.synced = file.bytes.clone();
            next.names.put(name, copy);
        });
        next.durableNames = new TreeMap<>(next.names);
        return next;
    }

    /** What is left after the power was lost: of what was not synced any part, and in its place anything. */
    synchronized MemoryDisk afterPowerLoss(Random random) {
        MemoryDisk next = new MemoryDisk();
        next.boot = boot + "'";
        durableNames.forEach((name, file) -> {
            File copy = new File();
            copy.bytes = file.synced;
            if (file.bytes.length > file.synced.length) {
                int length = file.synced.length + random.nextInt(file.bytes.length - file.synced.length + 1);
                copy.bytes = Arrays.copyOf(file.bytes, length);
                for (int at = file.synced.length; at < length; at += 512) {
                    if (random.nextBoolean()) {
                        Arrays.fill(copy.bytes, at, Math.min(length, at + 512), (byte) 0);
                    }
                }
            }
            copy.synced = copy.bytes.clone();
            next.names.put(name, copy);
        });
        next.durableNames = new TreeMap<>(next.names);
        return next;
    }

    /** What another process finds is in this one's place: what this one's writes from now on does not count. */
    synchronized void replaceBy(MemoryDisk next) {
        names.clear();
        names.putAll(next.names);
        durableNames = new TreeMap<>(next.durableNames);
        syncFails = false;
    }

    synchronized void flipBit(String name, int at) {
        names.get(name).bytes[at] ^= 0x10;
    }

    synchronized void put(String name, byte[] bytes) {
        File file = new File();
        file.bytes = bytes;
        file.synced = bytes;
        names.put(name, file);
    }

    private void check() throws IOException {
        if (crashed) {
            throw new IOException("the process has ended");
        }
    }

    private void checkWritable() throws IOException {
        check();
        if (readOnly) {
            throw new IOException("Read-only file system");
        }
    }

    private synchronized void append(File file, byte[] bytes, int offset, int length) throws IOException {
        checkWritable();
        int reached = (int) Math.min(length, Math.min(bytesUntilCrash, bytesUntilFull));
        int at = file.bytes.length;
        file.bytes = Arrays.copyOf(file.bytes, at + reached);
        System.arraycopy(bytes, offset, file.bytes, at, reached);
        written += reached;
        if (reached == bytesUntilCrash && reached < length) {
            crashed = true;
            throw new IOException("the process ends in the middle of a write");
        }
        bytesUntilCrash -= bytesUntilCrash == Long.MAX_VALUE ? 0 : reached;
        bytesUntilFull -= bytesUntilFull == Long.MAX_VALUE ? 0 : reached;
        if (reached < length) {
            throw new IOException("No space left on device");
        }
    }

    private void givenBack(File replaced) {
        givenBack(replaced == null ? 0 : replaced.bytes.length);
    }

    private void givenBack(long bytes) {
        bytesUntilFull += bytesUntilFull == Long.MAX_VALUE ? 0 : bytes;
    }

    private synchronized void sync(File file) throws IOException {
        check();
        if (syncFails) {
            throw new IOException("Input/output error");
        }
        file.synced = file.bytes;
    }

    @Override
    public synchronized Output create(String name) throws IOException {
        checkWritable();
        File file = new File();
        givenBack(names.put(name, file));
        return new Output() {
            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                append(file, bytes, offset, length);
            }

            @Override
            public void cut(long size) throws IOException {
                synchronized (MemoryDisk.this) {
                    check();
                    givenBack(file.bytes.length - size);
                    file.bytes = Arrays.copyOf(file.bytes, (int) size);
                }
            }

            @Override
            public void force() throws IOException {
                onSync.run();
                sync(file);
            }

            @Override
            public void close() {}
        };
    }

    private File file(String name) throws IOException {
        check();
        File file = names.get(name);
        if (file == null) {
            throw new FileNotFoundException(name);
        }
        return file;
    }

    @Override
    public void force(String name) throws IOException {
        onSync.run();
        synchronized (this) {
            File file = names.get(name);
            if (file != null) {
                sync(file);
            }
        }
    }

    @Override
    public synchronized byte[] read(String name) throws IOException {
        return file(name).bytes.clone();
    }

    @Override
    public synchronized long size(String name) throws IOException {
        return file(name).bytes.length;
    }

    @Override
    public synchronized List<String> list() throws IOException {
        check();
        return List.copyOf(names.keySet());
    }

    @Override
    public synchronized void rename(String from, String to) throws IOException {
        checkWritable();
        File file = file(from);
        File before = names.put(to, file);
        givenBack(before == file ? null : before);
        names.remove(from);
    }

    @Override
    public synchronized void truncate(String name, long size) throws IOException {
        checkWritable();
        file(name).bytes = Arrays.copyOf(file(name).bytes, (int) size);
        sync(file(name));
    }

    @Override
    public synchronized void delete(String name) throws IOException {
        checkWritable();
        File file = names.remove(name);
        givenBack(file);
    }

    @Override
    public synchronized void forceDirectory() throws IOException {
        check();
        durableNames = new TreeMap<>(names);
    }

    /** The machine is started again, with everything that was written. */
    void reboot() {
        boot += "'";
    }

    @Override
    public String boot() {
        return boot;
    }

    @Override
    public long usableBytes() {
        onUsable.run();
        synchronized (this) {
            return bytesUntilFull;
        }
    }

    synchronized Map<String, Integer> sizes() {
        Map<String, Integer> sizes = new TreeMap<>();
        names.forEach((name, file) -> sizes.put(name, file.bytes.length));
        return sizes;
    }

    synchronized long totalBytes() {
        return names.values().stream().mapToLong(file -> file.bytes.length).sum();
    }

    @Override
    public void close() {}

    @Override
    public String toString() {
        return "memory";
    }
}
