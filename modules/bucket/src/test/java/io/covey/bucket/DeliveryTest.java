package io.covey.bucket;

import static io.covey.bucket.TestBucket.NEVER_EXPIRES;
import static io.covey.bucket.TestBucket.NODE_A;
import static io.covey.bucket.TestBucket.sequences;
import static io.covey.bucket.TestBucket.texts;
import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.QoS;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The way of a message through a session's queue: handed, taken back, acknowledged. */
class DeliveryTest {
    /** A Receive Maximum of 2 makes a window of 4 with these. */
    private final TestBucket bucket = new TestBucket(new BucketLimits(1_000, 1 << 20, 1 << 22, 2, 10_000));

    private long connect(int receiveMaximum) {
        return bucket.open("c", false, NEVER_EXPIRES, receiveMaximum, null).epoch();
    }

    private long connectAndSubscribe(int receiveMaximum, QoS qos) {
        long epoch = connect(receiveMaximum);
        bucket.subscribe("c", epoch, "a/#", qos);
        return epoch;
    }

    private void publish(int from, int to) {
        for (int i = from; i <= to; i++) {
            bucket.publish(bucket.message("a/" + i, "m" + i, QoS.EXACTLY_ONCE));
        }
    }

    @Test
    void aConnectedSessionIsHandedTheMessageAtOnce() {
        long epoch = connectAndSubscribe(2, QoS.AT_LEAST_ONCE);

        Result.Appended appended = bucket.publish("a/b", "one");

        assertThat(appended.matched()).isEqualTo(1);
        assertThat(appended.refused()).isNull();
        assertThat(appended.deliveries()).singleElement().satisfies(delivery -> {
            assertThat(delivery.shard()).isEqualTo(TestBucket.SHARD_A);
            assertThat(delivery.clientId()).isEqualTo("c");
            assertThat(delivery.epoch()).isEqualTo(epoch);
            assertThat(delivery.sequence()).isEqualTo(1);
            assertThat(delivery.qos()).isEqualTo(QoS.AT_LEAST_ONCE);
        });
    }

    @Test
    void anOfflineSessionFindsItsMessagesInOrderWhenItReturns() { // [I4]
        bucket.close("c", connectAndSubscribe(2, QoS.EXACTLY_ONCE));
        bucket.publish("a", "one");
        assertThat(bucket.publish("a/b", "two").deliveries()).isEmpty();
        bucket.restart();

        Result.Opened opened = bucket.connect("c");

        assertThat(texts(opened.entries())).containsExactly("one", "two");
        assertThat(sequences(opened.entries())).containsExactly(1L, 2L);
        assertThat(opened.entries()).noneMatch(QueueEntry::dup);
        assertThat(opened.nextSequence()).isEqualTo(3);
    }

    @Test
    void theWindowIsTheReceiveMaximumAndAsMuchAgain() {
        assertThat(new BucketLimits(1, 1, 1, 128, 1).window(10)).isEqualTo(138);
        assertThat(new BucketLimits(1, 1, 1, 128, 1).window(1_000)).isEqualTo(2_000);
        assertThat(new BucketLimits(1, 1, 1, 128, 1).window(65_535)).isEqualTo(65_534);
    }

    @Test
    void beyondTheWindowMessagesWaitAndEachAcknowledgementHandsTheNext() {
        long epoch = connectAndSubscribe(2, QoS.AT_LEAST_ONCE);
        publish(1, 4);
        assertThat(bucket.publish("a", "m5").deliveries()).isEmpty();
        assertThat(bucket.publish("a", "m6").deliveries()).isEmpty();

        Result.Handed handed = bucket.acknowledge("c", epoch, 2);

        assertThat(texts(handed.entries())).containsExactly("m5");
        assertThat(sequences(handed.entries())).containsExactly(5L);
        assertThat(handed.nextSequence()).isEqualTo(6);
        assertThat(handed.waiting()).isEqualTo(1);
        assertThat(bucket.acknowledge("c", epoch, 1, 3).waiting()).isZero();
        assertThat(bucket.publish("a", "m7").deliveries())
                .extracting(Result.Delivery::sequence)
                .containsExactly(7L);
    }

    @Test
    void nothingOvertakesWhatWaits() { // [I4]
        long epoch = connectAndSubscribe(2, QoS.AT_LEAST_ONCE);
        publish(1, 6);
        bucket.run(new Command.Acknowledge("c", epoch, new long[] {1, 2, 3, 4}, new long[0]));

        assertThat(bucket.publish("a", "m7").deliveries())
                .extracting(Result.Delivery::sequence)
                .containsExactly(7L);
        bucket.close("c", epoch, false, 0);
        assertThat(texts(connectedEntries())).containsExactly("m5", "m6", "m7");
    }

    private List<QueueEntry> connectedEntries() {
        return bucket.connect("c").entries();
    }

    @Test
    void acknowledgementsMayComeInAnyOrderRepeatedAndUnknown() {
        long epoch = connectAndSubscribe(2, QoS.AT_LEAST_ONCE);
        publish(1, 3);

        bucket.acknowledge("c", epoch, 3, 3, 99, 0, -5);
        bucket.acknowledge("c", epoch, 3);
        assertThat(bucket.describe("c").inFlight()).isEqualTo(2);
        bucket.acknowledge("c", epoch, 2, 1);
        bucket.acknowledge("c", epoch, 1);

        assertThat(bucket.describe("c").queueMessages()).isZero();
        assertThat(bucket.describe("c").queueBytes()).isZero();
        assertThat(bucket.fetch("c", epoch, 1).nextSequence()).isEqualTo(4);
    }

    @Test
    void whatWasHandedIsHandedAgainWithDupAndTheSameSequence() { // [MQTT-3.3.1-1] [MQTT-4.4.0-1]
        long epoch = connectAndSubscribe(2, QoS.AT_LEAST_ONCE);
        publish(1, 4);
        bucket.acknowledge("c", epoch, 2);
        bucket.restart();

        Result.Opened reopened = bucket.open("c", false, NEVER_EXPIRES, 2, null);

        assertThat(sequences(reopened.entries())).containsExactly(1L, 3L, 4L);
        assertThat(texts(reopened.entries())).containsExactly("m1", "m3", "m4");
        assertThat(reopened.entries()).allMatch(QueueEntry::dup);
        assertThat(reopened.nextSequence()).isEqualTo(5);
    }

    @Test
    void allThatWasHandedIsHandedAgainEvenToASmallerWindow() {
        connectAndSubscribe(2, QoS.AT_LEAST_ONCE);
        publish(1, 4);

        Result.Opened reopened = bucket.open("c", false, NEVER_EXPIRES, 1, null);

        assertThat(reopened.entries()).hasSize(4);
    }

    @Test
    void anOrderlyCloseTakesBackWhatWasNotSent() {
        long epoch = connectAndSubscribe(2, QoS.AT_LEAST_ONCE);
        publish(1, 4);
        bucket.close("c", epoch, false, 2);
        assertThat(bucket.describe("c").inFlight()).isEqualTo(2);

        Result.Opened reopened = bucket.connect("c");

        assertThat(texts(reopened.entries())).containsExactly("m1", "m2", "m3", "m4");
        assertThat(sequences(reopened.entries())).containsExactly(1L, 2L, 3L, 4L);
        assertThat(reopened.entries()).extracting(QueueEntry::dup).containsExactly(true, true, false, false);
    }

    @Test
    void aCloseThatSentNothingTakesBackAll() {
        long epoch = connectAndSubscribe(2, QoS.AT_LEAST_ONCE);
        publish(1, 3);
        bucket.close("c", epoch, false, 0);

        assertThat(bucket.describe("c").inFlight()).isZero();
        assertThat(bucket.connect("c").entries()).noneMatch(QueueEntry::dup).hasSize(3);
    }

    @Test
    void anUnknownLastSequenceTakesNothingBack() {
        long epoch = connectAndSubscribe(2, QoS.AT_LEAST_ONCE);
        publish(1, 3);
        bucket.close("c", epoch, true, -1);

        assertThat(bucket.connect("c").entries()).allMatch(QueueEntry::dup).hasSize(3);
    }

    @Test
    void aGoneNodeTakesNothingBack() {
        connectAndSubscribe(2, QoS.AT_LEAST_ONCE);
        publish(1, 3);
        bucket.sender = TestBucket.SHARD_B;
        bucket.run(new Command.NodeGone(NODE_A));

        assertThat(bucket.connect("c").entries()).allMatch(QueueEntry::dup).hasSize(3);
    }

    @Test
    void whatAnEarlierConnectionMayHaveSentIsNotTakenBack() { // [I3]
        connectAndSubscribe(2, QoS.EXACTLY_ONCE);
        publish(1, 3);
        long second = connect(2);
        publish(4, 4);

        // The second connection sent 1 again and nothing else; but 2 and 3 may have left by the first.
        bucket.close("c", second, false, 1);

        Result.Opened third = bucket.connect("c");
        assertThat(sequences(third.entries())).containsExactly(1L, 2L, 3L, 4L);
        assertThat(third.entries()).extracting(QueueEntry::dup).containsExactly(true, true, true, false);
    }

    @Test
    void takenBackSequencesAreUsedAgainInOrderForWhatIsLeft() {
        long epoch = connectAndSubscribe(2, QoS.AT_LEAST_ONCE);
        bucket.publish("a", "m1");
        long expires = bucket.nowMillis + 5_000;
        bucket.publish(bucket.message("a", "expires", QoS.AT_LEAST_ONCE, false, expires));
        bucket.publish("a", "m3");
        bucket.close("c", epoch, false, 1);
        bucket.advanceSeconds(5);

        Result.Opened reopened = bucket.connect("c");

        assertThat(texts(reopened.entries())).containsExactly("m1", "m3");
        assertThat(sequences(reopened.entries())).containsExactly(1L, 2L);
        assertThat(bucket.describe("c").droppedByExpiry()).isEqualTo(1);
    }

    @Test
    void whatWasReleasedBeyondTheLastSentStaysReleased() {
        long epoch = connectAndSubscribe(2, QoS.AT_LEAST_ONCE);
        publish(1, 4);
        bucket.acknowledge("c", epoch, 3);

        bucket.close("c", epoch, false, 1);

        assertThat(texts(connectedEntries())).containsExactly("m1", "m2", "m4");
    }

    @Test
    void pubrecMarksAnEntryOfQos2AndNoOther() { // [MQTT-4.3.3-6]
        long epoch = connectAndSubscribe(2, QoS.EXACTLY_ONCE);
        publish(1, 1);
        bucket.publish("a", "one");
        bucket.received("c", epoch, 1, 2, 77);
        bucket.received("c", epoch, 1);
        bucket.restart();

        List<QueueEntry> entries = connectedEntries();

        assertThat(entries)
                .extracting(QueueEntry::state)
                .containsExactly(QueueEntry.State.RECEIVED, QueueEntry.State.HANDED);
        assertThat(entries).extracting(QueueEntry::qos).containsExactly(QoS.EXACTLY_ONCE, QoS.AT_LEAST_ONCE);
    }

    @Test
    void aReceivedEntryIsReleasedByPubcomp() { // [MQTT-4.3.3-5]
        long epoch = connectAndSubscribe(2, QoS.EXACTLY_ONCE);
        publish(1, 1);
        bucket.received("c", epoch, 1);
        bucket.acknowledge("c", epoch, 1);

        assertThat(bucket.describe("c").queueMessages()).isZero();
    }

    @Test
    void aPubrecWithAnErrorReleasesAnEntryThatWasNotReceived() {
        long epoch = connectAndSubscribe(2, QoS.EXACTLY_ONCE);
        publish(1, 1);
        bucket.acknowledge("c", epoch, 1);

        assertThat(connectedEntries()).isEmpty();
    }

    @Test
    void fetchTellsWhatWasHandedFromASequenceOn() { // [I5]
        long epoch = connectAndSubscribe(2, QoS.AT_LEAST_ONCE);
        publish(1, 5);
        bucket.acknowledge("c", epoch, 3);

        Result.Handed handed = bucket.fetch("c", epoch, 2);

        assertThat(sequences(handed.entries())).containsExactly(2L, 4L, 5L);
        assertThat(handed.entries()).noneMatch(QueueEntry::dup);
        assertThat(handed.nextSequence()).isEqualTo(6);
    }

    @Test
    void reconcileNamesWhoIsBehindAndWhoIsFenced() {
        long epoch = connectAndSubscribe(2, QoS.AT_LEAST_ONCE);
        publish(1, 2);
        long other = bucket.connect("other").epoch();
        long transients = bucket.open("t", true, 0).epoch();

        Result.Reconciled reconciled = bucket.run(new Command.Reconcile(List.of(
                new Command.Reconcile.Progress("c", epoch, 2),
                new Command.Reconcile.Progress("other", other, 1),
                new Command.Reconcile.Progress("other", other - 1, 1),
                new Command.Reconcile.Progress("t", transients, 1),
                new Command.Reconcile.Progress("nobody", 1, 1))));

        assertThat(reconciled.behind()).containsExactly("c");
        assertThat(reconciled.fenced()).containsExactly("other", "nobody");
        Result.Reconciled caughtUp =
                bucket.run(new Command.Reconcile(List.of(new Command.Reconcile.Progress("c", epoch, 3))));
        assertThat(caughtUp.behind()).isEmpty();
    }

    @Test
    void enqueueQueuesForOneSessionBehindWhatWaits() {
        long epoch = connectAndSubscribe(2, QoS.AT_LEAST_ONCE);
        publish(1, 3);
        Result.Handed handed = bucket.run(new Command.Enqueue(
                "c",
                epoch,
                List.of(
                        new Command.Enqueue.Item(
                                bucket.message("r/1", "r1", QoS.EXACTLY_ONCE), QoS.AT_LEAST_ONCE, true, new int[] {3}),
                        new Command.Enqueue.Item(
                                bucket.message("r/2", "r2", QoS.EXACTLY_ONCE), QoS.EXACTLY_ONCE, true, new int[0]))));

        assertThat(texts(handed.entries())).containsExactly("r1");
        assertThat(handed.entries().get(0).retain()).isTrue();
        assertThat(handed.entries().get(0).subscriptionIds()).containsExactly(3);
        assertThat(handed.waiting()).isEqualTo(1);
        assertThat(texts(bucket.acknowledge("c", epoch, 1).entries())).containsExactly("r2");
    }

    @Test
    void thePacketIdentifiersOfWhatIsInFlightNeverMeet() {
        TestBucket wide = new TestBucket(new BucketLimits(200_000, 1L << 30, 1L << 30, 65_535, 10_000));
        long epoch = wide.open("c", false, NEVER_EXPIRES, 65_535, null).epoch();
        wide.subscribe("c", epoch, "a", QoS.AT_LEAST_ONCE);
        wide.publishQuietly("a", "never acknowledged");
        for (int i = 2; i <= 65_534; i++) {
            wide.publishQuietly("a", "");
            wide.runQuietly(new Command.Acknowledge("c", epoch, new long[] {i}, new long[0]));
        }

        assertThat(wide.publishQuietly("a", "last").deliveries())
                .extracting(Result.Delivery::sequence)
                .containsExactly(65_535L);
        assertThat(wide.publishQuietly("a", "waits").deliveries()).isEmpty();
        assertThat(QueueEntry.packetId(65_536)).isEqualTo(QueueEntry.packetId(1));
        Result.Handed handed = wide.runQuietly(new Command.Acknowledge("c", epoch, new long[] {1}, new long[0]));
        assertThat(sequences(handed.entries())).containsExactly(65_536L);
    }

    @Test
    void theBytesThatAreHandedAreBoundedButOneMessageAlwaysGoes() {
        TestBucket large = new TestBucket(new BucketLimits(100, 64L << 20, 64L << 20, 128, 10_000));
        long epoch = large.open("c", false, NEVER_EXPIRES, 100, null).epoch();
        large.subscribe("c", epoch, "a", QoS.AT_LEAST_ONCE);
        String megabyte = "x".repeat(1 << 20);

        for (int i = 0; i < 3; i++) {
            assertThat(large.publishQuietly("a", megabyte).deliveries()).hasSize(1);
        }
        assertThat(large.publishQuietly("a", megabyte).deliveries()).isEmpty();
        Result.Handed handed = large.runQuietly(new Command.Acknowledge("c", epoch, new long[] {1}, new long[0]));
        assertThat(handed.entries()).hasSize(1);

        large.runQuietly(new Command.Acknowledge("c", epoch, new long[] {2, 3, 4}, new long[0]));
        assertThat(large.publishQuietly("a", megabyte.repeat(5)).deliveries()).hasSize(1);
    }
}
