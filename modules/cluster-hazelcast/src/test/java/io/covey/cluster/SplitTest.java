package io.covey.cluster;

import static io.covey.cluster.TestCluster.append;
import static io.covey.cluster.TestCluster.hasBucket;
import static io.covey.cluster.TestCluster.session;
import static io.covey.cluster.TestCluster.version;
import static org.assertj.core.api.Assertions.assertThat;

import io.covey.bucket.BucketVersion;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A split that leaves some partitions with none of their copies on the larger side, in memory. */
@Timeout(180)
class SplitTest {
    @Test // I1
    void whatOnlyTheSmallerSideHadComesBackOnceAllButTheBackupsAreThere() {
        try (TestCluster cluster = TestCluster.of(5, 1)) {
            int lost = away(cluster);
            TestMember owner = cluster.owner(lost);
            List<TestMember> smaller = List.of(owner, cluster.backup(lost));
            List<TestMember> byAge = new ArrayList<>(cluster.members);
            byAge.sort(Comparator.comparing(member -> owner.view.nodes().indexOf(member.incarnation)));
            List<TestMember> larger = new ArrayList<>(byAge);
            larger.removeAll(smaller);
            Map<Integer, BucketVersion> confirmed = new HashMap<>();
            for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
                session(owner, partition, "client-" + partition, "a");
                owner.confirm(partition, append("a/b", partition));
                confirmed.put(partition, version(cluster.owner(partition), partition));
            }

            Replicas.split(byAge, smaller);
            TestMember stays = larger.get(0);
            stays.await(() -> stays.view.nodes().size() == 3
                    && larger.stream().anyMatch(member -> Replicas.isReplica(member, lost, 0)));
            assertThat(larger).noneMatch(member -> hasBucket(member, lost));

            stays.await(() -> {
                cluster.members.stream()
                        .filter(member -> member.restarts.poll() != null)
                        .forEach(TestMember::begin);
                return cluster.members.stream()
                        .allMatch(member -> member.view.nodes().size() == 5
                                && member.view.nodes().containsAll(cluster.incarnations()));
            });
            for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
                int each = partition;
                stays.await(() -> hasBucket(cluster.owner(each), each));
                assertThat(version(cluster.owner(each), each)).isGreaterThanOrEqualTo(confirmed.get(each));
            }
            stays.confirm(lost, append("a/b", 2));
            assertThat(version(cluster.owner(lost), lost).number())
                    .isEqualTo(confirmed.get(lost).number() + 1);
            stays.await(cluster::replicasAreEqual);
        }
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
