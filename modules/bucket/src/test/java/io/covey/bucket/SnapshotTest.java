package io.covey.bucket;

import static io.covey.bucket.TestBucket.NEVER_EXPIRES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The written form of a whole bucket. That copies are equal is checked after each batch by {@link TestBucket}. */
class SnapshotTest {
    /** Of format 1: a connection of shard 0 of node 1 that one of shard 1 of node 2 has superseded, as the release before wrote it. */
    private static final String FORMAT_1 =
            "010103000000000000000100000000000f4242020101630102030000000000000002018a01ffffffff0f7fffffffffffffff"
                    + "ffffffffffffffff010161010001000001017fffffffffffffff000000000001000000000000000000020000000000000001"
                    + "00020000000000000001000000000000000101010102a08d06808080200080808020ffffffff07ffffffff07ffffffffffff"
                    + "ffff7f8001904e00010106010001010101610000000000000000000201010000000000000001000000000000000101020103"
                    + "a08d06808080200080808020ffffffff07ffffffff07ffffffffffffffff7f8001904e000101040201010100000000000000"
                    + "010001000100010161010000010000000000008406";

    /** Of format 2: the same. */
    private static final String FORMAT_2 =
            "020102000000000000000100000000000f4242020101630102030000000000000002018a01ffffffff0f7fffffffffffffff"
                    + "ffffffffffffffff010161010001000001017fffffffffffffff000000000001016301000000000000000100010100000000"
                    + "000000000002000000000000000100010000000000000001000000000000000000000101a08d06808080200080808020ffff"
                    + "ffff07ffffffff07ffffffffffffffff7f8001904e0002020401010000000100000006010001010101610000000000000000"
                    + "000201010000000000000001000000000000000101010102a08d06808080200080808020ffffffff07ffffffff07ffffffff"
                    + "ffffffff7f8001904e00020104020101010000000000000001000100010001016101000001000000000000f606";

    private static final ShardAddress SHARD_2 = new ShardAddress(2, 1);

    private final TestBucket bucket = new TestBucket();

    private byte[] written() {
        ByteWriter out = new ByteWriter(16);
        bucket.owner.write(out);
        return out.toByteArray();
    }

    @Test
    void aSharedMessageIsWrittenOnce() {
        for (int i = 0; i < 10; i++) {
            long epoch = bucket.open("c" + i, false, NEVER_EXPIRES, 1, null).epoch();
            bucket.subscribe("c" + i, epoch, "a", QoS.AT_LEAST_ONCE);
        }
        int before = written().length;

        bucket.publish("a", "x".repeat(10_000));

        assertThat(written().length - before).isBetween(10_000, 11_000);
    }

    @Test
    void writingTwiceGivesTheSameBytes() {
        long epoch = bucket.connect("c").epoch();
        bucket.subscribe("c", epoch, "a", QoS.AT_LEAST_ONCE);
        bucket.publish("a", "m");

        assertThat(written()).isEqualTo(written());
    }

    @Test
    void aCopyGoesOnWhereTheOriginalIs() {
        long epoch = bucket.connect("c").epoch();
        bucket.subscribe("c", epoch, "a/+", QoS.AT_LEAST_ONCE);
        bucket.publish("a/b", "one");
        bucket.restart();

        assertThat(bucket.owner.version()).isEqualTo(bucket.backup.version());
        assertThat(bucket.publish("a/b", "two").deliveries())
                .extracting(Result.Delivery::sequence)
                .containsExactly(2L);
    }

    @ParameterizedTest
    @ValueSource(strings = {FORMAT_1, FORMAT_2})
    void anEarlierFormatIsReadWithTheResultsInIt(String written) {
        byte[] bytes = HexFormat.of().parseHex(written);

        Bucket restored = Bucket.restore(new ByteReader(bytes), BucketLimits.DEFAULT);

        BucketVersion before = restored.version();
        Command open =
                new Command.OpenSession("c", SHARD_2, false, NEVER_EXPIRES, 10, null, Command.OpenSession.AT_ONCE);
        BatchOutcome repeated = apply(restored, SHARD_2, 1, open);
        Result result = ((BatchOutcome.Applied) repeated).result().results().get(0);
        assertThat(((Result.Opened) result).predecessors())
                .containsExactly(new Result.Predecessor(new ShardAddress(1, 0), 1));
        assertThat(restored.version()).isEqualTo(before);
        ByteWriter out = new ByteWriter(16);
        restored.write(out);
        assertThat(Bucket.restore(new ByteReader(out.toByteArray()), BucketLimits.DEFAULT)
                        .digest())
                .isEqualTo(restored.digest());

        ShardAddress third = new ShardAddress(3, 0);
        Command later = new Command.OpenSession("c", third, false, NEVER_EXPIRES, 10, null, 3);
        result = ((BatchOutcome.Applied) apply(restored, third, 1, later))
                .result()
                .results()
                .get(0);
        assertThat(result).as("the turn of who has the session is its epoch").isInstanceOf(Result.Opened.class);
    }

    private static BatchOutcome apply(Bucket bucket, ShardAddress sender, long sequence, Command command) {
        Standing standing = new Standing(1, Standing.ALONE, true, node -> true, 1_000_002);
        return bucket.apply(new Batch(sender, sequence, 1_000_002, List.of(command)), standing);
    }

    @Test
    void anotherFormatIsRefusedByName() {
        byte[] bytes = written();
        bytes[0] = 9;

        assertThatThrownBy(() -> Bucket.restore(new ByteReader(bytes), BucketLimits.DEFAULT))
                .isInstanceOf(UnknownFormatException.class)
                .hasMessage("a bucket's snapshot has format 9, this release knows 3");
    }

    @Test
    void aTornSnapshotIsNotRestored() {
        bucket.connect("c");
        byte[] bytes = written();

        for (int length = 0; length < bytes.length; length++) {
            ByteReader torn = new ByteReader(bytes, 0, length);
            assertThatThrownBy(() -> Bucket.restore(torn, BucketLimits.DEFAULT)).isInstanceOf(RuntimeException.class);
        }
    }

    @Test
    void corruptBytesTakeNoMoreMemoryThanTheyAreLong() {
        long epoch = bucket.connect("c").epoch();
        bucket.subscribe("c", epoch, "a", QoS.AT_LEAST_ONCE);
        bucket.publish("a", "m");
        byte[] sound = written();
        byte[] largestInt = HexFormat.of().parseHex("ffffffff07");

        for (int at = 1; at + largestInt.length <= sound.length; at++) {
            byte[] corrupt = sound.clone();
            System.arraycopy(largestInt, 0, corrupt, at, largestInt.length);
            Throwable thrown = catchThrowable(() -> Bucket.restore(new ByteReader(corrupt), BucketLimits.DEFAULT));
            if (thrown != null) { // else the bytes were a name or a time
                assertThat(thrown).as("corrupt from byte %d", at).isInstanceOf(RuntimeException.class);
            }
        }
    }
}
