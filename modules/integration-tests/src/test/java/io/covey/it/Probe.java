package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** What one case has for itself: a version of MQTT, names that nobody else uses, and connections that are closed when it ends. */
final class Probe implements Closeable {
    private static final String RUN = Long.toString(System.nanoTime() % 1_679_616, 36);
    private static final AtomicInteger NUMBER = new AtomicInteger();

    final Mqtt mqtt;
    final ClientBytes make;
    final ProbeTarget target;
    private final String name = RUN + Integer.toString(NUMBER.incrementAndGet(), 36);
    private final List<Closeable> open = new ArrayList<>();

    Probe(ProbeTarget target, Mqtt mqtt) {
        this.target = target;
        this.mqtt = mqtt;
        this.make = new ClientBytes(mqtt);
    }

    /** A topic or filter below this case's own first level. */
    String topic(String rest) {
        return "t" + name + "/" + rest;
    }

    /** A client id of at most 23 letters and digits. */
    String id(String role) {
        return name + role;
    }

    /** A level that only this case uses. */
    String name() {
        return "t" + name;
    }

    /** A connection on which nothing has been said yet. */
    Wire open() throws IOException {
        return open(mqtt);
    }

    Wire open(Mqtt version) throws IOException {
        return keep(new Wire(target.address(), version, "", target.reasonsAreOptional()));
    }

    <T extends Closeable> T keep(T closeable) {
        open.add(closeable);
        return closeable;
    }

    ConnectBytes connect(String role) {
        return new ConnectBytes(mqtt, id(role));
    }

    ConnectBytes connect(Mqtt version, String role) {
        return new ConnectBytes(version, id(role));
    }

    /** Sends a CONNECT on a connection of its own and looks at nothing yet. */
    Wire send(ConnectBytes connect) throws IOException {
        Wire wire = new Wire(target.address(), connect.mqtt, connect.clientId, target.reasonsAreOptional());
        wire.maximumPacketBytes(connect.maximumPacketBytes);
        return keep(wire).send(connect.bytes());
    }

    /** An accepted connection. */
    Wire accepted(ConnectBytes connect) throws IOException {
        Wire wire = send(connect);
        assertThat(wire.next(Packet.CONNACK).code()).as("CONNACK").isZero();
        return wire;
    }

    /** An accepted connection that found its session, or did not. */
    Wire accepted(ConnectBytes connect, boolean sessionPresent) throws IOException {
        Wire wire = send(connect);
        Packet connack = wire.next(Packet.CONNACK);
        assertThat(connack.code()).as("CONNACK").isZero();
        // MQTT 3.1 has no Session Present: the byte is reserved.
        assertThat(connack.sessionPresent())
                .as("Session Present")
                .isEqualTo(sessionPresent && connect.mqtt != Mqtt.V31);
        return wire;
    }

    /** A new client with a clean session. */
    Wire client(String role) throws IOException {
        return accepted(connect(role));
    }

    Wire client(Mqtt version, String role) throws IOException {
        return accepted(connect(version, role));
    }

    /** Lets time pass where the time itself is what is asked about. */
    static void elapse(long millis) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(millis);
    }

    @Override
    public void close() throws IOException {
        for (Closeable each : open) {
            each.close();
        }
    }
}
