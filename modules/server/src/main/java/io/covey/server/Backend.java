package io.covey.server;

import io.covey.broker.BucketGateway;
import io.covey.broker.Node;
import io.covey.broker.NodeLink;
import io.covey.broker.ShardLoop;
import io.vertx.core.Vertx;
import java.util.function.Consumer;

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

    /** How many of those have fewer backups than configured; from any thread. */
    int underReplicatedPartitions();

    /**
     * Tells the node of the current incarnation who the members are, what it owns and what arrives, from now on, and starts it.
     *
     * @param restart takes the reason why this incarnation must end, on any thread
     */
    void attach(Node node, Consumer<String> restart);

    /** What the start waits for beside this node, for the operator; the empty string where for nothing. From any thread. */
    default String waitsFor() {
        return "";
    }

    /** Leaves, within a bound. */
    void stop();
}
