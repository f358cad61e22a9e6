package io.covey.broker;

import io.covey.routing.ShardAddress;

/**
 * Carries messages to shards and node cores of this and other nodes: lossy, may repeat, reorders rarely. Batched by the adapter.
 */
public interface NodeLink {
    /** The shard index that stands for a node's core. */
    int NODE_CORE = -1;

    /** Sends, or drops silently when the node is gone or a buffer is full. May be called from any loop of this node. */
    void send(ShardAddress target, NodeMessage message);
}
