package io.covey.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;

class MessageTest {
    private static final long SEED = 5_512_908L;

    private final RandomPackets source = new RandomPackets(new Random(SEED), ProtocolVersion.V5);

    private Message random(Random random) {
        return new Message(
                source.topicName(),
                source.binary(),
                QoS.of(random.nextInt(3)),
                random.nextBoolean(),
                source.properties(PacketContents.WILL, true),
                random.nextLong() >>> random.nextInt(64),
                random.nextBoolean() ? Message.NEVER : random.nextLong() >>> 1 + random.nextInt(62));
    }

    private static byte[] written(Message message) {
        ByteWriter out = new ByteWriter(0);
        message.write(out);
        return out.toByteArray();
    }

    @Test
    void messagesComeBackFromTheirStoredForm() {
        Random random = new Random(SEED);
        for (int i = 0; i < 10_000; i++) {
            Message message = random(random);
            ByteReader in = new ByteReader(written(message));

            Message read = Message.read(in);

            assertThat(in.remaining()).isZero();
            assertThat(read.topic()).as("seed %d", SEED).isEqualTo(message.topic());
            assertThat(read.payload()).isEqualTo(message.payload());
            assertThat(read.qos()).isEqualTo(message.qos());
            assertThat(read.retain()).isEqualTo(message.retain());
            assertThat(read.properties()).isEqualTo(message.properties());
            assertThat(read.publishedAtMillis()).isEqualTo(message.publishedAtMillis());
            assertThat(read.expiresAtMillis()).isEqualTo(message.expiresAtMillis());
            assertThat(read.sizeBytes()).isEqualTo(message.sizeBytes());
        }
    }

    @Test
    void aTornStoredFormIsNoMessage() {
        Random random = new Random(SEED);
        for (int i = 0; i < 200; i++) {
            byte[] bytes = written(random(random));
            for (int length = 0; length < bytes.length; length++) {
                ByteReader in = new ByteReader(bytes, 0, length);
                assertThatThrownBy(() -> Message.read(in))
                        .as("seed %d", SEED)
                        .isInstanceOf(IndexOutOfBoundsException.class);
            }
        }
    }

    @Test // [MQTT-3.3.2-5]
    void aMessageExpiresAtItsTime() {
        Message message = new Message("t", new byte[0], QoS.AT_MOST_ONCE, false, Properties.EMPTY, 1_000, 3_000);
        Message lasting =
                new Message("t", new byte[0], QoS.AT_MOST_ONCE, false, Properties.EMPTY, 1_000, Message.NEVER);

        assertThat(message.isExpired(2_999)).isFalse();
        assertThat(message.isExpired(3_000)).isTrue();
        assertThat(lasting.isExpired(Long.MAX_VALUE - 1)).isFalse();
    }

    @Test
    void itsSizeCountsPayloadAndProperties() {
        Properties properties =
                Properties.builder().addUserProperty("", "v".repeat(5_000)).build();
        Message small = new Message("t", new byte[0], QoS.AT_MOST_ONCE, false, Properties.EMPTY, 0, Message.NEVER);
        Message large = new Message("t", new byte[3_000], QoS.AT_MOST_ONCE, false, properties, 0, Message.NEVER);

        assertThat(large.sizeBytes() - small.sizeBytes()).isBetween(8_000, 8_200);
    }
}
