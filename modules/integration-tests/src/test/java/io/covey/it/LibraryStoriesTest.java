package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.it.LibraryClient.Arrived;
import io.covey.it.LibraryClient.Setup;
import io.covey.testkit.LoopbackPorts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What developers do with the published client libraries, against one node: the basic flow of each, and story S2, offline messages that come
 * back at once. Every client speaks through a {@link Tap}, which breaks its connections and checks the server's packets.
 */
@Timeout(240)
@BesideOthers
class LibraryStoriesTest {
    private static final int QUEUED = 200;

    private static NodeProcess node;

    @BeforeAll
    static void startNode() throws IOException, InterruptedException {
        int[] ports = LoopbackPorts.free(2);
        node = NodeProcess.start("stories", ports[0], ports[1], List.of());
        node.awaitReady();
    }

    @AfterAll
    static void stopNode() throws InterruptedException {
        node.kill();
    }

    private static String name(String base, Library library) {
        return base + "-" + library.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }

    private static List<String> payloads(List<Arrived> messages) {
        return messages.stream().map(Arrived::payload).toList();
    }

    /** Connect, subscribe, publish at each QoS, receive, retain, disconnect. */
    @ParameterizedTest
    @EnumSource(Library.class)
    void theBasicFlow(Library library) throws Exception {
        String topic = "flow/" + library;
        String id = name("f", library);
        try (Tap tap = new Tap(library.mqtt, node.mqttPort());
                LibraryClient client = library.connected(Setup.clean(tap.port(), id))) {
            client.subscribe(topic, 2);
            for (int qos = 0; qos <= 2; qos++) {
                client.publish(topic, "at " + qos, qos, false);
            }
            assertThat(Waiting.take(client.messages(), 3))
                    .containsExactlyInAnyOrder(
                            new Arrived(topic, "at 0", 0, false),
                            new Arrived(topic, "at 1", 1, false),
                            new Arrived(topic, "at 2", 2, false));
            client.publish(topic + "/kept", "kept", 1, true);
            client.subscribe(topic + "/kept", 1);
            assertThat(Waiting.take(client.messages(), 1))
                    .containsExactly(new Arrived(topic + "/kept", "kept", 1, true));
            client.publish(topic + "/kept", "", 1, true);
            client.disconnect();
            assertThat(tap.faults()).isEmpty();
        }
    }

    /** A connection that breaks publishes the will; the library connects again by itself. A DISCONNECT publishes none. */
    @ParameterizedTest
    @EnumSource(Library.class)
    void theWillAndTheLibrarysOwnReconnect(Library library) throws Exception {
        String topic = "wills/" + library;
        try (Tap tap = new Tap(library.mqtt, node.mqttPort());
                LibraryClient watcher = library.connected(Setup.clean(node.mqttPort(), name("w", library)));
                LibraryClient client = library.connected(
                        Setup.persistent(tap.port(), name("c", library)).withWill(topic))) {
            watcher.subscribe(topic, 1);
            tap.refuse();
            assertThat(payloads(Waiting.take(watcher.messages(), 1))).containsExactly(LibraryClient.WILL);
            tap.allow();
            Waiting.until(
                    "connected again",
                    () -> tap.links().size() > 1 && tap.lastLink().isAccepted());
            Waiting.untilDone("publishes again", () -> client.publish(topic, "after", 1, false));
            assertThat(payloads(Waiting.take(watcher.messages(), 1))).containsExactly("after");
            client.disconnect();
            watcher.publish(topic, "end", 1, false);
            assertThat(payloads(Waiting.take(watcher.messages(), 1))).containsExactly("end");
            assertThat(tap.faults()).isEmpty();
        }
    }

    /**
     * S2: session present, the unacknowledged messages first and as duplicates, then the queue, without a new SUBSCRIBE and without any
     * timer between them.
     */
    @ParameterizedTest
    @EnumSource(Library.class)
    void offlineMessagesComeBackAtOnce(Library library) throws Exception {
        String topic = "offline/" + library;
        try (Tap tap = new Tap(library.mqtt, node.mqttPort());
                LibraryClient publisher = library.connected(Setup.clean(node.mqttPort(), name("p", library)));
                LibraryClient client = library.connected(Setup.persistent(tap.port(), name("s", library)))) {
            client.subscribe(topic, 2);
            tap.loseWhatTheClientSays();
            List<String> expected = publish(publisher, topic, 0, 10);
            Waiting.until("ten messages sent", () -> tap.lastLink().publishes().size() == 10);
            List<Packet> unacknowledged = tap.lastLink().publishes();
            tap.refuse();
            // Until the node has noticed, messages go to the lost connection, and come again as duplicates.
            Waiting.until("the lost connection is noticed", () -> node.isAway(name("s", library)));
            expected.addAll(publish(publisher, topic, 10, QUEUED));
            tap.allow();

            Waiting.until("everything sent", () -> tap.lastLink().publishes().size() >= QUEUED);
            Tap.Link link = tap.lastLink();
            assertThat(link.sessionPresent()).isEqualTo(library.mqtt != Mqtt.V31);
            List<Packet> again = link.publishes();
            assertThat(again).extracting(Packet::text).containsExactlyElementsOf(expected);
            assertThat(again.subList(0, 10)).allMatch(Packet::dup);
            assertThat(again.subList(0, 10))
                    .extracting(Packet::id)
                    .containsExactlyElementsOf(
                            unacknowledged.stream().map(Packet::id).toList());
            assertThat(again.subList(10, QUEUED)).noneMatch(Packet::dup);
            assertThat(tap.faults()).isEmpty();

            // The application gets all: at QoS 2 once, at QoS 1 perhaps twice where the acknowledgement was lost.
            Waiting.until("everything arrived", () -> payloads(new ArrayList<>(client.messages()))
                    .containsAll(expected));
            List<String> atTwo = client.messages().stream()
                    .filter(message -> message.qos() == 2)
                    .map(Arrived::payload)
                    .toList();
            if (library != Library.PAHO_V5) {
                // Paho's client for MQTT 5 forgets with its connection which Packet Identifiers it has received at QoS
                // 2.
                assertThat(atTwo).doesNotHaveDuplicates();
            }
        }
    }

    private static List<String> publish(LibraryClient publisher, String topic, int from, int to) throws Exception {
        List<String> payloads = new ArrayList<>();
        for (int i = from; i < to; i++) {
            payloads.add("message " + i);
            publisher.publish(topic, "message " + i, 1 + i % 2, false);
        }
        return payloads;
    }

    /** S2: a retained message comes on every SUBSCRIBE, also where the session was found and has the subscription. */
    @ParameterizedTest
    @EnumSource(Library.class)
    void retainedMessagesComeOnEverySubscribe(Library library) throws Exception {
        String topic = "retained/" + library;
        try (Tap tap = new Tap(library.mqtt, node.mqttPort());
                LibraryClient client = library.connected(Setup.persistent(tap.port(), name("r", library)))) {
            client.publish(topic, "kept", 1, true);
            for (int i = 0; i < 2; i++) {
                client.subscribe(topic, 1);
                assertThat(Waiting.take(client.messages(), 1)).containsExactly(new Arrived(topic, "kept", 1, true));
            }
            int links = tap.links().size();
            tap.refuse();
            tap.allow();
            Waiting.until(
                    "connected again",
                    () -> tap.links().size() > links && tap.lastLink().isAccepted());
            assertThat(tap.lastLink().sessionPresent()).isEqualTo(library.mqtt != Mqtt.V31);
            Waiting.untilDone("subscribes again", () -> client.subscribe(topic, 1));
            // Beside what may come again because its acknowledgement was lost.
            Waiting.until(
                    "the retained message of the last SUBSCRIBE",
                    () -> tap.lastLink().publishes().stream()
                                    .filter(packet -> !packet.dup() && packet.retain())
                                    .count()
                            == 1);
            client.publish(topic, "", 1, true);
        }
    }
}
