package io.covey.bucket;

import static io.covey.bucket.TestBucket.NEVER_EXPIRES;
import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.routing.Subscription;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which sessions a message goes to, how, and what other nodes learn about it. */
class SubscriptionTest {
    private final TestBucket bucket = new TestBucket();

    private static Subscription subscription(String filter, QoS qos) {
        return subscription(filter, qos, 0);
    }

    private static Subscription subscription(String filter, QoS qos, int id) {
        return new Subscription(filter, qos, false, false, 0, id);
    }

    @Test
    void overlappingSubscriptionsMakeOneDeliveryAtTheHighestQosWithAllIdentifiers() { // [MQTT-3.3.4-2] [MQTT-3.3.4-3]
        long epoch = bucket.connect("c").epoch();
        bucket.subscribe(
                "c",
                epoch,
                subscription("a/#", QoS.AT_LEAST_ONCE, 9),
                subscription("a/+", QoS.EXACTLY_ONCE, 3),
                subscription("a/b", QoS.AT_MOST_ONCE, 5),
                subscription("#", QoS.AT_LEAST_ONCE, 0),
                subscription("x", QoS.EXACTLY_ONCE, 8));

        Result.Appended appended = bucket.publish(bucket.message("a/b", "m", QoS.EXACTLY_ONCE));

        assertThat(appended.matched()).isEqualTo(1);
        assertThat(appended.deliveries()).singleElement().satisfies(delivery -> {
            assertThat(delivery.qos()).isEqualTo(QoS.EXACTLY_ONCE);
            assertThat(delivery.subscriptionIds()).containsExactly(3, 5, 9);
        });
    }

    @Test
    void sharedSubscriptionsAndExpiredSessionsAreCounted() {
        for (String client : List.of("one", "two", "three")) {
            long epoch = bucket.open(client, false, 60).epoch();
            bucket.subscribe(client, epoch, "$share/g/a", QoS.AT_LEAST_ONCE);
            bucket.subscribe(client, epoch, "$share/g/a", QoS.EXACTLY_ONCE);
            bucket.subscribe(client, epoch, "a", QoS.AT_LEAST_ONCE);
            if (client.equals("two")) {
                bucket.run(new Command.Unsubscribe(client, epoch, List.of("$share/g/a")));
            }
            if (!client.equals("three")) {
                bucket.close(client, epoch);
            }
        }
        assertThat(bucket.owner.figures().subscriptions()).isEqualTo(3);
        assertThat(bucket.owner.figures().sharedSubscriptions()).isEqualTo(2);
        bucket.restart();
        assertThat(bucket.owner.figures().sharedSubscriptions()).isEqualTo(2);

        bucket.advanceSeconds(61);
        bucket.tick();

        assertThat(bucket.owner.figures().expiredSessions()).isEqualTo(2);
        assertThat(bucket.owner.figures().sharedSubscriptions()).isEqualTo(1);
        assertThat(bucket.owner.figures().subscriptions()).isEqualTo(1);
    }

    @Test
    void theQosIsTheLowerOfPublishAndSubscription() { // [MQTT-3.8.4-8]
        long one = bucket.connect("one").epoch();
        bucket.subscribe("one", one, "a", QoS.AT_LEAST_ONCE);
        long two = bucket.connect("two").epoch();
        bucket.subscribe("two", two, "a", QoS.EXACTLY_ONCE);

        assertThat(bucket.publish(bucket.message("a", "m", QoS.EXACTLY_ONCE)).deliveries())
                .extracting(Result.Delivery::qos)
                .containsExactly(QoS.AT_LEAST_ONCE, QoS.EXACTLY_ONCE);
        assertThat(bucket.publish(bucket.message("a", "m", QoS.AT_LEAST_ONCE)).deliveries())
                .extracting(Result.Delivery::qos)
                .containsExactly(QoS.AT_LEAST_ONCE, QoS.AT_LEAST_ONCE);
    }

    @Test
    void subscriptionsOfQos0AreNotQueuedFor() {
        long epoch = bucket.connect("c").epoch();
        bucket.subscribe("c", epoch, "a", QoS.AT_MOST_ONCE);

        assertThat(bucket.publish("a", "m")).isEqualTo(new Result.Appended(List.of(), 0, 0, null));
        assertThat(bucket.describe("c").queueMessages()).isZero();
    }

    @Test
    void noLocalKeepsAPublishersOwnMessagesOut() { // [MQTT-3.8.3-3]
        long epoch = bucket.connect("publisher").epoch();
        bucket.subscribe("publisher", epoch, new Subscription("a/#", QoS.AT_LEAST_ONCE, true, false, 0, 1));
        assertThat(bucket.publish("a/b", "m").matched()).isZero();

        bucket.subscribe("publisher", epoch, subscription("a/b", QoS.AT_LEAST_ONCE, 2));
        assertThat(bucket.publish("a/b", "m").deliveries())
                .singleElement()
                .satisfies(delivery -> assertThat(delivery.subscriptionIds()).containsExactly(2));

        long other = bucket.connect("other").epoch();
        bucket.subscribe("other", other, new Subscription("c", QoS.AT_LEAST_ONCE, true, false, 0, 0));
        assertThat(bucket.publish("c", "m").matched()).isEqualTo(1);
    }

    @Test
    void retainIsForwardedAsPublishedOnlyWhereItIsAskedFor() { // [MQTT-3.3.1-12] [MQTT-3.3.1-13]
        long plain = bucket.connect("plain").epoch();
        bucket.subscribe("plain", plain, "a", QoS.AT_LEAST_ONCE);
        long asPublished = bucket.connect("rap").epoch();
        bucket.subscribe("rap", asPublished, new Subscription("a", QoS.AT_LEAST_ONCE, false, true, 0, 0));
        Message retained = bucket.message("a", "m", QoS.AT_LEAST_ONCE, true, Message.NEVER);

        assertThat(bucket.publish(retained).deliveries())
                .extracting(Result.Delivery::retain)
                .containsExactly(false, true);
        assertThat(bucket.publish("a", "m").deliveries())
                .extracting(Result.Delivery::retain)
                .containsExactly(false, false);
    }

    @Test
    void subscribingAgainReplacesTheSubscriptionAndKeepsItsPlace() { // [MQTT-3.8.4-3]
        long epoch = bucket.connect("c").epoch();
        bucket.subscribe("c", epoch, subscription("a", QoS.AT_LEAST_ONCE, 1));

        Result answer = bucket.subscribe(
                "c", epoch, subscription("b", QoS.AT_LEAST_ONCE, 2), subscription("a", QoS.EXACTLY_ONCE, 3));

        assertThat(answer).isEqualTo(new Result.SubscriptionsChanged(List.of(false, true)));
        assertThat(bucket.describe("c").subscriptions())
                .containsExactly(subscription("a", QoS.EXACTLY_ONCE, 3), subscription("b", QoS.AT_LEAST_ONCE, 2));
        assertThat(bucket.publish(bucket.message("a", "m", QoS.EXACTLY_ONCE)).deliveries())
                .singleElement()
                .satisfies(delivery -> {
                    assertThat(delivery.qos()).isEqualTo(QoS.EXACTLY_ONCE);
                    assertThat(delivery.subscriptionIds()).containsExactly(3);
                });
    }

    @Test
    void unsubscribingEndsDeliveryAndTellsWhatThereWas() { // [MQTT-3.10.4-1]
        long epoch = bucket.connect("c").epoch();
        bucket.subscribe("c", epoch, "a", QoS.AT_LEAST_ONCE);
        bucket.publish("a", "before");

        Result answer = bucket.answer(new Command.Unsubscribe("c", epoch, List.of("a", "b", "a")));

        assertThat(answer).isEqualTo(new Result.SubscriptionsChanged(List.of(true, false, false)));
        assertThat(bucket.publish("a", "after").matched()).isZero();
        assertThat(bucket.describe("c").queueMessages()).isEqualTo(1);
    }

    @Test
    void theSetOfFiltersIsVersionedAndCounted() {
        long one = bucket.connect("one").epoch();
        long two = bucket.connect("two").epoch();
        bucket.subscribe("one", one, "a", QoS.AT_LEAST_ONCE);
        assertThat(bucket.lastResult.routes()).isEqualTo(new RouteDelta(1, true, List.of("a"), List.of()));
        bucket.subscribe("two", two, "a", QoS.EXACTLY_ONCE);
        assertThat(bucket.lastResult.routes()).isEqualTo(new RouteDelta(1, false, List.of(), List.of()));

        bucket.restart();
        bucket.run(new Command.Unsubscribe("one", one, List.of("a")));
        assertThat(bucket.lastResult.routes().changed()).isFalse();
        bucket.run(new Command.Unsubscribe("two", two, List.of("a")));
        assertThat(bucket.lastResult.routes()).isEqualTo(new RouteDelta(2, true, List.of(), List.of("a")));
    }

    @Test
    void filtersThatOnlyQos0SubscribesToAreNoRoutes() {
        long epoch = bucket.connect("c").epoch();
        bucket.subscribe("c", epoch, "a", QoS.AT_MOST_ONCE);
        assertThat(bucket.lastResult.routes().changed()).isFalse();
        bucket.subscribe("c", epoch, "a", QoS.EXACTLY_ONCE);
        assertThat(bucket.lastResult.routes().added()).containsExactly("a");
        bucket.subscribe("c", epoch, "a", QoS.AT_LEAST_ONCE);
        assertThat(bucket.lastResult.routes().changed()).isFalse();
        bucket.subscribe("c", epoch, "a", QoS.AT_MOST_ONCE);
        assertThat(bucket.lastResult.routes().removed()).containsExactly("a");
    }

    @Test
    void aBatchThatAddsAndRemovesAFilterChangesNoRoute() {
        long epoch = bucket.connect("c").epoch();

        bucket.batch(
                new Command.Subscribe("c", epoch, List.of(subscription("a", QoS.AT_LEAST_ONCE))),
                new Command.Unsubscribe("c", epoch, List.of("a")));

        assertThat(bucket.lastResult.routes()).isEqualTo(new RouteDelta(0, false, List.of(), List.of()));
    }

    @Test
    void theEndOfASessionRemovesItsRoutes() {
        long epoch = bucket.open("c", false, 60).epoch();
        bucket.subscribe("c", epoch, subscription("b", QoS.AT_LEAST_ONCE), subscription("a", QoS.AT_LEAST_ONCE));
        assertThat(bucket.lastResult.routes().added()).containsExactly("a", "b");

        bucket.open("c", true, NEVER_EXPIRES);

        assertThat(bucket.lastResult.routes().removed()).containsExactly("a", "b");
    }

    @Test
    void readRoutesTellsTheSetAsItIsAfterItsBatch() {
        long epoch = bucket.connect("c").epoch();
        bucket.subscribe("c", epoch, "b", QoS.AT_LEAST_ONCE);

        BatchResult result = bucket.batch(
                new Command.Subscribe("c", epoch, List.of(subscription("a", QoS.AT_LEAST_ONCE))),
                new Command.ReadRoutes(),
                new Command.Subscribe("c", epoch, List.of(subscription("c", QoS.AT_LEAST_ONCE))));

        assertThat(result.results().get(1)).isEqualTo(new Result.Routes(2, List.of("a", "b", "c")));
        assertThat(result.routes()).isEqualTo(new RouteDelta(2, true, List.of("a", "c"), List.of()));
    }
}
