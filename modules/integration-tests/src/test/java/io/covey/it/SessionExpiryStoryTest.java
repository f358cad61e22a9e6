package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.it.LibraryClient.Setup;
import io.covey.testkit.LoopbackPorts;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Story S4: in MQTT 5 a Session Expiry Interval that is absent is 0, which surprises developers. Covey follows the standard, and lets the
 * operator grant an expiry, which CONNACK tells the client, and cap it.
 */
@Timeout(120)
@BesideOthers
class SessionExpiryStoryTest {
    private static final long GRANTED_SECONDS = 90;
    private static final long LONGEST_SECONDS = 120;

    private static NodeProcess plain;
    private static NodeProcess generous;

    @BeforeAll
    static void startNodes() throws IOException, InterruptedException {
        int[][] ports = LoopbackPorts.free(2, 2);
        plain = NodeProcess.start("expiry-plain", ports[0][0], ports[0][1], List.of());
        generous = NodeProcess.start(
                "expiry-generous",
                ports[1][0],
                ports[1][1],
                List.of(
                        "mqtt.session.expiry.default-when-absent=" + GRANTED_SECONDS,
                        "mqtt.session.expiry.max=" + LONGEST_SECONDS));
        plain.awaitReady();
        generous.awaitReady();
    }

    @AfterAll
    static void stopNodes() throws InterruptedException {
        plain.kill();
        generous.kill();
    }

    static Stream<Library> ofMqtt5() {
        return Stream.of(Library.values()).filter(library -> library.mqtt.is5());
    }

    /** Connects, subscribes and disconnects, and connects again: the CONNACKs of both. */
    private static List<Packet> twice(Library library, NodeProcess node, String id, boolean clean, Long expiry)
            throws Exception {
        try (Tap tap = new Tap(library.mqtt, node.mqttPort())) {
            for (int i = 0; i < 2; i++) {
                // The second time continues what the first one has left.
                Setup setup = new Setup(tap.port(), id, clean && i == 0, expiry, null);
                try (LibraryClient client = library.connected(setup)) {
                    client.subscribe("expiry/" + id, 1);
                    client.disconnect();
                }
            }
            assertThat(tap.faults()).isEmpty();
            return tap.links().stream().map(link -> link.packets().get(0)).toList();
        }
    }

    @ParameterizedTest
    @MethodSource("ofMqtt5")
    void absentIsZero(Library library) throws Exception {
        List<Packet> connacks = twice(library, plain, "absent-" + library, false, null);
        assertThat(connacks).noneMatch(connack -> connack.has(Prop.SESSION_EXPIRY));
        assertThat(connacks).noneMatch(Packet::sessionPresent);
    }

    @ParameterizedTest
    @MethodSource("ofMqtt5")
    void whatTheClientAsksForIsGranted(Library library) throws Exception {
        List<Packet> connacks = twice(library, plain, "asked-" + library, false, 77L);
        assertThat(connacks).allMatch(connack -> connack.number(Prop.SESSION_EXPIRY, 77) == 77);
        assertThat(connacks).extracting(Packet::sessionPresent).containsExactly(false, true);
    }

    @ParameterizedTest
    @MethodSource("ofMqtt5")
    void theOperatorGrantsAnExpiryWhereItIsAbsentAndSaysSo(Library library) throws Exception {
        List<Packet> connacks = twice(library, generous, "granted-" + library, false, null);
        assertThat(connacks).allMatch(connack -> connack.number(Prop.SESSION_EXPIRY, -1) == GRANTED_SECONDS);
        assertThat(connacks).extracting(Packet::sessionPresent).containsExactly(false, true);
    }

    @ParameterizedTest
    @MethodSource("ofMqtt5")
    void theOperatorCapsTheExpiryAndSaysSo(Library library) throws Exception {
        List<Packet> connacks = twice(library, generous, "capped-" + library, false, 0xFFFFFFFFL);
        assertThat(connacks).allMatch(connack -> connack.number(Prop.SESSION_EXPIRY, -1) == LONGEST_SECONDS);
        assertThat(connacks).extracting(Packet::sessionPresent).containsExactly(false, true);
    }

    @ParameterizedTest
    @MethodSource("ofMqtt5")
    void aCleanStartWithoutExpiryIsGrantedNone(Library library) throws Exception {
        try (Tap tap = new Tap(library.mqtt, generous.mqttPort());
                LibraryClient client = library.connected(Setup.clean(tap.port(), "clean-" + library))) {
            client.disconnect();
            assertThat(tap.lastLink().packets().get(0).has(Prop.SESSION_EXPIRY)).isFalse();
        }
    }
}
