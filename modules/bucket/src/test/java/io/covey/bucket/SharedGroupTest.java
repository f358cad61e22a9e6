package io.covey.bucket;

import static io.covey.bucket.TestBucket.NEVER_EXPIRES;
import static io.covey.bucket.TestBucket.NODE_A;
import static io.covey.bucket.TestBucket.SHARD_A;
import static io.covey.bucket.TestBucket.SHARD_B;
import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Groups of Shared Subscriptions and their queues [MQTT 5.0, 4.8.2]. */
class SharedGroupTest {
    private static final String FILTER = "$share/g/t/#";

    private final TestBucket bucket = new TestBucket();

    private static SharedCommand.Join persistent(String clientId, long epoch, ShardAddress shard, int room) {
        return new SharedCommand.Join(FILTER, clientId, 1, epoch, shard, true, QoS.EXACTLY_ONCE, room, -1);
    }

    private static SharedCommand.Join transientMember(String clientId, ShardAddress shard, int room) {
        return new SharedCommand.Join(FILTER, clientId, 1, 1, shard, false, QoS.AT_LEAST_ONCE, room, -1);
    }

    private Result.Appended publish(String text, QoS qos) {
        return bucket.run(new Command.Append(bucket.message("t", text, qos), "p", null, List.of(FILTER)));
    }

    private void publish(String... texts) {
        for (String text : texts) {
            assertThat(publish(text, QoS.AT_LEAST_ONCE).matched()).isEqualTo(1);
        }
    }

    /** What is given to members and not finished: {@code client:text}. */
    private List<String> given() {
        List<String> given = new ArrayList<>();
        for (OutboxEntry entry : bucket.tick()) {
            if (entry.effect() instanceof OutboxEffect.HandOver over) {
                given.add(over.clientId() + ":" + TestBucket.text(over.message()));
            } else if (entry.effect() instanceof OutboxEffect.Offer offer) {
                given.add(offer.clientId() + ":" + TestBucket.text(offer.message()));
            }
        }
        return given;
    }

    @Test
    @DisplayName("the group's route is told while a member's session keeps messages")
    void theRouteFollowsThePersistentMembers() {
        assertThat(bucket.batch(transientMember("t", SHARD_A, 9)).routes().changed())
                .isFalse();
        assertThat(bucket.batch(persistent("c", 1, SHARD_A, 9)).routes().added())
                .containsExactly(FILTER);
        assertThat(bucket.batch(persistent("d", 1, SHARD_A, 9)).routes().changed())
                .isFalse();
        bucket.run(new SharedCommand.Leave(FILTER, "c", 1, 1));
        assertThat(bucket.batch(new SharedCommand.Leave(FILTER, "d", 1, 1))
                        .routes()
                        .removed())
                .containsExactly(FILTER);
    }

    @Test
    @DisplayName("members with room take turns, what none has room for waits")
    void membersTakeTurnsAsFarAsTheyHaveRoom() {
        bucket.run(persistent("c", 1, SHARD_A, 2));
        bucket.run(transientMember("t", SHARD_B, 1));

        publish("1", "2", "3", "4");
        assertThat(given()).containsExactly("c:1", "t:2", "c:3");

        bucket.run(new SharedCommand.Progress(FILTER, "c", 1, 1));
        assertThat(given()).containsExactly("c:1", "t:2", "c:3", "c:4");
    }

    @Test
    @DisplayName("online members first; nobody online: messages wait for whoever comes")
    void messagesWaitWhileNobodyIsOnline() {
        bucket.run(persistent("c", 1, SHARD_A, 9));
        bucket.run(persistent("d", 1, SHARD_A, 9));
        bucket.run(new SharedCommand.Away(FILTER, "c", 1));
        publish("1");
        bucket.run(new SharedCommand.Away(FILTER, "d", 1));
        publish("2", "3");
        assertThat(given()).containsExactly("d:1");
        bucket.restart();

        bucket.run(persistent("c", 2, SHARD_B, 9));
        assertThat(given()).containsExactly("d:1", "c:2", "c:3");
    }

    @Test
    @DisplayName("what a session did not take goes to another member, also where the answer is repeated")
    void declinedMessagesGoToAnother() {
        bucket.run(persistent("c", 1, SHARD_A, 9));
        publish("1");
        bucket.run(persistent("d", 1, SHARD_A, 9));

        bucket.run(new SharedCommand.Decline(1, true, -1));
        bucket.run(new SharedCommand.Decline(1, true, -1));

        assertThat(given()).containsExactly("d:1");
        publish("2");
        assertThat(given()).as("c is no member any more").containsExactly("d:1", "d:2");
    }

    @Test
    @DisplayName("[MQTT-4.8.2-5] of a lost node's loans QoS 1 goes to another member, QoS 2 to nobody")
    void loansOfANodeThatIsGone() {
        bucket.run(new SharedCommand.Join(FILTER, "t", 1, 1, SHARD_A, false, QoS.EXACTLY_ONCE, 9, -1));
        publish("1");
        publish("2", QoS.EXACTLY_ONCE);
        publish("3");
        bucket.run(persistent("c", 1, SHARD_B, 9));
        bucket.run(new Command.FinishOutbox(new long[] {1, 2, 3}));
        bucket.sender = SHARD_B;

        bucket.run(new Command.NodeGone(NODE_A));

        assertThat(given()).containsExactly("c:1", "c:3");
    }

    @Test
    @DisplayName("a loan is completed or returned by its connection, once")
    void loansAreSettled() {
        bucket.run(transientMember("t", SHARD_A, 9));
        publish("1", "2", "3");
        bucket.run(new Command.FinishOutbox(new long[] {1, 2, 3}));
        bucket.run(transientMember("u", SHARD_B, 9));
        bucket.run(new SharedCommand.Settle(FILTER, "t", 1, new long[] {2}, new long[] {1, 3}));
        bucket.run(new SharedCommand.Settle(FILTER, "t", 1, new long[] {1}, new long[] {1, 3}));

        assertThat(given()).containsExactlyInAnyOrder("t:1", "u:3");
    }

    @Test
    @DisplayName("a group's queue has the limits of a session's, and its messages expire")
    void theQueueIsBounded() {
        TestBucket small = new TestBucket(new BucketLimits(2, 1 << 20, 1 << 20, 8, 10_000));
        small.run(persistent("c", 1, SHARD_A, 9));
        small.run(new SharedCommand.Away(FILTER, "c", 1));
        Message expiring = small.message("t", "1", QoS.AT_LEAST_ONCE, false, small.nowMillis + 5_000);
        small.run(new Command.Append(expiring, "p", null, List.of(FILTER)));
        Command append = new Command.Append(small.message("t", "2", QoS.AT_LEAST_ONCE), "p", null, List.of(FILTER));

        assertThat(((Result.Appended) small.answer(append)).dropped()).isZero();
        assertThat(((Result.Appended) small.answer(append)).dropped()).isEqualTo(1);
        assertThat(small.owner.figures().queuedMessages()).isEqualTo(2);
        small.advanceSeconds(6);
        small.tick();

        assertThat(small.owner.figures().queuedMessages()).isEqualTo(1);
        assertThat(small.owner.figures().droppedByExpiry()).isEqualTo(1);
        assertThat(small.owner.figures().droppedByQueueLimit()).isEqualTo(1);
    }

    @Test
    @DisplayName("a group ends with its last member, and leaves nothing behind")
    void aGroupEndsWithItsLastMember() {
        long before = bucket.owner.figures().bytes();
        bucket.run(persistent("c", 1, SHARD_A, 9));
        bucket.run(new SharedCommand.Away(FILTER, "c", 1));
        publish("1", "2");
        bucket.run(new SharedCommand.Leave(FILTER, "c", 1, 1));

        assertThat(publish("3", QoS.AT_LEAST_ONCE).matched()).isZero();
        assertThat(bucket.owner.figures().bytes()).isEqualTo(before);
        assertThat(bucket.owner.figures().queuedMessages()).isZero();
    }

    @Test
    @DisplayName("what comes late of an older connection changes nothing [I2]")
    void olderConnectionsChangeNothing() {
        bucket.run(persistent("c", 5, SHARD_B, 9));
        bucket.run(persistent("c", 4, SHARD_A, 9));
        bucket.run(new SharedCommand.Away(FILTER, "c", 4));
        bucket.run(new SharedCommand.Leave(FILTER, "c", 1, 4));
        publish("1");

        assertThat(given()).containsExactly("c:1");
    }

    @Test
    @DisplayName("[MQTT-4.8.2-3] a session queues at its level, with its identifiers; a repeat is not queued again")
    void aSessionTakesWhatIsHandedOver() {
        Result.Opened opened = bucket.connect("c");
        bucket.subscribe(
                "c", opened.epoch(), new io.covey.routing.Subscription(FILTER, QoS.AT_LEAST_ONCE, false, true, 0, 7));
        SharedCommand over = handOver(opened.incarnation(), 3, "1");

        Result.HandedOver first = bucket.run(over);
        Result.HandedOver second = bucket.run(over);

        assertThat(first.taken()).isTrue();
        Result.Delivery delivery = first.deliveries().get(0);
        assertThat(delivery.qos()).isEqualTo(QoS.AT_LEAST_ONCE);
        assertThat(delivery.subscriptionIds()).containsExactly(7);
        assertThat(second).isEqualTo(new Result.HandedOver(true, false, -1, List.of()));
        assertThat(bucket.describe("c").queueMessages()).isEqualTo(1);
        assertThat(bucket.acknowledge("c", opened.epoch(), 1).shares())
                .containsExactly(new Result.ShareProgress(FILTER, 1));
    }

    private SharedCommand handOver(long incarnation, long number, String text) {
        return new SharedCommand.HandOver(
                FILTER, "c", incarnation, bucket.message("t", text, QoS.EXACTLY_ONCE), new Origin("o:5", 0, number, 1));
    }

    @Test
    @DisplayName("a session that is no member refuses, and goes on refusing that message")
    void aSessionThatIsNoMemberRefuses() {
        Result.Opened opened = bucket.connect("c");
        SharedCommand over = handOver(opened.incarnation(), 3, "1");
        assertThat(bucket.answer(over)).isEqualTo(new Result.HandedOver(false, true, -1, List.of()));

        bucket.subscribe("c", opened.epoch(), FILTER, QoS.EXACTLY_ONCE);

        assertThat(bucket.answer(over)).isEqualTo(new Result.HandedOver(false, false, -1, List.of()));
        assertThat(bucket.answer(handOver(opened.incarnation() + 1, 4, "2")))
                .isEqualTo(new Result.HandedOver(false, true, -1, List.of()));
    }

    @Test
    @DisplayName(
            "[MQTT-4.8.2-4] what was not sent goes back when the connection ends, what was sent waits for the client")
    void unsentMessagesGoBackWhenTheConnectionEnds() {
        long epoch = memberWithMessages();
        bucket.close("c", epoch, false, 1);

        assertThat(givenBack()).containsExactly("c:[2, 3] stays");
        assertThat(bucket.describe("c").queueMessages()).isEqualTo(1);
        assertThat(bucket.connect("c").shares()).containsExactly(new Result.ShareProgress(FILTER, 2));
    }

    @Test
    @DisplayName("[MQTT-4.8.2-5] when the session ends QoS 1 goes back, QoS 2 that was sent does not")
    void theEndOfASessionGivesBackWhatMayBe() {
        long epoch = memberWithMessages();
        bucket.run(new SharedCommand.HandOver(
                FILTER, "c", 1, bucket.message("t", "4", QoS.AT_LEAST_ONCE), new Origin("o:5", 0, 4, 1)));
        bucket.close("c", epoch, false, 4);
        bucket.run(new Command.FinishOutbox(new long[] {1}));

        bucket.open("c", true, NEVER_EXPIRES);

        assertThat(givenBack()).containsExactly("c:[4] left");
    }

    @Test
    @DisplayName("what goes back goes in parts of bounded number and size, and comes in its order")
    void whatGoesBackGoesInParts() {
        int count = SharedHandOvers.GIVE_BACK_MESSAGES_MAX + 6;
        Result.Opened opened = bucket.connect("c");
        bucket.subscribe("c", opened.epoch(), FILTER, QoS.AT_LEAST_ONCE);
        for (int number = 1; number <= count; number++) {
            // The two newest are too large for one part together.
            String text = number + (number > count - 2 ? "x".repeat(200 << 10) : "");
            bucket.run(handOver(opened.incarnation(), number, text));
        }
        bucket.close("c", opened.epoch(), true, 0);
        List<Integer> parts = new ArrayList<>();
        List<String> order = new ArrayList<>();
        for (List<OutboxEntry> some = bucket.tick(); !some.isEmpty(); some = bucket.tick()) {
            OutboxEffect.GiveBack back = (OutboxEffect.GiveBack) some.get(0).effect();
            parts.add(back.messages().size());
            // Each part comes before what is there, see whatIsGivenBackGoesToAnother.
            order.addAll(
                    0,
                    back.messages().stream()
                            .map(message -> TestBucket.text(message).replace("x", ""))
                            .toList());
            bucket.run(new Command.FinishOutbox(new long[] {some.get(0).number()}));
        }

        assertThat(parts).containsExactly(1, 64, 5);
        assertThat(order)
                .containsExactlyElementsOf(IntStream.rangeClosed(1, count)
                        .mapToObj(Integer::toString)
                        .toList());
    }

    private long memberWithMessages() {
        Result.Opened opened = bucket.connect("c");
        bucket.subscribe("c", opened.epoch(), FILTER, QoS.EXACTLY_ONCE);
        for (int number = 1; number <= 3; number++) {
            bucket.run(handOver(opened.incarnation(), number, "" + number));
        }
        return opened.epoch();
    }

    private List<String> givenBack() {
        List<String> given = new ArrayList<>();
        for (OutboxEntry entry : bucket.tick()) {
            OutboxEffect.GiveBack back = (OutboxEffect.GiveBack) entry.effect();
            List<String> texts = back.messages().stream().map(TestBucket::text).toList();
            given.add(back.clientId() + ":" + texts + (back.left() ? " left" : " stays"));
        }
        return given;
    }

    @Test
    @DisplayName("given back twice is given to a member once; who left is no member")
    void whatIsGivenBackGoesToAnother() {
        bucket.run(persistent("c", 1, SHARD_A, 9));
        bucket.run(persistent("d", 1, SHARD_A, 9));
        bucket.run(new SharedCommand.Away(FILTER, "d", 1));
        SharedCommand back = new SharedCommand.GiveBack(
                FILTER,
                "c",
                1,
                List.of(bucket.message("t", "1", QoS.AT_LEAST_ONCE), bucket.message("t", "2", QoS.AT_LEAST_ONCE)),
                true,
                new Origin("o:5", 0, 9, 9));
        bucket.run(back);
        bucket.run(back);
        bucket.run(persistent("d", 2, SHARD_B, 9));

        assertThat(given()).containsExactly("d:1", "d:2");
    }
}
