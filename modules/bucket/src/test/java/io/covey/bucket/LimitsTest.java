package io.covey.bucket;

import static io.covey.bucket.TestBucket.NEVER_EXPIRES;
import static io.covey.bucket.TestBucket.subscription;
import static io.covey.bucket.TestBucket.texts;
import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What happens at each bound [I7], and when messages expire. */
class LimitsTest {
    private static TestBucket bucket(int queueMessagesMax, long queueBytesMax, long bucketBytesMax) {
        return new TestBucket(new BucketLimits(queueMessagesMax, queueBytesMax, bucketBytesMax, 2, 10_000));
    }

    private static TestBucket bucket(int queueMessagesMax, long queueBytesMax, QueueOverflow overflow) {
        return new TestBucket(
                new BucketLimits(queueMessagesMax, queueBytesMax, 1 << 20, 2, 10_000).withQueueOverflow(overflow));
    }

    private static long subscribed(TestBucket bucket, String clientId, String filter) {
        long epoch = bucket.open(clientId, false, NEVER_EXPIRES, 1, null).epoch();
        bucket.subscribe(clientId, epoch, filter, QoS.AT_LEAST_ONCE);
        return epoch;
    }

    @Test
    void aFullQueueDropsTheNewestAndCountsIt() {
        TestBucket bucket = bucket(2, 1 << 20, 1 << 20);
        bucket.close("full", subscribed(bucket, "full", "a"));
        bucket.publish("a", "one");
        bucket.publish("a", "two");
        subscribed(bucket, "empty", "a");

        Result.Appended appended = bucket.publish("a", "three");

        assertThat(appended.matched()).isEqualTo(2);
        assertThat(appended.dropped()).isEqualTo(1);
        assertThat(appended.deliveries()).extracting(Result.Delivery::clientId).containsExactly("empty");
        assertThat(bucket.describe("full").droppedByQueueLimit()).isEqualTo(1);
        assertThat(texts(bucket.connect("full").entries())).containsExactly("one", "two");
    }

    @Test
    void aFullQueueDropsItsOldestWhereThatIsTheRule() {
        TestBucket bucket = bucket(3, 1 << 20, QueueOverflow.DROP_OLDEST);
        bucket.close("full", subscribed(bucket, "full", "a"));
        for (String text : List.of("one", "two", "three")) {
            assertThat(bucket.publish("a", text).dropped()).isZero();
        }

        Result.Appended appended = bucket.publish("a", "four");

        assertThat(appended.dropped()).isEqualTo(1);
        assertThat(bucket.describe("full").droppedByQueueLimit()).isEqualTo(1);
        assertThat(bucket.owner.figures().droppedByQueueLimit()).isEqualTo(1);
        assertThat(texts(bucket.connect("full").entries())).containsExactly("two", "three", "four");
    }

    @Test
    void whatWasHandedIsNeverDroppedForANewerMessage() {
        TestBucket bucket = bucket(4, 1 << 20, QueueOverflow.DROP_OLDEST);
        long epoch = subscribed(bucket, "c", "a"); // with a window of three
        for (String text : List.of("one", "two", "three", "four")) {
            bucket.publish("a", text);
        }

        assertThat(bucket.publish("a", "five").dropped()).isEqualTo(1);

        assertThat(texts(bucket.fetch("c", epoch, 1).entries())).containsExactly("one", "two", "three");
        assertThat(texts(bucket.acknowledge("c", epoch, 1).entries())).containsExactly("five");
        TestBucket narrow = bucket(3, 1 << 20, QueueOverflow.DROP_OLDEST);
        long other = subscribed(narrow, "c", "a");
        for (String text : List.of("one", "two", "three", "four")) {
            narrow.publish("a", text);
        }
        assertThat(texts(narrow.fetch("c", other, 1).entries())).containsExactly("one", "two", "three");
        assertThat(narrow.describe("c").droppedByQueueLimit()).isEqualTo(1);
    }

    @Test
    void asManyOfTheOldestAreDroppedAsTheNewestTakes() {
        TestBucket bucket = bucket(1_000, 2_000, QueueOverflow.DROP_OLDEST);
        bucket.close("c", subscribed(bucket, "c", "a"));
        for (int i = 0; i < 5; i++) {
            bucket.publish("a", i + "x".repeat(200));
        }

        assertThat(bucket.publish("a", "large" + "x".repeat(1_000)).dropped()).isEqualTo(3);
        assertThat(bucket.publish("a", "x".repeat(2_000)).dropped())
                .isEqualTo(1); // never fits, so it drops nothing else

        assertThat(texts(bucket.connect("c").entries()))
                .extracting(text -> text.substring(0, 1))
                .containsExactly("3", "4", "l");
    }

    @Test
    void aPublishIsRefusedForAllSessionsWhereOneQueueIsFullAndThatIsTheRule() {
        TestBucket bucket = bucket(2, 1 << 20, QueueOverflow.REFUSE);
        bucket.close("full", subscribed(bucket, "full", "a"));
        bucket.publish("a", "one");
        bucket.publish("a", "two");
        long epoch = subscribed(bucket, "empty", "a");
        Command append =
                new Command.Append(bucket.message("a", "three", QoS.EXACTLY_ONCE), "p", Origin.ofClient("p", 1, 1, 1));

        assertThat(bucket.answer(append)).isEqualTo(new Result.Appended(List.of(), 2, 0, Shortage.QUEUE));

        assertThat(bucket.describe("empty").queueMessages()).isZero();
        assertThat(bucket.describe("full").droppedByQueueLimit()).isZero();
        assertThat(bucket.owner.figures().refused()).isEqualTo(1);
        assertThat(texts(bucket.connect("full").entries())).containsExactly("one", "two");
        bucket.acknowledge("full", bucket.describe("full").epoch(), 1);
        Result.Appended again = bucket.run(append);
        assertThat(again.refused()).isNull();
        assertThat(again.deliveries()).hasSize(2);
        assertThat(texts(bucket.fetch("empty", epoch, 1).entries())).containsExactly("three");
    }

    @Test
    void retainedMessagesOfASubscriptionAreDroppedAlsoWherePublishesAreRefused() { // there is nobody to tell
        TestBucket bucket = bucket(1, 1 << 20, QueueOverflow.REFUSE);
        long epoch = subscribed(bucket, "c", "a");
        Command.Enqueue.Item item = new Command.Enqueue.Item(
                bucket.message("r", "r", QoS.AT_LEAST_ONCE), QoS.AT_LEAST_ONCE, true, new int[0]);

        Result.Handed handed = bucket.run(new Command.Enqueue("c", epoch, List.of(item, item)));

        assertThat(handed.entries()).hasSize(1);
        assertThat(bucket.describe("c").droppedByQueueLimit()).isEqualTo(1);
    }

    @Test
    void retainedMessagesAreBoundedByNumber() {
        TestBucket bucket = new TestBucket(BucketLimits.DEFAULT.withCounts(10, 2, 1 << 20));
        assertThat(retain(bucket, "a", "1")).isNull();
        assertThat(retain(bucket, "b", "1")).isNull();

        assertThat(retain(bucket, "c", "1")).isEqualTo(Shortage.RETAINED_MESSAGES);
        assertThat(retain(bucket, "b", "2")).isNull();
        assertThat(retain(bucket, "a", "")).isNull();
        assertThat(retain(bucket, "c", "1")).isNull();
        assertThat(bucket.owner.figures().retained()).isEqualTo(2);
        assertThat(bucket.owner.figures().refused()).isEqualTo(1);
    }

    @Test
    void retainedMessagesAreBoundedByBytes() {
        TestBucket bucket = new TestBucket(BucketLimits.DEFAULT.withCounts(10, 10, 3_000));
        assertThat(retain(bucket, "a", "x".repeat(2_000))).isNull();

        assertThat(retain(bucket, "b", "x".repeat(2_000))).isEqualTo(Shortage.RETAINED_BYTES);
        assertThat(retain(bucket, "a", "x".repeat(2_900))).isEqualTo(Shortage.RETAINED_BYTES);
        assertThat(retain(bucket, "a", "x".repeat(10))).isNull();
        assertThat(retain(bucket, "b", "x".repeat(2_000))).isNull();
        assertThat(bucket.owner.figures().retainedBytes()).isBetween(2_010L, 3_000L);
        bucket.restart();
        assertThat(retain(bucket, "c", "x".repeat(2_000))).isEqualTo(Shortage.RETAINED_BYTES);
    }

    private static Shortage retain(TestBucket bucket, String topic, String text) {
        Message message = bucket.message(topic, text, QoS.AT_LEAST_ONCE, true, Message.NEVER);
        Result.RetainedStored stored = bucket.run(new Command.Retain(message, null));
        return stored.refused();
    }

    @Test
    void sessionsAreBoundedByNumber() {
        TestBucket bucket = new TestBucket(BucketLimits.DEFAULT.withCounts(2, 10, 3_000));
        bucket.connect("one");
        long epoch = bucket.connect("two").epoch();

        assertThat(bucket.answer(new Command.OpenSession(
                        "three", TestBucket.SHARD_A, false, 60, 1, null, Command.OpenSession.AT_ONCE)))
                .isEqualTo(new Result.Refused(Shortage.SESSIONS));
        assertThat(bucket.connect("one").sessionPresent()).isTrue();
        bucket.run(new Command.CloseSession("two", epoch, 0, false, -1));
        assertThat(bucket.connect("three").sessionPresent()).isFalse();
    }

    @Test
    void aNodeWithoutRoomForMessagesStillTakesSessions() {
        TestBucket bucket = new TestBucket();
        long epoch = subscribed(bucket, "c", "a");
        bucket.publish("a", "one");
        bucket.room = NodeRoom.SESSIONS;

        assertThat(bucket.publish("a", "two").refused()).isEqualTo(Shortage.NODE);
        assertThat(retain(bucket, "a", "r")).isEqualTo(Shortage.NODE);
        subscribed(bucket, "d", "a");
        bucket.room = NodeRoom.NOTHING;
        assertThat(bucket.answer(new Command.OpenSession(
                        "e", TestBucket.SHARD_A, false, 60, 1, null, Command.OpenSession.AT_ONCE)))
                .isEqualTo(new Result.Refused(Shortage.NODE));
        assertThat(bucket.subscribe("c", epoch, "b", QoS.AT_LEAST_ONCE)).isEqualTo(new Result.Refused(Shortage.NODE));
        assertThat(bucket.connect("c").entries()).hasSize(1);

        bucket.room = NodeRoom.ALL;
        assertThat(bucket.publish("a", "two").refused()).isNull();
    }

    @Test
    void aBackupWithOtherLimitsDecidesLikeItsOwner() {
        TestBucket bucket = bucket(2, 1 << 20, QueueOverflow.DROP_OLDEST);
        bucket.backup = new Bucket(BucketLimits.DEFAULT.withCounts(1, 0, 0));
        bucket.close("c", subscribed(bucket, "c", "a"));
        subscribed(bucket, "d", "a");

        for (String text : List.of("one", "two", "three")) {
            bucket.publish("a", text); // which compares the replicas
        }

        assertThat(texts(bucket.connect("c").entries())).containsExactly("two", "three");
        assertThat(retain(bucket, "a", "r")).isNull();
    }

    @Test
    void whatIsInFlightCountsAgainstTheQueuesLimit() {
        TestBucket bucket = bucket(2, 1 << 20, 1 << 20);
        long epoch = subscribed(bucket, "c", "a");
        bucket.publish("a", "one");
        bucket.publish("a", "two");
        assertThat(bucket.publish("a", "three").dropped()).isEqualTo(1);

        bucket.acknowledge("c", epoch, 1);
        assertThat(bucket.publish("a", "four").dropped()).isZero();
    }

    @Test
    void aQueueIsBoundedByBytesToo() {
        TestBucket bucket = bucket(1_000, 2_000, 1 << 20);
        bucket.close("c", subscribed(bucket, "c", "a"));

        assertThat(bucket.publish("a", "x".repeat(1_000)).dropped()).isZero();
        assertThat(bucket.publish("a", "x".repeat(1_000)).dropped()).isEqualTo(1);
        assertThat(bucket.publish("a", "x").dropped()).isZero();
    }

    @Test
    void enqueueDropsBeyondTheLimits() {
        TestBucket bucket = bucket(2, 1 << 20, 1 << 20);
        long epoch = subscribed(bucket, "c", "a");
        Command.Enqueue.Item item = new Command.Enqueue.Item(
                bucket.message("r", "r", QoS.AT_LEAST_ONCE), QoS.AT_LEAST_ONCE, true, new int[0]);

        Result.Handed handed = bucket.run(new Command.Enqueue("c", epoch, List.of(item, item, item)));

        assertThat(handed.entries()).hasSize(2);
        assertThat(bucket.describe("c").droppedByQueueLimit()).isEqualTo(1);
    }

    @Test
    void aFullBucketRefusesAnAppendWhole() {
        TestBucket bucket = bucket(1_000, 1 << 20, 10_000);
        bucket.close("one", subscribed(bucket, "one", "a"));
        bucket.close("two", subscribed(bucket, "two", "a"));
        while (bucket.publish("a", "x".repeat(500)).refused() == null) {
            assertThat(bucket.owner.figures().bytes()).isLessThan(10_000);
        }
        int queued = bucket.describe("one").queueMessages();

        Result.Appended refused = bucket.publish("a", "x".repeat(500));

        assertThat(refused).isEqualTo(new Result.Appended(List.of(), 2, 0, Shortage.BUCKET));
        assertThat(bucket.describe("one").queueMessages()).isEqualTo(queued).isPositive();
        assertThat(bucket.describe("two").queueMessages()).isEqualTo(queued);
        assertThat(bucket.describe("one").droppedByQueueLimit()).isZero();
        bucket.open("one", true, NEVER_EXPIRES);
        bucket.open("two", true, NEVER_EXPIRES);
        subscribed(bucket, "two", "a");
        assertThat(bucket.publish("a", "x".repeat(500)).refused()).isNull();
    }

    @Test
    void aRefusedOriginMayComeAgain() {
        TestBucket bucket = bucket(1_000, 1 << 20, 10_000);
        long epoch = subscribed(bucket, "c", "a");
        Message large = bucket.message("a", "x".repeat(8_500), QoS.EXACTLY_ONCE);
        bucket.publish("a", "x".repeat(1_000));
        Command append = new Command.Append(large, "p", Origin.ofClient("p", 1, 1, 1));
        assertThat(((Result.Appended) bucket.answer(append)).refused()).isEqualTo(Shortage.BUCKET);

        bucket.acknowledge("c", epoch, 1);

        assertThat(((Result.Appended) bucket.answer(append)).matched()).isEqualTo(1);
        assertThat(((Result.Appended) bucket.answer(append)).matched()).isZero();
    }

    @Test
    void aSharedMessageIsChargedOnce() {
        TestBucket bucket = bucket(1_000, 1 << 20, 1 << 20);
        long[] epochs = new long[10];
        for (int i = 0; i < epochs.length; i++) {
            epochs[i] = subscribed(bucket, "c" + i, "a");
        }
        long before = bucket.owner.figures().bytes();

        bucket.publish("a", "x".repeat(10_000));

        assertThat(bucket.owner.figures().bytes() - before).isBetween(10_000L, 12_000L);
        for (int i = 0; i < epochs.length; i++) {
            assertThat(bucket.owner.figures().bytes()).isGreaterThan(before);
            bucket.acknowledge("c" + i, epochs[i], 1);
        }
        assertThat(bucket.owner.figures().bytes()).isEqualTo(before);
    }

    @Test
    void aFullBucketRefusesRetainedValuesButNotTheirDeletion() {
        TestBucket bucket = bucket(1_000, 1 << 20, 3_000);
        Message first = bucket.message("a", "x".repeat(2_000), QoS.AT_LEAST_ONCE, true, Message.NEVER);
        Message second = bucket.message("b", "x".repeat(2_000), QoS.AT_LEAST_ONCE, true, Message.NEVER);
        Message deletion = bucket.message("a", "", QoS.AT_LEAST_ONCE, true, Message.NEVER);

        assertThat(bucket.answer(new Command.Retain(first, null))).isEqualTo(new Result.RetainedStored(1, null));
        assertThat(bucket.answer(new Command.Retain(second, null)))
                .isEqualTo(new Result.RetainedStored(1, Shortage.BUCKET));
        assertThat(bucket.answer(new Command.Retain(deletion, null))).isEqualTo(new Result.RetainedStored(2, null));
        assertThat(bucket.answer(new Command.Retain(second, null))).isEqualTo(new Result.RetainedStored(3, null));
    }

    @Test
    void aBucketFullOfMessagesStillTakesSessionsUpToAQuarterMore() {
        TestBucket bucket = bucket(1_000, 1 << 20, 10_000);
        bucket.close("c", subscribed(bucket, "c", "a"));
        while (bucket.publish("a", "x".repeat(100)).refused() == null) {
            assertThat(bucket.owner.figures().bytes()).isLessThan(10_000);
        }

        long epoch = subscribed(bucket, "another", "b");
        Result answer = bucket.subscribe("another", epoch, "x".repeat(1_000), QoS.AT_LEAST_ONCE);
        assertThat(answer).isEqualTo(new Result.Refused(Shortage.BUCKET));
        assertThat(bucket.describe("another").subscriptions()).hasSize(1);
        int opened = 0;
        while (bucket.answer(new Command.OpenSession(
                        "n" + opened, TestBucket.SHARD_A, false, 60, 1, null, Command.OpenSession.AT_ONCE))
                instanceof Result.Opened) {
            opened++;
        }
        assertThat(opened).isBetween(1, 10);
        assertThat(bucket.owner.figures().bytes()).isLessThan(12_500);
        assertThat(bucket.connect("c").sessionPresent()).isTrue();
        assertThat(bucket.subscribe("another", epoch, "b", QoS.EXACTLY_ONCE))
                .isInstanceOf(Result.SubscriptionsChanged.class);
    }

    @Test
    void whenEverythingHasEndedNothingIsChargedAnyMore() {
        TestBucket bucket = bucket(1_000, 1 << 20, 1 << 20);
        long epoch = bucket.open("c", false, 60, 10, bucket.will("w", 0)).epoch();
        bucket.subscribe("c", epoch, subscription("a", QoS.EXACTLY_ONCE), subscription("b/#", QoS.AT_LEAST_ONCE));
        bucket.publish("a", "one");
        bucket.publish("b/1", "two");
        bucket.run(new Command.Receive("c", epoch, 1));
        bucket.run(new Command.Append(bucket.message("a", "m", QoS.EXACTLY_ONCE), "p", Origin.ofClient("p", 1, 1, 1)));
        bucket.run(new Command.RaiseFloor("c:p", 1, 2));
        bucket.close("c", epoch, true, -1);
        bucket.run(new Command.FinishOutbox(new long[] {1}));
        assertThat(bucket.owner.figures().bytes()).isPositive();
        bucket.advanceSeconds(3600);
        bucket.tick();

        assertThat(bucket.owner.figures()).isEqualTo(new BucketFigures(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1));
    }

    @Test
    void waitingMessagesExpireByTickAndHandedOnesDoNot() { // [MQTT-3.3.2-5]
        TestBucket bucket = bucket(1_000, 1 << 20, 1 << 20);
        long epoch = subscribed(bucket, "c", "a");
        for (int i = 1; i <= 6; i++) {
            long expires = i == 5 ? Message.NEVER : bucket.nowMillis + 1_000L * i;
            bucket.publish(bucket.message("a", "m" + i, QoS.AT_LEAST_ONCE, false, expires));
        }
        assertThat(bucket.describe("c").inFlight()).isEqualTo(3);

        bucket.advanceSeconds(4);
        bucket.restart();
        bucket.tick();

        assertThat(bucket.describe("c").queueMessages()).isEqualTo(5);
        assertThat(bucket.describe("c").droppedByExpiry()).isEqualTo(1);
        bucket.advanceSeconds(10);
        bucket.tick();
        assertThat(bucket.describe("c").droppedByExpiry()).isEqualTo(2);
        assertThat(texts(bucket.acknowledge("c", epoch, 1).entries())).containsExactly("m5");
    }

    @Test
    void aMessageThatExpiresBeforeAnyTickIsNotHanded() { // [MQTT-3.3.2-5]
        TestBucket bucket = bucket(1_000, 1 << 20, 1 << 20);
        bucket.close("c", subscribed(bucket, "c", "a"));
        bucket.publish(bucket.message("a", "short", QoS.AT_LEAST_ONCE, false, bucket.nowMillis + 1_000));
        bucket.publish("a", "long");
        bucket.advanceSeconds(1);

        assertThat(texts(bucket.connect("c").entries())).containsExactly("long");
        assertThat(bucket.describe("c").droppedByExpiry()).isEqualTo(1);
    }

    @Test
    void aMessageThatHasExpiredOnItsWayIsCountedAndNotQueued() {
        TestBucket bucket = bucket(1_000, 1 << 20, 1 << 20);
        subscribed(bucket, "c", "a");

        Result.Appended appended =
                bucket.publish(bucket.message("a", "late", QoS.AT_LEAST_ONCE, false, bucket.nowMillis));

        assertThat(appended).isEqualTo(new Result.Appended(List.of(), 1, 0, null));
        assertThat(bucket.describe("c").droppedByExpiry()).isEqualTo(1);
    }
}
