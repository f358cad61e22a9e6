package io.covey.wire;

import static io.covey.wire.TestClient.connectPacket;
import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.ProtocolVersion;
import io.covey.wire.ConnectionGate.Limits;
import io.covey.wire.ConnectionGate.Refusal;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which connections a node takes [I7]. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConnectionGateTest {
    private static final ListenerSettings TCP = ListenerSettings.tcp("tcp", WireFixture.HOST, 0);
    private static final ListenerSettings WS = ListenerSettings.webSocket("ws", WireFixture.HOST, 0);

    private final BlockingQueue<String> refused = new LinkedBlockingQueue<>();
    private long nanos = 7;

    private ConnectionGate gate(Limits limits) {
        ConnectionGate.Observer observer = new ConnectionGate.Observer() {
            @Override
            public void refused(String listener, Refusal reason) {
                refused.add(listener + " " + reason);
            }

            @Override
            public void closed(String listener, ConnectionGate.Slowness reason) {
                throw new AssertionError("nobody is slow here");
            }
        };
        return new ConnectionGate(limits, observer, () -> nanos);
    }

    private static Limits limits(int connections, int perSecond, int halfOpen) {
        return new Limits(connections, perSecond, halfOpen, Long.MAX_VALUE, 60);
    }

    @Test
    void connectionsOfAllListenersAreCountedTogether() throws Exception {
        ConnectionGate gate = gate(limits(2, 1_000, 100));
        try (WireFixture fixture = new WireFixture(new FakeBroker(), 2, gate, TCP, WS);
                TestClient first = fixture.connect()) {
            FakeBroker.Client accepted = fixture.broker.accepted();
            try (TestClient upgrading = new TestClient(fixture.listeners.port("ws"))) {
                while (gate.connections() < 2) {
                    accepted.runAndWait(() -> {});
                }
                try (TestClient beyond = fixture.connect()) {
                    assertThat(beyond.receiveAll()).isEmpty();
                }
                assertThat(refused.poll(FakeBroker.PATIENCE_SECONDS, TimeUnit.SECONDS))
                        .isEqualTo("tcp CONNECTIONS");
                assertThat(upgrading.socket.isClosed()).isFalse();
            }
            first.send(connectPacket(ProtocolVersion.V5));
            accepted.event();
            while (gate.connections() > 1) {
                accepted.runAndWait(() -> {});
            }
            try (TestClient second = fixture.connect()) {
                second.send(connectPacket(ProtocolVersion.V5));
                fixture.broker.accepted().event();
            }
        }
        assertThat(gate.connections()).isZero();
        assertThat(gate.halfOpen()).isZero();
    }

    @Test
    void whoeverDoesNotSendConnectTakesNoPlaceOfThoseWhoDo() throws Exception {
        ConnectionGate gate = gate(limits(100, 1_000, 1));
        try (WireFixture fixture = new WireFixture(new FakeBroker(), 1, gate, TCP);
                TestClient silent = fixture.connect()) {
            FakeBroker.Client accepted = fixture.broker.accepted();
            try (TestClient beyond = fixture.connect()) {
                assertThat(beyond.receiveAll()).isEmpty();
            }
            assertThat(refused.poll(FakeBroker.PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .isEqualTo("tcp HALF_OPEN");

            silent.send(connectPacket(ProtocolVersion.V5));
            accepted.event();
            assertThat(gate.halfOpen()).isZero();
            try (TestClient next = fixture.connect()) {
                next.send(connectPacket(ProtocolVersion.V5));
                fixture.broker.accepted().event();
                assertThat(gate.connections()).isEqualTo(2);
            }
        }
        assertThat(gate.connections()).isZero();
    }

    @Test
    void aSecondHasItsNumberOfConnectionsAtOnceOrSpreadOut() {
        ConnectionGate gate = gate(limits(1_000, 10, 1_000));
        for (int i = 0; i < 10; i++) {
            assertThat(gate.enter("tcp")).isNull();
        }
        assertThat(gate.enter("tcp")).isEqualTo(Refusal.RATE);
        assertThat(gate.connections()).isEqualTo(10);
        assertThat(gate.halfOpen()).isEqualTo(10);

        nanos += TimeUnit.MILLISECONDS.toNanos(200);
        assertThat(gate.enter("tcp")).isNull();
        assertThat(gate.enter("tcp")).isNull();
        assertThat(gate.enter("tcp")).isEqualTo(Refusal.RATE);

        nanos += TimeUnit.SECONDS.toNanos(60);
        int taken = 0;
        while (gate.enter("tcp") == null) {
            taken++;
        }
        assertThat(taken).as("time without connections is not saved up").isEqualTo(10);
        assertThat(List.copyOf(refused)).hasSize(3).containsOnly("tcp RATE");
    }
}
