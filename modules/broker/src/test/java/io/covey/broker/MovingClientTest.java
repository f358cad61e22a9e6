package io.covey.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.broker.TestBuckets.Fault;
import io.covey.bucket.Command;
import io.covey.protocol.Connect;
import io.covey.protocol.Disconnect;
import io.covey.protocol.Properties;
import io.covey.protocol.Property;
import io.covey.protocol.PubAck;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What a client has said to one shard holds when it goes on at another, also where that shard's batches are late. */
class MovingClientTest {
    private final TestCluster cluster = new TestCluster();
    private final TestCluster.TestNode one = cluster.start(1, 2);
    private final TestCluster.TestNode two = cluster.start(2, 1);
    private final TestCluster.TestNode three = cluster.start(3, 1);

    private void pass(long millis) {
        cluster.time.pass(millis);
    }

    private static boolean isConnected(TestClient client) {
        return client.connAck() != null && !client.closed;
    }

    private static boolean isSessionPresent(TestClient client) {
        return Objects.requireNonNull(client.connAck()).sessionPresent();
    }

    /** Nothing of this shard reaches a bucket until {@link #letPass}. */
    private void holdBack(long node, int shard) {
        cluster.buckets.script = submission -> submission.batch().sender().node() == node
                        && submission.batch().sender().shard() == shard
                ? Fault.REQUEST_LOST
                : Fault.NONE;
    }

    private void letPass() {
        cluster.buckets.script = submission -> Fault.NONE;
        pass(800);
    }

    private TestClient watcher() {
        TestClient watcher = three.client().connect("watcher", true, 600);
        watcher.subscribe("will", QoS.AT_LEAST_ONCE);
        return watcher;
    }

    private static Connect.Will will(long delaySeconds) {
        Properties properties = Properties.builder()
                .add(Property.WILL_DELAY_INTERVAL, delaySeconds)
                .build();
        return new Connect.Will("will", "gone".getBytes(StandardCharsets.UTF_8), QoS.AT_LEAST_ONCE, false, properties);
    }

    @Test // [MQTT-3.1.2-10]
    void aDisconnectKeepsTheWillBackThoughTheNextConnectReachesTheBucketBefore() {
        TestClient watcher = watcher();
        for (TestClient next : List.of(two.client(), one.client(1))) {
            TestClient client = one.client(0).connect("c", false, 60, will(0));
            holdBack(1, 0);
            client.disconnect();

            next.connect("c", false, 60);
            pass(500);
            assertThat(next.connAck()).as("while the end is not reported").isNull();
            letPass();

            assertThat(isConnected(next)).isTrue();
            assertThat(isSessionPresent(next)).isTrue();
            next.disconnect();
            pass(100);
        }
        assertThat(watcher.payloads()).isEmpty();
    }

    @Test
    void theExpiryOfADisconnectCountsThoughTheNextConnectReachesTheBucketBefore() {
        TestClient client = one.client().connect("c", true, 60);
        client.subscribe("a", QoS.AT_LEAST_ONCE);
        holdBack(1, 0);
        client.packet(new Disconnect(
                ReasonCode.SUCCESS,
                Properties.builder().add(Property.SESSION_EXPIRY_INTERVAL, 0).build()));

        TestClient next = two.client().connect("c", false, 60);
        letPass();

        assertThat(isConnected(next)).isTrue();
        assertThat(isSessionPresent(next)).isFalse();
    }

    @Test
    void whatIsAcknowledgedBeforeTheDisconnectDoesNotComeAgain() {
        TestClient client = one.client().connect("c", true, 60);
        client.subscribe("a", QoS.AT_LEAST_ONCE);
        client.acknowledges = false;
        three.client().connect("p", true, 0).publish("a", "1", QoS.AT_LEAST_ONCE);
        pass(50);
        holdBack(1, 0);
        acknowledge(client);
        client.disconnect();

        TestClient next = two.client().connect("c", false, 60);
        letPass();

        assertThat(isSessionPresent(next)).isTrue();
        assertThat(next.payloads()).isEmpty();
    }

    private static void acknowledge(TestClient client) {
        int packetId = client.all(TestClient.Got.class).get(0).packetId();
        client.packet(new PubAck(packetId, ReasonCode.SUCCESS, Properties.EMPTY));
    }

    @Test
    void whatALiveConnectionHasAcknowledgedDoesNotComeAgainAndWhatItWasNotSentComesWithoutDup() {
        TestClient client = one.client();
        client.receiveMaximum = 1;
        client.acknowledges = false;
        client.connect("c", true, 60).subscribe("a", QoS.AT_LEAST_ONCE);
        TestClient publisher = three.client().connect("p", true, 0);
        for (int i = 1; i <= 4; i++) {
            publisher.publish("a", "" + i, QoS.AT_LEAST_ONCE);
        }
        pass(50);
        holdBack(1, 0);
        acknowledge(client); // 2 follows, and is not acknowledged

        TestClient next = two.client().connect("c", false, 60);
        letPass();

        assertThat(client.closed).isTrue();
        assertThat(Objects.requireNonNull(client.disconnected()).reason()).isEqualTo(ReasonCode.SESSION_TAKEN_OVER);
        assertThat(client.payloads()).containsExactly("1", "2");
        assertThat(next.payloads()).containsExactly("2", "3", "4");
        assertThat(next.all(TestClient.Got.class))
                .extracting(TestClient.Got::dup)
                .containsExactly(true, false, false);
    }

    @Test // [MQTT-3.1.2-8] [MQTT-3.1.3-9]
    void aConnectionThatIsTakenOverLeavesItsWillUnlessThatIsDelayed() {
        TestClient watcher = watcher();
        one.client().connect("c", true, 60, will(5));
        assertThat(isConnected(two.client().connect("c", false, 60, will(0)))).isTrue();
        cluster.time.pass(10_000);
        cluster.tick();
        pass(100);
        assertThat(watcher.payloads()).isEmpty();

        assertThat(isConnected(three.client().connect("c", false, 60))).isTrue();
        pass(100);
        assertThat(watcher.payloads()).hasSize(1);
    }

    @Test
    void aSessionThatEndsWithItsConnectionIsNotContinued() {
        one.client().connect("c", true, 0);

        TestClient next = two.client().connect("c", false, 60);

        assertThat(isConnected(next)).isTrue();
        assertThat(isSessionPresent(next)).isFalse();
    }

    @Test
    void aConnectThatWasRefusedWhileItWaitedChangesNothing() {
        TestClient first = one.client().connect("c", true, 60);
        cluster.lost = message -> message instanceof NodeMessage.Kick;
        TestClient refused = two.client().connect("c", true, 60);
        pass(Opening.MILLIS_MAX + 100L);
        assertThat(Objects.requireNonNull(refused.connAck()).reason()).isEqualTo(ReasonCode.SERVER_UNAVAILABLE);

        cluster.lost = message -> false;
        pass(1_000);

        assertThat(isConnected(first)).isTrue();
        assertThat(cluster.buckets.commands(Command.OpenSession.class)).hasSize(2);
    }

    @Test
    void aConnectThatItsClientHasGivenUpDoesNotEndTheNextConnection() {
        holdBack(1, 0);
        TestClient givenUp = one.client(0).connect("c", false, 60);
        pass(500);
        givenUp.breakConnection();
        TestClient next = two.client().connect("c", false, 60);
        pass(500);
        assertThat(isConnected(next)).isTrue();

        letPass();

        assertThat(isConnected(next)).isTrue();
        assertThat(givenUp.connAck()).isNull();
        assertThat(isConnected(one.client(0).connect("c", false, 60)))
                .as("the id goes on")
                .isTrue();
    }

    @Test
    void aConnectThatItsClientGivesUpWhileItWaitsDoesNotEndWhatItWaitedFor() {
        TestClient first = one.client().connect("c", true, 60);
        cluster.lost = message -> message instanceof NodeMessage.Kick;
        TestClient givenUp = two.client().connect("c", true, 60);
        pass(500);
        givenUp.breakConnection();

        cluster.lost = message -> false;
        pass(1_000);

        assertThat(isConnected(first)).isTrue();
        assertThat(cluster.buckets.commands(Command.OpenSession.class)).hasSize(2);
    }

    @Test // [MQTT-3.1.4-5]
    void whatAClientSentBeforeItLeftIsDoneThoughItDidNotWaitForItsConnack() {
        TestClient watcher = watcher();
        TestClient first = one.client().connect("c", true, 60);
        holdBack(2, 0);
        TestClient hasty = two.client().connect("c", false, 60);
        hasty.publish("will", "in haste", QoS.AT_MOST_ONCE);
        hasty.breakConnection();
        letPass();

        assertThat(watcher.payloads()).containsExactly("in haste");
        assertThat(first.closed).isTrue();
    }

    @Test // I2
    void ofConnectsThatWaitForTheSameConnectionTheLastHasTheSession() {
        TestClient first = one.client().connect("c", true, 60);
        cluster.lost = message -> message instanceof NodeMessage.Kick;
        TestClient second = three.client().connect("c", false, 60);
        pass(30);
        TestClient third = two.client().connect("c", false, 60);
        TestClient fourth = two.client().connect("c", false, 60);
        assertThat(third.closed).as("overtaken at its own shard").isTrue();
        pass(30);
        cluster.lost = message ->
                message instanceof NodeMessage.Kick kick && kick.replyTo().node() == 3;
        pass(200);
        assertThat(isConnected(fourth)).isTrue();

        cluster.lost = message -> false;
        pass(200);

        assertThat(first.closed).isTrue();
        assertThat(second.closed).isTrue();
        assertThat(second.connAck()).isNull();
        assertThat(isConnected(fourth)).isTrue();
    }

    @Test // I2
    void aConnectionThatIsClosedWhileItTakesOverStillSeesToTheOneBeforeIt() {
        one.client().connect("c", true, 60);
        cluster.lost = message -> message instanceof NodeMessage.Kick;
        TestClient earlier = three.client().connect("c", false, 60);
        TestClient later = two.client().connect("c", false, 60);
        boolean[] asked = new boolean[4];
        cluster.lost = message -> {
            if (message instanceof NodeMessage.Kick kick) {
                // One for each of those that wait; then the later one waits for the earlier, which is not told.
                int node = (int) kick.replyTo().node();
                boolean again = asked[node];
                asked[node] = true;
                return again;
            }
            return false;
        };
        pass(150);
        assertThat(isConnected(earlier)).isTrue();
        assertThat(later.connAck()).isNull();

        cluster.lost = message ->
                message instanceof NodeMessage.Kick kick && kick.replyTo().node() == 2;
        TestClient last = one.client(1).connect("c", false, 60);
        pass(50);
        assertThat(later.closed).isTrue();
        assertThat(isConnected(earlier)).isTrue();
        assertThat(last.connAck()).as("while an earlier one is open").isNull();

        cluster.lost = message -> false;
        pass(200);
        assertThat(earlier.closed).isTrue();
        assertThat(isConnected(last)).isTrue();
        assertThat(later.connAck()).isNull();
    }
}
