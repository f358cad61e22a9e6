package io.covey.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.broker.NodeMessage.RouteBatch;
import io.covey.broker.NodeMessage.RouteBatch.PartitionDelta;
import io.covey.broker.NodeMessage.RouteBatch.ShardDelta;
import io.covey.broker.NodeMessage.RouteDigest;
import io.covey.broker.NodeMessage.RouteSet;
import io.covey.bucket.Result;
import io.covey.routing.RouteTableWriter;
import io.covey.routing.ShardAddress;
import io.covey.routing.ShardRoute;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RouteIntakeTest {
    private static final int PARTITIONS = 4;
    private static final ShardAddress SHARD = new ShardAddress(2, 0);

    private final List<String> out = new ArrayList<>();
    private final RouteTableWriter writer = new RouteTableWriter();
    private final RouteIntake intake = new RouteIntake(PARTITIONS, writer, new RouteIntake.Output() {
        @Override
        public void confirm(long to, long number) {
            out.add("confirm " + number + " to " + to);
        }

        @Override
        public void readRoutes(int partition) {
            out.add("read " + partition);
        }

        @Override
        public void pull(long node) {
            out.add("pull " + node);
        }
    });
    private long now = 1_000;

    private void delta(long from, long number, int partition, long version, String... added) {
        PartitionDelta delta = new PartitionDelta(partition, version, List.of(added), List.of());
        intake.batch(new RouteBatch(from, number, List.of(delta), List.of()), now);
    }

    private void shardDelta(long number, long version, String... filters) {
        List<ShardRoute> routes = List.of(filters).stream()
                .map(filter -> new ShardRoute(filter, 3))
                .toList();
        intake.batch(new RouteBatch(2, number, List.of(), List.of(new ShardDelta(SHARD, version, routes))), now);
    }

    private void later(int millis) {
        for (int i = 0; i < millis; i += 20) {
            now += 20;
            intake.tick(now);
        }
    }

    @Test
    void changesOfOnePartitionThatOvertakeEachOtherAreTakenInOrder() {
        delta(2, 1, 0, 2, "b");
        delta(3, 1, 0, 4, "d");
        assertThat(out).isEmpty();
        delta(3, 2, 0, 1, "a");
        assertThat(out).containsExactly("confirm 1 to 2", "confirm 2 to 3");
        delta(2, 2, 0, 3, "c");

        assertThat(writer.version(0)).isEqualTo(4);
        assertThat(writer.current().filters()).isEqualTo(4);
        assertThat(out).contains("confirm 1 to 3", "confirm 2 to 2");
        later(500);
        assertThat(out).hasSize(4);
    }

    @Test
    void whatStaysMissingIsReadFromTheBucket() {
        delta(2, 1, 0, 3, "c");
        later(RouteIntake.GAP_WAIT_MILLIS - 20);
        assertThat(out).isEmpty();
        later(400);
        assertThat(out).containsExactly("read 0");

        intake.partitionRead(0, new Result.Routes(2, List.of("a", "b")), now);

        assertThat(writer.version(0)).isEqualTo(3);
        assertThat(writer.current().filters()).isEqualTo(3);
        assertThat(out).containsExactly("read 0", "confirm 1 to 2");
    }

    @Test
    void aDeltaWithoutChangesDemandsItsVersion() {
        delta(2, 1, 0, 1, "a");
        delta(2, 2, 0, 1);
        delta(2, 3, 0, 2);
        assertThat(out).containsExactly("confirm 1 to 2", "confirm 2 to 2");
        later(200);
        assertThat(out).contains("read 0");

        intake.partitionRead(0, new Result.Routes(2, List.of("a", "b")), now);

        assertThat(out).contains("confirm 3 to 2");
    }

    @Test
    void aBatchThatIsResentIsConfirmedAgain() {
        delta(2, 1, 0, 1, "a");
        delta(2, 1, 0, 1, "a");

        assertThat(out).containsExactly("confirm 1 to 2", "confirm 1 to 2");
    }

    @Test
    void withoutTheLeaseABatchIsConfirmedAsItIs() {
        PartitionDelta delta = new PartitionDelta(0, 3, List.of("c"), List.of());
        intake.batchWithoutLease(new RouteBatch(2, 7, List.of(delta), List.of()), now);

        assertThat(out).containsExactly("confirm 7 to 2");
    }

    @Test
    void catchingUpTakesAllPartitionsAndAllShardsOfAllNodes() {
        intake.catchUp(List.of(2L, 3L), now);
        assertThat(out).containsExactly("read 0", "read 1", "read 2", "read 3", "pull 2", "pull 3");
        for (int partition = 0; partition < PARTITIONS; partition++) {
            assertThat(intake.isCaughtUp()).isFalse();
            intake.partitionRead(partition, new Result.Routes(0, List.of()), now);
        }
        intake.set(new RouteSet(SHARD, 2, 5, 0, 2, List.of(new ShardRoute("a", 3))), now);
        intake.set(new RouteSet(new ShardAddress(2, 1), 2, 0, 0, 1, List.of()), now);
        intake.departed(3);
        assertThat(intake.isCaughtUp()).as("a part is missing").isFalse();

        later(RouteIntake.PULL_AGAIN_MILLIS);
        assertThat(out).endsWith("pull 2");
        intake.set(new RouteSet(SHARD, 2, 5, 1, 2, List.of(new ShardRoute("b", 3))), now);

        assertThat(intake.isCaughtUp()).isTrue();
        assertThat(writer.version(SHARD)).isEqualTo(5);
        assertThat(writer.current().filters()).isEqualTo(2);
    }

    @Test
    void partsOfAnOlderVersionAreNotMixedWithThoseOfANewer() {
        intake.set(new RouteSet(SHARD, 1, 5, 0, 2, List.of(new ShardRoute("a", 3))), now);
        intake.set(new RouteSet(SHARD, 1, 6, 1, 2, List.of(new ShardRoute("y", 3))), now);
        intake.set(new RouteSet(SHARD, 1, 5, 1, 2, List.of(new ShardRoute("b", 3))), now);
        assertThat(writer.version(SHARD)).isZero();
        intake.set(new RouteSet(SHARD, 1, 6, 0, 2, List.of(new ShardRoute("x", 3))), now);

        assertThat(writer.routes(SHARD)).containsExactly(new ShardRoute("x", 3), new ShardRoute("y", 3));
    }

    @Test
    void whatStaysMissingOfAShardIsAskedOfItsNode() {
        shardDelta(1, 2, "b");
        later(RouteIntake.GAP_WAIT_MILLIS);
        assertThat(out).containsExactly("pull 2");
        intake.set(new RouteSet(SHARD, 1, 1, 0, 1, List.of(new ShardRoute("a", 3))), now);

        assertThat(writer.version(SHARD)).isEqualTo(2);
        assertThat(out).containsExactly("pull 2", "confirm 1 to 2");
    }

    @Test
    void aDepartedNodesRoutesAndDemandsAreForgotten() {
        shardDelta(1, 1, "a");
        shardDelta(2, 3, "c");
        out.clear();
        intake.departed(2);
        later(1_000);

        assertThat(out).isEmpty();
        assertThat(writer.current().filters()).isZero();
    }

    @Test
    void digestsFindWhatWasLost() {
        delta(2, 1, 0, 1, "a");
        delta(2, 2, 1, 1, "b");
        shardDelta(3, 1, "s");
        out.clear();
        RouteDigest same = new RouteDigest(
                2,
                List.of(new RouteDigest.PartitionDigest(0, 1, writer.digest(0))),
                List.of(new RouteDigest.ShardDigest(SHARD, 1, writer.digest(SHARD))),
                List.of());
        assertThat(intake.digest(same, now)).isZero();
        assertThat(out).isEmpty();

        RouteDigest other = new RouteDigest(
                2,
                List.of(
                        new RouteDigest.PartitionDigest(0, 1, writer.digest(0) + 1),
                        new RouteDigest.PartitionDigest(1, 4, 0),
                        new RouteDigest.PartitionDigest(2, 0, 0)),
                List.of(new RouteDigest.ShardDigest(SHARD, 1, writer.digest(SHARD) + 1)),
                List.of());
        assertThat(intake.digest(other, now)).isEqualTo(2);
        later(200);

        assertThat(out).containsExactly("read 0", "pull 2", "read 1");
    }
}
