package io.covey.session;

import io.covey.protocol.ProtocolVersion;

/**
 * What client and broker have agreed on at CONNECT.
 *
 * @param bridge whether the client set the private bridge bit: RETAIN is kept towards it
 * @param clientId the client's own id or the assigned one
 * @param assigned whether the broker assigned the client id
 * @param keepAliveSeconds in force, 0 for none
 * @param serverKeepAlive whether the broker replaced the client's Keep Alive
 * @param expiryAskedSeconds the Session Expiry Interval that CONNECT asked for, 0 where it did not
 * @param expirySeconds the Session Expiry Interval in force, 0 to 0xFFFFFFFF
 * @param receiveMaximum QoS 1 and 2 messages that may be unacknowledged towards the client
 * @param maximumPacketBytes the largest packet that the client takes, or {@link #NO_PACKET_LIMIT}
 * @param topicAliasMaximum aliases that the client takes
 * @param problemInformation whether the client wants Reason Strings in any packet
 * @param responseInformation whether the client asks for Response Information
 * @param persistent whether the session's queue lives in a bucket: it outlives its connection, or goes on from an earlier one even though it
 *     ends with this one
 */
record Terms(
        ProtocolVersion version,
        boolean bridge,
        String clientId,
        boolean assigned,
        int keepAliveSeconds,
        boolean serverKeepAlive,
        long expiryAskedSeconds,
        long expirySeconds,
        int receiveMaximum,
        long maximumPacketBytes,
        int topicAliasMaximum,
        boolean problemInformation,
        boolean responseInformation,
        boolean persistent) {
    /** {@link #maximumPacketBytes} of a client that names none. */
    static final long NO_PACKET_LIMIT = Long.MAX_VALUE;

    /** Whether packets carry properties and reason codes. */
    boolean isV5() {
        return version.isV5();
    }

    /** These terms for a session that an earlier connection began. */
    Terms continued() {
        return new Terms(
                version,
                bridge,
                clientId,
                assigned,
                keepAliveSeconds,
                serverKeepAlive,
                expiryAskedSeconds,
                expirySeconds,
                receiveMaximum,
                maximumPacketBytes,
                topicAliasMaximum,
                problemInformation,
                responseInformation,
                true);
    }
}
