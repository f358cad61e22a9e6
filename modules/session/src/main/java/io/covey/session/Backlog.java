package io.covey.session;

import io.covey.protocol.ControlPacket;
import io.covey.protocol.PacketType;
import io.covey.protocol.Publish;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** Packets that came before the session was open, in order. Takes no memory until the first. */
final class Backlog {
    /** Packets at which reading pauses. */
    static final int PACKETS_MAX = 32;

    /** Bytes of payload at which reading pauses. */
    static final int PAYLOAD_BYTES_MAX = 64 * 1024;

    private @Nullable ArrayDeque<ControlPacket> packets;
    private long payloadBytes;

    /** Adds a packet, also beyond the bounds: what had been read when reading paused is not thrown away. */
    void add(ControlPacket packet) {
        if (packets == null) {
            packets = new ArrayDeque<>(4);
        }
        packets.add(packet);
        if (packet.type() == PacketType.PUBLISH) {
            payloadBytes += ((Publish) packet).payload().length;
        }
    }

    boolean isEmpty() {
        return packets == null || packets.isEmpty();
    }

    /** Whether reading is to pause. */
    boolean isFull() {
        return packets != null && packets.size() >= PACKETS_MAX || payloadBytes >= PAYLOAD_BYTES_MAX;
    }

    /** Removes the oldest packet; null where there is none. */
    @Nullable
    ControlPacket poll() {
        return packets == null ? null : packets.poll();
    }

    /** Forgets all. */
    void clear() {
        packets = null;
        payloadBytes = 0;
    }
}
