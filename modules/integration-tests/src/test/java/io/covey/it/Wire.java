package io.covey.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A client's end of one connection: bytes out, packets in. It answers nothing by itself, checks every packet that the server sends against the
 * standard, and waits at most {@link #PATIENCE_MILLIS} for anything.
 */
final class Wire implements Closeable {
    static final int PATIENCE_MILLIS = 20_000;

    final Mqtt mqtt;
    final ClientBytes make;
    final String clientId;
    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final Deque<Packet> aside = new ArrayDeque<>();
    private final boolean reasonsAreOptional;
    private long maximumPacketBytes = Long.MAX_VALUE;
    private int lastId;

    /** The server said nothing in time, or the connection ended in the middle of a packet. */
    static final class BrokenOff extends AssertionError {
        BrokenOff(String what, @Nullable Throwable cause) {
            super(what, cause);
        }
    }

    Wire(InetSocketAddress address, Mqtt mqtt, String clientId, boolean reasonsAreOptional) throws IOException {
        this(address, mqtt, clientId, reasonsAreOptional, PATIENCE_MILLIS);
    }

    Wire(InetSocketAddress address, Mqtt mqtt, String clientId, boolean reasonsAreOptional, int patienceMillis)
            throws IOException {
        this.mqtt = mqtt;
        this.make = new ClientBytes(mqtt);
        this.clientId = clientId;
        this.reasonsAreOptional = reasonsAreOptional;
        socket = new Socket();
        socket.setTcpNoDelay(true);
        socket.connect(address, patienceMillis);
        socket.setSoTimeout(patienceMillis);
        in = new java.io.BufferedInputStream(socket.getInputStream());
        out = socket.getOutputStream();
    }

    /** From now on silence is no failure. */
    void waitForever() throws IOException {
        socket.setSoTimeout(0);
    }

    void maximumPacketBytes(long bytes) {
        maximumPacketBytes = bytes;
    }

    /** All in one segment, as far as TCP lets a client decide. */
    Wire send(byte[]... parts) throws IOException {
        out.write(Bytes.join(parts));
        return this;
    }

    /** Sends to a server that may close in the middle of it. */
    Wire sendToTheDeaf(byte[]... parts) {
        try {
            out.write(Bytes.join(parts));
        } catch (IOException closed) {
            // What the server said before it closed can still be read.
        }
        return this;
    }

    /** Every byte in a write of its own. */
    Wire dribble(byte[] bytes) throws IOException {
        for (byte each : bytes) {
            out.write(each);
        }
        return this;
    }

    int nextId() {
        return ++lastId;
    }

    /** The next packet; fails when there is none or the connection ends. */
    Packet next() throws IOException {
        Packet packet = nextOrEnd();
        if (packet == null) {
            throw new AssertionError("the server closed the connection");
        }
        return packet;
    }

    /** The next packet, or null when the server has closed. */
    @Nullable
    Packet nextOrEnd() throws IOException {
        return aside.isEmpty() ? read() : aside.poll();
    }

    Packet next(int type) throws IOException {
        Packet packet = next();
        assertThat(packet.type()).as("type of " + packet).isEqualTo(type);
        return packet;
    }

    Packet next(int type, int id) throws IOException {
        Packet packet = next(type);
        assertThat(packet.id()).as("Packet Identifier of " + packet).isEqualTo(id);
        return packet;
    }

    /** The answer of this type; publishes that come before it are kept for later. */
    Packet answer(int type) throws IOException {
        Deque<Packet> early = new ArrayDeque<>();
        Packet packet = next();
        while (packet.type() == Packet.PUBLISH && type != Packet.PUBLISH) {
            early.add(packet);
            packet = next();
        }
        aside.addAll(early);
        assertThat(packet.type()).as("type of " + packet).isEqualTo(type);
        return packet;
    }

    private @Nullable Packet read() throws IOException {
        byte[] header = new byte[5];
        int first = readByte(true);
        if (first < 0) {
            return null;
        }
        header[0] = (byte) first;
        int length = 0;
        int headerBytes = 1;
        int next;
        do {
            next = readByte(false);
            header[headerBytes] = (byte) next;
            length |= (next & 0x7F) << 7 * (headerBytes - 1);
            headerBytes++;
        } while (next >= 0x80 && headerBytes < 5);
        assertThat(headerBytes > 2 && next == 0)
                .as("a Remaining Length that is too long")
                .isFalse();
        byte[] raw = Arrays.copyOf(header, headerBytes + length);
        if (in.readNBytes(raw, headerBytes, length) < length) {
            throw new BrokenOff("the connection ended within a packet", null);
        }
        Packet packet = PacketParser.parse(mqtt, raw, headerBytes);
        assertThat((long) raw.length).as("size of " + packet).isLessThanOrEqualTo(maximumPacketBytes);
        return packet;
    }

    private int readByte(boolean mayEnd) throws IOException {
        int value;
        try {
            value = in.read();
        } catch (SocketTimeoutException e) {
            throw new BrokenOff("nothing came for too long", e);
        } catch (IOException reset) {
            value = -1;
        }
        if (value < 0 && !mayEnd) {
            throw new BrokenOff("the connection ended within a packet", null);
        }
        return value;
    }

    /** The server closes and says nothing more. */
    void closed() throws IOException {
        Packet packet = nextOrEnd();
        assertThat(packet).as("a packet instead of the connection's end").isNull();
    }

    /** The server ends an accepted connection: MQTT 5 servers say one of these codes, older ones nothing. */
    void refused(Integer... codes) throws IOException {
        Packet packet = nextOrEnd();
        while (packet != null && packet.type() == Packet.PUBLISH) {
            packet = read();
        }
        if (packet == null) {
            assertThat(mqtt.is5() && !reasonsAreOptional)
                    .as("closed without a DISCONNECT that says why")
                    .isFalse();
            return;
        }
        assertThat(packet.type()).as("type of " + packet).isEqualTo(Packet.DISCONNECT);
        assertThat(packet.code()).as("Reason Code of " + packet).isIn(List.of(codes));
        closed();
    }

    /** The server refuses a CONNECT: MQTT 5 servers say one of these codes, older ones nothing. */
    void connectRefused(Integer... codes) throws IOException {
        Packet packet = read();
        if (packet == null) {
            assertThat(mqtt.is5() && !reasonsAreOptional)
                    .as("closed without a CONNACK that says why")
                    .isFalse();
            return;
        }
        assertThat(mqtt.is5()).as("nothing before the close, but " + packet).isTrue();
        assertThat(packet.type()).as("type of " + packet).isEqualTo(Packet.CONNACK);
        assertThat(packet.code()).as("Reason Code of " + packet).isIn(List.of(codes));
        closed();
    }

    /** The server closes, with nothing before it or exactly one of these answers. */
    void endsWithOneOf(Map<String, byte[]> answers) throws IOException {
        byte[] said;
        try {
            said = in.readAllBytes();
        } catch (SocketTimeoutException e) {
            throw new AssertionError("not closed within " + PATIENCE_MILLIS + " ms", e);
        }
        boolean known = said.length == 0 || answers.values().stream().anyMatch(each -> Arrays.equals(each, said));
        assertThat(known).as("last words " + HexFormat.of().formatHex(said)).isTrue();
    }

    /** Everything that was sent has been worked on, nothing is on its way, and the connection lives. */
    Wire quiet() throws IOException {
        send(ClientBytes.PINGREQ);
        Packet packet = next();
        assertThat(packet.type())
                .as("PINGRESP and nothing before it, but " + packet)
                .isEqualTo(Packet.PINGRESP);
        return this;
    }

    /** Subscribes, expects to be granted what it asked for; publishes that come before SUBACK are kept. */
    Wire subscribe(String filter, int options, byte[]... properties) throws IOException {
        assertThat(subscribeFor(filter, options, properties))
                .as("granted for " + filter)
                .isEqualTo(options & 3);
        return this;
    }

    int subscribeFor(String filter, int options, byte[]... properties) throws IOException {
        int id = nextId();
        send(make.subscribe(id, filter, options, properties));
        Packet suback = answer(Packet.SUBACK);
        assertThat(suback.id()).isEqualTo(id);
        assertThat(suback.codes()).hasSize(1);
        return suback.code();
    }

    Wire unsubscribe(String filter) throws IOException {
        int id = nextId();
        send(make.unsubscribe(id, filter));
        assertThat(answer(Packet.UNSUBACK).id()).isEqualTo(id);
        return this;
    }

    /** Publishes and completes the handshake. */
    Wire publish(String topic, String payload, int qos, byte[]... properties) throws IOException {
        int id = nextId();
        return complete(qos, id, make.publish(topic, payload, qos, id, properties));
    }

    Wire retain(String topic, String payload, int qos, byte[]... properties) throws IOException {
        int id = nextId();
        return complete(qos, id, make.retained(topic, payload, qos, id, properties));
    }

    private Wire complete(int qos, int id, byte[] publish) throws IOException {
        send(publish);
        if (qos == 0) {
            // Nothing acknowledges QoS 0, so what was acknowledged after it shows that it has been worked on.
            int behind = nextId();
            send(make.publish("covey-probe-behind", "", 1, behind));
            assertThat(answer(Packet.PUBACK).id()).isEqualTo(behind);
        } else if (qos == 1) {
            assertThat(answer(Packet.PUBACK).id()).isEqualTo(id);
        } else {
            assertThat(answer(Packet.PUBREC).id()).isEqualTo(id);
            send(make.acknowledge(Packet.PUBREL, id));
            assertThat(answer(Packet.PUBCOMP).id()).isEqualTo(id);
        }
        return this;
    }

    /** The next packet is this message; it is acknowledged as its QoS wants. */
    Packet receive(String topic, String payload) throws IOException {
        Packet message = next(Packet.PUBLISH);
        assertThat(message.topic()).as("Topic Name of " + message).isEqualTo(topic);
        assertThat(message.text()).as("payload of " + message).isEqualTo(payload);
        accept(message);
        return message;
    }

    Packet receive(String topic, String payload, int qos) throws IOException {
        Packet message = receive(topic, payload);
        assertThat(message.qos()).as("QoS of " + message).isEqualTo(qos);
        return message;
    }

    /** Completes the handshake of a message. */
    void accept(Packet message) throws IOException {
        if (message.qos() == 1) {
            send(make.acknowledge(Packet.PUBACK, message.id()));
        } else if (message.qos() == 2) {
            send(make.acknowledge(Packet.PUBREC, message.id()));
            assertThat(answer(Packet.PUBREL).id()).isEqualTo(message.id());
            send(make.acknowledge(Packet.PUBCOMP, message.id()));
        }
    }

    /** Says DISCONNECT and waits until the server has closed. */
    void disconnect() throws IOException {
        send(ClientBytes.DISCONNECT);
        awaitEnd();
    }

    /** Waits until the server has closed, whatever it says before. */
    void awaitEnd() throws IOException {
        while (read() != null) {
            // What was on its way belongs to nobody any more.
        }
    }

    /** Ends the connection as a broken network does: without DISCONNECT. */
    void drop() throws IOException {
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
