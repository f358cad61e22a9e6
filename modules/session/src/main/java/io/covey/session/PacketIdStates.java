package io.covey.session;

/**
 * A small state for each Packet Identifier that is in use; without garbage, and without memory while none is. At most 65,535 entries.
 *
 * <p>Open addressing with linear probing: a slot holds the identifier in its low 16 bits and the state above; 0 is empty.
 */
final class PacketIdStates {
    /** The state of an identifier that is not in use. */
    static final int FREE = 0;

    private static final int ID_BITS = 16;
    private static final int ID_MASK = 0xFFFF;
    private static final int CAPACITY_MIN = 16;
    private static final int[] EMPTY = {};

    private int[] slots = EMPTY;
    private int size;

    /** How many identifiers are in use. */
    int size() {
        return size;
    }

    /** The identifier's state, or {@link #FREE}. */
    int state(int packetId) {
        return size == 0 ? FREE : slots[find(packetId)] >>> ID_BITS;
    }

    /**
     * Takes the identifier into use or changes its state.
     *
     * @param state 1 to 255
     */
    void put(int packetId, int state) {
        if (size * 2 >= slots.length) {
            resize(Math.max(CAPACITY_MIN, slots.length * 2));
        }
        int index = find(packetId);
        if (slots[index] == 0) {
            size++;
        }
        slots[index] = state << ID_BITS | packetId;
    }

    /** Frees the identifier. */
    void remove(int packetId) {
        if (size == 0) {
            return;
        }
        int hole = find(packetId);
        if (slots[hole] == 0) {
            return;
        }
        size--;
        int mask = slots.length - 1;
        // What was pushed behind the hole by collisions moves up, so that no search ends at it.
        for (int i = hole + 1 & mask; slots[i] != 0; i = i + 1 & mask) {
            int home = home(slots[i] & ID_MASK);
            if ((i - home & mask) >= (i - hole & mask)) {
                slots[hole] = slots[i];
                hole = i;
            }
        }
        slots[hole] = 0;
    }

    private int find(int packetId) {
        int mask = slots.length - 1;
        int index = home(packetId);
        while (slots[index] != 0 && (slots[index] & ID_MASK) != packetId) {
            index = index + 1 & mask;
        }
        return index;
    }

    /** Clients count identifiers up, so their low bits spread well by themselves. */
    private int home(int packetId) {
        return packetId & slots.length - 1;
    }

    private void resize(int capacity) {
        int[] old = slots;
        slots = new int[capacity];
        for (int slot : old) {
            if (slot != 0) {
                slots[find(slot & ID_MASK)] = slot;
            }
        }
    }
}
