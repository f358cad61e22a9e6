package io.covey.protocol;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * The binary form of lists between nodes and on disks: their size, then their elements. Corrupted bytes take no more memory than they are long.
 *
 * <p>What reads throws {@link IndexOutOfBoundsException} where the bytes end too early.
 */
public final class Lists {
    private Lists() {}

    /** Writes a list, each element by this. */
    public static <T> void write(List<T> list, BiConsumer<ByteWriter, T> element, ByteWriter out) {
        out.varInt(list.size());
        for (int i = 0; i < list.size(); i++) {
            element.accept(out, list.get(i));
        }
    }

    /** Reads what {@link #write} wrote. */
    public static <T> List<T> read(ByteReader in, Function<ByteReader, T> element) {
        int size = count(in);
        if (size == 0) {
            return List.of();
        }
        List<T> list = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            list.add(element.apply(in));
        }
        return list;
    }

    /** Reads a number of elements of at least one byte each. */
    public static int count(ByteReader in) {
        int count = in.varInt();
        if (count < 0 || count > in.remaining()) {
            throw new IndexOutOfBoundsException("a list longer than its bytes");
        }
        return count;
    }

    /** Writes ints that are not negative. */
    public static void writeInts(int[] values, ByteWriter out) {
        out.varInt(values.length);
        for (int value : values) {
            out.varInt(value);
        }
    }

    /** Reads what {@link #writeInts} wrote. */
    public static int[] readInts(ByteReader in) {
        int[] values = new int[count(in)];
        for (int i = 0; i < values.length; i++) {
            values[i] = in.varInt();
        }
        return values;
    }

    /** Writes longs that mostly ascend, as differences. */
    public static void writeLongs(long[] values, ByteWriter out) {
        out.varInt(values.length);
        long before = 0;
        for (long value : values) {
            out.varLong(value - before);
            before = value;
        }
    }

    /** Reads what {@link #writeLongs} wrote. */
    public static long[] readLongs(ByteReader in) {
        long[] values = new long[count(in)];
        long before = 0;
        for (int i = 0; i < values.length; i++) {
            before += in.varLong();
            values[i] = before;
        }
        return values;
    }
}
