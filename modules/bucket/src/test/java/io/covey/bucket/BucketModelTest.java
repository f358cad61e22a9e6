package io.covey.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.ByteWriter;
import io.covey.routing.ShardAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Random commands give the answers of a naive model. */
class BucketModelTest {
    private static final long SEED = 7_301L;
    private static final int RUNS = 15;
    private static final int BATCHES = 800;

    /** Small queues and windows, so that their limits are met; bytes do not matter here. */
    private static final BucketLimits LIMITS = new BucketLimits(12, 1 << 30, 1L << 40, 3, 10_000);

    @Test
    void aBucketAnswersLikeItsModel() {
        for (int run = 0; run < RUNS; run++) {
            run(SEED + run, LIMITS);
        }
    }

    @ParameterizedTest
    @EnumSource(QueueOverflow.class)
    void aBucketKeepsItsBoundsLikeItsModel(QueueOverflow overflow) {
        for (int run = 0; run < RUNS; run++) {
            run(SEED + RUNS + run, LIMITS.withQueueOverflow(overflow).withCounts(4, 3, 1L << 40));
        }
    }

    private static void run(long seed, BucketLimits limits) {
        RandomCommands commands = new RandomCommands(seed);
        ModelBucket model = new ModelBucket(limits);
        Bucket bucket = new Bucket(limits);
        ShardAddress sender = new ShardAddress(1, 0);
        Set<String> routes = new TreeSet<>();
        long now = 1_000_000;
        for (int i = 1; i <= BATCHES; i++) {
            now += commands.random.nextInt(4) == 0 ? commands.random.nextInt(4_000) : 0;
            model.begin(now);
            List<Command> batch = new ArrayList<>();
            List<Result> expected = new ArrayList<>();
            for (int k = commands.random.nextInt(3); k >= 0; k--) {
                Command command = commands.next(model, commands.shard(), now);
                if (commands.random.nextInt(200) == 0) {
                    command = commands.nodeGone();
                }
                batch.add(command);
                expected.add(model.apply(command));
            }
            if (commands.random.nextInt(50) == 0) {
                bucket = TestBucket.copy(bucket, limits);
            }
            Standing standing = new Standing(9, Standing.ALONE, true, node -> true, now);
            BatchOutcome.Applied applied =
                    (BatchOutcome.Applied) bucket.apply(new Batch(sender, i, now, batch), standing);
            int number = i;
            Supplier<String> context = () -> "seed %d, batch %d: %s%nexpected %s%nactual %s"
                    .formatted(seed, number, batch, expected, applied.result());
            compareOutbox(applied.result().outbox(), model, context);
            follow(routes, applied.result().routes());
            assertThat(routes).describedAs(context).isEqualTo(model.filters());
            assertThat(render(applied.result().results())).describedAs(context).isEqualTo(render(expected));
        }
    }

    /** Every change must be one: nothing is added twice or removed unknown. */
    private static void follow(Set<String> routes, RouteDelta delta) {
        assertThat(delta.changed())
                .isEqualTo(!delta.added().isEmpty() || !delta.removed().isEmpty());
        delta.added().forEach(filter -> assertThat(routes.add(filter)).isTrue());
        delta.removed().forEach(filter -> assertThat(routes.remove(filter)).isTrue());
    }

    /** Wills that one Tick publishes may come in any order, and so be numbered otherwise. */
    private static void compareOutbox(List<OutboxEntry> actual, ModelBucket model, Supplier<String> context) {
        assertThat(actual.stream().map(BucketModelTest::withoutNumber).sorted().toList())
                .describedAs(context)
                .isEqualTo(model.created().stream()
                        .map(BucketModelTest::withoutNumber)
                        .sorted()
                        .toList());
        assertThat(actual.stream().map(OutboxEntry::number).sorted().toList())
                .describedAs(context)
                .isEqualTo(model.created().stream()
                        .map(OutboxEntry::number)
                        .sorted()
                        .toList());
    }

    private static String withoutNumber(OutboxEntry entry) {
        OutboxEffect.Publish will = TestBucket.will(entry);
        return will.clientId() + " " + TestBucket.text(will.message()) + " "
                + will.message().publishedAtMillis() + " " + will.message().expiresAtMillis();
    }

    private static String render(List<Result> results) {
        return results.stream().map(BucketModelTest::render).collect(Collectors.joining("\n"));
    }

    /** Every field of a result; those that the model does not know are left out. */
    private static String render(Result result) {
        Result known = result;
        if (result instanceof Result.Described described && described.session() != null) {
            known = new Result.Described(withoutBytes(described.session()));
        } else if (result instanceof Result.Ticked) {
            known = new Result.Ticked(List.of());
        } else if (result instanceof Result.Nodes) {
            known = new Result.Nodes(List.of());
        } else if (result instanceof Result.RetainedPage page) {
            known = new Result.RetainedPage(page.messages(), page.more(), "");
        }
        ByteWriter out = new ByteWriter(64);
        ResultCodec.write(out, known);
        return known.getClass().getSimpleName() + " " + Arrays.toString(out.toByteArray());
    }

    private static Result.SessionDescription withoutBytes(Result.SessionDescription session) {
        return new Result.SessionDescription(
                session.clientId(),
                session.epoch(),
                session.owner(),
                session.expirySeconds(),
                session.disconnectedAtMillis(),
                session.subscriptions(),
                session.queueMessages(),
                0,
                session.oldestPublishedAtMillis(),
                session.inFlight(),
                session.droppedByQueueLimit(),
                session.droppedByExpiry(),
                session.receivedUnreleased());
    }
}
