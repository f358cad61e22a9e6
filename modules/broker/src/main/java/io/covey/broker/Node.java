package io.covey.broker;

import io.covey.routing.ShardAddress;
import java.util.List;
import java.util.function.IntFunction;

/**
 * One incarnation of a broker node: a core and one shard per event loop, put together from the ports. It has no thread of its own; after
 * {@link NodeLifecycle#restart} or {@link #stop} it is not used again, and the process makes another with a new incarnation.
 */
public final class Node {
    /**
     * @param incarnation a number drawn at random (63 bits), never reused
     * @param loops one per shard; the core runs on the first
     * @param gatewayOfShard the gateway that answers on the loop of the shard with this index
     */
    public Node(
            NodeSettings settings,
            long incarnation,
            List<ShardLoop> loops,
            IntFunction<BucketGateway> gatewayOfShard,
            NodeLink link,
            Authenticator authenticator,
            BrokerEvents events,
            NodeLifecycle lifecycle) {}

    /** Begins to ask for the lease and the routes; {@link NodeLifecycle#serving} tells when clients may come. From any thread, once. */
    public void start(MembershipView view) {
        throw new UnsupportedOperationException("being written");
    }

    /** The members changed. From any thread; views come in the order of their numbers. */
    public void members(MembershipView view) {
        throw new UnsupportedOperationException("being written");
    }

    /** The partitions whose buckets this node owns now: it ticks them. From any thread. */
    public void ownedPartitions(int[] partitions) {
        throw new UnsupportedOperationException("being written");
    }

    /** A message arrived for a shard or, with index {@link NodeLink#NODE_CORE}, for the core. From any thread; of another incarnation: dropped. */
    public void deliver(ShardAddress target, NodeMessage message) {
        throw new UnsupportedOperationException("being written");
    }

    /** A client connected. On the loop of that shard, as are all calls of what is returned. */
    public ClientInput connect(int shard, ClientConnection wire) {
        throw new UnsupportedOperationException("being written");
    }

    /**
     * Closes every connection with 0x8B, reports their ends to the buckets, and waits for what is pending, up to a bound. From any thread.
     *
     * @param done runs once, on a loop of this node
     */
    public void stop(Runnable done) {
        throw new UnsupportedOperationException("being written");
    }

    /** What the core publishes: routes, lease, members. */
    public NodeState state() {
        throw new UnsupportedOperationException("being written");
    }
}
