package io.covey.routing;

import java.util.Arrays;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * An immutable hash map: a hash array mapped trie, of which a changed map shares all but the changed path. A node has up to 32 places, chosen
 * by five bits of the hash each; two bit maps tell which places hold an entry and which a further node (the compressed form by Steindorfer and
 * Vinju, 2015). Keys whose hashes are equal in all bits lie in a sorted array, so that keys chosen to collide cost a binary search.
 *
 * <p>Many changes at once go through an {@link Editor}, which changes the nodes it has made itself in place.
 *
 * @param <K> keys with {@code hashCode}, {@code equals} and an order that agrees with it
 */
@SuppressWarnings("unchecked") // a node's places hold a K, then a V, or a Node, as its bit maps tell
final class HashTrie<K extends Comparable<K>, V> {
    private static final int BITS = 5;
    /** Beyond this shift no bits of the hash are left: nodes there hold colliding keys. */
    private static final int SHIFT_MAX = 30;

    private static final HashTrie<?, ?> EMPTY = new HashTrie<String, Object>(Node.EMPTY, 0);

    private final Node root;
    private final int size;

    private HashTrie(Node root, int size) {
        this.root = root;
        this.size = size;
    }

    static <K extends Comparable<K>, V> HashTrie<K, V> empty() {
        return (HashTrie<K, V>) EMPTY;
    }

    /**
     * A node.
     *
     * <p>{@code slots}: keys and values of the entries by ascending place, then the further nodes by descending place. A node of colliding keys
     * has no maps, only keys and values by ascending key.
     */
    private static final class Node {
        private static final Node EMPTY = new Node(null, 0, 0, new Object[0]);

        /** Which editor may change this node in place: the one that holds this token. */
        private final @Nullable Object token;

        private int entries;
        private int nodes;
        private Object[] slots;

        private Node(@Nullable Object token, int entries, int nodes, Object[] slots) {
            this.token = token;
            this.entries = entries;
            this.nodes = nodes;
            this.slots = slots;
        }

        private int entryIndex(int bit) {
            return 2 * Integer.bitCount(entries & (bit - 1));
        }

        private int nodeIndex(int bit) {
            return slots.length - 1 - Integer.bitCount(nodes & (bit - 1));
        }

        private Node nodeAt(int bit) {
            return (Node) slots[nodeIndex(bit)];
        }
    }

    private static int spread(int hash) {
        int h = (hash ^ hash >>> 16) * 0x85EBCA6B;
        return h ^ h >>> 13;
    }

    private static int bit(int hash, int shift) {
        return 1 << (hash >>> shift & 31);
    }

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    @Nullable
    V get(K key) {
        return (V) find(root, key);
    }

    private static <K extends Comparable<K>> @Nullable Object find(Node root, K key) {
        int hash = spread(key.hashCode());
        Node node = root;
        for (int shift = 0; shift <= SHIFT_MAX; shift += BITS) {
            int bit = bit(hash, shift);
            if ((node.entries & bit) != 0) {
                int index = node.entryIndex(bit);
                return node.slots[index].equals(key) ? node.slots[index + 1] : null;
            }
            if ((node.nodes & bit) == 0) {
                return null;
            }
            node = node.nodeAt(bit);
        }
        int index = search(node, key);
        return index >= 0 ? node.slots[index + 1] : null;
    }

    /** The index of a colliding key, or {@code -1 - index} where it would have to stand. */
    private static <K extends Comparable<K>> int search(Node node, K key) {
        int low = 0;
        int high = node.slots.length / 2 - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int order = ((K) node.slots[2 * middle]).compareTo(key);
            if (order == 0) {
                return 2 * middle;
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -1 - 2 * low;
    }

    HashTrie<K, V> with(K key, V value) {
        Editor<K, V> editor = edit();
        editor.put(key, value);
        return editor.build();
    }

    HashTrie<K, V> without(K key) {
        Editor<K, V> editor = edit();
        editor.remove(key);
        return editor.build();
    }

    Editor<K, V> edit() {
        return new Editor<>(this);
    }

    /** All entries, in an order that depends on nothing but the keys. */
    void forEach(BiConsumer<? super K, ? super V> sink) {
        walk(root, sink);
    }

    private static <K, V> void walk(Node node, BiConsumer<? super K, ? super V> sink) {
        int nodes = Integer.bitCount(node.nodes);
        int entriesEnd = node.slots.length - nodes;
        for (int i = 0; i < entriesEnd; i += 2) {
            sink.accept((K) node.slots[i], (V) node.slots[i + 1]);
        }
        for (int i = 0; i < nodes; i++) {
            walk((Node) node.slots[node.slots.length - 1 - i], sink);
        }
    }

    /** A map that changes; single owner. */
    static final class Editor<K extends Comparable<K>, V> {
        private HashTrie<K, V> built;
        private Node root;
        private int size;
        /** Marks the nodes made since the last {@link #build}; an object of its own, so that nodes hold on to no older map. */
        private Object token = new Object();

        private Editor(HashTrie<K, V> built) {
            this.built = built;
            this.root = built.root;
            this.size = built.size;
        }

        int size() {
            return size;
        }

        @Nullable
        V get(K key) {
            return (V) find(root, key);
        }

        void put(K key, V value) {
            root = put(root, spread(key.hashCode()), 0, key, value);
        }

        void remove(K key) {
            root = remove(root, spread(key.hashCode()), 0, key);
        }

        /** The map as it is now; what changes from now on does not change it. The same object where nothing changed since the last call. */
        HashTrie<K, V> build() {
            if (root != built.root) {
                built = new HashTrie<>(root, size);
                token = new Object();
            }
            return built;
        }

        private Node put(Node node, int hash, int shift, K key, V value) {
            if (shift > SHIFT_MAX) {
                return putColliding(node, key, value);
            }
            int bit = bit(hash, shift);
            if ((node.nodes & bit) != 0) {
                Node child = node.nodeAt(bit);
                return withSlot(node, node.nodeIndex(bit), child, put(child, hash, shift + BITS, key, value));
            }
            int index = node.entryIndex(bit);
            if ((node.entries & bit) == 0) {
                size++;
                return changed(node, node.entries | bit, node.nodes, inserted(node.slots, index, key, value));
            }
            K present = (K) node.slots[index];
            if (present.equals(key)) {
                return withSlot(node, index + 1, node.slots[index + 1], value);
            }
            size++;
            Node pair = pair(shift + BITS, present, (V) node.slots[index + 1], key, value, hash);
            return entryToNode(node, bit, index, pair);
        }

        /** A node of two keys that agree in all bits of the hash below the shift. */
        private Node pair(int shift, K first, V firstValue, K second, V secondValue, int secondHash) {
            if (shift > SHIFT_MAX) {
                return new Node(
                        token,
                        0,
                        0,
                        first.compareTo(second) < 0
                                ? new Object[] {first, firstValue, second, secondValue}
                                : new Object[] {second, secondValue, first, firstValue});
            }
            int firstPlace = spread(first.hashCode()) >>> shift & 31;
            int secondPlace = secondHash >>> shift & 31;
            if (firstPlace == secondPlace) {
                Node deeper = pair(shift + BITS, first, firstValue, second, secondValue, secondHash);
                return new Node(token, 0, 1 << firstPlace, new Object[] {deeper});
            }
            Object[] slots = firstPlace < secondPlace
                    ? new Object[] {first, firstValue, second, secondValue}
                    : new Object[] {second, secondValue, first, firstValue};
            return new Node(token, 1 << firstPlace | 1 << secondPlace, 0, slots);
        }

        private Node entryToNode(Node node, int bit, int index, Node child) {
            int entries = node.entries & ~bit;
            int nodes = node.nodes | bit;
            Object[] slots = new Object[node.slots.length - 1];
            int childIndex = slots.length - 1 - Integer.bitCount(nodes & (bit - 1));
            System.arraycopy(node.slots, 0, slots, 0, index);
            System.arraycopy(node.slots, index + 2, slots, index, childIndex - index);
            slots[childIndex] = child;
            System.arraycopy(node.slots, childIndex + 2, slots, childIndex + 1, slots.length - childIndex - 1);
            return changed(node, entries, nodes, slots);
        }

        private Node putColliding(Node node, K key, V value) {
            int index = search(node, key);
            if (index >= 0) {
                return withSlot(node, index + 1, node.slots[index + 1], value);
            }
            size++;
            return changed(node, 0, 0, inserted(node.slots, -1 - index, key, value));
        }

        private Node remove(Node node, int hash, int shift, K key) {
            if (shift > SHIFT_MAX) {
                int index = search(node, key);
                return index < 0 ? node : withoutEntry(node, 0, index);
            }
            int bit = bit(hash, shift);
            if ((node.nodes & bit) != 0) {
                Node child = node.nodeAt(bit);
                Node after = remove(child, hash, shift + BITS, key);
                boolean single = after.nodes == 0 && after.slots.length == 2;
                return single ? nodeToEntry(node, bit, after) : withSlot(node, node.nodeIndex(bit), child, after);
            }
            int index = node.entryIndex(bit);
            if ((node.entries & bit) == 0 || !node.slots[index].equals(key)) {
                return node;
            }
            return withoutEntry(node, node.entries & ~bit, index);
        }

        private Node withoutEntry(Node node, int entries, int index) {
            size--;
            Object[] slots = new Object[node.slots.length - 2];
            System.arraycopy(node.slots, 0, slots, 0, index);
            System.arraycopy(node.slots, index + 2, slots, index, slots.length - index);
            return changed(node, entries, node.nodes, slots);
        }

        /** A child with a single entry is taken into its parent, so that equal maps have equal forms. */
        private Node nodeToEntry(Node node, int bit, Node child) {
            int entries = node.entries | bit;
            int index = 2 * Integer.bitCount(entries & (bit - 1));
            int childIndex = node.nodeIndex(bit);
            Object[] slots = new Object[node.slots.length + 1];
            System.arraycopy(node.slots, 0, slots, 0, index);
            slots[index] = child.slots[0];
            slots[index + 1] = child.slots[1];
            System.arraycopy(node.slots, index, slots, index + 2, childIndex - index);
            System.arraycopy(node.slots, childIndex + 1, slots, childIndex + 2, slots.length - childIndex - 2);
            return changed(node, entries, node.nodes & ~bit, slots);
        }

        private static Object[] inserted(Object[] slots, int index, Object key, Object value) {
            Object[] longer = new Object[slots.length + 2];
            System.arraycopy(slots, 0, longer, 0, index);
            longer[index] = key;
            longer[index + 1] = value;
            System.arraycopy(slots, index, longer, index + 2, slots.length - index);
            return longer;
        }

        private Node withSlot(Node node, int index, Object before, Object after) {
            if (before == after) {
                return node;
            }
            Object[] slots = node.token == token ? node.slots : Arrays.copyOf(node.slots, node.slots.length);
            slots[index] = after;
            return changed(node, node.entries, node.nodes, slots);
        }

        private Node changed(Node node, int entries, int nodes, Object[] slots) {
            if (node.token != token) {
                return new Node(token, entries, nodes, slots);
            }
            node.entries = entries;
            node.nodes = nodes;
            node.slots = slots;
            return node;
        }
    }
}
