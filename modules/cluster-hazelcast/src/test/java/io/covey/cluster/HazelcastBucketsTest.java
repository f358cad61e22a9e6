package io.covey.cluster;

import static io.covey.cluster.TestCluster.append;
import static io.covey.cluster.TestCluster.deliveries;
import static io.covey.cluster.TestCluster.digest;
import static io.covey.cluster.TestCluster.hasBucket;
import static io.covey.cluster.TestCluster.open;
import static io.covey.cluster.TestCluster.session;
import static io.covey.cluster.TestCluster.version;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.covey.broker.NodeMessage;
import io.covey.bucket.Batch;
import io.covey.bucket.BatchResult;
import io.covey.bucket.Bucket;
import io.covey.bucket.BucketVersion;
import io.covey.bucket.Command;
import io.covey.bucket.Refusal;
import io.covey.bucket.Result;
import io.covey.bucket.Standing;
import io.covey.protocol.ByteReader;
import io.covey.routing.ShardAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Batches on three healthy members with one backup. A partition that a test leaves as it must not be is its own. */
@Timeout(180)
class HazelcastBucketsTest {
    private static TestCluster cluster;

    @BeforeAll
    static void start() {
        cluster = TestCluster.of(3, 1);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    /** Where a test before has made replicas differ, Hazelcast may be copying them anew: meanwhile their partition is not served. */
    @BeforeEach
    void replicasAreAtRest() {
        cluster.atRest();
    }

    @AfterEach
    void noBucketFailed() {
        assertThat(cluster.members)
                .allSatisfy(member -> assertThat(member.halts).isEmpty());
    }

    @Test
    void confirmedBatchesOfAllSendersAreOnOwnerAndBackupAlike() {
        for (TestMember member : cluster.members) {
            session(member, 0, "client-" + member.incarnation, "all");
        }
        for (TestMember member : cluster.members) {
            BatchResult result = member.confirm(0, append("all/b", 1), append("all/b", 2));
            assertThat(((Result.Appended) result.results().get(1)).matched()).isEqualTo(3);
        }

        assertThat(version(cluster.owner(0), 0).number()).isEqualTo(9);
        assertThat(digest(cluster.owner(0), 0)).isEqualTo(digest(cluster.backup(0), 0));
    }

    @Test
    void theOwnedPartitionsOfAllMembersAreAllPartitionsOnce() {
        for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
            int looked = partition;
            assertThat(cluster.members.stream().filter(member -> member.owns(looked)))
                    .hasSize(1);
        }
    }

    @Test
    void aRepeatedBatchGetsTheFirstAnswerAndChangesNothing() {
        for (TestMember sender : List.of(cluster.bystander(1), cluster.owner(1))) {
            session(sender, 1, "client-" + sender.incarnation, "repeat");
            Batch batch = sender.batch(1, append("repeat/b", 1));
            BatchResult first = sender.confirm(1, batch);
            BucketVersion version = version(cluster.owner(1), 1);

            BatchResult repeat = sender.confirm(1, batch);

            assertThat(deliveries(repeat)).isEqualTo(deliveries(first));
            assertThat(version(cluster.owner(1), 1)).isEqualTo(version);
            assertThat(version(cluster.backup(1), 1)).isEqualTo(version);
        }
    }

    @Test
    void aBatchWithAGapBeforeItIsRefused() {
        TestMember sender = cluster.bystander(1);
        sender.confirm(1, new Command.Tick());
        sender.batch(1, new Command.Tick());

        Batch afterTheGap = sender.batch(1, new Command.Tick());

        assertThat(sender.answer(1, afterTheGap, new Answers.Refused(Refusal.SEQUENCE_GAP)))
                .isEqualTo(new Answers.Refused(Refusal.SEQUENCE_GAP));
        sender.reuse(1, 2);
    }

    @Test
    void aBackupThatDoesNotAnswerMakesTheFateUnknown() {
        TestMember sender = cluster.bystander(2);
        session(sender, 2, "client", "stuck");
        CountDownLatch stuck = Replicas.block(cluster.backup(2), 2);
        Batch batch = sender.batch(2, append("stuck/b", 1));

        try {
            assertThat(sender.attempt(2, batch, false)).isEqualTo(new Answers.Unknown("unanswered"));
            assertThat(sender.attempt(2, batch, false)).isEqualTo(new Answers.Unknown("backup unanswered"));
        } finally {
            stuck.countDown();
        }

        assertThat(deliveries(sender.confirm(2, batch))).containsExactly("client 1");
        assertThat(digest(cluster.owner(2), 2)).isEqualTo(digest(cluster.backup(2), 2));
    }

    @Test
    void aReplicaThatDivergedNeverConfirmsAndIsGivenTheWholeBucket() {
        TestMember sender = cluster.bystander(3);
        session(sender, 3, "client", "diverged");
        sender.await(() -> divergedIsGivenTheWholeBucket(sender, cluster.backup(3)));
    }

    /** False where Hazelcast compared the replicas by its timer just then and was first, or where an answer came late. */
    private static boolean divergedIsGivenTheWholeBucket(TestMember sender, TestMember meddled) {
        BucketHolder holder = Replicas.at(meddled, 3, here -> {
            here.replace(new Bucket(meddled.settings.bucketLimits()));
            return here;
        });
        Batch batch = sender.batch(3, append("diverged/b", 1));
        List<String> causes = new ArrayList<>();
        sender.await(() -> {
            Answers answer = sender.attempt(3, batch, causes.size() >= 2);
            if (answer instanceof Answers.Unknown unknown) {
                causes.add(unknown.cause());
            }
            return answer instanceof Answers.Confirmed;
        });

        assertThat(digest(meddled, 3)).isEqualTo(digest(cluster.owner(3), 3));
        assertThat(causes).isNotEmpty();
        List<String> expected =
                new ArrayList<>(Collections.nCopies(HazelcastBucketGateway.UNCONFIRMED_BEFORE_ALONE, "unconfirmed"));
        expected.add("backup unanswered");
        return causes.equals(expected) && Replicas.at(meddled, 3, here -> here == holder);
    }

    /** As where two senders' batches reach a backup that has just taken over, in the wrong order. */
    @Test
    void aBackupThatLacksWhatAnotherSenderMustRepeatConfirmsOnceItHasComeWithoutATimeOut() {
        TestMember sender = cluster.bystander(3);
        TestMember other = cluster.owner(3);
        session(sender, 3, "client", "chain");
        sender.await(() -> backupConfirmsOnceItHasWhatItLacks(sender, other));
    }

    /** False where an answer came late. */
    private static boolean backupConfirmsOnceItHasWhatItLacks(TestMember sender, TestMember other) {
        byte[] before = Replicas.at(cluster.backup(3), 3, HazelcastBucketsTest::snapshot);
        Batch first = other.batch(3, append("chain/b", 1));
        other.confirm(3, first);
        Replicas.at(cluster.backup(3), 3, holder -> {
            holder.replace(Bucket.restore(new ByteReader(before), sender.settings.bucketLimits()));
            return true;
        });
        Batch second = sender.batch(3, append("chain/b", 2));
        List<Answers> answers = new ArrayList<>();
        for (int attempts = 0; attempts < 5; attempts++) {
            answers.add(sender.attempt(3, second, attempts >= 2));
        }
        assertThat(answers).allMatch(Answers.Unknown.class::isInstance);
        Answers repaired = other.attempt(3, first, true);
        Answers last = sender.attempt(3, second, true);
        other.confirm(3, first);
        sender.confirm(3, second);

        assertThat(digest(cluster.backup(3), 3)).isEqualTo(digest(cluster.owner(3), 3));
        return answers.stream().allMatch(new Answers.Unknown("unconfirmed")::equals)
                && repaired instanceof Answers.Confirmed
                && last instanceof Answers.Confirmed;
    }

    @Test
    void aBackupThatFailsHalfWayConfirmsNothingUntilItIsGivenTheWholeBucket() {
        TestMember sender = cluster.bystander(3);
        session(sender, 3, "client", "failing-backup");
        Replicas.at(cluster.backup(3), 3, HazelcastBucketsTest::fail);
        Batch batch = sender.batch(3, append("failing-backup/b", 1));

        assertThat(sender.attempt(3, batch, false)).isInstanceOf(Answers.Unknown.class);
        sender.confirm(3, batch);

        assertThat(digest(cluster.backup(3), 3)).isEqualTo(digest(cluster.owner(3), 3));
    }

    @Test
    void anOwnerWhoseBucketFailsHalfWayHaltsAndAnswersNothing() {
        TestMember sender = cluster.bystander(3);
        TestMember owner = cluster.owner(3);
        session(sender, 3, "client", "failing-owner");
        byte[] before = Replicas.at(owner, 3, HazelcastBucketsTest::snapshot);
        Replicas.at(owner, 3, HazelcastBucketsTest::fail);
        Batch batch = sender.batch(3, append("failing-owner/b", 1));

        assertThat(sender.attempt(3, batch, false)).isInstanceOf(Answers.Unknown.class);
        owner.await(() -> !owner.halts.isEmpty());

        owner.halts.clear();
        Replicas.at(owner, 3, holder -> {
            holder.replace(Bucket.restore(new ByteReader(before), owner.settings.bucketLimits()));
            return true;
        });
        sender.confirm(3, batch);
        assertThat(digest(cluster.backup(3), 3)).isEqualTo(digest(owner, 3));
    }

    private static byte[] snapshot(BucketHolder holder) {
        return holder.bucket().written().toByteArray();
    }

    /** Makes a bucket fail while it applies a batch; it refuses everything from then on. */
    private static boolean fail(BucketHolder holder) {
        Batch failing = new Batch(new ShardAddress(1, 99), 1, 0, Collections.singletonList(null));
        assertThatThrownBy(() -> holder.bucket().apply(failing, new Standing(1, Standing.ALONE, true, id -> true, 0)))
                .isInstanceOf(NullPointerException.class);
        return true;
    }

    @Test
    void aBackupThatIsBehindIsNoCopyUntilItHasTheBucket() throws InterruptedException {
        TestMember owner = cluster.owner(6);
        session(owner, 6, "client", "behind");
        int owned = owner.node.ownedPartitions();
        int missing = (int) IntStream.range(0, TestMember.PARTITIONS)
                .filter(partition -> Replicas.isReplica(owner, partition, 0) && !hasBucket(owner, partition))
                .count();
        ReplicaCheck before = replicaCheck(owner);
        assertThat(before.behindHere()).as("nothing is known yet").isEqualTo(owned);
        awaitBehind(owner, before, missing);
        TestMember meddled = cluster.backup(6);
        Replicas.at(meddled, 6, holder -> {
            holder.replace(new Bucket(meddled.settings.bucketLimits()));
            return true;
        });

        ReplicaCheck after = replicaCheck(owner);
        after.lookAtOwned(); // which makes Hazelcast compare the replicas itself, and copy this one anew
        assertThat(after.behindHere()).isGreaterThan(missing);

        owner.confirm(6, append("behind/b", 1));
        awaitBehind(owner, after, missing);
    }

    /** Waits until so many partitions lack a copy: a replica that does not answer in time counts as one that is behind. */
    private static void awaitBehind(TestMember owner, ReplicaCheck check, int expected) {
        owner.await(() -> {
            try {
                check.lookAtOwned();
            } catch (InterruptedException interrupted) {
                throw new AssertionError(interrupted);
            }
            return check.behindHere() == expected;
        });
    }

    private static ReplicaCheck replicaCheck(TestMember member) {
        return new ReplicaCheck(member.node.buckets(), PartitionHost.of(Replicas.hazelcast(member)));
    }

    @Test
    void aMissingBucketIsUnavailableAndNotMadeAnew() {
        TestMember sender = cluster.bystander(4);
        sender.confirm(4, open(sender, "client"));
        sender.node.buckets().map().delete(sender.node.buckets().key(4));
        Batch batch = sender.batch(4, append("missing/b", 1));

        for (int attempts = 0; attempts < 2; attempts++) {
            assertThat(sender.answer(4, batch, new Answers.Unknown("bucket missing")))
                    .isEqualTo(new Answers.Unknown("bucket missing"));
        }
        assertThat(hasBucket(cluster.owner(4), 4)).isFalse();
    }

    @Test
    void anOwnerWithoutItsLeaseRefuses() {
        TestMember sender = cluster.bystander(5);
        TestMember owner = cluster.owner(5);
        Batch batch = sender.batch(5, open(sender, "client"));

        owner.lease = () -> false;
        assertThat(sender.answer(5, batch, new Answers.Refused(Refusal.LEASE_LOST)))
                .isEqualTo(new Answers.Refused(Refusal.LEASE_LOST));
        owner.lease = () -> true;
        sender.confirm(5, batch);
    }

    @Test
    void aLeaseThatRunsOutWhileABatchIsAppliedWithdrawsTheAnswer() {
        TestMember owner = cluster.owner(5);
        for (TestMember sender : List.of(owner, cluster.bystander(5))) {
            AtomicInteger asked = new AtomicInteger();
            owner.lease = () -> asked.getAndIncrement() == 0;
            Batch batch = sender.batch(5, open(sender, "client"));

            // Also where no answer came in time: applied it is, and not confirmed.
            assertThat(sender.attempt(5, batch, false)).isInstanceOf(Answers.Unknown.class);
            owner.await(() -> asked.get() >= 2);
            owner.lease = () -> true;
            sender.confirm(5, batch);
        }
    }

    @Test
    void anotherIncarnationInTheSameMemberReplacesTheFirstEverywhere() {
        TestMember renewed = cluster.members.get(1);
        long first = renewed.incarnation;
        renewed.confirm(6, new Command.Tick());
        Batch old = renewed.batch(6, new Command.Tick());

        renewed.begin();

        for (TestMember member : cluster.members) {
            member.await(() -> member.view.nodes().contains(renewed.incarnation)
                    && !member.view.nodes().contains(first));
            assertThat(member.view.departed()).contains(first);
            assertThat(member.view.nodes()).hasSize(3);
        }
        assertThat(renewed.answer(6, old, new Answers.Refused(Refusal.SENDER_NOT_MEMBER)))
                .isEqualTo(new Answers.Refused(Refusal.SENDER_NOT_MEMBER));
        renewed.confirm(6, new Command.Tick());
    }

    @Test
    void messagesReachTheIncarnationThatTheyAreForAndNoOther() {
        TestMember from = cluster.members.get(0);
        TestMember to = cluster.members.get(2);
        for (int i = 1; i <= 1_000; i++) {
            from.node.link().send(new ShardAddress(to.incarnation + 1, 0), new NodeMessage.Kicked("nobody", i));
            from.node.link().send(new ShardAddress(to.incarnation, 7), new NodeMessage.Kicked("client", i));
        }

        to.await(() -> to.received.size() == 1_000);
        assertThat(to.received)
                .allSatisfy(each -> assertThat(each.target()).isEqualTo(new ShardAddress(to.incarnation, 7)));
        assertThat(to.received.stream().map(each -> ((NodeMessage.Kicked) each.message()).epoch()))
                .isSorted();
    }

    @Test
    void messagesToTheOwnNodeStayInTheProcess() {
        TestMember own = cluster.members.get(0);
        NodeMessage message = new NodeMessage.Kicked("client", 1);

        own.node.link().send(new ShardAddress(own.incarnation, 1), message);

        assertThat(own.received.poll().message()).isSameAs(message);
    }
}
