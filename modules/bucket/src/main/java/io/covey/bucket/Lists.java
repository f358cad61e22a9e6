package io.covey.bucket;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** The binary form of lists: their size, then their elements. */
final class Lists {
    private Lists() {}

    static <T> void write(List<T> list, BiConsumer<ByteWriter, T> element, ByteWriter out) {
        out.varInt(list.size());
        for (int i = 0; i < list.size(); i++) {
            element.accept(out, list.get(i));
        }
    }

    static <T> List<T> read(ByteReader in, Function<ByteReader, T> element) {
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
    static int count(ByteReader in) {
        int count = in.varInt();
        if (count < 0 || count > in.remaining()) {
            throw new IndexOutOfBoundsException("a list longer than its bytes");
        }
        return count;
    }

    static void writeInts(int[] values, ByteWriter out) {
        out.varInt(values.length);
        for (int value : values) {
            out.varInt(value);
        }
    }

    static int[] readInts(ByteReader in) {
        int[] values = new int[count(in)];
        for (int i = 0; i < values.length; i++) {
            values[i] = in.varInt();
        }
        return values;
    }

    /** Writes longs that mostly ascend, as differences. */
    static void writeLongs(long[] values, ByteWriter out) {
        out.varInt(values.length);
        long before = 0;
        for (long value : values) {
            out.varLong(value - before);
            before = value;
        }
    }

    static long[] readLongs(ByteReader in) {
        long[] values = new long[count(in)];
        long before = 0;
        for (int i = 0; i < values.length; i++) {
            before += in.varLong();
            values[i] = before;
        }
        return values;
    }
}
