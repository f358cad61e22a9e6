package io.covey.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hazelcast.core.LifecycleEvent;
import io.covey.bucket.Bucket;
import io.covey.bucket.Command;
import io.covey.bucket.Standing;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The first formation of a cluster, which is the only one. */
@Timeout(180)
class FormationTest {
    private final List<TestMember> members = new ArrayList<>();

    @AfterEach
    void stop() {
        members.forEach(TestMember::close);
    }

    private TestMember start(ClusterSettings settings) {
        TestMember member = new TestMember(settings);
        members.add(member);
        return member;
    }

    /** Starts members and waits until they have formed the cluster and are at rest. */
    private void startTogether(List<ClusterSettings> settings) {
        members.addAll(TestMember.startAll(settings));
    }

    private static Formation formation(TestMember member, Consumer<List<Long>> formed) {
        return new Formation(
                Replicas.hazelcast(member),
                member.node.buckets(),
                member.settings,
                ClusterStorage.none(),
                Replicas.nodeId(member),
                formed,
                foreign -> {});
    }

    @Test
    void oneOfThreeFormsNothingTwoDoAndTheThirdFindsItFormed() throws Exception {
        List<ClusterSettings> settings = TestMember.settings(3, 3, 1);
        TestMember first = start(settings.get(0));
        first.await(() -> first.owned.length == TestMember.PARTITIONS);
        Answers early = first.attempt(0, first.batch(0, new Command.Tick()), false);
        assertThat(early).isNotInstanceOf(Answers.Confirmed.class);
        assertThat(TestCluster.hasBucket(first, 0)).isFalse();
        first.await(() -> first.node.waitsFor().contains("1 of 2 members are here"));
        assertThat(first.formed).isNotDone();

        TestMember second = start(settings.get(1));
        first.awaitFormed();
        second.awaitFormed();
        second.confirm(0, new Command.Tick());

        TestMember third = start(settings.get(2));
        third.awaitFormed();
        third.confirm(0, new Command.Tick());
        TestMember.atRest(members);
        assertThat(Replicas.of(members, 0, 0, Bucket::version).number()).isEqualTo(2);
    }

    @Test
    void oneThatIsToHaveABackupSaysThatItWaitsForAnother() {
        TestMember alone = start(TestMember.settings(1, 1, 1).get(0));

        alone.await(() -> alone.node.waitsFor().contains("cluster.backup-count=1 needs 2 members, and 1 is here"));
        assertThat(alone.formed).isNotDone();
    }

    @Test
    void aFormationThatWasLeftHalfMadeIsFinishedByWhoeverIsOldest() throws Exception {
        List<ClusterSettings> settings = TestMember.settings(2, 3, 1);
        startTogether(settings);
        TestMember any = members.get(0);
        // As it is when the oldest member dies between two buckets.
        any.node.buckets().map().delete(any.node.buckets().key(3));
        Replicas.hazelcast(any).getMap(HazelcastConfiguration.CLUSTER).set("formation", "forming");
        any.await(() -> members.stream()
                .anyMatch(member -> formation(member, earlier -> {}).runOnce()));

        any.confirm(3, new Command.Tick());
    }

    @Test
    void bucketsInUseAreNeverMadeAnewEvenWhereTheMarkIsLost() throws Exception {
        List<ClusterSettings> settings = TestMember.settings(2, 3, 1);
        startTogether(settings);
        TestMember any = members.get(0);
        any.confirm(0, new Command.Tick());
        any.node.buckets().map().delete(any.node.buckets().key(3));
        Replicas.hazelcast(any).getMap(HazelcastConfiguration.CLUSTER).delete("formation");

        any.await(() -> members.stream()
                        .filter(member -> formation(member, earlier -> {}).runOnce())
                        .count()
                == members.size());

        assertThat(any.answer(3, any.batch(3, new Command.Tick()), new Answers.Unknown("bucket missing")))
                .isEqualTo(new Answers.Unknown("bucket missing"));
        assertThat(members).noneMatch(member -> TestCluster.hasBucket(member, 3));
    }

    @Test
    void theOneThatIsLeftBeforeItTookPartitionsTakesThemAndKeepsTheMarkOfTheFormation() throws Exception {
        List<ClusterSettings> settings = TestMember.settings(3, 1, 0);
        TestMember first = start(settings.get(0));
        first.awaitFormed();
        TestMember second = TestMember.withoutLease(settings.get(1));
        members.add(second);
        second.awaitFormed();
        assertThat(second.owned).isEmpty();

        first.crash();
        second.await(() -> second.owned.length == TestMember.PARTITIONS);
        second.lease = () -> true;

        TestMember third = start(settings.get(2));
        third.awaitFormed();
        // What the first one had is gone, and is not made anew.
        assertThat(third.answer(0, third.batch(0, new Command.Tick()), new Answers.Unknown("bucket missing")))
                .isEqualTo(new Answers.Unknown("bucket missing"));
    }

    /** The incarnation that begins announced itself on its side of the split only. */
    @Test
    void aMergeThatFallsBetweenTwoIncarnationsIsToldToTheNext() throws Exception {
        TestMember member = start(TestMember.settings(1, 1, 0).get(0));
        member.awaitFormed();
        member.node.begin(7);

        member.node.lifecycle(new LifecycleEvent(LifecycleEvent.LifecycleState.MERGED));
        assertThat(member.restarts).isEmpty();
        member.node.attach(departure -> Standing.ALONE, member);

        member.await(() -> !member.restarts.isEmpty());
        assertThat(member.restarts).hasSize(1);
    }

    @Test
    void aPortThatIsInUseIsAnErrorAndNotAnotherPort() throws Exception {
        ClusterSettings settings = TestMember.settings(1, 1, 0).get(0);
        try (ServerSocket taken = new ServerSocket()) {
            taken.bind(new InetSocketAddress("127.0.0.1", settings.port()));

            assertThatThrownBy(() -> start(settings))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("127.0.0.1:" + settings.port());
        }
        try (ServerSocket taken = new ServerSocket()) {
            taken.bind(new InetSocketAddress("127.0.0.1", settings.eventBusPort()));

            assertThatThrownBy(() -> start(settings))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("127.0.0.1:" + settings.eventBusPort());
        }
        TestMember free = start(settings);
        free.awaitFormed();
        assertThat(Replicas.hazelcast(free)
                        .getCluster()
                        .getLocalMember()
                        .getAddress()
                        .getPort())
                .isEqualTo(settings.port());
        free.confirm(0, new Command.Tick());
    }
}
