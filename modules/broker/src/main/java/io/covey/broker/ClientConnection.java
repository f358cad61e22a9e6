package io.covey.broker;

import io.covey.protocol.ControlPacket;
import io.covey.protocol.Message;
import io.covey.protocol.QoS;

/** The wire's side of a client's connection: bytes out. All calls on the loop of the connection's shard. */
public interface ClientConnection {
    /** Sends a packet that is not a PUBLISH. What is sent in one loop turn is flushed once, at its end. */
    void send(ControlPacket packet);

    /** Sends a PUBLISH; see {@link io.covey.session.ConnectionEffects#sendPublish}. */
    void sendPublish(
            Message message, int packetId, QoS qos, boolean dup, boolean retain, int[] subscriptionIds, int topicAlias);

    /** Turns reading off and on. */
    void reading(boolean on);

    /** Whether less is buffered towards the client than the high mark. */
    boolean isWritable();

    /** Flushes and closes. */
    void close();

    /** The peer's address for logs. */
    String remoteAddress();

    /** The name of the listener that accepted it, for metrics. */
    String listener();
}
