package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A client's end of one WebSocket: frames out, and the bytes of the server's binary frames in. */
final class WebSocketWire implements Closeable {
    static final int CONTINUATION = 0;
    static final int TEXT = 1;
    static final int BINARY = 2;
    static final int CLOSE = 8;
    static final int PING = 9;
    private static final int PONG = 10;
    private static final byte[] MASK = {0x37, (byte) 0xFA, 0x21, 0x3D};

    private final Socket socket = new Socket();
    private final DataInputStream in;
    private final OutputStream out;
    private final List<String> pongs = new ArrayList<>();
    private byte[] received = {};

    private WebSocketWire(InetSocketAddress address) throws IOException {
        socket.setTcpNoDelay(true);
        socket.connect(address, Wire.PATIENCE_MILLIS);
        socket.setSoTimeout(Wire.PATIENCE_MILLIS);
        in = new DataInputStream(new java.io.BufferedInputStream(socket.getInputStream()));
        out = socket.getOutputStream();
    }

    static WebSocketWire connect(Probe probe) throws IOException {
        return new WebSocketWire(probe.target.webSocket());
    }

    /** A WebSocket that both sides have agreed on. */
    static WebSocketWire open(Probe probe, String protocol) throws IOException {
        WebSocketWire wire = probe.keep(connect(probe));
        assertThat(wire.upgrade(protocol)).startsWith("HTTP/1.1 101 ");
        return wire;
    }

    /** Asks for the upgrade; the answer's head. */
    String upgrade(String protocols) throws IOException {
        String request = "GET /mqtt HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Protocol: " + protocols + "\r\n\r\n";
        out.write(request.getBytes(StandardCharsets.US_ASCII));
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                break;
            }
            head.append((char) next);
        }
        return head.toString();
    }

    void binary(byte[] payload) throws IOException {
        frame(true, BINARY, payload);
    }

    void frame(boolean last, int opcode, byte[] payload) throws IOException {
        byte[] masked = payload.clone();
        for (int i = 0; i < masked.length; i++) {
            masked[i] ^= MASK[i % 4];
        }
        out.write(Bytes.join(header(last, opcode, payload.length, 0x80), MASK, masked));
    }

    void unmasked(int opcode, byte[] payload) throws IOException {
        out.write(Bytes.join(header(true, opcode, payload.length, 0), payload));
    }

    private static byte[] header(boolean last, int opcode, int length, int maskBit) {
        int first = (last ? 0x80 : 0) | opcode;
        return length < 126 ? Bytes.of(first, maskBit | length) : Bytes.of(first, maskBit | 126, length >> 8, length);
    }

    /** The next bytes of MQTT, wherever the borders of the frames are. */
    byte[] bytes(int count) throws IOException {
        while (received.length < count) {
            assertThat(readFrame()).as("the WebSocket goes on").isTrue();
        }
        byte[] bytes = Arrays.copyOf(received, count);
        received = Arrays.copyOfRange(received, count, received.length);
        return bytes;
    }

    /** The next packets, each shorter than 128 bytes. */
    List<byte[]> packets(int count) throws IOException {
        List<byte[]> packets = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] header = bytes(2);
            packets.add(Bytes.join(header, bytes(header[1])));
        }
        return packets;
    }

    List<String> pongs() {
        return pongs;
    }

    /** The server closes; packets that come before it, such as a DISCONNECT, are left aside. */
    void closed() throws IOException {
        while (readFrame()) {
            // A reason may come first.
        }
    }

    /** Whether there was a frame other than a close frame. */
    private boolean readFrame() throws IOException {
        int first;
        try {
            first = in.read();
        } catch (java.net.SocketTimeoutException e) {
            throw new AssertionError("nothing came within " + Wire.PATIENCE_MILLIS + " ms", e);
        } catch (IOException reset) {
            first = -1;
        }
        if (first < 0) {
            return false;
        }
        int second = in.read();
        assertThat(second).as("a server's frames are not masked").isLessThan(0x80);
        long length = second == 126 ? in.readUnsignedShort() : second == 127 ? in.readLong() : second;
        byte[] payload = in.readNBytes((int) length);
        switch (first & 0x0F) {
            case CONTINUATION, BINARY -> {
                ByteArrayOutputStream all = new ByteArrayOutputStream();
                all.writeBytes(received);
                all.writeBytes(payload);
                received = all.toByteArray();
            }
            case PONG -> pongs.add(new String(payload, StandardCharsets.UTF_8));
            case CLOSE -> {
                return false;
            }
            default -> throw new AssertionError("a server of MQTT sends binary frames, not opcode " + (first & 0x0F));
        }
        return true;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
