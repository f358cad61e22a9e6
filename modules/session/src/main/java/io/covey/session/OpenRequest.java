package io.covey.session;

import io.covey.bucket.Will;
import io.covey.protocol.Connect;
import org.jspecify.annotations.Nullable;

/**
 * A CONNECT that passed all checks.
 *
 * @param clientId the client's own id or the assigned one
 * @param expirySeconds the Session Expiry Interval in force, 0 to 0xFFFFFFFF
 * @param receiveMaximum how many unacknowledged QoS 1 and 2 messages the client takes
 */
public record OpenRequest(
        Connect connect,
        String clientId,
        boolean cleanStart,
        long expirySeconds,
        int receiveMaximum,
        @Nullable Will will) {
    /** Whether the session outlives its connection. */
    public boolean persistent() {
        return expirySeconds > 0;
    }
}
