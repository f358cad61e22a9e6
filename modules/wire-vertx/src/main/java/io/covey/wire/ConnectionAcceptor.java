package io.covey.wire;

import io.covey.broker.ClientConnection;
import io.covey.broker.ClientInput;

/** Who takes the connections that the listeners accept: the node. */
@FunctionalInterface
public interface ConnectionAcceptor {
    /**
     * A client has connected; for WebSocket, after the upgrade. Called on the loop of the shard, from which also every call to the result
     * comes.
     *
     * @param shard the index of the loop that serves this connection to its end
     * @param wire takes what is sent, at once
     */
    ClientInput connect(int shard, ClientConnection wire);
}
