package io.covey.broker;

import io.covey.protocol.Connect;
import io.covey.session.AuthenticationStep;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Decides who may connect, and what they may do then. Called on the loops of all shards. */
public interface Authenticator {
    /**
     * Decides on a CONNECT without an Authentication Method.
     *
     * @param remoteAddress the peer's address
     * @param answer takes Success, with what the client may do, or the reason to refuse with, exactly once, on any thread
     */
    void authenticate(Connect connect, String remoteAddress, Consumer<AuthenticationStep> answer);

    /**
     * The other side of an enhanced authentication; its {@code begin} is called next. Returns at once.
     *
     * @param method the Authentication Method that the CONNECT names
     * @param remoteAddress the peer's address
     * @return null for a method that is not offered, which is refused with 0x8C
     */
    default @Nullable EnhancedAuthentication enhanced(Connect connect, String method, String remoteAddress) {
        return null;
    }
}
