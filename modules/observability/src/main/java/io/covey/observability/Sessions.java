package io.covey.observability;

import io.covey.broker.SessionAnswer;

/** Where the management interface asks for sessions. */
public interface Sessions {
    /** Asks for a client id's session; called on the management loop, must not block. Answered on any thread, within a few seconds. */
    void describe(String clientId, SessionAnswer answer);
}
