package io.covey.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hazelcast.partition.MigrationListener;
import com.hazelcast.partition.MigrationState;
import com.hazelcast.partition.ReplicaMigrationEvent;
import io.covey.bucket.Batch;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What holds for a member that comes to a cluster that is there already. */
@Timeout(180)
class JoiningTest {
    @Test
    void aMemberThatDiffersInWhatMustBeTheSameDoesNotStart() {
        List<ClusterSettings> settings = TestMember.settings(2, 1, 0);
        try (TestMember first = new TestMember(settings.get(0))) {
            first.awaitFormed();
            ClusterSettings second = settings.get(1);
            ClusterSettings other = new ClusterSettings(
                    second.clusterName(),
                    second.host(),
                    second.port(),
                    second.eventBusPort(),
                    second.members(),
                    second.expectedMembers(),
                    second.minimumMembers(),
                    second.partitionCount(),
                    second.backupCount(),
                    second.backupsRequired(),
                    second.bucketLimits(),
                    second.timing().withLease(4_000));

            assertThatThrownBy(() -> new TestMember(other))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("cluster.lease is 4000 here and 5000 at the member [127.0.0.1]:" + first.settings.port()
                            + "; it must be the same on every node");
            first.await(() -> first.view.nodes().size() == 1);
        }
    }

    @Test
    void whatMovedToANewMemberDoesNotCountWhereItWas() {
        List<ClusterSettings> settings = TestMember.settings(3, 2, 1);
        List<TestMember> members = TestMember.startAll(settings.subList(0, 2));
        TestMember first = members.get(0);
        TestMember second = members.get(1);
        try {
            for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
                TestCluster.session(first, partition, "client-" + partition, "a");
            }
            long twice = first.load.bytes() + second.load.bytes();
            assertThat(first.load.bytes()).isEqualTo(twice / 2).isPositive();

            try (TestMember third = new TestMember(settings.get(2))) {
                third.awaitFormed();
                third.await(() -> {
                    // A replica is counted with its next batch.
                    for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
                        first.confirm(partition);
                    }
                    return third.load.bytes() > 0
                            && first.load.bytes() + second.load.bytes() + third.load.bytes() == twice;
                });
            }
        } finally {
            members.forEach(TestMember::close);
        }
    }

    @Test
    void allPartitionsHaveTheirCopiesBeforeAMemberCountsAsInSyncAndAfterItHasHandedItsOver() throws Exception {
        List<ClusterSettings> settings = TestMember.settings(3, 3, 1);
        List<TestMember> members = TestMember.startAll(settings);
        try {
            TestMember leaving = members.get(2);
            for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
                TestCluster.session(leaving, partition, "client-" + partition, "a");
            }
            for (TestMember member : members) {
                member.await(() -> member.node.replicasBehind().isEmpty());
            }
            HandOver handOver = leaving.node.handOver();
            assertThat(handOver.heirs()).isEqualTo(2);
            assertThat(handOver.isWithoutData()).isFalse();

            handOver.begin();
            leaving.await(handOver::isWithoutData);
            leaving.await(() -> handOver.behind().isEmpty());

            leaving.await(() -> leaving.owned.length == 0); // told by the member's own thread
            assertThat(handOver.failure()).isEmpty();
            for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
                assertThat(Replicas.isReplica(leaving, partition, 0)).isFalse();
                // The member without data reaches the buckets as before.
                leaving.confirm(partition, TestCluster.append("a/b", partition));
            }
        } finally {
            members.forEach(TestMember::close);
        }
    }

    @Test
    void nothingMovesToAMemberBeforeItsNodeMayServeIt() {
        List<ClusterSettings> settings = TestMember.settings(3, 2, 1);
        List<TestMember> members = TestMember.startAll(settings.subList(0, 2));
        TestMember first = members.get(0);
        try {
            first.await(() -> first.node.replicasBehind().isEmpty());

            long begunNanos = System.nanoTime();
            try (TestMember third = TestMember.withoutLease(settings.get(2))) {
                third.awaitFormed();
                for (int round = 0; round < 20; round++) {
                    for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
                        third.confirm(partition);
                    }
                    String behindThere = third.node.replicasBehind();
                    String behind = first.node.replicasBehind();
                    if (System.nanoTime() - begunNanos > Promotion.UNLEASED_NANOS_MAX) {
                        break; // on a machine that stood still for so long it may take them without
                    }
                    assertThat(behindThere).isEqualTo("no partition has moved here yet");
                    assertThat(behind).isEmpty();
                }

                third.lease = () -> true;
                third.await(() -> third.owned.length > 0);
                third.await(() -> third.node.replicasBehind().isEmpty());
            }
        } finally {
            members.forEach(TestMember::close);
        }
    }

    @Test
    void aPartitionThatHasMovedIsServedWhileTheNextIsOnItsWay() throws Exception {
        List<ClusterSettings> settings = TestMember.settings(4, 4, 1);
        List<TestMember> members = TestMember.startAll(settings);
        CountDownLatch goOn = new CountDownLatch(1);
        try {
            List<Long> byAge = members.get(0).view.nodes();
            // Partitions may still move, one at a time.
            Supplier<Optional<TestMember>> withSeveral = () -> members.stream()
                    .filter(member -> member.incarnation != byAge.get(0) && member.owned.length > 1)
                    .findFirst();
            members.get(0).await(() -> withSeveral.get().isPresent());
            TestMember leaving = withSeveral.get().orElseThrow();
            CompletableFuture<Integer> moved = new CompletableFuture<>();
            Replicas.hazelcast(leaving).getPartitionService().addMigrationListener(new AfterTheFirst(partition -> {
                if (moved.complete(partition)) {
                    for (int each = 0; each < TestMember.PARTITIONS; each++) {
                        Replicas.block(leaving, each, goOn);
                    }
                }
            }));

            leaving.node.handOver().begin();
            int partition = moved.get(TestMember.WAIT_SECONDS, TimeUnit.SECONDS);

            TestMember sender = members.stream()
                    .filter(member -> member != leaving
                            && member.incarnation != byAge.get(0)
                            && !Replicas.isReplica(member, partition, 0))
                    .findFirst()
                    .orElseThrow();
            Batch batch = sender.batch(partition, TestCluster.append("a/b", 1));
            // What moves next waits for the latch, and Hazelcast tells nobody before that has moved.
            sender.confirm(partition, batch);
            assertThat(goOn.getCount()).isEqualTo(1);

            goOn.countDown();
            leaving.await(leaving.node.handOver()::isWithoutData);
        } finally {
            goOn.countDown();
            members.forEach(TestMember::close);
        }
    }

    @Test
    void aHandOverThatIsRefusedIsTriedAgain() {
        List<ClusterSettings> settings = TestMember.settings(3, 2, 1);
        List<TestMember> members = TestMember.startAll(settings.subList(0, 2));
        try {
            TestMember leaving = members.get(0);
            TestCluster.session(leaving, 0, "client", "a");
            HandOver other = members.get(1).node.handOver();
            other.begin();
            members.get(1).await(other::isWithoutData);
            assertThat(leaving.load.bytes()).isPositive();
            try (TestMember heir = TestMember.withoutLease(settings.get(2))) {
                heir.awaitFormed();

                leaving.node.handOver().begin(); // refused: nobody would have data
                leaving.await(() -> leaving.node.handOver().refusals() > 0);
                heir.lease = () -> true;

                leaving.await(leaving.node.handOver()::isWithoutData);
                assertThat(leaving.node.handOver().failure()).isEmpty();
                leaving.await(() -> leaving.load.bytes() == 0); // the member's own thread finds out
            }
        } finally {
            members.forEach(TestMember::close);
        }
    }

    /** Hears of each owner that has moved. */
    private record AfterTheFirst(IntConsumer moved) implements MigrationListener {
        @Override
        public void replicaMigrationCompleted(ReplicaMigrationEvent event) {
            if (event.getReplicaIndex() == 0) {
                moved.accept(event.getPartitionId());
            }
        }

        @Override
        public void migrationStarted(MigrationState state) {}

        @Override
        public void migrationFinished(MigrationState state) {}

        @Override
        public void replicaMigrationFailed(ReplicaMigrationEvent event) {}
    }

    @Test
    void aMemberThatLeavesBeforeItHasTakenPartitionsTakesNone() {
        List<ClusterSettings> settings = TestMember.settings(2, 1, 0);
        try (TestMember first = new TestMember(settings.get(0))) {
            first.awaitFormed();
            try (TestMember second = TestMember.withoutLease(settings.get(1))) {
                second.awaitFormed();

                second.node.handOver().begin();
                second.lease = () -> true;
                // Whatever lets it take partitions has ended.
                second.await(() -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().equals("covey-promotion")));

                assertThat(second.node.handOver().isWithoutData()).isTrue();
                second.confirm(0);
                assertThat(first.owned).hasSize(TestMember.PARTITIONS);
            }
        }
    }

    @Test
    void aMemberWhoseOnlyOthersLeaveTooHasNoHeir() {
        List<ClusterSettings> settings = TestMember.settings(2, 2, 1);
        List<TestMember> members = TestMember.startAll(settings);
        try {
            members.get(0).node.handOver().announce();

            // Who is not told in time by a map that does not answer takes the other one for an heir.
            members.get(1).await(() -> members.get(1).node.handOver().heirs() == 0);
            assertThat(members.get(0).node.handOver().heirs()).isEqualTo(1);
        } finally {
            members.forEach(TestMember::close);
        }
    }

    @Test
    void aReplicaThatDoesNotFollowIsNotInSync() {
        List<ClusterSettings> settings = TestMember.settings(2, 2, 1);
        List<TestMember> members = TestMember.startAll(settings);
        try {
            TestMember one = members.get(0);
            one.await(() -> one.node.replicasBehind().isEmpty());
            members.get(1).crash();
            one.await(() -> one.view.nodes().size() == 1);

            one.await(() -> one.node
                    .replicasBehind()
                    .equals(TestMember.PARTITIONS + " of " + TestMember.PARTITIONS
                            + " partitions do not have their 1 backups yet"));
        } finally {
            members.get(0).close();
        }
    }
}
