package io.covey.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ByteWriterTest {
    private static final long SEED = 90_331_772L;

    @Test
    void numbersAndStringsComeBack() {
        Random random = new Random(SEED);
        ByteWriter out = new ByteWriter(0);
        long[] numbers = random.longs(2_000).map(n -> n >>> (n & 63)).toArray();
        for (long number : numbers) {
            out.u8((int) number)
                    .u16((int) number)
                    .i32((int) number)
                    .i64(number)
                    .varInt((int) number)
                    .varLong(number)
                    .bool((number & 1) != 0)
                    .string(Long.toString(number))
                    .mqttString("ü" + number)
                    .blob(new byte[(int) number & 0xFF]);
        }

        ByteReader in = new ByteReader(out.array(), 0, out.size());

        for (long number : numbers) {
            assertThat(in.u8()).as("seed %d", SEED).isEqualTo((int) number & 0xFF);
            assertThat(in.u16()).isEqualTo((int) number & 0xFFFF);
            assertThat(in.i32()).isEqualTo((int) number);
            assertThat(in.i64()).isEqualTo(number);
            assertThat(in.varInt()).isEqualTo((int) number);
            assertThat(in.varLong()).isEqualTo(number);
            assertThat(in.bool()).isEqualTo((number & 1) != 0);
            assertThat(in.string()).isEqualTo(Long.toString(number));
            assertThat(in.mqttString()).isEqualTo("ü" + number);
            assertThat(in.blob()).hasSize((int) number & 0xFF);
        }
        assertThat(in.remaining()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "127, 1", "128, 2", "16383, 2", "16384, 3", "2097151, 3", "2097152, 4", "268435455, 4", "-1, 5"
    })
    void theSizeOfANumberIsKnownBeforeItIsWritten(int value, int size) {
        assertThat(ByteWriter.varIntSize(value)).isEqualTo(size);
        assertThat(new ByteWriter(0).varInt(value).size()).isEqualTo(size);
    }

    @Test
    void aNumberIsPatchedInBeforeWhatFollows() {
        ByteWriter out = new ByteWriter(3).u8(7).u8(0).u8(9);

        out.patchVarInt(1, 300);

        assertThat(out.toByteArray()).containsExactly(7, 0xAC, 2, 9);
    }

    @Test
    void stringsBeyondTheirLengthAreTheCallersError() {
        ByteWriter out = new ByteWriter(0);

        assertThatThrownBy(() -> out.mqttString("a".repeat(65_536))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> out.mqttString("ü".repeat(32_768))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> out.mqttBinary(new byte[65_536])).isInstanceOf(IllegalArgumentException.class);
        assertThat(out.size()).isZero();
        assertThat(out.mqttString("ü".repeat(32_767)).size()).isEqualTo(65_536);
    }

    @Test
    void readingBeyondTheEndIsRefused() {
        byte[] hugeLength = new ByteWriter(8).varInt(-1).toByteArray();

        assertThatThrownBy(() -> new ByteReader(new byte[0]).u8()).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> new ByteReader(hugeLength).blob()).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> new ByteReader(hugeLength).string()).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void aStringMayEndWithItsRange() {
        byte[] bytes = new ByteWriter(8).string("abc").toByteArray();

        assertThat(new ByteReader(bytes, 0, 4).string()).isEqualTo("abc");
        assertThatThrownBy(() -> new ByteReader(bytes, 0, 3).string()).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void theLongestStringsAndBinariesAreWritten() {
        assertThat(new ByteWriter(0).mqttString("a".repeat(65_535)).size()).isEqualTo(65_537);
        assertThat(new ByteWriter(0).mqttBinary(new byte[65_535]).size()).isEqualTo(65_537);
    }

    @Test
    void anUnknownPropertyInAStoredFormIsADefect() {
        byte[] bytes = {2, 0x7E, 0};

        assertThatThrownBy(() -> PropertyCodec.read(new ByteReader(bytes))).isInstanceOf(IllegalStateException.class);
    }
}
