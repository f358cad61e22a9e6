package io.covey.bucket;

import static io.covey.bucket.TestBucket.NODE_B;
import static io.covey.bucket.TestBucket.SHARD_A;
import static io.covey.bucket.TestBucket.SHARD_B;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import io.covey.routing.ShardAddress;
import java.util.AbstractList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** When a replica applies a batch, when it has it already, and when it must not. */
class BatchRulesTest {
    private static final long TIME = TestBucket.START_MILLIS;
    private static final Standing FIT = new Standing(1, Standing.ALONE, true, node -> true, TIME);
    private static final Standing FIT_2 = new Standing(2, Standing.ALONE, true, node -> true, TIME);
    private static final Standing FIT_3 = new Standing(3, Standing.ALONE, true, node -> true, TIME);

    private final Bucket owner = new Bucket(BucketLimits.DEFAULT);
    private final Bucket backup = new Bucket(BucketLimits.DEFAULT);

    private static Batch open(ShardAddress sender, long sequence, String clientId) {
        return new Batch(
                sender,
                sequence,
                TIME,
                List.of(new Command.OpenSession(clientId, sender, false, 60, 10, null, Command.OpenSession.AT_ONCE)));
    }

    private static Step step(long owner, long ownerBefore, BucketVersion before, BucketVersion after) {
        return new Step(owner, ownerBefore, before, after, BucketLimits.DEFAULT, NodeRoom.ALL);
    }

    private static BatchOutcome.Applied applied(BatchOutcome outcome) {
        return (BatchOutcome.Applied) outcome;
    }

    private static Refusal refused(BatchOutcome outcome) {
        return ((BatchOutcome.Refused) outcome).refusal();
    }

    @Test
    void theFirstBatchRaisesGenerationAndNumber() {
        Step step = applied(owner.apply(open(SHARD_A, 1, "a"), FIT)).step();

        assertThat(step).isEqualTo(step(1, 0, BucketVersion.ZERO, new BucketVersion(1, 1)));
        assertThat(owner.version()).isEqualTo(new BucketVersion(1, 1));
    }

    @Test
    void eachBatchRaisesTheNumberByOneWhateverItsSender() {
        owner.apply(open(SHARD_A, 1, "a"), FIT);
        owner.apply(open(SHARD_B, 1, "b"), FIT);
        Step step = applied(owner.apply(open(SHARD_A, 2, "c"), FIT)).step();

        assertThat(step).isEqualTo(step(1, 1, new BucketVersion(1, 2), new BucketVersion(1, 3)));
    }

    @Test
    void aNewOwnerRaisesTheGenerationWithItsFirstBatch() {
        owner.apply(open(SHARD_A, 1, "a"), FIT);
        Step first = applied(owner.apply(open(SHARD_A, 2, "b"), FIT_2)).step();
        Step second = applied(owner.apply(open(SHARD_A, 3, "c"), FIT_2)).step();

        assertThat(first).isEqualTo(step(2, 1, new BucketVersion(1, 1), new BucketVersion(2, 2)));
        assertThat(second.after()).isEqualTo(new BucketVersion(2, 3));
    }

    private static Standing standing(long node, long term) {
        return new Standing(node, term, true, member -> true, TIME);
    }

    @Test // I1
    void theGenerationFollowsTheTermAlsoWhereTheOwnerStays() {
        owner.apply(open(SHARD_A, 1, "a"), standing(1, 1_700_000_000_000L));
        BucketVersion first = owner.version();
        assertThat(first).isEqualTo(new BucketVersion(1_700_000_000_000L << 16, 1));
        owner.apply(open(SHARD_A, 2, "b"), standing(1, 1_700_000_000_000L));
        assertThat(owner.version().generation()).as("the same owner and term").isEqualTo(first.generation());

        owner.apply(open(SHARD_A, 3, "c"), standing(1, 1_700_000_000_001L));
        assertThat(owner.version().generation()).isEqualTo(1_700_000_000_001L << 16);
        owner.apply(open(SHARD_A, 4, "d"), standing(2, 1_600_000_000_000L));
        assertThat(owner.version().generation())
                .as("another owner, whose term is older")
                .isEqualTo((1_700_000_000_001L << 16) + 1);
        assertThat(owner.version().number()).isEqualTo(4);
    }

    @Test // I1
    void theHeirsFirstBatchIsNewerThanAllThatAnOwnerAppliedAloneBeforeItWasCutOff() {
        Bucket first = new Bucket(BucketLimits.DEFAULT);
        BatchOutcome.Applied common = applied(first.apply(open(SHARD_A, 1, "a"), standing(1, 10)));
        for (Bucket replica : List.of(owner, backup)) {
            assertThat(replica.replicate(open(SHARD_A, 1, "a"), common.step())).isTrue();
        }

        // It has just taken over, and has nobody's confirmation.
        owner.apply(open(SHARD_A, 2, "b"), standing(2, 11));
        owner.apply(open(SHARD_A, 3, "c"), standing(2, 11));
        // The others have agreed on another term since it is gone.
        backup.apply(open(SHARD_B, 1, "d"), standing(3, 12));

        assertThat(backup.version()).isGreaterThan(owner.version());
    }

    @Test
    void aReplicaFollowsToAHigherGenerationAndNeverToALowerOne() {
        Step first =
                applied(owner.apply(open(SHARD_A, 1, "a"), standing(1, 10))).step();
        assertThat(backup.replicate(open(SHARD_A, 1, "a"), first)).isTrue();
        BucketVersion before = backup.version();
        long generation = before.generation();
        Batch next = open(SHARD_A, 2, "b");

        for (Step refused : List.of(
                step(1, 1, before, new BucketVersion(generation - 1, 2)),
                step(2, 1, before, new BucketVersion(generation, 2)),
                step(1, 1, before, new BucketVersion(generation + 9, 3)),
                step(1, 1, before, new BucketVersion(generation + 9, 1)))) {
            assertThat(backup.replicate(next, refused)).as("%s", refused).isFalse();
        }
        assertThat(backup.version()).isEqualTo(before);
        Step later = applied(owner.apply(next, standing(1, 12))).step();
        assertThat(backup.replicate(next, later)).isTrue();

        assertThat(backup.version()).isEqualTo(new BucketVersion(12 << 16, 2));
        assertThat(backup.digest()).isEqualTo(owner.digest());
    }

    @Test
    void theHighestTermsThatAClockTellsAreWrittenAndRead() {
        BucketVersion version = BucketVersion.ZERO.next(false, (1L << 42) - 1).next(false, 0);
        ByteWriter out = new ByteWriter(16);
        version.write(out);

        assertThat(BucketVersion.read(new ByteReader(out.toByteArray()))).isEqualTo(version);
        assertThat(version.generation()).isPositive();
    }

    @Test
    void aRepeatGetsTheStoredResultAndStepAndChangesNothing() {
        BatchOutcome.Applied first = applied(owner.apply(open(SHARD_A, 1, "a"), FIT));
        owner.apply(open(SHARD_B, 1, "b"), FIT);
        long digest = owner.digest();

        BatchOutcome.Applied repeat = applied(owner.apply(open(SHARD_A, 1, "a"), FIT));

        assertThat(repeat).isEqualTo(first);
        assertThat(owner.digest()).isEqualTo(digest);
    }

    @Test
    void aPromotedOwnerAnswersARepeatWithTheFirstOwnersStep() {
        BatchOutcome.Applied first = applied(owner.apply(open(SHARD_A, 1, "a"), FIT));
        backup.replicate(open(SHARD_A, 1, "a"), first.step());

        BatchOutcome.Applied repeat = applied(backup.apply(open(SHARD_A, 1, "a"), FIT_2));

        assertThat(repeat.step()).isEqualTo(first.step());
        assertThat(repeat.result()).isEqualTo(first.result());
        assertThat(backup.version()).isEqualTo(new BucketVersion(1, 1));
    }

    @Test
    void aGapIsRefused() {
        assertThat(refused(owner.apply(open(SHARD_A, 2, "a"), FIT))).isEqualTo(Refusal.SEQUENCE_GAP);
        owner.apply(open(SHARD_A, 1, "a"), FIT);
        assertThat(refused(owner.apply(open(SHARD_A, 3, "a"), FIT))).isEqualTo(Refusal.SEQUENCE_GAP);
        owner.apply(open(SHARD_A, 2, "a"), FIT);
        assertThat(refused(owner.apply(open(SHARD_A, 1, "a"), FIT))).isEqualTo(Refusal.SEQUENCE_GAP);
        assertThat(owner.version()).isEqualTo(new BucketVersion(1, 2));
    }

    @Test
    void refusalsAreCheckedInOrderAndChangeNothing() {
        long empty = owner.digest();
        Batch gapFromTheFuture = new Batch(SHARD_A, 5, TIME + 60_000, List.of(new Command.Tick()));

        assertThat(refused(
                        owner.apply(gapFromTheFuture, new Standing(1, Standing.NO_TERM, false, node -> false, TIME))))
                .isEqualTo(Refusal.SENDER_NOT_MEMBER);
        assertThat(refused(owner.apply(gapFromTheFuture, new Standing(1, Standing.NO_TERM, false, node -> true, TIME))))
                .isEqualTo(Refusal.LEASE_LOST);
        assertThat(refused(owner.apply(gapFromTheFuture, new Standing(1, Standing.ALONE, false, node -> true, TIME))))
                .isEqualTo(Refusal.REPLICAS_MISSING);
        assertThat(refused(owner.apply(gapFromTheFuture, FIT))).isEqualTo(Refusal.CLOCK_SKEW);
        Standing later = new Standing(1, Standing.ALONE, true, node -> true, TIME + 60_000);
        assertThat(refused(owner.apply(gapFromTheFuture, later))).isEqualTo(Refusal.SEQUENCE_GAP);
        assertThat(owner.digest()).isEqualTo(empty);
    }

    @Test
    void aRepeatIsRefusedTooWhileTheOwnerIsNotFit() {
        owner.apply(open(SHARD_A, 1, "a"), FIT);

        assertThat(refused(owner.apply(
                        open(SHARD_A, 1, "a"), new Standing(1, Standing.NO_TERM, true, node -> true, TIME))))
                .isEqualTo(Refusal.LEASE_LOST);
    }

    @Test
    void aBatchThatWaitedForLongIsAppliedAndTimeStandsStill() {
        long now = TIME + 3_600_000;
        Standing later = new Standing(1, Standing.ALONE, true, node -> true, now);
        owner.apply(new Batch(SHARD_B, 1, now, List.of(new Command.Tick())), later);

        owner.apply(open(SHARD_A, 1, "a"), later);
        owner.apply(new Batch(SHARD_A, 2, TIME, List.of(new Command.CloseSession("a", 1, -1, false, 0))), later);
        BatchResult described = applied(
                        owner.apply(new Batch(SHARD_A, 3, TIME, List.of(new Command.Describe("a"))), later))
                .result();

        assertThat(((Result.Described) described.results().get(0)).session().disconnectedAtMillis())
                .isEqualTo(now);
    }

    @Test
    void aBackupAppliesFromExactlyTheVersionBefore() {
        Step first = applied(owner.apply(open(SHARD_A, 1, "a"), FIT)).step();
        Step second = applied(owner.apply(open(SHARD_A, 2, "b"), FIT)).step();

        assertThat(backup.replicate(open(SHARD_A, 2, "b"), second)).isFalse();
        assertThat(backup.version()).isEqualTo(BucketVersion.ZERO);
        assertThat(backup.replicate(open(SHARD_A, 1, "a"), first)).isTrue();
        assertThat(backup.replicate(open(SHARD_A, 2, "b"), second)).isTrue();
        assertThat(backup.version()).isEqualTo(owner.version());
        assertThat(backup.digest()).isEqualTo(owner.digest());
    }

    @Test
    void aBackupConfirmsWhatItHoldsWithoutApplyingItAgain() {
        Step first = applied(owner.apply(open(SHARD_A, 1, "a"), FIT)).step();
        Step second = applied(owner.apply(open(SHARD_A, 2, "b"), FIT)).step();
        backup.replicate(open(SHARD_A, 1, "a"), first);
        assertThat(backup.replicate(open(SHARD_A, 1, "a"), first)).isTrue();
        backup.replicate(open(SHARD_A, 2, "b"), second);

        assertThat(backup.replicate(open(SHARD_A, 2, "b"), second)).isTrue();
        assertThat(backup.replicate(open(SHARD_A, 1, "a"), first)).isTrue();
        assertThat(backup.digest()).isEqualTo(owner.digest());
    }

    @Test
    void aBackupThatHoldsTheBatchFromAnotherOwnersHandDoesNotConfirm() {
        // Node 1 applied it and died; node 2 never got it and applied it after another batch.
        Step lost = applied(owner.apply(open(SHARD_A, 1, "a"), FIT)).step();
        assertThat(lost.owner()).isEqualTo(1);
        Bucket promoted = backup;
        promoted.apply(open(SHARD_B, 1, "b"), FIT_2);
        Step second = applied(promoted.apply(open(SHARD_A, 1, "a"), FIT_2)).step();

        assertThat(owner.replicate(open(SHARD_A, 1, "a"), second)).isFalse();
    }

    @Test
    void aBackupAtTheSameVersionOfAnotherOwnerDoesNotApply() {
        Bucket left = new Bucket(BucketLimits.DEFAULT);
        Bucket right = new Bucket(BucketLimits.DEFAULT);
        left.apply(open(SHARD_A, 1, "a"), FIT_2);
        right.apply(open(SHARD_B, 1, "b"), FIT_3);
        Step step = applied(right.apply(open(SHARD_B, 2, "c"), FIT_3)).step();

        assertThat(left.version()).isEqualTo(step.before());
        assertThat(left.replicate(open(SHARD_B, 2, "c"), step)).isFalse();
        Step raised = applied(right.apply(open(SHARD_B, 3, "d"), FIT)).step();
        left.apply(open(SHARD_A, 2, "x"), FIT_2);
        assertThat(left.version()).isEqualTo(raised.before());
        assertThat(left.replicate(open(SHARD_B, 3, "d"), raised)).isFalse();
    }

    @Test
    void aGoneNodesSendersAreForgottenAndItIsNotServedAgain() {
        ShardAddress shardC = new ShardAddress(300, 0);
        owner.apply(open(SHARD_A, 1, "a"), FIT);
        owner.apply(open(SHARD_B, 1, "b"), FIT);
        owner.apply(new Batch(SHARD_A, 2, TIME, List.of(new Command.NodeGone(NODE_B))), FIT);

        assertThat(refused(owner.apply(open(SHARD_B, 1, "b"), FIT))).isEqualTo(Refusal.SEQUENCE_GAP);
        assertThat(refused(owner.apply(open(SHARD_B, 2, "b"), FIT))).isEqualTo(Refusal.SEQUENCE_GAP);
        Bucket copy = TestBucket.copy(owner, BucketLimits.DEFAULT);
        assertThat(refused(copy.apply(open(SHARD_B, 1, "b"), FIT))).isEqualTo(Refusal.SEQUENCE_GAP);
        assertThat(copy.apply(open(shardC, 1, "c"), FIT)).isInstanceOf(BatchOutcome.Applied.class);
        assertThat(copy.apply(open(SHARD_A, 3, "d"), FIT)).isInstanceOf(BatchOutcome.Applied.class);
    }

    @Test
    void theOwnerLearnsWhichNodesTheBucketHasSomethingOf() {
        owner.apply(open(SHARD_A, 1, "a"), FIT);
        owner.apply(open(SHARD_B, 1, "b"), FIT);
        Batch asked = new Batch(SHARD_A, 2, TIME, List.of(new Command.ReadNodes()));
        assertThat(applied(owner.apply(asked, FIT)).result().results())
                .containsExactly(new Result.Nodes(
                        Stream.of(SHARD_A.node(), NODE_B).sorted().toList()));

        owner.apply(new Batch(SHARD_A, 3, TIME, List.of(new Command.NodeGone(NODE_B))), FIT);
        Batch again = new Batch(SHARD_A, 4, TIME, List.of(new Command.ReadNodes()));
        assertThat(applied(owner.apply(again, FIT)).result().results())
                .containsExactly(new Result.Nodes(List.of(SHARD_A.node())));
    }

    @Test
    void onlyTheNewestGoneNodesAreRemembered() {
        for (int i = 0; i <= SenderTable.GONE_MAX; i++) {
            owner.apply(new Batch(SHARD_A, i + 1, TIME, List.of(new Command.NodeGone(1_000 + i))), FIT);
        }

        assertThat(owner.apply(open(new ShardAddress(1_000, 0), 1, "x"), FIT)).isInstanceOf(BatchOutcome.Applied.class);
        assertThat(refused(owner.apply(open(new ShardAddress(1_001, 0), 1, "x"), FIT)))
                .isEqualTo(Refusal.SEQUENCE_GAP);
    }

    @Test
    void aBatchThatFailedHalfWayStopsTheBucket() {
        List<Command> failing = new AbstractList<>() {
            @Override
            public Command get(int index) {
                if (index == 1) {
                    throw new IllegalStateException("fails on purpose");
                }
                return new Command.Tick();
            }

            @Override
            public int size() {
                return 2;
            }
        };

        Step step = applied(new Bucket(BucketLimits.DEFAULT).apply(open(SHARD_A, 1, "a"), FIT))
                .step();

        assertThatThrownBy(() -> owner.apply(new Batch(SHARD_A, 1, TIME, failing), FIT))
                .hasMessage("fails on purpose");
        assertThatThrownBy(() -> owner.apply(open(SHARD_A, 1, "a"), FIT)).hasMessageContaining("half-way");
        assertThatThrownBy(() -> owner.write(new ByteWriter(16))).hasMessageContaining("half-way");
        assertThatThrownBy(() -> owner.replicate(open(SHARD_A, 1, "a"), step)).hasMessageContaining("half-way");
    }
}
