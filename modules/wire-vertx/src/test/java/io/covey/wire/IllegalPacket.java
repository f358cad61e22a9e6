package io.covey.wire;

import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.ReasonCode;
import java.util.HexFormat;

/** Packets that MQTT forbids, one of each kind that vertx-mqtt was found to take, and how they are to be refused. */
enum IllegalPacket {
    ILL_FORMED_UTF8(ReasonCode.MALFORMED_PACKET, "30050002c08000"),
    NUL_IN_A_TOPIC(ReasonCode.MALFORMED_PACKET, "30050002610000"),
    EMPTY_TOPIC_WITHOUT_ALIAS(ReasonCode.PROTOCOL_ERROR, "3003000000"),
    PROPERTY_TWICE(ReasonCode.PROTOCOL_ERROR, "300800017404" + "0101" + "0101"),
    PROPERTY_OF_ANOTHER_PACKET(ReasonCode.MALFORMED_PACKET, "300900017405" + "1100000001"),
    SUBSCRIBE_WITHOUT_FILTERS(ReasonCode.PROTOCOL_ERROR, "8203000100"),
    RESERVED_SUBSCRIPTION_OPTION(ReasonCode.MALFORMED_PACKET, "8207000100" + "000161" + "80"),
    DUP_AT_QOS_0(ReasonCode.MALFORMED_PACKET, "380400017400"),
    WILL_OF_QOS_3(
            ReasonCode.MALFORMED_PACKET,
            ProtocolVersion.V5,
            "101400044d515454051e003c00" + "000163" + "00000177" + "0000"),
    PASSWORD_WITHOUT_USER_NAME(
            ReasonCode.MALFORMED_PACKET, ProtocolVersion.V3_1_1, "101000044d5154540442003c" + "000163" + "000170");

    final ReasonCode reason;
    final byte[] bytes;
    private final ProtocolVersion connects;
    private final boolean isConnect;

    IllegalPacket(ReasonCode reason, String hex) {
        this(reason, ProtocolVersion.V5, false, hex);
    }

    IllegalPacket(ReasonCode reason, ProtocolVersion connects, String hex) {
        this(reason, connects, true, hex);
    }

    IllegalPacket(ReasonCode reason, ProtocolVersion connects, boolean isConnect, String hex) {
        this.reason = reason;
        this.connects = connects;
        this.isConnect = isConnect;
        this.bytes = HexFormat.of().parseHex(hex);
    }

    /** Whether it is a CONNECT, and so the first packet. */
    boolean isConnect() {
        return isConnect;
    }

    /** What the client speaks. */
    ProtocolVersion version() {
        return connects;
    }
}
