package io.covey.it;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Stands between one client and the nodes, as a load balancer and a bad network do: chooses the node, cuts connections, lets nobody through
 * for a while. It sees every packet of the server, and checks each against the standard.
 */
final class Tap implements Closeable {
    /** One connection through the tap. */
    final class Link {
        private final Socket client;
        private final Socket server;
        private final List<Packet> packets = new CopyOnWriteArrayList<>();

        private Link(Socket client, Socket server) {
            this.client = client;
            this.server = server;
        }

        /** What the server has sent, in order. */
        List<Packet> packets() {
            return packets;
        }

        List<Packet> publishes() {
            return packets.stream()
                    .filter(packet -> packet.type() == Packet.PUBLISH)
                    .toList();
        }

        boolean isAccepted() {
            return !packets.isEmpty() && packets.get(0).code() == 0;
        }

        boolean sessionPresent() {
            return packets.get(0).sessionPresent();
        }

        private void cut() {
            closeQuietly(client);
            closeQuietly(server);
        }
    }

    private final ServerSocket listener;
    private final Mqtt mqtt;
    private final List<Link> links = new CopyOnWriteArrayList<>();
    private final List<Throwable> faults = new CopyOnWriteArrayList<>();
    private volatile int targetPort;
    private volatile boolean refusing;
    private volatile boolean deaf;

    Tap(Mqtt mqtt, int targetPort) throws IOException {
        this.mqtt = mqtt;
        this.targetPort = targetPort;
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        start("tap accepts", this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** Further connections go there. */
    void target(int port) {
        targetPort = port;
    }

    /** Cuts all connections, and lets none through until {@link #allow}. */
    void refuse() {
        refusing = true;
        links.forEach(Link::cut);
    }

    void allow() {
        deaf = false;
        refusing = false;
    }

    /** From now on nothing that the client says reaches the node, until {@link #allow}. */
    void loseWhatTheClientSays() {
        deaf = true;
    }

    /** The connections that were made through the tap, in order. */
    List<Link> links() {
        return links;
    }

    Link lastLink() {
        return links.get(links.size() - 1);
    }

    /** What was wrong with packets of the server; empty for a good one. */
    List<Throwable> faults() {
        return faults;
    }

    private void accept() {
        while (!listener.isClosed()) {
            Socket client;
            try {
                client = listener.accept();
            } catch (IOException closed) {
                return;
            }
            connect(client);
        }
    }

    private void connect(Socket client) {
        try {
            if (refusing) {
                client.close();
                return;
            }
            Socket server = new Socket(InetAddress.getLoopbackAddress(), targetPort);
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            Link link = new Link(client, server);
            links.add(link);
            start("tap up", () -> up(link));
            start("tap down", () -> down(link));
        } catch (IOException nodeIsGone) {
            closeQuietly(client);
        }
    }

    private void up(Link link) {
        byte[] buffer = new byte[8192];
        try (InputStream in = link.client.getInputStream();
                OutputStream out = link.server.getOutputStream()) {
            for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                if (!deaf) {
                    out.write(buffer, 0, length);
                }
            }
        } catch (IOException ended) {
            // The other direction learns it from the closed sockets.
        }
        link.cut();
    }

    private void down(Link link) {
        try (InputStream in = new java.io.BufferedInputStream(link.server.getInputStream());
                OutputStream out = link.client.getOutputStream()) {
            while (true) {
                byte[] header = header(in);
                int length = remainingLength(header);
                byte[] raw = Arrays.copyOf(header, header.length + length);
                if (in.readNBytes(raw, header.length, length) < length) {
                    break;
                }
                link.packets.add(PacketParser.parse(mqtt, raw, header.length));
                out.write(raw);
            }
        } catch (IOException ended) {
            // A connection that ends is no fault.
        } catch (RuntimeException | AssertionError fault) {
            faults.add(fault);
        }
        link.cut();
    }

    private static byte[] header(InputStream in) throws IOException {
        byte[] header = new byte[5];
        int count = 0;
        do {
            int next = in.read();
            if (next < 0) {
                throw new EOFException();
            }
            header[count++] = (byte) next;
        } while (count < 2 || count < 5 && header[count - 1] < 0);
        return Arrays.copyOf(header, count);
    }

    private static int remainingLength(byte[] header) {
        int length = 0;
        for (int i = 1; i < header.length; i++) {
            length |= (header[i] & 0x7F) << 7 * (i - 1);
        }
        return length;
    }

    private static void start(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException closedAlready) {
            // Nothing is left to close.
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        new ArrayList<>(links).forEach(Link::cut);
    }
}
