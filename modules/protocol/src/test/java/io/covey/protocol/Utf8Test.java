package io.covey.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Utf8Test {
    /** Bytes at which a judgement may change. */
    private static final int[] EDGES = {0x00, 0x01, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF};

    private final CharsetDecoder reference = StandardCharsets.UTF_8.newDecoder();

    @Test
    void everyCharacterButNullComesBack() {
        for (int codePoint = 1; codePoint <= Character.MAX_CODE_POINT; codePoint++) {
            if (codePoint < Character.MIN_SURROGATE || codePoint > Character.MAX_SURROGATE) {
                String character = Character.toString(codePoint);
                byte[] bytes = character.getBytes(StandardCharsets.UTF_8);
                if (!Utf8.decode(bytes).equals(character) || Utf8.length(character) != bytes.length) {
                    assertThat(codePoint)
                            .as("a code point that does not come back")
                            .isNegative();
                }
            }
        }
    }

    @Test // [MQTT-1.5.4-1]
    void sequencesOfTwoAndThreeBytesAreJudgedAsByTheReferenceDecoder() {
        byte[] two = new byte[2];
        for (int i = 0; i < 1 << 16; i++) {
            two[0] = (byte) (i >> 8);
            two[1] = (byte) i;
            judge(two);
        }
        byte[] three = new byte[3];
        for (int lead = 0xC0; lead < 0x100; lead++) {
            for (int second = 0; second < 0x100; second++) {
                for (int third : EDGES) {
                    three[0] = (byte) lead;
                    three[1] = (byte) second;
                    three[2] = (byte) third;
                    judge(three);
                }
            }
        }
    }

    @Test // [MQTT-1.5.4-1]
    void sequencesOfFourBytesAreJudgedAsByTheReferenceDecoder() {
        byte[] four = new byte[4];
        for (int lead = 0xE0; lead < 0x100; lead++) {
            for (int second = 0; second < 0x100; second++) {
                for (int third : EDGES) {
                    for (int fourth : EDGES) {
                        four[0] = (byte) lead;
                        four[1] = (byte) second;
                        four[2] = (byte) third;
                        four[3] = (byte) fourth;
                        judge(four);
                    }
                }
            }
        }
    }

    private void judge(byte[] bytes) {
        boolean hasNull = false;
        for (byte b : bytes) {
            hasNull |= b == 0;
        }
        String expected = hasNull ? null : decodeByReference(bytes);
        String actual;
        try {
            actual = Utf8.decode(bytes);
        } catch (ProtocolViolation violation) {
            actual = null;
        }
        if (expected == null ? actual != null : !expected.equals(actual)) {
            assertThat(actual).as("%s", HexFormat.of().formatHex(bytes)).isEqualTo(expected);
        }
    }

    private String decodeByReference(byte[] bytes) {
        CharBuffer out = CharBuffer.allocate(bytes.length);
        CoderResult result = reference.reset().decode(ByteBuffer.wrap(bytes), out, true);
        return result.isError() ? null : out.flip().toString();
    }

    @Test
    void payloadsOfTextMayHoldNull() {
        assertThat(Utf8.isWellFormed(new byte[] {'a', 0, 'b'})).isTrue();
        assertThat(Utf8.isWellFormed(new byte[0])).isTrue();
        assertThat(Utf8.isWellFormed(new byte[] {(byte) 0xC3})).isFalse();
        assertThat(Utf8.isWellFormed(new byte[] {(byte) 0xED, (byte) 0xA0, (byte) 0x80}))
                .isFalse();
    }

    @Test // [MQTT-1.5.4-3]
    void byteOrderMarksStay() {
        byte[] marked = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF, 'a'};

        assertThat(Utf8.decode(marked)).isEqualTo("\uFEFFa");
    }

    @Test // [MQTT-1.5.4-2]
    void nullIsRefusedWhereverItStands() {
        for (byte[] bytes : new byte[][] {{0}, {'a', 0}, {0, 'a'}, {(byte) 0xC3, (byte) 0xBC, 0, 'a'}}) {
            assertThatThrownBy(() -> Utf8.decode(bytes))
                    .isInstanceOfSatisfying(ProtocolViolation.class, violation -> assertThat(violation.clause())
                            .isEqualTo("MQTT-1.5.4-2"));
        }
    }

    @Test
    void lengthIsThatOfTheEncodedBytesAlsoWithUnpairedSurrogates() {
        long seed = 77_120_345L;
        Random random = new Random(seed);
        for (int i = 0; i < 100_000; i++) {
            char[] chars = new char[random.nextInt(6)];
            for (int k = 0; k < chars.length; k++) {
                chars[k] = (char) (random.nextBoolean() ? 0xD7F0 + random.nextInt(0x900) : random.nextInt(0x1000));
            }
            String string = new String(chars);
            byte[] bytes = string.getBytes(StandardCharsets.UTF_8);
            assertThat(Utf8.length(string)).as("seed %d", seed).isEqualTo(bytes.length);
            assertThat(Utf8.isSendable(string))
                    .as("seed %d", seed)
                    .isEqualTo(new String(bytes, StandardCharsets.UTF_8).equals(string) && string.indexOf(0) < 0);
        }
    }
}
