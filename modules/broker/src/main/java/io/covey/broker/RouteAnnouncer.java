package io.covey.broker;

import io.covey.bucket.RouteDelta;
import io.covey.routing.ShardAddress;
import io.covey.routing.ShardRoute;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes route changes known to every node. Called from a shard's loop; {@code live} runs on that same loop, once every node that may serve
 * clients knows the version [I6]. Implemented by the node core.
 */
public interface RouteAnnouncer {
    /** A confirmed batch changed a bucket's routes, or (unchanged) a subscription depends on this version being known everywhere. */
    void partitionRoutes(int shard, int partition, RouteDelta delta, @Nullable Runnable live);

    /** A shard's own routes changed to this version; an empty list asks only for {@code live}. */
    void shardRoutes(ShardAddress shard, long version, List<ShardRoute> changed, @Nullable Runnable live);
}
