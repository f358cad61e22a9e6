package io.covey.broker;

/** Takes the answer to {@link Node#describe}: exactly one call, on a loop of the node, within {@link Inquiries#MILLIS_MAX} milliseconds. */
public interface SessionAnswer {
    /** There is such a session. */
    void found(SessionReport report);

    /** There is no session of this client id. */
    void unknown();

    /** Nobody can tell at the moment. */
    void unavailable(String reason);
}
