package io.covey.session;

import static io.covey.session.TestClient.V3_1_1;
import static io.covey.session.TestClient.opened;
import static io.covey.session.TestClient.subscribe;
import static io.covey.session.TestClient.unsubscribe;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.covey.bucket.Result;
import io.covey.protocol.Properties;
import io.covey.protocol.Property;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.protocol.SubAck;
import io.covey.protocol.Subscribe;
import io.covey.protocol.SubscriptionRequest;
import io.covey.protocol.UnsubAck;
import io.covey.routing.Subscription;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SubscriptionRequestsTest {
    private final TestSettings settings = new TestSettings();

    private static Subscription subscription(String filter) {
        return new Subscription(filter, QoS.EXACTLY_ONCE, false, false, 0, 0);
    }

    private static SubAck subAck(int packetId, ReasonCode... reasons) {
        return new SubAck(packetId, Properties.EMPTY, List.of(reasons));
    }

    private static UnsubAck unsubAck(int packetId, ReasonCode... reasons) {
        return new UnsubAck(packetId, Properties.EMPTY, List.of(reasons));
    }

    private static void answer(TestClient client, int packetId, ReasonCode... reasons) {
        client.connection.subscribed(packetId, List.of(reasons), client.nowMillis);
    }

    @Test // [MQTT-2.2.1-6] [MQTT-3.8.4-7]
    @DisplayName("[MQTT-3.8.4-1] [MQTT-3.8.4-2] [MQTT-3.8.4-6] SUBACK once the subscriptions are live")
    void subscribeIsAnsweredOnceTheBrokerHasSubscribed() {
        TestClient client = new TestClient().connected().send(subscribe(7, "a/+", "#"));
        assertThat(client.wire()).isEmpty();
        assertThat(client.effects.subscribes)
                .containsExactly(new RecordingEffects.Request(7, List.of(subscription("a/+"), subscription("#"))));

        answer(client, 7, ReasonCode.GRANTED_QOS_2, ReasonCode.GRANTED_QOS_1);

        assertThat(client.wire()).containsExactly(subAck(7, ReasonCode.GRANTED_QOS_2, ReasonCode.GRANTED_QOS_1));
    }

    @Test
    void subscriptionOptionsAndIdentifierAreHandedOn() {
        Properties properties =
                Properties.builder().add(Property.SUBSCRIPTION_IDENTIFIER, 300).build();
        SubscriptionRequest request = new SubscriptionRequest("a", QoS.AT_LEAST_ONCE, true, true, 2);

        TestClient client = new TestClient().connected().send(new Subscribe(1, properties, List.of(request)));

        assertThat(client.effects.subscribes.get(0).wanted())
                .isEqualTo(List.of(new Subscription("a", QoS.AT_LEAST_ONCE, true, true, 2, 300)));
    }

    @Test
    void towardsABridgeRetainIsKeptAndNothingComesBack() {
        TestClient client = new TestClient().version(V3_1_1);
        client.bridge = true;
        client.connected().send(subscribe(1, "a"));

        assertThat(client.effects.subscribes.get(0).wanted())
                .isEqualTo(List.of(new Subscription("a", QoS.EXACTLY_ONCE, true, true, 0, 0)));
    }

    @Test
    @DisplayName(
            "[MQTT-3.9.3-1] [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.3-1] invalid filters fail alone, in their place")
    void invalidFiltersAreRefusedInTheirPlace() {
        TestClient client = new TestClient().connected().send(subscribe(1, "a#", "b", "", "c/#/d", "e", "f+"));

        answer(client, 1, ReasonCode.GRANTED_QOS_2, ReasonCode.QUOTA_EXCEEDED);

        assertThat(client.effects.subscribes.get(0).wanted()).isEqualTo(List.of(subscription("b"), subscription("e")));
        assertThat(client.wire())
                .containsExactly(subAck(
                        1,
                        ReasonCode.TOPIC_FILTER_INVALID,
                        ReasonCode.GRANTED_QOS_2,
                        ReasonCode.TOPIC_FILTER_INVALID,
                        ReasonCode.TOPIC_FILTER_INVALID,
                        ReasonCode.QUOTA_EXCEEDED,
                        ReasonCode.TOPIC_FILTER_INVALID));
    }

    @Test
    void subscribeWithoutAnyValidFilterIsAnsweredAtOnce() {
        TestClient client = new TestClient().connected().send(subscribe(1, "a#"));

        assertThat(client.effects.subscribes).isEmpty();
        assertThat(client.wire()).containsExactly(subAck(1, ReasonCode.TOPIC_FILTER_INVALID));
    }

    @Test
    void filterWithTooManyLevelsIsRefused() {
        settings.topicLevelsMax = 2;
        TestClient client = new TestClient(settings).connected().send(subscribe(1, "a/b/c"));

        assertThat(client.wire()).containsExactly(subAck(1, ReasonCode.TOPIC_FILTER_INVALID));
    }

    @Test
    @DisplayName("[MQTT-4.8.2-1] [MQTT-4.8.2-2] Shared Subscriptions need a name and a filter")
    void sharedSubscriptionsWithoutNameOrFilterAreRefusedWith0x8F() {
        settings.topicLevelsMax = 2;
        TestClient client = new TestClient(settings)
                .connected()
                .send(subscribe(
                        1, "$share/g/a/+", "$share/g+/a", "$share/g", "$share/g/", "$share//a", "$share/g/a/b/c"));
        assertThat(client.effects.subscribes.get(0).wanted()).isEqualTo(List.of(subscription("$share/g/a/+")));

        answer(client, 1, ReasonCode.GRANTED_QOS_2);

        ReasonCode invalid = ReasonCode.TOPIC_FILTER_INVALID;
        assertThat(client.wire())
                .containsExactly(subAck(1, ReasonCode.GRANTED_QOS_2, invalid, invalid, invalid, invalid, invalid));
    }

    @Test
    @DisplayName("[MQTT-3.8.3-4] a bridge's Shared Subscription has no No Local either")
    void towardsABridgeSharedSubscriptionsAreNotNoLocal() {
        TestClient client = new TestClient().version(V3_1_1);
        client.bridge = true;
        client.connected().send(subscribe(1, "$share/g/a"));

        assertThat(client.effects.subscribes.get(0).wanted())
                .isEqualTo(List.of(new Subscription("$share/g/a", QoS.EXACTLY_ONCE, false, true, 0, 0)));
    }

    @Test
    @DisplayName("S5: 0x97 for the filter that exceeds the limit of subscriptions")
    void subscriptionBeyondTheLimitIsRefusedWith0x97() {
        settings.subscriptionsMax = 3;
        Result.Opened present =
                new Result.Opened(7, 1, true, List.of(), List.of(), 1, List.of(), List.of(subscription("old")));
        TestClient client = new TestClient(settings).persistent().connected(present);

        client.send(subscribe(1, "a", "old", "b", "c"));
        assertThat(client.effects.subscribes.get(0).wanted())
                .isEqualTo(List.of(subscription("a"), subscription("old"), subscription("b")));
        answer(client, 1, ReasonCode.GRANTED_QOS_2, ReasonCode.GRANTED_QOS_2, ReasonCode.UNSPECIFIED_ERROR);
        assertThat(client.wire())
                .containsExactly(subAck(
                        1,
                        ReasonCode.GRANTED_QOS_2,
                        ReasonCode.GRANTED_QOS_2,
                        ReasonCode.UNSPECIFIED_ERROR,
                        ReasonCode.QUOTA_EXCEEDED));

        // The one that failed does not count, nor does one that was given up.
        client.send(unsubscribe(2, "old")).send(subscribe(3, "c", "d", "e"));
        assertThat(client.effects.subscribes.get(1).wanted()).isEqualTo(List.of(subscription("c"), subscription("d")));
    }

    @Test
    @DisplayName("[MQTT-2.2.1-3] a Packet Identifier of a request in work is refused with 0x91")
    void packetIdInUseIsRefusedInV5() {
        TestClient client = new TestClient().connected().send(subscribe(1, "a"));

        client.send(subscribe(1, "b")).send(unsubscribe(1, "a"));

        assertThat(client.wire())
                .containsExactly(
                        subAck(1, ReasonCode.PACKET_IDENTIFIER_IN_USE),
                        unsubAck(1, ReasonCode.PACKET_IDENTIFIER_IN_USE));
        answer(client, 1, ReasonCode.GRANTED_QOS_2);
        assertThat(client.wire()).containsExactly(subAck(1, ReasonCode.GRANTED_QOS_2));
    }

    @Test
    @DisplayName("[MQTT-3.10.4-4] [MQTT-3.10.4-5] [MQTT-3.11.3-1] UNSUBACK has a reason per filter")
    void unsubscribeIsAnsweredPerFilter() {
        TestClient client = new TestClient().connected().send(unsubscribe(3, "a", "b#", "$share/g/a", "$share/", "c"));
        assertThat(client.effects.unsubscribes)
                .containsExactly(new RecordingEffects.Request(3, List.of("a", "$share/g/a", "c")));

        client.connection.unsubscribed(
                3,
                List.of(ReasonCode.SUCCESS, ReasonCode.NO_SUBSCRIPTION_EXISTED, ReasonCode.NO_SUBSCRIPTION_EXISTED),
                client.nowMillis);

        assertThat(client.wire())
                .containsExactly(unsubAck(
                        3,
                        ReasonCode.SUCCESS,
                        ReasonCode.TOPIC_FILTER_INVALID,
                        ReasonCode.NO_SUBSCRIPTION_EXISTED,
                        ReasonCode.TOPIC_FILTER_INVALID,
                        ReasonCode.NO_SUBSCRIPTION_EXISTED));
    }

    @Test
    @DisplayName("[MQTT311-3.10.4-4] UNSUBACK has no reasons")
    void unsubAckBeforeV5HasNoReasons() {
        TestClient client = new TestClient().version(V3_1_1).connected().send(unsubscribe(3, "a"));

        client.connection.unsubscribed(3, List.of(ReasonCode.SUCCESS), client.nowMillis);

        assertThat(client.wire()).containsExactly(unsubAck(3));
    }

    @Test
    void readingPausesWhileManyRequestsAreInWork() {
        TestClient client = new TestClient().connected();
        for (int i = 1; i <= SubscriptionRequests.PENDING_MAX; i++) {
            assertThat(client.effects.reading).isTrue();
            client.send(subscribe(i, "a"));
        }
        assertThat(client.effects.reading).isFalse();

        for (int i = 1; i <= SubscriptionRequests.PENDING_MAX / 2; i++) {
            answer(client, i, ReasonCode.GRANTED_QOS_2);
        }
        assertThat(client.effects.reading).isTrue();
    }

    @Test
    void readingPausesWhileManyFiltersAreInWork() {
        TestClient client = new TestClient().connected();
        String[] many = new String[SubscriptionRequests.PENDING_FILTERS_MAX - 1];
        java.util.Arrays.fill(many, "a");
        ReasonCode[] granted = new ReasonCode[many.length];
        java.util.Arrays.fill(granted, ReasonCode.GRANTED_QOS_2);

        client.send(subscribe(1, many));
        assertThat(client.effects.reading).isTrue();
        client.send(subscribe(2, "a"));
        assertThat(client.effects.reading).isFalse();

        answer(client, 1, granted);
        assertThat(client.effects.reading).isTrue();
    }

    @Test
    void aFilterThatIsTooLongIsRefusedByItself() {
        settings.topicBytesMax = 4;
        TestClient client = new TestClient(settings).connected();

        client.send(subscribe(1, "abcd", "abcde"));
        answer(client, 1, ReasonCode.GRANTED_QOS_2);

        assertThat(client.wire()).containsExactly(subAck(1, ReasonCode.GRANTED_QOS_2, ReasonCode.TOPIC_FILTER_INVALID));
    }

    @Test
    void subscriptionsThatFindNoRoomAreReported() {
        settings.subscriptionsMax = 1;
        TestClient client = new TestClient(settings).connected();

        client.send(subscribe(1, "a", "b"));
        answer(client, 1, ReasonCode.QUOTA_EXCEEDED);

        assertThat(client.events().stream().filter(event -> event == ConnectionEvent.SUBSCRIPTION_REFUSED))
                .hasSize(2);
    }

    @Test
    @DisplayName("[MQTT-3.1.2-24] a SUBACK beyond the client's Maximum Packet Size ends the connection")
    void answerThatDoesNotFitDisconnectsWith0x95() {
        // SUBACK with n reasons: two bytes of header, two of Packet Identifier, one of properties, n.
        TestClient client =
                new TestClient().with(Property.MAXIMUM_PACKET_SIZE, 25).connected();
        String[] fits = new String[20];
        java.util.Arrays.fill(fits, "a#");
        client.send(subscribe(1, fits));
        assertThat(client.wire()).hasSize(1);

        String[] tooMany = new String[21];
        java.util.Arrays.fill(tooMany, "a#");
        client.send(subscribe(2, tooMany));

        client.assertDisconnected(ReasonCode.PACKET_TOO_LARGE);
    }

    @Test
    void wrongAnswersAreAProgrammersError() {
        TestClient client = new TestClient().connected().send(subscribe(1, "a")).send(subscribe(2, "a"));

        assertThatThrownBy(() -> answer(client, 3, ReasonCode.SUCCESS)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> answer(client, 1, ReasonCode.SUCCESS, ReasonCode.SUCCESS))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> answer(client, 2)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void answersAfterTheEndAreIgnored() {
        TestClient client = new TestClient().connected(opened(false, 1)).send(subscribe(1, "a"));
        client.connection.lost(client.nowMillis);

        answer(client, 1, ReasonCode.SUCCESS);

        assertThat(client.wire()).isEmpty();
    }
}
