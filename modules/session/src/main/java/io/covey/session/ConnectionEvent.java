package io.covey.session;

/** What a connection reports for metrics and logs. */
public enum ConnectionEvent {
    /** CONNACK with success was sent. */
    CONNECTED,
    /** CONNECT was refused with this reason. */
    CONNECT_REFUSED,
    /** The connection ended, for this reason. */
    DISCONNECTED,
    /** The client violated the protocol. */
    VIOLATION,
    /** The client published what it may not; the connection goes on. */
    PUBLISH_REFUSED,
    /** A QoS 0 message was dropped because the client does not read. */
    DROPPED_SLOW_READER,
    /** A message was dropped because a transient session's queue was full. */
    DROPPED_QUEUE_FULL,
    /** A message was dropped because it expired. */
    DROPPED_EXPIRED,
    /** A message was dropped because it is larger than the client's Maximum Packet Size. */
    DROPPED_TOO_LARGE,
    /** A subscription was refused for want of room: the client's own, or that of its bucket. */
    SUBSCRIPTION_REFUSED,
    /** A client asked to continue a session but let it end with the connection (Clean Start 0, no expiry). */
    SESSION_WITHOUT_EXPIRY;

    /** Whether a message was dropped. */
    public boolean isDrop() {
        return name().startsWith("DROPPED_");
    }
}
