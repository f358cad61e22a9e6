package io.covey.wire;

import static io.covey.wire.TestClient.connectPacket;
import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.Properties;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.Publish;
import io.covey.protocol.QoS;
import io.covey.protocol.Subscribe;
import io.covey.protocol.SubscriptionRequest;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A whole broker's worth of wire: many connections, several loops, both directions. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FanOutTest {
    private static final int MESSAGES = 2_000;

    @Test
    void messagesReachReceiversOnAllLoopsInOrder() throws Exception {
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2));
        VertxLoops loops = WireFixture.await(VertxLoops.deploy(vertx, 2, 0));
        MqttListeners listeners = WireFixture.await(MqttListeners.open(
                loops, List.of(ListenerSettings.tcp("tcp", WireFixture.HOST, 0)), new EchoBroker(loops.loops())));
        List<TestClient> receivers = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            TestClient receiver = new TestClient(listeners.port("tcp"));
            receivers.add(receiver);
            receiver.send(
                    connectPacket(ProtocolVersion.V5),
                    new Subscribe(
                            1,
                            Properties.EMPTY,
                            List.of(new SubscriptionRequest("t", QoS.AT_LEAST_ONCE, false, false, 0))));
            receiver.receive();
            receiver.receive();
        }
        try (TestClient publisher = new TestClient(listeners.port("tcp"))) {
            publisher.send(connectPacket(ProtocolVersion.V5));
            publisher.receive();
            for (int i = 1; i <= MESSAGES; i++) {
                byte[] payload = {(byte) (i >> 8), (byte) i};
                publisher.send(new Publish(false, QoS.AT_LEAST_ONCE, false, "t", i, Properties.EMPTY, payload));
            }

            for (TestClient receiver : receivers) {
                for (int i = 1; i <= MESSAGES; i++) {
                    Publish publish = (Publish) receiver.receive();
                    assertThat(publish.payload()).containsExactly(i >> 8, i & 0xFF);
                    assertThat(publish.packetId()).isEqualTo(i);
                }
                receiver.close();
            }
        }
        WireFixture.await(listeners.close(Duration.ZERO));
        WireFixture.await(vertx.close());
    }
}
