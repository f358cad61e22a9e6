package io.covey.cluster;

import io.covey.broker.MembershipView;
import io.covey.broker.NodeMessage;
import io.covey.routing.ShardAddress;

/** Takes what a {@link ClusterNode} tells the node around it. Must not block. */
public interface ClusterListener {
    /** The buckets exist: batches may be sent. Once, after the first {@link #members}, on the cluster's thread. */
    void formed();

    /** The members changed; views come in the order of their numbers, on the cluster's thread. */
    void members(MembershipView view);

    /** The partitions that this node owns now, on the cluster's thread. */
    void ownedPartitions(int[] partitions);

    /** Of how many nodes the cluster is made, as they have agreed; told with each change, after the members, on the cluster's thread. */
    default void agreedSize(int nodes) {}

    /** Whether the disk of any member has no room for new messages; told with each change, on the cluster's thread. */
    default void storageFull(boolean any) {}

    /** A message arrived for this incarnation, on the link's event loop, or on the sender's own thread where that is this node. */
    void message(ShardAddress target, NodeMessage message);

    /**
     * The buckets may have changed under this node, by joining again after a split: the incarnation is over, and
     * {@link ClusterNode#begin} begins another. On the cluster's thread.
     */
    void restart(String reason);

    /** The member has ended although nobody stopped it; this cluster node is of no more use. On any thread. */
    void ended(String reason);
}
