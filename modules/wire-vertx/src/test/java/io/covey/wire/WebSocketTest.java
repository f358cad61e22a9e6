package io.covey.wire;

import static io.covey.wire.TestClient.connectPacket;
import static io.covey.wire.TestClient.encode;
import static io.covey.wire.TestClient.publish;
import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.ConnAck;
import io.covey.protocol.Connect;
import io.covey.protocol.Message;
import io.covey.protocol.PingReq;
import io.covey.protocol.PingResp;
import io.covey.protocol.Properties;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.Publish;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.netty.channel.Channel;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WebSocketTest {
    private static final int CONTINUATION = 0;
    private static final int TEXT = 1;
    private static final int BINARY = 2;
    private static final int CLOSE = 8;
    private static final int PING = 9;
    private static final int PONG = 10;
    private static final int FINAL = 0x80;

    private WireFixture fixture;
    private Socket socket;
    private DataInputStream in;

    @BeforeEach
    void open() throws Exception {
        fixture = new WireFixture(new FakeBroker(), 1, ListenerSettings.webSocket("ws", WireFixture.HOST, 0));
        socket = new Socket(WireFixture.HOST, fixture.listeners.port("ws"));
        socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(FakeBroker.PATIENCE_SECONDS));
        in = new DataInputStream(socket.getInputStream());
    }

    @AfterEach
    void close() throws Exception {
        socket.close();
        fixture.close();
    }

    private String request(String target, String headers) throws IOException {
        socket.getOutputStream()
                .write(("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n")
                        .getBytes(StandardCharsets.ISO_8859_1));
        StringBuilder response = new StringBuilder();
        while (response.indexOf("\r\n\r\n") < 0) {
            response.append((char) in.readUnsignedByte());
        }
        return response.toString();
    }

    private String upgrade(String target, String subProtocols) throws IOException {
        return request(
                target,
                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: " + subProtocols
                        + "\r\n");
    }

    private FakeBroker.Client upgraded() throws Exception {
        assertThat(upgrade("/mqtt", "mqtt")).startsWith("HTTP/1.1 101 ");
        return fixture.broker.accepted();
    }

    /** A masked frame, as clients must send it. */
    private static byte[] frame(int firstByte, byte[] payload) {
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        frame.write(firstByte);
        if (payload.length < 126) {
            frame.write(0x80 | payload.length);
        } else if (payload.length < 65_536) {
            frame.write(0x80 | 126);
            frame.write(payload.length >> 8);
            frame.write(payload.length);
        } else {
            frame.write(0x80 | 127);
            frame.writeBytes(new byte[4]);
            for (int shift = 24; shift >= 0; shift -= 8) {
                frame.write(payload.length >> shift);
            }
        }
        byte[] mask = {1, 2, 3, 4};
        frame.writeBytes(mask);
        for (int i = 0; i < payload.length; i++) {
            frame.write(payload[i] ^ mask[i & 3]);
        }
        return frame.toByteArray();
    }

    private void send(int firstByte, byte[] payload) throws IOException {
        socket.getOutputStream().write(frame(firstByte, payload));
    }

    private byte[] receive(int expectedFirstByte) throws IOException {
        assertThat(in.readUnsignedByte()).isEqualTo(expectedFirstByte);
        int length = in.readUnsignedByte();
        length = length == 126 ? in.readUnsignedShort() : length == 127 ? (int) in.readLong() : length;
        return in.readNBytes(length);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mqtt | mqtt",
                "mqttv3.1 | mqttv3.1",
                "mqttv3.1.1 | mqttv3.1.1",
                "other, mqtt | mqtt",
                "mqttv3.1,mqtt | mqttv3.1"
            })
    @DisplayName("the sub-protocol is answered [MQTT-6.0.0-3] [MQTT-6.0.0-4]")
    void theSubProtocolIsAnswered(String offered, String chosen) throws Exception {
        String response = upgrade("/mqtt", offered);

        assertThat(response).startsWith("HTTP/1.1 101 ");
        assertThat(response.toLowerCase(java.util.Locale.ROOT)).contains("sec-websocket-protocol: " + chosen + "\r\n");
        send(FINAL | BINARY, encode(ProtocolVersion.V5, connectPacket(ProtocolVersion.V5)));
        assertThat(fixture.broker.accepted().event()).isInstanceOf(Connect.class);
    }

    @Test
    void aQueryBehindThePathIsAllowed() throws Exception {
        assertThat(upgrade("/mqtt?token=x", "mqtt")).startsWith("HTTP/1.1 101 ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/mqttx", "/mqtt/x", "/health?x=/mqtt"})
    void otherPathsAreNotFound(String target) throws Exception {
        assertThat(upgrade(target, "mqtt")).startsWith("HTTP/1.1 404 ");
        assertThat(in.read()).isEqualTo(-1);
        assertThat(fixture.broker.hasAccepted()).isFalse();
    }

    @Test
    void whatIsNoUpgradeToMqttIsRefused() throws Exception {
        assertThat(upgrade("/mqtt", "chat")).startsWith("HTTP/1.1 400 ");
        assertThat(in.read()).isEqualTo(-1);
    }

    @Test
    void aPlainRequestIsToldToUpgrade() throws Exception {
        assertThat(request("/mqtt", "")).startsWith("HTTP/1.1 426 ");
        assertThat(in.read()).isEqualTo(-1);
    }

    @Test
    void bytesThatAreNoHttpAreRefused() throws Exception {
        socket.getOutputStream().write(encode(ProtocolVersion.V5, connectPacket(ProtocolVersion.V5)));
        socket.getOutputStream().write("\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));

        assertThat(new String(in.readAllBytes(), StandardCharsets.ISO_8859_1)).startsWith("HTTP/1.1 400 ");
    }

    @Test
    void aBodyIsNotHeld() throws Exception {
        String response = request("/mqtt", "Content-Length: 1000000\r\n");

        assertThat(response).startsWith("HTTP/1.1 413 ");
    }

    @Test
    @DisplayName("packets need not be aligned with frames [MQTT-6.0.0-2]")
    void packetsNeedNotBeAlignedWithFrames() throws Exception {
        FakeBroker.Client server = upgraded();
        byte[] large = new byte[100_000];
        Arrays.fill(large, (byte) 7);
        byte[] bytes = encode(
                ProtocolVersion.V5,
                connectPacket(ProtocolVersion.V5),
                new PingReq(),
                publish("a", large),
                publish("b", new byte[3]));

        send(FINAL | BINARY, Arrays.copyOfRange(bytes, 0, 5)); // a part of a packet
        send(BINARY, Arrays.copyOfRange(bytes, 5, 6)); // a message in three frames
        send(CONTINUATION, Arrays.copyOfRange(bytes, 6, 50));
        send(FINAL | PING, new byte[] {9}); // may stand between them
        send(FINAL | CONTINUATION, Arrays.copyOfRange(bytes, 50, 90_000));
        send(FINAL | BINARY, Arrays.copyOfRange(bytes, 90_000, bytes.length)); // the end of one packet and another

        assertThat(server.event()).isInstanceOf(Connect.class);
        assertThat(server.event()).isEqualTo(new PingReq());
        assertThat(((Publish) server.event()).payload()).isEqualTo(large);
        assertThat(((Publish) server.event()).topic()).isEqualTo("b");
        assertThat(receive(FINAL | PONG)).containsExactly(9);
    }

    @Test
    @DisplayName("packets are sent in binary frames [MQTT-6.0.0-1]")
    void packetsAreSentInBinaryFrames() throws Exception {
        FakeBroker.Client server = upgraded();
        send(FINAL | BINARY, encode(ProtocolVersion.V5, connectPacket(ProtocolVersion.V5)));
        server.event();
        byte[] large = new byte[70_000];
        ConnAck connAck = new ConnAck(false, ReasonCode.SUCCESS, Properties.EMPTY);
        Message message = new Message("a", large, QoS.AT_MOST_ONCE, false, Properties.EMPTY, 0, Message.NEVER);
        server.run(() -> {
            server.wire.send(connAck);
            server.wire.send(new PingResp());
            server.wire.sendPublish(message, 0, QoS.AT_MOST_ONCE, false, false, new int[0], 0);
        });

        byte[] expected = encode(ProtocolVersion.V5, connAck, new PingResp(), publish("a", large));
        byte[] small = receive(FINAL | BINARY);
        assertThat(small).isEqualTo(Arrays.copyOf(expected, expected.length - large.length));
        assertThat(receive(FINAL | BINARY)).isEqualTo(large);
    }

    @Test
    @DisplayName("a text frame closes the connection [MQTT-6.0.0-1]")
    void aTextFrameClosesTheConnection() throws Exception {
        FakeBroker.Client server = upgraded();

        send(FINAL | TEXT, "hello".getBytes(StandardCharsets.UTF_8));

        assertThat(receive(FINAL | CLOSE)).startsWith(0x03, 0xEB); // 1003
        assertThat(in.read()).isEqualTo(-1);
        socket.close();
        assertThat(server.event()).isEqualTo("lost");
    }

    @Test
    void closeSendsWhatWasSentAndACloseFrame() throws Exception {
        FakeBroker.Client server = upgraded();
        send(FINAL | BINARY, encode(ProtocolVersion.V5, connectPacket(ProtocolVersion.V5)));
        server.event();

        server.run(() -> {
            server.wire.send(new PingResp());
            server.wire.close();
        });

        assertThat(receive(FINAL | BINARY)).isEqualTo(encode(ProtocolVersion.V5, new PingResp()));
        assertThat(receive(FINAL | CLOSE)).startsWith(0x03, 0xE8); // 1000
        assertThat(in.read()).isEqualTo(-1);
        send(FINAL | CLOSE, new byte[] {0x03, (byte) 0xE8});
        assertThat(server.event()).isEqualTo("lost");
    }

    @Test
    void theClientsCloseFrameEndsTheConnection() throws Exception {
        FakeBroker.Client server = upgraded();

        send(FINAL | CLOSE, new byte[] {0x03, (byte) 0xE8});

        assertThat(server.event()).isEqualTo("lost");
        assertThat(receive(FINAL | CLOSE)).startsWith(0x03, 0xE8);
        assertThat(in.read()).isEqualTo(-1);
    }

    @Test
    void pingsOfAClientThatTakesNoAnswerAreDropped() throws Exception {
        FakeBroker.Client server = upgraded();
        byte[] ping = frame(FINAL | PING, new byte[125]);
        byte[] pings = new byte[512 * ping.length];
        for (int i = 0; i < pings.length; i += ping.length) {
            System.arraycopy(ping, 0, pings, i, ping.length);
        }
        Channel channel = ((MqttChannel) server.wire).channel();
        while (channel.isWritable()) {
            socket.getOutputStream().write(pings);
        }
        for (int i = 0; i < 20; i++) {
            socket.getOutputStream().write(pings); // more than a megabyte
        }

        server.runAndWait(() -> assertThat(channel.unsafe().outboundBuffer().totalPendingWriteBytes())
                .isLessThan(200_000));
    }

    @Test
    void anUnmaskedFrameEndsTheConnection() throws Exception {
        FakeBroker.Client server = upgraded();

        socket.getOutputStream().write(new byte[] {(byte) (FINAL | BINARY), 1, 0});

        assertThat(server.event()).isEqualTo("lost");
    }
}
