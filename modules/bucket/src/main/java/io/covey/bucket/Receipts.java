package io.covey.bucket;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Incoming QoS 2 messages of a session between PUBREC and PUBREL: their Packet Identifiers and the numbers they got, ascending by number.
 * Bounded by the number of Packet Identifiers.
 */
final class Receipts {
    private static final int FIRST_CAPACITY = 4;

    private int[] packetIds = {};
    private long[] numbers = {};
    private int size;
    private long nextNumber = 1;

    int size() {
        return size;
    }

    /** The lowest number that is not released; the next one when all are. */
    long floor() {
        return size == 0 ? nextNumber : numbers[0];
    }

    /** The number that the next new Packet Identifier gets. */
    long nextNumber() {
        return nextNumber;
    }

    /** The number of this Packet Identifier, or 0 when it is not known. */
    long numberOf(int packetId) {
        int index = indexOf(packetId);
        return index < 0 ? 0 : numbers[index];
    }

    /** Numbers a Packet Identifier that is not known. */
    long add(int packetId) {
        if (size == packetIds.length) {
            int capacity = Math.max(FIRST_CAPACITY, size * 2);
            packetIds = Arrays.copyOf(packetIds, capacity);
            numbers = Arrays.copyOf(numbers, capacity);
        }
        packetIds[size] = packetId;
        numbers[size] = nextNumber;
        size++;
        return nextNumber++;
    }

    /** Forgets a Packet Identifier. */
    void remove(int packetId) {
        int index = indexOf(packetId);
        if (index >= 0) {
            size--;
            System.arraycopy(packetIds, index + 1, packetIds, index, size - index);
            System.arraycopy(numbers, index + 1, numbers, index, size - index);
        }
    }

    /** All of them, ascending by number. */
    List<Result.Receipt> list() {
        if (size == 0) {
            return List.of();
        }
        List<Result.Receipt> list = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            list.add(new Result.Receipt(packetIds[i], numbers[i]));
        }
        return list;
    }

    /** Takes over what {@link #list} and {@link #nextNumber} told. */
    static Receipts of(List<Result.Receipt> list, long nextNumber) {
        Receipts receipts = new Receipts();
        receipts.size = list.size();
        receipts.packetIds = new int[list.size()];
        receipts.numbers = new long[list.size()];
        for (int i = 0; i < list.size(); i++) {
            receipts.packetIds[i] = list.get(i).packetId();
            receipts.numbers[i] = list.get(i).number();
        }
        receipts.nextNumber = nextNumber;
        return receipts;
    }

    private int indexOf(int packetId) {
        for (int i = 0; i < size; i++) {
            if (packetIds[i] == packetId) {
                return i;
            }
        }
        return -1;
    }
}
