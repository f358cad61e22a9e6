package io.covey.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PacketDecoderTest {
    private final PacketDecoder decoder = new PacketDecoder(1_000);

    private ControlPacket decode(String notation) {
        return decoder.decode(ByteBuffer.wrap(PacketCase.bytes(notation)));
    }

    private ProtocolViolation violation(String notation) {
        return catchThrowableOfType(ProtocolViolation.class, () -> decode(notation));
    }

    @ParameterizedTest // [MQTT-3.1.0-1]
    @ValueSource(
            strings = {"00", "20", "30 ~ `t`", "36", "40 02 0001", "82 ~ 0001 `a` 00", "c0 00", "e0 00", "f0 00", "ff"})
    void whatComesBeforeConnectIsAProtocolErrorByItsFirstByte(String notation) {
        ProtocolViolation violation = violation(notation);

        assertThat(violation.reason()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
        assertThat(violation.clause()).isEqualTo("MQTT-3.1.0-1");
        assertThat(decoder.version()).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "10 ~ `MQIsdp` 03 02 003c `c`, V3_1",
        "10 ~ `MQIsdp` 83 02 003c `c`, V3_1",
        "10 ~ `MQTT` 04 02 003c `c`, V3_1_1",
        "10 ~ `MQTT` 84 02 003c `c`, V3_1_1",
        "10 ~ `MQTT` 05 02 003c {} `c`, V5",
    })
    void theVersionIsThatOfTheConnect(String notation, ProtocolVersion version) {
        assertThat(decode(notation)).isInstanceOf(Connect.class);

        assertThat(decoder.version()).isEqualTo(version);
    }

    @ParameterizedTest
    @CsvSource({
        "10 ~ `MQTT` 04 03 003c `c`, V3_1_1",
        "10 ~ `MQTT` 05 02 003c {21 0000} `c`, V5",
        "11 ~ `MQTT` 05 02 003c {} `c`, V5",
        "10 ~ `MQTT` 05, V5",
        "10 ~ `MQTT` 06 02 003c {} `c`,",
        "10 ~ `MQTX` 05 02 003c {} `c`,",
        "10 ~ `MQTT`,",
    })
    void theVersionOfABadConnectIsKnownFromItsLevelOn(String notation, ProtocolVersion version) {
        assertThat(violation(notation)).isNotNull();

        assertThat(decoder.version()).isEqualTo(version);
    }

    @Test // [MQTT-3.1.0-2] is the session's to refuse, in the version of the first CONNECT
    void aSecondConnectDoesNotChangeTheVersion() {
        decode("10 ~ `MQTT` 05 02 003c {} `c`");

        assertThat(decode("10 ~ `MQTT` 04 02 003c `c`")).isInstanceOf(Connect.class);
        assertThat(decoder.version()).isEqualTo(ProtocolVersion.V5);
    }

    @Test
    void moreUserPropertiesThanAllowedAreRefusedWith0x97() {
        PacketDecoder strict = new PacketDecoder(1_000, 1_000, 2);
        String two = "26 `a` `b` 26 `a` `b`";
        strict.decode(ByteBuffer.wrap(PacketCase.bytes("10 ~ `MQTT` 05 02 003c {" + two + "} `c`")));

        assertThat(strict.decode(ByteBuffer.wrap(PacketCase.bytes("30 ~ `t` {" + two + "} 00"))))
                .isInstanceOf(Publish.class);
        ByteBuffer three = ByteBuffer.wrap(PacketCase.bytes("30 ~ `t` {" + two + " 26 `a` `b`} 00"));
        ProtocolViolation violation = catchThrowableOfType(ProtocolViolation.class, () -> strict.decode(three));
        assertThat(violation.reason()).isEqualTo(ReasonCode.QUOTA_EXCEEDED);
    }

    @Test
    void passwordsAreNotPrinted() {
        assertThat(decode("10 ~ `MQTT` 04 c2 003c `c` `alice` `secret`").toString())
                .contains("c")
                .doesNotContain("secret")
                .doesNotContain("alice");
    }
}
