package io.covey.bucket;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A growing ring of queue entries with access by position. Slots may be null where an entry in the middle is gone. An empty ring that has
 * grown large gives its array back.
 */
final class EntryRing {
    private static final @Nullable QueuedMessage[] NONE = new @Nullable QueuedMessage[0];
    private static final int FIRST_CAPACITY = 4;
    private static final int KEPT_CAPACITY = 64;

    private @Nullable QueuedMessage[] slots = NONE;
    private int head;
    private int size;

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    @Nullable
    QueuedMessage at(int position) {
        return slots[slot(position)];
    }

    void replace(int position, @Nullable QueuedMessage entry) {
        slots[slot(position)] = entry;
    }

    void addLast(@Nullable QueuedMessage entry) {
        ensureRoom();
        size++;
        slots[slot(size - 1)] = entry;
    }

    void addFirst(@Nullable QueuedMessage entry) {
        ensureRoom();
        head = head - 1 & slots.length - 1;
        size++;
        slots[head] = entry;
    }

    @Nullable
    QueuedMessage removeFirst() {
        QueuedMessage entry = slots[head];
        slots[head] = null;
        head = head + 1 & slots.length - 1;
        size--;
        trim();
        return entry;
    }

    @Nullable
    QueuedMessage removeLast() {
        int last = slot(size - 1);
        QueuedMessage entry = slots[last];
        slots[last] = null;
        size--;
        trim();
        return entry;
    }

    /** Moves all entries that are left together and forgets the null slots, in order. */
    void compact() {
        int kept = 0;
        for (int i = 0; i < size; i++) {
            QueuedMessage entry = at(i);
            if (entry != null) {
                replace(i, null);
                replace(kept++, entry);
            }
        }
        size = kept;
        trim();
    }

    private int slot(int position) {
        return head + position & slots.length - 1;
    }

    private void trim() {
        if (size == 0 && slots.length > KEPT_CAPACITY) {
            slots = NONE;
            head = 0;
        }
    }

    private void ensureRoom() {
        if (size < slots.length) {
            return;
        }
        @Nullable QueuedMessage[] larger = Arrays.copyOf(slots, Math.max(FIRST_CAPACITY, slots.length * 2));
        // The part before the head continues behind the old end.
        System.arraycopy(slots, 0, larger, slots.length, head);
        Arrays.fill(larger, 0, head, null);
        slots = larger;
    }
}
