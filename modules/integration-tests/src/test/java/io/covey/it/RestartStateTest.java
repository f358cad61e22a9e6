package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.testkit.LoopbackPorts;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One node that is killed in the middle of QoS 2 handshakes, and while times run: byte by byte, what it knows when it is there again. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
@BesideOthers
class RestartStateTest {
    private final List<Wire> open = new ArrayList<>();
    private int[] ports = {};
    private Path data = Path.of("");
    private NodeProcess node;

    @BeforeEach
    void start() throws Exception {
        ports = LoopbackPorts.free(2);
        data = NodeProcess.newData("state");
        launch();
    }

    @AfterEach
    void kill() throws Exception {
        for (Wire wire : open) {
            wire.close();
        }
        node.kill();
    }

    private void launch() throws Exception {
        node = NodeProcess.start("state", ports[0], ports[1], data, List.of());
        node.awaitReady();
    }

    private void killAndStart(long downMillis) throws Exception {
        node.kill();
        TimeUnit.MILLISECONDS.sleep(downMillis);
        launch();
    }

    private static ConnectBytes client(String clientId, long expirySeconds) {
        return new ConnectBytes(Mqtt.V5, clientId).resume().with(Prop.sessionExpiry(expirySeconds));
    }

    private Wire connect(ConnectBytes connect, String clientId, boolean present) throws IOException {
        Wire wire = new Wire(new InetSocketAddress("127.0.0.1", node.mqttPort()), Mqtt.V5, clientId, false);
        open.add(wire);
        wire.send(connect.bytes());
        Packet connack = wire.next(Packet.CONNACK);
        assertThat(connack.code()).isZero();
        assertThat(connack.sessionPresent()).as("session of " + clientId).isEqualTo(present);
        return wire;
    }

    private Wire connect(String clientId, boolean present) throws IOException {
        return connect(client(clientId, 600), clientId, present);
    }

    @Test
    void aHandshakeOfAPublisherGoesOnWhereItWas() throws Exception {
        Wire reader = connect("reader", false);
        reader.subscribe("in/#", 2);
        Wire writer = connect("writer", false);
        writer.send(writer.make.publish("in/one", "one", 2, 11));
        writer.next(Packet.PUBREC, 11);
        writer.send(writer.make.publish("in/two", "two", 2, 12));
        writer.next(Packet.PUBREC, 12);
        writer.send(writer.make.acknowledge(Packet.PUBREL, 12));
        writer.next(Packet.PUBCOMP, 12);

        killAndStart(0);

        writer = connect("writer", true);
        writer.send(writer.make.duplicate("in/one", "one", 2, 11));
        writer.next(Packet.PUBREC, 11);
        writer.send(writer.make.acknowledge(Packet.PUBREL, 11));
        writer.next(Packet.PUBCOMP, 11);
        // A client that did not see PUBCOMP asks again: the identifier is free, and that is no reason to fail.
        writer.send(writer.make.acknowledge(Packet.PUBREL, 12));
        writer.next(Packet.PUBCOMP, 12);
        writer.publish("in/three", "three", 2);
        reader = connect("reader", true);
        reader.receive("in/one", "one", 2);
        reader.receive("in/two", "two", 2);
        reader.receive("in/three", "three", 2);
        reader.quiet();
    }

    @Test
    void aHandshakeWithASubscriberGoesOnWhereItWas() throws Exception {
        Wire reader = connect("reader", false);
        reader.subscribe("out/#", 2);
        Wire writer = connect("writer", false);
        writer.publish("out/one", "one", 2);
        int one = reader.next(Packet.PUBLISH).id();
        writer.publish("out/two", "two", 2);
        int two = reader.next(Packet.PUBLISH).id();
        reader.send(reader.make.acknowledge(Packet.PUBREC, two));
        reader.next(Packet.PUBREL, two);

        killAndStart(0);

        reader = connect("reader", true);
        Packet first = reader.next();
        Packet second = reader.next();
        Packet again = first.type() == Packet.PUBLISH ? first : second;
        Packet release = again == first ? second : first;
        assertThat(again.type()).isEqualTo(Packet.PUBLISH);
        assertThat(again.id()).isEqualTo(one);
        assertThat(again.dup()).isTrue();
        assertThat(again.text()).isEqualTo("one");
        assertThat(release.type()).as("released, not published again").isEqualTo(Packet.PUBREL);
        assertThat(release.id()).isEqualTo(two);
        reader.send(reader.make.acknowledge(Packet.PUBCOMP, two));
        reader.send(reader.make.acknowledge(Packet.PUBREC, one));
        reader.next(Packet.PUBREL, one);
        reader.send(reader.make.acknowledge(Packet.PUBCOMP, one));
        reader.quiet();

        killAndStart(0);
        reader = connect("reader", true);
        reader.send(ClientBytes.PINGREQ);
        // The last acknowledgements may have been on their way; the messages do not come again.
        for (Packet packet = reader.next(); packet.type() != Packet.PINGRESP; packet = reader.next()) {
            assertThat(packet.type())
                    .as("after the end of the handshake: " + packet)
                    .isEqualTo(Packet.PUBREL);
        }
    }

    @Test
    void timesGoOnWhileTheNodeIsDown() throws Exception {
        Wire watcher = connect("watcher", false);
        watcher.subscribe("will/#", 1);
        watcher.disconnect();
        Wire reader = connect("reader", false);
        reader.subscribe("mail", 1);
        reader.disconnect();
        Wire writer = connect("writer", false);
        writer.publish("mail", "short", 1, Prop.messageExpiry(2));
        writer.publish("mail", "long", 1, Prop.messageExpiry(500));
        connect(client("brief", 2), "brief", false).disconnect();
        connect(client("lasting", 500), "lasting", false).disconnect();
        connect(client("dead", 500).will("will/dead", "w", 1, false, Prop.willDelay(4)), "dead", false)
                .drop();
        connect(client("alive", 500).will("will/alive", "w", 1, false, Prop.willDelay(60)), "alive", false)
                .drop();
        writer.quiet();
        for (String each : List.of("brief", "lasting", "dead", "alive")) {
            Waiting.until("the end of " + each + " is recorded", () -> node.isAway(each));
        }

        killAndStart(2_500);

        connect("alive", true);
        connect(client("brief", 500), "brief", false);
        connect(client("lasting", 500), "lasting", true);
        reader = connect("reader", true);
        Packet message = reader.receive("mail", "long", 1);
        assertThat(message.number(Prop.MESSAGE_EXPIRY, 0)).isBetween(400L, 498L);
        reader.quiet();
        watcher = connect("watcher", true);
        watcher.receive("will/dead", "w", 1);
        watcher.quiet();
    }
}
