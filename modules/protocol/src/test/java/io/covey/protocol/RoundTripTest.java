package io.covey.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RoundTripTest {
    private static final long SEED = 8_150_318_204L;
    private static final int PACKETS = 4_000;
    private static final int MAXIMUM_PACKET_SIZE = 1 << 20;

    /** Either decoder. */
    private interface Decoder {
        @Nullable
        ControlPacket decode(ByteBuffer in);
    }

    private static Decoder decoder(boolean fromClient, ProtocolVersion version) {
        if (fromClient) {
            PacketDecoder decoder = PacketCase.clientDecoder(version);
            return decoder::decode;
        }
        ServerPacketDecoder decoder = new ServerPacketDecoder(version, MAXIMUM_PACKET_SIZE);
        return decoder::decode;
    }

    private static byte[] encode(ControlPacket packet, ProtocolVersion version) {
        ByteWriter out = new ByteWriter(16);
        PacketEncoder.encode(packet, version, out);
        return out.toByteArray();
    }

    private static List<ControlPacket> packets(boolean fromClient, ProtocolVersion version) {
        RandomPackets source = new RandomPackets(new Random(SEED), version);
        List<ControlPacket> packets = new ArrayList<>();
        for (int i = 0; i < PACKETS; i++) {
            packets.add(fromClient ? source.fromClient() : source.fromServer());
        }
        return packets;
    }

    @ParameterizedTest
    @EnumSource
    void packetsComeBackAsTheyWere(ProtocolVersion version) {
        for (boolean fromClient : new boolean[] {true, false}) {
            Decoder decoder = decoder(fromClient, version);
            for (ControlPacket packet : packets(fromClient, version)) {
                ByteBuffer in = ByteBuffer.wrap(encode(packet, version));

                assertThat(decoder.decode(in)).as("seed %d", SEED).isEqualTo(packet);
                assertThat(in.remaining()).isZero();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aPacketIsWaitedForByteByByte(ProtocolVersion version) {
        for (boolean fromClient : new boolean[] {true, false}) {
            Decoder decoder = decoder(fromClient, version);
            for (ControlPacket packet : packets(fromClient, version).subList(0, 1_000)) {
                byte[] bytes = encode(packet, version);
                ByteBuffer in = ByteBuffer.allocate(bytes.length + 3)
                        .position(3)
                        .put(bytes)
                        .position(3);

                for (int arrived = 0; arrived < bytes.length; arrived++) {
                    assertThat(decoder.decode(in.limit(3 + arrived)))
                            .as("seed %d, %d bytes of %s", SEED, arrived, packet)
                            .isNull();
                    assertThat(in.position()).isEqualTo(3);
                }

                assertThat(decoder.decode(in.limit(3 + bytes.length)))
                        .as("seed %d", SEED)
                        .isEqualTo(packet);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void packetsThatArriveTogetherAreTakenOneByOne(ProtocolVersion version) {
        for (boolean fromClient : new boolean[] {true, false}) {
            List<ControlPacket> packets = packets(fromClient, version);
            ByteWriter out = new ByteWriter(1 << 16);
            packets.forEach(packet -> PacketEncoder.encode(packet, version, out));
            // Neither direct memory nor the order of bytes makes a difference.
            ByteBuffer in = ByteBuffer.allocateDirect(out.size() + 1).order(ByteOrder.LITTLE_ENDIAN);
            in.put(out.array(), 0, out.size())
                    .put((byte) (fromClient ? 0xC0 : 0xD0))
                    .flip();
            Decoder decoder = decoder(fromClient, version);

            for (ControlPacket packet : packets) {
                assertThat(decoder.decode(in)).as("seed %d", SEED).isEqualTo(packet);
            }

            assertThat(decoder.decode(in)).isNull();
            assertThat(in.remaining()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void patchedHeadAndPayloadAreThePublishThatReceiversDecode(ProtocolVersion version) {
        Random random = new Random(SEED);
        RandomPackets source = new RandomPackets(random, version);
        Decoder decoder = decoder(false, version);
        for (int i = 0; i < 2_000; i++) {
            Properties properties = source.properties(PacketContents.WILL, true);
            Properties forwarded = withoutIntervals(properties);
            long expires = random.nextBoolean() ? Message.NEVER : 5_000;
            Message message =
                    new Message(source.topicName(), source.binary(), QoS.EXACTLY_ONCE, false, forwarded, 0, expires);
            int alias = random.nextInt(2) * 300;
            int[] ids = new int[] {1, 200, 20_000, 3_000_000};
            boolean withPacketId = random.nextBoolean();

            PublishHead head = PublishHead.encode(message, version, withPacketId, alias, ids);

            Properties.Builder expected = Properties.builder();
            if (expires != Message.NEVER) {
                expected.add(Property.MESSAGE_EXPIRY_INTERVAL, 7);
            }
            if (alias != 0) {
                expected.add(Property.TOPIC_ALIAS, alias);
            }
            for (int id : ids) {
                expected.add(Property.SUBSCRIPTION_IDENTIFIER, id);
            }
            forwarded.entries().forEach(entry -> add(entry, expected));
            assertThat(decoder.decode(patched(head, message.payload(), 77, 7)))
                    .as("seed %d", SEED)
                    .isEqualTo(new Publish(
                            withPacketId,
                            withPacketId ? QoS.AT_LEAST_ONCE : QoS.AT_MOST_ONCE,
                            true,
                            message.topic(),
                            withPacketId ? 77 : 0,
                            version.isV5() ? expected.build() : Properties.EMPTY,
                            message.payload()));
        }
    }

    private static Properties withoutIntervals(Properties properties) {
        Properties.Builder builder = Properties.builder();
        for (Properties.Entry entry : properties.entries()) {
            if (entry.property().type() != Property.Type.FOUR_BYTES) {
                add(entry, builder);
            }
        }
        return builder.build();
    }

    private static void add(Properties.Entry entry, Properties.Builder builder) {
        if (entry.value() instanceof Long number) {
            builder.add(entry.property(), number);
        } else if (entry.value() instanceof String string) {
            builder.add(entry.property(), string);
        } else if (entry.value() instanceof UserProperty pair) {
            builder.addUserProperty(pair.name(), pair.value());
        } else {
            builder.add(entry.property(), (byte[]) entry.value());
        }
    }

    private static ByteBuffer patched(PublishHead head, byte[] payload, int packetId, int expirySeconds) {
        byte[] head2 = head.bytes().clone();
        ByteBuffer packet = ByteBuffer.allocate(head2.length + payload.length)
                .put(head2)
                .put(payload)
                .flip();
        packet.put(0, (byte) (head.packetIdOffset() < 0 ? 0x31 : 0x3B));
        if (head.packetIdOffset() >= 0) {
            packet.putShort(head.packetIdOffset(), (short) packetId);
        }
        if (head.expiryOffset() >= 0) {
            packet.putInt(head.expiryOffset(), expirySeconds);
        }
        return packet;
    }
}
