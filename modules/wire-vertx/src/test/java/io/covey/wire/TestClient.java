package io.covey.wire;

import io.covey.protocol.ByteWriter;
import io.covey.protocol.Connect;
import io.covey.protocol.ControlPacket;
import io.covey.protocol.PacketEncoder;
import io.covey.protocol.Properties;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.Publish;
import io.covey.protocol.QoS;
import io.covey.protocol.ServerPacketDecoder;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/** A client on a plain socket. */
final class TestClient implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = (int) TimeUnit.SECONDS.toMillis(FakeBroker.PATIENCE_SECONDS);
    private static final int PACKET_BYTES_MAX = 1 << 24;

    final Socket socket;
    private final ServerPacketDecoder decoder;
    private ByteBuffer received = ByteBuffer.allocate(1 << 16).flip();

    TestClient(int port) throws IOException {
        this(port, ProtocolVersion.V5);
    }

    TestClient(int port, ProtocolVersion version) throws IOException {
        socket = new Socket(WireFixture.HOST, port);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.setTcpNoDelay(true);
        decoder = new ServerPacketDecoder(version, PACKET_BYTES_MAX);
    }

    static Connect connectPacket(ProtocolVersion version) {
        return new Connect(version, false, true, 60, Properties.EMPTY, "client", null, null, null);
    }

    static Publish publish(String topic, byte[] payload) {
        return new Publish(false, QoS.AT_MOST_ONCE, false, topic, 0, Properties.EMPTY, payload);
    }

    static byte[] encode(ProtocolVersion version, ControlPacket... packets) {
        ByteWriter out = new ByteWriter(256);
        for (ControlPacket packet : packets) {
            PacketEncoder.encode(packet, version, out);
        }
        return out.toByteArray();
    }

    void send(ControlPacket... packets) throws IOException {
        send(encode(ProtocolVersion.V5, packets));
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    /** The next packet from the server. */
    ControlPacket receive() throws IOException {
        while (true) {
            ControlPacket packet = decoder.decode(received);
            if (packet != null) {
                return packet;
            }
            if (!receiveMore()) {
                throw new EOFException("the server closed");
            }
        }
    }

    private boolean receiveMore() throws IOException {
        if (received.remaining() == received.capacity()) {
            received =
                    ByteBuffer.allocate(2 * received.capacity()).put(received).flip();
        }
        received.compact();
        int count = socket.getInputStream().read(received.array(), received.position(), received.remaining());
        received.position(received.position() + Math.max(count, 0)).flip();
        return count >= 0;
    }

    /** What the server sends until it closes. */
    byte[] receiveAll() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        socket.getInputStream().transferTo(all);
        return all.toByteArray();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
