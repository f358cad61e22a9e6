package io.covey.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class PublishHeadTest {
    private static final int[] NO_IDS = {};

    private static Message message(String topic, String payload, Properties properties, long expiresAtMillis) {
        byte[] bytes = payload.getBytes(StandardCharsets.UTF_8);
        return new Message(topic, bytes, QoS.AT_LEAST_ONCE, false, properties, 1_000, expiresAtMillis);
    }

    private static String hex(PublishHead head) {
        return HexFormat.ofDelimiter(" ").formatHex(head.bytes());
    }

    @Test // [MQTT-2.2.1-2]
    void versionsBeforeFiveHaveNoProperties() {
        Properties properties =
                Properties.builder().add(Property.CONTENT_TYPE, "x").build();

        PublishHead head = message("a/b", "hi", properties, 9_000).head(ProtocolVersion.V3_1_1, false);

        assertThat(hex(head)).isEqualTo("30 07 00 03 61 2f 62");
        assertThat(head.packetIdOffset()).isEqualTo(-1);
        assertThat(head.expiryOffset()).isEqualTo(-1);
    }

    @Test
    void roomForPacketIdAndExpiryIsLeft() {
        PublishHead head = message("a/b", "hi", Properties.EMPTY, 9_000).head(ProtocolVersion.V5, true);

        assertThat(hex(head)).isEqualTo("30 0f 00 03 61 2f 62 00 00 05 02 00 00 00 00");
        assertThat(head.packetIdOffset()).isEqualTo(7);
        assertThat(head.expiryOffset()).isEqualTo(11);
    }

    @Test
    void aliasAndSubscriptionIdsPrecedeWhatIsForwarded() {
        Properties properties = Properties.builder().addUserProperty("k", "v").build();

        PublishHead head = PublishHead.encode(
                message("t", "", properties, Message.NEVER), ProtocolVersion.V5, false, 9, new int[] {1, 268_435_455});

        assertThat(hex(head)).isEqualTo("30 15 00 01 74 11 23 00 09 0b 01 0b ff ff ff 7f 26 00 01 6b 00 01 76");
    }

    @Test
    void anAliasStandsInPlaceOfTheTopicName() {
        PublishHead head = PublishHead.encode(
                message("t", "hi", Properties.EMPTY, Message.NEVER), ProtocolVersion.V5, false, -300, NO_IDS);

        assertThat(hex(head)).isEqualTo("30 08 00 00 03 23 01 2c");
    }

    @Test
    void longPropertiesAndPayloadsTakeLongerLengths() {
        Properties properties = Properties.builder()
                .addUserProperty("ключ".repeat(20), "v".repeat(200))
                .build();
        Message message = message("t", "p".repeat(20_000), properties, 9_000);

        PublishHead head = PublishHead.encode(message, ProtocolVersion.V5, true, 0, NO_IDS);

        assertThat(head.packetIdOffset()).isEqualTo(1 + 3 + 3);
        assertThat(head.expiryOffset()).isEqualTo(1 + 3 + 3 + 2 + 2 + 1);
        int remaining = (head.bytes()[1] & 0x7F) | (head.bytes()[2] & 0x7F) << 7 | (head.bytes()[3] & 0x7F) << 14;
        assertThat(remaining).isEqualTo(head.bytes().length - 4 + 20_000);
    }

    @Test
    void messageKeepsItsHeads() {
        Message message = message("t", "", Properties.EMPTY, Message.NEVER);

        assertThat(message.head(ProtocolVersion.V5, true)).isSameAs(message.head(ProtocolVersion.V5, true));
        assertThat(message.head(ProtocolVersion.V3_1, false)).isSameAs(message.head(ProtocolVersion.V3_1_1, false));
    }
}
