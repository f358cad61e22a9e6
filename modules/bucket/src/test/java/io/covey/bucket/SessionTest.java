package io.covey.bucket;

import static io.covey.bucket.TestBucket.NEVER_EXPIRES;
import static io.covey.bucket.TestBucket.NODE_A;
import static io.covey.bucket.TestBucket.SHARD_A;
import static io.covey.bucket.TestBucket.SHARD_B;
import static io.covey.bucket.TestBucket.subscription;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import io.covey.routing.Subscription;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How sessions begin, change hands and end. */
class SessionTest {
    private final TestBucket bucket = new TestBucket();

    @Test // [MQTT-3.1.2-6]
    void aNewSessionIsNotPresent() {
        Result.Opened opened = bucket.connect("c");

        assertThat(opened.sessionPresent()).isFalse(); // [MQTT-3.2.2-3]
        assertThat(opened.predecessors()).isEmpty();
        assertThat(opened.incarnation()).isEqualTo(opened.epoch());
        assertThat(opened.nextSequence()).isEqualTo(1);
    }

    @Test // [MQTT-3.1.2-5]
    void aSessionGoesOnWithItsSubscriptionsUnderANewEpoch() {
        Result.Opened first = bucket.connect("c");
        Subscription kept = new Subscription("a/+", QoS.EXACTLY_ONCE, true, true, 2, 7);
        bucket.subscribe("c", first.epoch(), kept, subscription("b", QoS.AT_MOST_ONCE));
        bucket.close("c", first.epoch());
        bucket.restart();

        Result.Opened second = bucket.connect("c");

        assertThat(second.sessionPresent()).isTrue(); // [MQTT-3.2.2-3]
        assertThat(second.epoch()).isGreaterThan(first.epoch());
        assertThat(second.incarnation()).isEqualTo(first.incarnation());
        assertThat(second.predecessors()).isEmpty();
        assertThat(second.subscriptions()).containsExactly(kept, subscription("b", QoS.AT_MOST_ONCE));
    }

    @Test // [MQTT-3.1.4-4]
    void cleanStartEndsTheSession() { // [MQTT-3.1.2-4]
        Result.Opened first = bucket.connect("c");
        bucket.subscribe("c", first.epoch(), "a", QoS.AT_LEAST_ONCE);
        bucket.close("c", first.epoch());
        bucket.publish("a", "one");

        Result.Opened second = bucket.open("c", true, NEVER_EXPIRES);

        assertThat(second.sessionPresent()).isFalse(); // [MQTT-3.2.2-2]
        assertThat(second.incarnation()).isGreaterThan(first.incarnation());
        assertThat(second.entries()).isEmpty();
        assertThat(second.subscriptions()).isEmpty();
        assertThat(bucket.publish("a", "two").matched()).isZero();
    }

    @Test
    void aTakeoverNamesTheConnectionThatHeldTheSession() {
        Result.Opened first = bucket.connect("c");
        bucket.sender = SHARD_B;

        Result.Opened second = bucket.connect("c");

        assertThat(second.predecessors()).containsExactly(new Result.Predecessor(SHARD_A, first.epoch()));
        assertThat(second.sessionPresent()).isTrue();
    }

    @Test // I2
    void earlierConnectionsAreNamedUntilTheyAreKnownToBeClosedAlsoWhenTheOneThatWaitedForThemIsGone() {
        Result.Opened first = bucket.connect("c");
        bucket.sender = SHARD_B;
        Result.Opened second = bucket.connect("c");
        bucket.sender = SHARD_A;
        bucket.run(new Command.NodeGone(SHARD_B.node()));

        Result.Opened third = bucket.connect("c");
        assertThat(third.predecessors()).containsExactly(new Result.Predecessor(SHARD_A, first.epoch()));
        Result.Opened fourth = bucket.connect("c");
        assertThat(fourth.predecessors())
                .as("per shard, the newest")
                .containsExactly(new Result.Predecessor(SHARD_A, third.epoch()));

        Result stale = bucket.run(new Command.Settle("c", second.epoch()));
        assertThat(stale).isInstanceOf(Result.Fenced.class);
        bucket.run(new Command.Settle("c", fourth.epoch()));
        Result.Opened fifth = bucket.connect("c");
        assertThat(fifth.predecessors()).containsExactly(new Result.Predecessor(SHARD_A, fourth.epoch()));
        bucket.close("c", fifth.epoch());
        assertThat(bucket.connect("c").predecessors()).isEmpty();
    }

    @Test // I2
    void earlierConnectionsOfATransientSessionAreNamedToo() {
        Result.Opened first = bucket.open("c", true, 0);
        bucket.sender = SHARD_B;
        bucket.open("c", true, 0);
        bucket.sender = SHARD_A;
        bucket.run(new Command.NodeGone(SHARD_B.node()));

        assertThat(bucket.open("c", true, 0).predecessors())
                .containsExactly(new Result.Predecessor(SHARD_A, first.epoch()));
    }

    private Command.OpenSession first(ShardAddress shard, long expirySeconds) {
        return new Command.OpenSession(
                "c", shard, false, expirySeconds, 10, bucket.will("w", 0), Command.OpenSession.FIRST);
    }

    @Test
    void aConnectionAtAnotherShardReportsItsEndBeforeItsSessionIsOpened() {
        Result.Opened opened = bucket.run(first(SHARD_A, NEVER_EXPIRES));
        bucket.subscribe("c", opened.epoch(), "a", QoS.AT_LEAST_ONCE);
        bucket.publish("a", "one");
        Command.OpenSession moved = first(SHARD_B, NEVER_EXPIRES);

        Result.Occupied occupied = bucket.run(moved);
        assertThat(occupied.shard()).isEqualTo(SHARD_A);
        assertThat(occupied.epoch()).isEqualTo(opened.epoch());
        bucket.acknowledge("c", opened.epoch(), 1);
        bucket.close("c", opened.epoch(), false, 1); // DISCONNECT: no will
        bucket.restart();
        Result.Opened again = bucket.run(moved.inTurn(occupied.turn()));

        assertThat(again.sessionPresent()).isTrue();
        assertThat(again.epoch()).isGreaterThan(occupied.turn());
        assertThat(again.predecessors()).isEmpty();
        assertThat(again.entries()).isEmpty();
        assertThat(bucket.tick()).as("wills").isEmpty();
    }

    @Test
    void whoDoesNotReportItsEndIsTakenOverAtTheSecondAttempt() {
        Result.Opened opened = bucket.run(first(SHARD_A, NEVER_EXPIRES));
        Command.OpenSession moved = first(SHARD_B, NEVER_EXPIRES);
        Result.Occupied occupied = bucket.run(moved);

        Result.Opened again = bucket.run(moved.inTurn(occupied.turn()));

        assertThat(again.predecessors()).containsExactly(new Result.Predecessor(SHARD_A, opened.epoch()));
        assertThat(bucket.tick()).as("wills").hasSize(1);
    }

    @Test
    void theShardOfTheConnectionItselfTakesOverAtOnce() {
        Result.Opened opened = bucket.run(first(SHARD_A, NEVER_EXPIRES));

        Result.Opened again = bucket.run(first(SHARD_A, NEVER_EXPIRES));

        assertThat(again.predecessors()).containsExactly(new Result.Predecessor(SHARD_A, opened.epoch()));
    }

    @Test // I2
    void ofThoseThatWaitedTheOneThatCameLastHasTheSession() {
        for (long expirySeconds : new long[] {0, NEVER_EXPIRES}) {
            Result.Opened opened = bucket.run(first(SHARD_A, expirySeconds));
            Command.OpenSession earlier = first(new ShardAddress(SHARD_B.node(), 1), expirySeconds);
            Command.OpenSession later = first(SHARD_B, expirySeconds);
            Result.Occupied one = bucket.run(earlier);
            Result.Occupied two = bucket.run(later);
            bucket.close("c", opened.epoch());

            Result.Opened winner = bucket.run(later.inTurn(two.turn()));
            bucket.restart();
            assertThat(bucket.answer(earlier.inTurn(one.turn()))).isEqualTo(new Result.Fenced());
            assertThat(bucket.describe("c").epoch()).isEqualTo(winner.epoch());

            bucket.close("c", winner.epoch());
            opened = bucket.run(first(SHARD_A, expirySeconds));
            one = bucket.run(earlier);
            two = bucket.run(later);
            bucket.close("c", opened.epoch());
            winner = bucket.run(earlier.inTurn(one.turn()));
            Result.Opened last = bucket.run(later.inTurn(two.turn()));
            assertThat(last.predecessors()).containsExactly(new Result.Predecessor(earlier.owner(), winner.epoch()));
            bucket.close("c", last.epoch());
        }
    }

    @Test
    void everyCommandOfASupersededConnectionIsFenced() { // [I2]
        long old = bucket.connect("c").epoch();
        bucket.subscribe("c", old, "a", QoS.AT_LEAST_ONCE);
        bucket.publish("a", "one");
        bucket.connect("c");
        int queued = bucket.describe("c").queueMessages();

        List<Command> stale = List.of(
                new Command.CloseSession("c", old, -1, false, 0),
                new Command.Subscribe("c", old, List.of(subscription("b", QoS.AT_LEAST_ONCE))),
                new Command.Unsubscribe("c", old, List.of("a")),
                new Command.Enqueue("c", old, List.of()),
                new Command.Acknowledge("c", old, new long[] {1}, new long[0]),
                new Command.Fetch("c", old, 1),
                new Command.Receive("c", old, 1),
                new Command.Release("c", old, 1));

        for (Command command : stale) {
            assertThat(bucket.answer(command)).isEqualTo(new Result.Fenced());
        }
        assertThat(bucket.describe("c").queueMessages()).isEqualTo(queued);
        assertThat(bucket.describe("c").subscriptions()).hasSize(1);
    }

    @Test
    void commandsForUnknownSessionsAreFenced() {
        assertThat(bucket.answer(new Command.Acknowledge("nobody", 1, new long[0], new long[0])))
                .isEqualTo(new Result.Fenced());
        assertThat(bucket.close("nobody", 1)).isEqualTo(new Result.Fenced());
    }

    @Test
    void aTransientSessionHasNoQueueAndNoSubscriptionsHere() {
        long epoch = bucket.open("c", true, 0).epoch();

        assertThat(bucket.subscribe("c", epoch, "a", QoS.AT_LEAST_ONCE)).isEqualTo(new Result.Fenced());
        assertThat(bucket.answer(new Command.Receive("c", epoch, 1))).isEqualTo(new Result.Fenced());
    }

    @Test
    void aTransientSessionEndsWithItsConnectionAndItsEpochIsNotUsedAgain() {
        Result.Opened first = bucket.open("c", true, 0);

        assertThat(bucket.close("c", first.epoch())).isEqualTo(new Result.Closed(true));
        assertThat(bucket.describe("c")).isNull();
        Result.Opened second = bucket.open("c", false, 0);
        assertThat(second.sessionPresent()).isFalse();
        assertThat(second.epoch()).isGreaterThan(first.epoch());
    }

    @Test
    void aTransientSessionIsNeverContinued() {
        bucket.open("c", false, 0);

        Result.Opened second = bucket.open("c", false, NEVER_EXPIRES);

        assertThat(second.predecessors()).hasSize(1);
        assertThat(second.sessionPresent()).isFalse();
        assertThat(bucket.subscribe("c", second.epoch(), "a", QoS.AT_LEAST_ONCE))
                .isInstanceOf(Result.SubscriptionsChanged.class);
    }

    @Test
    void aDurableSessionContinuedWithoutExpiryEndsWithThatConnection() {
        long first = bucket.connect("c").epoch();
        bucket.subscribe("c", first, "a", QoS.AT_LEAST_ONCE);
        bucket.close("c", first);

        Result.Opened second = bucket.open("c", false, 0);

        assertThat(second.sessionPresent()).isTrue();
        assertThat(bucket.publish("a", "one").deliveries()).hasSize(1);
        assertThat(bucket.close("c", second.epoch())).isEqualTo(new Result.Closed(true));
        assertThat(bucket.publish("a", "two").matched()).isZero();
    }

    @Test
    void aSessionWithoutExpiryEndsWhenItIsTakenOver() {
        long first = bucket.connect("c").epoch();
        bucket.close("c", first);
        bucket.open("c", false, 0);

        assertThat(bucket.connect("c").sessionPresent()).isFalse();
    }

    @Test // [MQTT-4.1.0-2]
    void aSessionExpiresByTick() {
        long epoch = bucket.open("c", false, 60).epoch();
        bucket.subscribe("c", epoch, "a", QoS.AT_LEAST_ONCE);
        bucket.close("c", epoch);

        bucket.advanceSeconds(59);
        bucket.tick();
        assertThat(bucket.describe("c")).isNotNull();
        bucket.advanceSeconds(1);
        bucket.restart();
        bucket.tick();
        assertThat(bucket.lastResult.routes().removed()).containsExactly("a");
        assertThat(bucket.describe("c")).isNull();
    }

    @Test
    void anExpiredSessionIsNotContinuedEvenWithoutATick() {
        long epoch = bucket.open("c", false, 60).epoch();
        bucket.close("c", epoch);
        bucket.advanceSeconds(60);

        assertThat(bucket.open("c", false, 60).sessionPresent()).isFalse();
    }

    @Test // [MQTT-4.1.0-1]
    void aConnectedSessionDoesNotExpire() {
        bucket.open("c", false, 60);
        bucket.advanceSeconds(3600);
        bucket.tick();

        assertThat(bucket.open("c", false, 60).sessionPresent()).isTrue();
    }

    @Test
    void disconnectMayChangeTheExpiry() {
        long epoch = bucket.open("c", false, 60).epoch();
        bucket.run(new Command.CloseSession("c", epoch, 10, false, 0));
        bucket.advanceSeconds(10);
        bucket.tick();
        assertThat(bucket.describe("c")).isNull();

        long next = bucket.open("c", false, 60).epoch();
        assertThat(bucket.answer(new Command.CloseSession("c", next, 0, false, 0)))
                .isEqualTo(new Result.Closed(true));
    }

    @Test
    void aRepeatedCloseChangesNothing() {
        long epoch = bucket.open("c", false, 60).epoch();
        assertThat(bucket.close("c", epoch)).isEqualTo(new Result.Closed(false));
        bucket.advanceSeconds(30);
        assertThat(bucket.answer(new Command.CloseSession("c", epoch, 1000, true, 0)))
                .isEqualTo(new Result.Closed(false));
        bucket.advanceSeconds(30);
        bucket.tick();

        assertThat(bucket.describe("c")).isNull();
    }

    @Test
    void aGoneNodesSessionsAreDisconnectedAndItsTransientOnesEnd() {
        bucket.open("durable", false, 60);
        bucket.open("transient", true, 0);
        bucket.sender = SHARD_B;
        bucket.open("elsewhere", true, 0);

        bucket.run(new Command.NodeGone(NODE_A));

        assertThat(bucket.describe("durable").owner()).isNull();
        assertThat(bucket.describe("durable").disconnectedAtMillis()).isEqualTo(bucket.nowMillis);
        assertThat(bucket.describe("transient")).isNull();
        assertThat(bucket.describe("elsewhere").owner()).isEqualTo(SHARD_B);
        Result.Opened opened = bucket.open("durable", false, 60);
        assertThat(opened.predecessors()).isEmpty();
        assertThat(opened.sessionPresent()).isTrue();
    }

    @Test
    void tickEndsABoundedNumberOfSessionsAtATime() {
        for (int i = 0; i < 1_100; i++) {
            Result.Opened opened = bucket.openQuietly("c" + i, 1);
            bucket.closeQuietly("c" + i, opened.epoch());
        }
        bucket.advanceSeconds(1);

        bucket.tick();
        assertThat(bucket.describe("c999")).isNull();
        assertThat(bucket.describe("c1000")).isNotNull();
        bucket.tick();
        assertThat(bucket.describe("c1000")).isNull();
    }

    @Test
    void describeTellsWhatAnOperatorWantsToKnow() {
        long epoch = bucket.open("c", false, 60).epoch();
        bucket.subscribe("c", epoch, "a", QoS.AT_LEAST_ONCE);
        bucket.publish("a", "one");
        bucket.run(new Command.Receive("c", epoch, 5));

        Result.SessionDescription connected = bucket.describe("c");

        assertThat(connected.epoch()).isEqualTo(epoch);
        assertThat(connected.owner()).isEqualTo(SHARD_A);
        assertThat(connected.expirySeconds()).isEqualTo(60);
        assertThat(connected.disconnectedAtMillis()).isEqualTo(-1);
        assertThat(connected.subscriptions()).containsExactly(subscription("a", QoS.AT_LEAST_ONCE));
        assertThat(connected.queueMessages()).isEqualTo(1);
        assertThat(connected.queueBytes()).isPositive();
        assertThat(connected.oldestPublishedAtMillis()).isEqualTo(bucket.nowMillis);
        assertThat(connected.inFlight()).isEqualTo(1);
        assertThat(connected.receivedUnreleased()).isEqualTo(1);
        assertThat(bucket.describe("nobody")).isNull();
    }

    @Test
    void commandsOutOfRangeCannotBeMade() {
        assertThatThrownBy(() -> new Command.OpenSession(
                        "c", SHARD_A, false, 0x1_0000_0000L, 1, null, Command.OpenSession.AT_ONCE))
                .hasMessageContaining("expirySeconds");
        assertThatThrownBy(() -> new Command.OpenSession("c", SHARD_A, false, 0, 0, null, Command.OpenSession.AT_ONCE))
                .hasMessageContaining("receiveMaximum");
        assertThatThrownBy(() -> new Command.CloseSession("c", 1, -2, false, 0)).hasMessageContaining("expirySeconds");
        assertThatThrownBy(() -> new Command.CloseSession("c", 1, 0, false, -2)).hasMessageContaining("lastSent");
        assertThatThrownBy(() -> new Command.Receive("c", 1, 0)).hasMessageContaining("packetId");
        assertThatThrownBy(() -> new Command.Subscribe("c", 1, List.of(subscription("a/#/b", QoS.AT_LEAST_ONCE))))
                .hasMessageContaining("filter");
        assertThatThrownBy(() -> new Command.Subscribe("c", 1, List.of(subscription("$share/g+/a", QoS.AT_LEAST_ONCE))))
                .hasMessageContaining("filter");
        assertThatThrownBy(() -> new Command.Subscribe(
                        "c", 1, List.of(subscription("/".repeat(Command.Subscribe.LEVELS_MAX), QoS.AT_LEAST_ONCE))))
                .hasMessageContaining("levels");
        assertThatThrownBy(() -> new Command.Append(bucket.message("a", "x", QoS.AT_MOST_ONCE), "p", null))
                .hasMessageContaining("qos");
    }
}
