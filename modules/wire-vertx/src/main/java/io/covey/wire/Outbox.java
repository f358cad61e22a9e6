package io.covey.wire;

import io.covey.protocol.ByteWriter;
import io.covey.protocol.ControlPacket;
import io.covey.protocol.Message;
import io.covey.protocol.PacketEncoder;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.PublishHead;
import io.covey.protocol.QoS;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/**
 * Encodes what is sent on one connection, and collects it until it is flushed. Holds no memory while there is nothing to send. Owned by
 * the connection's loop.
 */
final class Outbox {
    /** A payload up to this size is cheaper to copy behind its head than to hand to the socket by itself. */
    static final int COPIED_PAYLOAD_BYTES_MAX = 2048;

    /** From so much on, waiting for more makes flushing no cheaper. */
    static final int FLUSH_BYTES = 32 * 1024;

    private static final int BUFFER_BYTES_MIN = 256;
    private static final int MILLIS_PER_SECOND = 1000;

    private final Channel channel;
    private final VertxShardLoop loop;
    private @Nullable ByteBuf open;
    private int unflushedBytes;
    private int lastBytes;

    Outbox(Channel channel, VertxShardLoop loop) {
        this.channel = channel;
        this.loop = loop;
    }

    /** Whether enough has been collected to flush it now. */
    boolean isFull() {
        return unflushedBytes >= FLUSH_BYTES;
    }

    /** Adds a packet that is not a PUBLISH. */
    void add(ControlPacket packet, ProtocolVersion version) {
        ByteWriter encoded = loop.scratch();
        PacketEncoder.encode(packet, version, encoded);
        room(encoded.size()).writeBytes(encoded.array(), 0, encoded.size());
        added(encoded.size());
    }

    /** Adds a PUBLISH; the parameters are those of {@link io.covey.broker.ClientConnection#sendPublish}. */
    void add(
            Message message,
            int packetId,
            QoS qos,
            boolean dup,
            boolean retain,
            int[] subscriptionIds,
            int topicAlias,
            ProtocolVersion version) {
        PublishHead head = head(message, version, qos != QoS.AT_MOST_ONCE, subscriptionIds, topicAlias);
        byte[] payload = message.payload();
        boolean copied = payload.length <= COPIED_PAYLOAD_BYTES_MAX;
        byte[] bytes = head.bytes();
        ByteBuf out = room(bytes.length + (copied ? payload.length : 0));
        int start = out.writerIndex();
        out.writeBytes(bytes);
        out.setByte(start, bytes[0] | (dup ? 8 : 0) | qos.value() << 1 | (retain ? 1 : 0));
        if (head.packetIdOffset() >= 0) {
            out.setShort(start + head.packetIdOffset(), packetId);
        }
        if (head.expiryOffset() >= 0) {
            out.setInt(start + head.expiryOffset(), remainingSeconds(message.expiresAtMillis(), loop.clusterMillis()));
        }
        if (copied) {
            out.writeBytes(payload);
        } else {
            writeOpen();
            write(loop.shared(payload, channel.alloc()));
        }
        added(bytes.length + payload.length);
    }

    private void added(int bytes) {
        unflushedBytes += bytes;
        loop.traffic().packetSent(bytes);
    }

    private static PublishHead head(
            Message message, ProtocolVersion version, boolean withPacketId, int[] subscriptionIds, int topicAlias) {
        if (subscriptionIds.length == 0 && topicAlias == 0 || !version.isV5()) {
            return message.head(version, withPacketId);
        }
        return PublishHead.encode(message, version, withPacketId, topicAlias, subscriptionIds);
    }

    /** What is left of the message's life in begun seconds, so that one that has not waited keeps the interval it came with [MQTT-3.3.2-6]. */
    static int remainingSeconds(long expiresAtMillis, long nowMillis) {
        long left = expiresAtMillis - nowMillis;
        return left <= 0 ? 0 : (int) ((left + MILLIS_PER_SECOND - 1) / MILLIS_PER_SECOND);
    }

    private ByteBuf room(int bytes) {
        ByteBuf buffer = open;
        if (buffer == null) {
            // Connections go on as they are: the last turn tells best how much this one will send.
            buffer = channel.alloc().directBuffer(Math.max(bytes, Math.max(lastBytes, BUFFER_BYTES_MIN)));
            open = buffer;
        }
        return buffer;
    }

    private void writeOpen() {
        ByteBuf buffer = open;
        if (buffer != null) {
            open = null;
            lastBytes = buffer.readableBytes();
            write(buffer);
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // a void promise reports to MqttChannel.exceptionCaught
    private void write(ByteBuf bytes) {
        channel.write(bytes, channel.voidPromise());
    }

    /** Hands everything to the channel without flushing it. */
    void write() {
        writeOpen();
        unflushedBytes = 0;
    }

    /** Flushes, if there is anything to flush. */
    void flush() {
        if (unflushedBytes > 0) {
            write();
            channel.flush();
        }
    }

    boolean holdsMemory() {
        return open != null;
    }

    /** Forgets everything. */
    void release() {
        ByteBuf buffer = open;
        if (buffer != null) {
            open = null;
            buffer.release();
        }
        unflushedBytes = 0;
    }
}
