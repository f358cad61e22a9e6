package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.covey.testkit.LoopbackPorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Nodes that know nothing of each other but one name, as pods know their headless service: a node for each of its addresses, all with the same
 * port. A file stands for the DNS.
 */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
@BesideOthers
class DnsJoinTest {
    private static final int PORT = 0;
    private static final int BUS_PORT = 1;

    private final List<NodeProcess> nodes = new ArrayList<>();
    private Path hosts;
    private int[][] ports;

    @Test
    void theAddressesOfOneNameFindEachOtherAlsoWhenTheNameComesLate() throws Exception {
        assumeTrue(hasLoopbackAddress("127.0.0.4"), "only 127.0.0.1 is a loopback address here");
        ports = LoopbackPorts.free(5, 2);
        hosts = NodeProcess.newData("dns").resolve("hosts");
        named(0);
        try {
            for (int node = 1; node <= 3; node++) {
                nodes.add(start(node, List.of()));
            }
            TimeUnit.SECONDS.sleep(3);
            assertThat(nodes).allMatch(NodeProcess::isAlive);

            named(3);
            for (NodeProcess node : nodes) {
                node.awaitReady();
            }
            Waiting.until("all three know each other", () -> nodes.stream().allMatch(node -> countsMembers(node, 3)));

            named(4);
            NodeProcess differs = start(4, List.of("cluster.lease=4000"));
            assertThat(differs.awaitEnd()).isEqualTo(2);
            assertThat(differs.log())
                    .contains("covey: cluster.lease is 4000 here and 5000 at the member")
                    .contains("it must be the same on every node");
            nodes.add(start(4, List.of()));
            nodes.get(3).awaitReady();
            Waiting.until("the fourth is one of them", () -> nodes.stream().allMatch(node -> countsMembers(node, 4)));
            scaleDownToTwo();
        } finally {
            for (NodeProcess node : nodes) {
                node.kill();
            }
        }
    }

    /** Drained nodes can be killed: everything is at those that are left, and the quorum is theirs. */
    private void scaleDownToTwo() throws Exception {
        try (Probe writer = probe(3);
                Probe reader = probe(1)) {
            ConnectBytes session = new ConnectBytes(Mqtt.V5, writer.id("session")).persistent();
            List<String> expected = new ArrayList<>();
            Wire before = writer.accepted(session, false).subscribe(writer.topic("#"), 1);
            before.drop();
            Wire publisher = writer.client("publisher");
            for (int i = 0; i < 100; i++) {
                expected.add("message " + i);
                publisher.publish(writer.topic("a"), expected.get(i), 1);
            }

            for (String said : drain(nodes.get(3), nodes.get(2))) {
                assertThat(said).contains("drained: ").contains("partitions=0");
            }
            for (int leaving : new int[] {3, 2}) {
                assertThat(nodes.get(leaving).get("/health/ready")).contains("drain: drained");
                assertThat(nodes.get(leaving).isAlive()).isTrue();
            }
            for (int leaving : new int[] {3, 2}) {
                nodes.get(leaving).kill();
            }
            Waiting.until("two are left", () -> countsMembers(nodes.get(0), 2) && countsMembers(nodes.get(1), 2));
            Waiting.until("two are agreed", () -> agreedSize(nodes.get(0)) == 2 && agreedSize(nodes.get(1)) == 2);
            for (String said : drain(nodes.get(1), nodes.get(0))) {
                assertThat(said).contains("failed: it would leave 1 nodes, and 2 are needed");
            }
            assertThat(nodes.get(1).get("/health/ready")).contains("drain: failed");

            Wire after = reader.accepted(session, true);
            for (String each : expected) {
                Packet packet = after.next(Packet.PUBLISH);
                assertThat(packet.text()).isEqualTo(each);
                after.accept(packet);
            }
        }
    }

    /** Of how many nodes the cluster is made, as the node was told last. */
    private static int agreedSize(NodeProcess node) {
        try {
            Matcher told =
                    Pattern.compile("the cluster is made of (\\d+) nodes").matcher(node.log());
            return told.results().map(line -> Integer.parseInt(line.group(1))).reduce(0, (earlier, later) -> later);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private Probe probe(int node) {
        InetSocketAddress address = new InetSocketAddress(
                InetAddress.getLoopbackAddress(), nodes.get(node).mqttPort());
        return new Probe(new ProbeTarget(address, address, false), Mqtt.V5);
    }

    /** What the commands say, one for each node and all at once, as when a StatefulSet becomes smaller by several; the status of each is right for it. */
    private static List<String> drain(NodeProcess... some) throws Exception {
        List<Process> commands = new ArrayList<>();
        for (NodeProcess node : some) {
            commands.add(begin(node));
        }
        List<String> all = new ArrayList<>();
        for (Process command : commands) {
            String said = new String(command.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(command.waitFor()).as(said).isEqualTo(said.contains("drained: ") ? 0 : 1);
            System.out.print(said);
            all.add(said);
        }
        return all;
    }

    private static Process begin(NodeProcess node) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("covey.dist") + "/*",
                        "io.covey.server.Main",
                        "drain",
                        "--management",
                        "http://127.0.0.1:" + node.managementPort())
                .redirectErrorStream(true)
                .start();
    }

    private NodeProcess start(int node, List<String> more) throws IOException {
        List<String> assignments = new ArrayList<>(List.of(
                "cluster.enabled=true",
                "cluster.name=dns-" + ports[0][PORT],
                "cluster.host=127.0.0." + node,
                "cluster.port=" + ports[0][PORT],
                "cluster.event-bus-port=" + ports[0][BUS_PORT],
                "cluster.dns=covey-headless.test",
                "cluster.minimum-members=2"));
        assignments.addAll(more);
        return NodeProcess.start(
                "pod-" + node,
                ports[node][0],
                ports[node][1],
                NodeProcess.newData("pod-" + node),
                assignments,
                List.of("-Djdk.net.hosts.file=" + hosts));
    }

    /** From now on the name has so many addresses. */
    private void named(int addresses) throws IOException {
        String lines = IntStream.rangeClosed(1, addresses)
                .mapToObj(node -> "127.0.0." + node + " covey-headless.test\n")
                .collect(Collectors.joining());
        Path next = hosts.resolveSibling("hosts.next");
        Files.writeString(next, "127.0.0.1 localhost\n" + lines);
        Files.move(next, hosts, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static boolean countsMembers(NodeProcess node, int count) {
        return node.get("/health/ready").contains(count + " of at least ");
    }

    private static boolean hasLoopbackAddress(String address) {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(address))) {
            return socket.isBound();
        } catch (IOException none) {
            return false;
        }
    }
}
