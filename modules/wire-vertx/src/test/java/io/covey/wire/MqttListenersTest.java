package io.covey.wire;

import static io.covey.wire.TestClient.connectPacket;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.covey.protocol.Connect;
import io.covey.protocol.PingReq;
import io.covey.protocol.ProtocolVersion;
import io.covey.testkit.LoopbackPorts;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MqttListenersTest {
    private static final ListenerSettings TCP = ListenerSettings.tcp("tcp", WireFixture.HOST, 0);

    @Test
    void aPortInUseNamesListenerAndAddress() throws Exception {
        Vertx vertx = Vertx.vertx();
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getByName(WireFixture.HOST))) {
            int freePort = LoopbackPorts.free(1)[0];
            ListenerSettings good = ListenerSettings.tcp("good", WireFixture.HOST, freePort);
            ListenerSettings bad = ListenerSettings.tcp("bad", WireFixture.HOST, other.getLocalPort());
            VertxLoops loops = WireFixture.await(VertxLoops.deploy(vertx, 2, 0));

            assertThatThrownBy(() -> WireFixture.await(MqttListeners.open(loops, List.of(good, bad), new FakeBroker())))
                    .isInstanceOfSatisfying(ListenerFailure.class, failure -> {
                        assertThat(failure.listener()).isEqualTo("bad");
                        assertThat(failure.address()).isEqualTo("127.0.0.1:" + other.getLocalPort());
                    })
                    .hasMessageStartingWith(
                            "listeners.bad.port: cannot listen on 127.0.0.1:" + other.getLocalPort() + ": ")
                    .hasMessageContaining("in use");
            assertThatThrownBy(() -> new Socket(WireFixture.HOST, freePort)).isInstanceOf(IOException.class);
        } finally {
            WireFixture.await(vertx.close());
        }
    }

    @Test
    void twoListenersOfOneNameAreRefused() throws Exception {
        Vertx vertx = Vertx.vertx();
        VertxLoops loops = WireFixture.await(VertxLoops.deploy(vertx, 1, 0));

        assertThatThrownBy(() -> WireFixture.await(MqttListeners.open(loops, List.of(TCP, TCP), new FakeBroker())))
                .hasMessage("two listeners are named tcp");

        WireFixture.await(vertx.close());
    }

    @Test
    void connectionsAreDealtToTheShardsInTurn() throws Exception {
        try (WireFixture fixture = new WireFixture(new FakeBroker(), 3, TCP)) {
            List<TestClient> clients = new ArrayList<>();
            int[] byShard = new int[3];
            for (int i = 0; i < 12; i++) {
                TestClient client = fixture.connect();
                clients.add(client);
                client.send(connectPacket(ProtocolVersion.V5));
                FakeBroker.Client accepted = fixture.broker.accepted();
                byShard[accepted.shard]++;
                assertThat(accepted.event()).isInstanceOf(Connect.class); // else it came on a foreign thread
                accepted.runAndWait(() -> assertThat(Thread.currentThread()).isSameAs(accepted.thread));
            }

            assertThat(byShard).containsExactly(4, 4, 4);
            assertThat(fixture.listeners.connections("tcp")).isEqualTo(12);
            for (TestClient client : clients) {
                client.close();
            }
        }
    }

    @Test
    void connectionsBeyondTheLimitAreClosed() throws Exception {
        try (WireFixture fixture = new WireFixture(
                        new FakeBroker(), 1, TCP.with(ListenerSettings.Limits.DEFAULT.withConnectionsMax(1)));
                TestClient first = fixture.connect()) {
            FakeBroker.Client accepted = fixture.broker.accepted();
            try (TestClient second = fixture.connect()) {
                assertThat(second.receiveAll()).isEmpty();
            }
            assertThat(fixture.listeners.refused("tcp")).isEqualTo(1);
            assertThat(fixture.listeners.connections("tcp")).isEqualTo(1);
            assertThat(fixture.broker.hasAccepted()).isFalse();

            first.socket.close();
            assertThat(accepted.event()).isEqualTo("lost");
            accepted.runAndWait(() -> {});
            try (TestClient third = fixture.connect()) {
                third.send(connectPacket(ProtocolVersion.V5));
                assertThat(fixture.broker.accepted().event()).isInstanceOf(Connect.class);
            }
        }
    }

    @Test
    void closingStopsAcceptingAtOnceAndWaitsForConnections() throws Exception {
        try (WireFixture fixture = new WireFixture(new FakeBroker(), 2, TCP)) {
            TestClient client = fixture.connect();
            FakeBroker.Client accepted = fixture.broker.accepted();
            int port = fixture.listeners.port("tcp");

            Future<Void> closed = fixture.listeners.close(Duration.ofSeconds(60));
            client.send(connectPacket(ProtocolVersion.V5));
            assertThat(accepted.event()).isInstanceOf(Connect.class);
            while (true) {
                try {
                    new Socket(WireFixture.HOST, port).close(); // accepted just before, and perhaps served
                } catch (IOException refused) {
                    break;
                }
            }
            client.send(new PingReq());
            assertThat(accepted.event()).isEqualTo(new PingReq());
            assertThat(closed.isComplete()).isFalse();

            client.close();
            WireFixture.await(closed);
            assertThat(accepted.event()).isEqualTo("lost");
        }
    }

    @Test
    void closingWithoutPatienceClosesTheConnections() throws Exception {
        try (WireFixture fixture = new WireFixture(new FakeBroker(), 2, TCP);
                TestClient client = fixture.connect()) {
            FakeBroker.Client accepted = fixture.broker.accepted();

            WireFixture.await(fixture.listeners.close(Duration.ZERO));

            assertThat(accepted.event()).isEqualTo("lost");
            assertThat(client.receiveAll()).isEmpty();
        }
    }

    @Test
    void nonsenseInSettingsIsRefused() {
        assertThatThrownBy(() -> ListenerSettings.tcp("x", "h", 65_536)).hasMessageContaining("port 65536");
        assertThatThrownBy(() -> ListenerSettings.Limits.DEFAULT.withConnectionsMax(0))
                .hasMessageContaining("limit");
        assertThatThrownBy(() -> ListenerSettings.Limits.DEFAULT.withPackets(1, 2, 0))
                .hasMessageContaining("limit");
        assertThatThrownBy(() -> ListenerSettings.Limits.DEFAULT.withWriteHighBytes(1))
                .hasMessageContaining("limit");
    }
}
