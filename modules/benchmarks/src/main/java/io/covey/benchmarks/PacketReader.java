package io.covey.benchmarks;

import java.nio.ByteBuffer;

/** Reads what a broker sends. Trusts it as far as a benchmark may: lengths are checked, contents are not. */
final class PacketReader {

    /** Above any packet that a run asks for; a larger length means that the two sides disagree about where a packet starts. */
    private static final int PACKET_BYTES_MAX = 16 << 20;

    private static final int RECEIVE_MAXIMUM = 0x21;

    private PacketReader() {}

    /**
     * Hands each complete packet to {@code handler} and moves the position past it; an incomplete one stays.
     *
     * @throws DriverFailure when the bytes are no MQTT
     */
    static void read(ByteBuffer in, int version, PacketHandler handler) {
        while (in.remaining() >= 2) {
            int start = in.position();
            long length = variableInt(in, start + 1, in.limit());
            if (length < 0) {
                return;
            }
            int bodyAt = start + 1 + variableIntBytes((int) length);
            long end = bodyAt + length;
            if (length > PACKET_BYTES_MAX) {
                throw new DriverFailure("the broker sent a packet of " + length + " bytes");
            }
            if (end > in.limit()) {
                return;
            }
            hand(in, in.get(start) & 255, bodyAt, (int) end, version, handler);
            in.position((int) end);
        }
    }

    private static void hand(ByteBuffer in, int first, int at, int end, int version, PacketHandler handler) {
        int type = first >>> 4;
        switch (type) {
            case WireFormat.PUBLISH -> publish(in, first & 15, at, end, version, handler);
            case WireFormat.PUBACK, WireFormat.PUBREC, WireFormat.PUBREL, WireFormat.PUBCOMP -> {
                requireBytes(2, at, end);
                handler.onAck(type, in.getShort(at) & 0xFFFF, end - at > 2 ? in.get(at + 2) & 255 : 0);
            }
            case WireFormat.CONNACK -> {
                requireBytes(2, at, end);
                int receiveMaximum = version == 5 ? receiveMaximum(in, at + 2, end) : 65_535;
                handler.onConnAck((in.get(at) & 1) != 0, in.get(at + 1) & 255, receiveMaximum);
            }
            case WireFormat.SUBACK -> {
                requireBytes(3, at, end);
                handler.onSubAck(in.getShort(at) & 0xFFFF, in.get(end - 1) & 255);
            }
            case WireFormat.DISCONNECT -> handler.onDisconnect(end > at ? in.get(at) & 255 : 0);
            case WireFormat.PINGRESP -> {}
            default -> throw new DriverFailure("the broker sent a packet of type " + type);
        }
    }

    private static void publish(ByteBuffer in, int flags, int bodyAt, int end, int version, PacketHandler handler) {
        requireBytes(2, bodyAt, end);
        int at = bodyAt + 2 + (in.getShort(bodyAt) & 0xFFFF);
        int packetId = 0;
        if ((flags & 6) != 0) {
            requireBytes(2, at, end);
            packetId = in.getShort(at) & 0xFFFF;
            at += 2;
        }
        if (version == 5) {
            int properties = (int) requireVariableInt(in, at, end);
            at += variableIntBytes(properties) + properties;
        }
        requireBytes(0, at, end);
        handler.onPublish(flags, packetId, in, at, end - at);
    }

    private static int receiveMaximum(ByteBuffer in, int propertiesAt, int end) {
        int length = (int) requireVariableInt(in, propertiesAt, end);
        int at = propertiesAt + variableIntBytes(length);
        requireBytes(length, at, end);
        while (at < end) {
            int id = in.get(at++) & 255;
            if (id == RECEIVE_MAXIMUM) {
                requireBytes(2, at, end);
                return in.getShort(at) & 0xFFFF;
            }
            at += valueBytes(in, id, at, end);
        }
        return 65_535;
    }

    /** The length of a CONNACK property's value, by its identifier. */
    private static int valueBytes(ByteBuffer in, int id, int at, int end) {
        return switch (id) {
            case 0x24, 0x25, 0x28, 0x29, 0x2A -> 1;
            case 0x13, 0x22 -> 2;
            case 0x11, 0x27 -> 4;
            case 0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F -> stringBytes(in, at, end);
            case 0x26 -> {
                int name = stringBytes(in, at, end);
                yield name + stringBytes(in, at + name, end);
            }
            default -> throw new DriverFailure("the broker sent property " + id + " in a CONNACK");
        };
    }

    private static int stringBytes(ByteBuffer in, int at, int end) {
        requireBytes(2, at, end);
        return 2 + (in.getShort(at) & 0xFFFF);
    }

    private static void requireBytes(int count, int at, int end) {
        if (end - at < count) {
            throw new DriverFailure("the broker sent a packet that is shorter than its fields");
        }
    }

    private static long requireVariableInt(ByteBuffer in, int at, int end) {
        long value = variableInt(in, at, end);
        if (value < 0) {
            throw new DriverFailure("the broker sent a packet that is shorter than its fields");
        }
        return value;
    }

    /** @return -1 while its bytes are not all there */
    private static long variableInt(ByteBuffer in, int from, int end) {
        int value = 0;
        for (int i = 0; i < 4; i++) {
            if (from + i >= end) {
                return -1;
            }
            byte next = in.get(from + i);
            value |= (next & 127) << 7 * i;
            if (next >= 0) {
                return value;
            }
        }
        throw new DriverFailure("the broker sent a packet length of more than four bytes");
    }

    private static int variableIntBytes(int value) {
        return value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : 4;
    }
}
