package io.covey.server;

import io.covey.protocol.ByteWriter;
import io.covey.protocol.ConnAck;
import io.covey.protocol.Connect;
import io.covey.protocol.ControlPacket;
import io.covey.protocol.PacketEncoder;
import io.covey.protocol.Properties;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.PubAck;
import io.covey.protocol.PubRec;
import io.covey.protocol.Publish;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.protocol.ServerPacketDecoder;
import io.covey.protocol.SubAck;
import io.covey.protocol.Subscribe;
import io.covey.protocol.SubscriptionRequest;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A client of MQTT 3.1.1 on a plain socket that publishes without waiting; one thread writes, one reads. */
final class FloodClient implements AutoCloseable {
    private static final ProtocolVersion VERSION = ProtocolVersion.V3_1_1;
    private static final int PATIENCE_SECONDS = 60;

    private final Socket socket;
    private final Thread reader = new Thread(this::read, "reader");
    private final CountDownLatch connected = new CountDownLatch(1);
    private final CountDownLatch subscribed = new CountDownLatch(1);
    private final CountDownLatch flooded = new CountDownLatch(1);
    private final AtomicInteger acknowledged = new AtomicInteger();
    private final AtomicInteger received = new AtomicInteger();
    private volatile boolean reads = true;

    FloodClient(int port, String clientId, boolean cleanSession) throws IOException {
        socket = new Socket("127.0.0.1", port);
        reader.setDaemon(true);
        reader.start();
        send(new Connect(VERSION, false, cleanSession, 0, Properties.EMPTY, clientId, null, null, null));
    }

    private synchronized void send(ControlPacket packet) throws IOException {
        ByteWriter out = new ByteWriter(256);
        PacketEncoder.encode(packet, VERSION, out);
        socket.getOutputStream().write(out.array(), 0, out.size());
    }

    private void read() {
        ServerPacketDecoder decoder = new ServerPacketDecoder(VERSION, 1 << 24);
        ByteBuffer bytes = ByteBuffer.allocate(1 << 18).flip();
        try {
            while (reads) {
                ControlPacket packet = decoder.decode(bytes);
                if (packet != null) {
                    take(packet);
                    continue;
                }
                bytes.compact();
                int count = socket.getInputStream().read(bytes.array(), bytes.position(), bytes.remaining());
                if (count < 0) {
                    return;
                }
                bytes.position(bytes.position() + count).flip();
            }
        } catch (IOException closed) {
            reads = false; // by the test, at its end
        }
    }

    private void take(ControlPacket packet) throws IOException {
        if (packet instanceof ConnAck) {
            connected.countDown();
        } else if (packet instanceof SubAck) {
            subscribed.countDown();
        } else if (packet instanceof PubAck || packet instanceof PubRec) {
            acknowledged.incrementAndGet();
        } else if (packet instanceof Publish publish) {
            received.incrementAndGet();
            send(new PubAck(publish.packetId(), ReasonCode.SUCCESS, Properties.EMPTY));
        }
    }

    void subscribe(String filter, QoS qos) throws Exception {
        if (!connected.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("no CONNACK");
        }
        send(new Subscribe(1, Properties.EMPTY, List.of(new SubscriptionRequest(filter, qos, false, false, 0))));
        if (!subscribed.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("no SUBACK");
        }
    }

    /** Takes nothing from the socket any more, but for what is being read. */
    void stopReading() {
        reads = false;
    }

    /** Writes so many messages as fast as the socket takes them, on a thread of its own. */
    void flood(String topic, QoS qos, int messages, int payloadBytes) {
        byte[] payload = new byte[payloadBytes];
        Thread writer = new Thread(
                () -> {
                    try {
                        for (int i = 1; i <= messages; i++) {
                            int packetId = qos == QoS.AT_MOST_ONCE ? 0 : i;
                            send(new Publish(false, qos, false, topic, packetId, Properties.EMPTY, payload));
                        }
                        flooded.countDown();
                    } catch (IOException closed) {
                        reads = false; // by the test, at its end
                    }
                },
                "writer");
        writer.setDaemon(true);
        writer.start();
    }

    void awaitFlooded() throws InterruptedException {
        if (!flooded.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("the node does not read");
        }
    }

    int acknowledged() {
        return acknowledged.get();
    }

    int received() {
        return received.get();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
