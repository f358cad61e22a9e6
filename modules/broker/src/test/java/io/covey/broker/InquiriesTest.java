package io.covey.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.broker.TestBuckets.Fault;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.QoS;
import io.covey.session.ConnectionEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What the management interface is told of sessions, and why nothing is being sent. */
class InquiriesTest {
    private final TestCluster cluster = new TestCluster();
    private final TestCluster.TestNode one = cluster.start(1, 2);
    private final TestCluster.TestNode two = cluster.start(2, 2);
    private final Answers answers = new Answers();

    private static final class Answers implements SessionAnswer {
        private final List<Object> all = new ArrayList<>();

        @Override
        public void found(SessionReport report) {
            all.add(report);
        }

        @Override
        public void unknown() {
            all.add("unknown");
        }

        @Override
        public void unavailable(String reason) {
            all.add(reason);
        }
    }

    private SessionReport ask(TestCluster.TestNode node, String clientId) {
        node.node.describe(clientId, answers);
        cluster.time.pass(30);
        assertThat(answers.all).hasSize(1);
        return (SessionReport) answers.all.remove(0);
    }

    @Test
    void anyNodeTellsOfASessionThatIsConnectedAtAnother() {
        TestClient client = two.client(1).connect("s", true, 3_600);
        client.subscribe("a/#", QoS.AT_LEAST_ONCE);

        for (TestCluster.TestNode asked : List.of(one, two)) {
            SessionReport report = ask(asked, "s");

            assertThat(Objects.requireNonNull(report.session().owner()).node()).isEqualTo(2);
            assertThat(report.session().expirySeconds()).isEqualTo(3_600);
            assertThat(report.subscriptions()).hasSize(1);
            LiveConnection live = Objects.requireNonNull(report.live());
            assertThat(live.view().version()).isEqualTo(ProtocolVersion.V5);
            assertThat(live.listener()).isEqualTo("test");
            assertThat(report.state()).isEqualTo(SendState.QUEUE_EMPTY);
        }
    }

    @Test
    void aClientIdWithoutASessionIsUnknown() {
        one.node.describe("nobody", answers);
        cluster.time.pass(30);

        assertThat(answers.all).containsExactly("unknown");
    }

    @Test
    void theQueueOfAClientThatIsAwayIsCounted() {
        TestClient client = one.client().connect("s", true, 3_600);
        client.subscribe("a", QoS.AT_LEAST_ONCE);
        client.disconnect();
        cluster.time.pass(20);
        TestClient publisher = two.client().connect("p", true, 0);
        publisher.publish("a", "1", QoS.AT_LEAST_ONCE);
        publisher.publish("a", "2", QoS.AT_LEAST_ONCE);
        cluster.time.pass(20);

        SessionReport report = ask(two, "s");

        assertThat(report.state()).isEqualTo(SendState.NOT_CONNECTED);
        assertThat(report.reason()).isEqualTo("not connected");
        assertThat(report.session().queueMessages()).isEqualTo(2);
        assertThat(report.waiting()).isEqualTo(2);
        assertThat(report.live()).isNull();
    }

    @Test
    void aFullWindowIsToldWithWhatItWaitsFor() {
        TestClient client = one.client();
        client.receiveMaximum = 3;
        client.acknowledges = false;
        client.connect("s", true, 3_600);
        client.subscribe("a", QoS.AT_LEAST_ONCE);
        TestClient publisher = two.client().connect("p", true, 0);
        for (int i = 0; i < 3; i++) {
            publisher.publish("a", "" + i, QoS.AT_LEAST_ONCE);
        }
        cluster.time.pass(20);
        assertThat(ask(two, "s").reason())
                .isEqualTo("queue empty: nothing that matches a subscription waits, waiting for 3 acknowledgements");
        for (int i = 0; i < 4; i++) {
            publisher.publish("a", "" + i, QoS.AT_LEAST_ONCE);
        }
        cluster.time.pass(20);

        SessionReport report = ask(two, "s");

        assertThat(report.state()).isEqualTo(SendState.WINDOW_FULL);
        assertThat(report.reason()).isEqualTo("window full, waiting for 3 acknowledgements");
        assertThat(report.waiting()).isEqualTo(4);
    }

    @Test
    void aClientThatDoesNotReadIsToldAsSuchAndItsDropsAreCounted() {
        TestClient client = one.client().connect("s", true, 0);
        client.subscribe("a", QoS.AT_LEAST_ONCE);
        client.writable(false);
        TestClient publisher = two.client().connect("p", true, 0);
        publisher.publish("a", "0", QoS.AT_MOST_ONCE);
        publisher.publish("a", "1", QoS.AT_LEAST_ONCE);
        cluster.time.pass(20);

        SessionReport report = ask(two, "s");

        assertThat(report.state()).isEqualTo(SendState.NOT_WRITABLE);
        assertThat(Objects.requireNonNull(report.live()).drops())
                .isEqualTo(Map.of(ConnectionEvent.DROPPED_SLOW_READER, 1L));
        assertThat(report.waiting()).isEqualTo(1);
    }

    @Test
    void aTransientSessionsSubscriptionsComeFromItsShard() {
        TestClient client = one.client(1).connect("t", true, 0);
        assertThat(ask(two, "t").state()).isEqualTo(SendState.NO_SUBSCRIPTION);

        client.subscribe("a/+", QoS.EXACTLY_ONCE);

        SessionReport report = ask(two, "t");
        assertThat(report.state()).isEqualTo(SendState.QUEUE_EMPTY);
        assertThat(report.subscriptions().get(0).filter()).isEqualTo("a/+");
    }

    @Test
    void aNodeThatDoesNotAnswerIsToldAsSuch() {
        two.client().connect("s", true, 3_600);
        cluster.lost = message -> message instanceof NodeMessage.ConnectionQuery;

        one.node.describe("s", answers);
        cluster.time.pass(Inquiries.OWNER_MILLIS_MAX + 20);

        assertThat(((SessionReport) answers.all.get(0)).state()).isEqualTo(SendState.CONNECTION_UNKNOWN);
        cluster.time.pass(3_000);
        assertThat(answers.all).hasSize(1);
    }

    @Test
    void aBucketThatDoesNotAnswerIsUnavailable() {
        cluster.buckets.script = submission -> Fault.REFUSED;

        one.node.describe("s", answers);
        cluster.time.pass(Inquiries.MILLIS_MAX + 20);

        assertThat(answers.all).containsExactly("bucket unavailable: it did not answer in time");
    }

    @Test
    void aNodeThatHasLostItsLeaseTellsNothing() {
        cluster.buckets.script = submission -> Fault.REFUSED;
        one.node.describe("s", answers);
        cluster.time.pass(5);
        one.loseLease();
        one.client().connect("notices", true, 0);
        one.node.describe("s", answers);
        cluster.time.pass(50);

        assertThat(answers.all).isNotEmpty().allMatch("this node does not serve at the moment"::equals);
    }

    @Test
    void moreQuestionsThanMayWaitAreRefused() {
        cluster.buckets.script = submission -> Fault.REFUSED;
        for (int i = 0; i <= Inquiries.PENDING_MAX; i++) {
            one.node.describe("s", answers);
        }
        cluster.time.pass(1);

        assertThat(answers.all).containsExactly("this node has too much to do");
    }
}
