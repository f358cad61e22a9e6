package io.covey.broker;

import io.covey.protocol.ControlPacket;
import io.covey.protocol.ProtocolViolation;

/** What the wire tells the broker about one client's connection. All calls on the loop of the connection's shard. */
public interface ClientInput {
    /** A whole packet arrived. */
    void packet(ControlPacket packet);

    /** What arrived is no valid packet; nothing more will be decoded. */
    void violated(ProtocolViolation violation);

    /** {@link ClientConnection#isWritable} changed. */
    void writable(boolean writable);

    /** The network connection is gone, by whichever side. Called exactly once, last. */
    void lost();
}
