package io.covey.wire;

import static io.covey.wire.TestClient.connectPacket;
import static io.covey.wire.TestClient.encode;
import static io.covey.wire.TestClient.publish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.covey.broker.ShardLoop;
import io.covey.protocol.Auth;
import io.covey.protocol.ConnAck;
import io.covey.protocol.Connect;
import io.covey.protocol.Disconnect;
import io.covey.protocol.PacketType;
import io.covey.protocol.PingReq;
import io.covey.protocol.PingResp;
import io.covey.protocol.Properties;
import io.covey.protocol.Property;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.ProtocolViolation;
import io.covey.protocol.PubRec;
import io.covey.protocol.Publish;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What vertx-mqtt by itself gets wrong on the way in, and what MqttChannel makes of it. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TcpTest {
    private static final byte[] PAYLOAD = "payload".getBytes(StandardCharsets.UTF_8);

    private WireFixture fixture;
    private TestClient client;
    private FakeBroker.Client server;

    @BeforeEach
    void connect() throws Exception {
        fixture = WireFixture.tcp(new FakeBroker());
        client = fixture.connect();
        server = fixture.broker.accepted();
    }

    @AfterEach
    void close() throws Exception {
        client.close();
        fixture.close();
    }

    @Test
    @DisplayName("packets that come before CONNACK reach the broker in order [MQTT-3.1.4-6]")
    void packetsBeforeConnackReachTheBroker() throws Exception {
        Connect connect = connectPacket(ProtocolVersion.V5);
        Publish first = publish("a", PAYLOAD);
        Publish second = publish("b", PAYLOAD);

        client.send(connect, first);
        client.send(second, new PingReq());

        assertThat(server.event()).isEqualTo(connect);
        assertThat(((Publish) server.event()).topic()).isEqualTo("a");
        assertThat(((Publish) server.event()).topic()).isEqualTo("b");
        assertThat(server.event()).isEqualTo(new PingReq());

        server.run(() -> server.wire.send(new ConnAck(false, ReasonCode.SUCCESS, Properties.EMPTY)));

        assertThat(client.receive()).isEqualTo(new ConnAck(false, ReasonCode.SUCCESS, Properties.EMPTY));
    }

    @Test
    @DisplayName("a malformed packet is told once and can be answered with its reason [MQTT-4.13.1-1]")
    void malformedPacketIsAnsweredWithItsReason() throws Exception {
        client.send(connectPacket(ProtocolVersion.V5));
        client.send(new byte[] {0x36, 0x02, 0x00, 0x00}); // QoS 3 [MQTT-3.3.1-4]
        client.send(publish("late", PAYLOAD));

        server.event();
        ProtocolViolation violation = (ProtocolViolation) server.event();
        assertThat(violation.reason()).isEqualTo(ReasonCode.MALFORMED_PACKET);

        Disconnect disconnect = new Disconnect(violation.reason(), Properties.EMPTY);
        server.run(() -> {
            server.wire.send(disconnect);
            server.wire.close();
        });

        assertThat(client.receive()).isEqualTo(disconnect);
        assertThat(client.receiveAll()).isEmpty();
        client.close();
        assertThat(server.event()).isEqualTo("lost");
        assertThat(server.events).isEmpty();
    }

    @Test
    @DisplayName("the reason of a DISCONNECT arrives although the client is still sending")
    void reasonArrivesWhileTheClientIsSending() throws Exception {
        client.send(connectPacket(ProtocolVersion.V5));
        server.event();
        server.run(() -> {
            server.wire.send(new Disconnect(ReasonCode.QUOTA_EXCEEDED, Properties.EMPTY));
            server.wire.close();
        });

        byte[] more = encode(ProtocolVersion.V5, publish("a", new byte[100_000]));
        for (int i = 0; i < 20; i++) {
            client.send(more); // a reset would make this fail, and discard what was received
        }

        assertThat(client.receive()).isEqualTo(new Disconnect(ReasonCode.QUOTA_EXCEEDED, Properties.EMPTY));
    }

    @Test
    @DisplayName("a packet beyond the maximum size is refused by its header alone [MQTT-3.2.2-15]")
    void packetBeyondTheMaximumIsRefusedByItsHeader() throws Exception {
        client.send(connectPacket(ProtocolVersion.V5));
        client.send(new byte[] {0x30, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0x7F});

        server.event();
        assertThat(((ProtocolViolation) server.event()).reason()).isEqualTo(ReasonCode.PACKET_TOO_LARGE);
    }

    @Test
    @DisplayName("[MQTT 5.0, 3.1.4] who is not accepted yet makes nobody hold large packets")
    void largePacketsWaitInTheNetworkUntilConnack() throws Exception {
        int limit = 1_000;
        int readBytesMax = 1 << 16; // what Netty takes from a socket at once
        ListenerSettings settings = ListenerSettings.tcp("tcp", WireFixture.HOST, 0)
                .with(ListenerSettings.Limits.DEFAULT.withPackets(1 << 20, limit, 256));
        try (WireFixture careful = new WireFixture(new FakeBroker(), 1, settings);
                TestClient eager = careful.connect()) {
            FakeBroker.Client other = careful.broker.accepted();
            eager.send(connectPacket(ProtocolVersion.V5), publish("a", new byte[300_000]));
            assertThat(other.event()).isInstanceOf(Connect.class);

            MqttChannel channel = (MqttChannel) other.wire;
            while (channel.channel().config().isAutoRead()) {
                other.runAndWait(() -> {});
            }
            other.runAndWait(() -> assertThat(channel.heldBytes()).isBetween(limit, limit + readBytesMax));
            assertThat(other.events).isEmpty();

            other.run(() -> other.wire.send(new ConnAck(false, ReasonCode.SUCCESS, Properties.EMPTY)));
            assertThat(((Publish) other.event()).payload()).hasSize(300_000);
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("[MQTT-4.13.1-1] what MQTT forbids is told to the broker with its reason")
    void illegalPacketsAreRefusedWithTheirReason(IllegalPacket illegal) throws Exception {
        if (!illegal.isConnect()) {
            client.send(connectPacket(ProtocolVersion.V5));
            assertThat(server.event()).isInstanceOf(Connect.class);
        }

        client.send(illegal.bytes);

        assertThat(((ProtocolViolation) server.event()).reason()).isEqualTo(illegal.reason);
    }

    @Test
    @DisplayName("[MQTT-3.2.0-1] AUTH goes both ways before CONNACK")
    void authGoesBothWaysBeforeConnack() throws Exception {
        Auth challenge = auth("challenge");
        Auth answer = auth("answer");
        client.send(connectPacket(ProtocolVersion.V5));
        server.event();

        server.run(() -> server.wire.send(challenge));
        assertThat(client.receive()).isEqualTo(challenge);
        client.send(answer);

        assertThat(server.event()).isEqualTo(answer);
    }

    private static Auth auth(String data) {
        Properties properties = Properties.builder()
                .add(Property.AUTHENTICATION_METHOD, "m")
                .add(Property.AUTHENTICATION_DATA, data.getBytes(StandardCharsets.UTF_8))
                .build();
        return new Auth(ReasonCode.CONTINUE_AUTHENTICATION, properties);
    }

    @Test
    void aSecondConnectReachesTheBroker() throws Exception {
        client.send(connectPacket(ProtocolVersion.V5), connectPacket(ProtocolVersion.V5));

        assertThat(server.event()).isInstanceOf(Connect.class);
        assertThat(server.event()).isInstanceOf(Connect.class);
    }

    @Test
    void reasonAndPropertiesOfAPubrecReachTheBroker() throws Exception {
        Properties properties = Properties.builder()
                .add(Property.REASON_STRING, "no room")
                .addUserProperty("k", "v")
                .build();
        PubRec pubRec = new PubRec(7, ReasonCode.QUOTA_EXCEEDED, properties);

        client.send(connectPacket(ProtocolVersion.V5), pubRec);

        server.event();
        assertThat(server.event()).isEqualTo(pubRec);
    }

    @Test
    void longPropertiesThatEndInTwoBytesDoNotLeakIntoThePayload() throws Exception {
        Properties properties = Properties.builder()
                .addUserProperty("k", "v".repeat(200))
                .add(Property.PAYLOAD_FORMAT_INDICATOR, 1)
                .build();

        client.send(
                connectPacket(ProtocolVersion.V5),
                new Publish(false, QoS.AT_MOST_ONCE, false, "a", 0, properties, PAYLOAD));

        server.event();
        Publish publish = (Publish) server.event();
        assertThat(publish.properties()).isEqualTo(properties);
        assertThat(publish.payload()).isEqualTo(PAYLOAD);
    }

    @Test // [MQTT-4.2-1]
    void packetsMayComeByteByByte() throws Exception {
        byte[] bytes = encode(
                ProtocolVersion.V5,
                connectPacket(ProtocolVersion.V5),
                publish("a", new byte[150]),
                new PingReq(),
                publish("b", PAYLOAD));

        for (byte one : bytes) {
            client.send(new byte[] {one});
        }

        assertThat(server.event()).isInstanceOf(Connect.class);
        assertThat(((Publish) server.event()).payload()).hasSize(150);
        assertThat(server.event()).isEqualTo(new PingReq());
        assertThat(((Publish) server.event()).payload()).isEqualTo(PAYLOAD);
    }

    @Test
    void packetsMayComeInPiecesOfAnySize() throws Exception {
        long seed = Long.getLong("covey.seed", 20_240_602L);
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        byte[][] payloads = new byte[200][];
        client.send(connectPacket(ProtocolVersion.V5));
        server.event();
        server.run(() -> server.wire.send(new ConnAck(false, ReasonCode.SUCCESS, Properties.EMPTY)));
        java.io.ByteArrayOutputStream stream = new java.io.ByteArrayOutputStream();
        for (int i = 0; i < payloads.length; i++) {
            payloads[i] = new byte[random.nextInt(i % 20 == 0 ? 200_000 : 300)];
            random.nextBytes(payloads[i]);
            stream.write(encode(ProtocolVersion.V5, publish("t" + i, payloads[i])));
        }
        byte[] bytes = stream.toByteArray();
        for (int at = 0; at < bytes.length; ) {
            int end = Math.min(bytes.length, at + 1 + random.nextInt(random.nextInt(4) == 0 ? 100_000 : 100));
            client.send(Arrays.copyOfRange(bytes, at, end));
            at = end;
        }

        for (int i = 0; i < payloads.length; i++) {
            Publish publish = (Publish) server.event();
            assertThat(publish.topic()).as("seed %d", seed).isEqualTo("t" + i);
            assertThat(publish.payload()).as("seed %d", seed).isEqualTo(payloads[i]);
        }
    }

    @Test
    void packetsOfOlderVersionsAreEncodedForThem() throws Exception {
        try (TestClient older = new TestClient(fixture.listeners.port("tcp"), ProtocolVersion.V3_1_1)) {
            FakeBroker.Client input = fixture.broker.accepted();
            older.send(encode(ProtocolVersion.V3_1_1, connectPacket(ProtocolVersion.V3_1_1)));
            assertThat(((Connect) input.event()).version()).isEqualTo(ProtocolVersion.V3_1_1);

            input.run(() -> input.wire.send(new ConnAck(true, ReasonCode.SUCCESS, Properties.EMPTY)));

            assertThat(older.receive()).isEqualTo(new ConnAck(true, ReasonCode.SUCCESS, Properties.EMPTY));
        }
    }

    @Test
    void anUnknownVersionIsAnsweredAsForMqtt311() throws Exception {
        client.send(new byte[] {0x10, 0x0D, 0, 4, 'M', 'Q', 'T', 'T', 9, 2, 0, 60, 0, 1, 'x'});
        assertThat(((ProtocolViolation) server.event()).reason()).isEqualTo(ReasonCode.UNSUPPORTED_PROTOCOL_VERSION);

        server.run(() -> {
            server.wire.send(new ConnAck(false, ReasonCode.UNSUPPORTED_PROTOCOL_VERSION, Properties.EMPTY));
            server.wire.close();
        });

        assertThat(client.receiveAll()).containsExactly(0x20, 2, 0, 1);
    }

    @Test
    void theClientsCloseIsToldOnce() throws Exception {
        client.send(connectPacket(ProtocolVersion.V5));
        assertThat(server.event()).isInstanceOf(Connect.class);

        client.close();

        assertThat(server.event()).isEqualTo("lost");
        server.runAndWait(() -> {
            server.wire.send(new PingResp());
            server.wire.close();
        });
        assertThat(server.events).isEmpty();
        assertThat(server.wire.remoteAddress()).startsWith("127.0.0.1:");
        assertThat(server.wire.listener()).isEqualTo("tcp");
    }

    @Test
    void aClientThatNeitherReadsNorClosesIsClosedInTime() throws Exception {
        client.send(connectPacket(ProtocolVersion.V5));
        server.event();

        long patienceMicros = TimeUnit.MILLISECONDS.toMicros(MqttChannel.CLOSE_PATIENCE_MILLIS);
        ShardLoop loop = fixture.loops.loops().get(0);

        // Told by timers of the same loop: their order stays, also where the machine stands still meanwhile.
        server.run(() -> {
            loop.schedule(patienceMicros * 9 / 10, () -> server.events.add("not before this"));
            loop.schedule(2 * patienceMicros, () -> loop.submit(() -> server.events.add("before this")));
            server.wire.close();
        });

        assertThat(server.event()).isEqualTo("not before this");
        assertThat(server.event()).isEqualTo("lost");
    }

    @Test
    void nothingIsReadWhileReadingIsOff() throws Exception {
        client.send(connectPacket(ProtocolVersion.V5));
        server.event();
        server.runAndWait(() -> server.wire.reading(false));

        client.send(publish("a", PAYLOAD), publish("b", PAYLOAD));
        client.send(publish("c", PAYLOAD));
        server.runAndWait(() -> {});
        assertThat(server.events).isEmpty();

        server.run(() -> server.wire.reading(true));
        for (String topic : new String[] {"a", "b", "c"}) {
            assertThat(((Publish) server.event()).topic()).isEqualTo(topic);
        }
    }

    @Test
    void aDefectOfTheBrokerClosesOnlyItsConnection() throws Exception {
        FakeBroker defective = new FakeBroker((broken, packet) -> {
            if (packet.type() == PacketType.PINGREQ) {
                throw new IllegalStateException("a defect, as this test wants");
            }
        });
        try (WireFixture other = WireFixture.tcp(defective);
                TestClient one = other.connect();
                TestClient two = other.connect()) {
            one.send(connectPacket(ProtocolVersion.V5), new PingReq());
            assertThatThrownBy(one::receive).isInstanceOf(IOException.class);

            two.send(connectPacket(ProtocolVersion.V5), publish("a", PAYLOAD));
            other.broker.accepted();
            FakeBroker.Client alive = other.broker.accepted();
            alive.event();
            assertThat(alive.event()).isInstanceOf(Publish.class);
        }
    }
}
