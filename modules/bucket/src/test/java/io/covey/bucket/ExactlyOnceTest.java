package io.covey.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Incoming QoS 2: numbers in the publisher's bucket, deduplication in the targets [I3]. */
class ExactlyOnceTest {
    private final TestBucket bucket = new TestBucket();
    private final long publisher = bucket.connect("publisher").epoch();
    private final long subscriber = bucket.connect("subscriber").epoch();

    private Result receive(int packetId) {
        return bucket.answer(new Command.Receive("publisher", publisher, packetId));
    }

    private Result release(int packetId) {
        return bucket.answer(new Command.Release("publisher", publisher, packetId));
    }

    private static Origin origin(long incarnation, long number, long floor) {
        return Origin.ofClient("publisher", incarnation, number, floor);
    }

    private boolean appended(Origin origin) {
        Result.Appended appended =
                bucket.run(new Command.Append(bucket.message("a", "m", QoS.EXACTLY_ONCE), "publisher", origin));
        return appended.matched() == 1;
    }

    private void subscribe() {
        bucket.subscribe("subscriber", subscriber, "a", QoS.EXACTLY_ONCE);
    }

    private int queued() {
        return bucket.describe("subscriber").queueMessages();
    }

    @Test
    void aPacketIdentifierGetsANumberAndARepeatGetsTheSame() { // [MQTT-4.3.3-10]
        assertThat(receive(7)).isEqualTo(new Result.Numbered(1, 1, false));
        assertThat(receive(9)).isEqualTo(new Result.Numbered(2, 1, false));
        assertThat(receive(7)).isEqualTo(new Result.Numbered(1, 1, true));
    }

    @Test
    void releasingForgetsThePacketIdentifierAndRaisesTheFloor() { // [MQTT-4.3.3-12]
        receive(7);
        receive(8);
        receive(9);

        assertThat(release(8)).isEqualTo(new Result.Released(true, 2, 1));
        assertThat(release(7)).isEqualTo(new Result.Released(true, 1, 3));
        assertThat(release(7)).isEqualTo(new Result.Released(false, 0, 3));
        assertThat(receive(7)).isEqualTo(new Result.Numbered(4, 3, false));
        release(9);
        assertThat(release(7)).isEqualTo(new Result.Released(true, 4, 5));
    }

    @Test
    void receiptsOutliveTheConnectionAndTheReplica() {
        receive(7);
        receive(8);
        release(7);
        bucket.close("publisher", publisher);
        bucket.restart();

        Result.Opened opened = bucket.connect("publisher");

        assertThat(opened.received()).containsExactly(new Result.Receipt(8, 2));
        assertThat(bucket.answer(new Command.Receive("publisher", opened.epoch(), 8)))
                .isEqualTo(new Result.Numbered(2, 2, true));
        assertThat(bucket.answer(new Command.Receive("publisher", opened.epoch(), 9)))
                .isEqualTo(new Result.Numbered(3, 2, false));
    }

    @Test
    void anAppendOfTheSameOriginIsSkipped() {
        subscribe();

        assertThat(appended(origin(1, 5, 4))).isTrue();
        assertThat(appended(origin(1, 5, 4))).isFalse();
        assertThat(appended(origin(1, 5, 5))).isFalse();
        bucket.restart();
        assertThat(appended(origin(1, 5, 4))).isFalse();
        assertThat(queued()).isEqualTo(1);
    }

    @Test
    void numbersMayComeInAnyOrderAboveTheFloor() {
        subscribe();

        assertThat(appended(origin(1, 9, 3))).isTrue();
        assertThat(appended(origin(1, 4, 3))).isTrue();
        assertThat(appended(origin(1, 7, 3))).isTrue();
        assertThat(appended(origin(1, 3, 3))).isTrue();
        assertThat(appended(origin(1, 7, 3))).isFalse();
        assertThat(appended(origin(1, 9, 8))).isFalse();
        assertThat(queued()).isEqualTo(4);
    }

    @Test
    void numbersBelowTheFloorAreSkippedForGood() {
        subscribe();
        appended(origin(1, 5, 4));
        bucket.run(new Command.RaiseFloor("c:publisher", 1, 6));

        assertThat(appended(origin(1, 5, 4))).isFalse();
        assertThat(appended(origin(1, 4, 4))).isFalse();
        assertThat(appended(origin(1, 6, 6))).isTrue();
        assertThat(appended(origin(1, 8, 8))).isTrue();
        assertThat(appended(origin(1, 7, 6))).isFalse();
    }

    @Test
    void aNewIncarnationStartsAnewAndAnOlderOneIsSkipped() {
        subscribe();
        appended(origin(3, 5, 4));

        assertThat(appended(origin(4, 1, 1))).isTrue();
        assertThat(appended(origin(3, 6, 4))).isFalse();
        bucket.run(new Command.RaiseFloor("c:publisher", 3, 100));
        assertThat(appended(origin(4, 2, 1))).isTrue();
    }

    @Test
    void sourcesDoNotMeet() {
        subscribe();
        OutboxEntry entry =
                new OutboxEntry(5, 5, new OutboxEffect.Publish("x", bucket.message("a", "will", QoS.AT_LEAST_ONCE)));

        assertThat(appended(origin(0, 5, 5))).isTrue();
        assertThat(appended(Origin.ofOutbox(3, entry))).isTrue();
        assertThat(appended(Origin.ofOutbox(4, entry))).isTrue();
        assertThat(appended(Origin.ofOutbox(3, entry))).isFalse();
    }

    @Test
    void whatMatchedNothingIsNotRemembered() {
        assertThat(appended(origin(1, 5, 5))).isFalse();
        subscribe();

        assertThat(appended(origin(1, 5, 5))).isTrue();
    }

    @Test
    void aRetainedWriteAndAnAppendOfTheSameNumberAreBothDone() {
        subscribe();
        Message message = bucket.message("a", "m", QoS.EXACTLY_ONCE, true, Message.NEVER);
        Message overwritten = bucket.message("a", "other", QoS.EXACTLY_ONCE, true, Message.NEVER);

        assertThat(bucket.answer(new Command.Retain(message, origin(1, 5, 5))))
                .isEqualTo(new Result.RetainedStored(1, null));
        assertThat(appended(origin(1, 5, 5))).isTrue();
        assertThat(bucket.answer(new Command.Retain(overwritten, null))).isEqualTo(new Result.RetainedStored(2, null));
        // The repeat must not bring back the older value.
        assertThat(bucket.answer(new Command.Retain(message, origin(1, 5, 5))))
                .isEqualTo(new Result.RetainedStored(2, null));
        Result.RetainedPage page = bucket.run(new Command.ReadRetained("a", ""));
        assertThat(page.messages()).extracting(TestBucket::text).isEqualTo(List.of("other"));
    }

    @Test
    void recordsWithoutNumbersAreDroppedAnHourAfterTheirLastUse() {
        subscribe();
        appended(origin(1, 5, 5));
        bucket.advanceSeconds(7200);
        bucket.tick();
        // It holds a number, so it stays however long that takes.
        assertThat(appended(origin(1, 5, 5))).isFalse();

        bucket.run(new Command.RaiseFloor("c:publisher", 1, 6));
        bucket.advanceSeconds(3599);
        bucket.restart();
        bucket.tick();
        assertThat(appended(origin(1, 5, 5))).isFalse();
        bucket.advanceSeconds(1);
        bucket.tick();
        assertThat(appended(origin(1, 5, 5))).isTrue();
    }

    @Test
    void unfinishedRecordsAreForgottenOnlyForWantOfRoomTheLongestUnusedFirst() {
        TestBucket small = new TestBucket(new BucketLimits(100, 1 << 20, 64 << 10, 2, 10_000));
        long epoch = small.connect("c").epoch();
        small.subscribe("c", epoch, "a", QoS.EXACTLY_ONCE);
        for (int i = 0; i < 40; i++) {
            small.runQuietly(new Command.Append(
                    small.message("a", "m", QoS.EXACTLY_ONCE), "p", Origin.ofClient("p" + i, 1, 1, 1)));
        }
        small.tick();

        long forgotten = small.owner.figures().forgottenOrigins();
        assertThat(forgotten).isBetween(10L, 30L);
        Command oldest =
                new Command.Append(small.message("a", "m", QoS.EXACTLY_ONCE), "p", Origin.ofClient("p0", 1, 1, 1));
        Command newest =
                new Command.Append(small.message("a", "m", QoS.EXACTLY_ONCE), "p", Origin.ofClient("p39", 1, 1, 1));
        assertThat(((Result.Appended) small.answer(newest)).matched()).isZero();
        assertThat(((Result.Appended) small.answer(oldest)).matched()).isEqualTo(1);
        small.tick();
        small.restart();
        assertThat(small.owner.figures().forgottenOrigins()).isEqualTo(forgotten + 1);
    }
}
