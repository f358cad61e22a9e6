package io.covey.wire;

import static io.covey.wire.TestClient.connectPacket;
import static io.covey.wire.TestClient.publish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.covey.protocol.ConnAck;
import io.covey.protocol.Properties;
import io.covey.protocol.Property;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.Publish;
import io.covey.protocol.QoS;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.mqtt.MqttEndpoint;
import io.vertx.mqtt.MqttServer;
import io.vertx.mqtt.MqttServerOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What vertx-mqtt does without the takeover: the reasons of ADR 0002, each corrected in the test named beside it. A failure here after an
 * update is good news, and a reason to look at that ADR again.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class VertxMqttFaultsTest {
    private final Vertx vertx = Vertx.vertx();

    @AfterEach
    void close() throws Exception {
        WireFixture.await(vertx.close());
    }

    private TestClient connect(Handler<MqttEndpoint> handler) throws Exception {
        MqttServerOptions options = new MqttServerOptions().setMaxMessageSize(1 << 20);
        MqttServer server =
                MqttServer.create(vertx, options).endpointHandler(handler).exceptionHandler(failure -> {});
        return new TestClient(
                WireFixture.await(server.listen(0, WireFixture.HOST)).actualPort());
    }

    @Test
    @DisplayName("TcpTest.packetsBeforeConnackReachTheBroker")
    void aPacketBeforeAcceptClosesTheConnection() throws Exception {
        try (TestClient client = connect(endpoint -> {})) {
            client.send(connectPacket(ProtocolVersion.V5), publish("a", new byte[1]));

            assertThat(client.receiveAll()).isEmpty();
        }
    }

    @Test
    @DisplayName("TcpTest.malformedPacketIsAnsweredWithItsReason")
    void aMalformedPacketIsNotAnswered() throws Exception {
        try (TestClient client = connect(endpoint -> endpoint.accept(false))) {
            client.send(connectPacket(ProtocolVersion.V5));
            assertThat(client.receive()).isInstanceOf(ConnAck.class);

            client.send(new byte[] {0x36, 0x02, 0x00, 0x00});

            assertThatThrownBy(client::receive).isInstanceOf(IOException.class);
        }
    }

    @Test
    @DisplayName("TcpTest.longPropertiesThatEndInTwoBytesDoNotLeakIntoThePayload")
    void longPropertiesLeakIntoThePayload() throws Exception {
        CompletableFuture<byte[]> payload = new CompletableFuture<>();
        Properties properties = Properties.builder()
                .addUserProperty("k", "v".repeat(200))
                .add(Property.PAYLOAD_FORMAT_INDICATOR, 1)
                .build();
        byte[] sent = "payload".getBytes(StandardCharsets.UTF_8);
        try (TestClient client = connect(endpoint -> endpoint.publishHandler(
                        message -> payload.complete(message.payload().getBytes()))
                .accept(false))) {
            client.send(connectPacket(ProtocolVersion.V5));
            assertThat(client.receive()).isInstanceOf(ConnAck.class);

            client.send(new Publish(false, QoS.AT_MOST_ONCE, false, "a", 0, properties, sent));

            assertThat(payload.get(10, TimeUnit.SECONDS)).hasSizeGreaterThan(sent.length);
        }
    }

    @Test
    @DisplayName("protocol.PacketCases")
    void nulInATopicIsAccepted() throws Exception {
        CompletableFuture<String> topic = new CompletableFuture<>();
        try (TestClient client =
                connect(endpoint -> endpoint.publishHandler(message -> topic.complete(message.topicName()))
                        .accept(false))) {
            client.send(connectPacket(ProtocolVersion.V5));
            assertThat(client.receive()).isInstanceOf(ConnAck.class);

            client.send(publish("a\0b", new byte[0]));

            assertThat(topic.get(10, TimeUnit.SECONDS)).isEqualTo("a\0b");
        }
    }
}
