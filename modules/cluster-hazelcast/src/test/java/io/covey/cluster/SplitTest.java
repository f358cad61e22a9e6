package io.covey.cluster;

import static io.covey.cluster.TestCluster.append;
import static io.covey.cluster.TestCluster.hasBucket;
import static io.covey.cluster.TestCluster.session;
import static org.assertj.core.api.Assertions.assertThat;

import io.covey.bucket.Bucket;
import io.covey.bucket.BucketVersion;
import io.covey.bucket.Command;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A split that leaves some partitions with none of their copies on the larger side, in memory. */
@Timeout(180)
class SplitTest {
    @Test // I1
    void whatOnlyTheSmallerSideHadComesBackOnceAllButTheBackupsAreThere() {
        try (TestCluster cluster = TestCluster.of(5, 1, TestMember.APART)) {
            int lost = away(cluster);
            TestMember owner = cluster.owner(lost);
            List<TestMember> smaller = List.of(owner, cluster.backup(lost));
            List<TestMember> byAge = TestMember.byAge(cluster.members);
            List<TestMember> larger = new ArrayList<>(byAge);
            larger.removeAll(smaller);
            Map<Integer, BucketVersion> confirmed = new HashMap<>();
            for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
                session(owner, partition, "client-" + partition, "a");
                owner.confirm(partition, append("a/b", partition));
                confirmed.put(partition, cluster.version(partition));
            }

            Replicas.split(byAge, smaller);
            TestMember stays = larger.get(0);
            stays.await(() -> stays.view.nodes().size() == 3
                    && larger.stream().anyMatch(member -> Replicas.isReplica(member, lost, 0)));
            assertThat(larger).noneMatch(member -> hasBucket(member, lost));

            Replicas.heal(smaller);
            for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
                assertThat(cluster.version(partition)).isGreaterThanOrEqualTo(confirmed.get(partition));
            }
            stays.confirm(lost, append("a/b", 2));
            assertThat(cluster.version(lost).number())
                    .isEqualTo(confirmed.get(lost).number() + 1);
            cluster.atRest();
            cluster.awaitEqualReplicas();
        }
    }

    /** Hazelcast tells that it has merged also where it has not brought everything. */
    @Test // I1
    void aNodeCountsOnlyWhenTheOwnersHaveWhatAMergeDidNotBring() {
        try (TestCluster cluster = TestCluster.of(5, 1, TestMember.APART)) {
            List<TestMember> byAge = TestMember.byAge(cluster.members);
            List<TestMember> smaller = twoThatShareWithOthers(byAge);
            List<TestMember> larger = new ArrayList<>(byAge);
            larger.removeAll(smaller);
            List<Integer> ahead = onBoth(smaller, larger);
            Replicas.split(byAge, smaller);
            TestMember stays = byAge.get(0);
            stays.await(() -> stays.view.nodes().size() == 3
                    && smaller.stream().allMatch(each -> each.view.nodes().size() == 2));
            for (int partition : ahead) {
                stays.await(() -> larger.stream().anyMatch(each -> owns(each, partition)));
                smaller.get(0).confirm(partition, new Command.Tick());
            }
            Map<Integer, BucketVersion> confirmed = new HashMap<>();
            ahead.forEach(partition -> confirmed.put(partition, Replicas.of(smaller, partition, 0, Bucket::version)));

            ConcurrentLinkedQueue<Integer> found = new ConcurrentLinkedQueue<>();
            for (TestMember each : smaller) {
                Replicas.mergeFails(each);
                each.whenFormed = () -> ahead.forEach(partition -> found.add(each.node
                        .buckets()
                        .map()
                        .executeOnKey(
                                each.node.buckets().key(partition), new LookProcessor(confirmed.get(partition)))));
            }
            Replicas.heal(smaller);

            stays.await(() -> found.size() == 2 * ahead.size());
            assertThat(found).as("owner and backups have it by then").containsOnly(LookProcessor.THERE);
        }
    }

    /** Of what is told on both sides of a split, Hazelcast keeps the larger side's word. */
    @Test
    void whatANodeHasToTellOfItsDiskIsToldAgainAfterAMerge() {
        try (TestCluster cluster = TestCluster.of(3, 1, TestMember.APART)) {
            List<TestMember> byAge = TestMember.byAge(cluster.members);
            TestMember apart = byAge.get(2);
            TestMember stays = byAge.get(0);
            apart.node.storageFull(true);
            stays.await(() -> stays.full);
            Replicas.split(byAge, List.of(apart));
            stays.await(() -> !stays.full && apart.view.nodes().size() == 1);
            apart.node.storageFull(false);
            apart.await(() -> !apart.full);

            Replicas.heal(List.of(apart));
            stays.await(() -> stays.view.nodes().contains(apart.incarnation));
            stays.await(() -> Boolean.FALSE.equals(Replicas.hazelcast(stays)
                    .getMap(HazelcastConfiguration.CLUSTER)
                    .get(HazelcastMembership.FULL_PREFIX + Replicas.nodeId(apart))));
            stays.await(() -> !stays.full && !apart.full);
            cluster.atRest();

            Replicas.split(byAge, List.of(apart));
            apart.await(() -> apart.view.nodes().size() == 1);
            apart.node.storageFull(true);
            Replicas.heal(List.of(apart));
            stays.await(() -> stays.full && apart.full);
        }
    }

    /** Two members, the oldest not among them, one of which has a partition together with one of the others. */
    private static List<TestMember> twoThatShareWithOthers(List<TestMember> byAge) {
        for (int i = 1; i < byAge.size(); i++) {
            for (int j = i + 1; j < byAge.size(); j++) {
                List<TestMember> two = List.of(byAge.get(i), byAge.get(j));
                List<TestMember> others = new ArrayList<>(byAge);
                others.removeAll(two);
                if (!onBoth(two, others).isEmpty()) {
                    return two;
                }
            }
        }
        throw new AssertionError("no partition has two replicas");
    }

    private static List<Integer> onBoth(List<TestMember> one, List<TestMember> other) {
        return IntStream.range(0, TestMember.PARTITIONS)
                .filter(partition -> isOn(one, partition) && isOn(other, partition))
                .boxed()
                .toList();
    }

    private static boolean isOn(List<TestMember> side, int partition) {
        return side.stream()
                .anyMatch(each -> Replicas.isReplica(each, partition, 0) || Replicas.isReplica(each, partition, 1));
    }

    private static boolean owns(TestMember member, int partition) {
        return Replicas.isReplica(member, partition, 0) && hasBucket(member, partition);
    }

    /** A partition without a replica at the oldest member, which stays on the larger side. */
    private static int away(TestCluster cluster) {
        TestMember oldest = cluster.oldest();
        return IntStream.range(0, TestMember.PARTITIONS)
                .filter(partition -> cluster.owner(partition) != oldest && cluster.backup(partition) != oldest)
                .findFirst()
                .orElseThrow();
    }
}
