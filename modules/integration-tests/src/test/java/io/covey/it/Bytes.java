package io.covey.it;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** MQTT's bytes put together by hand from the standard. Shares nothing with Covey's codec, so that both cannot be wrong in the same way. */
final class Bytes {
    private Bytes() {}

    static byte[] of(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits.replace(" ", ""));
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    static byte[] u16(int value) {
        return of(value >> 8, value);
    }

    static byte[] u32(long value) {
        return of((int) (value >> 24), (int) (value >> 16), (int) (value >> 8), (int) value);
    }

    /** A Variable Byte Integer in as few bytes as possible. */
    static byte[] varint(int value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int rest = value;
        do {
            int low = rest & 0x7F;
            rest >>= 7;
            out.write(rest > 0 ? low | 0x80 : low);
        } while (rest > 0);
        return out.toByteArray();
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** A UTF-8 Encoded String. */
    static byte[] text(String text) {
        return data(utf8(text));
    }

    /** Binary Data, or a string whose bytes are given. */
    static byte[] data(byte[] bytes) {
        return join(u16(bytes.length), bytes);
    }

    /** A whole packet: first byte, Remaining Length, the rest. */
    static byte[] packet(int firstByte, byte[]... rest) {
        byte[] body = join(rest);
        return join(of(firstByte), varint(body.length), body);
    }

    static byte[] cut(byte[] bytes, int length) {
        return java.util.Arrays.copyOf(bytes, length);
    }
}
