package io.covey.routing;

/**
 * A Topic Filter that connected sessions of a shard have.
 *
 * @param flags {@link #WANTS_QOS_0} and {@link #WANTS_QOS_ABOVE_0}; 0 removes the route
 */
public record ShardRoute(String filter, int flags) {
    /** Publishes of QoS 0 are wanted. */
    public static final int WANTS_QOS_0 = 1;

    /** Publishes of QoS 1 and 2 are wanted. */
    public static final int WANTS_QOS_ABOVE_0 = 2;
}
