package io.covey.benchmarks;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The few packets that the driver sends, for MQTT 3.1.1 (version 4) and 5.0 (version 5). Written on its own on purpose: a fault of the broker's
 * codec must not hide behind the same fault here.
 */
final class WireFormat {

    static final int CONNECT = 1;
    static final int CONNACK = 2;
    static final int PUBLISH = 3;
    static final int PUBACK = 4;
    static final int PUBREC = 5;
    static final int PUBREL = 6;
    static final int PUBCOMP = 7;
    static final int SUBSCRIBE = 8;
    static final int SUBACK = 9;
    static final int PINGRESP = 13;
    static final int DISCONNECT = 14;

    /** Bytes of each acknowledgement that {@link #writeAck} writes. */
    static final int ACK_BYTES = 4;

    private static final int SESSION_EXPIRY_INTERVAL = 0x11;
    private static final int RECEIVE_MAXIMUM = 0x21;

    /** Long enough for any run, short enough that a forgotten session goes away by itself. */
    private static final int SESSION_EXPIRY_SECONDS = 3_600;

    private WireFormat() {}

    /**
     * A CONNECT without keep alive.
     *
     * @param clean Clean Session, or at version 5 Clean Start
     * @param kept whether the session outlives the connection; at 3.1.1 it does unless {@code clean}
     */
    static byte[] connect(String clientId, boolean clean, boolean kept, int version) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        writeString(body, "MQTT");
        body.write(version);
        body.write(clean ? 2 : 0);
        writeShort(body, 0);
        if (version == 5) {
            body.write(kept ? 8 : 3);
            if (kept) {
                body.write(SESSION_EXPIRY_INTERVAL);
                writeShort(body, SESSION_EXPIRY_SECONDS >>> 16);
                writeShort(body, SESSION_EXPIRY_SECONDS);
            }
            body.write(RECEIVE_MAXIMUM);
            writeShort(body, 65_535);
        }
        writeString(body, clientId);
        return packet(CONNECT << 4, body);
    }

    static byte[] subscribe(int packetId, String filter, int qos, int version) {
        return subscribe(packetId, List.of(filter), qos, version);
    }

    static byte[] subscribe(int packetId, List<String> filters, int qos, int version) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        writeShort(body, packetId);
        if (version == 5) {
            body.write(0);
        }
        for (String filter : filters) {
            writeString(body, filter);
            body.write(qos);
        }
        return packet(SUBSCRIBE << 4 | 2, body);
    }

    static byte[] disconnect() {
        return new byte[] {(byte) (DISCONNECT << 4), 0};
    }

    /** Writes PUBACK, PUBREC, PUBREL or PUBCOMP with reason 0, which version 5 writes the same way as 3.1.1. */
    static void writeAck(ByteBuffer out, int type, int packetId) {
        int flags = type == PUBREL ? 2 : 0;
        out.putInt((type << 4 | flags) << 24 | 2 << 16 | packetId);
    }

    /** The bytes of a PUBLISH up to and including its topic. */
    static byte[] publishHead(String topic, int qos, int payloadBytes, int version) {
        byte[] name = topic.getBytes(StandardCharsets.UTF_8);
        int remaining = 2 + name.length + (qos > 0 ? 2 : 0) + (version == 5 ? 1 : 0) + payloadBytes;
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        head.write(PUBLISH << 4 | qos << 1);
        writeVariableInt(head, remaining);
        writeShort(head, name.length);
        head.writeBytes(name);
        return head.toByteArray();
    }

    private static byte[] packet(int firstByte, ByteArrayOutputStream body) {
        ByteArrayOutputStream packet = new ByteArrayOutputStream();
        packet.write(firstByte);
        writeVariableInt(packet, body.size());
        packet.writeBytes(body.toByteArray());
        return packet.toByteArray();
    }

    private static void writeString(ByteArrayOutputStream out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        writeShort(out, bytes.length);
        out.writeBytes(bytes);
    }

    private static void writeShort(ByteArrayOutputStream out, int value) {
        out.write(value >>> 8);
        out.write(value);
    }

    private static void writeVariableInt(ByteArrayOutputStream out, int value) {
        int rest = value;
        while (rest > 127) {
            out.write(rest & 127 | 128);
            rest >>>= 7;
        }
        out.write(rest);
    }
}
