package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.it.LibraryClient.Arrived;
import io.covey.it.LibraryClient.Setup;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/** The sessions of story S3 in a cluster of three processes: takeover and Keep Alive across nodes, and the end of a node by SIGKILL. */
@Timeout(240)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@BesideOthers
class ClusterStoriesTest {
    private static final int MESSAGES = 60;

    private static ClusterProcesses cluster;

    @BeforeAll
    static void startCluster() throws Exception {
        cluster = ClusterProcesses.start(3);
    }

    @AfterAll
    static void stopCluster() {
        cluster.close();
    }

    private static int port(int node) {
        return cluster.node(node).mqttPort();
    }

    /** A probe that connects to one node of the cluster. */
    private static Probe at(int node, Mqtt mqtt) {
        InetSocketAddress address = new InetSocketAddress("127.0.0.1", port(node));
        return new Probe(new ProbeTarget(address, address, false), mqtt);
    }

    @Test
    @Order(1)
    void aConnectionToAnotherNodeTakesTheSessionOver() throws Exception {
        for (Mqtt mqtt : Mqtt.values()) {
            try (Probe first = at(0, mqtt);
                    Probe second = at(1, mqtt);
                    Probe third = at(2, mqtt)) {
                ConnectBytes connect = new ConnectBytes(mqtt, first.id("moving")).persistent();
                Wire here = first.accepted(connect, false).subscribe(first.topic("a"), 2);
                Wire publisher = third.client("p").publish(first.topic("a"), "before", 2);
                int id = here.next(Packet.PUBLISH).id();
                Wire there = second.accepted(connect, true);
                // [MQTT-3.1.4-3]
                here.refused(0x8E);
                // [MQTT-4.4.0-1]
                Packet again = there.receive(first.topic("a"), "before", 2);
                assertThat(again.dup()).isTrue();
                assertThat(again.id()).isEqualTo(id);
                publisher.publish(first.topic("a"), "after", 2);
                there.receive(first.topic("a"), "after", 2);
                there.quiet();
            }
        }
    }

    @Test
    @Order(2)
    void keepAliveClosesAHalfOpenConnectionAndTheWillIsSeenAtAnotherNode() throws Exception {
        try (Probe here = at(0, Mqtt.V311);
                Probe there = at(1, Mqtt.V311)) {
            Wire watcher = there.client("w").subscribe(here.topic("w"), 1);
            ConnectBytes connect =
                    here.connect("c").persistent().keepAlive(1).will(here.topic("w"), "silent", 1, false);
            Wire silent = here.accepted(connect);
            // [MQTT-3.1.2-22]
            silent.refused();
            watcher.receive(here.topic("w"), "silent");
            there.accepted(new ConnectBytes(Mqtt.V311, here.id("c")).persistent(), true);
        }
    }

    /** What one library's client has behind its tap. */
    private record Subscriber(Tap tap, LibraryClient client) {}

    @Test
    @Order(3)
    void aKilledNodeLosesNoSessionAndItsClientsWillsArePublished() throws Exception {
        Map<Library, Subscriber> subscribers = new EnumMap<>(Library.class);
        try (Probe doomed = at(0, Mqtt.V5);
                Probe survivor = at(1, Mqtt.V5);
                LibraryClient publisher = Library.PAHO_V3.connected(Setup.clean(port(2), "killed-publisher"))) {
            for (Library library : Library.values()) {
                Tap tap = new Tap(library.mqtt, port(0));
                LibraryClient client = library.connected(Setup.persistent(tap.port(), "killed-" + library));
                subscribers.put(library, new Subscriber(tap, client));
                client.subscribe("killed", 2);
            }
            Wire watcher = survivor.client("w").subscribe(doomed.topic("w/#"), 1);
            doomed.accepted(doomed.connect("now").will(doomed.topic("w/now"), "now", 1, false));
            doomed.accepted(doomed.connect("old")
                    .persistent()
                    .will(doomed.topic("w/delayed"), "delayed", 1, false, Prop.willDelay(2)));
            ConnectBytes returning = doomed.connect("back")
                    .persistent()
                    .will(doomed.topic("w/back"), "never", 1, false, Prop.willDelay(60));
            doomed.accepted(returning);

            List<String> expected = publish(publisher, 0, MESSAGES / 2);
            subscribers.values().forEach(subscriber -> subscriber.tap().target(port(1)));
            cluster.node(0).kill();
            survivor.accepted(
                    new ConnectBytes(Mqtt.V5, doomed.id("back")).persistent().will("w", "x", 0, false), true);
            expected.addAll(publish(publisher, MESSAGES / 2, MESSAGES));

            List<String> wills = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                Packet will = watcher.next(Packet.PUBLISH);
                wills.add(will.text());
                watcher.accept(will);
            }
            assertThat(wills).containsExactlyInAnyOrder("now", "delayed");
            for (Map.Entry<Library, Subscriber> each : subscribers.entrySet()) {
                verify(each.getKey(), each.getValue(), expected);
            }
            watcher.quiet();
        } finally {
            for (Subscriber subscriber : subscribers.values()) {
                subscriber.client().close();
                subscriber.tap().close();
            }
        }
    }

    private static List<String> publish(LibraryClient publisher, int from, int to) throws Exception {
        List<String> payloads = new ArrayList<>();
        for (int i = from; i < to; i++) {
            publisher.publish("killed", "message " + i, 1 + i % 2, false);
            payloads.add("message " + i);
        }
        return payloads;
    }

    private static void verify(Library library, Subscriber subscriber, List<String> expected) throws Exception {
        Waiting.until(library + " has everything", () -> payloads(subscriber.client(), 0)
                .containsAll(expected));
        // [MQTT-4.6.0-5] Libraries hand on QoS 2 later than QoS 1, so each has an order of its own.
        for (int qos = 1; qos <= 2; qos++) {
            int first = qos - 1;
            List<String> published = IntStream.range(0, MESSAGES)
                    .filter(i -> i % 2 == first)
                    .mapToObj(expected::get)
                    .toList();
            assertThat(payloads(subscriber.client(), qos).stream().distinct().toList())
                    .as("order of QoS " + qos + " at " + library)
                    .containsExactlyElementsOf(published);
        }
        if (library != Library.PAHO_V5) {
            // Paho's client for MQTT 5 forgets with its connection which Packet Identifiers it has received at QoS 2.
            assertThat(payloads(subscriber.client(), 2))
                    .as("QoS 2 at " + library)
                    .doesNotHaveDuplicates();
        }
        assertThat(subscriber.tap().links()).as("connections of " + library).hasSizeGreaterThan(1);
        assertThat(subscriber.tap().lastLink().sessionPresent())
                .as("Session Present for " + library)
                .isEqualTo(library.mqtt != Mqtt.V31);
        assertThat(subscriber.tap().faults()).as("packets to " + library).isEmpty();
    }

    /** The payloads that have arrived, of one QoS, or of every for 0. */
    private static List<String> payloads(LibraryClient client, int qos) {
        return client.messages().stream()
                .filter(message -> qos == 0 || message.qos() == qos)
                .map(Arrived::payload)
                .toList();
    }
}
