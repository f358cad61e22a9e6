package io.covey.testkit;

import io.covey.protocol.ConnAck;
import io.covey.protocol.Connect;
import io.covey.protocol.ControlPacket;
import io.covey.protocol.Disconnect;
import io.covey.protocol.PingReq;
import io.covey.protocol.PingResp;
import io.covey.protocol.Properties;
import io.covey.protocol.Property;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.ReasonCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A client that does what the specification asks of clients: it connects to any node, comes back after every loss, and goes on with its
 * half-done handshakes.
 */
abstract class SimulatedClient implements SimulatedSocket.ClientEnd {
    /** A Session Expiry Interval that does not end. */
    static final long NEVER_EXPIRES = 0xFFFF_FFFFL;

    private static final long CONNACK_LIMIT_MICROS = 4_000_000;
    private static final long RETRY_MICROS = 300_000;
    private static final long PING_MICROS = 300_000;

    /** Where clients connect. */
    interface Nodes {
        /** A socket to a node, or null while none listens. */
        @Nullable
        SimulatedSocket connect(String clientId, SimulatedSocket.ClientEnd client);

        /** Whether nothing is wrong at present. */
        boolean allServe();

        /** Whether a connection is over, or may be in the eyes of some node. */
        boolean mayBeOver(SimulatedSocket socket);
    }

    /** What all clients share. */
    record World(EventQueue events, History history, Nodes nodes) {}

    /** What a CONNECT asks for. Before MQTT 5.0 the expiry is not sent: never with clean start off, else with the connection. */
    record Wish(boolean cleanStart, long expirySeconds, Connect.@Nullable Will will) {
        static final Wish PERSISTENT = new Wish(false, NEVER_EXPIRES, null);
        static final Wish TRANSIENT = new Wish(true, 0, null);
    }

    /** A connection that the client has forgotten, while the node may take it for alive. */
    private static final class Ghost implements SimulatedSocket.ClientEnd {
        @Override
        public void arrived(SimulatedSocket socket, ControlPacket packet) {}

        @Override
        public void closed(SimulatedSocket socket) {}
    }

    protected final EventQueue events;
    protected final History history;
    protected final String id;
    protected final ProtocolVersion version;
    protected final Nodes nodes;
    private final int receiveMaximum;
    private @Nullable SimulatedSocket socket;
    private @Nullable SimulatedProcess peer;
    private final List<SimulatedSocket> forgotten = new ArrayList<>();
    private boolean connected;
    private boolean stopped;
    private boolean away;
    private boolean gone;
    /** When something was sent last that the node has answered. */
    private long knownAliveMicros;

    private long connectSentMicros;
    /** When the PINGREQ was sent that has no answer yet. */
    private long pingSentMicros = History.NEVER;

    SimulatedClient(World world, String id, boolean needsV5) {
        this.events = world.events();
        this.history = world.history();
        this.nodes = world.nodes();
        this.id = id;
        this.version = needsV5 || events.chance(0.5) ? ProtocolVersion.V5 : ProtocolVersion.V3_1_1;
        this.receiveMaximum = (int) events.between(1, 12);
    }

    /** How many messages of QoS 1 and 2 it takes unacknowledged. */
    protected int receiveMaximum() {
        return receiveMaximum;
    }

    /** What the next CONNECT asks for. */
    protected Wish wish() {
        return Wish.PERSISTENT;
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

    long knownAliveMicros() {
        return knownAliveMicros;
    }

    long connectSentMicros() {
        return connectSentMicros;
    }

    /** The incarnation at the other end of the connection, or of the last one. */
    SimulatedProcess peer() {
        return Objects.requireNonNull(peer);
    }

    void connect() {
        if (away || socket != null) {
            return;
        }
        SimulatedSocket opened = nodes.connect(id, this);
        if (opened == null) {
            events.after(events.between(RETRY_MICROS / 2, RETRY_MICROS), this::connect);
            return;
        }
        socket = opened;
        peer = opened.process();
        connectSentMicros = events.nowMicros();
        opened.transmit(connectPacket(wish()));
        events.after(CONNACK_LIMIT_MICROS, () -> {
            if (socket == opened && !connected) {
                drop();
            }
        });
    }

    private Connect connectPacket(Wish wish) {
        Properties properties = version.isV5()
                ? Properties.builder()
                        .add(Property.SESSION_EXPIRY_INTERVAL, wish.expirySeconds())
                        .add(Property.RECEIVE_MAXIMUM, receiveMaximum())
                        .build()
                : Properties.EMPTY;
        return new Connect(version, false, wish.cleanStart(), 0, properties, id, wish.will(), null, null);
    }

    /** Loses the connection, unless there is none, and comes back some time later. */
    void drop() {
        SimulatedSocket current = socket;
        if (current != null) {
            current.abort();
            closed(current);
        }
    }

    /** Forgets its connection without closing it, and comes back: the node still takes the old one for alive. */
    void roam() {
        SimulatedSocket current = socket;
        if (current != null && connected) {
            forgotten.add(current);
            closed(current);
        }
    }

    /** Another connection with the same client id appears, of which this client knows nothing. */
    void haunt() {
        SimulatedSocket ghost = nodes.connect(id, new Ghost());
        if (ghost != null) {
            ghost.transmit(connectPacket(wish()));
        }
    }

    /** Stays away for so long when the connection is lost the next time, which it is now. */
    void leaveFor(long micros) {
        away = true;
        drop();
        events.after(micros, () -> {
            away = gone;
            connect();
        });
    }

    /** Goes and does not come back. */
    void leaveForGood() {
        gone = true;
        away = true;
        drop();
        forgotten.forEach(SimulatedSocket::abort); // its network finds out at last
    }

    /** Says good-bye and waits until the node closes the connection. */
    void disconnect(ReasonCode reason) {
        send(new Disconnect(reason, Properties.EMPTY));
    }

    @Override
    public void closed(SimulatedSocket which) {
        if (which != socket) {
            return;
        }
        boolean was = connected;
        socket = null;
        connected = false;
        ended(was);
        if (!away) {
            events.after(events.between(1000, RETRY_MICROS), this::connect);
        }
    }

    /** The connection is over, or the attempt to get one. */
    protected void ended(boolean wasConnected) {}

    @Override
    public void arrived(SimulatedSocket from, ControlPacket packet) {
        if (from != socket) {
            return;
        }
        if (packet instanceof ConnAck connAck) {
            connAck(connAck);
        } else if (packet instanceof PingResp) {
            knownAliveMicros = Math.max(knownAliveMicros, pingSentMicros);
            pingSentMicros = History.NEVER;
            pong();
        } else {
            packet(packet);
        }
    }

    private void connAck(ConnAck connAck) {
        if (connAck.reason() != ReasonCode.SUCCESS) {
            drop();
            return;
        }
        knownAliveMicros = connectSentMicros;
        pingSentMicros = History.NEVER;
        connected = true;
        connected(connAck.sessionPresent());
    }

    /** Sends PINGREQ, unless one has no answer yet. */
    protected void ping() {
        if (pingSentMicros == History.NEVER) {
            pingSentMicros = events.nowMicros();
            send(new PingReq());
        }
    }

    /** Pings from now on to the end of the connection, so that it is known until when the node was there. */
    protected void keepAlive() {
        ping();
        SimulatedSocket on = socket;
        events.after(PING_MICROS, () -> {
            if (on == socket && connected && !stopped) {
                keepAlive();
            }
        });
    }

    protected void send(ControlPacket packet) {
        SimulatedSocket current = socket;
        if (current != null) {
            current.transmit(packet);
        }
    }

    /** Sends some time later, unless the connection is over then. */
    protected void sendAfter(long micros, ControlPacket packet) {
        SimulatedSocket on = socket;
        events.after(micros, () -> {
            if (on == socket && connected) {
                send(packet);
            }
        });
    }

    /** CONNACK came. */
    protected abstract void connected(boolean sessionPresent);

    /** Any other packet came. */
    protected abstract void packet(ControlPacket packet);

    /** PINGRESP came. */
    protected void pong() {}

    /** Whether nothing is half done. */
    abstract boolean isIdle();
}
