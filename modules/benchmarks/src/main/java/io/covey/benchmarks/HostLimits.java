package io.covey.benchmarks;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What this host allows: file descriptors and local ports. */
final class HostLimits {

    /** Jars, selectors and the like. */
    private static final int DESCRIPTORS_BESIDE_CONNECTIONS = 60;

    private static final int SOURCES_MAX = 250;

    private HostLimits() {}

    /** @throws DriverFailure when so many connections cannot be open at once */
    static void requireDescriptors(int connections) {
        long limit = openFilesMax();
        long needed = (long) connections + DESCRIPTORS_BESIDE_CONNECTIONS;
        if (needed > limit) {
            throw new DriverFailure(
                    connections + " connections need about " + needed + " file descriptors, and the limit is " + limit
                            + ": raise it with 'ulimit -n', ask for fewer clients, or use --duplex where there is one");
        }
    }

    /**
     * Local addresses to connect from, to be used in turn. A single null, the system's choice, as long as one address has enough ports;
     * more of 127.0.0.0/8 when the node is on the loopback.
     *
     * @param connections to that node at once
     */
    static List<@Nullable InetSocketAddress> sources(NodeAddress node, int connections) {
        // A fifth is left for connections that still linger in TIME_WAIT.
        int portsPerAddress = localPorts() * 4 / 5;
        int addresses = (connections + portsPerAddress - 1) / portsPerAddress;
        List<@Nullable InetSocketAddress> sources = new ArrayList<>();
        if (addresses <= 1) {
            sources.add(null);
            return sources;
        }
        if (!node.isLoopback() || addresses > SOURCES_MAX) {
            throw new DriverFailure(connections + " connections to " + node + " need more local ports than the "
                    + localPorts() + " of net.ipv4.ip_local_port_range");
        }
        for (int i = 1; i <= addresses; i++) {
            sources.add(new InetSocketAddress(loopback(i), 0));
        }
        return sources;
    }

    private static InetAddress loopback(int last) {
        try {
            return InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) last});
        } catch (UnknownHostException e) {
            throw new AssertionError("four bytes are an address", e);
        }
    }

    private static long openFilesMax() {
        for (String line : ProcFile.read("/proc/self/limits").split("\n")) {
            if (line.startsWith("Max open files")) {
                String soft = line.substring("Max open files".length()).trim().split(" +")[0];
                return soft.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(soft);
            }
        }
        throw new DriverFailure("/proc/self/limits does not name the limit of open files");
    }

    private static int localPorts() {
        String[] range =
                ProcFile.read("/proc/sys/net/ipv4/ip_local_port_range").trim().split("\\s+");
        return Integer.parseInt(range[1]) - Integer.parseInt(range[0]) + 1;
    }
}
