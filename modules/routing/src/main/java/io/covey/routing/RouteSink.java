package io.covey.routing;

/** Takes the destinations of a publish, each once. */
public interface RouteSink {
    /** Persistent sessions in this partition may match. */
    void partition(int partition);

    /** Connected sessions of this shard match. */
    void shard(ShardAddress shard);
}
