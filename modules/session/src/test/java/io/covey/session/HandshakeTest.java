package io.covey.session;

import static io.covey.session.TestClient.V3_1;
import static io.covey.session.TestClient.V3_1_1;
import static io.covey.session.TestClient.V5;
import static io.covey.session.TestClient.disconnect;
import static io.covey.session.TestClient.opened;
import static io.covey.session.TestClient.publish;
import static io.covey.session.TestClient.subscribe;
import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.ConnAck;
import io.covey.protocol.Connect;
import io.covey.protocol.PingReq;
import io.covey.protocol.Properties;
import io.covey.protocol.Property;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.ProtocolViolation;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HandshakeTest {
    private final TestSettings settings = new TestSettings();

    private ConnAck connAck(TestClient client) {
        client.sendConnect().authenticated().open(opened(false, 1));
        return (ConnAck) client.wire().get(0);
    }

    private OpenRequest opening(TestClient client) {
        client.sendConnect().authenticated();
        return Objects.requireNonNull(client.effects.opening);
    }

    private void assertRefused(TestClient client, ReasonCode reason) {
        assertThat(client.wire()).containsExactly(new ConnAck(false, reason, Properties.EMPTY));
        assertThat(client.effects.closed).isTrue();
        assertThat(client.effects.ends).isEmpty();
    }

    private void assertClosedWithoutWord(TestClient client) {
        assertThat(client.wire()).isEmpty();
        assertThat(client.effects.closed).isTrue();
        assertThat(client.effects.ends).isEmpty();
    }

    @Test
    @DisplayName("[MQTT-3.1.0-1] the first packet must be CONNECT")
    void firstPacketOtherThanConnectClosesWithoutAWord() {
        TestClient client = new TestClient().send(new PingReq());

        assertClosedWithoutWord(client);
        assertThat(client.events()).contains(ConnectionEvent.VIOLATION);
    }

    @Test
    @DisplayName("[MQTT-3.1.0-2] [MQTT-3.2.0-2] a second CONNECT is a protocol error and gets no CONNACK")
    void secondConnectDisconnectsWith0x82() {
        TestClient client = new TestClient().connected().sendConnect();

        assertThat(client.effects.wire).hasSize(1);
        client.assertDisconnected(ReasonCode.PROTOCOL_ERROR);
    }

    @Test
    @DisplayName("[MQTT311-3.1.0-2] a second CONNECT closes the connection")
    void secondConnectBeforeV5Closes() {
        TestClient client = new TestClient().version(V3_1_1).connected().sendConnect();

        assertThat(client.wire()).isEmpty();
        assertThat(client.effects.closed).isTrue();
        assertThat(client.effects.ends).containsExactly(new EndOfConnection(-1, true, 0));
    }

    @Test
    @DisplayName("[MQTT-3.1.4-2] authentication comes before the session")
    void sessionIsOpenedOnlyAfterAuthentication() {
        TestClient client = new TestClient().sendConnect();

        assertThat(client.effects.authenticating).isEqualTo(client.connectPacket());
        assertThat(client.effects.opening).isNull();
        client.authenticated();
        assertThat(client.effects.opening).isNotNull();
        assertThat(client.wire()).isEmpty();
    }

    @Test // [MQTT-4.13.2-1]
    @DisplayName("[MQTT-3.2.2-7] CONNACK with an error, then close")
    void failedAuthenticationIsRefusedWithItsReason() {
        TestClient client = new TestClient().sendConnect();

        client.authenticated(AuthenticationStep.of(ReasonCode.BAD_USER_NAME_OR_PASSWORD));

        assertRefused(client, ReasonCode.BAD_USER_NAME_OR_PASSWORD);
    }

    @Test
    void sessionThatCannotBeOpenedIsRefusedWithItsReason() {
        TestClient client = new TestClient().sendConnect().authenticated();

        client.connection.refused(ReasonCode.SERVER_UNAVAILABLE, client.nowMillis);

        assertRefused(client, ReasonCode.SERVER_UNAVAILABLE);
    }

    @Test
    @DisplayName("[MQTT-3.1.4-5] [MQTT-3.2.0-1] CONNACK 0x00 is the first packet")
    void connAckTellsWhatTheBrokerWants() {
        settings.receiveMaximum = 100;
        settings.maximumPacketBytes = 5000;
        settings.topicAliasMaximum = 7;

        ConnAck packet = connAck(new TestClient(settings));

        Properties properties = Properties.builder()
                .add(Property.RECEIVE_MAXIMUM, 100)
                .add(Property.MAXIMUM_PACKET_SIZE, 5000)
                .add(Property.TOPIC_ALIAS_MAXIMUM, 7)
                .build();
        assertThat(packet).isEqualTo(new ConnAck(false, ReasonCode.SUCCESS, properties));
    }

    @ParameterizedTest
    @EnumSource(
            value = ProtocolVersion.class,
            names = {"V3_1", "V3_1_1"})
    void connAckBeforeV5HasNoProperties(ProtocolVersion version) {
        ConnAck packet = connAck(new TestClient(settings).version(version));

        assertThat(packet).isEqualTo(new ConnAck(false, ReasonCode.SUCCESS, Properties.EMPTY));
    }

    @Test
    @DisplayName("[MQTT-3.2.2-3] Session Present 1 where a session is continued")
    void sessionPresentIsTold() {
        TestClient client =
                new TestClient().persistent().sendConnect().authenticated().open(opened(true, 1));

        assertThat(((ConnAck) client.wire().get(0)).sessionPresent()).isTrue();
    }

    @Test
    @DisplayName("[MQTT-3.1.3-6] [MQTT-3.1.3-7] [MQTT-3.2.2-16] an empty client id is assigned and told")
    void emptyClientIdIsAssigned() {
        TestClient client = new TestClient();
        client.clientId = "";

        ConnAck packet = connAck(client);

        String assigned = Objects.requireNonNull(client.effects.opening).clientId();
        assertThat(assigned).isEqualTo("covey-" + Long.toString(4711, 36));
        assertThat(packet.properties().string(Property.ASSIGNED_CLIENT_IDENTIFIER))
                .isEqualTo(assigned);
    }

    @Test
    @DisplayName("[MQTT-3.1.3-6] also with Clean Start 0")
    void emptyClientIdWithCleanStart0IsAssignedInV5() {
        TestClient client = new TestClient().persistent();
        client.clientId = "";

        assertThat(opening(client).clientId()).startsWith("covey-");
    }

    @Test
    @DisplayName("[MQTT311-3.1.3-8] an empty client id with Clean Session 0 is refused")
    void emptyClientIdWithCleanSession0IsRefusedIn311() {
        TestClient client = new TestClient().version(V3_1_1).persistent();
        client.clientId = "";

        client.sendConnect();

        assertRefused(client, ReasonCode.CLIENT_IDENTIFIER_NOT_VALID);
    }

    @Test
    @DisplayName("[MQTT311-3.1.3-6] an empty client id with Clean Session 1 is assigned")
    void emptyClientIdWithCleanSession1IsAssignedIn311() {
        TestClient client = new TestClient().version(V3_1_1);
        client.clientId = "";

        assertThat(opening(client).clientId()).startsWith("covey-");
    }

    @Test
    @DisplayName("MQTT 3.1, 3.1: the client id has at least one character")
    void emptyClientIdIsRefusedIn31() {
        TestClient client = new TestClient().version(V3_1);
        client.clientId = "";

        client.sendConnect();

        assertRefused(client, ReasonCode.CLIENT_IDENTIFIER_NOT_VALID);
    }

    @Test
    @DisplayName("[MQTT-3.1.3-8] 0x85 for a client id that is not allowed")
    void clientIdBeyondTheLimitIsRefused() {
        settings.clientIdBytesMax = 6;
        TestClient fits = new TestClient(settings);
        fits.clientId = "äöü"; // six bytes
        TestClient tooLong = new TestClient(settings);
        tooLong.clientId = "äöüx";

        assertThat(opening(fits).clientId()).isEqualTo("äöü");
        assertRefused(tooLong.sendConnect(), ReasonCode.CLIENT_IDENTIFIER_NOT_VALID);
    }

    @ParameterizedTest
    @EnumSource(ProtocolVersion.class)
    @DisplayName("[MQTT-3.1.3-5] letters and digits up to 23 of them are a client id, whatever the operator's limit")
    void shortClientIdsAreTaken(ProtocolVersion version) {
        for (String clientId :
                new String[] {"0", "abcdefghijklmnopqrstuvw", "xyzABCDEFGHIJKLMNOPQRST", "UVWXYZ0123456789"}) {
            TestClient client = new TestClient().version(version);
            client.clientId = clientId;

            assertThat(opening(client).clientId()).isEqualTo(clientId);
        }
    }

    @Test
    @DisplayName("[MQTT311-3.1.3-9] a client id that is not allowed is answered by Identifier rejected")
    void clientIdBeyondTheLimitIsRefusedBeforeV5() {
        settings.clientIdBytesMax = 6;
        TestClient client = new TestClient(settings).version(V3_1_1);
        client.clientId = "1234567";

        assertRefused(client.sendConnect(), ReasonCode.CLIENT_IDENTIFIER_NOT_VALID);
    }

    @Test
    void clientIdOfMoreThan23CharactersIsTakenIn31Too() {
        TestClient client = new TestClient().version(V3_1);
        client.clientId = "a".repeat(24);

        assertThat(opening(client).clientId()).hasSize(24);
    }

    @Test
    @DisplayName("[MQTT-3.1.2-21] [MQTT-3.2.2-21] Server Keep Alive replaces a longer one")
    void longKeepAliveIsReplacedAndTold() {
        settings.keepAliveMaxSeconds = 60;
        TestClient client = new TestClient(settings);
        client.keepAliveSeconds = 61;

        assertThat(connAck(client).properties().number(Property.SERVER_KEEP_ALIVE, -1))
                .isEqualTo(60);
        assertThat(client.connection.nextDeadlineMillis()).isEqualTo(client.nowMillis + 90_000);
    }

    @Test
    void keepAlive0IsReplacedWhereThereIsAMaximum() {
        settings.keepAliveMaxSeconds = 60;

        assertThat(connAck(new TestClient(settings)).properties().number(Property.SERVER_KEEP_ALIVE, -1))
                .isEqualTo(60);
    }

    @Test
    void keepAliveWithinTheMaximumStays() {
        settings.keepAliveMaxSeconds = 60;
        TestClient client = new TestClient(settings);
        client.keepAliveSeconds = 60;

        assertThat(connAck(client).properties().contains(Property.SERVER_KEEP_ALIVE))
                .isFalse();
    }

    @Test
    void keepAliveOfOlderClientsStaysAsTheyCannotBeTold() {
        settings.keepAliveMaxSeconds = 60;
        TestClient client = new TestClient(settings).version(V3_1_1);
        client.keepAliveSeconds = 100;

        connAck(client);

        assertThat(client.connection.nextDeadlineMillis()).isEqualTo(client.nowMillis + 150_000);
    }

    @Test
    @DisplayName("[MQTT 5.0, 3.1.2.11.2] an absent Session Expiry Interval is 0")
    void absentSessionExpiryEndsTheSessionWithItsConnection() {
        TestClient client = new TestClient();
        client.cleanStart = false;

        OpenRequest request = opening(client);

        assertThat(request.expirySeconds()).isZero();
        assertThat(request.persistent()).isFalse();
        client.open(opened(false, 1));
        assertThat(client.events()).contains(ConnectionEvent.SESSION_WITHOUT_EXPIRY);
    }

    @Test
    @DisplayName("[MQTT 5.0, 3.2.2.3.2] a granted default is told")
    void absentSessionExpiryWithCleanStart0GetsTheDefaultAndIsTold() {
        settings.sessionExpiryDefaultSeconds = 900;
        TestClient client = new TestClient(settings);
        client.cleanStart = false;

        assertThat(connAck(client).properties().number(Property.SESSION_EXPIRY_INTERVAL, -1))
                .isEqualTo(900);
        assertThat(Objects.requireNonNull(client.effects.opening).expirySeconds())
                .isEqualTo(900);
        assertThat(client.events()).doesNotContain(ConnectionEvent.SESSION_WITHOUT_EXPIRY);
    }

    @Test
    void defaultExpiryIsNotForThoseThatStartClean() {
        settings.sessionExpiryDefaultSeconds = 900;

        assertThat(opening(new TestClient(settings)).expirySeconds()).isZero();
    }

    @Test
    @DisplayName("[MQTT 5.0, 3.2.2.3.2] a capped Session Expiry Interval is told")
    void sessionExpiryIsCappedAndTold() {
        settings.sessionExpiryMaxSeconds = 100;
        TestClient client = new TestClient(settings).with(Property.SESSION_EXPIRY_INTERVAL, 0xFFFF_FFFFL);

        assertThat(connAck(client).properties().number(Property.SESSION_EXPIRY_INTERVAL, -1))
                .isEqualTo(100);
    }

    @Test
    @DisplayName("[MQTT 5.0, 3.2.2.3.2] an unchanged Session Expiry Interval is not told")
    void sessionExpiryAsAskedIsNotTold() {
        TestClient client = new TestClient().with(Property.SESSION_EXPIRY_INTERVAL, 0xFFFF_FFFFL);

        assertThat(connAck(client).properties().contains(Property.SESSION_EXPIRY_INTERVAL))
                .isFalse();
        assertThat(Objects.requireNonNull(client.effects.opening).expirySeconds())
                .isEqualTo(0xFFFF_FFFFL);
    }

    @Test
    @DisplayName("[MQTT311-3.1.2-4] [MQTT311-3.1.2-6] Clean Session decides how long the session lives")
    void cleanSessionDecidesBeforeV5() {
        OpenRequest clean = opening(new TestClient().version(V3_1_1));
        OpenRequest kept = opening(new TestClient().version(V3_1_1).persistent());

        assertThat(clean.cleanStart()).isTrue();
        assertThat(clean.expirySeconds()).isZero();
        assertThat(kept.cleanStart()).isFalse();
        assertThat(kept.expirySeconds()).isEqualTo(Handshake.NEVER_EXPIRES_SECONDS);
    }

    @Test
    @DisplayName("[MQTT 5.0, 3.1.2.11.3] Receive Maximum is the client's, 65,535 where absent")
    void receiveMaximumIsTheClients() {
        settings.receiveMaximumOfV3 = 20;

        assertThat(opening(new TestClient(settings).with(Property.RECEIVE_MAXIMUM, 3))
                        .receiveMaximum())
                .isEqualTo(3);
        assertThat(opening(new TestClient(settings)).receiveMaximum()).isEqualTo(65_535);
        assertThat(opening(new TestClient(settings).version(V3_1_1)).receiveMaximum())
                .isEqualTo(20);
    }

    @Test
    @DisplayName("[MQTT-3.1.2-7] [MQTT-3.1.3-10] the will goes with the session, its delay and expiry apart")
    void willIsHandedOn() {
        TestClient client = new TestClient();
        Properties properties = Properties.builder()
                .add(Property.WILL_DELAY_INTERVAL, 5)
                .addUserProperty("z", "b")
                .add(Property.MESSAGE_EXPIRY_INTERVAL, 60)
                .add(Property.CONTENT_TYPE, "text")
                .addUserProperty("a", "1")
                .addUserProperty("z", "2")
                .build();
        client.will = new Connect.Will("w", TestClient.bytes("gone"), QoS.AT_LEAST_ONCE, true, properties);

        var will = Objects.requireNonNull(opening(client).will());

        assertThat(will.delaySeconds()).isEqualTo(5);
        assertThat(will.expirySeconds()).isEqualTo(60);
        assertThat(will.message().topic()).isEqualTo("w");
        assertThat(will.message().qos()).isEqualTo(QoS.AT_LEAST_ONCE);
        assertThat(will.message().retain()).isTrue();
        assertThat(will.message().expiresAtMillis()).isEqualTo(Long.MAX_VALUE);
        assertThat(will.message().properties())
                .isEqualTo(Properties.builder()
                        .addUserProperty("z", "b")
                        .add(Property.CONTENT_TYPE, "text")
                        .addUserProperty("a", "1")
                        .addUserProperty("z", "2")
                        .build());
    }

    @Test
    @DisplayName("[MQTT-3.1.3-11] an invalid Will Topic is refused with 0x90")
    void invalidWillTopicIsRefused() {
        TestClient client = new TestClient();
        client.will = new Connect.Will("w/#", TestClient.bytes(""), QoS.AT_MOST_ONCE, false, Properties.EMPTY);

        assertRefused(client.sendConnect(), ReasonCode.TOPIC_NAME_INVALID);
    }

    @Test // [MQTT311-3.2.2-6]
    @DisplayName("[MQTT311-3.1.4-1] a CONNECT that does not conform is closed without CONNACK")
    void invalidWillTopicBeforeV5ClosesWithoutAWord() {
        TestClient client = new TestClient().version(V3_1_1);
        client.will = new Connect.Will("w/#", TestClient.bytes(""), QoS.AT_MOST_ONCE, false, Properties.EMPTY);

        assertClosedWithoutWord(client.sendConnect());
    }

    @Test
    @DisplayName("[MQTT 5.0, 4.7.2] a Will on one of the broker's own topics, as bridges have it, is not kept")
    void willOnAReservedTopicIsNotKept() {
        for (ProtocolVersion version : ProtocolVersion.values()) {
            TestClient client = new TestClient().version(version);
            client.will = new Connect.Will("$SYS/x", TestClient.bytes(""), QoS.AT_MOST_ONCE, false, Properties.EMPTY);

            client.sendConnect().authenticated();

            assertThat(client.effects.opening.will()).isNull();
        }
    }

    @Test
    @DisplayName("[MQTT 5.0, 3.1.3.2.3] a Will that is not the text it says: 0x99, where the operator wants it checked")
    void payloadFormatOfWillsIsCheckedOnDemand() {
        settings.payloadFormatChecked = true;
        TestClient client = new TestClient(settings);
        Properties text =
                Properties.builder().add(Property.PAYLOAD_FORMAT_INDICATOR, 1).build();
        client.will = new Connect.Will("w", new byte[] {(byte) 0xFF}, QoS.AT_MOST_ONCE, false, text);

        assertRefused(client.sendConnect(), ReasonCode.PAYLOAD_FORMAT_INVALID);
    }

    @Test
    @DisplayName("[MQTT-3.1.2-28] Response Information is for those who ask for it, where there is any")
    void responseInformationIsToldOnRequest() {
        TestSettings silent = new TestSettings();
        settings.responseInformation = "response/";

        assertThat(responseInformation(settings, 1)).isEqualTo("response/");
        assertThat(responseInformation(settings, 0)).isNull();
        assertThat(responseInformation(silent, 1)).isNull();
        assertThat(connAck(new TestClient(settings)).properties().contains(Property.RESPONSE_INFORMATION))
                .isFalse();
    }

    private @Nullable String responseInformation(TestSettings told, long asked) {
        TestClient client = new TestClient(told).with(Property.REQUEST_RESPONSE_INFORMATION, asked);
        return connAck(client).properties().string(Property.RESPONSE_INFORMATION);
    }

    @Test
    @DisplayName("[MQTT 5.0, 3.1.2.11.10] Authentication Data without a method is a protocol error")
    void authenticationDataWithoutMethodIsRefused() {
        TestClient client = new TestClient();
        client.connectProperties.add(Property.AUTHENTICATION_DATA, TestClient.bytes("x"));

        assertRefused(client.sendConnect(), ReasonCode.PROTOCOL_ERROR);
    }

    @Test // [MQTT-3.1.4-1]
    void malformedConnectOfV5IsRefusedWithItsReason() {
        TestClient client = new TestClient();

        client.connection.violated(
                new ProtocolViolation(ReasonCode.MALFORMED_PACKET, "MQTT-1.5.4-1", "ill-formed UTF-8"),
                V5,
                client.nowMillis);

        assertRefused(client, ReasonCode.MALFORMED_PACKET);
    }

    @Test
    @DisplayName("[MQTT311-3.1.4-1] a malformed CONNECT is closed without CONNACK")
    void malformedConnectBeforeV5ClosesWithoutAWord() {
        TestClient client = new TestClient();

        client.connection.violated(
                new ProtocolViolation(ReasonCode.MALFORMED_PACKET, "MQTT-1.5.4-1", "ill-formed UTF-8"),
                V3_1_1,
                client.nowMillis);

        assertClosedWithoutWord(client);
    }

    @Test // [MQTT311-3.1.2-2]
    @DisplayName("[MQTT-3.1.2-2] an unknown protocol version is answered by 0x84")
    void unknownVersionIsRefused() {
        TestClient client = new TestClient();

        client.connection.violated(
                new ProtocolViolation(ReasonCode.UNSUPPORTED_PROTOCOL_VERSION, "MQTT-3.1.2-2", "level 9"),
                null,
                client.nowMillis);

        assertRefused(client, ReasonCode.UNSUPPORTED_PROTOCOL_VERSION);
    }

    @Test
    @DisplayName("[MQTT-3.1.2-24] a CONNACK beyond the client's Maximum Packet Size is not sent")
    void connAckThatDoesNotFitIsNotSentAndTheSessionIsClosedAgain() {
        TestClient client = new TestClient().with(Property.MAXIMUM_PACKET_SIZE, 10);

        client.sendConnect().authenticated().open(opened(false, 1));

        assertThat(client.wire()).isEmpty();
        assertThat(client.effects.closed).isTrue();
        assertThat(client.effects.ends).containsExactly(new EndOfConnection(-1, false, 0));
    }

    @Test
    void packetsBeforeConnAckAreWorkedOffAfterIt() {
        TestClient client = new TestClient().sendConnect();
        client.send(subscribe(1, "a")).send(publish(1, 2, "b")).send(new PingReq());
        assertThat(client.effects.publishes).isEmpty();

        client.authenticated().open(opened(false, 1));

        assertThat(client.wire()).hasSize(2).first().isInstanceOf(ConnAck.class);
        assertThat(client.effects.subscribes).hasSize(1);
        assertThat(client.effects.publishes).hasSize(1);
    }

    @Test
    @DisplayName("[MQTT-3.1.4-6] nothing after a refused CONNECT is processed")
    void packetsBehindARefusedConnectAreNotProcessed() {
        TestClient client = new TestClient().sendConnect().send(publish(1, 2, "b"));

        client.authenticated(AuthenticationStep.of(ReasonCode.NOT_AUTHORIZED));
        client.send(publish(1, 3, "b"));

        assertRefused(client, ReasonCode.NOT_AUTHORIZED);
        assertThat(client.effects.publishes).isEmpty();
    }

    @Test
    void readingPausesWhileManyPacketsWaitForTheSession() {
        TestClient client = new TestClient().sendConnect();
        for (int i = 1; i < Backlog.PACKETS_MAX; i++) {
            client.send(new PingReq());
        }
        assertThat(client.effects.reading).isTrue();

        client.send(new PingReq());
        assertThat(client.effects.reading).isFalse();

        client.authenticated().open(opened(false, 1));
        assertThat(client.effects.reading).isTrue();
        assertThat(client.wire()).hasSize(1 + Backlog.PACKETS_MAX);
    }

    @Test
    void readingPausesWhileManyBytesWaitForTheSession() {
        TestClient client = new TestClient().sendConnect();
        byte[] payload = new byte[Backlog.PAYLOAD_BYTES_MAX];

        client.send(new io.covey.protocol.Publish(false, QoS.AT_MOST_ONCE, false, "t", 0, Properties.EMPTY, payload));

        assertThat(client.effects.reading).isFalse();
    }

    @Test
    void clientThatLeavesBeforeItsSessionIsOpenHasItsPacketsWorkedOff() {
        TestClient client = new TestClient().persistent().sendConnect().authenticated();
        client.send(publish(0, 0, "last/words"));
        client.connection.lost(client.nowMillis);
        assertThat(client.effects.ends).isEmpty();

        client.open(opened(true, 5, client.again(3, 1), client.entry(4, 1)));

        assertThat(client.wire()).isEmpty();
        assertThat(client.effects.publishes).hasSize(1);
        assertThat(client.effects.ends).containsExactly(new EndOfConnection(-1, true, 3));
    }

    @Test
    @DisplayName("[MQTT-3.14.4-3] also a DISCONNECT that came before CONNACK discards the will")
    void disconnectBeforeConnAckCounts() {
        TestClient client = new TestClient().sendConnect().authenticated();
        client.send(disconnect(ReasonCode.SUCCESS));
        client.connection.lost(client.nowMillis);

        client.open(opened(false, 1));

        assertThat(client.effects.ends).containsExactly(new EndOfConnection(-1, false, 0));
    }

    @Test
    void sessionThatOpensAfterTheConnectionWasRefusedIsClosedWithoutWill() {
        TestClient client = new TestClient().persistent().sendConnect().authenticated();
        client.connection.shutDown(ReasonCode.SERVER_SHUTTING_DOWN, client.nowMillis);
        assertRefused(client, ReasonCode.SERVER_UNAVAILABLE);

        client.open(opened(true, 5, client.again(3, 1), client.entry(4, 1)));

        assertThat(client.effects.ends).containsExactly(new EndOfConnection(-1, false, 3));
    }

    @Test
    void sessionThatWasTakenOverWhileItOpenedIsNotReported() {
        TestClient client = new TestClient().sendConnect().authenticated();
        client.connection.takenOver(client.nowMillis);

        client.open(opened(false, 1));

        assertClosedWithoutWord(client);
    }

    @Test
    @DisplayName("[MQTT 5.0, 3.1.4] a client that does not send CONNECT is closed")
    void connectTimeoutCloses() {
        TestClient client = new TestClient();
        assertThat(client.connection.nextDeadlineMillis()).isEqualTo(client.nowMillis + 10_000);

        client.passMillis(9_999);
        assertThat(client.effects.closed).isFalse();

        client.passMillis(1);
        assertClosedWithoutWord(client);
        assertThat(client.connection.nextDeadlineMillis()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void slowBrokerIsNoReasonToCloseAConnectionThatOpens() {
        TestClient client = new TestClient().sendConnect().passMillis(60_000).authenticated();

        client.passMillis(60_000).open(opened(false, 1));

        assertThat(client.wire()).hasSize(1);
        assertThat(client.effects.closed).isFalse();
    }

    @Test
    void viewShowsTheConnection() {
        TestClient client = new TestClient().persistent().with(Property.RECEIVE_MAXIMUM, 1);
        assertThat(client.connection.view()).isNull();
        client.keepAliveSeconds = 30;
        client.connected().hint(1, 1).hint(2, 1).hint(3, 1).send(publish(1, 1, "a"));

        assertThat(client.connection.view())
                .isEqualTo(new ConnectionView("c", V5, client.nowMillis, 30, 3600, 1, 1, 2, 1, true));
    }
}
