package io.covey.benchmarks;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * A client's TCP connection and its handshake: connect, CONNECT, CONNACK, then SUBSCRIBE and SUBACK where asked for. Owned by one loop;
 * {@link #state()} and {@link #trouble()} may be read from any thread.
 */
final class Connection implements PacketHandler {

    enum State {
        NEW,
        CONNECTING,
        AWAITING_CONNACK,
        AWAITING_SUBACK,
        READY,
        LEAVING,
        CLOSED
    }

    /** A publisher that finds more than this unwritten waits for {@link Role#onWritable()}. */
    private static final int CONGESTED_BYTES = EventLoop.WRITE_BUFFER_BYTES / 2;

    /** A broker that does not read for so long that this fills up ends the run. */
    private static final int UNWRITTEN_BYTES_MAX = 64 << 20;

    private static final int SUBSCRIBE_PACKET_ID = 1;
    private static final byte[] NOTHING = {};

    final EventLoop loop;

    private final NodeAddress node;
    private final @Nullable InetSocketAddress source;
    private final ClientSpec spec;
    private final Role role;
    private volatile State state = State.NEW;
    private volatile @Nullable String trouble;
    private @Nullable SocketChannel channel;
    private @Nullable SelectionKey key;
    private @Nullable ByteBuffer out;
    private byte[] incomplete = NOTHING;
    private boolean flushPlanned;
    private boolean congested;
    private boolean sessionPresent;
    private int receiveMaximum = 65_535;

    /** @param source the local address to connect from, or null for the system's choice */
    Connection(EventLoop loop, NodeAddress node, @Nullable InetSocketAddress source, ClientSpec spec, Role role) {
        this.loop = loop;
        this.node = node;
        this.source = source;
        this.spec = spec;
        this.role = role;
    }

    State state() {
        return state;
    }

    /** Why it closed when it should not have. */
    @Nullable
    String trouble() {
        return trouble;
    }

    void open() {
        try {
            SocketChannel opened = SocketChannel.open();
            channel = opened;
            opened.configureBlocking(false);
            opened.setOption(StandardSocketOptions.TCP_NODELAY, true);
            if (source != null) {
                opened.bind(source);
            }
            state = State.CONNECTING;
            boolean connected = opened.connect(node.socketAddress());
            key = opened.register(loop.selector(), connected ? 0 : SelectionKey.OP_CONNECT, this);
            if (connected) {
                greet();
            }
        } catch (IOException e) {
            close("cannot connect to " + node + ": " + e.getMessage());
        }
    }

    /** Sends DISCONNECT; the broker then closes the connection. */
    void leave() {
        if (state != State.CLOSED && state != State.LEAVING) {
            write(WireFormat.disconnect());
            state = State.LEAVING;
        }
    }

    boolean congested() {
        if (out != null && out.position() > CONGESTED_BYTES) {
            congested = true;
        }
        return congested;
    }

    /** Room for {@code bytes} that the caller now writes; they leave at the end of the loop's round. */
    ByteBuffer reserve(int bytes) {
        ByteBuffer buffer = out;
        if (buffer == null) {
            buffer = loop.takeBuffer();
        }
        if (buffer.remaining() < bytes) {
            int wanted = Math.max(buffer.capacity() * 2, buffer.position() + bytes);
            if (wanted > UNWRITTEN_BYTES_MAX) {
                throw new DriverFailure(node + " does not read what " + spec.clientId() + " sends");
            }
            ByteBuffer larger = ByteBuffer.allocateDirect(wanted).put(buffer.flip());
            loop.returnBuffer(buffer);
            buffer = larger;
        }
        out = buffer;
        if (!flushPlanned) {
            flushPlanned = true;
            loop.flushLater(this);
        }
        return buffer;
    }

    void flush() {
        flushPlanned = false;
        ByteBuffer buffer = out;
        if (buffer == null || channel == null || key == null || state == State.CLOSED) {
            return;
        }
        try {
            channel.write(buffer.flip());
        } catch (IOException e) {
            close("write to " + node + ": " + e.getMessage());
            return;
        }
        if (buffer.hasRemaining()) {
            buffer.compact();
            interest(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
            return;
        }
        out = null;
        loop.returnBuffer(buffer);
        interest(SelectionKey.OP_READ);
        if (congested) {
            congested = false;
            role.onWritable();
        }
    }

    void onSelected() {
        SelectionKey selected = key;
        if (selected == null || !selected.isValid()) {
            return;
        }
        if (selected.isConnectable()) {
            finishConnect();
            return;
        }
        if (selected.isWritable()) {
            flush();
        }
        if (selected.isValid() && selected.isReadable()) {
            receive();
        }
    }

    private void interest(int operations) {
        if (key != null && key.isValid() && key.interestOps() != operations) {
            key.interestOps(operations);
        }
    }

    private void finishConnect() {
        try {
            if (channel != null && channel.finishConnect()) {
                greet();
            }
        } catch (IOException e) {
            close("cannot connect to " + node + ": " + e.getMessage());
        }
    }

    private void greet() {
        state = State.AWAITING_CONNACK;
        interest(SelectionKey.OP_READ);
        write(WireFormat.connect(spec.clientId(), spec.clean(), spec.kept(), spec.version()));
    }

    private void write(byte[] packet) {
        reserve(packet.length).put(packet);
    }

    private void receive() {
        ByteBuffer in = loop.readBuffer().clear().put(incomplete);
        SocketChannel readable = channel;
        if (readable == null) {
            return;
        }
        int count;
        try {
            count = readable.read(in);
        } catch (IOException e) {
            close("read from " + node + ": " + e.getMessage());
            return;
        }
        if (count < 0) {
            close(node + " closed the connection in state " + state);
            return;
        }
        in.flip();
        PacketReader.read(in, spec.version(), this);
        keepIncomplete(in);
        role.onReadEnd();
    }

    private void keepIncomplete(ByteBuffer in) {
        if (!in.hasRemaining()) {
            incomplete = NOTHING;
            return;
        }
        if (in.remaining() == in.capacity()) {
            throw new DriverFailure("a packet is larger than the read buffer of " + in.capacity() + " bytes");
        }
        incomplete = new byte[in.remaining()];
        in.get(incomplete);
    }

    private void close(String why) {
        if (state == State.CLOSED) {
            return;
        }
        if (state != State.LEAVING) {
            trouble = spec.clientId() + ": " + why;
            LoopStats.add(loop.stats.lostConnections, 1);
        }
        state = State.CLOSED;
        LoopStats.add(loop.stats.closed, 1);
        if (out != null) {
            loop.returnBuffer(out);
            out = null;
        }
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                trouble = spec.clientId() + ": close: " + e.getMessage();
            }
        }
    }

    @Override
    public void onConnAck(boolean present, int code, int maximum) {
        if (code != 0) {
            close(node + " refused the connection with code " + code);
            return;
        }
        sessionPresent = present;
        receiveMaximum = maximum;
        String filter = spec.filter();
        if (filter == null) {
            becomeReady();
        } else {
            state = State.AWAITING_SUBACK;
            write(WireFormat.subscribe(SUBSCRIBE_PACKET_ID, filter, spec.qos(), spec.version()));
        }
    }

    @Override
    public void onSubAck(int packetId, int code) {
        if (code != spec.qos()) {
            close(node + " answered SUBSCRIBE at QoS " + spec.qos() + " with code " + code);
        } else if (state == State.AWAITING_SUBACK) {
            becomeReady();
        } else {
            role.onSubAck();
        }
    }

    private void becomeReady() {
        state = State.READY;
        LoopStats.add(loop.stats.ready, 1);
        if (sessionPresent) {
            LoopStats.add(loop.stats.sessionsFound, 1);
        }
        role.onReady(this, sessionPresent, receiveMaximum);
    }

    @Override
    public void onPublish(int flags, int packetId, ByteBuffer in, int payloadAt, int payloadBytes) {
        role.onPublish(flags, packetId, in, payloadAt, payloadBytes);
    }

    @Override
    public void onAck(int type, int packetId, int reason) {
        role.onAck(type, packetId, reason);
    }

    @Override
    public void onDisconnect(int reason) {
        close(node + " disconnected with reason " + reason);
    }
}
