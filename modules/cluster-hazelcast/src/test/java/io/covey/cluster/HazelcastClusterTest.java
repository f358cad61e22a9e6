package io.covey.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.bucket.Batch;
import io.covey.bucket.BatchResult;
import io.covey.bucket.BucketVersion;
import io.covey.bucket.Command;
import io.covey.bucket.Refusal;
import io.covey.bucket.Result;
import io.covey.protocol.Message;
import io.covey.protocol.Properties;
import io.covey.protocol.QoS;
import io.covey.routing.Subscription;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Batches on three members with one backup. */
class HazelcastClusterTest {
    private List<TestMember> members;

    @BeforeEach
    void start() throws Exception {
        members = new ArrayList<>(TestMember.startAll(TestMember.settings(3, 3, 1)));
    }

    @AfterEach
    void stop() {
        members.forEach(TestMember::close);
    }

    private TestMember owner(int partition) {
        return replica(partition, 0);
    }

    private TestMember backup(int partition) {
        return replica(partition, 1);
    }

    private TestMember bystander(int partition) {
        return members.stream()
                .filter(member -> member != owner(partition) && member != backup(partition))
                .findFirst()
                .orElseThrow();
    }

    private TestMember replica(int partition, int index) {
        return members.stream()
                .filter(member -> Replicas.isReplica(member, partition, index))
                .findFirst()
                .orElseThrow();
    }

    private static BucketVersion version(TestMember member, int partition) {
        return Replicas.at(member, partition, holder -> holder.bucket().version());
    }

    private static boolean hasBucket(TestMember member, int partition) {
        return Replicas.at(member, partition, holder -> holder != null);
    }

    private static long digest(TestMember member, int partition) {
        return Replicas.at(member, partition, holder -> holder.bucket().digest());
    }

    private static Command open(TestMember member, String clientId) {
        return new Command.OpenSession(clientId, member.shard(), false, 3_600, 100, null);
    }

    private static Command append(String topic, int number) {
        return new Command.Append(
                new Message(
                        topic,
                        ("payload " + number).getBytes(java.nio.charset.StandardCharsets.UTF_8),
                        QoS.AT_LEAST_ONCE,
                        false,
                        Properties.EMPTY,
                        System.currentTimeMillis(),
                        Message.NEVER),
                "publisher",
                null);
    }

    /** Opens and subscribes, and returns the epoch. */
    private static long session(TestMember member, int partition, String clientId) {
        Result.Opened opened = (Result.Opened)
                member.confirm(partition, open(member, clientId)).results().get(0);
        member.confirm(
                partition,
                new Command.Subscribe(
                        clientId,
                        opened.epoch(),
                        List.of(new Subscription("a/#", QoS.AT_LEAST_ONCE, false, false, 0, 0))));
        return opened.epoch();
    }

    /** The client and the sequence of what a batch of publishes handed out. */
    private static List<String> deliveries(BatchResult result) {
        return result.results().stream()
                .flatMap(each -> ((Result.Appended) each).deliveries().stream())
                .map(delivery -> delivery.clientId() + " " + delivery.sequence())
                .toList();
    }

    private void assertReplicasEqual() {
        for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
            assertThat(digest(owner(partition), partition)).isEqualTo(digest(backup(partition), partition));
        }
    }

    @Test
    void confirmedBatchesOfAllSendersAreOnOwnerAndBackupAlike() {
        for (TestMember member : members) {
            for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
                session(member, partition, "client-" + member.incarnation);
                BatchResult result = member.confirm(partition, append("a/b", 1), append("a/b", 2));
                assertThat(((Result.Appended) result.results().get(1)).matched())
                        .isGreaterThanOrEqualTo(1);
            }
        }

        assertReplicasEqual();
        assertThat(members).allSatisfy(member -> assertThat(member.halts).isEmpty());
    }

    @Test
    void theOwnedPartitionsOfAllMembersAreAllPartitionsOnce() {
        members.get(0)
                .await(() ->
                        members.stream().mapToInt(member -> member.owned.length).sum() == TestMember.PARTITIONS);
        for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
            int looked = partition;
            assertThat(members.stream().filter(member -> member.owns(looked))).hasSize(1);
        }
    }

    @Test
    void aRepeatedBatchGetsTheFirstAnswerAndChangesNothing() {
        TestMember sender = bystander(0);
        session(sender, 0, "client");
        Batch batch = sender.batch(0, append("a/b", 1));
        BatchResult first = sender.confirm(0, batch);
        BucketVersion version = version(owner(0), 0);

        Answers repeat = sender.attempt(0, batch, false);

        assertThat(deliveries(((Answers.Confirmed) repeat).result())).isEqualTo(deliveries(first));
        assertThat(version(owner(0), 0)).isEqualTo(version);
        assertThat(version(backup(0), 0)).isEqualTo(version);
    }

    @Test
    void thePromotedOwnerKeepsEverythingConfirmedAndRaisesTheGeneration() {
        TestMember sender = bystander(0);
        session(sender, 0, "client");
        Batch last = sender.batch(0, append("a/b", 1), append("a/b", 2));
        BatchResult confirmed = sender.confirm(0, last);
        BucketVersion before = version(backup(0), 0);
        TestMember killed = owner(0);
        members.remove(killed);
        killed.crash();

        BatchResult repeated = sender.confirm(0, last);
        assertThat(deliveries(repeated)).isEqualTo(deliveries(confirmed)).hasSize(2);
        assertThat(version(owner(0), 0)).isEqualTo(before);

        sender.confirm(0, append("a/b", 3));
        assertThat(version(owner(0), 0)).isEqualTo(new BucketVersion(before.generation() + 1, before.number() + 1));
        Result.Opened opened = (Result.Opened)
                sender.confirm(0, open(sender, "client")).results().get(0);
        assertThat(opened.sessionPresent()).isTrue();
        assertThat(opened.entries()).hasSize(3);
        sender.await(() -> digest(owner(0), 0) == digest(backup(0), 0));
    }

    @Test
    void membersThatLeftAreNamedAndTheirBatchesRefused() {
        TestMember sender = members.get(0);
        TestMember gone = members.remove(2);
        int partition = sender.owned[0];
        Batch late = gone.batch(partition, new Command.Tick());
        gone.crash();

        sender.await(() -> sender.view.departed().contains(gone.incarnation));
        assertThat(sender.view.nodes()).hasSize(2).doesNotContain(gone.incarnation);
        sender.confirm(partition, new Command.Tick());
        assertThat(sender.attempt(partition, late, false)).isEqualTo(new Answers.Refused(Refusal.SENDER_NOT_MEMBER));
    }

    @Test
    void withoutTheBackupsThatWerePromisedABatchIsRefused() {
        members.remove(2).crash();
        members.remove(1).crash();
        TestMember alone = members.get(0);
        alone.await(() -> alone.view.nodes().size() == 1);
        alone.await(() -> alone.owned.length == TestMember.PARTITIONS);

        int partition = -1;
        for (int each = 0; each < TestMember.PARTITIONS; each++) {
            partition = hasBucket(alone, each) ? each : partition;
        }
        Answers answer = alone.attempt(partition, alone.batch(partition, new Command.Tick()), false);

        assertThat(answer).isEqualTo(new Answers.Refused(Refusal.REPLICAS_MISSING));
    }

    @Test
    void aBackupThatDoesNotAnswerMakesTheFateUnknown() {
        TestMember sender = bystander(0);
        session(sender, 0, "client");
        CountDownLatch stuck = Replicas.block(backup(0), 0);
        Batch batch = sender.batch(0, append("a/b", 1));

        Answers answer = sender.attempt(0, batch, false);
        stuck.countDown();

        assertThat(answer).isEqualTo(new Answers.Unknown("backup unanswered"));
        BatchResult result = sender.confirm(0, batch);
        assertThat(((Result.Appended) result.results().get(0)).matched()).isEqualTo(1);
        assertReplicasEqual();
    }

    @Test
    void aReplicaThatDivergedNeverConfirmsAndIsGivenTheWholeBucket() {
        TestMember sender = bystander(0);
        session(sender, 0, "client");
        TestMember meddled = backup(0);
        TestMember owner = owner(0);
        Replicas.at(meddled, 0, holder -> {
            holder.replace(new io.covey.bucket.Bucket(meddled.settings.bucketLimits()));
            return true;
        });
        Batch batch = sender.batch(0, append("a/b", 1));

        assertThat(sender.attempt(0, batch, false)).isEqualTo(new Answers.Unknown("backup unanswered"));
        assertThat(sender.attempt(0, batch, true)).isEqualTo(new Answers.Unknown("backup unanswered"));
        assertThat(version(meddled, 0)).isEqualTo(BucketVersion.ZERO);
        assertThat(sender.attempt(0, batch, true)).isInstanceOf(Answers.Confirmed.class);

        assertThat(digest(meddled, 0)).isEqualTo(digest(owner, 0));
    }

    @Test
    void aMissingBucketIsUnavailableAndNotMadeAnew() {
        TestMember sender = bystander(0);
        session(sender, 0, "client");
        Batch batch = sender.batch(0, append("a/b", 1));
        sender.node.buckets().map().delete(sender.node.buckets().key(0));

        assertThat(sender.attempt(0, batch, false)).isEqualTo(new Answers.Unknown("bucket missing"));
        assertThat(sender.attempt(0, batch, true)).isEqualTo(new Answers.Unknown("bucket missing"));
        assertThat(hasBucket(owner(0), 0)).isFalse();
    }

    @Test
    void anOwnerWithoutItsLeaseRefuses() {
        TestMember sender = bystander(0);
        owner(0).lease = () -> false;

        Batch batch = sender.batch(0, open(sender, "client"));
        assertThat(sender.attempt(0, batch, false)).isEqualTo(new Answers.Refused(Refusal.LEASE_LOST));

        owner(0).lease = () -> true;
        assertThat(sender.attempt(0, batch, false)).isInstanceOf(Answers.Confirmed.class);
    }

    @Test
    void aLeaseThatRunsOutWhileABatchIsAppliedWithdrawsTheAnswer() {
        for (TestMember sender : List.of(owner(0), bystander(0))) {
            AtomicInteger asked = new AtomicInteger();
            owner(0).lease = () -> asked.getAndIncrement() == 0;
            Batch batch = sender.batch(0, open(sender, "client"));

            assertThat(sender.attempt(0, batch, false)).isEqualTo(new Answers.Unknown("unconfirmed"));

            owner(0).lease = () -> true;
            assertThat(sender.attempt(0, batch, false)).isInstanceOf(Answers.Confirmed.class);
        }
    }

    @Test
    void anotherIncarnationInTheSameMemberReplacesTheFirstEverywhere() {
        TestMember renewed = members.get(1);
        long first = renewed.incarnation;
        Batch old = renewed.batch(0, new Command.Tick());
        BucketVersion before = version(owner(0), 0);

        renewed.begin();

        for (TestMember member : members) {
            member.await(() -> member.view.nodes().contains(renewed.incarnation)
                    && !member.view.nodes().contains(first));
            assertThat(member.view.departed()).contains(first);
            assertThat(member.view.nodes()).hasSize(3);
        }
        assertThat(renewed.attempt(0, old, false)).isEqualTo(new Answers.Refused(Refusal.SENDER_NOT_MEMBER));
        renewed.confirm(0, new Command.Tick());
        assertThat(version(owner(0), 0).number()).isEqualTo(before.number() + 1);
    }
}
