package io.covey.protocol;

/** The protocol levels that Covey speaks. */
public enum ProtocolVersion {
    V3_1(3),
    V3_1_1(4),
    V5(5);

    private final int level;

    ProtocolVersion(int level) {
        this.level = level;
    }

    /** The protocol level byte of CONNECT, without the private bridge bit. */
    public int level() {
        return level;
    }

    /** Whether packets of this version carry properties and reason codes. */
    public boolean isV5() {
        return this == V5;
    }
}
