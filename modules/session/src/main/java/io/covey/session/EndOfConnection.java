package io.covey.session;

/**
 * How a connection ended.
 *
 * @param expirySeconds the Session Expiry Interval that DISCONNECT set, or -1
 * @param publishWill whether the will is to be published
 * @param lastSentSequence the highest sequence that was sent to the client, by this connection or an earlier one; 0 when none was
 */
public record EndOfConnection(long expirySeconds, boolean publishWill, long lastSentSequence) {}
