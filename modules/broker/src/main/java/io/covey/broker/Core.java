package io.covey.broker;

/**
 * What decides for the whole node: lease, membership, routes and the ticks of the buckets that it owns. Runs on the first shard's loop,
 * except for the calls of {@link RouteAnnouncer}, which come from each shard's own. Implemented by the node core and, for tests of the
 * shards, by a stand-in without a cluster.
 */
interface Core extends RouteAnnouncer {
    /** Begins to ask for the lease and the routes; tells {@link NodeLifecycle#serving} when both are there. */
    void start(MembershipView view);

    /** The members changed. */
    void members(MembershipView view);

    /** Of how many nodes the cluster is made, as they have agreed. */
    void agreedSize(int nodes);

    /** The partitions whose buckets this node owns now. */
    void ownedPartitions(int[] partitions);

    /** A message for the core. */
    void message(NodeMessage message);

    /**
     * A shard saw that the lease is over, or a bucket has forgotten the shard: the incarnation ends now. The core closes its shards and asks
     * for {@link NodeLifecycle#restart}, once however often this is called.
     */
    void incarnationOver(String reason);

    /** The node begins to stop in order: its buckets are ticked no more, since the shards wait until nothing is in work. */
    void stopping();

    /** The node stops in order: nothing is renewed, ticked or announced any more. */
    void stop();
}
