package io.covey.routing;

/**
 * A Topic Filter that connected sessions of a shard have.
 *
 * @param filter with its {@code $share/name/} prefix where it is shared
 * @param flags {@link #WANTS_QOS_0} and {@link #WANTS_QOS_ABOVE_0}, and for a shared filter how many sessions have it ({@link #members});
 *     0 removes the route
 */
public record ShardRoute(String filter, int flags) {
    /** Publishes of QoS 0 are wanted. */
    public static final int WANTS_QOS_0 = 1;

    /** Publishes of QoS 1 and 2 are wanted. */
    public static final int WANTS_QOS_ABOVE_0 = 2;

    private static final int MEMBERS_SHIFT = 2;

    /** Flags with a number of members. */
    static int withMembers(int flags, int members) {
        return flags | members << MEMBERS_SHIFT;
    }

    /** How many members of the shard's part of a group flags tell of. */
    static int members(int flags) {
        return flags >>> MEMBERS_SHIFT;
    }
}
