package io.covey.broker;

import io.covey.protocol.Connect;
import io.covey.protocol.ReasonCode;
import java.util.function.Consumer;

/** Decides who may connect. */
public interface Authenticator {
    /**
     * Decides on a CONNECT.
     *
     * @param remoteAddress the peer's address
     * @param answer takes Success or the reason to refuse with, exactly once, on any thread
     */
    void authenticate(Connect connect, String remoteAddress, Consumer<ReasonCode> answer);
}
