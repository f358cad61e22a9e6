package io.covey.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.broker.TestBuckets.Fault;
import io.covey.bucket.Batch;
import io.covey.bucket.BucketLimits;
import io.covey.bucket.Command;
import io.covey.bucket.Origin;
import io.covey.bucket.Result;
import io.covey.bucket.SharedCommand;
import io.covey.bucket.Will;
import io.covey.protocol.Message;
import io.covey.protocol.Properties;
import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import io.covey.routing.Subscription;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How commands travel together, and in which order. */
class LaneTest {
    private static final NodeSettings SETTINGS = NodeSettings.SINGLE.withLingering(1_000, 20_000);

    private final VirtualTime time = new VirtualTime();
    private final TestBuckets buckets = new TestBuckets(time, 1, BucketLimits.DEFAULT);
    private final NodeState state = new NodeState(1, new MembershipView(1, List.of(1L), List.of()));
    private final TestCluster.Events events = new TestCluster.Events();
    private final List<String> over = new ArrayList<>();
    private final Lane lane = lane(SETTINGS);

    private Lane lane(NodeSettings settings) {
        buckets.members.add(1L);
        state.lease(1, Long.MAX_VALUE);
        RouteAnnouncer nobody = new RouteAnnouncer() {
            @Override
            public void partitionRoutes(int shard, int partition, io.covey.bucket.RouteDelta delta, Runnable live) {}

            @Override
            public void shardRoutes(
                    ShardAddress shard, long version, List<io.covey.routing.ShardRoute> changed, Runnable live) {}
        };
        return new Lanes(
                        settings,
                        new ShardAddress(1, 0),
                        time.loop(),
                        buckets.gateway(),
                        state,
                        nobody,
                        events,
                        (partition, entry) -> {},
                        over::add)
                .lane(0);
    }

    private static Command tick() {
        return new Command.Tick();
    }

    private List<Integer> batchSizes() {
        return buckets.submissions.stream()
                .map(submission -> submission.batch().commands().size())
                .toList();
    }

    private void submit(Lane to, int count, boolean urgent) {
        time.turn(() -> IntStream.range(0, count).forEach(i -> to.submit(tick(), urgent, result -> {})));
    }

    @Test
    void urgentCommandsLingerForCompany() {
        submit(lane, 1, true);
        time.pass(0);
        assertThat(buckets.submissions).isEmpty();
        submit(lane, 2, true);
        time.pass(1);

        assertThat(batchSizes()).containsExactly(3);
    }

    @Test
    void withoutLingeringWhatCameInOneTurnTravelsTogether() {
        Lane hasty = lane(SETTINGS.withLingering(0, 20_000));

        submit(hasty, 3, true);

        assertThat(batchSizes()).containsExactly(3);
    }

    @Test
    void aFullBatchDoesNotLinger() {
        submit(lane, 64, true);

        assertThat(batchSizes()).containsExactly(64);
    }

    @Test
    void whileABatchIsInFlightEverythingCollects() {
        submit(lane, 64, true);
        submit(lane, 150, true);
        assertThat(batchSizes()).containsExactly(64);

        time.pass(10);

        assertThat(batchSizes()).containsExactly(64, 64, 64, 22);
        assertThat(buckets.submissions.stream().map(each -> each.batch().sequence()))
                .containsExactly(1L, 2L, 3L, 4L);
    }

    @Test
    void lazyCommandsRideAlongWithUrgentOnes() {
        submit(lane, 1, false);
        time.pass(10);
        assertThat(buckets.submissions).isEmpty();
        submit(lane, 1, true);
        time.pass(1);
        assertThat(batchSizes()).containsExactly(2);

        submit(lane, 1, false);
        time.pass(25);
        assertThat(batchSizes()).as("or go by themselves in the end").containsExactly(2, 1);
    }

    @Test
    void aBatchHasABoundInBytes() {
        Message large = new Message("t", new byte[200_000], QoS.AT_LEAST_ONCE, false, Properties.EMPTY, 0, 1);
        time.turn(() -> {
            for (int i = 0; i < 3; i++) {
                lane.submit(new Command.Append(large, "p", null), true, result -> {});
            }
        });
        time.pass(20);

        assertThat(batchSizes()).containsExactly(1, 1, 1);
    }

    @Test
    void whatClientsPutIntoCommandsCountsWhateverTheyAsk() {
        Message large = new Message("t", new byte[60_000], QoS.AT_LEAST_ONCE, false, Properties.EMPTY, 0, 1);
        String filter = "x".repeat(30_000);
        ShardAddress shard = new ShardAddress(1, 0);
        Subscription subscription = new Subscription(filter, QoS.AT_LEAST_ONCE, false, false, 0, 0);
        List<Command> commands = List.of(
                new Command.OpenSession("c", shard, false, 60, 10, new Will(large, 0, -1), Command.OpenSession.FIRST),
                new Command.Subscribe("c", 1, List.of(subscription)),
                new Command.Unsubscribe("c", 1, List.of(filter)),
                new Command.Retain(large, null),
                new Command.Enqueue(
                        "c", 1, List.of(new Command.Enqueue.Item(large, QoS.AT_LEAST_ONCE, true, new int[0]))),
                new SharedCommand.HandOver(filter, "c", 1, large, Origin.ofOutbox(0, 1, 1)),
                new SharedCommand.GiveBack(filter, "c", 1, List.of(large), false, null));
        NodeSettings settings = SETTINGS.with(new NodeSettings.Waiting(16_384, 100_000, 1L << 40));

        for (Command command : commands) {
            Lane bounded = lane(settings);
            time.turn(() -> {
                bounded.submit(command, true, result -> {});
                assertThat(bounded.congestion())
                        .as("one %s", command.getClass())
                        .isNull();
                bounded.submit(command, true, result -> {});
                assertThat(bounded.congestion())
                        .as("two %s", command.getClass())
                        .isSameAs(bounded);
            });
        }
    }

    @Test
    void resultsComeInTheOrderOfTheCommands() {
        List<Integer> order = new ArrayList<>();
        time.turn(() -> {
            for (int i = 0; i < 100; i++) {
                int number = i;
                lane.submit(tick(), i % 3 == 0, result -> order.add(number));
            }
        });
        time.pass(50);

        assertThat(order).isEqualTo(IntStream.range(0, 100).boxed().toList());
    }

    @Test
    void backingOffGrowsToATenthOfASecondAndLaterToHalf() {
        buckets.script = submission -> Fault.REQUEST_LOST;
        submit(lane, 1, true);
        List<Integer> attemptsByTime = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            time.pass(100);
            attemptsByTime.add(buckets.submissions.size());
        }

        assertThat(attemptsByTime.get(39) - attemptsByTime.get(29)).isBetween(9, 10);
        assertThat(attemptsByTime.get(99) - attemptsByTime.get(89)).isEqualTo(2);
        assertThat(buckets.submissions).hasSizeBetween(50, 65);
        Batch first = buckets.submissions.get(0).batch();
        assertThat(buckets.submissions).allMatch(each -> each.batch() == first);
    }

    @Test
    void acknowledgementsOfASessionAreMergedAndGoFirst() {
        List<long[]> received = new ArrayList<>();
        Acknowledgements of = new Acknowledgements(lane, "c", 7, (sequences, result) -> {
            received.add(sequences);
            assertThat(result).isInstanceOf(Result.Fenced.class);
        });
        time.turn(() -> {
            of.released(3);
            of.released(1);
            lane.submit(tick(), false, result -> {});
            of.received(9);
            of.received(8);
        });
        time.pass(2);

        assertThat(batchSizes()).containsExactly(2);
        Command.Acknowledge command = (Command.Acknowledge)
                buckets.submissions.get(0).batch().commands().get(0);
        assertThat(command.released()).containsExactly(1, 3);
        assertThat(command.received()).containsExactly(8, 9);
        assertThat(received).hasSize(1);
        assertThat(received.get(0)).as("in the order in which they came").containsExactly(9, 8);
    }

    @Test
    void flushedAcknowledgementsStayBeforeWhatFollows() {
        Acknowledgements of = new Acknowledgements(lane, "c", 7, (sequences, result) -> {});
        time.turn(() -> {
            lane.submit(tick(), true, result -> {});
            of.released(1);
            of.flush();
            lane.submit(new Command.CloseSession("c", 7, -1, false, 0), true, result -> {});
        });
        time.pass(5);

        assertThat(buckets.submissions.get(0).batch().commands().stream()
                        .map(Command::getClass)
                        .toList())
                .isEqualTo(List.of(Command.Tick.class, Command.Acknowledge.class, Command.CloseSession.class));
    }

    @Test
    void manyAcknowledgingSessionsDoNotStarveOtherCommands() {
        time.turn(() -> {
            for (int i = 0; i < 500; i++) {
                new Acknowledgements(lane, "c" + i, 7, (sequences, result) -> {}).released(1);
            }
        });
        submit(lane, 100, true);
        time.pass(1);

        TestBuckets.Submission first = buckets.submissions.get(0);
        assertThat(first.batch().commands().stream().filter(Command.Tick.class::isInstance))
                .hasSizeGreaterThanOrEqualTo(32);
        time.pass(50);
        assertThat(buckets.commands(Command.Acknowledge.class)).hasSize(500);
    }

    @Test
    void nothingIsActedOnWithoutTheLease() {
        List<Result> results = new ArrayList<>();
        time.turn(() -> lane.submit(tick(), true, results::add));
        time.pass(5);
        time.turn(() -> lane.submit(tick(), true, results::add));
        state.lease(NodeState.NO_LEASE, Long.MIN_VALUE);
        time.pass(10);

        assertThat(results).hasSize(1);
        assertThat(over).containsExactly("the lease is lost");
    }
}
