package io.covey.wire;

import static io.covey.wire.TestClient.connectPacket;
import static io.covey.wire.TestClient.encode;
import static io.covey.wire.TestClient.publish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.covey.protocol.ConnAck;
import io.covey.protocol.PingReq;
import io.covey.protocol.PingResp;
import io.covey.protocol.Properties;
import io.covey.protocol.Property;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.Publish;
import io.covey.protocol.QoS;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.mqtt.MqttEndpoint;
import io.vertx.mqtt.MqttServer;
import io.vertx.mqtt.MqttServerOptions;
import io.vertx.mqtt.messages.MqttAuthenticationExchangeMessage;
import io.vertx.mqtt.messages.codes.MqttAuthenticateReasonCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What vertx-mqtt does without the takeover: the reasons of ADR 0002, each corrected in the test named beside it. A failure here after an
 * update is good news, and a reason to look at that ADR again.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class VertxMqttFaultsTest {
    private final Vertx vertx = Vertx.vertx();

    @AfterEach
    void close() throws Exception {
        WireFixture.await(vertx.close());
    }

    private TestClient connect(Handler<MqttEndpoint> handler) throws Exception {
        return connect(ProtocolVersion.V5, handler);
    }

    private TestClient connect(ProtocolVersion version, Handler<MqttEndpoint> handler) throws Exception {
        MqttServerOptions options = new MqttServerOptions().setMaxMessageSize(1 << 20);
        MqttServer server =
                MqttServer.create(vertx, options).endpointHandler(handler).exceptionHandler(failure -> {});
        return new TestClient(
                WireFixture.await(server.listen(0, WireFixture.HOST)).actualPort(), version);
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

            assertThat(payload.get(FakeBroker.PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .hasSizeGreaterThan(sent.length);
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("TcpTest.illegalPacketsAreRefusedWithTheirReason")
    void illegalPacketsAreAccepted(IllegalPacket illegal) throws Exception {
        try (TestClient client = connect(illegal.version(), endpoint -> endpoint.accept(false))) {
            client.send(
                    illegal.isConnect()
                            ? illegal.bytes
                            : encode(ProtocolVersion.V5, connectPacket(ProtocolVersion.V5)));
            assertThat(client.receive()).isInstanceOf(ConnAck.class);
            client.send(illegal.isConnect() ? new byte[0] : illegal.bytes);

            client.send(new PingReq());

            assertThat(client.receive()).isEqualTo(new PingResp());
        }
    }

    @Test
    @DisplayName("TcpTest.aSecondConnectReachesTheBroker")
    void aSecondConnectIsNotAnswered() throws Exception {
        try (TestClient client = connect(endpoint -> endpoint.accept(false))) {
            client.send(connectPacket(ProtocolVersion.V5));
            assertThat(client.receive()).isInstanceOf(ConnAck.class);

            client.send(connectPacket(ProtocolVersion.V5));

            assertThatThrownBy(client::receive).isInstanceOf(IOException.class);
        }
    }

    @Test
    @DisplayName("TcpTest.authGoesBothWaysBeforeConnack")
    void authBeforeConnackIsImpossible() throws Exception {
        CompletableFuture<Throwable> failure = new CompletableFuture<>();
        try (TestClient client = connect(endpoint -> {
            try {
                endpoint.authenticationExchange(MqttAuthenticationExchangeMessage.create(
                        MqttAuthenticateReasonCode.CONTINUE_AUTHENTICATION, MqttProperties.NO_PROPERTIES));
                failure.complete(null);
            } catch (RuntimeException refused) {
                failure.complete(refused);
            }
        })) {
            client.send(connectPacket(ProtocolVersion.V5));

            assertThat(failure.get(FakeBroker.PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .hasMessageContaining("not accepted");
        }
    }
}
