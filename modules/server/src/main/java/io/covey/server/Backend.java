package io.covey.server;

import io.covey.broker.BucketGateway;
import io.covey.broker.Node;
import io.covey.broker.NodeLink;
import io.covey.broker.ShardLoop;
import io.vertx.core.Vertx;

/** Where the buckets of one incarnation of the node live, and how it reaches other nodes. Called by the server's thread. */
interface Backend {
    /** The Vert.x instance that everything runs on; blocks until it is there. */
    Vertx start() throws Exception;

    /** The number of this incarnation. */
    long incarnation();

    /** The gateway of a shard. */
    BucketGateway gateway(ShardLoop loop);

    /** The way to other nodes and other shards. */
    NodeLink link();

    /** Tells the node who the members are and what it owns, from now on; starts it. */
    void attach(Node node);

    /** Leaves, within a bound. */
    void stop();
}
