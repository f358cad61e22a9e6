package io.covey.routing;

/** An immutable snapshot of all routes of the cluster. */
public final class RouteTable {
    /** No routes. */
    public static final RouteTable EMPTY = new RouteTable();

    private RouteTable() {}
}
