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

/** What holds for a member that comes to a cluster that is there already. */
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
        try (TestMember first = new TestMember(settings.get(0));
                TestMember second = new TestMember(settings.get(1))) {
            first.awaitFormed();
            second.awaitFormed();
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
        try (TestMember first = new TestMember(settings.get(0));
                TestMember second = new TestMember(settings.get(1))) {
            first.awaitFormed();
            second.awaitFormed();
            first.await(() -> first.node.replicasBehind().isEmpty());

            try (TestMember third = TestMember.withoutLease(settings.get(2))) {
                third.awaitFormed();
                for (int round = 0; round < 20; round++) {
                    for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
                        third.confirm(partition);
                        assertThat(Replicas.isReplica(third, partition, 0)).isFalse();
                        assertThat(Replicas.isReplica(third, partition, 1)).isFalse();
                    }
                }
                assertThat(third.node.replicasBehind()).isEqualTo("no partition has moved here yet");
                assertThat(first.node.replicasBehind()).isEmpty();

                third.lease = () -> true;
                third.await(() -> third.owned.length > 0);
                third.await(() -> third.node.replicasBehind().isEmpty());
            }
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
            int partition = moved.get(30, TimeUnit.SECONDS);

            TestMember sender = members.stream()
                    .filter(member -> member != leaving
                            && member.incarnation != byAge.get(0)
                            && !Replicas.isReplica(member, partition, 0))
                    .findFirst()
                    .orElseThrow();
            Batch batch = sender.batch(partition, TestCluster.append("a/b", 1));
            long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(8);
            Answers answer = sender.attempt(partition, batch, false);
            while (!(answer instanceof Answers.Confirmed) && System.nanoTime() < limit) {
                answer = sender.attempt(partition, batch, false);
            }
            assertThat(answer).isInstanceOf(Answers.Confirmed.class);

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
            HandOver other = members.get(1).node.handOver();
            other.begin();
            members.get(1).await(other::isWithoutData);
            TestMember leaving = members.get(0);

            leaving.node.handOver().begin(); // refused: nobody would have data
            leaving.await(() -> leaving.node.handOver().refusals() > 0);
            try (TestMember heir = new TestMember(settings.get(2))) {
                heir.awaitFormed();
                leaving.await(leaving.node.handOver()::isWithoutData);
                assertThat(leaving.node.handOver().failure()).isEmpty();
                assertThat(leaving.load.bytes()).isZero();
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

            assertThat(members.get(1).node.handOver().heirs()).isZero();
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
