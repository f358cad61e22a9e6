package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.covey.testkit.LoopbackPorts;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A node on a small file system of its own that something else fills to the last byte, or that is read-only. Skipped where none can be mounted. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
@BesideOthers
class FullDiskTest {
    private static final int QUOTA_EXCEEDED = 0x97;
    private static final List<String> SMALL_RESERVE = List.of("storage.reserve=" + (8 << 20));

    private final List<Wire> open = new ArrayList<>();
    private int[] ports = {};
    private Path mount = Path.of("");
    private boolean mounted;
    private NodeProcess node;

    @BeforeEach
    void mountSmallDisk() throws Exception {
        ports = LoopbackPorts.free(2);
        mount = NodeProcess.newData("small");
        mounted = run("mount", "-t", "tmpfs", "-o", "size=96m", "covey-test", mount.toString()) == 0;
        assumeTrue(mounted, "no file system can be mounted here; that needs root");
    }

    @AfterEach
    void unmount() throws Exception {
        for (Wire wire : open) {
            wire.close();
        }
        if (node != null) {
            node.kill();
        }
        if (mounted) {
            assertThat(run("umount", mount.toString())).isZero();
        }
    }

    private static int run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    private void start() throws Exception {
        node = NodeProcess.start("small", ports[0], ports[1], mount.resolve("data"), SMALL_RESERVE);
        node.awaitReady();
    }

    private Wire connect(Mqtt mqtt, String clientId, boolean persistent, boolean present) throws IOException {
        Wire wire = new Wire(new InetSocketAddress("127.0.0.1", node.mqttPort()), mqtt, clientId, false);
        open.add(wire);
        ConnectBytes connect = new ConnectBytes(mqtt, clientId);
        wire.send((persistent ? connect.persistent() : connect).bytes());
        Packet connack = wire.next(Packet.CONNACK);
        assertThat(connack.code()).isZero();
        assertThat(connack.sessionPresent()).isEqualTo(present);
        return wire;
    }

    private void fillTheDisk() throws IOException {
        byte[] piece = new byte[64 << 10];
        try (OutputStream filler = Files.newOutputStream(mount.resolve("filler"))) {
            while (true) {
                filler.write(piece);
            }
        } catch (IOException noSpace) {
            assertThat(noSpace).hasMessageContaining("No space left");
        }
    }

    /** The Reason Code of the answer to a publish, or 0 where it was taken. */
    private static int publish(Wire wire, int qos) throws IOException {
        int id = wire.nextId();
        wire.send(wire.make.publish("more/" + qos, "m", qos, id));
        Packet answer = wire.answer(qos == 1 ? Packet.PUBACK : Packet.PUBREC);
        if (answer.code() >= 0x80) {
            return answer.code();
        }
        if (qos == 2) {
            wire.send(wire.make.acknowledge(Packet.PUBREL, id));
            wire.answer(Packet.PUBCOMP);
        }
        return 0;
    }

    private static void until(int code, Wire wire) throws InterruptedException {
        Waiting.untilDone("answered with " + code, () -> {
            if (publish(wire, 1) != code) {
                throw new IOException("not yet");
            }
        });
    }

    @Test
    void newMessagesAreRefusedWhatIsThereIsServedAndItRecoversByItself() throws Exception {
        start();
        Wire reader = connect(Mqtt.V5, "reader", true, false);
        reader.subscribe("news/#", 2);
        reader.disconnect();
        Wire writer = connect(Mqtt.V5, "writer", false, false);
        for (int i = 0; i < 300; i++) {
            writer.publish("news/" + i, "n" + i, 1 + i % 2);
        }
        writer.retain("kept/topic", "kept", 1);

        fillTheDisk();

        until(QUOTA_EXCEEDED, writer);
        assertThat(node.get("/health/ready")).contains("the disk of a node is full");
        assertThat(publish(writer, 2)).isEqualTo(QUOTA_EXCEEDED);
        Wire old = connect(Mqtt.V311, "old", false, false);
        old.send(old.make.publish("more/1", "m", 1, old.nextId()));
        old.closed();

        reader = connect(Mqtt.V5, "reader", true, true);
        for (int i = 0; i < 300; i++) {
            reader.receive("news/" + i, "n" + i, 1 + i % 2);
        }
        reader.subscribe("kept/#", 0);
        assertThat(reader.next(Packet.PUBLISH).text()).isEqualTo("kept");
        reader.quiet();
        writer.quiet();
        assertThat(publish(writer, 1)).as("still full").isEqualTo(QUOTA_EXCEEDED);

        Files.delete(mount.resolve("filler"));
        until(0, writer);
        assertThat(node.get("/health/ready")).doesNotContain("is full");
        writer.publish("news/last", "last", 2);
        reader.receive("news/last", "last", 2);
        reader.disconnect();
        writer.publish("news/queued", "queued", 1);
        node.kill();
        start();
        connect(Mqtt.V5, "reader", true, true).receive("news/queued", "queued", 1);
    }

    @Test
    void aReadOnlyFileSystemEndsTheStartWithOneLine() throws Exception {
        start();
        node.kill();
        assertThat(run("mount", "-o", "remount,ro", mount.toString())).isZero();

        node = NodeProcess.start("small", ports[0], ports[1], mount.resolve("data"), SMALL_RESERVE);

        assertThat(node.awaitEnd()).isEqualTo(2);
        assertThat(node.log())
                .contains("covey: storage.directory: cannot write to " + mount.resolve("data")
                        + ": Read-only file system")
                .doesNotContain("\tat ");
    }
}
