package io.covey.bucket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import io.covey.routing.ShardAddress;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The binary form of batches and results: what is written is read again, field by field. */
class BatchCodecTest {
    private static final long SEED = 555L;
    private static final int BATCHES = 1_500;

    private static byte[] bytes(Batch batch) {
        ByteWriter out = new ByteWriter(16);
        BatchCodec.write(batch, out);
        return out.toByteArray();
    }

    private static byte[] bytes(BatchResult result) {
        ByteWriter out = new ByteWriter(16);
        BatchCodec.write(result, out);
        return out.toByteArray();
    }

    private static BatchResult result(Result... results) {
        return new BatchResult(List.of(results), new RouteDelta(3, false, List.of(), List.of()), List.of());
    }

    @Test
    void randomBatchesAndTheirResultsAreReadAsTheyWereWritten() {
        RandomCommands random = new RandomCommands(SEED);
        ModelBucket model = new ModelBucket(BucketLimits.DEFAULT);
        TestBucket bucket = new TestBucket();
        Set<Class<?>> commands = new HashSet<>();
        Set<Class<?>> results = new HashSet<>();
        for (int i = 1; i <= BATCHES; i++) {
            Command command = i % 100 == 0 ? random.nodeGone() : random.next(model, random.shard(), i);
            command = i % 101 == 0 ? new Command.ReadRoutes() : command;
            command = i % 103 == 0
                    ? new Command.Reconcile(List.of(new Command.Reconcile.Progress("c" + i, i, 2L * i)))
                    : command;
            model.begin(i);
            command = i % 7 == 0 ? random.shared(i) : command;
            if (!(command instanceof Command.ReadRoutes)
                    && !(command instanceof Command.Reconcile)
                    && !(command instanceof SharedCommand)) {
                model.apply(command);
            }
            Batch batch = new Batch(new ShardAddress(Long.MAX_VALUE - 5, 3), i, i, List.of(command));
            BatchOutcome.Applied applied = (BatchOutcome.Applied) bucket.owner.apply(batch, bucket.standing());

            byte[] written = bytes(batch);
            Batch read = BatchCodec.readBatch(new ByteReader(written));
            assertThat(bytes(read)).isEqualTo(written);
            byte[] answer = bytes(applied.result());
            BatchResult readAnswer = BatchCodec.readResult(new ByteReader(answer));
            assertThat(bytes(readAnswer)).isEqualTo(answer);
            if (i % 30 == 0) {
                // Equal bytes could hide a field that is never written; this compares the fields themselves.
                assertThat(read).usingRecursiveComparison().isEqualTo(batch);
                assertThat(readAnswer).usingRecursiveComparison().isEqualTo(applied.result());
            }
            commands.add(command.getClass());
            results.add(applied.result().results().get(0).getClass());
        }
        Set<Class<?>> all = new HashSet<>(List.of(Command.class.getPermittedSubclasses()));
        all.remove(Command.OfShared.class);
        all.addAll(List.of(SharedCommand.class.getPermittedSubclasses()));
        assertThat(commands).isEqualTo(all);
        results.add(Result.Refused.class); // needs a full bucket; written below
        assertThat(results).containsExactlyInAnyOrder(Result.class.getPermittedSubclasses());
    }

    @Test
    void extremeValuesAreReadAsTheyWereWritten() {
        Batch batch = new Batch(
                new ShardAddress(-1, 0),
                Long.MAX_VALUE,
                Long.MAX_VALUE,
                List.of(
                        new Command.OpenSession(
                                "",
                                new ShardAddress(0, 65_535),
                                true,
                                0xFFFF_FFFFL,
                                65_535,
                                null,
                                Command.OpenSession.AT_ONCE),
                        new Command.OpenSession("o", TestBucket.SHARD_A, false, 0, 1, null, Long.MAX_VALUE),
                        new Command.CloseSession("\u00e4\ud83d\ude00", Long.MAX_VALUE, -1, true, -1),
                        new Command.Acknowledge("c", 1, new long[] {Long.MAX_VALUE, 0, 5}, new long[] {3, 2, 1}),
                        new Command.NodeGone(Long.MIN_VALUE),
                        new Command.FinishOutbox(new long[0])));
        assertThat(BatchCodec.readBatch(new ByteReader(bytes(batch))))
                .usingRecursiveComparison()
                .isEqualTo(batch);

        BatchResult result = result(
                new Result.Refused(Shortage.BUCKET),
                new Result.Described(new Result.SessionDescription(
                        "c", 1, null, 0xFFFF_FFFFL, -1, List.of(), 0, Long.MAX_VALUE, -1, 0, 1, 2, 3)),
                new Result.Described(null),
                new Result.Nodes(List.of(Long.MIN_VALUE, Long.MAX_VALUE)),
                new Result.Occupied(new ShardAddress(-1, 65_535), Long.MAX_VALUE, Long.MAX_VALUE),
                new Result.Opened(
                        1,
                        1,
                        false,
                        List.of(new Result.Predecessor(new ShardAddress(7, 1), 9)),
                        List.of(),
                        1,
                        List.of(),
                        List.of()));
        assertThat(BatchCodec.readResult(new ByteReader(bytes(result))))
                .usingRecursiveComparison()
                .isEqualTo(result);
    }

    /** As format 2 wrote it: a bucket that applies it again must do what it did then. */
    @Test
    void anEarlierFormatsConnectTakesOverAtOnce() {
        byte[] written =
                HexFormat.of().parseHex("0200000000000000020101c2843d0103016300000000000000020100ffffffff0f0a00");

        Batch read = BatchCodec.readBatch(new ByteReader(written));

        ShardAddress shard = new ShardAddress(2, 1);
        assertThat(read.commands())
                .containsExactly(new Command.OpenSession(
                        "c", shard, false, 0xFFFF_FFFFL, 10, null, Command.OpenSession.AT_ONCE));
    }

    @Test
    void anotherFormatIsRefusedByName() {
        byte[] batch = bytes(new Batch(TestBucket.SHARD_A, 1, 1, List.of(new Command.Tick())));
        batch[0] = 4;
        assertThatThrownBy(() -> BatchCodec.readBatch(new ByteReader(batch)))
                .isInstanceOf(UnknownFormatException.class)
                .hasMessage("a batch has format 4, this release knows 3");

        byte[] result = bytes(result(new Result.Done()));
        result[0] = 4;
        assertThatThrownBy(() -> BatchCodec.readResult(new ByteReader(result)))
                .isInstanceOf(UnknownFormatException.class)
                .hasMessage("a batch's result has format 4, this release knows 3");
    }

    @Test
    void anUnknownCommandOrResultIsRefusedByName() {
        byte[] batch = bytes(new Batch(TestBucket.SHARD_A, 1, 1, List.of(new Command.Tick())));
        batch[batch.length - 1] = 99;
        assertThatThrownBy(() -> BatchCodec.readBatch(new ByteReader(batch)))
                .isInstanceOf(UnknownFormatException.class)
                .hasMessageContaining("a command");

        byte[] result = bytes(result(new Result.Done()));
        result[2] = 99;
        assertThatThrownBy(() -> BatchCodec.readResult(new ByteReader(result)))
                .isInstanceOf(UnknownFormatException.class)
                .hasMessageContaining("a result");
    }

    @Test
    void aListLongerThanItsBytesIsRefusedBeforeItIsMade() {
        ByteWriter out = new ByteWriter(16);
        out.u8(1).i64(1).varInt(0).varLong(1).varLong(1).varInt(Integer.MAX_VALUE);

        assertThatThrownBy(() -> BatchCodec.readBatch(new ByteReader(out.toByteArray())))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void stepsAndVersionsAreReadAsTheyWereWritten() {
        Step step = new Step(
                Long.MAX_VALUE,
                7,
                new BucketVersion(3, 1L << 40),
                new BucketVersion(4, (1L << 40) + 1),
                BucketLimits.DEFAULT.withQueueOverflow(QueueOverflow.REFUSE).withCounts(1, 2, 3),
                NodeRoom.SESSIONS);
        ByteWriter out = new ByteWriter(16);
        step.write(out);

        assertThat(Step.read(new ByteReader(out.toByteArray()))).isEqualTo(step);
        assertThat(step.after()).isGreaterThan(step.before());
        assertThat(new BucketVersion(2, 1)).isGreaterThan(new BucketVersion(1, 9));
    }
}
