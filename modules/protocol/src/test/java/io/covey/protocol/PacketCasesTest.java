package io.covey.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PacketCasesTest {
    static List<PacketCase> valid() {
        return PacketCases.all();
    }

    static List<PacketCase> canonical() {
        return PacketCases.all().stream().filter(PacketCase::canonical).toList();
    }

    static List<PacketCase> violations() {
        return ViolationCases.all();
    }

    @ParameterizedTest
    @MethodSource("valid")
    void validPacketsAreDecoded(PacketCase one) {
        ByteBuffer in = ByteBuffer.wrap(one.bytes());

        assertThat(one.decode(in)).isEqualTo(one.packet());
        assertThat(in.remaining()).isZero();
    }

    @ParameterizedTest
    @MethodSource("canonical")
    void packetsAreEncodedToTheirBytes(PacketCase one) {
        ByteWriter out = new ByteWriter(0);

        PacketEncoder.encode(one.packet(), one.version(), out);

        assertThat(out.toByteArray()).asHexString().isEqualTo(hex(one.bytes()));
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().withUpperCase().formatHex(bytes);
    }

    @ParameterizedTest
    @MethodSource("violations")
    void violationsAreRefusedWithReasonAndClause(PacketCase one) {
        ProtocolViolation violation =
                catchThrowableOfType(ProtocolViolation.class, () -> one.decode(ByteBuffer.wrap(one.bytes())));

        assertThat(violation).isNotNull();
        assertThat(violation.clause()).isEqualTo(one.clause());
        assertThat(violation.reason()).isEqualTo(one.reason());
    }

    @Test
    void theTableIsLarge() {
        assertThat(valid()).hasSizeGreaterThan(90);
        assertThat(violations()).hasSizeGreaterThan(300);
    }
}
