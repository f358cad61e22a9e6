package io.covey.routing;

/** Takes the destinations of a publish, each once: partitions, then shards, then Shared Subscriptions. */
public interface RouteSink {
    /** Persistent sessions in this partition may match. */
    void partition(int partition);

    /** Connected sessions of this shard match. */
    void shard(ShardAddress shard);

    /** A Shared Subscription matches: one of its members is to receive the publish. By default nobody asks for those. */
    default void shared(SharedRoute route) {}
}
