package io.covey.protocol;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Decodes the packets that a client sends, strictly: what the specification forbids is a {@link ProtocolViolation} with the reason that it
 * names. Owned by one thread; remembers the protocol version of the CONNECT.
 */
public final class PacketDecoder {

    /**
     * @param maximumPacketSizeBytes a packet whose total size is above it is refused with 0x95 before memory is taken for it
     */
    public PacketDecoder(int maximumPacketSizeBytes) {}

    /**
     * Takes one complete packet from the buffer.
     *
     * @param in what has arrived; its position moves past the packet, and stays where the packet is incomplete
     * @return the packet, or null while it is incomplete
     * @throws ProtocolViolation on the peer's violation; the decoder is not to be used after that
     */
    public @Nullable ControlPacket decode(ByteBuffer in) {
        throw new UnsupportedOperationException("being written");
    }
}
