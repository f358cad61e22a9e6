package io.covey.wire;

import io.covey.broker.ClientConnection;
import io.covey.broker.ClientInput;
import io.covey.protocol.ControlPacket;
import io.covey.protocol.Message;
import io.covey.protocol.PacketType;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.ProtocolViolation;
import io.covey.protocol.QoS;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's connection: the last handler of its pipeline, bytes to packets for the broker and the broker's packets to bytes. Runs on
 * the loop of its shard only.
 *
 * <pre>
 * OPEN      -- no valid packet -->  VIOLATED   input is discarded, the broker may still send
 * OPEN, VIOLATED -- close() -->     CLOSING    flush, end of output, input discarded until the client closes too, or time is up
 * any       -- channel inactive --> LOST
 * </pre>
 */
final class MqttChannel extends ChannelInboundHandlerAdapter implements ClientConnection {
    private static final Logger LOG = LoggerFactory.getLogger(MqttChannel.class);

    /** From close() on, so long may flushing and the client's own close take. */
    static final long CLOSE_PATIENCE_MILLIS = 2_000;

    /**
     * With this many times the high mark waiting towards a client, its own packets are not read until it takes some: only answers to what
     * it sends can grow so far.
     */
    private static final int CHOKED_MARKS = 4;

    private enum Phase {
        OPEN,
        VIOLATED,
        CLOSING,
        LOST
    }

    private final Channel channel;
    private final VertxShardLoop loop;
    private final ListenerSettings settings;
    private final ConnectionAcceptor acceptor;
    private final ConnectionGate gate;
    private final Inbox inbox;
    private final Outbox outbox;
    private final SlowReaders slowReaders;
    private @Nullable ClientInput input;
    private @Nullable ScheduledFuture<?> closeTimeout;
    private Phase phase = Phase.OPEN;
    private boolean halfOpen = true;
    private boolean decoding;
    private boolean readingWanted = true;
    private boolean choked;
    private boolean answered;
    private boolean heldUntilAnswered;
    private boolean toldWritable = true;
    private boolean turnEndAwaited;
    private int countedIn;

    /** Whether {@link SlowReaders} has it listed, since when it has taken nothing, and how much waited at the last look. */
    private boolean waits;

    private long waitsSinceNanos;
    private long waitingBytes;

    MqttChannel(
            Channel channel,
            VertxShardLoop loop,
            ListenerSettings settings,
            ConnectionAcceptor acceptor,
            ConnectionGate gate) {
        this.channel = channel;
        this.loop = loop;
        this.settings = settings;
        this.acceptor = acceptor;
        this.gate = gate;
        slowReaders = gate.slowReaders(loop);
        inbox = new Inbox(channel.alloc(), settings.limits());
        outbox = new Outbox(channel, loop);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        if (!channel.isActive() || phase != Phase.OPEN) {
            return;
        }
        channel.remoteAddress(); // is remembered, also for when it is gone
        try {
            input = acceptor.connect(loop.shard(), this);
        } catch (RuntimeException | Error defect) {
            closeNow(channel);
            throw defect;
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object bytes) {
        countedIn = loop.count(countedIn);
        if (phase == Phase.OPEN) {
            ByteBuf arrived = (ByteBuf) bytes;
            loop.traffic().bytesReceived(arrived.readableBytes());
            inbox.add(arrived); // [MQTT-4.2-1]
            decode();
            holdUntilAnswered();
        } else {
            ((ByteBuf) bytes).release();
        }
    }

    /** A client that is not accepted yet makes us hold no more than a CONNECT; the rest of what it sends waits in the network [MQTT 5.0, 3.1.4]. */
    private void holdUntilAnswered() {
        if (!answered && inbox.heldBytes() >= settings.limits().connectBytesMax()) {
            heldUntilAnswered = true;
            readOrNot();
        }
    }

    private void answered() {
        answered = true;
        if (heldUntilAnswered) {
            heldUntilAnswered = false;
            readOrNot();
        }
    }

    private void decodeRest() {
        try {
            decode();
        } catch (RuntimeException | AssertionError defect) {
            failed(defect);
        }
    }

    private void decode() {
        ClientInput client = input;
        decoding = true;
        try {
            while (client != null && mayRead()) {
                ControlPacket packet = decodeNext(client);
                if (packet == null) {
                    break;
                }
                loop.traffic().packetReceived();
                if (halfOpen) {
                    halfOpen = false;
                    gate.connectCame();
                }
                client.packet(packet);
            }
        } finally {
            decoding = false;
        }
        if (phase != Phase.OPEN) {
            inbox.release();
        } else if (!mayRead()) {
            inbox.settle();
        }
    }

    private @Nullable ControlPacket decodeNext(ClientInput client) {
        try {
            return inbox.next();
        } catch (ProtocolViolation violation) {
            phase = Phase.VIOLATED;
            client.violated(violation, inbox.version());
            return null;
        }
    }

    private boolean mayRead() {
        return phase == Phase.OPEN && readingWanted && !choked && !heldUntilAnswered;
    }

    @Override
    public void reading(boolean on) {
        if (readingWanted != on) {
            readingWanted = on;
            readOrNot();
        }
    }

    private void readOrNot() {
        // Bytes that nobody wants any more are read all the same, to see the client's close behind them.
        boolean on = phase != Phase.OPEN || mayRead();
        if (channel.config().isAutoRead() != on) {
            channel.config().setAutoRead(on);
        }
        if (on && !decoding && inbox.hasArrived()) {
            loop.submit(this::decodeRest);
        }
    }

    @Override
    public void send(ControlPacket packet) {
        if (maySend()) {
            outbox.add(packet, version());
            sent();
            if (!answered && packet.type() == PacketType.CONNACK) {
                answered();
            }
        }
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
        if (maySend()) {
            outbox.add(message, packetId, qos, dup, retain, subscriptionIds, topicAlias, version());
            sent();
        }
    }

    private boolean maySend() {
        assert loop.eventLoop().inEventLoop();
        return phase == Phase.OPEN || phase == Phase.VIOLATED;
    }

    /** A CONNECT that could not be understood is answered as older clients read it. */
    private ProtocolVersion version() {
        ProtocolVersion version = inbox.version();
        return version == null ? ProtocolVersion.V3_1_1 : version;
    }

    private void sent() {
        if (outbox.isFull()) {
            outbox.flush();
            checkChoked();
            if (toldWritable && !channel.isWritable()) {
                tellWritable(false); // at once, as the broker may be in the middle of sending much more
            }
        } else {
            awaitTurnEnd();
        }
    }

    private void awaitTurnEnd() {
        if (!turnEndAwaited) {
            turnEndAwaited = true;
            loop.flushAtEndOfTurn(this);
        }
    }

    /** The turn of the loop is over: what was sent in it is flushed. */
    void endTurn() {
        turnEndAwaited = false;
        countedIn = loop.count(countedIn);
        outbox.flush();
        long pending = waits ? 0 : pendingBytes();
        if (pending > 0) {
            waits = true;
            slowReaders.list(this, pending);
        }
        checkChoked();
        if (toldWritable != channel.isWritable()) {
            tellWritable(!toldWritable);
        }
    }

    private void tellWritable(boolean writable) {
        ClientInput client = input;
        if (client != null && maySend()) {
            toldWritable = writable;
            client.writable(writable);
        }
    }

    private void checkChoked() {
        boolean now = channel.bytesBeforeWritable()
                > (long) CHOKED_MARKS * settings.limits().writeHighBytes();
        if (now && !choked || choked && channel.isWritable()) {
            choked = now;
            readOrNot();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        // May be called from the midst of a write of ours; the end of the turn is soon enough.
        if (maySend()) {
            awaitTurnEnd();
        }
    }

    @Override
    public boolean isWritable() {
        return toldWritable;
    }

    @Override
    public void close() {
        close(WebSocketCloseStatus.NORMAL_CLOSURE);
    }

    /** The client sent text, which MQTT does not [MQTT-6.0.0-1]. */
    void closeForText() {
        close(WebSocketCloseStatus.INVALID_MESSAGE_TYPE);
    }

    private void close(WebSocketCloseStatus webSocketStatus) {
        if (!maySend()) {
            return;
        }
        phase = Phase.CLOSING;
        if (!decoding) {
            inbox.release();
        }
        readOrNot();
        closeTimeout = loop.eventLoop().schedule(() -> closeNow(channel), CLOSE_PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        outbox.write();
        Object last =
                switch (settings.type()) {
                    case TCP -> Unpooled.EMPTY_BUFFER;
                    case WEBSOCKET -> new CloseWebSocketFrame(webSocketStatus);
                };
        channel.writeAndFlush(last).addListener(flushed -> endOutput());
    }

    /**
     * Closing with unread bytes resets the connection, and a reset can overtake the DISCONNECT with its reason. So only the output ends; the
     * client answers by closing, or {@link #closeTimeout} does it.
     */
    private void endOutput() {
        if (channel instanceof DuplexChannel duplex && channel.pipeline().get(SslHandler.class) == null) {
            duplex.shutdownOutput().addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
        } else {
            closeNow(channel);
        }
    }

    /** Closes a channel whose end is learnt from {@link #channelInactive}. */
    static void closeNow(Channel channel) {
        channel.close().addListener(closed -> {
            if (!closed.isSuccess()) {
                LOG.debug("close failed; cause={}", String.valueOf(closed.cause()));
            }
        });
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (phase == Phase.LOST) {
            return;
        }
        phase = Phase.LOST;
        ScheduledFuture<?> timeout = closeTimeout;
        if (timeout != null) {
            timeout.cancel(false);
        }
        if (!decoding) {
            inbox.release();
        }
        outbox.release();
        ClientInput client = input;
        if (client != null) {
            client.lost();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        failed(cause);
    }

    /** Ends a connection whose socket or codec failed, which is the client's or the network's doing, or whose handling did, which is ours. */
    void failed(Throwable cause) {
        if (cause instanceof IOException || cause instanceof DecoderException) {
            LOG.debug(
                    "connection failed; listener={} remote={} cause={}", listener(), remoteAddress(), cause.toString());
        } else {
            LOG.error("connection closed for a defect; listener={} remote={}", listener(), remoteAddress(), cause);
        }
        if (maySend()) {
            phase = Phase.CLOSING;
            inbox.release();
            outbox.release();
        }
        closeNow(channel);
    }

    /** Bytes that were sent and that the socket has not taken. */
    long pendingBytes() {
        ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
        return buffer == null ? 0 : buffer.totalPendingWriteBytes(); // null where the channel is closed
    }

    void waitsSince(long nanos, long bytes) {
        waitsSinceNanos = nanos;
        waitingBytes = bytes;
    }

    void waits(long bytes) {
        waitingBytes = bytes;
    }

    void waitsNoMore() {
        waits = false;
        waitingBytes = 0;
    }

    long waitsSinceNanos() {
        return waitsSinceNanos;
    }

    long waitingBytes() {
        return waitingBytes;
    }

    Channel channel() {
        return channel;
    }

    /** How many bytes of an incomplete packet are held. */
    int heldBytes() {
        return inbox.heldBytes();
    }

    /** Whether no packet has come yet. */
    boolean isHalfOpen() {
        return halfOpen;
    }

    /** Whether buffers are held for this connection. */
    boolean holdsMemory() {
        return inbox.holdsMemory() || outbox.holdsMemory();
    }

    @Override
    public String remoteAddress() {
        return channel.remoteAddress() instanceof InetSocketAddress address
                ? NetUtil.toSocketAddressString(address)
                : "unknown";
    }

    @Override
    public String listener() {
        return settings.name();
    }
}
