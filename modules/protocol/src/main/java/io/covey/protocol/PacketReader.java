package io.covey.protocol;

import java.nio.ByteBuffer;

/**
 * Finds the bounds of one packet in a buffer and reads the data types of MQTT [MQTT 5.0, 1.5] inside them. Owned by one thread.
 *
 * <p>Memory is taken only for bytes that have arrived: a packet is opened when it is complete, and each length is checked against what is
 * left of it first. The order of the buffer's bytes does not matter.
 */
final class PacketReader {
    /** No bytes; shared. */
    static final byte[] NO_BYTES = {};

    private static final ByteBuffer NO_BUFFER = ByteBuffer.allocate(0);
    private static final int VAR_INT_BYTES_MAX = 4;

    private final String sizeClause;
    private final int userPropertiesMax;

    private ByteBuffer in = NO_BUFFER;
    private int index;
    private int end;
    private boolean lengthIsMinimal;

    /**
     * @param sizeClause the clause that a packet beyond the largest size violates
     * @param userPropertiesMax User Properties in one list of properties
     */
    PacketReader(String sizeClause, int userPropertiesMax) {
        this.sizeClause = sizeClause;
        this.userPropertiesMax = userPropertiesMax;
    }

    int userPropertiesMax() {
        return userPropertiesMax;
    }

    /**
     * Reads the fixed header at the buffer's position, which does not move, and opens the packet.
     *
     * @param maximumSizeBytes the largest total size of this packet
     * @return whether the packet is complete; if not, nothing is open
     * @throws ProtocolViolation as soon as the header shows that the packet is too large or its length malformed
     */
    boolean open(ByteBuffer buffer, int maximumSizeBytes) {
        int start = buffer.position();
        int limit = buffer.limit();
        int at = start + 1;
        int length = 0;
        int next = 0x80;
        for (int shift = 0; next >= 0x80; shift += 7) {
            if (at - start > VAR_INT_BYTES_MAX) {
                throw ProtocolViolation.malformed("2.1.4", "Remaining Length of more than four bytes");
            }
            if (at >= limit) {
                return false;
            }
            next = buffer.get(at++) & 0xFF;
            length |= (next & 0x7F) << shift;
        }
        if (at - start + length > maximumSizeBytes) {
            throw new ProtocolViolation(ReasonCode.PACKET_TOO_LARGE, sizeClause, "packet beyond the maximum size");
        }
        if (length > limit - at) {
            return false;
        }
        lengthIsMinimal = next != 0 || at == start + 2;
        in = buffer;
        index = at;
        end = at + length;
        return true;
    }

    /** Refuses a Remaining Length of more bytes than needed, which only MQTT 5.0 forbids. */
    void checkLength(ProtocolVersion version) {
        if (version.isV5() && !lengthIsMinimal) {
            throw ProtocolViolation.malformed("MQTT-1.5.5-1", "Remaining Length longer than needed"); // [MQTT-1.5.5-1]
        }
    }

    /** Ends the packet, which must be used up, and moves the buffer's position behind it. */
    void close() {
        if (index != end) {
            throw ProtocolViolation.malformed("2.1.4", "surplus bytes in a packet");
        }
        in.position(end);
        in = NO_BUFFER;
    }

    /** Narrows the packet to its next bytes, as for a property list; what this returns is for {@link #leave}. */
    int enter(int length) {
        need(length);
        int outer = end;
        end = index + length;
        return outer;
    }

    /** Ends what {@link #enter} began. */
    void leave(int outer) {
        end = outer;
    }

    /** How many bytes are left. */
    int remaining() {
        return end - index;
    }

    /** Whether bytes are left. */
    boolean hasRemaining() {
        return index < end;
    }

    private void need(int length) {
        if (length > end - index) {
            throw ProtocolViolation.malformed("2.1.4", "content beyond the end of its packet or property list");
        }
    }

    /** One byte, 0 to 255. */
    int u8() {
        need(1);
        return in.get(index++) & 0xFF;
    }

    /** A Two Byte Integer, 0 to 65535. */
    int u16() {
        need(2);
        int value = (in.get(index) & 0xFF) << 8 | in.get(index + 1) & 0xFF;
        index += 2;
        return value;
    }

    /** A Four Byte Integer, unsigned. */
    long u32() {
        return (long) u16() << 16 | u16();
    }

    /** A Variable Byte Integer, 0 to 268,435,455. */
    int varInt() {
        int value = 0;
        for (int i = 0; i < VAR_INT_BYTES_MAX; i++) {
            int next = u8();
            value |= (next & 0x7F) << (7 * i);
            if (next < 0x80) {
                if (next == 0 && i > 0) {
                    throw ProtocolViolation.malformed("MQTT-1.5.5-1", "a number longer than needed"); // [MQTT-1.5.5-1]
                }
                return value;
            }
        }
        throw ProtocolViolation.malformed("1.5.5", "a number of more than four bytes");
    }

    /** A Packet Identifier, 1 to 65535. */
    int packetId() {
        int id = u16();
        if (id == 0) {
            // [MQTT311-2.3.1-1]
            throw ProtocolViolation.protocolError("MQTT-2.2.1-3", "Packet Identifier 0"); // [MQTT-2.2.1-3]
        }
        return id;
    }

    /** The next bytes, copied. */
    byte[] bytes(int length) {
        need(length);
        if (length == 0) {
            return NO_BYTES;
        }
        byte[] bytes = new byte[length];
        in.get(index, bytes);
        index += length;
        return bytes;
    }

    /** Binary Data. */
    byte[] binary() {
        return bytes(u16());
    }

    /** A UTF-8 Encoded String. */
    String string() {
        int length = u16();
        return length == 0 ? "" : Utf8.decode(bytes(length));
    }

    /** Whether the next bytes are these, which is certain only where as many are left; nothing is taken. */
    boolean startsWith(ByteBuffer expected) {
        int length = expected.remaining();
        if (length > end - index) {
            return false;
        }
        int mismatch = in.position(index).mismatch(expected);
        return mismatch < 0 || mismatch >= length;
    }

    /** Passes over bytes that {@link #startsWith} has seen. */
    void skip(int length) {
        need(length);
        index += length;
    }
}
