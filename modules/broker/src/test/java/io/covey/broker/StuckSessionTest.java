package io.covey.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.bucket.Command;
import io.covey.bucket.Result.SessionDescription;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import io.covey.session.ConnectionView;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Sessions that are owed messages and are sent none are found, counted and asked for again [I5]. */
class StuckSessionTest {
    private static final int STUCK_MILLIS = 5_000;
    private static final int RECONCILE_MILLIS = 60_000;

    private final TestCluster cluster = new TestCluster().with(seldomReconciled());
    private final TestCluster.TestNode one = cluster.start(1, 1);
    private final TestCluster.TestNode two = cluster.start(2, 1);
    private final TestClient subscriber = two.client().connect("s", true, 60);
    private final TestClient publisher = one.client().connect("p", true, 0);

    /** Hints are looked for so seldom that one that is lost leaves the session stuck. */
    private static NodeSettings seldomReconciled() {
        NodeSettings usual = NodeSettings.SINGLE;
        return usual.with(new NodeSettings.Upkeep(usual.upkeep().tickMillis(), RECONCILE_MILLIS, STUCK_MILLIS));
    }

    private LiveConnection live() {
        List<SessionReport> reports = new ArrayList<>();
        one.node.describe("s", new SessionAnswer() {
            @Override
            public void found(SessionReport report) {
                reports.add(report);
            }

            @Override
            public void unknown() {
                throw new AssertionError("it is there");
            }

            @Override
            public void unavailable(String reason) {
                throw new AssertionError(reason);
            }
        });
        cluster.time.pass(30);
        return Objects.requireNonNull(reports.get(0).live());
    }

    private long looks() {
        return cluster.buckets.commands(Command.Reconcile.class).stream()
                .filter(look -> look.sessions().stream()
                        .anyMatch(session -> session.clientId().equals("s")))
                .count();
    }

    private void untilReconciled() {
        long before = looks();
        for (int i = 0; i < 2 * RECONCILE_MILLIS && looks() == before; i++) {
            cluster.time.pass(1);
        }
        cluster.time.pass(5);
    }

    @Test
    @DisplayName("I5: a session whose hint was lost is found stuck, asked for again, and gets its message")
    void aLostHintLeavesASessionStuckUntilTheWatchdogKicksIt() {
        subscriber.subscribe("a", QoS.AT_LEAST_ONCE);
        untilReconciled();
        cluster.lost = message -> message instanceof NodeMessage.Hints;

        publisher.publish("a", "1", QoS.AT_LEAST_ONCE);
        cluster.time.pass(STUCK_MILLIS);
        assertThat(publisher.pubAcks()).hasSize(1);
        assertThat(subscriber.payloads()).isEmpty();
        assertThat(live().stuck().times()).isZero();
        untilReconciled();

        assertThat(subscriber.payloads()).containsExactly("1");
        assertThat(two.events.kicked).isEqualTo(1);
        assertThat(two.events.reconciled).isEqualTo(1);
        assertThat(two.events.stuck).as("it was of use").isZero();
        LiveConnection after = live();
        assertThat(after.stuck().now()).isFalse();
        assertThat(after.stuck().times()).isEqualTo(1);
        assertThat(after.stuck().lastAtMillis()).isPositive();
        assertThat(after.sentAtMillis()).isGreaterThanOrEqualTo(after.stuck().lastAtMillis());
    }

    @Test
    void aHintThatWasLostAMomentAgoMakesNobodyStuck() {
        subscriber.subscribe("a", QoS.AT_LEAST_ONCE);
        untilReconciled();
        cluster.time.pass(RECONCILE_MILLIS - STUCK_MILLIS / 2);
        cluster.lost = message -> message instanceof NodeMessage.Hints;

        publisher.publish("a", "1", QoS.AT_LEAST_ONCE);
        untilReconciled();

        assertThat(subscriber.payloads()).containsExactly("1");
        assertThat(two.events.reconciled).isEqualTo(1);
        assertThat(two.events.kicked).isZero();
    }

    @Test
    void aClientThatDoesNotAcknowledgeIsNotStuck() {
        TestClient slow = two.client();
        slow.receiveMaximum = 1;
        slow.acknowledges = false;
        slow.connect("slow", true, 60);
        slow.subscribe("a", QoS.AT_LEAST_ONCE);
        for (int i = 0; i < 3; i++) {
            publisher.publish("a", "" + i, QoS.AT_LEAST_ONCE);
        }
        cluster.time.pass(3L * RECONCILE_MILLIS);

        assertThat(slow.payloads()).containsExactly("0");
        assertThat(two.events.kicked).isZero();
    }

    @Test
    void whoStaysBehindAlthoughAskedForIsStuckUntilItMoves() {
        List<Integer> counted = new ArrayList<>();
        StuckWatch watch = new StuckWatch(STUCK_MILLIS, two.events, counted::add);

        watch.behind(true, 1_000);
        watch.behind(true, 1_000 + STUCK_MILLIS - 1);
        assertThat(watch.isStuck()).isFalse();
        watch.behind(true, 1_000 + STUCK_MILLIS);
        watch.behind(true, 2_000 + STUCK_MILLIS);
        assertThat(watch.isStuck()).isTrue();
        assertThat(watch.times()).isEqualTo(2);
        assertThat(watch.foundAtMillis()).isEqualTo(2_000 + STUCK_MILLIS);
        assertThat(two.events.kicked).isEqualTo(2);
        assertThat(counted).containsExactly(1);

        watch.moved();
        watch.moved();
        assertThat(watch.isStuck()).isFalse();
        assertThat(counted).containsExactly(1, -1);
        watch.behind(true, 20_000);
        assertThat(watch.isStuck()).as("the time begins anew").isFalse();
        watch.behind(false, 20_000 + STUCK_MILLIS);
        watch.behind(true, 21_000 + STUCK_MILLIS);
        assertThat(watch.isStuck()).as("there was no room").isFalse();
    }

    @Test
    void theReasonIsShown() {
        SessionDescription session =
                new SessionDescription("s", 1, new ShardAddress(1, 0), 60, -1, List.of(), 5, 50, 0, 0, 0, 0, 0);
        ConnectionView view = new ConnectionView("s", ProtocolVersion.V5, 0, 60, 60, 10, 2, 0, 0, true);
        LiveConnection stuck = new LiveConnection(
                view, "tcp", "10.0.0.1:1", List.of(), Map.of(), 7, new LiveConnection.Stuck(true, 3, 9));

        SessionReport report = new SessionReport(session, stuck, true);

        assertThat(report.state()).isEqualTo(SendState.STUCK);
        assertThat(report.reason()).startsWith("stuck: messages wait and there is room");
    }
}
