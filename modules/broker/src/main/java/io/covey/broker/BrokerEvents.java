package io.covey.broker;

import io.covey.bucket.Shortage;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.session.ConnectionEvent;
import org.jspecify.annotations.Nullable;

/** What the broker reports for metrics and logs. Called on many loops; must not block. */
public interface BrokerEvents {
    /** Takes what the shard with this index reports, on that shard's loop only, from this incarnation of the node and later ones. */
    default BrokerEvents ofShard(int shard) {
        return this;
    }

    /** A connection's event. */
    void connection(String listener, String clientId, ConnectionEvent event, ReasonCode reason);

    /** A PUBLISH was accepted for routing. */
    void publishReceived(QoS qos, int payloadBytes);

    /** A PUBLISH was sent. */
    void publishSent(QoS qos, int payloadBytes);

    /** A message was sent to a client that was connected when it was published, this long after; by the clocks of two nodes. */
    default void publishDelivered(long latencyMillis) {}

    /** A publish was acknowledged this long after its arrival. */
    void publishAcknowledged(long latencyMicros);

    /**
     * A publish was refused.
     *
     * @param shortage which limit it was, or null for another reason
     */
    void publishRefused(ReasonCode reason, @Nullable Shortage shortage);

    /** Messages were dropped. */
    void dropped(DropReason reason, int count);

    /** A batch was confirmed. */
    void batchConfirmed(int commands, long latencyMicros);

    /** A batch was refused or its fate is unknown, and it will be repeated. */
    void batchRepeated(String cause);

    /** What a connection's queue had handed out has not arrived: it is asked for. Told again where it is asked for again. */
    default void hintsLost() {}

    /** Messages were fetched because hints had not arrived. */
    void hintsReconciled(int count);

    /** A connection waited this long until an earlier one of its client id was gone. */
    default void takenOver(long latencyMicros) {}

    /** How many subscriptions the sessions of a shard have now that end with their connection. */
    default void subscriptions(int now, int shared) {}

    /** A session was found stuck: its queue is asked for again. */
    default void sessionKicked() {}

    /** How many of the sessions connected to a shard are stuck now. */
    default void stuckSessions(int now) {}

    /** The lease was gained or lost. */
    void lease(boolean held);

    /** A line for the log at INFO. */
    void lifecycle(String text);
}
