package io.covey.session;

import static io.covey.session.TestClient.V3_1_1;
import static io.covey.session.TestClient.opened;
import static io.covey.session.TestClient.pubAck;
import static io.covey.session.TestClient.pubComp;
import static io.covey.session.TestClient.pubRec;
import static io.covey.session.TestClient.pubRel;
import static io.covey.session.TestClient.publish;
import static io.covey.session.TestClient.subscribe;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.covey.bucket.QueueEntry;
import io.covey.bucket.QueueOverflow;
import io.covey.protocol.ByteWriter;
import io.covey.protocol.Message;
import io.covey.protocol.PacketEncoder;
import io.covey.protocol.PingReq;
import io.covey.protocol.PingResp;
import io.covey.protocol.Properties;
import io.covey.protocol.Property;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.Publish;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class DeliveriesTest {
    private final TestSettings settings = new TestSettings();

    private static TestClient withWindow(int receiveMaximum) {
        return new TestClient().with(Property.RECEIVE_MAXIMUM, receiveMaximum);
    }

    // Transient sessions.

    @Test // [MQTT-4.3.1-1]
    void qos0IsSentAtOnce() {
        TestClient client = new TestClient().connected();
        Message message = client.message(0, "a");

        client.connection.deliver(message, QoS.AT_MOST_ONCE, true, new int[] {3, 4}, client.nowMillis);

        assertThat(client.wire())
                .containsExactly(
                        new RecordingEffects.Sent(message, 0, QoS.AT_MOST_ONCE, false, true, List.of(3, 4), 0));
    }

    @Test
    void qos0IsDroppedAndCountedWhileTheClientDoesNotRead() {
        TestClient client = new TestClient().connected().writable(false).deliver(0, "a");

        client.writable(true);

        assertThat(client.wire()).isEmpty();
        assertThat(client.events()).contains(ConnectionEvent.DROPPED_SLOW_READER);
    }

    @Test // [MQTT-4.3.3-1..2] [MQTT311-2.3.1-4]
    @DisplayName("[MQTT-4.3.2-1] [MQTT-4.3.2-2] Packet Identifiers count up, DUP is 0")
    void transientDeliveriesAreNumberedFromOne() {
        TestClient client = new TestClient().connected().deliver(1, "a").deliver(2, "b");

        assertThat(client.wire())
                .satisfiesExactly(
                        first -> assertThat((RecordingEffects.Sent) first)
                                .satisfies(sent -> assertThat(sent.packetId()).isEqualTo(1))
                                .satisfies(sent -> assertThat(sent.qos()).isEqualTo(QoS.AT_LEAST_ONCE))
                                .satisfies(sent -> assertThat(sent.dup()).isFalse()),
                        second -> assertThat((RecordingEffects.Sent) second)
                                .satisfies(sent -> assertThat(sent.packetId()).isEqualTo(2))
                                .satisfies(sent -> assertThat(sent.dup()).isFalse())
                                .satisfies(sent -> assertThat(sent.qos()).isEqualTo(QoS.EXACTLY_ONCE)));
    }

    @Test // [MQTT-4.9.0-2]
    @DisplayName("[MQTT-3.3.4-9] never more than the client's Receive Maximum; QoS 0 does not count")
    void windowHoldsBackWhatIsBeyondReceiveMaximum() {
        TestClient client = withWindow(2).connected();

        client.deliver(1, "a").deliver(2, "b").deliver(1, "c").deliver(1, "d").deliver(0, "z");
        assertThat(client.topics()).containsExactly("a", "b", "z");

        client.send(pubAck(1));
        assertThat(client.topics()).containsExactly("c");
        client.send(pubRec(2));
        assertThat(client.wire()).containsExactly(pubRel(2));
        client.send(pubComp(2));
        assertThat(client.topics()).containsExactly("d");
        assertThat(client.effects.acknowledged).isEmpty();
        assertThat(client.effects.received).isEmpty();
    }

    @Test
    void olderClientsGetTheOperatorsWindow() {
        settings.receiveMaximumOfV3 = 1;
        TestClient client = new TestClient(settings).version(V3_1_1).connected();

        client.deliver(1, "a").deliver(1, "b");

        assertThat(client.topics()).containsExactly("a");
    }

    @Test
    @DisplayName("[MQTT-4.4.0-2] a PUBACK or PUBREC with an error acknowledges too")
    void refusedDeliveriesAreDone() {
        TestClient client =
                withWindow(1).connected().deliver(1, "a").deliver(2, "b").deliver(1, "c");

        client.send(pubAck(1, ReasonCode.QUOTA_EXCEEDED)).send(pubRec(2, ReasonCode.QUOTA_EXCEEDED));

        assertThat(client.topics()).containsExactly("a", "b", "c");
    }

    @Test
    void queueOfATransientSessionIsBoundedAndDropsTheNewest() {
        settings.transientQueueMessagesMax = 2;
        TestClient client = new TestClient(settings)
                .with(Property.RECEIVE_MAXIMUM, 1)
                .connected()
                .deliver(1, "a");

        client.deliver(1, "b").deliver(1, "c").deliver(1, "d");
        assertThat(client.effects.reports)
                .contains(new RecordingEffects.Report(ConnectionEvent.DROPPED_QUEUE_FULL, ReasonCode.QUOTA_EXCEEDED));

        client.send(pubAck(1)).send(pubAck(2)).send(pubAck(3)).send(pubAck(4));
        assertThat(client.topics()).containsExactly("a", "b", "c");
    }

    @Test
    void queueOfATransientSessionDropsItsOldestWhereThatIsTheRule() {
        settings.transientQueueMessagesMax = 2;
        settings.queueOverflow = QueueOverflow.DROP_OLDEST;
        TestClient client = new TestClient(settings)
                .with(Property.RECEIVE_MAXIMUM, 1)
                .connected()
                .deliver(1, "sent");

        client.deliver(1, "b").deliver(1, "c").deliver(1, "d");

        client.send(pubAck(1)).send(pubAck(2)).send(pubAck(3)).send(pubAck(4));
        assertThat(client.topics()).containsExactly("sent", "c", "d");
        assertThat(client.events()).containsOnlyOnce(ConnectionEvent.DROPPED_QUEUE_FULL);
    }

    @Test
    void queueOfATransientSessionIsBoundedByBytes() {
        TestClient client = new TestClient().connected();
        int size = client.message(1, "a").sizeBytes();
        for (QueueOverflow overflow : QueueOverflow.values()) {
            settings.queueOverflow = overflow;
            settings.transientQueueBytesMax = 2L * size;
            client = new TestClient(settings).connected().writable(false);

            client.deliver(1, "a").deliver(1, "b").deliver(1, "c").deliver(1, "x".repeat(2 * size));
            assertThat(client.events().stream().filter(event -> event == ConnectionEvent.DROPPED_QUEUE_FULL))
                    .hasSize(2);
            client.writable(true).writable(false).deliver(1, "d").writable(true);

            assertThat(client.topics())
                    .isEqualTo(overflow == QueueOverflow.DROP_OLDEST ? List.of("b", "c", "d") : List.of("a", "b", "d"));
        }
    }

    @Test
    void queueWaitsWhileTheClientDoesNotRead() {
        TestClient client =
                new TestClient().connected().writable(false).deliver(1, "a").deliver(1, "b");
        assertThat(client.wire()).isEmpty();

        client.writable(true);

        assertThat(client.topics()).containsExactly("a", "b");
    }

    @Test
    void clientThatStopsReadingInTheMiddleIsSentNoMore() {
        TestClient[] holder = new TestClient[1];
        RecordingEffects effects = new RecordingEffects() {
            @Override
            public void sendPublish(
                    Message message, int packetId, QoS qos, boolean dup, boolean retain, int[] ids, int alias) {
                super.sendPublish(message, packetId, qos, dup, retain, ids, alias);
                holder[0].writable(false); // as the wire does, from inside the call
            }
        };
        TestClient client = holder[0] = new TestClient(settings, effects).connected();

        client.deliver(1, "a").deliver(1, "b").deliver(1, "c");
        assertThat(client.topics()).containsExactly("a");
        client.writable(true);

        assertThat(client.topics()).containsExactly("b");
    }

    @Test
    void packetIdsOfATransientSessionAreNotReusedWhileOneIsOpen() {
        TestClient client = new TestClient().connected().deliver(1, "first");
        for (int i = 2; i <= 65_535; i++) {
            client.deliver(1, "t").send(pubAck(i));
        }
        client.wire();

        client.deliver(1, "next");
        assertThat(client.wire()).isEmpty();
        client.send(pubAck(1));

        assertThat(client.onlyPublish().packetId()).isEqualTo(1);
    }

    @Test
    void qosAbove0ForAPersistentSessionMustComeThroughItsQueue() {
        TestClient client = new TestClient().persistent().connected();

        assertThatThrownBy(() -> client.deliver(1, "a")).isInstanceOf(IllegalArgumentException.class);
    }

    // Persistent sessions.

    @Test
    void handedMessagesAreSentBySequenceAndAcknowledgedToTheBucket() {
        TestClient client = new TestClient().persistent().connected().hint(1, 1);
        client.handed(client.entry(2, 1));

        assertThat(client.wire())
                .extracting(sent -> ((RecordingEffects.Sent) sent).packetId())
                .containsExactly(2, 3);
        client.send(pubAck(3)).send(pubAck(2));

        assertThat(client.effects.acknowledged).containsExactly(2L, 1L);
    }

    @Test
    @DisplayName("[MQTT-4.3.3-4] PUBREL leaves once the bucket has recorded PUBREC")
    void pubRelWaitsForTheRecord() {
        TestClient client = new TestClient().persistent().connected().hint(1, 2);
        client.wire();

        client.send(pubRec(2)).send(pubRec(2));
        assertThat(client.effects.received).containsExactly(1L);
        assertThat(client.wire()).isEmpty();

        client.connection.receivedRecorded(1, client.nowMillis);
        assertThat(client.wire()).containsExactly(pubRel(2));
        assertThat(client.effects.acknowledged).isEmpty();

        client.send(pubComp(2));
        assertThat(client.effects.acknowledged).containsExactly(1L);
    }

    @Test
    void pubRecWithAnErrorIsAcknowledgedWithoutPubRel() {
        TestClient client = new TestClient().persistent().connected().hint(1, 2);
        client.wire();

        client.send(pubRec(2, ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR));

        assertThat(client.wire()).isEmpty();
        assertThat(client.effects.received).isEmpty();
        assertThat(client.effects.acknowledged).containsExactly(1L);
    }

    @Test
    void nextMessageLeavesAtOnceWhenTheWindowOpens() {
        TestClient client =
                withWindow(1).persistent().connected().hint(1, 1).hint(2, 2).hint(3, 1);
        assertThat(client.topics()).containsExactly("t1");

        client.send(pubAck(2));

        assertThat(client.topics()).containsExactly("t2");
        client.send(pubRec(3));
        client.connection.receivedRecorded(2, client.nowMillis);
        assertThat(client.topics()).isEmpty(); // PUBREL gives no room [MQTT-4.9.0-1]
        client.send(pubComp(3));
        assertThat(client.topics()).containsExactly("t3");
    }

    @Test
    @DisplayName("[MQTT-4.4.0-1] [MQTT-3.3.1-1] [MQTT-4.6.0-1] redelivery: PUBREL, and PUBLISH with DUP, in order")
    void resumedSessionGetsWhatIsOpenInOrder() {
        TestClient client = new TestClient().persistent();
        client.connected(
                opened(true, 9, client.again(3, 1), client.receivedBefore(5), client.again(6, 2), client.entry(8, 1)));

        List<Object> sent = client.wire();

        assertThat(sent.get(0)).isEqualTo(pubRel(6));
        assertThat(sent.subList(1, 4))
                .extracting(packet -> ((RecordingEffects.Sent) packet).packetId())
                .containsExactly(4, 7, 9);
        assertThat(sent.subList(1, 4))
                .extracting(packet -> ((RecordingEffects.Sent) packet).dup())
                .containsExactly(true, true, false);
        assertThat(sent).hasSize(4);
        client.send(pubComp(6)).send(pubAck(4)).send(pubRec(7)).send(pubAck(9));
        assertThat(client.effects.acknowledged).containsExactly(5L, 3L, 8L);
        assertThat(client.effects.received).containsExactly(6L);
        assertThat(client.connection.nextSequence()).isEqualTo(9);
    }

    @Test
    @DisplayName("[MQTT-3.3.4-9] redelivery keeps within Receive Maximum")
    void redeliveryIsPacedByTheWindow() {
        TestClient client = withWindow(2).persistent();
        client.connected(
                opened(true, 9, client.again(3, 1), client.receivedBefore(5), client.again(6, 2), client.entry(8, 1)));
        assertThat(client.wire()).hasSize(2);

        client.send(pubComp(6));
        assertThat(client.topics()).containsExactly("t6");
        client.send(pubAck(4));
        assertThat(client.topics()).containsExactly("t8");
    }

    @Test
    void packetIdsFollowTheSequenceRoundTheWholeRange() {
        TestClient client = new TestClient().persistent();
        client.connected(opened(true, 65_537, client.again(65_534, 1), client.again(65_536, 2)));

        assertThat(client.wire())
                .extracting(sent -> ((RecordingEffects.Sent) sent).packetId())
                .containsExactly(65_535, 2);
        client.hint(65_537, 1).send(pubRec(2)).send(pubAck(3)).send(pubAck(65_535));

        assertThat(client.effects.acknowledged).containsExactly(65_537L, 65_534L);
        assertThat(client.effects.received).containsExactly(65_536L);
    }

    @Test
    void sessionContinuedWithoutExpiryStillHasItsQueueInTheBucket() {
        TestClient client = new TestClient();
        client.cleanStart = false;
        client.connected(opened(true, 7, client.again(5, 1), client.entry(6, 2)));

        client.hint(7, 1).send(pubAck(6)).send(pubRec(7));
        client.connection.receivedRecorded(6, client.nowMillis);
        client.send(publish(2, 1, "a")).published(1).send(pubRel(1));

        assertThat(client.topics()).containsExactly("t5", "t6", "t7");
        assertThat(client.effects.acknowledged).containsExactly(5L);
        assertThat(client.effects.received).containsExactly(6L);
        assertThat(client.effects.releases).containsExactly(1);
        client.connection.lost(client.nowMillis);
        assertThat(client.effects.ends).containsExactly(new EndOfConnection(-1, true, 7));
    }

    @Test
    @DisplayName("[MQTT-3.3.4-10] [MQTT-4.9.0-3] a full window holds back PUBLISHes of QoS 1 and 2 only")
    void fullWindowHoldsBackNothingElse() {
        TestClient client = withWindow(1).connected().deliver(2, "a").deliver(1, "b");
        client.wire();

        client.send(new PingReq()).send(pubRec(1)).send(publish(1, 1, "a")).published(1);

        assertThat(client.wire()).containsExactly(new PingResp(), pubRel(1), pubAck(1));
    }

    // Acknowledgements that do not fit.

    @Test
    @DisplayName("[MQTT 5.0, 3.6.2.1] PUBREC for an unknown Packet Identifier is answered by PUBREL 0x92")
    void unknownPubRecIsAnsweredSoThatTheClientForgetsIt() {
        TestClient v5 = new TestClient().connected().send(pubRec(9)).send(pubRec(9, ReasonCode.QUOTA_EXCEEDED));
        TestClient v3 = new TestClient().version(V3_1_1).connected().send(pubRec(9));

        assertThat(v5.wire()).containsExactly(pubRel(9, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND));
        assertThat(v3.wire()).containsExactly(pubRel(9));
    }

    @Test
    void unknownPubAckAndPubCompAreIgnored() {
        TestClient client = new TestClient().persistent().connected();

        client.send(pubAck(9)).send(pubComp(9));

        assertThat(client.wire()).isEmpty();
        assertThat(client.effects.closed).isFalse();
        assertThat(client.effects.acknowledged).isEmpty();
    }

    @Test
    void acknowledgementsForWhatIsNotSentYetAreIgnored() {
        TestClient client = withWindow(1).persistent();
        client.connected(opened(true, 3, client.again(1, 2), client.again(2, 2)));
        client.wire();

        client.send(pubAck(3)).send(pubRec(3)).send(pubComp(3));

        assertThat(client.wire()).isEmpty();
        assertThat(client.effects.acknowledged).isEmpty();
        assertThat(client.effects.received).isEmpty();
    }

    @Test
    void pubRelIsRepeatedForARepeatedPubRec() {
        TestClient client = new TestClient().connected().deliver(2, "a");
        client.wire();

        client.send(pubRec(1)).send(pubRec(1));

        assertThat(client.wire()).containsExactly(pubRel(1), pubRel(1));
    }

    @Test
    @DisplayName(
            "[MQTT-4.3.3-3] [MQTT-4.3.2-3] [MQTT-4.3.3-5] an acknowledgement of the wrong kind is a protocol error")
    void acknowledgementsOfTheWrongKindDisconnectWith0x82() {
        TestClient pubAckToQos2 = new TestClient().connected().deliver(2, "a").send(pubAck(1));
        TestClient pubRecToQos1 = new TestClient().connected().deliver(1, "a").send(pubRec(1));
        TestClient pubCompBeforePubRel =
                new TestClient().connected().deliver(2, "a").send(pubComp(1));
        TestClient pubCompToQos1 = new TestClient().connected().deliver(1, "a").send(pubComp(1));

        pubAckToQos2.assertDisconnected(ReasonCode.PROTOCOL_ERROR);
        pubRecToQos1.assertDisconnected(ReasonCode.PROTOCOL_ERROR);
        pubCompBeforePubRel.assertDisconnected(ReasonCode.PROTOCOL_ERROR);
        pubCompToQos1.assertDisconnected(ReasonCode.PROTOCOL_ERROR);
    }

    // Expiry.

    @Test
    @DisplayName("[MQTT-3.3.2-5] an expired message is not sent; it is done and counted")
    void expiredMessagesAreSkipped() {
        TestClient client = withWindow(1).persistent().connected().hint(1, 1);
        client.connection.hinted(
                2, client.expiring(1, "old", 50), QoS.AT_LEAST_ONCE, false, TestClient.NO_IDS, client.nowMillis);
        client.hint(3, 1).passMillis(50);

        client.send(pubAck(2));

        assertThat(client.topics()).containsExactly("t1", "t3");
        assertThat(client.effects.acknowledged).containsExactly(1L, 2L);
        assertThat(client.events()).containsOnlyOnce(ConnectionEvent.DROPPED_EXPIRED);
    }

    @Test
    void expiredMessagesOfATransientSessionTakeNoPlaceInTheWindow() {
        TestClient client = withWindow(1).connected().deliver(1, "a");
        client.connection.deliver(
                client.expiring(2, "old", 50), QoS.EXACTLY_ONCE, false, TestClient.NO_IDS, client.nowMillis);
        client.deliver(1, "c").passMillis(50);
        client.connection.deliver(
                client.expiring(0, "none", 0), QoS.AT_MOST_ONCE, false, TestClient.NO_IDS, client.nowMillis);

        client.send(pubAck(1));

        assertThat(client.topics()).containsExactly("a", "c");
        assertThat(client.effects.reports)
                .filteredOn(report -> report.event() == ConnectionEvent.DROPPED_EXPIRED)
                .hasSize(2);
    }

    @Test
    @DisplayName("[MQTT-4.3.3-7] what was sent before is sent again, expired or not")
    void expiredMessagesThatWereSentBeforeAreSentAgain() {
        TestClient client = new TestClient().persistent();
        Message expired = client.expiring(2, "old", 0);
        QueueEntry entry =
                new QueueEntry(1, expired, QoS.EXACTLY_ONCE, false, TestClient.NO_IDS, QueueEntry.State.HANDED, true);

        client.connected(opened(true, 2, entry));

        assertThat(client.topics()).containsExactly("old");
    }

    // Maximum Packet Size.

    private static int encodedBytes(ProtocolVersion version, int packetId, Message message, int... ids) {
        Properties.Builder properties = Properties.builder();
        for (int id : ids) {
            properties.add(Property.SUBSCRIPTION_IDENTIFIER, id);
        }
        message.properties().userProperties().forEach(user -> properties.addUserProperty(user.name(), user.value()));
        ByteWriter out = new ByteWriter(64);
        PacketEncoder.encode(
                new Publish(
                        false, message.qos(), false, message.topic(), packetId, properties.build(), message.payload()),
                version,
                out);
        return out.size();
    }

    private boolean isSentWithin(int maximum, Message message, int... ids) {
        TestClient client =
                new TestClient().with(Property.MAXIMUM_PACKET_SIZE, maximum).connected();
        client.connection.deliver(message, message.qos(), false, ids, client.nowMillis);
        boolean sent = !client.wire().isEmpty();
        assertThat(client.events().contains(ConnectionEvent.DROPPED_TOO_LARGE)).isEqualTo(!sent);
        return sent;
    }

    @Test
    @DisplayName("[MQTT-4.3.3-13] [MQTT-4.3.3-7] the handshake of QoS 2 goes on although the message has expired")
    void expiryDoesNotEndAHandshake() {
        TestClient client = new TestClient().connected();
        client.connection.deliver(
                client.expiring(2, "a", 1_000), QoS.EXACTLY_ONCE, false, TestClient.NO_IDS, client.nowMillis);
        client.wire();

        client.passMillis(5_000).send(pubRec(1));
        assertThat(client.wire()).containsExactly(pubRel(1));
        client.send(pubComp(1));

        assertThat(client.connection.view().inFlight()).isZero();
    }

    @Test
    @DisplayName("[MQTT-3.1.2-24] Maximum Packet Size holds to the byte, subscription identifiers included")
    void packetsUpToTheMaximumAreSentAndNoneBeyond() {
        Properties properties = Properties.builder().addUserProperty("k", "v").build();
        for (int payload : new int[] {0, 1, 50, 100, 108, 109, 110, 111, 120, 16_300, 16_370, 16_380, 16_400}) {
            for (int qos = 0; qos <= 2; qos++) {
                for (int[] ids : new int[][] {{}, {1}, {127, 128}, {16_383, 16_384, 268_435_455, 5}}) {
                    Message message = new Message(
                            "some/topic", new byte[payload], QoS.of(qos), false, properties, 0, Message.NEVER);
                    int size = encodedBytes(ProtocolVersion.V5, qos == 0 ? 0 : 1, message, ids);

                    assertThat(isSentWithin(size, message, ids))
                            .as("payload %d qos %d ids %d", payload, qos, ids.length)
                            .isTrue();
                    assertThat(isSentWithin(size - 1, message, ids))
                            .as("payload %d qos %d ids %d", payload, qos, ids.length)
                            .isFalse();
                }
            }
        }
    }

    @Test
    @DisplayName("[MQTT-3.1.2-25] what is too large counts as delivered")
    void messageThatIsTooLargeIsAcknowledgedToTheBucket() {
        TestClient client = new TestClient()
                .with(Property.MAXIMUM_PACKET_SIZE, 40)
                .persistent()
                .connected();
        Message large =
                new Message("large", new byte[100], QoS.EXACTLY_ONCE, false, Properties.EMPTY, 0, Message.NEVER);

        client.connection.hinted(1, large, QoS.EXACTLY_ONCE, false, TestClient.NO_IDS, client.nowMillis);
        client.hint(2, 1);

        assertThat(client.topics()).containsExactly("t2");
        assertThat(client.effects.acknowledged).containsExactly(1L);
        assertThat(client.effects.reports)
                .contains(new RecordingEffects.Report(ConnectionEvent.DROPPED_TOO_LARGE, ReasonCode.PACKET_TOO_LARGE));
    }

    // Topic aliases.

    private List<Integer> aliases(TestClient client) {
        return client.wire().stream()
                .map(sent -> ((RecordingEffects.Sent) sent).alias())
                .toList();
    }

    @Test // [MQTT-3.3.2-11]
    @DisplayName("[MQTT-3.1.2-26] no more aliases than the client takes")
    void topicsGetAliasesUpToTheClientsMaximum() {
        settings.topicAliasesOut = 10;
        TestClient client =
                new TestClient(settings).with(Property.TOPIC_ALIAS_MAXIMUM, 2).connected();

        client.deliver(0, "topic/a").deliver(1, "topic/b").deliver(0, "topic/c");
        client.deliver(2, "topic/a").deliver(0, "topic/b").deliver(0, "topic/c");

        assertThat(aliases(client)).containsExactly(1, 2, 0, -1, -2, 0);
    }

    @Test
    void topicsGetAliasesWhileTheyAreShortEnoughTogether() {
        settings.topicAliasesOut = 10;
        settings.topicAliasCharactersMax = 14;
        TestClient client =
                new TestClient(settings).with(Property.TOPIC_ALIAS_MAXIMUM, 9).connected();

        client.deliver(0, "topic/a").deliver(0, "topic/bc").deliver(0, "topic/d");
        client.deliver(0, "topic/a").deliver(0, "topic/bc").deliver(0, "topic/d");

        assertThat(aliases(client)).containsExactly(1, 0, 2, -1, 0, -2);
    }

    @Test
    @DisplayName("[MQTT-3.1.2-27] none for a client that takes none, nor where they save nothing")
    void noAliasesWithoutNeed() {
        TestClient off = new TestClient()
                .with(Property.TOPIC_ALIAS_MAXIMUM, 2)
                .connected()
                .deliver(0, "topic/a");
        settings.topicAliasesOut = 10;
        TestClient noneTaken = new TestClient(settings).connected().deliver(0, "topic/a");
        TestClient shortTopic = new TestClient(settings)
                .with(Property.TOPIC_ALIAS_MAXIMUM, 2)
                .connected()
                .deliver(0, "abc");

        assertThat(aliases(off)).containsExactly(0);
        assertThat(aliases(noneTaken)).containsExactly(0);
        assertThat(aliases(shortTopic)).containsExactly(0);
    }

    @Test
    @DisplayName("[MQTT-3.1.2-24] an alias never makes a packet too large")
    void aliasIsLeftOutWhereItsPropertyDoesNotFit() {
        settings.topicAliasesOut = 10;
        TestClient client = new TestClient(settings)
                .with(Property.TOPIC_ALIAS_MAXIMUM, 2)
                .with(Property.MAXIMUM_PACKET_SIZE, 40)
                .connected();
        Message tight = new Message(
                "topic", new byte[40 - 2 - 7 - 1], QoS.AT_MOST_ONCE, false, Properties.EMPTY, 0, Message.NEVER);

        client.connection.deliver(tight, QoS.AT_MOST_ONCE, false, TestClient.NO_IDS, client.nowMillis);
        client.deliver(0, "topic");

        assertThat(aliases(client)).containsExactly(0, 1);
    }

    // Back-pressure.

    @Test
    @DisplayName("[MQTT-3.12.4-1] PINGREQ is answered")
    void pingIsAnswered() {
        TestClient client = new TestClient().connected().send(new PingReq());

        assertThat(client.wire()).containsExactly(new PingResp());
    }

    @Test
    void clientThatWantsAnswersButDoesNotReadIsNotReadFrom() {
        for (var packet : List.of(new PingReq(), publish(1, 1, "a"), pubRel(1), pubRec(1), subscribe(1, "a"))) {
            TestClient client = new TestClient().connected().writable(false).send(packet);
            assertThat(client.effects.reading).isFalse();

            client.writable(true);
            assertThat(client.effects.reading).isTrue();
        }
    }

    @Test
    void acknowledgementsOfASlowReaderAreReadOn() {
        TestClient client = new TestClient()
                .connected()
                .deliver(1, "a")
                .writable(false)
                .send(pubAck(1))
                .send(publish(0, 0, "a"));

        assertThat(client.effects.reading).isTrue();
        assertThat(client.effects.publishes).hasSize(1);
    }
}
