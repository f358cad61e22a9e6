package io.covey.cluster;

import static io.covey.cluster.TestCluster.append;
import static io.covey.cluster.TestCluster.deliveries;
import static io.covey.cluster.TestCluster.hasBucket;
import static io.covey.cluster.TestCluster.open;
import static io.covey.cluster.TestCluster.session;
import static io.covey.cluster.TestCluster.version;
import static org.assertj.core.api.Assertions.assertThat;

import io.covey.bucket.Batch;
import io.covey.bucket.BatchResult;
import io.covey.bucket.BucketVersion;
import io.covey.bucket.Command;
import io.covey.bucket.Refusal;
import io.covey.bucket.Result;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Three members with one backup, of which some crash, leave, or are cut off. */
class MembersLeaveTest {
    private TestCluster cluster;

    @BeforeEach
    void start() throws Exception {
        cluster = TestCluster.of(3, 1);
    }

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void thePromotedOwnerKeepsEverythingConfirmedAndRaisesTheGeneration() {
        TestMember sender = cluster.bystander(0);
        session(sender, 0, "client", "a");
        Batch last = sender.batch(0, append("a/b", 1), append("a/b", 2));
        BatchResult confirmed = sender.confirm(0, last);
        BucketVersion before = version(cluster.backup(0), 0);

        cluster.crash(cluster.owner(0));

        BatchResult repeated = sender.confirm(0, last);
        assertThat(deliveries(repeated)).isEqualTo(deliveries(confirmed)).hasSize(2);
        assertThat(version(cluster.owner(0), 0)).isEqualTo(before);
        sender.confirm(0, append("a/b", 3));
        assertThat(version(cluster.owner(0), 0))
                .isEqualTo(new BucketVersion(before.generation() + 1, before.number() + 1));
        Result.Opened opened = (Result.Opened)
                sender.confirm(0, open(sender, "client")).results().get(0);
        assertThat(opened.sessionPresent()).isTrue();
        assertThat(opened.entries()).hasSize(3);
        sender.await(cluster::replicasAreEqual);
    }

    @Test
    void whatWasInFlightWhenTheOwnerDiedIsConfirmedOnceByItsHeir() {
        TestMember sender = cluster.bystander(0);
        session(sender, 0, "client", "a");
        TestMember owner = cluster.owner(0);
        Replicas.block(owner, 0);
        Batch batch = sender.batch(0, append("a/b", 1));
        CompletableFuture<Answers> answer = Answers.submit(sender.gateway, sender.loop, 0, batch, false);

        cluster.crash(owner);

        assertThat(answer.join()).isInstanceOf(Answers.Unknown.class);
        assertThat(deliveries(sender.confirm(0, batch))).containsExactly("client 1");
        sender.await(cluster::replicasAreEqual);
    }

    @Test
    void membersThatLeftAreNamedAndTheirBatchesRefused() {
        TestMember sender = cluster.members.get(0);
        TestMember gone = cluster.members.get(2);
        int partition = sender.owned[0];
        Batch late = gone.batch(partition, new Command.Tick());

        cluster.crash(gone);

        sender.await(() -> sender.view.departed().contains(gone.incarnation));
        assertThat(sender.view.nodes()).hasSize(2).doesNotContain(gone.incarnation);
        sender.confirm(partition, new Command.Tick());
        assertThat(sender.attempt(partition, late, false)).isEqualTo(new Answers.Refused(Refusal.SENDER_NOT_MEMBER));
    }

    @Test
    void withoutTheBackupsThatWerePromisedABatchIsRefused() {
        cluster.crash(cluster.members.get(2));
        cluster.crash(cluster.members.get(1));
        TestMember alone = cluster.members.get(0);
        alone.await(() -> alone.view.nodes().size() == 1 && alone.owned.length == TestMember.PARTITIONS);

        int held = 0;
        int missing = 0;
        for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
            Answers answer = alone.attempt(partition, alone.batch(partition, new Command.Tick()), false);
            if (hasBucket(alone, partition)) {
                held++;
                assertThat(answer).isEqualTo(new Answers.Refused(Refusal.REPLICAS_MISSING));
            } else {
                missing++;
                assertThat(answer).isEqualTo(new Answers.Unknown("bucket missing"));
            }
        }
        assertThat(held).isPositive();
        assertThat(held + missing).isEqualTo(TestMember.PARTITIONS);

        // It can also leave alone, within the bound.
        long begun = System.nanoTime();
        alone.node.stop(3_000);
        assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(10));
    }

    @Test
    void anOrderlyStopHandsTheBucketsOver() {
        TestMember sender = cluster.members.get(0);
        for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
            session(sender, partition, "client-" + partition, "a");
            sender.confirm(partition, append("a/b", partition));
        }
        for (int stops = 0; stops < 2; stops++) {
            TestMember leaving = cluster.members.remove(cluster.members.size() - 1);
            leaving.node.stop(20_000);
            leaving.loop.close();
            assertThat(leaving.restarts).isEmpty();
        }

        // Nobody is left to back the buckets up, but none was lost: each handed its copies over before it left.
        for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
            assertThat(version(sender, partition).number()).isEqualTo(3);
        }
    }

    @Test
    void aMemberThatWasCutOffJoinsAgainAsAnotherIncarnation() {
        TestMember sender = cluster.oldest();
        TestMember cut = cluster.youngest();
        session(sender, 0, "client", "a");
        long before = cut.incarnation;

        Replicas.cutOff(cut, cluster.members);

        sender.await(() -> sender.view.departed().contains(before));
        sender.await(() -> {
            // What the process around a node does.
            cluster.members.stream()
                    .filter(member -> member.restarts.poll() != null)
                    .forEach(TestMember::begin);
            return cluster.members.stream()
                    .allMatch(member -> member.view.nodes().size() == 3
                            && member.view.nodes().containsAll(cluster.incarnations()));
        });
        assertThat(cut.incarnation).isNotEqualTo(before);
        for (TestMember member : cluster.members) {
            assertThat(member.view.departed()).contains(before).doesNotContainAnyElementsOf(cluster.incarnations());
        }
        sender.confirm(0, append("a/b", 1));
        Result.Opened opened =
                (Result.Opened) cut.confirm(0, open(cut, "client")).results().get(0);
        assertThat(opened.entries()).hasSize(1);
        sender.await(cluster::replicasAreEqual);
    }
}
