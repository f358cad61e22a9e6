package io.covey.routing;

import org.jspecify.annotations.Nullable;

/**
 * A node of the immutable trie of filters with wildcards: a change makes anew only the nodes on its path.
 *
 * @param own where the filter that ends here leads
 * @param rest where the filter that goes on with {@code #} leads
 */
record RouteNode(
        HashTrie<LevelKey, RouteNode> children,
        @Nullable RouteNode plus,
        @Nullable Destinations own,
        @Nullable Destinations rest) {
    static final RouteNode EMPTY = new RouteNode(HashTrie.empty(), null, null, null);

    private boolean isUnused() {
        return children.isEmpty() && plus == null && own == null && rest == null;
    }

    /** What the filter, from this level on, leads to. */
    static @Nullable Destinations find(RouteNode root, String filter) {
        LevelKey probe = new LevelKey();
        RouteNode node = root;
        for (int from = 0; node != null && from <= filter.length(); ) {
            int end = LevelKey.endOfLevel(filter, from);
            if (isLevel(filter, from, end, '#')) {
                return node.rest;
            }
            node = isLevel(filter, from, end, '+') ? node.plus : node.children.get(probe.point(filter, from, end));
            from = end + 1;
        }
        return node == null ? null : node.own;
    }

    /** This trie with other destinations for a filter, from the level at {@code from} on; null removes it. */
    RouteNode with(String filter, int from, @Nullable Destinations destinations) {
        if (from > filter.length()) {
            return new RouteNode(children, plus, destinations, rest);
        }
        int end = LevelKey.endOfLevel(filter, from);
        if (isLevel(filter, from, end, '#')) {
            return new RouteNode(children, plus, own, destinations);
        }
        if (isLevel(filter, from, end, '+')) {
            RouteNode changed = (plus == null ? EMPTY : plus).with(filter, end + 1, destinations);
            return new RouteNode(children, changed.isUnused() ? null : changed, own, rest);
        }
        LevelKey level = LevelKey.of(filter, from, end);
        RouteNode child = children.get(level);
        RouteNode changed = (child == null ? EMPTY : child).with(filter, end + 1, destinations);
        return new RouteNode(
                changed.isUnused() ? children.without(level) : children.with(level, changed), plus, own, rest);
    }

    private static boolean isLevel(String filter, int from, int end, char wildcard) {
        return end == from + 1 && filter.charAt(from) == wildcard;
    }
}
