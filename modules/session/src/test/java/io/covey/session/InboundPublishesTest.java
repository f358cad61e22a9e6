package io.covey.session;

import static io.covey.session.TestClient.V3_1_1;
import static io.covey.session.TestClient.pubAck;
import static io.covey.session.TestClient.pubComp;
import static io.covey.session.TestClient.pubRec;
import static io.covey.session.TestClient.pubRel;
import static io.covey.session.TestClient.publish;
import static io.covey.session.TestClient.subscribe;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.covey.protocol.Message;
import io.covey.protocol.Properties;
import io.covey.protocol.Property;
import io.covey.protocol.Publish;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.protocol.SubAck;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class InboundPublishesTest {
    private final TestSettings settings = new TestSettings();

    private Message published(TestClient client, int index) {
        return client.effects.publishes.get(index).message();
    }

    private static Properties alias(int alias) {
        return Properties.builder().add(Property.TOPIC_ALIAS, alias).build();
    }

    @Test
    @DisplayName("[MQTT-3.3.4-1] QoS 0 gets no answer")
    void qos0IsPublishedWithoutAcknowledgement() {
        TestClient client = new TestClient().connected().send(publish(0, 0, "a"));

        client.published(1);

        assertThat(published(client, 0).topic()).isEqualTo("a");
        assertThat(client.wire()).isEmpty();
    }

    @Test // [MQTT-2.2.1-5]
    @DisplayName("[MQTT-4.3.2-4] PUBACK once the broker has the message, not before")
    void qos1IsAcknowledgedOncePublished() {
        TestClient client = new TestClient().connected().send(publish(1, 10, "a"));
        assertThat(client.wire()).isEmpty();

        client.published(1);

        assertThat(client.wire()).containsExactly(pubAck(10));
    }

    @Test
    @DisplayName("[MQTT-4.6.0-2] [MQTT-4.6.0-3] acknowledgements leave in the order of the PUBLISHes")
    void acknowledgementsLeaveInTheOrderOfArrival() {
        TestClient client = new TestClient().connected();
        client.send(publish(1, 1, "a"))
                .send(publish(2, 2, "a"))
                .send(publish(0, 0, "a"))
                .send(publish(1, 3, "a"));

        client.published(4).published(3).published(2);
        assertThat(client.wire()).isEmpty();

        client.published(1);
        assertThat(client.wire()).containsExactly(pubAck(1), pubRec(2), pubAck(3));
    }

    @Test
    void reasonsOfTheBrokerAreToldInV5() {
        TestClient client =
                new TestClient().connected().send(publish(1, 1, "a")).send(publish(2, 2, "a"));

        client.published(1, ReasonCode.NO_MATCHING_SUBSCRIBERS).published(2, ReasonCode.QUOTA_EXCEEDED);

        assertThat(client.wire())
                .containsExactly(pubAck(1, ReasonCode.NO_MATCHING_SUBSCRIBERS), pubRec(2, ReasonCode.QUOTA_EXCEEDED));
    }

    @Test
    @DisplayName(
            "[MQTT311-4.8.0-2] a publish that cannot be taken now ends the connection, as there is no other word for it")
    void refusedPublishesBeforeV5EndTheConnection() {
        for (int qos = 1; qos <= 2; qos++) {
            TestClient client = new TestClient().version(V3_1_1).connected();
            client.send(publish(0, 0, "a")).send(publish(1, 1, "a")).send(publish(qos, 2, "a"));
            client.send(publish(1, 3, "a"));

            client.published(3, ReasonCode.QUOTA_EXCEEDED)
                    .published(4)
                    .published(1, ReasonCode.QUOTA_EXCEEDED)
                    .published(2);

            assertThat(client.wire()).containsExactly(pubAck(1));
            assertThat(client.effects.closed).isTrue();
            assertThat(client.effects.ends).containsExactly(new EndOfConnection(-1, true, 0));
        }
    }

    @Test
    @DisplayName("[MQTT311-3.3.5-2] who may not publish gets a positive acknowledgement")
    void unauthorizedPublishBeforeV5IsAcknowledged() {
        TestClient client = new TestClient().version(V3_1_1).connected();
        client.send(publish(1, 1, "a")).send(publish(2, 2, "a"));

        client.published(1, ReasonCode.NOT_AUTHORIZED).published(2, ReasonCode.NOT_AUTHORIZED);

        assertThat(client.wire()).containsExactly(pubAck(1), pubRec(2));
    }

    @Test
    @DisplayName("[MQTT-4.3.2-5] after PUBACK the Packet Identifier is a new message's")
    void packetIdCanBeUsedAgainAfterPubAck() {
        TestClient client = new TestClient().connected();

        client.send(publish(1, 1, "a")).published(1).send(publish(1, 1, "b")).published(2);

        assertThat(client.wire()).containsExactly(pubAck(1), pubAck(1));
        assertThat(client.effects.publishes).hasSize(2);
    }

    @Test
    @DisplayName("[MQTT-2.2.1-3] a Packet Identifier in use is refused with 0x91, in its turn")
    void packetIdInUseIsRefusedInV5() {
        TestClient client = new TestClient().connected();
        client.send(publish(1, 1, "a")).send(publish(2, 2, "a"));

        client.send(publish(1, 1, "a")).send(publish(2, 1, "a")).send(publish(1, 2, "a"));
        assertThat(client.wire()).isEmpty();
        client.published(1).published(2);

        assertThat(client.wire())
                .containsExactly(
                        pubAck(1),
                        pubRec(2),
                        pubAck(1, ReasonCode.PACKET_IDENTIFIER_IN_USE),
                        pubRec(1, ReasonCode.PACKET_IDENTIFIER_IN_USE),
                        pubAck(2, ReasonCode.PACKET_IDENTIFIER_IN_USE));
        assertThat(client.effects.publishes).hasSize(2);
    }

    @Test
    @DisplayName("[MQTT-2.2.1-3] also one of a SUBSCRIBE in work")
    void packetIdOfASubscribeInWorkIsRefusedInV5() {
        TestClient client = new TestClient().connected().send(subscribe(1, "a"));

        client.send(publish(1, 1, "a")).send(publish(2, 1, "a"));

        assertThat(client.wire())
                .containsExactly(
                        pubAck(1, ReasonCode.PACKET_IDENTIFIER_IN_USE), pubRec(1, ReasonCode.PACKET_IDENTIFIER_IN_USE));
    }

    @Test
    void packetIdOfAPublishInWorkRefusesASubscribeInV5() {
        TestClient client = new TestClient().connected().send(publish(1, 1, "a"));

        client.send(subscribe(1, "a", "b"));

        List<ReasonCode> inUse = List.of(ReasonCode.PACKET_IDENTIFIER_IN_USE, ReasonCode.PACKET_IDENTIFIER_IN_USE);
        assertThat(client.wire()).containsExactly(new SubAck(1, Properties.EMPTY, inUse));
    }

    @Test
    void repeatedQos1PublishBeforeV5IsPublishedAgain() {
        TestClient client = new TestClient().version(V3_1_1).connected();

        client.send(publish(1, 1, "a")).send(publish(1, 1, "a")).published(1).published(2);

        assertThat(client.wire()).containsExactly(pubAck(1), pubAck(1));
    }

    @Test // [MQTT-2.2.1-5]
    @DisplayName("[MQTT-4.3.3-8] [MQTT-4.3.3-11] [MQTT-4.3.3-12] QoS 2 of a transient session")
    void qos2OfATransientSessionIsCompletedHere() {
        TestClient client = new TestClient().connected();

        client.send(publish(2, 5, "a")).published(1).send(pubRel(5));
        client.send(publish(2, 5, "b")).published(2);

        assertThat(client.wire()).containsExactly(pubRec(5), pubComp(5), pubRec(5));
        assertThat(client.effects.publishes)
                .extracting(RecordingEffects.Publishing::packetId)
                .containsExactly(0, 0);
        assertThat(client.effects.releases).isEmpty();
    }

    @Test
    @DisplayName("[MQTT-4.3.3-10] a repeat before PUBREL is acknowledged and not published")
    void repeatedQos2PublishIsAcknowledgedButNotPublished() {
        TestClient client =
                new TestClient().connected().send(publish(2, 5, "a")).published(1);

        client.send(publish(2, 5, "a")).send(publish(2, 5, "a"));

        assertThat(client.wire()).containsExactly(pubRec(5), pubRec(5), pubRec(5));
        assertThat(client.effects.publishes).hasSize(1);
    }

    @Test
    @DisplayName(
            "[MQTT-4.3.3-10] a repeat while the publish is in work makes neither a second publish nor a second PUBREC")
    void repeatedQos2PublishInWorkChangesNothing() {
        TestClient client = new TestClient().connected();

        client.send(publish(2, 5, "a")).send(publish(2, 5, "a")).published(1);

        assertThat(client.wire()).containsExactly(pubRec(5));
        assertThat(client.effects.publishes).hasSize(1);
    }

    @Test
    @DisplayName("[MQTT-4.6.0-3] the answer to a repeat waits for earlier publishes")
    void repeatIsAnsweredInItsTurn() {
        TestClient client =
                new TestClient().connected().send(publish(2, 5, "a")).published(1);
        client.send(publish(1, 6, "a")).send(publish(2, 5, "a"));
        assertThat(client.wire()).containsExactly(pubRec(5));

        client.published(2);

        assertThat(client.wire()).containsExactly(pubAck(6), pubRec(5));
    }

    @Test
    void repeatThatIsReleasedBeforeItsTurnIsNotAnsweredAnyMore() {
        TestClient client =
                new TestClient().connected().send(publish(2, 5, "a")).published(1);
        client.send(publish(1, 6, "a")).send(publish(2, 5, "a")).send(pubRel(5));

        client.published(2);

        assertThat(client.wire()).containsExactly(pubRec(5), pubComp(5), pubAck(6));
    }

    @Test
    @DisplayName("[MQTT-4.3.3-9] after a PUBREC with an error the Packet Identifier is a new message's")
    void refusedQos2PublishFreesItsPacketId() {
        TestClient client = new TestClient().connected();

        client.send(publish(2, 5, "a")).published(1, ReasonCode.QUOTA_EXCEEDED);
        client.send(publish(2, 5, "a")).published(2);

        assertThat(client.wire()).containsExactly(pubRec(5, ReasonCode.QUOTA_EXCEEDED), pubRec(5));
        assertThat(client.effects.publishes).hasSize(2);
    }

    @Test
    void pubRelThatComesBeforePubRecWaitsForIt() {
        TestClient client = new TestClient().connected().send(publish(2, 5, "a"));

        client.send(pubRel(5)).send(pubRel(5));
        assertThat(client.wire()).isEmpty();
        client.published(1);

        assertThat(client.wire()).containsExactly(pubRec(5), pubComp(5));
    }

    @Test
    void pubRelThatComesBeforeARefusalFindsNothing() {
        TestClient client =
                new TestClient().connected().send(publish(2, 5, "a")).send(pubRel(5));

        client.published(1, ReasonCode.QUOTA_EXCEEDED);

        assertThat(client.wire())
                .containsExactly(
                        pubRec(5, ReasonCode.QUOTA_EXCEEDED), pubComp(5, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND));
    }

    @Test
    @DisplayName("[MQTT-4.3.3-13] PUBREL is answered although the message has expired")
    void expiredQos2PublishIsCompleted() {
        Properties brief =
                Properties.builder().add(Property.MESSAGE_EXPIRY_INTERVAL, 1).build();
        TestClient client =
                new TestClient().connected().send(publish(2, 1, "a", brief)).published(1);

        client.passMillis(60_000).send(pubRel(1));

        assertThat(client.wire()).containsExactly(pubRec(1), pubComp(1));
    }

    @Test
    @DisplayName("[MQTT-4.3.3-11] PUBREL is always answered, with 0x92 where nothing is to release")
    void unknownPubRelIsCompletedWith0x92() {
        TestClient v5 = new TestClient().connected().send(pubRel(9));
        TestClient v3 = new TestClient().version(V3_1_1).connected().send(pubRel(9));

        assertThat(v5.wire()).containsExactly(pubComp(9, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND));
        assertThat(v3.wire()).containsExactly(pubComp(9));
    }

    @Test
    void qos2OfAPersistentSessionIsRecordedAndReleasedByTheBucket() {
        TestClient client = new TestClient().persistent().connected();
        client.send(publish(2, 5, "a")).published(1).send(pubRel(5));
        assertThat(client.effects.publishes)
                .extracting(RecordingEffects.Publishing::packetId)
                .containsExactly(5);
        assertThat(client.effects.releases).containsExactly(5);
        assertThat(client.wire()).containsExactly(pubRec(5));

        client.connection.released(5, true, client.nowMillis);

        assertThat(client.wire()).containsExactly(pubComp(5));
    }

    @Test
    @DisplayName("I3: what an earlier connection received goes through the bucket again")
    void repeatOfAnEarlierConnectionIsPublishedAgainForTheBucketToJudge() {
        TestClient client = new TestClient()
                .persistent()
                .connected(new io.covey.bucket.Result.Opened(
                        7,
                        1,
                        true,
                        List.of(),
                        List.of(),
                        1,
                        List.of(new io.covey.bucket.Result.Receipt(5, 1)),
                        List.of()));

        client.send(publish(2, 5, "a")).published(1);

        assertThat(client.effects.publishes).hasSize(1);
        assertThat(client.wire()).containsExactly(pubRec(5));
    }

    @Test
    void pubRelOfAnEarlierConnectionIsReleasedByTheBucket() {
        TestClient client =
                new TestClient().persistent().connected().send(pubRel(5)).send(pubRel(6));

        client.connection.released(5, true, client.nowMillis);
        client.connection.released(6, false, client.nowMillis);

        assertThat(client.effects.releases).containsExactly(5, 6);
        assertThat(client.wire()).containsExactly(pubComp(5), pubComp(6, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND));
    }

    @Test
    void publishWhileItsPacketIdIsBeingReleasedIsRefusedInV5AndNewBeforeIt() {
        TestClient v5 = new TestClient().persistent().connected();
        v5.send(publish(2, 5, "a")).published(1).send(pubRel(5)).send(publish(2, 5, "b"));
        TestClient v3 = new TestClient().version(V3_1_1).persistent().connected();
        v3.send(publish(2, 5, "a")).published(1).send(pubRel(5)).send(publish(2, 5, "b"));

        v3.connection.released(5, true, v3.nowMillis);
        v3.published(2).send(publish(2, 5, "b"));

        assertThat(v5.wire()).containsExactly(pubRec(5), pubRec(5, ReasonCode.PACKET_IDENTIFIER_IN_USE));
        assertThat(v3.wire()).containsExactly(pubRec(5), pubComp(5), pubRec(5), pubRec(5));
        assertThat(v3.effects.publishes).hasSize(2);
    }

    @Test
    @DisplayName("[MQTT-3.3.4-7] more than Receive Maximum unacknowledged publishes: 0x93")
    void publishBeyondReceiveMaximumDisconnectsWith0x93() {
        settings.receiveMaximum = 2;
        TestClient client = new TestClient(settings).connected();
        client.send(publish(1, 1, "a")).send(publish(2, 2, "a"));
        client.send(publish(0, 0, "a"));
        assertThat(client.effects.closed).isFalse();

        client.send(publish(1, 3, "a"));

        client.assertDisconnected(ReasonCode.RECEIVE_MAXIMUM_EXCEEDED);
        assertThat(client.effects.publishes).hasSize(3);
    }

    @Test
    @DisplayName("[MQTT-4.9.0-1] PUBACK, PUBCOMP and PUBREC with an error give the quota back, PUBREC does not")
    void quotaComesBackWithTheLastAcknowledgement() {
        settings.receiveMaximum = 1;
        TestClient client = new TestClient(settings).connected();
        client.send(publish(1, 1, "a")).published(1);
        client.send(publish(2, 2, "a")).published(2, ReasonCode.QUOTA_EXCEEDED);
        client.send(publish(2, 3, "a")).published(3).send(pubRel(3));
        client.send(publish(2, 4, "a")).published(4);
        assertThat(client.effects.closed).isFalse();

        client.send(publish(1, 5, "a"));

        client.assertDisconnected(ReasonCode.RECEIVE_MAXIMUM_EXCEEDED);
    }

    @Test
    @DisplayName("[MQTT-4.9.0-1] a repeat does not count twice")
    void repeatDoesNotUseUpTheQuota() {
        settings.receiveMaximum = 1;
        TestClient client =
                new TestClient(settings).connected().send(publish(2, 1, "a")).send(publish(2, 1, "a"));

        client.published(1).send(publish(2, 1, "a"));

        assertThat(client.wire()).containsExactly(pubRec(1), pubRec(1));
    }

    @Test
    void receiveMaximumDoesNotHoldForOlderClients() {
        settings.receiveMaximum = 1;
        TestClient client = new TestClient(settings).version(V3_1_1).connected();

        client.send(publish(1, 1, "a")).send(publish(1, 2, "a")).send(publish(2, 3, "a"));

        assertThat(client.effects.publishes).hasSize(3);
        assertThat(client.effects.closed).isFalse();
    }

    @Test
    @DisplayName("[MQTT-3.3.2-7] [MQTT-3.3.2-12] a Topic Alias stands for the Topic Name it was sent with")
    void topicAliasStandsForItsTopic() {
        TestClient client = new TestClient().connected();

        client.send(publish(0, 0, "first", alias(1)));
        client.send(publish(0, 0, "", alias(1)));
        client.send(publish(0, 0, "second", alias(1)));
        client.send(publish(0, 0, "last", alias(64)));
        client.send(publish(0, 0, "", alias(1)));
        client.send(publish(0, 0, "", alias(64)));

        assertThat(client.effects.publishes)
                .extracting(publish -> publish.message().topic())
                .containsExactly("first", "first", "second", "last", "second", "last");
        assertThat(published(client, 0).properties()).isEqualTo(Properties.EMPTY);
    }

    @Test
    @DisplayName("[MQTT-3.3.2-8] [MQTT-3.3.2-9] a Topic Alias of 0 or above the maximum: 0x94")
    void topicAliasOutOfRangeDisconnectsWith0x94() {
        TestClient zero = new TestClient().connected().send(publish(0, 0, "a", alias(0)));
        TestClient high = new TestClient().connected().send(publish(0, 0, "a", alias(65)));

        zero.assertDisconnected(ReasonCode.TOPIC_ALIAS_INVALID);
        high.assertDisconnected(ReasonCode.TOPIC_ALIAS_INVALID);
    }

    @Test
    @DisplayName("[MQTT 5.0, 3.3.2.3.4] a Topic Alias that was never set up is a protocol error")
    void unknownTopicAliasDisconnectsWith0x82() {
        TestClient client = new TestClient().connected().send(publish(0, 0, "a", alias(2)));

        client.send(publish(1, 1, "", alias(1)));

        client.assertDisconnected(ReasonCode.PROTOCOL_ERROR);
    }

    @Test
    @DisplayName("[MQTT 5.0, 4.13] Topic Aliases whose Topic Names are too long together: 0x97")
    void topicAliasesThatTakeTooMuchTogetherDisconnectWith0x97() {
        settings.topicAliasCharactersMax = 10;
        TestClient client = new TestClient(settings).connected();
        client.send(publish(0, 0, "12345678", alias(1)));
        client.send(publish(0, 0, "1234", alias(1))); // in the place of the one before
        client.send(publish(0, 0, "123456", alias(2)));
        client.send(publish(0, 0, "", alias(1)));
        assertThat(client.effects.publishes).hasSize(4);

        client.send(publish(0, 0, "1", alias(3)));

        client.assertDisconnected(ReasonCode.QUOTA_EXCEEDED);
        assertThat(client.effects.publishes).hasSize(4);
    }

    @Test
    void topicWithTooManyLevelsIsRefusedInTheAcknowledgementOfV5() {
        settings.topicLevelsMax = 2;
        TestClient client = new TestClient(settings).connected().send(publish(1, 1, "a/b"));

        client.send(publish(1, 2, "a/b/c")).send(publish(2, 3, "a/b/c")).published(1);

        assertThat(client.wire())
                .containsExactly(
                        pubAck(1), pubAck(2, ReasonCode.TOPIC_NAME_INVALID), pubRec(3, ReasonCode.TOPIC_NAME_INVALID));
    }

    @Test
    void topicWithTooManyLevelsEndsTheConnectionWhereItCannotBeTold() {
        settings.topicLevelsMax = 2;
        TestClient qos0 = new TestClient(settings).connected().send(publish(0, 0, "a/b/c"));
        TestClient v3 = new TestClient(settings).version(V3_1_1).connected().send(publish(1, 1, "a/b/c"));

        qos0.assertDisconnected(ReasonCode.TOPIC_NAME_INVALID);
        assertThat(v3.effects.closed).isTrue();
    }

    @Test
    @DisplayName("[MQTT 5.0, 4.7.2] clients do not publish to the broker's own topics: 0x87")
    void reservedTopicsAreRefusedInV5() {
        TestClient client = new TestClient()
                .connected()
                .send(publish(1, 1, "$SYS/x"))
                .send(publish(2, 2, "$share/g/x"))
                .send(publish(0, 0, "$SYS"))
                .send(publish(1, 3, "$other/x"));

        assertThat(client.wire())
                .containsExactly(pubAck(1, ReasonCode.NOT_AUTHORIZED), pubRec(2, ReasonCode.NOT_AUTHORIZED));
        assertThat(client.effects.publishes).hasSize(1);
        assertThat(client.events())
                .filteredOn(ConnectionEvent.PUBLISH_REFUSED::equals)
                .hasSize(3);
        assertThat(client.effects.closed).isFalse();
    }

    @Test
    @DisplayName("[MQTT311-3.3.5-2] older clients get an acknowledgement, but nobody gets the message")
    void reservedTopicsAreAcknowledgedAndDroppedBeforeV5() {
        TestClient client = new TestClient()
                .version(V3_1_1)
                .connected()
                .send(publish(1, 1, "$SYS/x"))
                .send(publish(2, 2, "$SYS/x"))
                .send(pubRel(2));

        assertThat(client.wire()).containsExactly(pubAck(1), pubRec(2), pubComp(2));
        assertThat(client.effects.publishes).isEmpty();
    }

    @Test
    @DisplayName(
            "[MQTT 5.0, 3.3.2.3.2] a payload that is not the text it says: 0x99, where the operator wants it checked")
    void payloadFormatIsCheckedOnDemand() {
        Properties text =
                Properties.builder().add(Property.PAYLOAD_FORMAT_INDICATOR, 1).build();
        Properties anything =
                Properties.builder().add(Property.PAYLOAD_FORMAT_INDICATOR, 0).build();
        byte[] bad = {(byte) 0xFF};
        settings.payloadFormatChecked = true;
        TestClient client = new TestClient(settings).connected();

        client.send(publish(1, 1, "t", text));
        client.send(new Publish(false, QoS.AT_LEAST_ONCE, false, "t", 2, anything, bad));
        client.send(new Publish(false, QoS.AT_LEAST_ONCE, false, "t", 3, text, bad));
        client.published(1).published(2);

        assertThat(client.wire()).containsExactly(pubAck(1), pubAck(2), pubAck(3, ReasonCode.PAYLOAD_FORMAT_INVALID));
        client.send(new Publish(false, QoS.AT_MOST_ONCE, false, "t", 0, text, bad));
        client.assertDisconnected(ReasonCode.PAYLOAD_FORMAT_INVALID);

        TestClient unchecked = new TestClient().connected();
        unchecked.send(new Publish(false, QoS.AT_LEAST_ONCE, false, "t", 3, text, bad));
        assertThat(unchecked.effects.publishes).hasSize(1);
    }

    @Test // [MQTT-3.3.2-4] [MQTT-3.3.2-15..16]
    @DisplayName("[MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20] properties are forwarded unaltered and in order")
    void forwardedPropertiesKeepTheirOrderAndTheRestGoes() {
        Properties sent = Properties.builder()
                .addUserProperty("b", "1")
                .add(Property.TOPIC_ALIAS, 1)
                .add(Property.RESPONSE_TOPIC, "r")
                .add(Property.MESSAGE_EXPIRY_INTERVAL, 7)
                .addUserProperty("a", "2")
                .add(Property.CORRELATION_DATA, TestClient.bytes("c"))
                .add(Property.PAYLOAD_FORMAT_INDICATOR, 1)
                .addUserProperty("b", "1")
                .add(Property.CONTENT_TYPE, "text/plain")
                .build();

        TestClient client = new TestClient().connected().send(publish(1, 1, "a", sent));

        assertThat(published(client, 0).properties())
                .isEqualTo(Properties.builder()
                        .addUserProperty("b", "1")
                        .add(Property.RESPONSE_TOPIC, "r")
                        .addUserProperty("a", "2")
                        .add(Property.CORRELATION_DATA, TestClient.bytes("c"))
                        .add(Property.PAYLOAD_FORMAT_INDICATOR, 1)
                        .addUserProperty("b", "1")
                        .add(Property.CONTENT_TYPE, "text/plain")
                        .build());
        assertThat(published(client, 0).expiresAtMillis()).isEqualTo(client.nowMillis + 7_000);
        assertThat(published(client, 0).publishedAtMillis()).isEqualTo(client.nowMillis);
    }

    @Test
    void propertiesThatAreAllForwardedAreNotCopied() {
        Properties sent = Properties.builder().addUserProperty("a", "b").build();

        TestClient client = new TestClient().connected().send(publish(1, 1, "a", sent));

        assertThat(published(client, 0).properties()).isSameAs(sent);
        assertThat(published(client, 0).expiresAtMillis()).isEqualTo(Message.NEVER);
        assertThat(published(client, 0).qos()).isEqualTo(QoS.AT_LEAST_ONCE);
    }

    @Test
    void readingPausesWhileManyPublishesAreInWork() {
        settings.pendingPublishesMax = 4;
        TestClient client = new TestClient(settings).connected();
        client.send(publish(0, 0, "a")).send(publish(1, 1, "a")).send(publish(2, 2, "a"));
        assertThat(client.effects.reading).isTrue();

        client.send(publish(0, 0, "a"));
        assertThat(client.effects.reading).isFalse();

        client.published(1);
        assertThat(client.effects.reading).isFalse();
        client.published(2);
        assertThat(client.effects.reading).isTrue();
    }

    @Test
    void readingPausesWhileManyBytesAreInWork() {
        settings.pendingPublishBytesMax = 8; // of publishes that count two bytes each
        TestClient client = new TestClient(settings).connected();
        client.send(publish(0, 0, "a")).send(publish(1, 1, "a")).send(publish(2, 2, "a"));
        assertThat(client.effects.reading).isTrue();

        client.send(publish(0, 0, "a"));
        assertThat(client.effects.reading).isFalse();

        client.published(1);
        assertThat(client.effects.reading).isFalse();
        client.published(2);
        assertThat(client.effects.reading).isTrue();
    }

    @Test
    void aTopicThatIsTooLongIsRefused() {
        settings.topicBytesMax = 4;
        TestClient client = new TestClient(settings).connected();

        client.send(publish(1, 1, "abcd")).send(publish(1, 2, "abcde")).send(publish(1, 3, "\u20ACa"));
        client.send(publish(2, 4, "\u20ACab")).published(1).published(2);

        assertThat(client.wire())
                .containsExactly(
                        pubAck(1),
                        pubAck(2, ReasonCode.TOPIC_NAME_INVALID),
                        pubAck(3),
                        pubRec(4, ReasonCode.TOPIC_NAME_INVALID));
        client.send(publish(0, 0, "abcde"));
        client.assertDisconnected(ReasonCode.TOPIC_NAME_INVALID);
    }

    @Test
    void messageExpiryIsCappedAndGivenToMessagesWithoutOne() {
        settings.messageExpiryMaxSeconds = 60;
        TestClient client = new TestClient(settings).connected();
        for (long asked : new long[] {30, 60, 61, 0xFFFF_FFFFL}) {
            client.send(publish(
                    0,
                    0,
                    "a",
                    Properties.builder()
                            .add(Property.MESSAGE_EXPIRY_INTERVAL, asked)
                            .build()));
        }
        client.send(publish(0, 0, "a"));

        assertThat(client.effects.publishes)
                .extracting(publish -> publish.message().expiresAtMillis() - client.nowMillis)
                .containsExactly(30_000L, 60_000L, 60_000L, 60_000L, 60_000L);
    }

    @Test
    void publishMayBeAnsweredFromInsideTheCall() {
        TestSettings tight = new TestSettings();
        tight.pendingPublishesMax = 1;
        TestClient[] holder = new TestClient[1];
        RecordingEffects effects = new RecordingEffects() {
            @Override
            public void publish(long token, Message message, int packetId) {
                holder[0].published(token);
            }
        };
        TestClient client = holder[0] = new TestClient(tight, effects).connected();

        client.send(publish(1, 1, "a")).send(publish(0, 0, "a")).send(publish(2, 2, "a"));

        assertThat(client.wire()).containsExactly(pubAck(1), pubRec(2));
        assertThat(effects.reading).isTrue();
    }

    @Test
    void answerToAPublishThatIsNotInWorkIsAProgrammersError() {
        TestClient client =
                new TestClient().connected().send(publish(1, 1, "a")).published(1);

        assertThatThrownBy(() -> client.published(1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> client.published(2)).isInstanceOf(IllegalArgumentException.class);
    }
}
