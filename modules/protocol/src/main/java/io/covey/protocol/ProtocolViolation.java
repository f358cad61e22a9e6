package io.covey.protocol;

/**
 * What a peer did against the specification; the only exception that the core throws because of a peer.
 *
 * <p>It carries the reason code that the specification names and the clause, and no stack trace: peers can cause it at will.
 */
public final class ProtocolViolation extends RuntimeException {
    private final ReasonCode reason;
    private final String clause;

    /**
     * @param reason the reason code to close the connection with
     * @param clause the normative statement, such as {@code MQTT-3.1.0-2}, or a section number where none is numbered
     * @param message what was wrong, in a few words, without data from the peer beyond numbers
     */
    public ProtocolViolation(ReasonCode reason, String clause, String message) {
        super(message, null, false, false);
        this.reason = reason;
        this.clause = clause;
    }

    /** The reason code for CONNACK or DISCONNECT. */
    public ReasonCode reason() {
        return reason;
    }

    /** The clause that was violated. */
    public String clause() {
        return clause;
    }

    /** A packet that cannot be parsed, 0x81. */
    static ProtocolViolation malformed(String clause, String message) {
        return new ProtocolViolation(ReasonCode.MALFORMED_PACKET, clause, message);
    }

    /** A packet that can be parsed and says what is not allowed, 0x82. */
    static ProtocolViolation protocolError(String clause, String message) {
        return new ProtocolViolation(ReasonCode.PROTOCOL_ERROR, clause, message);
    }
}
