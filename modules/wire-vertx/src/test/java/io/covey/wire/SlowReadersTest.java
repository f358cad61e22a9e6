package io.covey.wire;

import static io.covey.wire.TestClient.connectPacket;
import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.Message;
import io.covey.protocol.Properties;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.Publish;
import io.covey.protocol.QoS;
import io.covey.wire.ConnectionGate.Limits;
import io.covey.wire.ConnectionGate.Refusal;
import io.covey.wire.ConnectionGate.Slowness;
import io.netty.channel.ChannelOption;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that do not read: they cost bounded memory, and nothing to those who do [I7]. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SlowReadersTest {
    private static final int HIGH_BYTES = 16 << 10;
    private static final int PAYLOAD_BYTES = 1_000;
    private static final int[] NO_IDS = {};

    /** What may wait for one client: the mark, what is collected before a flush, and the packet that passes it. */
    private static final long PER_CLIENT_MAX = HIGH_BYTES + Outbox.FLUSH_BYTES + PAYLOAD_BYTES + 100;

    private final BlockingQueue<Slowness> closed = new LinkedBlockingQueue<>();
    private final List<Socket> sockets = new ArrayList<>();
    private final List<FakeBroker.Client> stalled = new ArrayList<>();
    private volatile long nanos = 1;

    private ConnectionGate gate(long outputBytesMax) {
        Limits limits = new Limits(10_000, 100_000, 10_000, outputBytesMax, 60);
        ConnectionGate.Observer observer = new ConnectionGate.Observer() {
            @Override
            public void refused(String listener, Refusal reason) {
                throw new AssertionError("refused: " + reason);
            }

            @Override
            public void closed(String listener, Slowness reason) {
                closed.add(reason);
            }
        };
        return new ConnectionGate(limits, observer, () -> nanos);
    }

    private static WireFixture fixture(ConnectionGate gate) throws Exception {
        ListenerSettings settings = ListenerSettings.tcp("tcp", WireFixture.HOST, 0)
                .with(ListenerSettings.Limits.DEFAULT.withWriteHighBytes(HIGH_BYTES));
        return new WireFixture(new FakeBroker(), 1, gate, settings);
    }

    @AfterEach
    void closeSockets() throws Exception {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    /** Clients that connect and then take nothing but what fits into the smallest window of the system. */
    private void stall(WireFixture fixture, int clients) throws Exception {
        byte[] connect = TestClient.encode(ProtocolVersion.V5, connectPacket(ProtocolVersion.V5));
        for (int i = 0; i < clients; i++) {
            Socket socket = new Socket();
            sockets.add(socket);
            socket.setReceiveBufferSize(1 << 10);
            socket.connect(new InetSocketAddress(WireFixture.HOST, fixture.listeners.port("tcp")));
            socket.getOutputStream().write(connect);
            FakeBroker.Client server = fixture.broker.accepted();
            server.event();
            // Else the system takes more than a megabyte for each before anything waits here.
            ((MqttChannel) server.wire).channel().config().setOption(ChannelOption.SO_SNDBUF, 1 << 12);
            stalled.add(server);
        }
    }

    private static Message message(int number) {
        byte[] payload = new byte[PAYLOAD_BYTES];
        payload[0] = (byte) number;
        return new Message("t", payload, QoS.AT_MOST_ONCE, false, Properties.EMPTY, 0, Message.NEVER);
    }

    private static boolean publish(FakeBroker.Client to, Message message) {
        if (!to.wire.isWritable()) {
            return false; // the broker drops QoS 0 here, and counts it
        }
        if (!((MqttChannel) to.wire).channel().isActive()) {
            return false; // closed by a sweep; the broker was told, and publishes no more to it
        }
        to.wire.sendPublish(message, 0, QoS.AT_MOST_ONCE, false, false, NO_IDS, 0);
        return true;
    }

    /** Publishes to all until none takes more. */
    private void fill() throws Exception {
        FakeBroker.Client any = stalled.get(0);
        boolean[] taken = {true};
        for (int i = 0; taken[0]; i++) {
            Message message = message(i);
            taken[0] = false;
            any.runAndWait(() -> {
                for (FakeBroker.Client client : stalled) {
                    taken[0] |= publish(client, message);
                }
            });
        }
    }

    private static long pending(FakeBroker.Client client) {
        return ((MqttChannel) client.wire).pendingBytes();
    }

    private static void awaitSweep(FakeBroker.Client any) throws Exception {
        for (int i = 0; i < 3; i++) {
            TimeUnit.MILLISECONDS.sleep(
                    100); // a sweep is due in this time; what is asserted after it must hold at any time
            any.runAndWait(() -> {});
        }
    }

    @Test
    @DisplayName("I7: a thousand clients that do not read hold bounded memory, and others get everything meanwhile")
    void manyStalledReadersHoldBoundedMemoryAndSlowNobody() throws Exception {
        int clients = 1_000;
        ConnectionGate gate = gate(clients * PER_CLIENT_MAX);
        try (WireFixture fixture = fixture(gate);
                TestClient reader = fixture.connect()) {
            FakeBroker.Client healthy = fixture.broker.accepted();
            reader.send(connectPacket(ProtocolVersion.V5));
            healthy.event();
            stall(fixture, clients);
            fill();

            long[] sum = new long[1];
            healthy.runAndWait(() -> {
                for (FakeBroker.Client client : stalled) {
                    assertThat(pending(client)).isBetween(1L, PER_CLIENT_MAX);
                    sum[0] += pending(client);
                }
            });
            assertThat(sum[0]).isLessThanOrEqualTo(clients * PER_CLIENT_MAX);
            for (int i = 0; i < 2_000; i++) {
                Message message = message(i);
                healthy.runAndWait(() -> {
                    for (FakeBroker.Client client : stalled) {
                        publish(client, message);
                    }
                    assertThat(publish(healthy, message)).isTrue();
                });
                assertThat(((Publish) reader.receive()).payload()[0]).isEqualTo((byte) i);
            }

            awaitSweep(healthy);
            assertThat(gate.outputBytes()).isBetween(sum[0] / 2, clients * PER_CLIENT_MAX);
            assertThat(closed).isEmpty();
        }
    }

    @Test
    @DisplayName("I7: beyond the node's limit those are closed that have waited longest")
    void stalledReadersAreClosedWhereTheNodeHasNoMoreMemoryForThem() throws Exception {
        long max = 10 * HIGH_BYTES;
        ConnectionGate gate = gate(max);
        try (WireFixture fixture = fixture(gate)) {
            stall(fixture, 30);
            fill();
            while (gate.outputBytes() > max || closed.isEmpty()) {
                awaitSweep(stalled.get(0));
            }

            stalled.get(0)
                    .runAndWait(
                            () -> { // on the loop, which sweeps: not in the midst of that
                                assertThat(closed).containsOnly(Slowness.MEMORY).hasSizeBetween(1, 29);
                                long open = stalled.stream()
                                        .filter(client -> pending(client) > 0)
                                        .count();
                                assertThat(open).isEqualTo(30 - closed.size());
                            });
        }
        assertThat(gate.connections()).isZero();
    }

    @Test
    void aClientThatTakesNothingForTooLongIsClosed() throws Exception {
        ConnectionGate gate = gate(Long.MAX_VALUE);
        try (WireFixture fixture = fixture(gate)) {
            stall(fixture, 2);
            fill();
            FakeBroker.Client reads = stalled.get(1);
            while (gate.outputBytes() < pending(stalled.get(0)) + pending(reads)) {
                awaitSweep(reads);
            }
            nanos += TimeUnit.SECONDS.toNanos(59);
            awaitSweep(reads);
            assertThat(closed).isEmpty();

            long before = pending(reads);
            while (pending(reads) >= before) {
                sockets.get(1).getInputStream().readNBytes(4 << 10);
            }
            awaitSweep(reads);
            nanos += TimeUnit.SECONDS.toNanos(1);

            assertThat(closed.poll(FakeBroker.PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .isEqualTo(Slowness.TIMEOUT);
            assertThat(stalled.get(0).event()).isEqualTo("unwritable");
            assertThat(stalled.get(0).event()).isEqualTo("lost");
            awaitSweep(reads);
            assertThat(closed).isEmpty();
        }
    }
}
