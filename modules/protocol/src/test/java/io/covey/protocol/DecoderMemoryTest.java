package io.covey.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DecoderMemoryTest {
    private static final int ROUNDS = 20_000;
    private static final int PUBLISH_RECORD_BYTES = 48;

    private final Allocations allocations = new Allocations();

    @ParameterizedTest
    @EnumSource
    void aRepeatedTopicCostsNoMoreThanPacketAndPayload(ProtocolVersion version) {
        ByteWriter out = new ByteWriter(64);
        byte[] payload = new byte[16];
        Publish publish = new Publish(
                false, QoS.AT_LEAST_ONCE, false, "building/7/floor/3/temperature", 9, Properties.EMPTY, payload);
        PacketEncoder.encode(publish, version, out);
        ByteBuffer in = ByteBuffer.allocateDirect(out.size()).put(out.toByteArray());
        PacketDecoder decoder = PacketCase.clientDecoder(version);

        long perPacket = allocatedPerRound(() -> decoder.decode(in.clear()));

        assertThat(perPacket).isLessThanOrEqualTo(PUBLISH_RECORD_BYTES + 16 + payload.length);
    }

    @Test
    void aRepeatedTopicIsTheSameString() {
        PacketDecoder decoder = PacketCase.clientDecoder(ProtocolVersion.V3_1_1);
        byte[] bytes = PacketCase.bytes("30 ~ `a/b`");
        byte[] other = PacketCase.bytes("30 ~ `a/c`");
        byte[] longer = PacketCase.bytes("30 ~ `a/bb`");
        byte[] otherFromTheStart = PacketCase.bytes("30 ~ `x/b`");

        String first = topic(decoder, bytes);

        assertThat(topic(decoder, bytes)).isSameAs(first);
        assertThat(topic(decoder, other)).isEqualTo("a/c");
        assertThat(topic(decoder, longer)).isEqualTo("a/bb");
        topic(decoder, bytes);
        assertThat(topic(decoder, otherFromTheStart)).isEqualTo("x/b");
        assertThat(topic(decoder, bytes)).isEqualTo("a/b");
    }

    @Test
    void aKnownTopicIsNotTakenForAnotherThatEndsInThePayload() {
        PacketDecoder decoder = PacketCase.clientDecoder(ProtocolVersion.V3_1_1);
        topic(decoder, PacketCase.bytes("30 ~ `abcd`"));

        assertThat(topic(decoder, PacketCase.bytes("30 ~ `abc` 'd'"))).isEqualTo("abc");
        assertThat(catchThrowableOfType(
                        ProtocolViolation.class, () -> topic(decoder, PacketCase.bytes("30 04 0004 'abcd'"))))
                .isNotNull();
    }

    private static String topic(PacketDecoder decoder, byte[] bytes) {
        return ((Publish) decoder.decode(ByteBuffer.wrap(bytes))).topic();
    }

    @Test
    void anAnnouncedLengthTakesNoMemory() {
        PacketDecoder decoder = new PacketDecoder(Integer.MAX_VALUE);
        decoder.decode(ByteBuffer.wrap(PacketCase.bytes("10 ~ `MQTT` 05 02 0000 {} `c`")));
        ByteBuffer in = ByteBuffer.wrap(PacketCase.bytes("30 ffffff7f 0001 61 00 01"));

        long perRound =
                allocatedPerRound(() -> assertThat(decoder.decode(in) == null).isTrue());

        assertThat(perRound).isLessThan(200); // AssertJ's own
    }

    @Test
    void aPacketAboveTheMaximumIsRefusedByItsHeader() {
        // 127 bytes after two of header are 129 together, 128 after three are 131.
        assertThat(new PacketDecoder(129).decode(ByteBuffer.wrap(PacketCase.bytes("10 7f"))))
                .isNull();
        assertThat(new PacketDecoder(131).decode(ByteBuffer.wrap(PacketCase.bytes("10 8001"))))
                .isNull();
        assertThat(refusal(128, "10 7f").reason()).isEqualTo(ReasonCode.PACKET_TOO_LARGE);
        assertThat(refusal(130, "10 8001").clause()).isEqualTo("MQTT-3.2.2-15"); // [MQTT-3.2.2-15]
    }

    @Test
    void aConnectHasALimitOfItsOwn() {
        ByteBuffer header = ByteBuffer.wrap(PacketCase.bytes("10 7f"));
        PacketDecoder strict = new PacketDecoder(1000, 128, 9);
        PacketDecoder exact = new PacketDecoder(1000, 129, 9);

        assertThat(catchThrowableOfType(ProtocolViolation.class, () -> strict.decode(header))
                        .reason())
                .isEqualTo(ReasonCode.PACKET_TOO_LARGE);
        assertThat(strict.version()).isNull();
        assertThat(exact.decode(header)).isNull();
        assertThat(exact.decode(ByteBuffer.wrap(PacketCase.bytes("10 ~ `MQTT` 05 02 0000 {} `c`"))))
                .isNotNull();
        assertThat(exact.decode(ByteBuffer.wrap(PacketCase.bytes("30 8002 0001"))))
                .isNull();
    }

    private static ProtocolViolation refusal(int maximum, String header) {
        PacketDecoder decoder = new PacketDecoder(maximum);
        return catchThrowableOfType(
                ProtocolViolation.class, () -> decoder.decode(ByteBuffer.wrap(PacketCase.bytes(header))));
    }

    private static long allocated(Allocations allocations, Runnable action) {
        long before = allocations.bytes();
        for (int i = 0; i < ROUNDS; i++) {
            action.run();
        }
        return (allocations.bytes() - before) / ROUNDS;
    }

    private long allocatedPerRound(Runnable action) {
        allocated(allocations, action);
        return allocated(allocations, action);
    }
}
