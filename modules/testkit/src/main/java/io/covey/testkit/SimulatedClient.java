package io.covey.testkit;

import io.covey.protocol.ConnAck;
import io.covey.protocol.Connect;
import io.covey.protocol.ControlPacket;
import io.covey.protocol.Properties;
import io.covey.protocol.Property;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.ReasonCode;
import org.jspecify.annotations.Nullable;

/**
 * A client with a persistent session that does what the specification asks of clients: it connects to any node, comes back after every
 * loss, and goes on with its half-done handshakes.
 */
abstract class SimulatedClient implements SimulatedSocket.ClientEnd {
    private static final long CONNACK_LIMIT_MICROS = 4_000_000;
    private static final long RETRY_MICROS = 300_000;

    /** Where clients connect. */
    interface Nodes {
        /** A socket to a node, or null while none listens. */
        @Nullable
        SimulatedSocket connect(SimulatedSocket.ClientEnd client);
    }

    protected final EventQueue events;
    protected final History history;
    protected final String id;
    private final Nodes nodes;
    private final ProtocolVersion version;
    private final int receiveMaximum;
    private @Nullable SimulatedSocket socket;
    private boolean connected;
    private boolean hadSession;
    private boolean stopped;

    SimulatedClient(EventQueue events, History history, Nodes nodes, String id) {
        this.events = events;
        this.history = history;
        this.nodes = nodes;
        this.id = id;
        this.version = events.chance(0.5) ? ProtocolVersion.V5 : ProtocolVersion.V3_1_1;
        this.receiveMaximum = (int) events.between(1, 12);
    }

    boolean isConnected() {
        return connected;
    }

    /** Ends all activity of its own after the run. */
    void stop() {
        stopped = true;
    }

    boolean isStopped() {
        return stopped;
    }

    void connect() {
        SimulatedSocket opened = nodes.connect(this);
        if (opened == null) {
            events.after(events.between(RETRY_MICROS / 2, RETRY_MICROS), this::connect);
            return;
        }
        socket = opened;
        Properties properties = version.isV5()
                ? Properties.builder()
                        .add(Property.SESSION_EXPIRY_INTERVAL, 0xFFFFFFFFL)
                        .add(Property.RECEIVE_MAXIMUM, receiveMaximum)
                        .build()
                : Properties.EMPTY;
        opened.transmit(new Connect(version, false, false, 0, properties, id, null, null, null));
        events.after(CONNACK_LIMIT_MICROS, () -> {
            if (socket == opened && !connected) {
                drop();
            }
        });
    }

    /** Loses the connection, unless there is none, and comes back some time later. */
    void drop() {
        SimulatedSocket current = socket;
        if (current != null) {
            current.abort();
            closed(current);
        }
    }

    @Override
    public void closed(SimulatedSocket which) {
        if (which != socket) {
            return;
        }
        socket = null;
        connected = false;
        events.after(events.between(1000, RETRY_MICROS), this::connect);
    }

    @Override
    public void arrived(SimulatedSocket from, ControlPacket packet) {
        if (from != socket) {
            return;
        }
        if (packet instanceof ConnAck connAck) {
            connAck(connAck);
        } else {
            packet(packet);
        }
    }

    private void connAck(ConnAck connAck) {
        if (connAck.reason() != ReasonCode.SUCCESS) {
            drop();
            return;
        }
        if (hadSession && !connAck.sessionPresent()) {
            throw new History.InvariantViolated("I1: the session of " + id + " is gone");
        }
        hadSession = true;
        connected = true;
        connected();
    }

    protected void send(ControlPacket packet) {
        SimulatedSocket current = socket;
        if (current != null) {
            current.transmit(packet);
        }
    }

    /** CONNACK came. */
    protected abstract void connected();

    /** Any other packet came. */
    protected abstract void packet(ControlPacket packet);

    /** Whether nothing is half done. */
    abstract boolean isIdle();
}
