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
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Batches on three healthy members with one backup. A partition that a test leaves as it must not be is its own. */
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
        for (TestMember member : cluster.members) {
            member.await(() -> Replicas.hazelcast(member).getPartitionService().isClusterSafe());
        }
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

            Answers repeat = sender.attempt(1, batch, false);

            assertThat(deliveries(((Answers.Confirmed) repeat).result())).isEqualTo(deliveries(first));
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

        assertThat(sender.attempt(1, afterTheGap, false)).isEqualTo(new Answers.Refused(Refusal.SEQUENCE_GAP));
        sender.reuse(1, 2);
    }

    @Test
    void aBackupThatDoesNotAnswerMakesTheFateUnknown() {
        TestMember sender = cluster.bystander(2);
        session(sender, 2, "client", "stuck");
        CountDownLatch stuck = Replicas.block(cluster.backup(2), 2);
        Batch batch = sender.batch(2, append("stuck/b", 1));

        Answers together = sender.attempt(2, batch, false);
        Answers alone = sender.attempt(2, batch, false);
        stuck.countDown();

        assertThat(together).isEqualTo(new Answers.Unknown("unanswered"));
        assertThat(alone).isEqualTo(new Answers.Unknown("backup unanswered"));
        assertThat(deliveries(sender.confirm(2, batch))).containsExactly("client 1");
        assertThat(digest(cluster.owner(2), 2)).isEqualTo(digest(cluster.backup(2), 2));
    }

    @Test
    void aReplicaThatDivergedNeverConfirmsAndIsGivenTheWholeBucket() {
        TestMember sender = cluster.bystander(3);
        session(sender, 3, "client", "diverged");
        TestMember meddled = cluster.backup(3);
        Replicas.at(meddled, 3, holder -> {
            holder.replace(new Bucket(meddled.settings.bucketLimits()));
            return true;
        });
        Batch batch = sender.batch(3, append("diverged/b", 1));

        for (int attempts = 0; attempts < HazelcastBucketGateway.UNCONFIRMED_BEFORE_ALONE; attempts++) {
            assertThat(sender.attempt(3, batch, attempts >= 2)).isEqualTo(new Answers.Unknown("unconfirmed"));
        }
        assertThat(sender.attempt(3, batch, true)).isEqualTo(new Answers.Unknown("backup unanswered"));
        assertThat(version(meddled, 3)).isEqualTo(BucketVersion.ZERO);
        assertThat(sender.attempt(3, batch, true)).isInstanceOf(Answers.Confirmed.class);

        assertThat(digest(meddled, 3)).isEqualTo(digest(cluster.owner(3), 3));
    }

    /** As where two senders' batches reach a backup that has just taken over, in the wrong order. */
    @Test
    void aBackupThatLacksWhatAnotherSenderMustRepeatConfirmsOnceItHasComeWithoutATimeOut() {
        TestMember sender = cluster.bystander(3);
        TestMember other = cluster.owner(3);
        session(sender, 3, "client", "chain");
        byte[] before = Replicas.at(cluster.backup(3), 3, HazelcastBucketsTest::snapshot);
        Batch first = other.batch(3, append("chain/b", 1));
        other.confirm(3, first);
        Replicas.at(cluster.backup(3), 3, holder -> {
            holder.replace(Bucket.restore(new ByteReader(before), sender.settings.bucketLimits()));
            return true;
        });
        Batch second = sender.batch(3, append("chain/b", 2));

        for (int attempts = 0; attempts < 5; attempts++) {
            assertThat(sender.attempt(3, second, attempts >= 2)).isEqualTo(new Answers.Unknown("unconfirmed"));
        }
        assertThat(other.attempt(3, first, true)).isInstanceOf(Answers.Confirmed.class);
        assertThat(sender.attempt(3, second, true)).isInstanceOf(Answers.Confirmed.class);

        assertThat(digest(cluster.backup(3), 3)).isEqualTo(digest(cluster.owner(3), 3));
    }

    @Test
    void aBackupThatFailsHalfWayConfirmsNothingUntilItIsGivenTheWholeBucket() {
        TestMember sender = cluster.bystander(3);
        session(sender, 3, "client", "failing-backup");
        Replicas.at(cluster.backup(3), 3, HazelcastBucketsTest::fail);
        Batch batch = sender.batch(3, append("failing-backup/b", 1));

        assertThat(sender.attempt(3, batch, false)).isEqualTo(new Answers.Unknown("unconfirmed"));
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
        assertThat(owner.halts).isNotEmpty();

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
        ReplicaCheck before = replicaCheck(owner);
        assertThat(before.behindHere()).as("nothing is known yet").isEqualTo(owner.node.ownedPartitions());
        before.lookAtOwned();
        TestMember meddled = cluster.backup(6);
        Replicas.at(meddled, 6, holder -> {
            holder.replace(new Bucket(meddled.settings.bucketLimits()));
            return true;
        });

        ReplicaCheck after = replicaCheck(owner);
        after.lookAtOwned();
        assertThat(after.behindHere()).isEqualTo(before.behindHere() + 1);

        owner.confirm(6, append("behind/b", 1));
        after.lookAtOwned();
        assertThat(after.behindHere()).isEqualTo(before.behindHere());
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

        assertThat(sender.attempt(4, batch, false)).isEqualTo(new Answers.Unknown("bucket missing"));
        assertThat(sender.attempt(4, batch, true)).isEqualTo(new Answers.Unknown("bucket missing"));
        assertThat(hasBucket(cluster.owner(4), 4)).isFalse();
    }

    @Test
    void anOwnerWithoutItsLeaseRefuses() {
        TestMember sender = cluster.bystander(5);
        TestMember owner = cluster.owner(5);
        Batch batch = sender.batch(5, open(sender, "client"));

        owner.lease = () -> false;
        assertThat(sender.attempt(5, batch, false)).isEqualTo(new Answers.Refused(Refusal.LEASE_LOST));
        owner.lease = () -> true;
        assertThat(sender.attempt(5, batch, false)).isInstanceOf(Answers.Confirmed.class);
    }

    @Test
    void aLeaseThatRunsOutWhileABatchIsAppliedWithdrawsTheAnswer() {
        TestMember owner = cluster.owner(5);
        for (TestMember sender : List.of(owner, cluster.bystander(5))) {
            AtomicInteger asked = new AtomicInteger();
            owner.lease = () -> asked.getAndIncrement() == 0;
            Batch batch = sender.batch(5, open(sender, "client"));

            assertThat(sender.attempt(5, batch, false)).isEqualTo(new Answers.Unknown("unconfirmed"));
            owner.lease = () -> true;
            assertThat(sender.attempt(5, batch, false)).isInstanceOf(Answers.Confirmed.class);
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
        assertThat(renewed.attempt(6, old, false)).isEqualTo(new Answers.Refused(Refusal.SENDER_NOT_MEMBER));
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
