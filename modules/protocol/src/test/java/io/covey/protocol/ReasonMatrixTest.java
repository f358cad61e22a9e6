package io.covey.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tables of reason codes of MQTT 5.0, written down once more: every byte in every packet, by sender. */
class ReasonMatrixTest {
    @ParameterizedTest
    @CsvSource({
        "client, 40 03 0001 %02x, MQTT-3.4.2-1, 00 80 83 87 90 91 97 99",
        "server, 40 03 0001 %02x, MQTT-3.4.2-1, 00 10 80 83 87 90 91 97 99",
        "client, 50 03 0001 %02x, MQTT-3.5.2-1, 00 80 83 87 90 91 97 99",
        "server, 50 03 0001 %02x, MQTT-3.5.2-1, 00 10 80 83 87 90 91 97 99",
        "client, 62 03 0001 %02x, MQTT-3.6.2-1, 00 92",
        "server, 62 03 0001 %02x, MQTT-3.6.2-1, 00 92",
        "client, 70 03 0001 %02x, MQTT-3.7.2-1, 00 92",
        "server, 70 03 0001 %02x, MQTT-3.7.2-1, 00 92",
        "client, e0 01 %02x, MQTT-3.14.2-1, 00 04 80 81 82 83 90 93 94 95 96 97 98 99",
        "server, e0 01 %02x, MQTT-3.14.2-1, 00 80 81 82 83 87 89 8b 8c 8d 8e 8f 90 93 94 95 96 97 98 99 9a 9b 9c 9d 9e 9f"
                + " a0 a1 a2",
        "client, f0 ~ %02x {15 `m`}, MQTT-3.15.2-1, 18 19",
        "server, f0 ~ %02x {15 `m`}, MQTT-3.15.2-1, 00 18",
        "server, 20 03 00 %02x 00, MQTT-3.2.2-8, 00 80 81 82 83 84 85 86 87 88 89 8a 8c 90 95 97 99 9a 9b 9c 9d 9f",
        "server, 90 04 0001 00 %02x, MQTT-3.9.3-2, 00 01 02 80 83 87 8f 91 97 9e a1 a2",
        "server, b0 04 0001 00 %02x, MQTT-3.11.3-2, 00 11 80 83 87 8f 91",
    })
    void onlyTheListedCodesAreTaken(String sender, String notation, String clause, String codes) {
        List<String> taken = new ArrayList<>();
        for (int code = 0; code < 256; code++) {
            ByteBuffer in = ByteBuffer.wrap(PacketCase.bytes(String.format(notation, code)));
            ProtocolViolation violation = catchThrowableOfType(ProtocolViolation.class, () -> decode(sender, in));
            if (violation == null) {
                taken.add(String.format("%02x", code));
            } else {
                assertThat(violation.clause()).isEqualTo(clause);
                assertThat(violation.reason()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
            }
        }
        assertThat(taken).containsExactly(codes.split(" "));
    }

    private static ControlPacket decode(String sender, ByteBuffer in) {
        return sender.equals("client")
                ? PacketCase.clientDecoder(ProtocolVersion.V5).decode(in)
                : new ServerPacketDecoder(ProtocolVersion.V5, 1_000).decode(in);
    }
}
