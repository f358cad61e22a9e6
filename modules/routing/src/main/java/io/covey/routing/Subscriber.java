package io.covey.routing;

/** A connected session as its subscriptions see it. Distinguished by identity. */
public interface Subscriber {
    /** Its client id: a No Local subscription does not receive what this client publishes. */
    String clientId();

    /** Whether the session outlives its connection, so that QoS 1 and 2 reach it through its bucket. Never changes. */
    boolean persistent();
}
