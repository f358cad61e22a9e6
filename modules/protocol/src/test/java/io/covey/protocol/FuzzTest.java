package io.covey.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Valid packets, mutated: whatever comes out, it is a packet, a wait for more, or a violation. */
class FuzzTest {
    private static final long SEED = Long.getLong("covey.fuzz.seed", 4_217_660_913L);
    private static final int MUTANTS = Integer.getInteger("covey.fuzz.mutants", 20_000);
    private static final int MAXIMUM_PACKET_SIZE = 4_096;

    private static final Set<ReasonCode> REASONS = EnumSet.of(
            ReasonCode.MALFORMED_PACKET,
            ReasonCode.PROTOCOL_ERROR,
            ReasonCode.UNSUPPORTED_PROTOCOL_VERSION,
            ReasonCode.TOPIC_ALIAS_INVALID,
            ReasonCode.PACKET_TOO_LARGE);

    private static final byte[] TELLING = {0, 1, 2, 0x7F, (byte) 0x80, (byte) 0xFF, '+', '#', '/', '$', 0x26, 0x23, 0x0B
    };

    private final Allocations allocations = new Allocations();

    @ParameterizedTest
    @EnumSource
    void mutatedClientPacketsAreDecodedOrRefused(ProtocolVersion version) {
        RandomPackets source = new RandomPackets(new Random(SEED), version);
        run(version, true, source);
    }

    @ParameterizedTest
    @EnumSource
    void mutatedServerPacketsAreDecodedOrRefused(ProtocolVersion version) {
        RandomPackets source = new RandomPackets(new Random(SEED), version);
        run(version, false, source);
    }

    private void run(ProtocolVersion version, boolean fromClient, RandomPackets source) {
        Random random = new Random(SEED);
        int decoded = 0;
        int refused = 0;
        int waiting = 0;
        for (int i = 0; i < MUTANTS; i++) {
            ByteWriter out = new ByteWriter(64);
            PacketEncoder.encode(fromClient ? source.fromClient() : source.fromServer(), version, out);
            byte[] bytes = mutate(out.toByteArray(), random);
            ByteBuffer in = ByteBuffer.wrap(bytes);
            String about = "seed " + SEED + ", mutant " + i + " of " + version;
            try {
                checkAllocation(version, fromClient, bytes, about);
                ControlPacket packet = decode(version, fromClient, in);
                if (packet == null) {
                    waiting++;
                    assertThat(in.position()).as(about).isZero();
                } else {
                    decoded++;
                    checkComesBack(packet, version, fromClient, about);
                }
            } catch (ProtocolViolation violation) {
                refused++;
                assertThat(violation.reason()).as(about).isIn(REASONS);
                assertThat(violation.clause()).as(about).isNotEmpty();
            } catch (RuntimeException | AssertionError defect) {
                fail(about, defect);
            }
        }
        // The mutations are neither too harsh nor too mild to reach all of the decoder.
        assertThat(decoded).isGreaterThan(MUTANTS / 20);
        assertThat(refused).isGreaterThan(MUTANTS / 10);
        assertThat(waiting).isGreaterThan(MUTANTS / 100);
    }

    /** A decoder, a packet and its lists take a small multiple of the bytes that arrived, never what a length announces. */
    private void checkAllocation(ProtocolVersion version, boolean fromClient, byte[] bytes, String about) {
        long bound = 4_096 + 64L * bytes.length;
        // The second time no class is loaded any more.
        if (allocated(version, fromClient, bytes) >= bound) {
            assertThat(allocated(version, fromClient, bytes)).as(about).isLessThan(bound);
        }
    }

    private long allocated(ProtocolVersion version, boolean fromClient, byte[] bytes) {
        long before = allocations.bytes();
        try {
            decode(version, fromClient, ByteBuffer.wrap(bytes));
        } catch (ProtocolViolation violation) {
            return allocations.bytes() - before; // what it was is checked by the caller
        }
        return allocations.bytes() - before;
    }

    private static @Nullable ControlPacket decode(ProtocolVersion version, boolean fromClient, ByteBuffer in) {
        if (!fromClient) {
            return new ServerPacketDecoder(version, MAXIMUM_PACKET_SIZE).decode(in);
        }
        PacketDecoder decoder = new PacketDecoder(MAXIMUM_PACKET_SIZE);
        if ((in.get(0) & 0xF0) != 0x10) {
            decoder.decode(ByteBuffer.wrap(CONNECTS[version.ordinal()]));
        }
        return decoder.decode(in);
    }

    private static final byte[][] CONNECTS = new byte[ProtocolVersion.values().length][];

    static {
        for (ProtocolVersion version : ProtocolVersion.values()) {
            ByteWriter out = new ByteWriter(32);
            PacketEncoder.encode(PacketCase.connect(version), version, out);
            CONNECTS[version.ordinal()] = out.toByteArray();
        }
    }

    private static void checkComesBack(
            ControlPacket packet, ProtocolVersion version, boolean fromClient, String about) {
        ByteWriter out = new ByteWriter(64);
        PacketEncoder.encode(packet, version, out);
        if (out.size() <= MAXIMUM_PACKET_SIZE) {
            ControlPacket again = decode(version, fromClient, ByteBuffer.wrap(out.toByteArray()));
            assertThat(again).as(about).isEqualTo(packet);
        }
    }

    private static byte[] mutate(byte[] valid, Random random) {
        byte[] bytes = valid;
        for (int i = random.nextInt(3); i >= 0; i--) {
            bytes = mutateOnce(bytes, random);
        }
        if (random.nextInt(3) != 0) {
            bytes = withTrueLength(bytes);
        }
        return bytes;
    }

    private static byte[] mutateOnce(byte[] bytes, Random random) {
        int at = random.nextInt(Math.min(bytes.length, random.nextBoolean() ? 24 : bytes.length));
        return switch (random.nextInt(7)) {
            case 0 -> {
                bytes[at] ^= (byte) (1 << random.nextInt(8));
                yield bytes;
            }
            case 1 -> {
                bytes[at] = (byte) random.nextInt(256);
                yield bytes;
            }
            case 2, 3 -> {
                bytes[at] = TELLING[random.nextInt(TELLING.length)];
                yield bytes;
            }
            case 4 -> replaced(bytes, at, 1, new byte[0]);
            case 5 -> replaced(bytes, at, 0, new byte[] {TELLING[random.nextInt(TELLING.length)]});
            default -> { // a piece of it once more, such as a property
                int length = random.nextInt(Math.min(12, bytes.length - at) + 1);
                byte[] piece = new byte[length];
                System.arraycopy(bytes, at, piece, 0, length);
                yield replaced(bytes, at, 0, piece);
            }
        };
    }

    private static byte[] replaced(byte[] bytes, int at, int removed, byte[] inserted) {
        if (bytes.length - removed + inserted.length == 0) {
            return bytes;
        }
        ByteWriter out = new ByteWriter(bytes.length + inserted.length);
        out.raw(bytes, 0, at).raw(inserted).raw(bytes, at + removed, bytes.length - at - removed);
        return out.toByteArray();
    }

    /** Sets the Remaining Length right, so that the mutation reaches the content. */
    private static byte[] withTrueLength(byte[] bytes) {
        int at = 1;
        while (at < bytes.length && at < 4 && bytes[at] < 0) {
            at++;
        }
        int content = Math.min(bytes.length, at + 1);
        ByteWriter out = new ByteWriter(bytes.length + 4);
        out.u8(bytes[0]).varInt(bytes.length - content).raw(bytes, content, bytes.length - content);
        return out.toByteArray();
    }
}
