package io.covey.bucket;

/** What the memory of the owner's node has room for. The order is part of the written form. */
public enum NodeRoom {
    /** Everything. */
    ALL,
    /** Sessions and subscriptions, so that clients can come and fetch what they have; no more messages. */
    SESSIONS,
    /** Nothing: only what makes room. */
    NOTHING;

    private static final NodeRoom[] ALL_ROOMS = values();

    static NodeRoom of(int ordinal) {
        return ALL_ROOMS[ordinal];
    }
}
