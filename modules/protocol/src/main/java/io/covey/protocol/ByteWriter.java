package io.covey.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A growing byte array with the encodings that packets, batches and messages between nodes share. Owned by one thread.
 *
 * <p>Fixed-size numbers are big-endian. {@link #varInt} is MQTT's Variable Byte Integer, {@link #varLong} the same scheme for 64 bits.
 */
public final class ByteWriter {
    /** Some virtual machines cannot make longer arrays. */
    private static final int ARRAY_LENGTH_MAX = Integer.MAX_VALUE - 8;

    private byte[] bytes;
    private int size;

    /** A writer with room for this many bytes before it grows. */
    public ByteWriter(int capacity) {
        bytes = new byte[capacity];
    }

    /** How many bytes were written. */
    public int size() {
        return size;
    }

    /** The backing array; valid up to {@link #size()} and until the next write. */
    public byte[] array() {
        return bytes;
    }

    /** A copy of what was written. */
    public byte[] toByteArray() {
        return Arrays.copyOf(bytes, size);
    }

    /** Forgets what was written and keeps the array. */
    public ByteWriter clear() {
        size = 0;
        return this;
    }

    /** Makes room for {@code extra} more bytes. */
    public void ensure(int extra) {
        int needed = Math.addExact(size, extra);
        if (needed > bytes.length) {
            bytes = Arrays.copyOf(bytes, (int) Math.max(Math.min(2L * bytes.length, ARRAY_LENGTH_MAX), needed));
        }
    }

    /** Writes the lowest eight bits. */
    public ByteWriter u8(int value) {
        ensure(1);
        bytes[size++] = (byte) value;
        return this;
    }

    /** Writes one byte, 1 or 0. */
    public ByteWriter bool(boolean value) {
        return u8(value ? 1 : 0);
    }

    /** Writes the lowest sixteen bits. */
    public ByteWriter u16(int value) {
        ensure(2);
        bytes[size++] = (byte) (value >>> 8);
        bytes[size++] = (byte) value;
        return this;
    }

    /** Replaces the one byte at {@code index} by a {@link #varInt}, and moves what follows where that is longer. */
    void patchVarInt(int index, int value) {
        int extra = varIntSize(value) - 1;
        if (extra > 0) {
            ensure(extra);
            System.arraycopy(bytes, index + 1, bytes, index + 1 + extra, size - index - 1);
            size += extra;
        }
        int end = size;
        size = index;
        varInt(value);
        size = end;
    }

    /** Writes 32 bits. */
    public ByteWriter i32(int value) {
        return u16(value >>> 16).u16(value);
    }

    /** Writes 64 bits. */
    public ByteWriter i64(long value) {
        return i32((int) (value >>> 32)).i32((int) value);
    }

    /** Writes a non-negative number, seven bits a byte, least significant first. */
    public ByteWriter varInt(int value) {
        return varLong(value & 0xFFFFFFFFL);
    }

    /** Writes a number of up to 64 bits, seven bits a byte, least significant first; 10 bytes at most. */
    public ByteWriter varLong(long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            u8((int) (rest & 0x7F | 0x80));
            rest >>>= 7;
        }
        return u8((int) rest);
    }

    /** How many bytes {@link #varInt} takes for this value. */
    public static int varIntSize(int value) {
        return value >>> 7 == 0 ? 1 : value >>> 14 == 0 ? 2 : value >>> 21 == 0 ? 3 : value >>> 28 == 0 ? 4 : 5;
    }

    /** Writes bytes as they are. */
    public ByteWriter raw(byte[] source) {
        return raw(source, 0, source.length);
    }

    /** Writes a range of bytes as they are. */
    public ByteWriter raw(byte[] source, int offset, int length) {
        ensure(length);
        System.arraycopy(source, offset, bytes, size, length);
        size += length;
        return this;
    }

    /** Writes a length as {@link #varInt} and the bytes. */
    public ByteWriter blob(byte[] source) {
        return varInt(source.length).raw(source);
    }

    /** Writes a string as UTF-8 with its length as {@link #varInt}. */
    public ByteWriter string(String value) {
        return blob(value.getBytes(StandardCharsets.UTF_8));
    }

    /** Writes a UTF-8 Encoded String of MQTT: two bytes of length first; 65,535 bytes at most. */
    public ByteWriter mqttString(String value) {
        int length = value.length();
        if (length > Utf8.BYTES_MAX) {
            throw new IllegalArgumentException("longer than 65535 bytes: " + length);
        }
        int start = size;
        u16(length).ensure(length);
        for (int i = 0; i < length; i++) {
            char c = value.charAt(i);
            if (c >= 0x80) {
                size = start;
                return mqttBinary(value.getBytes(StandardCharsets.UTF_8));
            }
            bytes[size++] = (byte) c;
        }
        return this;
    }

    /** Writes Binary Data of MQTT: two bytes of length first; 65,535 bytes at most. */
    public ByteWriter mqttBinary(byte[] value) {
        if (value.length > 0xFFFF) {
            throw new IllegalArgumentException("longer than 65535 bytes: " + value.length);
        }
        return u16(value.length).raw(value);
    }
}
