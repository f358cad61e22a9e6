package io.covey.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.ControlPacket;
import io.covey.protocol.PingReq;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.Publish;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

class InboxTest {
    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
    private final Inbox inbox = new Inbox(allocator, ListenerSettings.Limits.DEFAULT);

    private ByteBuf buffer(byte[] bytes) {
        return allocator.directBuffer(Math.max(1, bytes.length)).writeBytes(bytes);
    }

    private long usedBytes() {
        return allocator.metric().usedDirectMemory() + allocator.metric().usedHeapMemory();
    }

    private void connect() {
        inbox.add(buffer(TestClient.encode(ProtocolVersion.V5, TestClient.connectPacket(ProtocolVersion.V5))));
        assertThat(inbox.next()).isNotNull();
        assertThat(inbox.version()).isEqualTo(ProtocolVersion.V5);
    }

    @Test
    void holdsNothingBetweenPackets() {
        connect();

        assertThat(inbox.holdsMemory()).isFalse();
        assertThat(inbox.hasArrived()).isFalse();
        assertThat(usedBytes()).isZero();
    }

    @Test
    void announcedBytesTakeNoMemory() {
        connect();
        inbox.add(buffer(new byte[] {0x30, (byte) 0x80, (byte) 0x80, 0x3F, 0, 1, 'a'})); // about a million bytes

        assertThat(inbox.next()).isNull();
        assertThat(usedBytes()).isBetween(1L, 256L);
        inbox.release();
        assertThat(usedBytes()).isZero();
    }

    @Test
    void emptyBuffersAreNothing() {
        connect();
        inbox.add(buffer(new byte[0]));
        assertThat(inbox.next()).isNull();
        inbox.add(buffer(new byte[] {(byte) 0xC0}));
        assertThat(inbox.next()).isNull();
        inbox.add(buffer(new byte[0]));
        assertThat(inbox.next()).isNull();
        inbox.add(buffer(new byte[] {0}));
        assertThat(inbox.next()).isEqualTo(new PingReq());
        assertThat(usedBytes()).isZero();
    }

    @Test
    void buffersInPiecesAreRead() {
        connect();
        inbox.add(Unpooled.wrappedBuffer(buffer(new byte[] {(byte) 0xC0}), buffer(new byte[] {0, (byte) 0xC0, 0})));

        assertThat(inbox.next()).isEqualTo(new PingReq());
        assertThat(inbox.next()).isEqualTo(new PingReq());
        assertThat(inbox.next()).isNull();
        assertThat(usedBytes()).isZero();
    }

    @Test
    void packetsSurviveAnyFragmentationAndAnyPause() {
        long seed = Long.getLong("covey.seed", 20_240_603L);
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        for (int round = 0; round < 200; round++) {
            Inbox fresh = new Inbox(allocator, ListenerSettings.Limits.DEFAULT);
            List<Integer> lengths = new ArrayList<>();
            ByteBuf stream = Unpooled.buffer();
            stream.writeBytes(TestClient.encode(ProtocolVersion.V5, TestClient.connectPacket(ProtocolVersion.V5)));
            for (int i = 0; i < 20; i++) {
                lengths.add(random.nextInt(i % 7 == 0 ? 20_000 : 200));
                byte[] payload = new byte[lengths.get(i)];
                Arrays.fill(payload, (byte) i);
                stream.writeBytes(TestClient.encode(ProtocolVersion.V5, TestClient.publish("t", payload)));
            }

            List<ControlPacket> packets = new ArrayList<>();
            while (stream.isReadable()) {
                int size = Math.min(stream.readableBytes(), random.nextInt(random.nextInt(3) == 0 ? 30_000 : 50));
                ByteBuf piece = allocator.directBuffer(Math.max(1, size));
                fresh.add(piece.writeBytes(stream, size));
                int wanted = random.nextInt(4) == 0 ? random.nextInt(3) : Integer.MAX_VALUE; // now and then a pause
                for (int i = 0; i < wanted; i++) {
                    ControlPacket packet = fresh.next();
                    if (packet == null) {
                        break;
                    }
                    packets.add(packet);
                }
                if (random.nextBoolean()) {
                    fresh.settle();
                }
            }
            for (ControlPacket packet = fresh.next(); packet != null; packet = fresh.next()) {
                packets.add(packet);
            }

            assertThat(packets).as("seed %d", seed).hasSize(21);
            for (int i = 0; i < 20; i++) {
                byte[] payload = ((Publish) packets.get(i + 1)).payload();
                byte[] expected = new byte[lengths.get(i)];
                Arrays.fill(expected, (byte) i);
                assertThat(payload).as("seed %d", seed).isEqualTo(expected);
            }
            assertThat(fresh.holdsMemory()).as("seed %d", seed).isFalse();
            assertThat(usedBytes()).as("seed %d", seed).isZero();
        }
    }
}
