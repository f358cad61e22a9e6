package io.covey.bucket;

import static io.covey.bucket.TestBucket.NEVER_EXPIRES;
import static io.covey.bucket.TestBucket.NODE_A;
import static io.covey.bucket.TestBucket.SHARD_B;
import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When a will is published, and when it is not. */
class WillTest {
    private static final int DELAY = 30;

    private final TestBucket bucket = new TestBucket();

    private long connect(String clientId, long expirySeconds, long delaySeconds) {
        return bucket.open(clientId, false, expirySeconds, 10, bucket.will("w/" + clientId, delaySeconds))
                .epoch();
    }

    private List<OutboxEntry> published() {
        return bucket.lastResult.outbox();
    }

    @Test
    void aNormalDisconnectDiscardsTheWill() { // [MQTT-3.1.2-10]
        long epoch = connect("c", NEVER_EXPIRES, 0);

        bucket.close("c", epoch, false, -1);

        assertThat(published()).isEmpty();
        assertThat(bucket.tick()).isEmpty();
    }

    @Test
    void aLostConnectionPublishesTheWillAtOnceWithoutDelay() { // [MQTT-3.1.2-8]
        long epoch = connect("c", NEVER_EXPIRES, 0);

        bucket.close("c", epoch, true, -1);

        assertThat(published()).singleElement().satisfies(entry -> {
            assertThat(entry.number()).isEqualTo(1);
            assertThat(entry.lowest()).isEqualTo(1);
            assertThat(TestBucket.will(entry).clientId()).isEqualTo("c");
            assertThat(TestBucket.will(entry).message().topic()).isEqualTo("w/c");
        });
        bucket.close("c", epoch, true, -1);
        assertThat(published()).isEmpty();
    }

    @Test
    void aDelayedWillIsPublishedAtItsTime() { // [MQTT-3.1.2-8]
        long epoch = connect("c", NEVER_EXPIRES, DELAY);
        bucket.close("c", epoch, true, -1);
        assertThat(published()).isEmpty();

        bucket.advanceSeconds(DELAY - 1);
        assertThat(bucket.tick()).isEmpty();
        bucket.restart();
        bucket.advanceSeconds(1);
        bucket.tick();

        assertThat(published()).hasSize(1);
        bucket.advanceSeconds(DELAY);
        bucket.tick();
        assertThat(published()).isEmpty();
    }

    @Test
    void comingBackInTimeCancelsADelayedWill() { // [MQTT-3.1.3-9]
        long epoch = connect("c", NEVER_EXPIRES, DELAY);
        bucket.close("c", epoch, true, -1);
        bucket.advanceSeconds(DELAY - 1);

        bucket.connect("c");

        bucket.advanceSeconds(DELAY);
        assertThat(bucket.tick()).isEmpty();
    }

    @Test
    void comingBackTooLateDoesNotCancelAWillThatNoTickHasPublishedYet() {
        long epoch = connect("c", NEVER_EXPIRES, DELAY);
        bucket.close("c", epoch, true, -1);
        bucket.advanceSeconds(DELAY);

        Result.Opened opened = bucket.connect("c");

        assertThat(opened.sessionPresent()).isTrue();
        assertThat(published()).hasSize(1);
    }

    @Test
    void theEndOfTheSessionPublishesADelayedWillEarlier() { // [MQTT-3.1.2-8]
        long epoch = connect("c", 10, DELAY);
        bucket.close("c", epoch, true, -1);
        bucket.advanceSeconds(10);
        bucket.tick();

        assertThat(published()).hasSize(1);
        assertThat(bucket.describe("c")).isNull();
    }

    @Test
    void aConnectAfterTheEndOfTheSessionFindsTheWillPublished() {
        long epoch = connect("c", 10, DELAY);
        bucket.close("c", epoch, true, -1);
        bucket.advanceSeconds(10);

        assertThat(bucket.connect("c").sessionPresent()).isFalse();
        assertThat(published()).hasSize(1);
    }

    @Test
    void aSessionThatEndsWithItsConnectionDoesNotDelayItsWill() {
        long durable = connect("d", 60, DELAY);
        bucket.run(new Command.CloseSession("d", durable, 0, true, -1));
        assertThat(published()).hasSize(1);

        long transients = connect("t", 0, DELAY);
        bucket.close("t", transients, true, -1);
        assertThat(published()).hasSize(1);
    }

    @Test
    void aCleanStartPublishesAWillThatStillWaits() {
        long epoch = connect("c", NEVER_EXPIRES, DELAY);
        bucket.close("c", epoch, true, -1);

        bucket.open("c", true, NEVER_EXPIRES);

        assertThat(published()).hasSize(1);
    }

    @Test
    void aTakeoverPublishesAWillWithoutDelay() { // [MQTT-3.1.4-3]
        connect("c", NEVER_EXPIRES, 0);

        Result.Opened opened = bucket.connect("c");

        assertThat(opened.sessionPresent()).isTrue();
        assertThat(published()).hasSize(1);
    }

    @Test
    void aTakeoverThatContinuesTheSessionCancelsADelayedWill() {
        connect("c", NEVER_EXPIRES, DELAY);

        bucket.connect("c");

        assertThat(published()).isEmpty();
        bucket.advanceSeconds(DELAY);
        assertThat(bucket.tick()).isEmpty();
    }

    @Test
    void aTakeoverThatEndsTheSessionPublishesADelayedWill() {
        connect("clean", NEVER_EXPIRES, DELAY);
        bucket.open("clean", true, NEVER_EXPIRES);
        assertThat(published()).hasSize(1);

        connect("transient", 0, DELAY);
        bucket.connect("transient");
        assertThat(published()).hasSize(1);
    }

    @Test
    void theNewConnectionsOwnWillStaysWithIt() {
        connect("c", NEVER_EXPIRES, 0);
        long epoch = connect("c", NEVER_EXPIRES, 0);
        assertThat(published()).hasSize(1);

        bucket.close("c", epoch, true, -1);
        assertThat(published()).hasSize(1);
    }

    @Test
    void aGoneNodePublishesTheWillsOfItsConnections() {
        connect("now", NEVER_EXPIRES, 0);
        connect("later", NEVER_EXPIRES, DELAY);
        connect("transient", 0, DELAY);
        bucket.sender = SHARD_B;
        connect("elsewhere", NEVER_EXPIRES, 0);

        bucket.run(new Command.NodeGone(NODE_A));

        assertThat(published())
                .extracting(entry -> TestBucket.will(entry).clientId())
                .containsExactly("now", "transient");
        bucket.run(new Command.NodeGone(NODE_A));
        assertThat(published()).isEmpty();
        bucket.advanceSeconds(DELAY);
        bucket.tick();
        assertThat(published())
                .extracting(entry -> TestBucket.will(entry).clientId())
                .containsExactly("later");
    }

    @Test
    void theTimesOfAWillCountFromItsPublication() {
        Will will = new Will(bucket.message("w", "gone", QoS.EXACTLY_ONCE, true, Message.NEVER), DELAY, 7);
        long epoch = bucket.open("c", false, NEVER_EXPIRES, 10, will).epoch();
        bucket.close("c", epoch, true, -1);
        bucket.advanceSeconds(100);
        bucket.tick();

        Message message = TestBucket.will(published().get(0)).message();
        assertThat(message.publishedAtMillis()).isEqualTo(bucket.nowMillis);
        assertThat(message.expiresAtMillis()).isEqualTo(bucket.nowMillis + 7_000);
        assertThat(message.retain()).isTrue();
        assertThat(message.qos()).isEqualTo(QoS.EXACTLY_ONCE);
        assertThat(TestBucket.text(message)).isEqualTo("gone");
    }

    @Test
    void theOutboxKeepsWhatIsNotFinishedAndTellsItWithEveryTick() {
        for (int i = 1; i <= 3; i++) {
            bucket.close("c" + i, connect("c" + i, 60, 0), true, -1);
        }
        bucket.run(new Command.FinishOutbox(new long[] {1, 99}));
        bucket.restart();

        List<OutboxEntry> open = bucket.tick();

        assertThat(open).extracting(OutboxEntry::number).containsExactly(2L, 3L);
        assertThat(open).extracting(OutboxEntry::lowest).containsExactly(2L, 2L);
        bucket.run(new Command.FinishOutbox(new long[] {2, 3, 2}));
        assertThat(bucket.tick()).isEmpty();
        bucket.close("c4", connect("c4", 60, 0), true, -1);
        assertThat(published()).extracting(OutboxEntry::number).containsExactly(4L);
        assertThat(published()).extracting(OutboxEntry::lowest).containsExactly(4L);
    }

    @Test
    void aTickTellsABoundedPartOfTheOutboxOldestFirst() {
        for (int i = 1; i <= 300; i++) {
            Result.Opened opened = bucket.runQuietly(new Command.OpenSession(
                    "c" + i, bucket.sender, false, 60, 10, bucket.will("w", 0), Command.OpenSession.AT_ONCE));
            bucket.runQuietly(new Command.CloseSession("c" + i, opened.epoch(), -1, true, -1));
        }

        assertThat(bucket.tick())
                .hasSize(256)
                .first()
                .extracting(OutboxEntry::number)
                .isEqualTo(1L);
    }
}
