package io.covey.session;

import io.covey.protocol.ReasonCode;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What an authenticator says when it was asked: the end of an authentication or one step of it [MQTT 5.0, 4.12].
 *
 * @param reason Success, Continue authentication (only where the CONNECT named an Authentication Method), or why the client is refused
 * @param data Authentication Data for the client, or null; not to be modified
 * @param permissions what the client may do from now on; matters with Success only
 */
public record AuthenticationStep(ReasonCode reason, byte @Nullable [] data, Permissions permissions) {
    /** The client is who it says it is, and may do everything. */
    public static final AuthenticationStep SUCCESS = new AuthenticationStep(ReasonCode.SUCCESS, null);

    public AuthenticationStep {
        if (!reason.isError() && reason != ReasonCode.SUCCESS && reason != ReasonCode.CONTINUE_AUTHENTICATION) {
            throw new IllegalArgumentException(reason + " neither ends nor continues an authentication");
        }
    }

    /** A step of a client that may do everything. */
    public AuthenticationStep(ReasonCode reason, byte @Nullable [] data) {
        this(reason, data, Permissions.ALL);
    }

    /** The end without data: Success, or the reason to refuse with. */
    public static AuthenticationStep of(ReasonCode reason) {
        return reason == ReasonCode.SUCCESS ? SUCCESS : new AuthenticationStep(reason, null);
    }

    /** The client is asked for more. */
    public static AuthenticationStep challenge(byte @Nullable [] data) {
        return new AuthenticationStep(ReasonCode.CONTINUE_AUTHENTICATION, data);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof AuthenticationStep that
                && reason == that.reason
                && Arrays.equals(data, that.data)
                && permissions.equals(that.permissions);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * reason.hashCode() + Arrays.hashCode(data)) + permissions.hashCode();
    }

    /** Without the data, which are nobody's to read. */
    @Override
    public String toString() {
        return "AuthenticationStep[" + reason + "]";
    }
}
