package io.covey.bucket;

import static io.covey.bucket.TestBucket.NEVER_EXPIRES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import io.covey.protocol.QoS;
import org.junit.jupiter.api.Test;

/** The written form of a whole bucket. That copies are equal is checked after each batch by {@link TestBucket}. */
class SnapshotTest {
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

    @Test
    void anotherFormatIsRefusedByName() {
        byte[] bytes = written();
        bytes[0] = 9;

        assertThatThrownBy(() -> Bucket.restore(new ByteReader(bytes), BucketLimits.DEFAULT))
                .isInstanceOf(UnknownFormatException.class)
                .hasMessage("a bucket's snapshot has format 9, this release knows 1");
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
}
