package io.covey.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
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

            assertThat(leaving.owned).isEmpty();
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
