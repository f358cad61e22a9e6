package io.covey.protocol;

/** Quality of Service of a PUBLISH or a subscription [MQTT 5.0, 4.3]. */
public enum QoS {
    AT_MOST_ONCE,
    AT_LEAST_ONCE,
    EXACTLY_ONCE;

    private static final QoS[] VALUES = values();

    /** The level's number on the wire, 0 to 2. */
    public int value() {
        return ordinal();
    }

    /**
     * The level with this number.
     *
     * @param value 0 to 2; anything else is a programmer's error, peers' values are checked by the decoder
     */
    public static QoS of(int value) {
        return VALUES[value];
    }

    /** The lower of the two levels: what a subscription of {@code other} receives of a message of this level. */
    public QoS min(QoS other) {
        return ordinal() <= other.ordinal() ? this : other;
    }
}
