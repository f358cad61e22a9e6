package io.covey.server;

import io.covey.broker.BucketGateway;
import io.covey.broker.Node;
import io.covey.broker.NodeLink;
import io.covey.broker.ShardLoop;
import io.covey.cluster.HandOver;
import io.vertx.core.Vertx;
import org.jspecify.annotations.Nullable;

/**
 * Where the buckets live, and how this process reaches other nodes. It outlives incarnations of the node: it keeps its copies of buckets.
 * Called by the server's thread; methods may block.
 */
interface Backend {
    /** Begins with an incarnation: the first before {@link #start}; another when whatever belonged to the one before is over. */
    void begin(long incarnation);

    /** Joins; the Vert.x instance that everything runs on. Once. */
    Vertx start();

    /** The gateway of a shard of the current incarnation. */
    BucketGateway gateway(ShardLoop loop);

    /** The way to other nodes. */
    NodeLink link();

    /** Messages from and to other nodes that were dropped since the start; from any thread. */
    long linkDropped();

    /** How many partitions this node owns; from any thread. */
    int ownedPartitions();

    /** How many of those are not known to have their backups, each with what the owner has; from any thread. */
    int underReplicatedPartitions();

    /**
     * Tells the node of the current incarnation who the members are, what it owns and what arrives, from now on, and starts it.
     */
    void attach(Node node);

    /** What the start waits for beside this node, for the operator; the empty string where for nothing. From any thread. */
    default String waitsFor() {
        return "";
    }

    /**
     * What is missing for all data to have its copies, as far as this node depends on it, for the operator; the empty string where nothing is. Blocks
     * for up to two seconds.
     */
    default String replicasBehind() {
        return "";
    }

    /** Moves the data to other nodes; null where there are no others. */
    default @Nullable HandOver handOver() {
        return null;
    }

    /** The node has handed over all data and serves nobody: the cluster is smaller from now on, until another node joins. Blocks. */
    default void leaveForGood() throws InterruptedException {}

    /**
     * Leaves, and hands over what is left.
     *
     * @param millisMax after this time it leaves without
     */
    void stop(long millisMax);
}
