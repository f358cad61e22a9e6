package io.covey.routing;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The values under one filter, in the order in which they came: an array while they are few, a linked hash set from then on. */
final class ValueSet<V> {
    /** Above this many values searching an array costs more than hashing. */
    private static final int SMALL_MAX = 8;

    private @Nullable Object[] small = new Object[1];
    private int smallSize;
    private @Nullable Set<V> large;

    /** Adds a value; false when it is there already. */
    boolean add(V value) {
        if (large != null) {
            return large.add(value);
        }
        if (indexOf(value) >= 0) {
            return false;
        }
        if (smallSize == SMALL_MAX) {
            return grown().add(value);
        }
        if (smallSize == small.length) {
            small = Arrays.copyOf(small, 2 * smallSize);
        }
        small[smallSize++] = value;
        return true;
    }

    private Set<V> grown() {
        Set<V> set = new LinkedHashSet<>(4 * SMALL_MAX);
        for (int i = 0; i < smallSize; i++) {
            set.add(valueAt(i));
        }
        small = new Object[0];
        smallSize = 0;
        large = set;
        return set;
    }

    /** Removes a value; false when it is not there. The others keep their order. */
    boolean remove(V value) {
        if (large != null) {
            return large.remove(value);
        }
        int index = indexOf(value);
        if (index < 0) {
            return false;
        }
        smallSize--;
        System.arraycopy(small, index + 1, small, index, smallSize - index);
        small[smallSize] = null;
        return true;
    }

    boolean isEmpty() {
        return large != null ? large.isEmpty() : smallSize == 0;
    }

    int size() {
        return large != null ? large.size() : smallSize;
    }

    void forEach(Consumer<? super V> sink) {
        if (large != null) {
            large.forEach(sink);
            return;
        }
        for (int i = 0; i < smallSize; i++) {
            sink.accept(valueAt(i));
        }
    }

    private int indexOf(V value) {
        for (int i = 0; i < smallSize; i++) {
            if (value.equals(small[i])) {
                return i;
            }
        }
        return -1;
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // only values of type V are stored, and none is null below smallSize
    private V valueAt(int index) {
        return (V) small[index];
    }
}
