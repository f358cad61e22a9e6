package io.covey.broker;

import io.covey.protocol.ControlPacket;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.ProtocolViolation;
import org.jspecify.annotations.Nullable;

/** What the wire tells the broker about one client's connection. All calls on the loop of the connection's shard. */
public interface ClientInput {
    /** A whole packet arrived. */
    void packet(ControlPacket packet);

    /**
     * What arrived is no valid packet; nothing more will be decoded.
     *
     * @param version what the first CONNECT speaks, or null while that is unknown; a CONNACK that follows is then encoded as for MQTT 3.1.1
     */
    void violated(ProtocolViolation violation, @Nullable ProtocolVersion version);

    /** {@link ClientConnection#isWritable} changed. */
    void writable(boolean writable);

    /** The network connection is gone, by whichever side. Called exactly once, last. */
    void lost();
}
