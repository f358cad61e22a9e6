package io.covey.wire;

import static io.covey.wire.TestClient.connectPacket;
import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.Message;
import io.covey.protocol.PingReq;
import io.covey.protocol.PingResp;
import io.covey.protocol.Properties;
import io.covey.protocol.Property;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.Publish;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.protocol.UnsubAck;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The way out: encoding, batching and back-pressure. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SendingTest {
    private static final int[] NO_IDS = {};

    private static Message message(byte[] payload) {
        return new Message("a/b", payload, QoS.AT_LEAST_ONCE, false, Properties.EMPTY, 0, Message.NEVER);
    }

    private static byte[] bytes(int length, int first) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (first + i);
        }
        return bytes;
    }

    private static void publish(FakeBroker.Client to, Message message) {
        to.wire.sendPublish(message, 0, QoS.AT_MOST_ONCE, false, false, NO_IDS, 0);
    }

    private static FakeBroker.Client connected(WireFixture fixture, TestClient client) throws Exception {
        FakeBroker.Client server = fixture.broker.accepted();
        client.send(connectPacket(ProtocolVersion.V5));
        server.event();
        return server;
    }

    @Test
    void publishesAreEncodedForTheirReceiver() throws Exception {
        try (WireFixture fixture = WireFixture.tcp(new FakeBroker());
                TestClient client = fixture.connect()) {
            FakeBroker.Client server = connected(fixture, client);
            byte[] payload = bytes(3, 1);
            Message message = message(payload);
            server.run(() -> {
                server.wire.sendPublish(message, 513, QoS.EXACTLY_ONCE, true, true, NO_IDS, 0);
                server.wire.sendPublish(message, 0, QoS.AT_MOST_ONCE, false, false, new int[] {7, 300}, 4);
                server.wire.sendPublish(message, 2, QoS.AT_LEAST_ONCE, false, false, NO_IDS, -4);
            });

            assertThat(client.receive())
                    .isEqualTo(new Publish(true, QoS.EXACTLY_ONCE, true, "a/b", 513, Properties.EMPTY, payload));
            Properties aliasAndIds = Properties.builder()
                    .add(Property.TOPIC_ALIAS, 4)
                    .add(Property.SUBSCRIPTION_IDENTIFIER, 7)
                    .add(Property.SUBSCRIPTION_IDENTIFIER, 300)
                    .build();
            assertThat(client.receive())
                    .isEqualTo(new Publish(false, QoS.AT_MOST_ONCE, false, "a/b", 0, aliasAndIds, payload));
            Properties alias = Properties.builder().add(Property.TOPIC_ALIAS, 4).build();
            assertThat(client.receive()).isEqualTo(new Publish(false, QoS.AT_LEAST_ONCE, false, "", 2, alias, payload));

            LoopTraffic traffic = fixture.loops.traffic(0);
            assertThat(traffic.packetsReceived()).isEqualTo(1);
            assertThat(traffic.bytesReceived())
                    .isEqualTo(TestClient.encode(ProtocolVersion.V5, connectPacket(ProtocolVersion.V5)).length);
            assertThat(traffic.packetsSent()).isEqualTo(3);
            assertThat(traffic.bytesSent()).isEqualTo(13 + 19 + 13);
        }
    }

    @Test
    @DisplayName("the expiry interval sent is what is left of it [MQTT-3.3.2-6]")
    void expiryIsWhatIsLeft() throws Exception {
        assertThat(Outbox.remainingSeconds(10_000, 0)).isEqualTo(10);
        assertThat(Outbox.remainingSeconds(10_000, 999)).isEqualTo(10);
        assertThat(Outbox.remainingSeconds(10_000, 1_000)).isEqualTo(9);
        assertThat(Outbox.remainingSeconds(10_000, 9_999)).isEqualTo(1);
        assertThat(Outbox.remainingSeconds(10_000, 10_000)).isZero();
        assertThat(Outbox.remainingSeconds(0xFFFF_FFFFL * 1_000, 0)).isEqualTo(0xFFFF_FFFF);

        try (WireFixture fixture = WireFixture.tcp(new FakeBroker());
                TestClient client = fixture.connect()) {
            FakeBroker.Client server = connected(fixture, client);
            long now = System.currentTimeMillis();
            Message expiring =
                    new Message("t", new byte[0], QoS.AT_MOST_ONCE, false, Properties.EMPTY, now, now + 100_000_000);
            server.run(() -> publish(server, expiring));

            Publish publish = (Publish) client.receive();
            assertThat(publish.properties().number(Property.MESSAGE_EXPIRY_INTERVAL, 0))
                    .isBetween(99_900L, 100_000L); // less what a busy machine made it wait
        }
    }

    @Test
    void largePayloadsKeepTheirPlaceAndAreSharedByReceivers() throws Exception {
        try (WireFixture fixture = WireFixture.tcp(new FakeBroker());
                TestClient one = fixture.connect();
                TestClient two = fixture.connect()) {
            FakeBroker.Client first = connected(fixture, one);
            FakeBroker.Client second = connected(fixture, two);
            byte[] large = bytes(300_000, 3);
            byte[] other = bytes(Outbox.COPIED_PAYLOAD_BYTES_MAX + 1, 9);
            byte[] small = bytes(Outbox.COPIED_PAYLOAD_BYTES_MAX, 5);
            first.run(() -> {
                for (byte[] payload : List.of(small, large, other, small, large)) {
                    Message message = message(payload);
                    publish(first, message);
                    publish(second, message);
                }
            });

            for (TestClient client : List.of(one, two)) {
                for (byte[] payload : List.of(small, large, other, small, large)) {
                    Publish publish = (Publish) client.receive();
                    assertThat(Arrays.equals(publish.payload(), payload)).isTrue();
                }
            }
        }
    }

    @Test
    void whatIsSentInOneTurnIsFlushedOnce() throws Exception {
        try (WireFixture fixture = WireFixture.tcp(new FakeBroker());
                TestClient client = fixture.connect()) {
            FakeBroker.Client server = connected(fixture, client);
            AtomicInteger flushes = new AtomicInteger();
            AtomicInteger writes = new AtomicInteger();
            ((MqttChannel) server.wire).channel().pipeline().addFirst(new ChannelOutboundHandlerAdapter() {
                @Override
                public void write(
                        ChannelHandlerContext context, Object message, io.netty.channel.ChannelPromise promise) {
                    writes.incrementAndGet();
                    context.write(message, promise);
                }

                @Override
                public void flush(ChannelHandlerContext context) {
                    flushes.incrementAndGet();
                    context.flush();
                }
            });

            server.runAndWait(() -> {
                for (int i = 0; i < 10; i++) {
                    server.wire.send(new PingResp());
                    publish(server, message(bytes(100, 0)));
                    server.run(() -> server.wire.send(new PingResp())); // a task of the same turn
                }
            });

            for (int i = 0; i < 30; i++) {
                client.receive();
            }
            assertThat(flushes).hasValue(1);
            assertThat(writes).hasValue(1);
        }
    }

    @Test
    void nothingIsHeldForAConnectionWithNothingToSend() throws Exception {
        try (WireFixture fixture = WireFixture.tcp(new FakeBroker());
                TestClient client = fixture.connect()) {
            FakeBroker.Client server = connected(fixture, client);
            server.run(() -> publish(server, message(bytes(5_000, 0))));
            client.receive();

            server.runAndWait(
                    () -> assertThat(((MqttChannel) server.wire).holdsMemory()).isFalse());
        }
    }

    @Test
    void aReaderThatDoesNotReadIsToldUnwritableAndHoldsBoundedMemory() throws Exception {
        int high = 100_000;
        ListenerSettings settings = ListenerSettings.tcp("tcp", WireFixture.HOST, 0)
                .with(ListenerSettings.Limits.DEFAULT.withWriteHighBytes(high));
        try (WireFixture fixture = new WireFixture(new FakeBroker(), 1, settings);
                TestClient client = fixture.connect()) {
            FakeBroker.Client server = connected(fixture, client);
            Message message = message(bytes(1_000, 0));
            int[] sent = new int[1];
            server.runAndWait(() -> {
                while (server.wire.isWritable() && sent[0] < 100_000) { // in one turn, as for a long queue
                    publish(server, message);
                    sent[0]++;
                }
                long waiting = pendingBytes(server);
                assertThat(waiting).isBetween((long) high, (long) high + Outbox.FLUSH_BYTES + 1_100);
            });
            assertThat(sent[0]).isLessThan(100_000);
            assertThat(server.event()).isEqualTo("unwritable");

            for (int i = 0; i < sent[0]; i++) {
                client.receive();
            }

            assertThat(server.event()).isEqualTo("writable");
            server.runAndWait(() -> assertThat(server.wire.isWritable()).isTrue());
        }
    }

    private static long pendingBytes(FakeBroker.Client server) {
        return ((MqttChannel) server.wire).channel().unsafe().outboundBuffer().totalPendingWriteBytes();
    }

    @Test
    void aClientThatAsksButDoesNotReadIsNotReadAnyMore() throws Exception {
        int high = 50_000;
        int answerBytes = 1_006;
        int pings = 10_000;
        UnsubAck answer = new UnsubAck(1, Properties.EMPTY, Collections.nCopies(1_000, ReasonCode.SUCCESS));
        FakeBroker answering = new FakeBroker((from, packet) -> {
            if (packet instanceof PingReq) {
                from.wire.send(answer);
            }
        });
        ListenerSettings settings = ListenerSettings.tcp("tcp", WireFixture.HOST, 0)
                .with(ListenerSettings.Limits.DEFAULT.withWriteHighBytes(high));
        try (WireFixture fixture = new WireFixture(answering, 1, settings);
                TestClient client = fixture.connect()) {
            FakeBroker.Client server = connected(fixture, client);
            byte[] all = new byte[2 * pings];
            for (int i = 0; i < all.length; i += 2) {
                all[i] = (byte) 0xC0;
            }
            client.send(all);

            assertThat(server.event()).isInstanceOf(PingReq.class);
            while (((MqttChannel) server.wire).channel().config().isAutoRead()) {
                server.runAndWait(() -> {});
            }
            server.runAndWait(() -> assertThat(pendingBytes(server))
                    .isLessThan(4L * high + high / 2 + Outbox.FLUSH_BYTES + answerBytes));

            client.socket.getInputStream().skipNBytes((long) pings * answerBytes);
        }
    }
}
