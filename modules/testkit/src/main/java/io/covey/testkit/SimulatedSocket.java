package io.covey.testkit;

import io.covey.broker.ClientConnection;
import io.covey.broker.ClientInput;
import io.covey.protocol.ControlPacket;
import io.covey.protocol.Message;
import io.covey.protocol.Properties;
import io.covey.protocol.Publish;
import io.covey.protocol.QoS;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * A client's network connection to a process: packets keep their order in each direction; those towards a frozen process wait in its socket
 * buffers; the end of a process closes it.
 */
final class SimulatedSocket implements ClientConnection {
    /** The client's end. */
    interface ClientEnd {
        void arrived(SimulatedSocket socket, ControlPacket packet);

        void closed(SimulatedSocket socket);
    }

    /** Sees each packet at the moment when it is sent. */
    interface Watch {
        void fromServer(SimulatedSocket socket, ControlPacket packet);

        void fromClient(SimulatedSocket socket, ControlPacket packet);
    }

    private final EventQueue events;
    private final SimulatedProcess process;
    private final ClientEnd client;
    private final String clientId;
    private final Watch watch;
    private final Deque<ControlPacket> unread = new ArrayDeque<>();
    private @Nullable ClientInput input;
    private boolean reading = true;
    private boolean serverClosed;
    private boolean clientClosed;
    private boolean lostReported;
    private long toServerMicros;
    private long toClientMicros;

    SimulatedSocket(EventQueue events, SimulatedProcess process, String clientId, ClientEnd client, Watch watch) {
        this.events = events;
        this.process = process;
        this.clientId = clientId;
        this.client = client;
        this.watch = watch;
    }

    SimulatedProcess process() {
        return process;
    }

    String clientId() {
        return clientId;
    }

    /** Whether one of its ends is closed, or the process gone. */
    boolean isOver() {
        return clientClosed || serverClosed || !process.isAlive();
    }

    void attach(ClientInput serverInput) {
        input = serverInput;
        drain();
    }

    /** The client sends. */
    void transmit(ControlPacket packet) {
        if (clientClosed) {
            return;
        }
        watch.fromClient(this, packet);
        toServerMicros = Math.max(toServerMicros, events.nowMicros() + events.between(20, 800));
        events.after(toServerMicros - events.nowMicros(), process, () -> {
            unread.add(packet);
            drain();
        });
    }

    private void drain() {
        ClientInput attached = input;
        while (attached != null && reading && !serverClosed && !unread.isEmpty()) {
            attached.packet(unread.remove());
        }
    }

    /** The client goes away without a word. */
    void abort() {
        if (clientClosed) {
            return;
        }
        clientClosed = true;
        toServerMicros = Math.max(toServerMicros, events.nowMicros() + events.between(20, 800));
        events.after(toServerMicros - events.nowMicros(), process, this::reportLost);
    }

    private void reportLost() {
        ClientInput attached = input;
        if (!lostReported && attached != null) {
            lostReported = true;
            attached.lost();
        }
    }

    /** The process has ended: the client's system notices. */
    void processEnded() {
        events.after(events.between(100, 300_000), this::closeClient);
    }

    private void closeClient() {
        if (!clientClosed) {
            clientClosed = true;
            client.closed(this);
        }
    }

    @Override
    public void send(ControlPacket packet) {
        if (serverClosed) {
            return;
        }
        watch.fromServer(this, packet);
        toClientMicros = Math.max(toClientMicros, events.nowMicros() + events.between(20, 800));
        events.after(toClientMicros - events.nowMicros(), () -> {
            if (!clientClosed) {
                client.arrived(this, packet);
            }
        });
    }

    @Override
    public void sendPublish(
            Message message,
            int packetId,
            QoS qos,
            boolean dup,
            boolean retain,
            int[] subscriptionIds,
            int topicAlias) {
        if (!serverClosed && !dup && message.isExpired(SimulatedLoop.EPOCH_MILLIS + events.nowMillis())) {
            throw new History.InvariantViolated("[MQTT-3.3.2-5]: host " + process.host() + " sent to " + clientId
                    + " what had expired: " + new String(message.payload(), StandardCharsets.UTF_8));
        }
        send(new Publish(dup, qos, retain, message.topic(), packetId, Properties.EMPTY, message.payload()));
    }

    @Override
    public void reading(boolean on) {
        reading = on;
        if (on) {
            events.after(1, process, this::drain);
        }
    }

    @Override
    public boolean isWritable() {
        return true;
    }

    @Override
    public void close() {
        if (serverClosed) {
            return;
        }
        serverClosed = true;
        toClientMicros = Math.max(toClientMicros, events.nowMicros() + events.between(20, 800));
        events.after(toClientMicros - events.nowMicros(), this::closeClient);
        events.after(1, process, this::reportLost);
    }

    @Override
    public String remoteAddress() {
        return "client";
    }

    @Override
    public String listener() {
        return "simulated";
    }
}
