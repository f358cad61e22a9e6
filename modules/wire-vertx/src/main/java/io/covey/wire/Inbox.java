package io.covey.wire;

import io.covey.protocol.ControlPacket;
import io.covey.protocol.PacketDecoder;
import io.covey.protocol.ProtocolVersion;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a connection that are not decoded yet. Owned by the connection's loop.
 *
 * <p>Packets are decoded from where the socket's bytes were read to. Only an incomplete packet at their end is copied, and completed from
 * what comes next; so what is held is less than one packet of the largest size, besides what was read while nobody asked for packets.
 */
final class Inbox {
    /** The first piece of an incomplete packet gets a buffer of this size at least; it grows with what arrives, not with what is announced. */
    private static final int HELD_BYTES_MIN = 64;

    private static final int HEADER_BYTES_MAX = 5;

    private final ByteBufAllocator allocator;
    private final PacketDecoder decoder;

    /** The beginning of an incomplete packet, or null. */
    private @Nullable ByteBuf held;

    /** What came after {@link #held}, or null; its first undecoded byte is at the position of {@link #view}. */
    private @Nullable ByteBuf arrived;

    private @Nullable ByteBuffer view;

    Inbox(ByteBufAllocator allocator, ListenerSettings.Limits limits) {
        this.allocator = allocator;
        decoder = new PacketDecoder(limits.packetBytesMax(), limits.connectBytesMax(), limits.userPropertiesMax());
    }

    /** How many bytes of an incomplete packet are held. */
    int heldBytes() {
        return held == null ? 0 : held.readableBytes();
    }

    /** What the client's CONNECT speaks, or null. */
    @Nullable
    ProtocolVersion version() {
        return decoder.version();
    }

    /** Takes bytes over from the socket. */
    void add(ByteBuf bytes) {
        ByteBuf waiting = arrived;
        if (waiting == null) {
            arrived(bytes);
        } else {
            // Nobody asked for packets since the last bytes came; the socket is told so, but what it has read comes
            // yet.
            skipDecoded(waiting);
            waiting = waiting.discardReadBytes().writeBytes(bytes);
            bytes.release();
            arrived(waiting);
        }
    }

    private void arrived(ByteBuf bytes) {
        arrived = bytes;
        view = bytes.nioBufferCount() == 1
                ? bytes.internalNioBuffer(bytes.readerIndex(), bytes.readableBytes())
                : bytes.nioBuffer();
    }

    private void skipDecoded(ByteBuf bytes) {
        ByteBuffer undecoded = view;
        if (undecoded != null) {
            bytes.readerIndex(bytes.writerIndex() - undecoded.remaining());
        }
    }

    /** Whether {@link #next} may have more without another {@link #add}. */
    boolean hasArrived() {
        return arrived != null;
    }

    /**
     * The next packet, or null when its end has not arrived.
     *
     * @throws io.covey.protocol.ProtocolViolation when it is none; not to be called again after that
     */
    @Nullable
    ControlPacket next() {
        while (held != null) {
            if (arrived == null) {
                return null;
            }
            ControlPacket packet = complete(held);
            if (packet != null) {
                return packet;
            }
        }
        ByteBuf bytes = arrived;
        ByteBuffer undecoded = view;
        if (bytes == null || undecoded == null) {
            return null;
        }
        ControlPacket packet = decoder.decode(undecoded);
        if (packet == null) {
            hold(undecoded);
            releaseArrived();
        } else if (!undecoded.hasRemaining()) {
            releaseArrived();
        }
        return packet;
    }

    private void hold(ByteBuffer incomplete) {
        if (incomplete.hasRemaining()) {
            held = allocator
                    .buffer(Math.max(HELD_BYTES_MIN, incomplete.remaining()))
                    .writeBytes(incomplete);
        }
    }

    /** Adds what has arrived to the incomplete packet, as far as it belongs to it. */
    private @Nullable ControlPacket complete(ByteBuf packetBytes) {
        ByteBuffer undecoded = view;
        if (undecoded == null) {
            return null;
        }
        int wanted = Math.min(missing(packetBytes), undecoded.remaining());
        int end = undecoded.limit();
        undecoded.limit(undecoded.position() + wanted);
        packetBytes.writeBytes(undecoded);
        undecoded.limit(end);
        if (!undecoded.hasRemaining()) {
            releaseArrived();
        }
        ControlPacket packet =
                decoder.decode(packetBytes.internalNioBuffer(packetBytes.readerIndex(), packetBytes.readableBytes()));
        if (packet != null) {
            packetBytes.release();
            held = null;
        }
        return packet;
    }

    /** How many bytes the packet needs to be complete, or just one while its length is not known. */
    private static int missing(ByteBuf packet) {
        int start = packet.readerIndex();
        int readable = packet.readableBytes();
        int remainingLength = 0;
        for (int i = 1; i < Math.min(readable, HEADER_BYTES_MAX); i++) {
            int next = packet.getByte(start + i);
            remainingLength |= (next & 0x7F) << 7 * (i - 1);
            if (next >= 0) {
                return 1 + i + remainingLength - readable;
            }
        }
        return 1;
    }

    /** Nobody will ask for packets for a while: lets go of memory that is mostly free. */
    void settle() {
        ByteBuf bytes = arrived;
        ByteBuffer undecoded = view;
        if (bytes != null && undecoded != null && undecoded.remaining() < bytes.capacity() / 4) {
            ByteBuf rest = allocator.buffer(undecoded.remaining()).writeBytes(undecoded);
            bytes.release();
            arrived(rest);
        }
    }

    boolean holdsMemory() {
        return held != null || arrived != null;
    }

    /** Forgets everything. */
    void release() {
        releaseArrived();
        if (held != null) {
            held.release();
            held = null;
        }
    }

    private void releaseArrived() {
        if (arrived != null) {
            arrived.release();
            arrived = null;
            view = null;
        }
    }
}
