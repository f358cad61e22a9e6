package io.covey.it;

import io.covey.testkit.LoopbackPorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Several nodes on loopback that form a cluster, each a process. */
final class ClusterProcesses implements AutoCloseable {
    private final int size;
    private final int[][] ports;
    private final List<String> assignments;
    private final List<String> javaOptions;
    private final NodeProcess[] nodes;
    private final Path[] data;

    private ClusterProcesses(int size, List<String> assignments, List<String> javaOptions) throws IOException {
        this.javaOptions = javaOptions;
        this.size = size;
        this.assignments = assignments;
        this.nodes = new NodeProcess[size];
        this.data = new Path[size];
        for (int i = 0; i < size; i++) {
            data[i] = NodeProcess.newData("node" + (i + 1));
        }
        this.ports = LoopbackPorts.free(size, 4);
    }

    /** Starts the nodes together and waits until all serve clients. */
    static ClusterProcesses start(int size) throws IOException, InterruptedException {
        return start(size, List.of());
    }

    /** The same with more configuration. */
    static ClusterProcesses start(int size, List<String> assignments) throws IOException, InterruptedException {
        return startFirst(size, size, assignments, List.of());
    }

    /** Starts only the first nodes, of a cluster that is to have more. */
    static ClusterProcesses startFirst(int first, int size, List<String> assignments, List<String> javaOptions)
            throws IOException, InterruptedException {
        ClusterProcesses cluster = new ClusterProcesses(size, assignments, javaOptions);
        try {
            for (int i = 0; i < first; i++) {
                cluster.launch(i);
            }
            for (int i = 0; i < first; i++) {
                cluster.nodes[i].awaitReady();
            }
            return cluster;
        } catch (IOException | InterruptedException | RuntimeException e) {
            cluster.close();
            throw e;
        }
    }

    /** Starts a node that does not run, and waits for nothing. */
    void launch(int index) throws IOException {
        StringBuilder members = new StringBuilder();
        for (int[] node : ports) {
            members.append(members.isEmpty() ? "" : ",").append("127.0.0.1:").append(node[2]);
        }
        List<String> all = new ArrayList<>(List.of(
                "cluster.enabled=true",
                "cluster.name=it-" + ports[0][2],
                "cluster.host=127.0.0.1",
                "cluster.port=" + ports[index][2],
                "cluster.event-bus-port=" + ports[index][3],
                "cluster.members=" + members));
        all.addAll(assignments);
        nodes[index] = NodeProcess.start(
                "node" + (index + 1), ports[index][0], ports[index][1], data[index], all, javaOptions);
    }

    /** Starts a node again that has ended, and waits until it serves clients. */
    void restart(int index) throws IOException, InterruptedException {
        if (nodes[index].isAlive()) {
            throw new IllegalStateException("node " + (index + 1) + " still runs");
        }
        launch(index);
        nodes[index].awaitReady();
    }

    /** SIGKILL for all of them, one right after the other. */
    void killAll() throws InterruptedException {
        for (NodeProcess node : nodes) {
            node.signalKill();
        }
        for (NodeProcess node : nodes) {
            node.kill();
        }
    }

    /** Starts all nodes again, in this order and with this pause between them, and waits until all serve clients. */
    void restartAll(int[] order, long pauseMillis) throws IOException, InterruptedException {
        for (int index : order) {
            launch(index);
            TimeUnit.MILLISECONDS.sleep(pauseMillis);
        }
        for (NodeProcess node : nodes) {
            node.awaitReady();
        }
    }

    NodeProcess node(int index) {
        return nodes[index];
    }

    int size() {
        return size;
    }

    /** The MQTT ports of all nodes, the one with this index first. */
    List<Integer> portsFrom(int first) {
        List<Integer> all = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            all.add(ports[(first + i) % size][0]);
        }
        return all;
    }

    /** A probe that connects to one of the nodes. */
    Probe probe(int index, Mqtt mqtt) {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), ports[index][0]);
        return new Probe(new ProbeTarget(address, address, false), mqtt);
    }

    /** A connection to one of the nodes, on which nothing has been said yet. */
    Wire wire(int index, Mqtt mqtt, String clientId) throws IOException {
        return new Wire(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), ports[index][0]), mqtt, clientId, false);
    }

    /** Waits until all nodes say that they serve clients. */
    void awaitReady() throws InterruptedException {
        for (NodeProcess node : nodes) {
            Waiting.until("a node at " + node.mqttPort() + " is ready", node::isReady);
        }
    }

    @Override
    public void close() {
        for (NodeProcess node : nodes) {
            try {
                if (node != null) {
                    node.kill();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
