package io.covey.protocol;

/** Reads CONNECT, whose version is known only after its first fields [MQTT 5.0, 3.1]. */
final class ConnectReader {
    private static final int BRIDGE_BIT = 0x80;
    private static final int RESERVED = 0x01;
    private static final int CLEAN_START = 0x02;
    private static final int WILL = 0x04;
    private static final int WILL_QOS = 0x18;
    private static final int WILL_RETAIN = 0x20;
    private static final int PASSWORD = 0x40;
    private static final int USER_NAME = 0x80;

    private final PacketReader in;
    private final ProtocolVersion version;
    private final boolean bridge;

    /**
     * Takes protocol name and level.
     *
     * @throws ProtocolViolation with 0x84 for a protocol or version that is not spoken here
     */
    ConnectReader(PacketReader in) {
        this.in = in;
        boolean v3 = isMqIsdp(in);
        int level = in.u8();
        this.version = version(v3, level);
        this.bridge = (level & BRIDGE_BIT) != 0;
    }

    /** Whether the name is that of MQTT 3.1, which the later versions changed. */
    private static boolean isMqIsdp(PacketReader in) { // [MQTT311-3.1.2-1]
        byte[] name = in.binary();
        boolean v3 = equals(name, "MQIsdp");
        if (!v3 && !equals(name, "MQTT")) {
            throw new ProtocolViolation(
                    ReasonCode.UNSUPPORTED_PROTOCOL_VERSION, "MQTT-3.1.2-1", "unknown protocol name"); // [MQTT-3.1.2-1]
        }
        return v3;
    }

    private static boolean equals(byte[] bytes, String ascii) {
        if (bytes.length != ascii.length()) {
            return false;
        }
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] != ascii.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** The private bridge bit is a custom of brokers for the versions that have no Retain As Published. */
    private static ProtocolVersion version(boolean v3, int level) {
        int plain = level & ~BRIDGE_BIT;
        if (v3 && plain == ProtocolVersion.V3_1.level()) {
            return ProtocolVersion.V3_1;
        }
        if (!v3 && plain == ProtocolVersion.V3_1_1.level()) {
            return ProtocolVersion.V3_1_1;
        }
        if (!v3 && level == ProtocolVersion.V5.level()) {
            return ProtocolVersion.V5;
        }
        throw new ProtocolViolation(
                ReasonCode.UNSUPPORTED_PROTOCOL_VERSION, "MQTT-3.1.2-2", "unknown protocol level"); // [MQTT-3.1.2-2]
    }

    /** What the CONNECT speaks. */
    ProtocolVersion version() {
        return version;
    }

    /** Takes the rest of the packet. */
    Connect read() {
        int flags = in.u8();
        checkFlags(flags);
        int keepAliveSeconds = in.u16();
        Properties properties = properties(PacketContents.CONNECT);
        String clientId = in.string(); // [MQTT-3.1.3-1]: this order [MQTT-3.1.3-3] [MQTT-3.1.3-4]
        Connect.Will will = (flags & WILL) != 0 ? will(flags) : null;
        String userName = isPresent(flags, USER_NAME) ? in.string() : null;
        byte[] password = isPresent(flags, PASSWORD) ? in.binary() : null;
        return new Connect(
                version,
                bridge,
                (flags & CLEAN_START) != 0,
                keepAliveSeconds,
                properties,
                clientId,
                will,
                userName,
                password);
    }

    private void checkFlags(int flags) {
        // MQTT 3.1 disregards what it has no use for: the reserved bit, and Will QoS and Will Retain without a Will.
        if (version != ProtocolVersion.V3_1) {
            if ((flags & RESERVED) != 0) {
                throw ProtocolViolation.malformed("MQTT-3.1.2-3", "reserved connect flag"); // [MQTT-3.1.2-3]
            }
            if ((flags & WILL) == 0 && (flags & WILL_QOS) != 0) {
                throw ProtocolViolation.malformed("MQTT-3.1.2-11", "Will QoS without a Will"); // [MQTT-3.1.2-11]
            }
            if ((flags & WILL) == 0 && (flags & WILL_RETAIN) != 0) {
                throw ProtocolViolation.malformed("MQTT-3.1.2-13", "Will Retain without a Will"); // [MQTT-3.1.2-13]
            }
        }
        if ((flags & WILL) != 0 && (flags & WILL_QOS) == WILL_QOS) {
            throw ProtocolViolation.malformed("MQTT-3.1.2-12", "Will QoS 3"); // [MQTT-3.1.2-12]
        }
        if (!version.isV5() && (flags & PASSWORD) != 0 && (flags & USER_NAME) == 0) {
            // [MQTT311-3.1.2-22]; MQTT 5.0 allows it.
            throw ProtocolViolation.malformed("MQTT311-3.1.2-22", "password without user name");
        }
    }

    private Connect.Will will(int flags) {
        Properties properties = properties(PacketContents.WILL);
        String topic = in.string(); // [MQTT-3.1.3-11]
        PropertyReader.checkTopicName(topic, "MQTT-4.7.0-1"); // [MQTT-4.7.0-1]
        byte[] payload = in.binary();
        return new Connect.Will(
                topic, payload, QoS.of((flags & WILL_QOS) >> 3), (flags & WILL_RETAIN) != 0, properties);
    }

    /** Whether a field follows: by its flag, but MQTT 3.1 lets the packet end before user name or password for old clients' sake. */
    private boolean isPresent(int flags, int flag) {
        return (flags & flag) != 0 && (version != ProtocolVersion.V3_1 || in.hasRemaining());
    }

    private Properties properties(PacketContents contents) {
        return version.isV5() ? PropertyReader.read(in, contents) : Properties.EMPTY;
    }
}
