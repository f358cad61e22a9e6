package io.covey.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.covey.bucket.Origin;
import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import io.covey.protocol.Message;
import io.covey.protocol.Properties;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import io.covey.routing.ShardRoute;
import io.covey.routing.Subscription;
import io.covey.session.ConnectionEvent;
import io.covey.session.ConnectionView;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NodeMessageCodecTest {
    private static final long NODE = 0x7FEE_DDCC_BBAA_9988L;
    private static final ShardAddress SHARD = new ShardAddress(77, 3);
    private static final Message MESSAGE =
            new Message("a/b", new byte[] {1, 2}, QoS.EXACTLY_ONCE, true, Properties.EMPTY, 5, Message.NEVER);

    private static final List<NodeMessage> EACH_KIND = List.of(
            new NodeMessage.LeaseRequest(NODE, 4, 1_700_000_000_000L, List.of(NODE, 7L)),
            new NodeMessage.LeaseGrant(1, 5, 1_700_000_000_000L),
            new NodeMessage.LeaseReturned(NODE),
            new NodeMessage.RouteBatch(
                    2,
                    6,
                    List.of(new NodeMessage.RouteBatch.PartitionDelta(30, 7, List.of("x/#"), List.of("é", "+"))),
                    List.of(new NodeMessage.RouteBatch.ShardDelta(SHARD, 8, List.of(new ShardRoute("f", 3))))),
            new NodeMessage.RouteConfirm(
                    3,
                    9,
                    true,
                    List.of(
                            new NodeMessage.RouteConfirm.Backed(NODE, 0),
                            new NodeMessage.RouteConfirm.Backed(1, 1_999))),
            new NodeMessage.RoutePull(4),
            new NodeMessage.RouteSet(SHARD, 2, 10, 1, 3, List.of(new ShardRoute("g", 1), new ShardRoute("h", 2))),
            new NodeMessage.RouteDigest(
                    5,
                    List.of(new NodeMessage.RouteDigest.PartitionDigest(3, 11, -12)),
                    List.of(new NodeMessage.RouteDigest.ShardDigest(SHARD, 13, 14)),
                    List.of(15L)),
            new NodeMessage.PublishesReceived(SHARD, 16),
            new NodeMessage.Kick(SHARD, "client", 17),
            new NodeMessage.Kicked("client", 18),
            new NodeMessage.ConnectionQuery(SHARD, 19, "client", 20),
            new NodeMessage.ConnectionAnswer(21, null),
            new NodeMessage.ConnectionAnswer(
                    22,
                    new LiveConnection(
                            new ConnectionView("client", ProtocolVersion.V3_1_1, 23, 24, 25, 26, 27, 28, 29, true),
                            "tcp",
                            "10.0.0.1:30",
                            List.of(new Subscription("a/#", QoS.AT_LEAST_ONCE, true, false, 1, 31)),
                            Map.of(ConnectionEvent.DROPPED_EXPIRED, 32L, ConnectionEvent.DROPPED_TOO_LARGE, 33L),
                            34,
                            new LiveConnection.Stuck(true, 35, 36))));

    private static byte[] written(List<NodeMessage> messages) {
        ByteWriter out = new ByteWriter(16);
        NodeMessageCodec.begin(NODE, out);
        for (int i = 0; i < messages.size(); i++) {
            NodeMessageCodec.write(i - 1, messages.get(i), out);
        }
        return out.toByteArray();
    }

    @Test
    void aBatchComesBackAsItWasWithTheShardOfEachMessage() {
        List<NodeMessage> read = new ArrayList<>();
        List<ShardAddress> targets = new ArrayList<>();

        NodeMessageCodec.read(new ByteReader(written(EACH_KIND)), (target, message) -> {
            targets.add(target);
            read.add(message);
        });

        assertThat(read).isEqualTo(EACH_KIND);
        assertThat(targets.get(0)).isEqualTo(new ShardAddress(NODE, NodeLink.NODE_CORE));
        assertThat(targets.get(9)).isEqualTo(new ShardAddress(NODE, 8));
    }

    @Test
    void messagesWithPayloadsComeBackWithTheirContent() {
        NodeMessage.Hints.Target target =
                new NodeMessage.Hints.Target("c", 3, 4, QoS.AT_LEAST_ONCE, true, new int[] {5, 268_435_455});
        List<NodeMessage> messages = List.of(
                new NodeMessage.Hints(List.of(new NodeMessage.Hints.Hint(MESSAGE, List.of(target, target)))),
                new NodeMessage.Publishes(
                        SHARD,
                        9,
                        List.of(
                                new NodeMessage.Publishes.Item("p", MESSAGE, null, null),
                                new NodeMessage.Publishes.Item("q", MESSAGE, Origin.ofClient("q", 2, 5, 3), null),
                                new NodeMessage.Publishes.Item(
                                        "r", MESSAGE, null, new NodeMessage.Publishes.Share("$share/g/a", 2, LOAN)))),
                new NodeMessage.Figures(7, new long[] {3, Long.MAX_VALUE}));
        List<NodeMessage> read = new ArrayList<>();

        NodeMessageCodec.read(new ByteReader(written(messages)), (to, message) -> read.add(message));

        NodeMessage.Hints.Hint hint = ((NodeMessage.Hints) read.get(0)).hints().get(0);
        assertThat(hint.targets()).hasSize(2);
        assertThat(hint.targets().get(1)).usingRecursiveComparison().isEqualTo(target);
        assertThat(hint.message().payload()).containsExactly(1, 2);
        NodeMessage.Publishes publishes = (NodeMessage.Publishes) read.get(1);
        assertThat(publishes.sequence()).isEqualTo(9);
        assertThat(publishes.items().get(0).message().qos()).isEqualTo(QoS.EXACTLY_ONCE);
        assertThat(publishes.items().get(0).origin()).isNull();
        assertThat(publishes.items().get(1).origin()).isEqualTo(Origin.ofClient("q", 2, 5, 3));
        assertThat(((NodeMessage.Figures) read.get(2)).values()).containsExactly(3, Long.MAX_VALUE);
        assertThat(publishes.items().get(2).share()).isEqualTo(new NodeMessage.Publishes.Share("$share/g/a", 2, LOAN));
        assertThat(written(read)).isEqualTo(written(messages));
    }

    private static final NodeMessage.Publishes.Loan LOAN = new NodeMessage.Publishes.Loan(3, 9, 7, "c", 5);

    @Test
    void anotherFormatIsRefusedByName() {
        byte[] bytes = written(EACH_KIND);
        bytes[0] = 9;

        assertThatThrownBy(() -> NodeMessageCodec.read(new ByteReader(bytes), (target, message) -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("format 9");
    }

    @Test
    void corruptedBytesEndInAnExceptionAndTakeLittleMemory() {
        long seed = 20_261_121;
        Random random = new Random(seed);
        byte[] bytes = written(EACH_KIND);
        int read = 0;
        for (int round = 0; round < 5_000; round++) {
            byte[] corrupted = bytes.clone();
            corrupted[1 + random.nextInt(corrupted.length - 1)] ^= (byte) (1 << random.nextInt(8));
            try {
                NodeMessageCodec.read(new ByteReader(corrupted), (target, message) -> {});
                read++;
            } catch (IllegalArgumentException | IllegalStateException | IndexOutOfBoundsException expected) {
                assertThat(expected.getMessage()).as("seed " + seed).isNotNull();
            }
        }
        assertThat(read).as("some flips change values only, seed " + seed).isBetween(1, 4_999);
    }
}
