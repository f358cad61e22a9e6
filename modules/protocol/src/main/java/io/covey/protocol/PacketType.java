package io.covey.protocol;

import org.jspecify.annotations.Nullable;

/** The MQTT Control Packet types, in the order of their numbers from 1 on [MQTT 5.0, 2.1.2]. */
public enum PacketType {
    CONNECT,
    CONNACK,
    PUBLISH,
    PUBACK,
    PUBREC,
    PUBREL,
    PUBCOMP,
    SUBSCRIBE,
    SUBACK,
    UNSUBSCRIBE,
    UNSUBACK,
    PINGREQ,
    PINGRESP,
    DISCONNECT,
    AUTH;

    private static final PacketType[] VALUES = values();

    /** The type with this number, or null for 0, which is reserved. */
    static @Nullable PacketType of(int value) {
        return value == 0 ? null : VALUES[value - 1];
    }

    /** The number in the upper four bits of the first byte, 1 to 15. */
    public int value() {
        return ordinal() + 1;
    }
}
