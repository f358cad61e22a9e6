package io.covey.protocol;

/** The lower four bits of the first byte, which are reserved in all packets but PUBLISH [MQTT 5.0, 2.1.3]. */
final class HeaderFlags {
    private static final int NUMBER_OF_TYPES = 16;
    private static final int QOS_BITS = 0x06;
    private static final int ALL_BITS = 0x0F;

    private static final int[] EXPECTED = new int[NUMBER_OF_TYPES];
    private static final String[] CLAUSES = new String[NUMBER_OF_TYPES];

    static {
        for (PacketType type : PacketType.values()) {
            reserve(type, 0, "MQTT-2.1.3-1");
        }
        reserve(PacketType.PUBREL, 2, "MQTT-3.6.1-1");
        reserve(PacketType.SUBSCRIBE, 2, "MQTT-3.8.1-1");
        reserve(PacketType.UNSUBSCRIBE, 2, "MQTT-3.10.1-1");
        reserve(PacketType.DISCONNECT, 0, "MQTT-3.14.1-1");
        reserve(PacketType.AUTH, 0, "MQTT-3.15.1-1");
    }

    private HeaderFlags() {}

    private static void reserve(PacketType type, int flags, String clause) {
        EXPECTED[type.value()] = flags;
        CLAUSES[type.value()] = clause;
    }

    /**
     * Refuses flags that the packet may not have.
     *
     * @throws ProtocolViolation with 0x81
     */
    static void check(int firstByte, PacketType type, ProtocolVersion version) {
        if (type == PacketType.PUBLISH) {
            PublishReader.checkFlags(firstByte);
            return;
        }
        int expected = EXPECTED[type.value()];
        int mask = ALL_BITS;
        if (version == ProtocolVersion.V3_1) {
            // It has DUP and QoS 1 in PUBREL, SUBSCRIBE and UNSUBSCRIBE, and disregards the flags that it does not use.
            mask = expected == 0 ? 0 : QOS_BITS;
        }
        if ((firstByte & mask) != expected) { // [MQTT311-2.2.2-2]
            throw ProtocolViolation.malformed(CLAUSES[type.value()], "reserved header flags"); // [MQTT-2.1.3-1]
        }
    }
}
