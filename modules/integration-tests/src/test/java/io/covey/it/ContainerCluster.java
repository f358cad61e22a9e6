package io.covey.it;

import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.model.Network.Ipam;
import io.covey.testkit.LoopbackPorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.testcontainers.containers.Network;

/**
 * Nodes as containers that find each other by name. Clients reach them over one network, they reach each other over another, out of which each
 * can be plugged.
 */
final class ContainerCluster implements AutoCloseable {
    private static final int NETWORK_TRIES_MAX = 20;
    private static final int START_SECONDS_MAX = 120;
    private static final HttpClient HTTP =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

    private final Network clients = Network.newNetwork();
    private final List<NodeContainer> nodes = new ArrayList<>();
    private final List<NodeContainer.Attachment> attachments = new ArrayList<>();
    private final int[][] ports;
    private Network cluster = Network.SHARED;

    private ContainerCluster(int size) throws IOException {
        ports = LoopbackPorts.free(size, 2);
    }

    /** Starts the nodes together and waits until all serve clients. */
    static ContainerCluster start(int size) throws IOException, InterruptedException {
        String image = NodeImage.name();
        ContainerCluster started = new ContainerCluster(size);
        try {
            started.plan(size);
            started.launch(image, size);
            started.awaitReady(START_SECONDS_MAX);
            return started;
        } catch (InterruptedException | RuntimeException | AssertionError failure) {
            started.close();
            throw failure;
        }
    }

    /** A network of which the addresses are known beforehand: a node that is plugged in again gets its own. */
    private void plan(int size) {
        for (int tries = 1; ; tries++) {
            String prefix = "10." + ThreadLocalRandom.current().nextInt(200, 250) + "."
                    + ThreadLocalRandom.current().nextInt(256) + ".";
            Network candidate = Network.builder()
                    .createNetworkCmdModifier(create -> create.withInternal(true)
                            .withIpam(new Ipam().withConfig(new Ipam.Config().withSubnet(prefix + "0/24"))))
                    .build();
            try {
                candidate.getId(); // makes it
                cluster = candidate;
                for (int i = 0; i < size; i++) {
                    attachments.add(new NodeContainer.Attachment(candidate, name(i), prefix + (10 + i)));
                }
                return;
            } catch (DockerException taken) {
                if (tries == NETWORK_TRIES_MAX) {
                    throw taken;
                }
            }
        }
    }

    private static String name(int index) {
        return "node" + (index + 1) + ".cluster";
    }

    private void launch(String image, int size) {
        List<String> members = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            members.add(name(i) + ":5701");
        }
        for (int i = 0; i < size; i++) {
            Map<String, String> environment = Map.of(
                    "COVEY_NODE__NAME",
                    "node" + (i + 1),
                    "COVEY_AUTH__ALLOW_ANONYMOUS",
                    "true",
                    "COVEY_CLUSTER__ENABLED",
                    "true",
                    "COVEY_CLUSTER__HOST",
                    name(i),
                    "COVEY_CLUSTER__MEMBERS",
                    String.join(",", members));
            NodeContainer node = new NodeContainer(
                    image, ports[i][0], ports[i][1], clients, Set.of(attachments.get(i)), environment);
            nodes.add(node);
            node.start();
        }
    }

    NodeContainer node(int index) {
        return nodes.get(index);
    }

    int size() {
        return ports.length;
    }

    int mqttPort(int index) {
        return ports[index][0];
    }

    /** The MQTT ports of all nodes, the one with this index first. */
    List<Integer> portsFrom(int first) {
        List<Integer> from = new ArrayList<>();
        for (int i = 0; i < size(); i++) {
            from.add(mqttPort((first + i) % size()));
        }
        return from;
    }

    /** A probe that connects to one of the nodes. */
    Probe probe(int index, Mqtt mqtt) {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), mqttPort(index));
        return new Probe(new ProbeTarget(address, address, false), mqtt);
    }

    /** Cuts a node off from the others; its clients still reach it. */
    void cut(int index) {
        node(index).detach(attachments.get(index));
    }

    /** Ends the cut. */
    void mend(int index) {
        node(index).attach(attachments.get(index));
    }

    /** Whether a node says that it serves clients. */
    boolean isReady(int index) {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + ports[index][1] + "/health/ready"))
                .timeout(Duration.ofSeconds(2))
                .build();
        try {
            return HTTP.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException unreachable) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Waits until all nodes say that they serve clients; how long that took, in milliseconds. */
    long awaitReady(int secondsMax) throws InterruptedException {
        long begun = System.nanoTime();
        for (int i = 0; i < size(); i++) {
            while (!isReady(i)) {
                if (System.nanoTime() - begun > TimeUnit.SECONDS.toNanos(secondsMax)) {
                    throw new AssertionError(name(i) + " is not ready after " + secondsMax + " s");
                }
                TimeUnit.MILLISECONDS.sleep(100);
            }
        }
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
    }

    /** Keeps the nodes' logs where those of processes are, and removes everything. */
    @Override
    public void close() throws IOException {
        Path work = Files.createDirectories(Path.of(System.getProperty("covey.work")));
        for (int i = 0; i < nodes.size(); i++) {
            NodeContainer node = nodes.get(i);
            if (node.getContainerId() != null) {
                Files.writeString(Files.createTempFile(work, "container" + (i + 1) + "-", ".log"), node.getLogs());
                node.stop();
            }
        }
        if (cluster != Network.SHARED) {
            cluster.close();
        }
        clients.close();
    }
}
