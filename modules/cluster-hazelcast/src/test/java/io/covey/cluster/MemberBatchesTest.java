package io.covey.cluster;

import static io.covey.cluster.TestCluster.append;
import static io.covey.cluster.TestCluster.digest;
import static io.covey.cluster.TestCluster.open;
import static io.covey.cluster.TestCluster.session;
import static org.assertj.core.api.Assertions.assertThat;

import io.covey.bucket.Batch;
import io.covey.bucket.Bucket;
import io.covey.bucket.BucketVersion;
import io.covey.bucket.Command;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What goes to several partitions of a member in one message: each batch stands for itself. */
@Timeout(180)
class MemberBatchesTest {
    @Test
    void theBatchesOfATurnAreConfirmedEachByItsBackup() {
        try (TestCluster cluster = TestCluster.of(3, 1)) {
            TestMember sender = cluster.members.get(0);
            for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
                session(sender, partition, "client-" + partition, "turn");
            }
            // A machine that stands still for a second answers none in time; then it is the next turn's.
            sender.await(() -> turn(sender).stream().allMatch(Answers.Confirmed.class::isInstance));

            cluster.awaitEqualReplicas();
        }
    }

    /** Sends a batch to each partition in one turn; what had no answer is confirmed afterwards, by itself. */
    private static List<Answers> turn(TestMember sender) {
        List<Batch> batches = IntStream.range(0, TestMember.PARTITIONS)
                .mapToObj(partition -> sender.batch(partition, append("turn/b", partition)))
                .toList();
        List<Answers> answers = IntStream.range(0, TestMember.PARTITIONS)
                .mapToObj(partition ->
                        Answers.submit(sender.gateway, sender.loop, partition, batches.get(partition), false))
                .toList()
                .stream()
                .map(answer -> answer.orTimeout(TestMember.WAIT_SECONDS, TimeUnit.SECONDS)
                        .join())
                .toList();
        for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
            if (answers.get(partition) instanceof Answers.Unknown unknown) {
                assertThat(unknown.cause()).isEqualTo("unanswered");
                sender.confirm(partition, batches.get(partition));
            }
        }
        return answers;
    }

    @Test
    void whatTheReceiverDoesNotOwnIsUnconfirmedAndTheRestIsApplied() {
        try (TestCluster cluster = TestCluster.of(3, 1)) {
            TestMember receiver = cluster.owner(0);
            int foreign = IntStream.range(1, TestMember.PARTITIONS)
                    .filter(partition -> cluster.owner(partition) != receiver)
                    .findFirst()
                    .orElseThrow();
            TestMember sender = cluster.members.get(0);
            BucketVersion before = cluster.version(foreign);

            BatchAnswer[] answers = send(sender, 0, List.of(0, foreign));

            assertThat(answers[0]).isInstanceOf(BatchAnswer.Applied.class);
            assertThat(answers[1]).isEqualTo(new BatchAnswer.Unconfirmed());
            assertThat(cluster.version(foreign)).isEqualTo(before);
        }
    }

    @Test
    void aReplicaThatDivergedTakesTheConfirmationOfItsOwnBatchOnly() {
        try (TestCluster cluster = TestCluster.of(3, 1)) {
            List<Integer> sameOwner = IntStream.range(0, TestMember.PARTITIONS)
                    .filter(partition -> cluster.owner(partition) == cluster.owner(0))
                    .boxed()
                    .toList();
            int meddled = sameOwner.get(1);
            TestMember sender = cluster.members.get(0);
            for (int partition : sameOwner) {
                session(sender, partition, "client-" + partition, "meddled");
            }
            Replicas.at(cluster.backup(meddled), meddled, holder -> {
                holder.replace(new Bucket(sender.settings.bucketLimits()));
                return true;
            });

            BatchAnswer[] answers = send(sender, 0, sameOwner);

            assertThat(answers[0]).isInstanceOf(BatchAnswer.Applied.class);
            assertThat(answers[1]).isEqualTo(new BatchAnswer.Unconfirmed());
            assertThat(digest(cluster.owner(0), 0)).isEqualTo(digest(cluster.backup(0), 0));
        }
    }

    /** It is sent by the thread that read the backup's answer, and more than the connection takes at once. */
    @Test
    void aLargeAnswerArrivesWithoutWaitingForAHeartbeat() throws Exception {
        ClusterSettings.Timing rare = new ClusterSettings.Timing(4, 20, 1_000, 2, 1, 10, 5_000);
        try (TestCluster cluster = TestCluster.of(3, 1, rare)) {
            TestMember sender = cluster.bystander(0);
            session(sender, 0, "client", "large");
            for (int i = 0; i < 16; i++) {
                sender.confirm(0, append("large/a", "x".repeat(1 << 18)));
            }

            sender.confirm(0, open(sender, "client"));
            long shortestMillis = Long.MAX_VALUE;
            for (int i = 0; i < 5; i++) {
                TimeUnit.MILLISECONDS.sleep(300); // so long that nobody counts as sending at the same time
                long begun = System.nanoTime();
                sender.confirm(0, open(sender, "client"));
                shortestMillis = Math.min(shortestMillis, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
            }
            assertThat(shortestMillis)
                    .as("milliseconds: some 20, or 700 to the next beat")
                    .isLessThan(500);
        }
    }

    /** Sends a batch for each partition to the owner of one of them. */
    private static BatchAnswer[] send(TestMember sender, int ownedByReceiver, List<Integer> partitions) {
        HazelcastBuckets buckets = sender.node.buckets();
        List<MemberBatches.Part> parts = new ArrayList<>();
        for (int partition : partitions) {
            Batch batch = sender.batch(partition, new Command.Tick());
            parts.add(new MemberBatches.Part(partition, new EncodedBatch(batch)));
        }
        PartitionPlaces.Place receiver = buckets.owner(ownedByReceiver);
        return buckets.readAll(buckets.send(receiver, parts)
                .orTimeout(TestMember.WAIT_SECONDS, TimeUnit.SECONDS)
                .join());
    }
}
