package io.covey.session;

import static io.covey.session.TestClient.V3_1_1;
import static io.covey.session.TestClient.V5;
import static io.covey.session.TestClient.disconnect;
import static io.covey.session.TestClient.opened;
import static io.covey.session.TestClient.pubAck;
import static io.covey.session.TestClient.publish;
import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.ConnAck;
import io.covey.protocol.Disconnect;
import io.covey.protocol.PingReq;
import io.covey.protocol.Properties;
import io.covey.protocol.Property;
import io.covey.protocol.ProtocolViolation;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class EndOfConnectionTest {
    private final TestSettings settings = new TestSettings();

    private static Disconnect withExpiry(long seconds) {
        return new Disconnect(
                ReasonCode.SUCCESS,
                Properties.builder()
                        .add(Property.SESSION_EXPIRY_INTERVAL, seconds)
                        .build());
    }

    private static void assertEnded(TestClient client, EndOfConnection end) {
        assertThat(client.effects.closed).isTrue();
        assertThat(client.effects.ends).containsExactly(end);
    }

    @Test
    @DisplayName("[MQTT-3.14.4-3] a normal DISCONNECT discards the will")
    void normalDisconnectDiscardsTheWill() {
        TestClient client = new TestClient().connected().send(disconnect(ReasonCode.SUCCESS));

        assertEnded(client, new EndOfConnection(-1, false, 0));
        assertThat(client.wire()).isEmpty();
        assertThat(client.effects.reports)
                .contains(new RecordingEffects.Report(ConnectionEvent.DISCONNECTED, ReasonCode.SUCCESS));
    }

    @Test
    @DisplayName("[MQTT-3.1.2-8] DISCONNECT 0x04 and those with an error publish the will")
    void disconnectWithAnotherReasonPublishesTheWill() {
        TestClient asked = new TestClient().connected().send(disconnect(ReasonCode.DISCONNECT_WITH_WILL));
        TestClient failed = new TestClient().connected().send(disconnect(ReasonCode.UNSPECIFIED_ERROR));

        assertEnded(asked, new EndOfConnection(-1, true, 0));
        assertEnded(failed, new EndOfConnection(-1, true, 0));
    }

    @Test
    @DisplayName("[MQTT-3.1.2-8] a lost connection publishes the will")
    void lostConnectionPublishesTheWill() {
        TestClient client = new TestClient().connected();

        client.connection.lost(client.nowMillis);
        client.connection.lost(client.nowMillis);

        assertEnded(client, new EndOfConnection(-1, true, 0));
    }

    @Test
    @DisplayName("[MQTT-4.13.1-1] [MQTT-3.14.4-2] a violation: DISCONNECT with its reason, close, will")
    void violationDisconnectsWithItsReason() {
        TestClient client = new TestClient().connected();

        client.connection.violated(
                new ProtocolViolation(ReasonCode.MALFORMED_PACKET, "MQTT-1.5.4-1", "ill-formed UTF-8"),
                V5,
                client.nowMillis);

        assertThat(client.effects.wire)
                .containsExactly(new Disconnect(
                        ReasonCode.MALFORMED_PACKET,
                        Properties.builder()
                                .add(Property.REASON_STRING, "ill-formed UTF-8")
                                .build()));
        client.assertDisconnected(ReasonCode.MALFORMED_PACKET);
        assertThat(client.events()).contains(ConnectionEvent.VIOLATION, ConnectionEvent.DISCONNECTED);
    }

    @Test
    @DisplayName("[MQTT311-4.8.0-1] a violation closes")
    void violationBeforeV5ClosesWithoutAWord() {
        TestClient client = new TestClient().version(V3_1_1).connected();

        client.connection.violated(
                new ProtocolViolation(ReasonCode.MALFORMED_PACKET, "MQTT-1.5.4-1", "ill-formed UTF-8"),
                V3_1_1,
                client.nowMillis);

        assertThat(client.wire()).isEmpty();
        assertEnded(client, new EndOfConnection(-1, true, 0));
    }

    @Test
    @DisplayName("[MQTT-3.1.2-29] [MQTT-3.14.2-3] the Reason String goes where it is not wanted or does not fit")
    void reasonStringIsLeftOutWhereItIsNotWantedOrDoesNotFit() {
        TestClient unwanted = new TestClient()
                .with(Property.REQUEST_PROBLEM_INFORMATION, 0)
                .connected()
                .sendConnect();
        TestClient tooSmall = new TestClient()
                .with(Property.MAXIMUM_PACKET_SIZE, 21)
                .connected()
                .sendConnect();
        TestClient fits = new TestClient()
                .with(Property.MAXIMUM_PACKET_SIZE, 23)
                .connected()
                .sendConnect();

        assertThat(unwanted.wire()).containsExactly(disconnect(ReasonCode.PROTOCOL_ERROR));
        assertThat(tooSmall.wire()).containsExactly(disconnect(ReasonCode.PROTOCOL_ERROR));
        // Header 2, reason 1, property length 1, identifier 1, string 2 + 16.
        assertThat(fits.wire())
                .containsExactly(new Disconnect(
                        ReasonCode.PROTOCOL_ERROR,
                        Properties.builder()
                                .add(Property.REASON_STRING, "a second CONNECT")
                                .build()));
    }

    @Test
    @DisplayName("[MQTT 5.0, 3.14.2.2.2] DISCONNECT may change the Session Expiry Interval")
    void disconnectChangesTheSessionExpiry() {
        TestClient shorter = new TestClient().persistent().connected().send(withExpiry(5));
        TestClient none = new TestClient().persistent().connected().send(withExpiry(0));

        assertEnded(shorter, new EndOfConnection(5, false, 0));
        assertEnded(none, new EndOfConnection(0, false, 0));
    }

    @Test
    void sessionExpiryOfDisconnectIsCapped() {
        settings.sessionExpiryMaxSeconds = 100;
        TestClient client = new TestClient(settings).persistent().connected().send(withExpiry(0xFFFF_FFFFL));

        assertEnded(client, new EndOfConnection(100, false, 0));
    }

    @Test
    @DisplayName("[MQTT 5.0, 3.14.2.2.2] raising a Session Expiry Interval of 0 is a protocol error")
    void disconnectThatRaisesAnExpiryOf0IsNoValidDisconnect() {
        TestClient client = new TestClient().connected().send(withExpiry(5));

        client.assertDisconnected(ReasonCode.PROTOCOL_ERROR);
        assertThat(client.effects.ends.get(0).expirySeconds()).isEqualTo(-1);
    }

    @Test
    void sessionExpiryThatTheBrokerGrantedMayBeChanged() {
        settings.sessionExpiryDefaultSeconds = 100;
        TestClient client = new TestClient(settings);
        client.cleanStart = false;

        client.connected().send(withExpiry(5));

        assertEnded(client, new EndOfConnection(5, false, 0));
    }

    @Test
    @DisplayName("[MQTT-3.1.4-3] takeover: DISCONNECT 0x8E and close; the new owner has the session")
    void takenOverConnectionIsToldAndReportsNoEnd() {
        TestClient client = new TestClient().connected();

        client.connection.takenOver(client.nowMillis);
        client.connection.lost(client.nowMillis);

        assertThat(client.wire()).containsExactly(disconnect(ReasonCode.SESSION_TAKEN_OVER));
        assertThat(client.effects.closed).isTrue();
        assertThat(client.effects.ends).isEmpty();
        assertThat(client.events()).contains(ConnectionEvent.DISCONNECTED);
    }

    @Test
    void takenOverConnectionBeforeV5IsClosed() {
        TestClient client = new TestClient().version(V3_1_1).connected();

        client.connection.takenOver(client.nowMillis);

        assertThat(client.wire()).isEmpty();
        assertThat(client.effects.closed).isTrue();
    }

    @Test
    @DisplayName("I9: without a lease nothing is acknowledged nor reported, and the client told to go elsewhere")
    void abandonedConnectionHearsOnlyThatItsServerCannotGoOn() {
        TestClient client = new TestClient().persistent().connected().hint(1, 1).send(publish(1, 1, "a"));
        client.wire();

        client.connection.abandon();
        client.published(1).send(pubAck(2)).hint(2, 1).deliver(0, "a");

        assertThat(client.wire()).containsExactly(disconnect(ReasonCode.SERVER_BUSY));
        assertThat(client.effects.closed).isTrue();
        assertThat(client.effects.ends).isEmpty();
        assertThat(client.effects.acknowledged).isEmpty();
    }

    @Test
    @DisplayName("3.14.2.1: 0x88 is for CONNACK only; 3.1.1 knows no DISCONNECT from a server")
    void whoIsAbandonedIsToldAsFarAsItsVersionAllows() {
        TestClient opening = new TestClient().sendConnect().authenticated();
        opening.connection.abandon();
        TestClient elsewhere = redirected().connected();
        elsewhere.wire();
        elsewhere.connection.abandon();
        TestClient old = new TestClient().version(V3_1_1).connected();
        old.wire();
        old.connection.abandon();

        assertThat(opening.wire()).containsExactly(new ConnAck(false, ReasonCode.SERVER_UNAVAILABLE, Properties.EMPTY));
        assertThat(elsewhere.wire()).containsExactly(new Disconnect(ReasonCode.USE_ANOTHER_SERVER, reference()));
        assertThat(old.wire()).isEmpty();
        assertThat(old.effects.closed).isTrue();
    }

    @Test
    @DisplayName("I9: nor when the session opens later")
    void abandonedWhileOpeningIsNotReported() {
        TestClient lost = new TestClient().sendConnect().authenticated();
        lost.connection.lost(lost.nowMillis);
        lost.connection.abandon();
        TestClient shut = new TestClient().sendConnect().authenticated();
        shut.connection.shutDown(ReasonCode.SERVER_SHUTTING_DOWN, shut.nowMillis);
        shut.connection.abandon();

        lost.open(opened(false, 1));
        shut.open(opened(false, 1));

        assertThat(lost.effects.ends).isEmpty();
        assertThat(shut.effects.ends).isEmpty();
    }

    @Test
    void brokerThatShutsDownTellsTheReasonAndPublishesTheWill() {
        TestClient client = new TestClient().connected();

        client.connection.shutDown(ReasonCode.SERVER_SHUTTING_DOWN, client.nowMillis);

        client.assertDisconnected(ReasonCode.SERVER_SHUTTING_DOWN);
    }

    private static TestClient redirected() {
        TestSettings settings = new TestSettings();
        settings.serverReference = "other.example:1883";
        return new TestClient(settings);
    }

    private static Properties reference() {
        return Properties.builder()
                .add(Property.SERVER_REFERENCE, "other.example:1883")
                .build();
    }

    @Test
    void brokerThatShutsDownSendsClientsToTheServerThatTheOperatorHasNamed() {
        TestClient client = redirected().connected();
        client.wire();
        client.connection.shutDown(ReasonCode.SERVER_SHUTTING_DOWN, client.nowMillis);

        TestClient opening = redirected().sendConnect().authenticated();
        opening.connection.shutDown(ReasonCode.SERVER_SHUTTING_DOWN, opening.nowMillis);

        assertThat(client.wire()).containsExactly(new Disconnect(ReasonCode.USE_ANOTHER_SERVER, reference()));
        assertThat(client.effects.ends).containsExactly(new EndOfConnection(-1, true, 0));
        assertThat(opening.wire()).containsExactly(new ConnAck(false, ReasonCode.USE_ANOTHER_SERVER, reference()));
    }

    @Test
    void clientsThatKnowNoOtherServerAreTreatedAsEver() {
        TestClient old = redirected().version(V3_1_1).connected();
        old.wire();
        old.connection.shutDown(ReasonCode.SERVER_SHUTTING_DOWN, old.nowMillis);

        TestClient ended = redirected().connected();
        ended.wire();
        ended.connection.shutDown(ReasonCode.ADMINISTRATIVE_ACTION, ended.nowMillis);

        assertThat(old.wire()).isEmpty();
        assertThat(old.effects.closed).isTrue();
        assertThat(ended.wire()).containsExactly(new Disconnect(ReasonCode.ADMINISTRATIVE_ACTION, Properties.EMPTY));
    }

    @Test
    @DisplayName("[MQTT-3.14.0-1] no DISCONNECT before CONNACK")
    void brokerThatShutsDownClosesConnectionsThatHaveNotConnected() {
        TestClient client = new TestClient();

        client.connection.shutDown(ReasonCode.SERVER_SHUTTING_DOWN, client.nowMillis);

        assertThat(client.wire()).isEmpty();
        assertThat(client.effects.closed).isTrue();
    }

    @Test
    @DisplayName("[MQTT-3.14.4-1] nothing leaves after the end, whatever comes")
    void inputsAfterTheEndHaveNoEffect() {
        TestClient client = new TestClient()
                .persistent()
                .connected()
                .send(publish(1, 1, "a"))
                .hint(1, 2);
        client.send(disconnect(ReasonCode.SUCCESS)).wire();

        client.send(new PingReq())
                .send(publish(1, 2, "a"))
                .sendConnect()
                .published(1)
                .hint(2, 1);
        client.connection.released(1, true, client.nowMillis);
        client.connection.receivedRecorded(1, client.nowMillis);
        client.connection.deliver(client.message(0, "a"), QoS.AT_MOST_ONCE, false, TestClient.NO_IDS, client.nowMillis);
        client.connection.violated(new ProtocolViolation(ReasonCode.MALFORMED_PACKET, "x", "x"), V5, client.nowMillis);
        client.connection.shutDown(ReasonCode.SERVER_SHUTTING_DOWN, client.nowMillis);
        client.connection.takenOver(client.nowMillis);
        client.connection.lost(client.nowMillis);
        client.connection.abandon();
        client.writable(false).writable(true).passMillis(1_000_000);

        assertThat(client.wire()).isEmpty();
        assertThat(client.effects.publishes).hasSize(1);
        assertThat(client.effects.ends).hasSize(1);
        assertThat(client.connection.view()).isNull();
    }

    @Test
    void endTellsTheHighestSequenceThatWasSent() {
        TestClient client = new TestClient().with(Property.RECEIVE_MAXIMUM, 2).persistent();
        client.connected(opened(true, 7, client.again(4, 1), client.entry(5, 1), client.entry(6, 1)));

        client.connection.lost(client.nowMillis);

        assertEnded(client, new EndOfConnection(-1, true, 5));
    }

    @Test
    void endCountsAsSentWhatEarlierConnectionsSent() {
        TestClient client = new TestClient().with(Property.RECEIVE_MAXIMUM, 1).persistent();
        client.connected(
                opened(true, 9, client.again(4, 1), client.again(5, 2), client.receivedBefore(7), client.entry(8, 1)));

        client.connection.lost(client.nowMillis);

        assertEnded(client, new EndOfConnection(-1, true, 7));
    }

    @Test
    void endWithoutAnythingNewTellsWhatWasDoneBefore() {
        TestClient client = new TestClient().persistent().connected(opened(true, 50));

        client.connection.lost(client.nowMillis);

        assertEnded(client, new EndOfConnection(-1, true, 49));
    }
}
