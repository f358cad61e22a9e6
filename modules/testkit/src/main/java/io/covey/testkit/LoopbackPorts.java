package io.covey.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * Ports of the loopback interface for the nodes that tests start. A node binds its ports seconds after they were chosen, and a node that was killed binds
 * them again later: meanwhile nobody else may take them. So each JVM has a block of ports of its own for as long as it lives, marked by a lock on
 * a file, also where Surefire or other builds on the machine run beside it. All are below those that the system gives to outgoing connections.
 *
 * <p>May be called by any thread.
 */
public final class LoopbackPorts {
    private static final int BLOCKS_BEGIN = 20_800;
    private static final int BLOCK_PORTS = 200;
    private static final int BLOCKS = 26;

    private static final LoopbackPorts OF_THIS_JVM = new LoopbackPorts();

    private final int begin;
    private int next;

    /** Never released by hand: the system does that when the JVM ends, however it ends. */
    @SuppressWarnings({"unused", "FieldCanBeLocal"})
    private final FileLock lock;

    private LoopbackPorts() {
        try {
            Path directory = Files.createDirectories(Path.of(
                    System.getProperty("java.io.tmpdir"), "covey-test-ports-" + System.getProperty("user.name")));
            // Not always the first block: a node that an ended JVM has left behind may still be there.
            int first = (int) (ProcessHandle.current().pid() % BLOCKS);
            int block = first;
            FileLock taken = null;
            for (int tries = 0; taken == null; tries++) {
                if (tries == BLOCKS) {
                    throw new IllegalStateException(
                            "all " + BLOCKS + " blocks of ports for tests are in use; see " + directory);
                }
                block = (first + tries) % BLOCKS;
                taken = tryLock(directory, block);
            }
            lock = taken;
            begin = BLOCKS_BEGIN + block * BLOCK_PORTS;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static FileLock tryLock(Path directory, int block) throws IOException {
        FileChannel file = FileChannel.open(
                directory.resolve(Integer.toString(block)), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = file.tryLock();
        if (lock == null) {
            file.close();
        }
        return lock;
    }

    /**
     * Ports that nobody listens at now, all different. They come in turn, so that those of a test that has ended are given again as late as possible.
     *
     * @param count how many, at most as many as a block has (200)
     * @throws IllegalStateException if fewer ports of this JVM's block are free
     */
    public static int[] free(int count) {
        return OF_THIS_JVM.take(count);
    }

    /** The same as a table: so many ports for each of several nodes. */
    public static int[][] free(int nodes, int portsEach) {
        int[] all = free(nodes * portsEach);
        int[][] ports = new int[nodes][];
        for (int node = 0; node < nodes; node++) {
            ports[node] = Arrays.copyOfRange(all, node * portsEach, (node + 1) * portsEach);
        }
        return ports;
    }

    private synchronized int[] take(int count) {
        int[] ports = new int[count];
        int found = 0;
        for (int tried = 0; found < count; tried++) {
            if (tried == BLOCK_PORTS) {
                throw new IllegalStateException("fewer than " + count + " ports from " + begin + " to "
                        + (begin + BLOCK_PORTS - 1) + " are free");
            }
            int port = begin + next;
            next = (next + 1) % BLOCK_PORTS;
            if (isFree(port)) {
                ports[found++] = port;
            }
        }
        return ports;
    }

    /** Whether nobody listens at a port now, of this JVM's block or not. */
    public static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (BindException taken) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
