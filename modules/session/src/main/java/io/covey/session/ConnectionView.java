package io.covey.session;

import io.covey.protocol.ProtocolVersion;

/**
 * What the management interface shows of a connection at one moment.
 *
 * @param connectedAtMillis cluster time of CONNACK
 * @param keepAliveSeconds the Keep Alive in force, 0 for none
 * @param expirySeconds the Session Expiry Interval in force
 * @param receiveMaximum how many QoS 1 and 2 messages may be unacknowledged towards the client
 * @param inFlight how many are
 * @param waiting messages in memory that wait for room in that window or for the client to read
 * @param publishesPending publishes from the client that are in work
 * @param writable whether the client takes bytes
 */
public record ConnectionView(
        String clientId,
        ProtocolVersion version,
        long connectedAtMillis,
        int keepAliveSeconds,
        long expirySeconds,
        int receiveMaximum,
        int inFlight,
        int waiting,
        int publishesPending,
        boolean writable) {}
