package io.covey.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PacketEncoderTest {
    private static String hex(ControlPacket packet, ProtocolVersion version) {
        ByteWriter out = new ByteWriter(8);
        PacketEncoder.encode(packet, version, out);
        return HexFormat.of().formatHex(out.toByteArray());
    }

    @ParameterizedTest // [MQTT311-3.1.2-2]
    @CsvSource({
        "SUCCESS, 0",
        "UNSUPPORTED_PROTOCOL_VERSION, 1",
        "CLIENT_IDENTIFIER_NOT_VALID, 2",
        "SERVER_UNAVAILABLE, 3",
        "SERVER_BUSY, 3",
        "QUOTA_EXCEEDED, 3",
        "MALFORMED_PACKET, 3",
        "BAD_USER_NAME_OR_PASSWORD, 4",
        "NOT_AUTHORIZED, 5",
        "BANNED, 5",
    })
    void connAckBeforeFiveHasAReturnCode(ReasonCode reason, int code) {
        ConnAck packet = new ConnAck(false, reason, Properties.EMPTY);

        assertThat(hex(packet, ProtocolVersion.V3_1_1)).isEqualTo("2002000" + code);
        assertThat(hex(packet, ProtocolVersion.V3_1)).isEqualTo("2002000" + code);
    }

    @Test // [MQTT-3.2.2-6]
    void sessionPresentIsNotSaidWithAnErrorNorInThreeOne() {
        assertThat(hex(new ConnAck(true, ReasonCode.NOT_AUTHORIZED, Properties.EMPTY), ProtocolVersion.V5))
                .isEqualTo("2003008700");
        assertThat(hex(new ConnAck(true, ReasonCode.SUCCESS, Properties.EMPTY), ProtocolVersion.V3_1))
                .isEqualTo("20020000");
    }

    @Test // [MQTT311-3.9.3-2] [MQTT311-3.8.4-5]
    void versionsBeforeFiveLeaveOutReasonsAndProperties() {
        Properties comment =
                Properties.builder().add(Property.REASON_STRING, "x").build();
        ProtocolVersion v3 = ProtocolVersion.V3_1_1;

        assertThat(hex(new PubAck(1, ReasonCode.QUOTA_EXCEEDED, comment), v3)).isEqualTo("40020001");
        assertThat(hex(new Disconnect(ReasonCode.DISCONNECT_WITH_WILL, comment), v3))
                .isEqualTo("e000");
        assertThat(hex(new UnsubAck(1, comment, List.of(ReasonCode.SUCCESS)), v3))
                .isEqualTo("b0020001");
        assertThat(hex(new SubAck(1, comment, List.of(ReasonCode.GRANTED_QOS_1, ReasonCode.QUOTA_EXCEEDED)), v3))
                .isEqualTo("900400010180");
        assertThatThrownBy(() -> hex(new Auth(ReasonCode.SUCCESS, Properties.EMPTY), v3))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test // [MQTT-2.2.2-1]
    void anEmptyPropertyListHasALengthOfZero() {
        ProtocolVersion v5 = ProtocolVersion.V5;

        assertThat(hex(new ConnAck(false, ReasonCode.SUCCESS, Properties.EMPTY), v5))
                .isEqualTo("2003000000");
        assertThat(hex(new SubAck(1, Properties.EMPTY, List.of(ReasonCode.SUCCESS)), v5))
                .isEqualTo("900400010000");
        assertThat(hex(new UnsubAck(1, Properties.EMPTY, List.of(ReasonCode.SUCCESS)), v5))
                .isEqualTo("b00400010000");
    }

    @Test
    void whatMqttCannotExpressIsTheCallersError() {
        assertThat(PacketEncoder.checkedLength(268_435_455)).isEqualTo(268_435_455);
        assertThatThrownBy(() -> PacketEncoder.checkedLength(268_435_456)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void packetsAreAppended() {
        ByteWriter out = new ByteWriter(0).u8(0xAA);

        PacketEncoder.encode(
                new Publish(
                        false,
                        QoS.AT_MOST_ONCE,
                        false,
                        "t",
                        0,
                        Properties.builder().add(Property.TOPIC_ALIAS, 1).build(),
                        new byte[300]),
                ProtocolVersion.V5,
                out);
        PacketEncoder.encode(new PingReq(), ProtocolVersion.V5, out);

        assertThat(HexFormat.of().formatHex(out.toByteArray()))
                .startsWith("aa30b302000174032300010000")
                .endsWith("0000c000")
                .hasSize(2 * (1 + 3 + 307 + 2));
    }
}
