package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.testkit.LoopbackPorts;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever clients do, to each of several listeners and to the management port: the node goes on serving, and its log has neither a warning nor
 * a stack trace of it, for a client could fill the disk of an operator who looks for something else.
 */
@Timeout(180)
@BesideOthers
class HostileClientsTest {
    private static final long SEED = 20_261_121;
    private static final int CONNACK_BYTES = 4;

    /** Of "secret", by crypt(3) of libxcrypt. */
    private static final String HASH = "$2y$05$eRgrOkpD2kDrgzl67BGJzutBPk.PNUUtqMGCFFK8b0Y.vHR6jxQ4S";

    private static final String UPGRADE =
            """
            GET /mqtt HTTP/1.1
            Host: localhost
            Upgrade: websocket
            Connection: Upgrade
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
            Sec-WebSocket-Version: 13
            Sec-WebSocket-Protocol: mqtt

            """
                    .replace("\n", "\r\n");

    @TempDir
    Path directory;

    private int[] ports;
    private NodeProcess node;

    /** How a connection ends once its bytes are sent. */
    private enum End {
        /** Waits for the answer, up to a second, then closes. */
        READ,
        CLOSE,
        /** RST, also with bytes unread. */
        RESET
    }

    @BeforeEach
    void startNode() throws Exception {
        Path passwords = Files.writeString(directory.resolve("passwords"), "anna:" + HASH + "\n");
        ports = LoopbackPorts.free(4);
        node = NodeProcess.start(
                "hostile",
                ports[0],
                ports[1],
                List.of(
                        "listeners.second.port=" + ports[2],
                        "listeners.ws.type=websocket",
                        "listeners.ws.port=" + ports[3],
                        "auth.password-file=" + passwords));
        node.awaitReady();
    }

    @AfterEach
    void stopNode() throws Exception {
        node.kill();
    }

    @Test
    void nothingThatClientsDoGivesAWarningOrAStackTrace() throws Exception {
        assertThat(node.log())
                .contains("listener open; name=tcp type=tcp host=127.0.0.1 port=" + ports[0])
                .contains("listener open; name=second type=tcp host=127.0.0.1 port=" + ports[2])
                .contains("listener open; name=ws type=websocket host=127.0.0.1 port=" + ports[3]);
        Random random = new Random(SEED);
        for (int port : ports) {
            List<byte[]> all = attacks(random);
            for (int i = 0; i < all.size(); i++) {
                send(port, all.get(i), End.values()[i % End.values().length]);
                send(port, all.get(i), End.RESET);
            }
        }
        assertThat(answered(ports[0], connect("anna", "wrong"), CONNACK_BYTES)).containsExactly(0x20, 2, 0, 4);
        assertThat(answered(ports[0], connect("ben", "secret"), CONNACK_BYTES)).containsExactly(0x20, 2, 0, 4);
        assertThat(answered(ports[0], connect(null, null), CONNACK_BYTES)).containsExactly(0x20, 2, 0, 5);

        // Whoever behaves is served as if nothing had been.
        assertThat(answered(ports[0], connect("anna", "secret"), CONNACK_BYTES)).containsExactly(0x20, 2, 0, 0);
        assertThat(answered(ports[2], connect("anna", "secret"), CONNACK_BYTES)).containsExactly(0x20, 2, 0, 0);
        assertThat(text(answered(ports[3], ascii(UPGRADE), "HTTP/1.1 101".length())))
                .isEqualTo("HTTP/1.1 101");
        assertThat(text(answered(ports[1], ascii("GET /health/ready HTTP/1.0\r\n\r\n"), Integer.MAX_VALUE)))
                .contains("\"ready\" : true");

        assertThat(node.terminate()).isZero();
        assertThat(complaints(node.log())).isEmpty();
        assertThat(node.log()).contains("stopping; node=hostile").contains("stopped; node=hostile");
    }

    /** Lines at WARN or above, and those of stack traces. */
    private static List<String> complaints(String log) {
        return log.lines()
                .filter(line -> line.contains(" WARN ")
                        || line.contains(" ERROR ")
                        || line.startsWith("\tat ")
                        || line.startsWith("Caused by:")
                        || line.contains("Exception"))
                .toList();
    }

    private static List<byte[]> attacks(Random random) {
        List<byte[]> all = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            byte[] garbage = new byte[1 + random.nextInt(2_000)];
            random.nextBytes(garbage);
            all.add(garbage);
            all.add(joined(connect("anna", "secret"), garbage));
        }
        byte[] login = connect("anna", "secret");
        for (int length = 0; length < login.length; length += 5) {
            all.add(Arrays.copyOf(login, length)); // half packets
        }
        for (int i = 0; i < 60; i++) {
            byte[] mutated = login.clone();
            mutated[random.nextInt(mutated.length)] ^= (byte) (1 << random.nextInt(8));
            all.add(mutated);
        }
        byte[] oversize = {0x30, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0x7F, 0, 1, 'a'};
        byte[] endlessLength = {0x30, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 1};
        byte[] subscribeToAll = {(byte) 0x82, 6, 0, 1, 0, 1, '#', 1};
        byte[] publish = {0x32, 6, 0, 1, 'a', 0, 9, 'x'};
        all.addAll(List.of(oversize, endlessLength, new byte[] {0x10}, new byte[100_000], publish));
        all.add(joined(login, oversize));
        all.add(joined(login, endlessLength));
        all.add(joined(login, login));
        all.add(joined(login, subscribeToAll, publish, publish, publish));
        all.add(joined(login, Arrays.copyOf(publish, 5)));
        all.add(connect("anna", "wrong"));
        all.add(connect("no\u0001body", "x".repeat(5_000)));
        all.addAll(overHttp(random));
        return all;
    }

    private static List<byte[]> overHttp(Random random) {
        List<byte[]> all = new ArrayList<>();
        for (String request : List.of(
                "GET / HTTP/1.1\r\n\r\n",
                "GET /api/v1/sessions/%zz HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /api/v1/sessions/%FF%FE HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /api/v1/sessions/" + "a".repeat(9_000) + " HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n",
                "POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nhalf",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                "GET " + "\u0000".repeat(50) + "\r\n\r\n",
                UPGRADE.replace("/mqtt", "/other"),
                UPGRADE.replace("mqtt\r\n\r\n", "chat\r\n\r\n"),
                UPGRADE.replace("Version: 13", "Version: 99"),
                UPGRADE.replace("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""),
                UPGRADE.replace("GET", "POST"))) {
            all.add(ascii(request));
        }
        byte[] text = {(byte) 0x81, (byte) 0x82, 1, 2, 3, 4, 'a', 'b'};
        byte[] unmasked = {(byte) 0x82, 2, 'a', 'b'};
        byte[] reserved = {(byte) 0xF2, (byte) 0x82, 1, 2, 3, 4, 'a', 'b'};
        byte[] huge = {(byte) 0x82, (byte) 0xFF, 0x7F, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 4};
        byte[] closeWithABadCode = {(byte) 0x88, (byte) 0x82, 0, 0, 0, 0, 0, 1};
        byte[] half = {(byte) 0x82, (byte) 0x90, 0, 0, 0, 0, 0x10};
        for (byte[] frame : List.of(text, unmasked, reserved, huge, closeWithABadCode, half)) {
            all.add(joined(ascii(UPGRADE), frame));
        }
        byte[] garbage = new byte[500];
        random.nextBytes(garbage);
        all.add(joined(ascii(UPGRADE), garbage));
        return all;
    }

    private static byte[] send(int port, byte[] bytes, End end) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setSoTimeout(end == End.READ ? 1_000 : 20);
            if (end == End.RESET) {
                socket.setSoLinger(true, 0);
            }
            try {
                socket.getOutputStream().write(bytes);
                return end == End.CLOSE ? new byte[0] : answer(socket.getInputStream());
            } catch (IOException refused) {
                return new byte[0]; // the node has closed in the midst of it
            }
        }
    }

    /** The first bytes of an answer that must come, also on a busy machine; fewer where the node closes before. */
    private static byte[] answered(int port, byte[] bytes, int count) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setSoTimeout(Wire.PATIENCE_MILLIS);
            socket.getOutputStream().write(bytes);
            return socket.getInputStream().readNBytes(count);
        }
    }

    private static byte[] answer(InputStream in) throws IOException {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        byte[] buffer = new byte[1_000];
        try {
            int count = in.read(buffer);
            while (count > 0 && answer.size() < 100_000) {
                answer.write(buffer, 0, count);
                if (answer.size() == 4 && buffer[0] == 0x20) {
                    break; // CONNACK of MQTT 3.1.1
                }
                count = in.read(buffer);
            }
        } catch (SocketTimeoutException nothingMore) {
            return answer.toByteArray();
        }
        return answer.toByteArray();
    }

    /** CONNECT of MQTT 3.1.1 with Clean Session. */
    private static byte[] connect(String user, String password) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(new byte[] {0, 4, 'M', 'Q', 'T', 'T', 4, (byte) (user == null ? 2 : 0xC2), 0, 60});
        field("hostile", body);
        if (user != null) {
            field(user, body);
            field(password, body);
        }
        ByteArrayOutputStream packet = new ByteArrayOutputStream();
        packet.write(0x10);
        int left = body.size();
        while (left > 127) {
            packet.write(left & 0x7F | 0x80);
            left >>= 7;
        }
        packet.write(left);
        packet.writeBytes(body.toByteArray());
        return packet.toByteArray();
    }

    private static void field(String text, ByteArrayOutputStream out) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.write(bytes.length >> 8);
        out.write(bytes.length);
        out.writeBytes(bytes);
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
