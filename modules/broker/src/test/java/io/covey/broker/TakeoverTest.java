package io.covey.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.broker.TestBuckets.Fault;
import io.covey.bucket.Command;
import io.covey.protocol.Connect;
import io.covey.protocol.Disconnect;
import io.covey.protocol.Properties;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.PubAck;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.session.ConnectionEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** One client id, one connection, wherever the next one comes [I2]. */
class TakeoverTest {
    /** Heartbeats are missing for 12 s, and then leases and replicas are looked after. */
    private static final int EXPELLED_AFTER_MILLIS = 16_000;

    private final TestCluster cluster = new TestCluster();
    private final TestCluster.TestNode one = cluster.start(1, 2);
    private final TestCluster.TestNode two = cluster.start(2, 1);

    private void pass(long millis) {
        cluster.time.pass(millis);
    }

    private static boolean isConnected(TestClient client) {
        return client.connAck() != null && !client.closed;
    }

    private static void assertTakenOver(TestClient client) {
        assertThat(client.closed).isTrue();
        assertThat(Objects.requireNonNull(client.disconnected()).reason()).isEqualTo(ReasonCode.SESSION_TAKEN_OVER);
    }

    @Test
    @DisplayName("[MQTT-3.1.4-3] on the same loop")
    void aSecondConnectionOnTheSameShardTakesOver() {
        TestClient first = one.client().connect("c", true, 0);

        TestClient second = one.client().connect("c", true, 0);

        assertTakenOver(first);
        assertThat(isConnected(second)).isTrue();
    }

    @Test
    @DisplayName("[MQTT-3.1.4-3] on another loop of the node")
    void aSecondConnectionOnAnotherShardTakesOver() {
        TestClient first = one.client(0).connect("c", true, 60);

        TestClient second = one.client(1).connect("c", false, 60);

        assertTakenOver(first);
        assertThat(isConnected(second)).isTrue();
        assertThat(Objects.requireNonNull(second.connAck()).sessionPresent()).isTrue();
    }

    @Test
    @DisplayName("[MQTT-3.1.4-3] on another node, and the CONNACK waits for the end of the first")
    void aSecondConnectionOnAnotherNodeWaitsUntilTheFirstIsClosed() {
        TestClient first = one.client().connect("c", true, 0);
        cluster.lost = message -> message instanceof NodeMessage.Kick;
        TestClient second = two.client().connect("c", true, 0);
        pass(2_000);
        assertThat(isConnected(first)).isTrue();
        assertThat(second.got).isEmpty();

        cluster.lost = message -> message instanceof NodeMessage.Kicked;
        pass(200);
        assertTakenOver(first);
        assertThat(second.got).as("repeated until it is answered").isEmpty();

        cluster.lost = message -> false;
        pass(200);
        assertThat(isConnected(second)).isTrue();
        assertThat(cluster.buckets.commands(Command.CloseSession.class))
                .as("the first reports its end")
                .hasSize(1);
        assertThat(cluster.buckets.commands(Command.Settle.class)).isEmpty();
    }

    /** From now on one Kick is answered although it does not arrive, as if what it names were gone, and the others are lost. */
    private void answerForOneThatIsNotGone() {
        boolean[] answered = {false};
        cluster.lost = message -> {
            if (message instanceof NodeMessage.Kick kick && !answered[0]) {
                answered[0] = true;
                TestCluster.TestNode asking = cluster.nodes.get(kick.replyTo().node());
                NodeMessage.Kicked answer = new NodeMessage.Kicked(kick.clientId(), kick.epoch());
                cluster.time.after(100, () -> asking.node.deliver(kick.replyTo(), answer));
            }
            return message instanceof NodeMessage.Kick;
        };
    }

    @Test
    void theConnectionOfADeadNodeIsNotWaitedFor() {
        one.client().connect("c", true, 60);
        cluster.lost = message -> message instanceof NodeMessage.Kick;
        TestClient second = two.client().connect("c", false, 60);
        assertThat(second.connAck()).isNull();

        cluster.kill(one);
        pass(50);

        assertThat(isConnected(second)).isTrue();
    }

    @Test // I2
    void aConnectionBehindADeadNodeThatWaitedForItIsClosedAllTheSame() {
        TestCluster.TestNode three = cluster.start(3, 1);
        TestClient first = one.client().connect("c", true, 0);
        answerForOneThatIsNotGone();
        two.client().connect("c", true, 0); // it has the session, and waits for the first one
        cluster.buckets.script =
                submission -> submission.batch().sender().node() == 1 ? Fault.REQUEST_LOST : Fault.NONE;
        cluster.kill(two);
        pass(50);

        TestClient third = three.client().connect("c", true, 0);
        pass(200);
        assertThat(isConnected(first)).isTrue();
        assertThat(third.got).isEmpty();

        cluster.lost = message -> false;
        cluster.buckets.script = submission -> Fault.NONE;
        pass(800);
        assertTakenOver(first);
        assertThat(isConnected(third)).isTrue();
        pass(200);
        assertThat(cluster.buckets.commands(Command.Settle.class)).hasSize(1);
    }

    @Test // I4
    void theNextConnectionWaitsForPublishesToOtherNodesAsLongAsTheirLeasesMayLast() {
        TestClient subscriber = two.client().connect("s", true, 0);
        subscriber.subscribe("a", QoS.AT_LEAST_ONCE);
        TestClient first = one.client(0).connect("c", true, 60);
        cluster.lost = message -> message instanceof NodeMessage.Publishes;
        first.publish("a", "1", QoS.AT_LEAST_ONCE);

        TestClient second = one.client(1).connect("c", false, 60);
        pass(NodeSettings.SINGLE.membership().leaseMillis());
        assertThat(second.got).isEmpty();

        cluster.lost = message -> false;
        pass(300);
        assertThat(isConnected(second)).isTrue();
        second.publish("a", "2", QoS.AT_LEAST_ONCE);
        pass(10);
        assertThat(subscriber.payloads()).containsExactly("1", "2");
    }

    @Test
    void aKickThatComesBeforeTheSessionIsOpenCountsAgainstIt() {
        cluster.buckets.script = submission -> submission.has(Command.OpenSession.class)
                        && submission.batch().sender().node() == 1
                ? Fault.ANSWER_HELD
                : Fault.NONE;
        TestClient first = one.client().connect("c", true, 0);
        TestClient second = two.client().connect("c", true, 0);
        pass(300);
        assertThat(second.connAck())
                .as("who knows what the first has to take over")
                .isNull();

        cluster.buckets.release();
        pass(150);

        assertThat(first.connAck()).isNull();
        assertThat(first.closed).isTrue();
        assertThat(isConnected(second)).isTrue();
    }

    @Test
    void manyConnectionsOfOneClientLeaveTheLast() {
        TestClient last = one.client();
        for (int i = 0; i < 12; i++) {
            last = (i % 3 == 2 ? two.client() : one.client(i % 3));
            last.packet(new Connect(ProtocolVersion.V5, false, false, 60, Properties.EMPTY, "c", null, null, null));
            if (i == 5) {
                pass(2);
            }
        }
        pass(1_000);

        assertThat(isConnected(last)).isTrue();
        assertThat(count(ConnectionEvent.CONNECTED) - count(ConnectionEvent.DISCONNECTED))
                .as("connected at the end")
                .isEqualTo(1);
    }

    @Test
    void aChainOfTakeoversOverNodesWaitsForNoRepetition() {
        List<TestClient> clients = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            TestClient client = i % 2 == 0 ? two.client() : one.client(i % 3 % 2);
            client.packet(new Connect(ProtocolVersion.V5, false, false, 60, Properties.EMPTY, "c", null, null, null));
            clients.add(client);
            pass(i % 3 == 0 ? 1 : 0);
        }
        // A Kick is repeated after 100 ms.
        pass(60);

        assertThat(clients.stream().filter(TakeoverTest::isConnected)).hasSize(1);
    }

    private long count(ConnectionEvent event) {
        return cluster.nodes.values().stream()
                .flatMap(node -> node.events.connections.stream())
                .filter(event::equals)
                .count();
    }

    @Test
    @DisplayName("I4: publishes of the old connection come before those of the new one")
    void theNewConnectionWaitsForThePublishesOfTheOld() {
        TestClient subscriber = one.client().connect("s", true, 60);
        subscriber.subscribe("a", QoS.AT_LEAST_ONCE);
        TestClient first = one.client().connect("c", true, 60);
        int[] failures = {6};
        cluster.buckets.script = submission -> submission.has(Command.Append.class)
                        && submission.batch().sender().node() == 1
                        && failures[0]-- > 0
                ? Fault.REQUEST_LOST
                : Fault.NONE;
        first.publish("a", "1", QoS.AT_LEAST_ONCE);
        pass(2);
        first.breakConnection();

        TestClient second = two.client().connect("c", false, 60);
        second.publish("a", "2", QoS.AT_LEAST_ONCE);
        pass(2_000);

        assertThat(subscriber.payloads()).containsExactly("1", "2");
        assertThat(second.pubAcks()).hasSize(1);
    }

    @Test
    @DisplayName("I4: also when a connection between the two has not been told yet that it has the session")
    void aChainOfTakeoversEndsWhenTheFirstConnectionIsGone() {
        TestCluster.TestNode three = cluster.start(3, 1);
        TestClient subscriber = one.client().connect("s", true, 60);
        subscriber.subscribe("a", QoS.AT_LEAST_ONCE);
        TestClient first = one.client().connect("c", true, 60);
        boolean[] faulty = {true};
        cluster.buckets.script = submission -> {
            long sender = submission.batch().sender().node();
            if (faulty[0] && sender == 1 && submission.has(Command.Append.class)) {
                return Fault.REQUEST_LOST;
            }
            return faulty[0] && sender == 2 && submission.has(Command.OpenSession.class)
                    ? Fault.ANSWER_HELD
                    : Fault.NONE;
        };
        first.publish("a", "1", QoS.AT_LEAST_ONCE);
        pass(2);
        first.breakConnection();
        two.client().connect("c", false, 60);

        TestClient third = three.client().connect("c", false, 60);
        third.publish("a", "2", QoS.AT_LEAST_ONCE);
        pass(500);
        assertThat(third.connAck()).isNull();
        faulty[0] = false;
        cluster.buckets.release();
        pass(1_500);

        assertThat(isConnected(third)).isTrue();
        assertThat(subscriber.payloads()).containsExactly("1", "2");
    }

    @Test
    @DisplayName("I4: also towards transient sessions of a third node")
    void theNewConnectionWaitsUntilThePublishesOfTheOldHaveArrived() {
        TestCluster.TestNode three = cluster.start(3, 1);
        TestClient subscriber = three.client().connect("s", true, 0);
        subscriber.subscribe("a", QoS.AT_LEAST_ONCE);
        TestClient first = one.client().connect("c", true, 60);
        int[] losses = {2};
        cluster.lost = message -> message instanceof NodeMessage.Publishes publishes
                && publishes.from().node() == 1
                && losses[0]-- > 0;
        first.publish("a", "1", QoS.AT_LEAST_ONCE);
        pass(2);
        first.breakConnection();

        TestClient second = two.client().connect("c", false, 60);
        second.publish("a", "2", QoS.AT_LEAST_ONCE);
        pass(2_000);

        assertThat(losses[0]).isNegative();
        assertThat(subscriber.payloads()).containsExactly("1", "2");
    }

    @Test
    void aNodeThatDoesNotAnswerHoldsNoClientUp() {
        TestCluster.TestNode three = cluster.start(3, 1);
        three.client().connect("s", true, 0).subscribe("a", QoS.AT_LEAST_ONCE);
        TestClient first = one.client().connect("c", true, 60);
        cluster.lost = message -> message instanceof NodeMessage.Publishes;
        first.publish("a", "1", QoS.AT_LEAST_ONCE);
        pass(2);

        TestClient second = two.client().connect("c", false, 60);
        pass(5_600);

        assertThat(isConnected(second)).isTrue();
    }

    @Test // [MQTT-3.1.3-2]
    void theSessionGoesOnAtAnotherNodeWithEverythingUnacknowledged() {
        TestClient first = one.client().connect("c", true, 60);
        first.subscribe("a", QoS.AT_LEAST_ONCE);
        first.acknowledges = false;
        TestClient publisher = one.client().connect("p", true, 0);
        for (int i = 0; i < 5; i++) {
            publisher.publish("a", "" + i, QoS.AT_LEAST_ONCE);
        }
        pass(50);

        TestClient second = two.client().connect("c", false, 60);
        publisher.publish("a", "5", QoS.AT_LEAST_ONCE);
        pass(100);

        assertTakenOver(first);
        assertThat(second.payloads()).isEqualTo(List.of("0", "1", "2", "3", "4", "5"));
        assertThat(second.all(Disconnect.class)).isEmpty();
    }

    @Test
    @DisplayName("I2: a superseded connection that was not told is found and closed")
    void reconcilingClosesAFencedConnection() {
        TestClient first = one.client().connect("c", true, 60);
        answerForOneThatIsNotGone();
        two.client().connect("c", false, 60);

        pass(NodeSettings.SINGLE.upkeep().reconcileMillis() + 100L);

        assertTakenOver(first);
    }

    @Test
    void acknowledgingUnderAStaleEpochClosesTheConnection() {
        TestClient first = one.client().connect("c", true, 60);
        first.subscribe("a", QoS.AT_LEAST_ONCE);
        first.acknowledges = false;
        TestClient publisher = one.client().connect("p", true, 0);
        publisher.publish("a", "1", QoS.AT_LEAST_ONCE);
        pass(20);
        answerForOneThatIsNotGone();
        two.client().connect("c", false, 60);
        first.packet(
                new PubAck(first.all(TestClient.Got.class).get(0).packetId(), ReasonCode.SUCCESS, Properties.EMPTY));
        pass(50);

        assertTakenOver(first);
    }

    @Test
    @DisplayName(
            "a bucket that does not answer is unavailable: CONNACK 0x88, and the session is given back when it does")
    void aClientWhoseBucketDoesNotAnswerIsSentAway() {
        cluster.buckets.script =
                submission -> submission.has(Command.OpenSession.class) ? Fault.ANSWER_HELD : Fault.NONE;
        TestClient first = one.client().connect("c", true, 60);
        pass(Opening.MILLIS_MAX + 100L);
        assertThat(Objects.requireNonNull(first.connAck()).reason()).isEqualTo(ReasonCode.SERVER_UNAVAILABLE);
        assertThat(first.closed).isTrue();

        cluster.buckets.script = submission -> Fault.NONE;
        cluster.buckets.release();
        pass(100);
        TestClient second = two.client().connect("c", false, 60);

        assertThat(isConnected(second)).isTrue();
        assertThat(Objects.requireNonNull(second.connAck()).sessionPresent()).isTrue();
        assertThat(cluster.sent).as("nobody held the session").noneMatch(NodeMessage.Kick.class::isInstance);
    }

    @Test
    void aClientThatLeavesWhileItTakesOverEndsItsSession() {
        TestClient first = one.client().connect("c", true, 0);
        cluster.lost = message -> message instanceof NodeMessage.Kicked;
        TestClient second = two.client().connect("c", true, 0);
        second.breakConnection();
        cluster.lost = message -> false;
        pass(300);
        assertTakenOver(first);

        TestClient third = one.client().connect("c", true, 0);

        assertThat(isConnected(third)).isTrue();
        assertThat(cluster.sent.stream()
                        .filter(NodeMessage.Kick.class::isInstance)
                        .filter(kick -> ((NodeMessage.Kick) kick).replyTo().node() == 1))
                .as("nobody held the session any more")
                .isEmpty();
    }
}
