package io.covey.session;

/**
 * How far a connection is. It moves down this list only, and from each phase to {@link #CLOSED}.
 *
 * <pre>
 * AWAITING_CONNECT --CONNECT passes the checks--> AUTHENTICATING --authenticated--> OPENING --opened, CONNACK--> CONNECTED
 * </pre>
 */
enum ConnectionPhase {
    AWAITING_CONNECT,
    AUTHENTICATING,
    OPENING,
    CONNECTED,
    CLOSED
}
