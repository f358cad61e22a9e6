package io.covey.it;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A client with a session that is kept. Whenever it loses its connection, is refused, or hears nothing for some seconds, it goes on to the next
 * node. Every packet of the server is checked against the standard.
 */
abstract class RoamingClient implements Closeable {
    private static final int CONNECT_PATIENCE_MILLIS = 5_000;
    private static final long PING_AFTER_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(6);
    private static final long PAUSE_MILLIS = 50;

    final String clientId;
    private final Mqtt mqtt;
    private final List<Integer> ports;
    private final Thread thread;
    private final CountDownLatch begun = new CountDownLatch(1);
    private final List<String> faults = new CopyOnWriteArrayList<>();
    private volatile boolean closed;
    private volatile boolean stays;
    private volatile long heardNanos;
    private volatile int connections;
    private volatile int sessionsLost;
    private volatile int next;
    private volatile @Nullable Wire wire;

    /** Does nothing yet. The ports are those of the nodes, the first one to begin with. */
    RoamingClient(String clientId, Mqtt mqtt, List<Integer> ports) {
        this.clientId = clientId;
        this.mqtt = mqtt;
        this.ports = ports;
        thread = new Thread(this::live, clientId);
        thread.setDaemon(true);
    }

    /** Connects and waits until it has worked for the first time. */
    void begin() throws InterruptedException {
        heardNanos = System.nanoTime();
        thread.start();
        if (!begun.await(Waiting.PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError(clientId + " does not get ready; " + faults);
        }
    }

    /** An accepted connection; the client sends what it still owes. */
    abstract void connected(Wire connection, boolean sessionPresent) throws IOException;

    /** A packet of the server. */
    abstract void received(Wire connection, Packet packet) throws IOException;

    /** To be called when the client has done for the first time what it is for. */
    final void hasBegun() {
        begun.countDown();
    }

    private void live() {
        while (!closed) {
            connection(ports.get(next));
            if (!stays) {
                next = (next + 1) % ports.size();
            }
            pause();
        }
    }

    private void connection(int port) {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        try (Wire open = new Wire(address, mqtt, clientId, true, CONNECT_PATIENCE_MILLIS)) {
            open.send(
                    new ConnectBytes(mqtt, clientId).persistent().keepAlive(20).bytes());
            Packet connack = open.nextOrEnd();
            if (connack != null && connack.code() == 0) {
                heardNanos = System.nanoTime();
                open.waitForever();
                serve(open, connack.sessionPresent());
            }
        } catch (Wire.BrokenOff | IOException ended) {
            // The next node may answer.
        } catch (AssertionError | RuntimeException wrong) {
            fault(wrong.toString());
        } finally {
            wire = null;
            disconnected();
        }
    }

    private void serve(Wire open, boolean sessionPresent) throws IOException {
        if (connections > 0 && !sessionPresent) {
            sessionsLost++;
            fault("the session was not found");
        }
        connections++;
        wire = open;
        connected(open, sessionPresent);
        if (closed) {
            return;
        }
        for (Packet packet = open.nextOrEnd(); packet != null; packet = open.nextOrEnd()) {
            heardNanos = System.nanoTime();
            received(open, packet);
        }
    }

    /** The connection has ended. */
    void disconnected() {}

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** To be called now and then, from any one thread: asks a silent server whether it is there, and leaves one that does not answer. */
    void look() {
        Wire open = wire;
        long silentNanos = System.nanoTime() - heardNanos;
        if (open == null || stays) {
            return;
        }
        try {
            if (silentNanos > PATIENCE_NANOS) {
                open.drop();
            } else if (silentNanos > PING_AFTER_NANOS) {
                send(open, ClientBytes.PINGREQ);
            }
        } catch (IOException ended) {
            // The reading thread learns it, too.
        }
    }

    /** Packets whole, whichever threads send them. */
    final void send(Wire connection, byte[] bytes) throws IOException {
        synchronized (connection) {
            connection.send(bytes);
        }
    }

    /** From now on the client keeps to its connection and its node, however silent these are. */
    void stay() {
        stays = true;
    }

    /** Ends its connection without a word, and goes on to the next node. */
    void leaveConnection() throws IOException {
        Wire open = wire;
        if (open != null) {
            open.drop();
        }
    }

    /** The port of the node that it is connected to, or tries next. */
    int port() {
        return ports.get(next);
    }

    /** Whether its first connection was to this node. */
    boolean began(NodeProcess node) {
        return ports.get(0) == node.mqttPort();
    }

    boolean isConnected() {
        return wire != null;
    }

    final void fault(String what) {
        faults.add(clientId + " at " + port() + ": " + what);
    }

    /** What the server did that no server may do, and sessions that were not there. */
    List<String> faults() {
        return faults;
    }

    int reconnects() {
        return connections - 1;
    }

    int sessionsLost() {
        return sessionsLost;
    }

    @Override
    public void close() throws IOException {
        closed = true;
        Wire open = wire;
        if (open != null) {
            open.drop();
        }
        thread.interrupt();
    }
}
