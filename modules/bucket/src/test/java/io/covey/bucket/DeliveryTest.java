package io.covey.bucket;

import static io.covey.bucket.TestBucket.sequences;
import static io.covey.bucket.TestBucket.texts;
import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.QoS;
import org.junit.jupiter.api.Test;

/** The way of a message through a session's queue. */
class DeliveryTest {
    private final TestBucket bucket = new TestBucket();

    @Test
    void aConnectedSessionIsHandedTheMessageAtOnce() {
        long epoch = bucket.connect("c").epoch();
        bucket.subscribe("c", epoch, "a/+", QoS.AT_LEAST_ONCE);

        Result.Appended appended = bucket.publish("a/b", "one");

        assertThat(appended.matched()).isEqualTo(1);
        assertThat(appended.deliveries()).singleElement().satisfies(delivery -> {
            assertThat(delivery.shard()).isEqualTo(TestBucket.SHARD_A);
            assertThat(delivery.clientId()).isEqualTo("c");
            assertThat(delivery.epoch()).isEqualTo(epoch);
            assertThat(delivery.sequence()).isEqualTo(1);
            assertThat(delivery.qos()).isEqualTo(QoS.AT_LEAST_ONCE);
        });
    }

    @Test
    void anOfflineSessionFindsItsMessagesInOrderWhenItReturns() {
        long epoch = bucket.connect("c").epoch();
        bucket.subscribe("c", epoch, "a/#", QoS.EXACTLY_ONCE);
        bucket.close("c", epoch);
        bucket.publish("a", "one");
        bucket.publish("a/b", "two");

        Result.Opened opened = bucket.connect("c");

        assertThat(opened.sessionPresent()).isTrue();
        assertThat(texts(opened.entries())).containsExactly("one", "two");
        assertThat(sequences(opened.entries())).containsExactly(1L, 2L);
        assertThat(opened.entries()).noneMatch(QueueEntry::dup);
        assertThat(opened.nextSequence()).isEqualTo(3);
    }

    @Test
    void whatIsAcknowledgedIsNotHandedAgain() {
        long epoch = bucket.connect("c").epoch();
        bucket.subscribe("c", epoch, "a", QoS.AT_LEAST_ONCE);
        bucket.publish("a", "one");
        bucket.publish("a", "two");

        bucket.acknowledge("c", epoch, 1);
        Result.Opened reopened = bucket.connect("c");

        assertThat(texts(reopened.entries())).containsExactly("two");
        assertThat(reopened.entries()).allMatch(QueueEntry::dup);
        assertThat(sequences(reopened.entries())).containsExactly(2L);
    }
}
