package io.covey.routing;

/** Arrays of ints that are never changed: each change is a copy. */
final class Ints {
    private Ints() {}

    /** With this value before the one that is at the index now, or behind the last. */
    static int[] inserted(int[] values, int at, int value) {
        int[] longer = new int[values.length + 1];
        System.arraycopy(values, 0, longer, 0, at);
        longer[at] = value;
        System.arraycopy(values, at, longer, at + 1, values.length - at);
        return longer;
    }

    /** Without the value at the index. */
    static int[] removed(int[] values, int at) {
        int[] shorter = new int[values.length - 1];
        System.arraycopy(values, 0, shorter, 0, at);
        System.arraycopy(values, at + 1, shorter, at, shorter.length - at);
        return shorter;
    }
}
