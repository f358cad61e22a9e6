package io.covey.bucket;

import io.covey.protocol.Message;

/**
 * The Will of a connection, kept in the bucket from CONNECT on.
 *
 * @param message published when the connection ends without a normal DISCONNECT; its times count from then
 * @param delaySeconds Will Delay Interval; the end of the session publishes earlier [MQTT-3.1.3-9]
 * @param expirySeconds Message Expiry Interval of the will, or -1
 */
public record Will(Message message, long delaySeconds, long expirySeconds) {}
