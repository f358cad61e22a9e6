package io.covey.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads what {@link ByteWriter} wrote, between nodes and from disk. Owned by one thread.
 *
 * <p>A read beyond the end throws {@link IndexOutOfBoundsException}: such input is a defect or corruption, not a client's violation.
 */
public final class ByteReader {
    private final byte[] bytes;
    private final int end;
    private int index;

    /** Reads the whole array. */
    public ByteReader(byte[] bytes) {
        this(bytes, 0, bytes.length);
    }

    /** Reads {@code length} bytes from {@code offset}. */
    public ByteReader(byte[] bytes, int offset, int length) {
        this.bytes = bytes;
        this.index = offset;
        this.end = offset + length;
    }

    /** How many bytes are left. */
    public int remaining() {
        return end - index;
    }

    /** The next byte, 0 to 255. */
    public int u8() {
        if (index >= end) {
            throw new IndexOutOfBoundsException("read beyond the end");
        }
        return bytes[index++] & 0xFF;
    }

    /** The next byte as a truth value. */
    public boolean bool() {
        return u8() != 0;
    }

    /** The next two bytes, 0 to 65535. */
    public int u16() {
        return u8() << 8 | u8();
    }

    /** The next four bytes. */
    public int i32() {
        return u16() << 16 | u16();
    }

    /** The next eight bytes. */
    public long i64() {
        return (long) i32() << 32 | i32() & 0xFFFFFFFFL;
    }

    /** A number written by {@link ByteWriter#varInt}. */
    public int varInt() {
        return (int) varLong();
    }

    /** A number written by {@link ByteWriter#varLong}. */
    public long varLong() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            int next = u8();
            value |= (long) (next & 0x7F) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw new IndexOutOfBoundsException("a number of more than ten bytes");
    }

    /** The next {@code length} bytes, copied. */
    public byte[] raw(int length) {
        if (length < 0 || length > remaining()) {
            throw new IndexOutOfBoundsException("read beyond the end");
        }
        byte[] result = Arrays.copyOfRange(bytes, index, index + length);
        index += length;
        return result;
    }

    /** Bytes written by {@link ByteWriter#blob}. */
    public byte[] blob() {
        return raw(varInt());
    }

    /** A string written by {@link ByteWriter#string}. */
    public String string() {
        return string(varInt());
    }

    /** A string written by {@link ByteWriter#mqttString}. */
    public String mqttString() {
        return string(u16());
    }

    private String string(int length) {
        if (length < 0 || length > remaining()) {
            throw new IndexOutOfBoundsException("read beyond the end");
        }
        String result = new String(bytes, index, length, StandardCharsets.UTF_8);
        index += length;
        return result;
    }
}
