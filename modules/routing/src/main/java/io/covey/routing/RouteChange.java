package io.covey.routing;

/** What became of a change of an origin's routes. */
public enum RouteChange {
    /** It follows the version known and is part of the table now. */
    APPLIED,
    /** Its version was known already; nothing changed. */
    STALE,
    /** Versions between are missing: nothing changed, and the origin's whole set is to be asked for. */
    GAP
}
