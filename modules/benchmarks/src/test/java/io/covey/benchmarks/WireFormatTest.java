package io.covey.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class WireFormatTest {

    @Test
    void connectIsWrittenAsTheSpecificationsLayItOut() {
        assertThat(hex(WireFormat.connect("ab", true, false, 4))).isEqualTo("100e00044d5154540402000000026162");
        assertThat(hex(WireFormat.connect("ab", false, true, 4))).isEqualTo("100e00044d5154540400000000026162");
        assertThat(hex(WireFormat.connect("ab", false, true, 5)))
                .isEqualTo("101700044d51545405000000081100000e1021ffff00026162");
        assertThat(hex(WireFormat.connect("ab", true, false, 5))).isEqualTo("101200044d515454050200000321ffff00026162");
    }

    @Test
    void subscribeAndAcknowledgementsAreWrittenAsTheSpecificationsLayThemOut() {
        assertThat(hex(WireFormat.subscribe(1, "t", 2, 4))).isEqualTo("8206000100017402");
        assertThat(hex(WireFormat.subscribe(1, "t", 2, 5))).isEqualTo("820700010000017402");
        ByteBuffer out = ByteBuffer.allocate(8);
        WireFormat.writeAck(out, WireFormat.PUBREC, 0xFFFE);
        WireFormat.writeAck(out, WireFormat.PUBREL, 3);
        assertThat(hex(out.array())).isEqualTo("5002fffe62020003");
    }

    @Test
    void aPublishIsReadAsItWasWritten() {
        for (int version : new int[] {4, 5}) {
            for (int qos = 0; qos <= 2; qos++) {
                // 150 bytes make the remaining length two bytes long.
                PublishTemplate template = new PublishTemplate("a/b", 7, qos, new byte[150], version);
                ByteBuffer out = ByteBuffer.allocate(template.bytes());
                template.write(out, qos == 0 ? 0 : 0x8001, 1L << 40, 99);

                assertThat(out.remaining()).isZero();
                assertThat(read(version, out.array()))
                        .containsExactly("publish flags " + qos * 2 + " id " + (qos == 0 ? 0 : 0x8001)
                                + " stream 7 sequence " + (1L << 40) + " sent 99 bytes 170");
            }
        }
    }

    @Test
    void packetsAreReadFromAnyCutOfTheStream() {
        byte[] stream = HexFormat.of()
                .parseHex("20020100" + "9003000101" + "40020005" + "50020006" + "62020007" + "70020008" + "e000");
        List<String> expected = List.of(
                "connack true 0 65535",
                "suback 1 1",
                "ack 4 5 0",
                "ack 5 6 0",
                "ack 6 7 0",
                "ack 7 8 0",
                "disconnect 0");

        for (int cut = 0; cut <= stream.length; cut++) {
            Recorder recorder = new Recorder();
            ByteBuffer in = ByteBuffer.wrap(stream, 0, cut).slice();
            PacketReader.read(in, 4, recorder);
            PacketReader.read(
                    ByteBuffer.wrap(stream, in.position(), stream.length - in.position())
                            .slice(),
                    4,
                    recorder);
            assertThat(recorder.seen).as("cut at %s", cut).isEqualTo(expected);
        }
    }

    @Test
    void version5FieldsAreRead() {
        // Session Expiry Interval, Reason String, User Property, then Receive Maximum 16.
        String properties = "1100000010" + "1f00026f6b" + "26000161000162" + "210010";
        assertThat(read(5, HexFormat.of().parseHex("2017000014" + properties))).containsExactly("connack false 0 16");
        assertThat(read(5, HexFormat.of().parseHex("4003000510"))).containsExactly("ack 4 5 16");
        assertThat(read(5, HexFormat.of().parseHex("40040005" + "9700"))).containsExactly("ack 4 5 151");
        assertThat(read(5, HexFormat.of().parseHex("900400010087"))).containsExactly("suback 1 135");
        assertThat(read(5, HexFormat.of().parseHex("e0028b00"))).containsExactly("disconnect 139");
    }

    @Test
    void bytesThatAreNoMqttEndTheRun() {
        assertThatThrownBy(() -> read(4, new byte[] {(byte) 0xF0, 0})).isInstanceOf(DriverFailure.class);
        assertThatThrownBy(() -> read(4, HexFormat.of().parseHex("40ffffffff01")))
                .isInstanceOf(DriverFailure.class);
        assertThatThrownBy(() -> read(4, HexFormat.of().parseHex("400105"))).isInstanceOf(DriverFailure.class);
        assertThatThrownBy(() -> read(4, HexFormat.of().parseHex("32030005ff"))).isInstanceOf(DriverFailure.class);
    }

    private static List<String> read(int version, byte[] bytes) {
        Recorder recorder = new Recorder();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        PacketReader.read(in, version, recorder);
        assertThat(in.remaining()).isZero();
        return recorder.seen;
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static final class Recorder implements PacketHandler {

        private final List<String> seen = new ArrayList<>();

        @Override
        public void onConnAck(boolean sessionPresent, int code, int receiveMaximum) {
            seen.add("connack " + sessionPresent + " " + code + " " + receiveMaximum);
        }

        @Override
        public void onSubAck(int packetId, int code) {
            seen.add("suback " + packetId + " " + code);
        }

        @Override
        public void onPublish(int flags, int packetId, ByteBuffer in, int at, int bytes) {
            seen.add("publish flags " + flags + " id " + packetId + " stream " + in.getInt(at) + " sequence "
                    + in.getLong(at + 4) + " sent " + in.getLong(at + 12) + " bytes " + bytes);
        }

        @Override
        public void onAck(int type, int packetId, int reason) {
            seen.add("ack " + type + " " + packetId + " " + reason);
        }

        @Override
        public void onDisconnect(int reason) {
            seen.add("disconnect " + reason);
        }
    }
}
