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
import io.covey.bucket.QueueEntry;
import io.covey.bucket.Refusal;
import io.covey.bucket.Result;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Three members with one backup, of which some crash, leave, or are cut off. Those that stay share the partitions of those that are gone evenly between them:
 * until they are at rest again any of these may move on.
 */
@Timeout(180)
class MembersLeaveTest {
    private TestCluster cluster;

    @BeforeEach
    void start() {
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
        assertThat(cluster.version(0)).isEqualTo(before);
        sender.confirm(0, append("a/b", 3));
        assertThat(cluster.version(0)).isEqualTo(new BucketVersion(before.generation() + 1, before.number() + 1));
        Result.Opened opened = (Result.Opened)
                sender.confirm(0, open(sender, "client")).results().get(0);
        assertThat(opened.sessionPresent()).isTrue();
        assertThat(opened.entries()).hasSize(3);
        cluster.awaitEqualReplicas();
        sender.await(() -> cluster.members.stream().allMatch(member -> member.node.underReplicatedPartitions() == 0));
    }

    @Test
    void aNodeWhoseLoopsHaveEndedGoesOnLookingForOthers() {
        List<TestMember> byAge = TestMember.byAge(cluster.members);
        TestMember looks = byAge.get(0);
        TestMember leaves = byAge.get(2);
        leaves.node.storageFull(true);
        looks.await(() -> looks.full);
        AtomicBoolean refused = new AtomicBoolean();
        looks.whenToldFull = () -> {
            refused.set(true);
            throw new RejectedExecutionException("the loops of this incarnation have ended");
        };
        cluster.crash(leaves);
        looks.await(refused::get);

        looks.whenToldFull = () -> {};
        looks.full = false;
        byAge.get(1).node.storageFull(true);
        looks.await(() -> looks.full);
    }

    @Test
    void anOwnerAppliesNothingBeforeItsNodeAgreesOnTheDepartureOfAMember() {
        TestMember sender = cluster.bystander(0);
        session(sender, 0, "client", "a");
        BucketVersion before = version(cluster.backup(0), 0);
        TestMember gone = cluster.owner(0);
        cluster.members.forEach(member -> member.agreed = member.view.number());
        Batch batch = sender.batch(0, append("a/b", 1));

        cluster.crash(gone);
        assertThat(sender.answer(0, batch, new Answers.Refused(Refusal.LEASE_LOST)))
                .isEqualTo(new Answers.Refused(Refusal.LEASE_LOST));
        cluster.atRest();
        assertThat(sender.answer(0, batch, new Answers.Refused(Refusal.LEASE_LOST)))
                .isEqualTo(new Answers.Refused(Refusal.LEASE_LOST));
        assertThat(cluster.version(0)).isEqualTo(before);
        cluster.members.forEach(member -> member.agreed = member.view.number());

        assertThat(deliveries(sender.confirm(0, batch))).hasSize(1);
        assertThat(cluster.version(0).generation()).isEqualTo(before.generation() + 1);
    }

    @Test // I1
    void anOwnerThatStaysRaisesTheGenerationWithItsNewTerm() {
        TestMember gone = cluster.youngest();
        Map<Integer, TestMember> owners = new HashMap<>();
        cluster.members.forEach(member -> member.term = 7);
        for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
            owners.put(partition, cluster.owner(partition));
            session(gone, partition, "client", "a");
            assertThat(cluster.version(partition).generation()).isEqualTo(7L << 16);
        }
        cluster.members.forEach(member -> member.agreed = member.view.number());

        cluster.crash(gone);
        cluster.atRest();
        cluster.members.forEach(member -> {
            member.term = 9;
            member.agreed = member.view.number();
        });
        List<Integer> stayed = owners.keySet().stream()
                .filter(partition -> cluster.owner(partition) == owners.get(partition))
                .toList();
        assertThat(stayed).isNotEmpty();
        for (int partition : stayed) {
            owners.get(partition).confirm(partition, append("a/b", 1));
            assertThat(cluster.version(partition).generation()).isEqualTo(9L << 16);
            assertThat(version(cluster.backup(partition), partition)).isEqualTo(cluster.version(partition));
        }
    }

    @Test
    void nothingConfirmedIsLostDoubledOrReorderedWhileAMemberIsKilledUnderLoad() {
        TestMember killed = cluster.members.get(1);
        List<TestMember> senders = List.of(cluster.members.get(0), cluster.members.get(2));
        for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
            session(senders.get(0), partition, "receiver", "load");
        }
        AtomicBoolean over = new AtomicBoolean();
        Map<String, Integer> confirmed = new ConcurrentHashMap<>();
        List<CompletableFuture<Void>> lanes = new ArrayList<>();
        for (TestMember sender : senders) {
            for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
                confirmed.put(lane(sender, partition), 0);
                lanes.add(load(sender, partition, over, confirmed));
            }
        }
        try {
            awaitMore(lanes, confirmed);
            cluster.crash(killed);
            awaitMore(lanes, confirmed);
        } finally {
            over.set(true);
        }
        lanes.forEach(lane ->
                lane.orTimeout(TestMember.WAIT_SECONDS, TimeUnit.SECONDS).join());

        for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
            List<String> queued = queue(senders.get(0), partition);
            for (TestMember sender : senders) {
                int count = confirmed.get(lane(sender, partition));
                assertThat(queued.stream().filter(each -> each.endsWith("/" + sender.incarnation)))
                        .containsExactlyElementsOf(IntStream.rangeClosed(1, count)
                                .mapToObj(number -> number + "/" + sender.incarnation)
                                .toList());
            }
        }
        cluster.awaitEqualReplicas();
    }

    private static String lane(TestMember sender, int partition) {
        return partition + "/" + sender.incarnation;
    }

    /** Waits until each lane has had a hundred messages confirmed more. */
    private void awaitMore(List<CompletableFuture<Void>> lanes, Map<String, Integer> confirmed) {
        Map<String, Integer> before = Map.copyOf(confirmed);
        cluster.members
                .get(0)
                .await(() -> lanes.stream().anyMatch(CompletableFuture::isDone)
                        || before.keySet().stream().allMatch(lane -> confirmed.get(lane) >= before.get(lane) + 100));
        assertThat(lanes).as("no lane has given up").noneMatch(CompletableFuture::isDone);
    }

    /** Publishes numbered messages to one partition, one batch after the other, until it is over. */
    private static CompletableFuture<Void> load(
            TestMember sender, int partition, AtomicBoolean over, Map<String, Integer> confirmed) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                int number = 0;
                while (!over.get()) {
                    Command[] batch = new Command[3];
                    for (int i = 0; i < batch.length; i++) {
                        number++;
                        batch[i] = append("load/b", number + "/" + sender.incarnation);
                    }
                    sender.confirm(partition, batch);
                    confirmed.put(lane(sender, partition), number);
                }
                done.complete(null);
            } catch (Throwable failure) {
                done.completeExceptionally(failure);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return done;
    }

    /** The payloads that wait for the receiver, in order; they are acknowledged, since a bucket hands out only so much at a time. */
    private static List<String> queue(TestMember member, int partition) {
        List<String> payloads = new ArrayList<>();
        Result.Opened opened = (Result.Opened) member.confirm(
                        partition,
                        new Command.OpenSession(
                                "receiver", member.shard(), false, 3_600, 65_535, null, Command.OpenSession.AT_ONCE))
                .results()
                .get(0);
        List<QueueEntry> entries = opened.entries();
        while (!entries.isEmpty()) {
            entries.forEach(entry -> payloads.add(new String(entry.message().payload(), StandardCharsets.UTF_8)));
            long[] released = entries.stream().mapToLong(QueueEntry::sequence).toArray();
            Result.Handed handed = (Result.Handed) member.confirm(
                            partition, new Command.Acknowledge("receiver", opened.epoch(), released, new long[0]))
                    .results()
                    .get(0);
            entries = handed.entries();
        }
        return payloads;
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

        assertThat(answer.orTimeout(TestMember.WAIT_SECONDS, TimeUnit.SECONDS).join())
                .isInstanceOf(Answers.Unknown.class);
        assertThat(deliveries(sender.confirm(0, batch))).containsExactly("client 1");
        cluster.awaitEqualReplicas();
    }

    @Test
    void membersThatLeftAreNamedAndTheirBatchesRefused() {
        TestMember sender = cluster.members.get(0);
        TestMember gone = cluster.members.get(2);
        int partition = sender.owned[0];
        Batch late = gone.batch(partition, new Command.Tick());

        cluster.crash(gone);

        cluster.atRest(); // whoever owns the partition knows who is gone
        for (TestMember member : cluster.members) {
            assertThat(member.view.departed()).contains(gone.incarnation);
            assertThat(member.view.nodes()).hasSize(2).doesNotContain(gone.incarnation);
        }
        sender.confirm(partition, new Command.Tick());
        assertThat(sender.answer(partition, late, new Answers.Refused(Refusal.SENDER_NOT_MEMBER)))
                .isEqualTo(new Answers.Refused(Refusal.SENDER_NOT_MEMBER));
    }

    @Test
    void whatADeadMemberOwnedIsServedAlthoughMovesHaveJustFailed() {
        TestMember oldest = cluster.oldest();
        TestMember gone = cluster.youngest();
        int[] orphans = gone.owned;
        assertThat(orphans).isNotEmpty();
        Replicas.pauseMoves(oldest);

        cluster.crash(gone);

        for (int partition : orphans) {
            oldest.confirm(partition, new Command.Tick());
        }
    }

    @Test
    void withoutTheBackupsThatWerePromisedABatchIsRefused() {
        assertThat(cluster.members.stream()
                        .mapToInt(member -> member.node.ownedPartitions())
                        .sum())
                .isEqualTo(TestMember.PARTITIONS);
        TestMember first = cluster.members.get(0);
        first.await(() -> cluster.members.stream().allMatch(member -> member.node.underReplicatedPartitions() == 0));
        cluster.crash(cluster.members.get(2));
        cluster.crash(cluster.members.get(1));
        TestMember alone = cluster.members.get(0);
        alone.await(() -> alone.view.nodes().size() == 1 && alone.owned.length == TestMember.PARTITIONS);
        assertThat(alone.node.ownedPartitions()).isEqualTo(TestMember.PARTITIONS);
        assertThat(alone.node.underReplicatedPartitions()).isEqualTo(TestMember.PARTITIONS);

        int held = 0;
        for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
            boolean there = hasBucket(alone, partition);
            held += there ? 1 : 0;
            Answers expected =
                    there ? new Answers.Refused(Refusal.REPLICAS_MISSING) : new Answers.Unknown("bucket missing");
            assertThat(alone.answer(partition, alone.batch(partition, new Command.Tick()), expected))
                    .isEqualTo(expected);
        }
        assertThat(held).isPositive();

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
    void ofTwoThatWantToLeaveAtOnceOneIsToldThatItIsNeeded() {
        List<CompletableFuture<String>> asked = cluster.members.subList(1, 3).stream()
                .map(member -> CompletableFuture.supplyAsync(() -> announced(member, 2)))
                .toList();

        assertThat(asked.stream().map(CompletableFuture::join))
                .containsExactlyInAnyOrder(
                        "",
                        "it would leave 1 nodes, and 2 are needed: cluster.minimum-members, and one more than"
                                + " cluster.backup-count");
        assertThat(announced(cluster.members.get(0), 1)).isEmpty();
    }

    private static String announced(TestMember member, int heirsMin) {
        try {
            return member.node.handOver().announce(heirsMin);
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
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
        cluster.awaitEqualReplicas();
    }
}
