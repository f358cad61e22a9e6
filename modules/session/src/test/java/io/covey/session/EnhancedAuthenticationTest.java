package io.covey.session;

import static io.covey.session.TestClient.bytes;
import static io.covey.session.TestClient.disconnect;
import static io.covey.session.TestClient.opened;
import static io.covey.session.TestClient.publish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.covey.protocol.Auth;
import io.covey.protocol.ConnAck;
import io.covey.protocol.ControlPacket;
import io.covey.protocol.PingReq;
import io.covey.protocol.Properties;
import io.covey.protocol.Property;
import io.covey.protocol.ReasonCode;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The exchange of AUTH packets, with an authenticator whose answers the tests give. */
class EnhancedAuthenticationTest {
    private static final String METHOD = "CHALLENGE";

    private final TestSettings settings = new TestSettings();

    private TestClient connecting() {
        TestClient client = new TestClient(settings);
        client.connectProperties.add(Property.AUTHENTICATION_METHOD, METHOD);
        return client.sendConnect();
    }

    private TestClient authenticated() {
        TestClient client = connecting().authenticated().open(opened(false, 1));
        client.wire();
        return client;
    }

    private static Auth auth(ReasonCode reason, String method, String data) {
        Properties properties = Properties.builder()
                .add(Property.AUTHENTICATION_METHOD, method)
                .add(Property.AUTHENTICATION_DATA, bytes(data))
                .build();
        return new Auth(reason, properties);
    }

    private static Auth answer(String data) {
        return auth(ReasonCode.CONTINUE_AUTHENTICATION, METHOD, data);
    }

    private static Auth again(String data) {
        return auth(ReasonCode.REAUTHENTICATE, METHOD, data);
    }

    private static AuthenticationStep challenge(String data) {
        return AuthenticationStep.challenge(bytes(data));
    }

    private static void assertRefused(TestClient client, ReasonCode reason) {
        assertThat(client.wire()).containsExactly(new ConnAck(false, reason, Properties.EMPTY));
        assertThat(client.effects.closed).isTrue();
        assertThat(client.effects.ends).isEmpty();
        assertThat(client.effects.opening).isNull();
    }

    @Test
    @DisplayName("[MQTT-4.12.0-2] [MQTT-4.12.0-5] the broker asks by AUTH 0x18 with the client's method")
    void challengeIsSentAsAuth() {
        TestClient client = connecting().authenticated(challenge("nonce"));

        assertThat(client.wire()).containsExactly(auth(ReasonCode.CONTINUE_AUTHENTICATION, METHOD, "nonce"));
        assertThat(client.effects.opening).isNull();
    }

    @Test
    void challengeWithoutDataHasTheMethodOnly() {
        TestClient client = connecting().authenticated(AuthenticationStep.challenge(null));

        Properties method =
                Properties.builder().add(Property.AUTHENTICATION_METHOD, METHOD).build();
        assertThat(client.wire()).containsExactly(new Auth(ReasonCode.CONTINUE_AUTHENTICATION, method));
    }

    @Test
    @DisplayName("[MQTT-4.12.0-3] [MQTT-3.1.4-6] the client's AUTH goes to the authenticator, as often as it asks")
    void answersGoToTheAuthenticator() {
        TestClient client = connecting();

        client.authenticated(challenge("1")).send(answer("one"));
        client.authenticated(challenge("2")).send(answer("two"));

        assertThat(client.effects.furtherAuths).containsExactly(answer("one"), answer("two"));
    }

    @Test
    @DisplayName("[MQTT-4.12.0-5] [MQTT-3.2.0-1] CONNACK carries the method and the last data")
    void connAckTellsMethodAndData() {
        TestClient client = connecting().authenticated(challenge("nonce")).send(answer("proof"));
        client.wire();

        client.authenticated(new AuthenticationStep(ReasonCode.SUCCESS, bytes("signature")))
                .open(opened(false, 1));

        ConnAck packet = (ConnAck) client.wire().get(0);
        assertThat(packet.reason()).isEqualTo(ReasonCode.SUCCESS);
        assertThat(packet.properties().string(Property.AUTHENTICATION_METHOD)).isEqualTo(METHOD);
        assertThat(packet.properties().binary(Property.AUTHENTICATION_DATA)).isEqualTo(bytes("signature"));
    }

    @Test
    @DisplayName("[MQTT-4.12.0-6] without a method neither AUTH nor a method in CONNACK")
    void withoutMethodNothingIsSaidOfOne() {
        TestClient client = new TestClient().sendConnect();

        assertThatThrownBy(() -> client.authenticated(challenge("x"))).isInstanceOf(NullPointerException.class);
        client.authenticated().open(opened(false, 1));

        ConnAck packet = (ConnAck) client.wire().get(0);
        assertThat(packet.properties().contains(Property.AUTHENTICATION_METHOD)).isFalse();
        assertThat(packet.properties().contains(Property.AUTHENTICATION_DATA)).isFalse();
    }

    @Test
    @DisplayName("[MQTT-4.12.0-1] a method that the authenticator does not know is refused with 0x8C")
    void unknownMethodIsRefused() {
        assertRefused(
                connecting().authenticated(AuthenticationStep.of(ReasonCode.BAD_AUTHENTICATION_METHOD)),
                ReasonCode.BAD_AUTHENTICATION_METHOD);
    }

    @Test
    @DisplayName("[MQTT-4.12.0-4] the broker may refuse at any step, with CONNACK and close")
    void failureAfterAChallengeIsRefused() {
        TestClient client = connecting().authenticated(challenge("nonce")).send(answer("wrong"));
        client.wire();

        assertRefused(
                client.authenticated(AuthenticationStep.of(ReasonCode.NOT_AUTHORIZED)), ReasonCode.NOT_AUTHORIZED);
    }

    @Test
    @DisplayName("[MQTT-4.12.0-5] another method than that of CONNECT is a protocol error")
    void anotherMethodIsRefused() {
        TestClient client = connecting().authenticated(challenge("nonce"));
        client.wire();

        client.send(auth(ReasonCode.CONTINUE_AUTHENTICATION, "PLAIN", "x"));

        assertRefused(client, ReasonCode.PROTOCOL_ERROR);
        assertThat(client.effects.furtherAuths).isEmpty();
    }

    @Test
    @DisplayName("[MQTT 5.0, 4.12] an AUTH that was not asked for is a protocol error")
    void answerBeforeTheChallengeIsRefused() {
        assertRefused(connecting().send(answer("x")), ReasonCode.PROTOCOL_ERROR);
    }

    @Test
    void secondAnswerToOneChallengeIsRefused() {
        TestClient client = connecting().authenticated(challenge("nonce"));
        client.wire();

        assertRefused(client.send(answer("one")).send(answer("two")), ReasonCode.PROTOCOL_ERROR);
    }

    @Test
    @DisplayName("[MQTT-4.12.0-3] [MQTT 5.0, 4.12.1] authenticating again is for connected clients")
    void reauthenticationBeforeConnAckIsRefused() {
        TestClient client = connecting().authenticated(challenge("nonce"));
        client.wire();

        assertRefused(client.send(again("x")), ReasonCode.PROTOCOL_ERROR);
    }

    @Test
    @DisplayName("[MQTT-3.1.2-30] other packets before CONNACK are a protocol error")
    void otherPacketsDuringTheExchangeAreRefused() {
        for (ControlPacket packet : new ControlPacket[] {new PingReq(), publish(0, 0, "a")}) {
            TestClient client = connecting().authenticated(challenge("nonce"));
            client.wire();

            assertRefused(client.send(packet), ReasonCode.PROTOCOL_ERROR);
        }
    }

    @Test
    @DisplayName("[MQTT-3.1.2-30] also while the session is opened, when the client cannot have seen CONNACK")
    void packetsBehindTheLastAnswerAreRefused() {
        TestClient client = connecting().authenticated().send(publish(0, 0, "a"));

        assertThat(client.wire()).containsExactly(new ConnAck(false, ReasonCode.PROTOCOL_ERROR, Properties.EMPTY));
        assertThat(client.effects.closed).isTrue();
        client.open(opened(false, 1));
        assertThat(client.effects.publishes).isEmpty();
        assertThat(client.effects.ends).containsExactly(new EndOfConnection(-1, false, 0));
    }

    @Test
    @DisplayName("[MQTT 5.0, 4.12] the client may give up")
    void disconnectDuringTheExchangeCloses() {
        TestClient client = connecting().authenticated(challenge("nonce"));
        client.wire();

        client.send(disconnect(ReasonCode.SUCCESS));
        client.authenticated(); // an answer that comes too late

        assertThat(client.wire()).isEmpty();
        assertThat(client.effects.closed).isTrue();
        assertThat(client.effects.opening).isNull();
    }

    @Test
    void clientThatDoesNotAnswerAChallengeIsRefused() {
        TestClient client = connecting().passMillis(60_000); // the authenticator may take its time
        client.authenticated(challenge("nonce"));
        client.wire();
        assertThat(client.effects.wakes).containsExactly(client.nowMillis + 10_000);

        client.passMillis(9_999);
        assertThat(client.effects.closed).isFalse();

        assertRefused(client.passMillis(1), ReasonCode.NOT_AUTHORIZED);
    }

    @Test
    void timeForAnAnswerEndsWithIt() {
        TestClient client = connecting().authenticated(challenge("nonce")).send(answer("proof"));

        client.passMillis(60_000);

        assertThat(client.effects.closed).isFalse();
    }

    @Test
    @DisplayName("[MQTT-3.1.2-24] a challenge beyond the client's Maximum Packet Size is not sent")
    void challengeThatDoesNotFitIsRefused() {
        TestClient client = new TestClient().with(Property.MAXIMUM_PACKET_SIZE, 20);
        client.connectProperties.add(Property.AUTHENTICATION_METHOD, METHOD);

        assertRefused(client.sendConnect().authenticated(challenge("too long a nonce")), ReasonCode.PACKET_TOO_LARGE);
    }

    @Test
    @DisplayName("[MQTT-4.12.1-1] [MQTT 5.0, 4.12.1] a connected client authenticates again: 0x19, 0x18, 0x18, 0x00")
    void connectedClientAuthenticatesAgain() {
        TestClient client = authenticated().send(again("hello"));
        assertThat(client.effects.furtherAuths).containsExactly(again("hello"));

        client.authenticated(challenge("nonce")).send(answer("proof"));
        client.authenticated(new AuthenticationStep(ReasonCode.SUCCESS, bytes("signature")));

        assertThat(client.wire())
                .containsExactly(
                        auth(ReasonCode.CONTINUE_AUTHENTICATION, METHOD, "nonce"),
                        auth(ReasonCode.SUCCESS, METHOD, "signature"));
        client.send(again("and again"));
        assertThat(client.effects.furtherAuths).hasSize(3);
        assertThat(client.effects.closed).isFalse();
    }

    @Test
    @DisplayName("[MQTT 5.0, 4.12.1] other packets flow while the client authenticates again")
    void otherPacketsFlowDuringReauthentication() {
        TestClient client = authenticated().send(again("hello")).authenticated(challenge("nonce"));
        client.wire();

        client.send(publish(1, 1, "a")).send(new PingReq()).deliver(0, "b");

        assertThat(client.effects.publishes).hasSize(1);
        assertThat(client.wire()).hasSize(2);
    }

    @Test
    @DisplayName("[MQTT-4.12.1-2] an authentication that fails ends the connection, with its will")
    void failedReauthenticationDisconnects() {
        TestClient client = authenticated().send(again("hello"));

        client.authenticated(AuthenticationStep.of(ReasonCode.NOT_AUTHORIZED));

        client.assertDisconnected(ReasonCode.NOT_AUTHORIZED);
    }

    @ParameterizedTest
    @EnumSource(
            value = ReasonCode.class,
            names = {"BAD_USER_NAME_OR_PASSWORD", "BANNED", "SERVER_UNAVAILABLE", "BAD_AUTHENTICATION_METHOD"})
    @DisplayName("[MQTT-3.14.2-1] reasons that only CONNACK may give become Not authorized")
    void reasonsThatDisconnectMayNotCarryAreReplaced(ReasonCode reason) {
        TestClient client = authenticated().send(again("hello"));

        client.authenticated(AuthenticationStep.of(reason));

        client.assertDisconnected(ReasonCode.NOT_AUTHORIZED);
    }

    @Test
    @DisplayName("[MQTT-4.12.1-1] the method may not change")
    void anotherMethodOnAConnectionDisconnectsWith0x82() {
        TestClient client = authenticated().send(auth(ReasonCode.REAUTHENTICATE, "PLAIN", "x"));

        client.assertDisconnected(ReasonCode.PROTOCOL_ERROR);
        assertThat(client.effects.furtherAuths).isEmpty();
    }

    @Test
    void answerWithoutAChallengeOnAConnectionDisconnectsWith0x82() {
        authenticated().send(answer("x")).assertDisconnected(ReasonCode.PROTOCOL_ERROR);
    }

    @Test
    void twoReauthenticationsAtOnceDisconnectWith0x82() {
        authenticated().send(again("one")).send(again("two")).assertDisconnected(ReasonCode.PROTOCOL_ERROR);
    }

    @Test
    @DisplayName("[MQTT-4.12.0-7] AUTH without an Authentication Method in CONNECT is a protocol error")
    void authWithoutMethodInConnectDisconnectsWith0x82() {
        TestClient client = new TestClient().connected().send(again("x"));

        client.assertDisconnected(ReasonCode.PROTOCOL_ERROR);
        assertThat(client.effects.furtherAuths).isEmpty();
    }

    @Test
    @DisplayName("[MQTT-4.12.0-7] also where it comes before CONNACK")
    void authBeforeConnAckWithoutMethodDisconnectsWith0x82() {
        TestClient client = new TestClient().sendConnect().send(answer("x"));

        client.authenticated().open(opened(false, 1));

        client.assertDisconnected(ReasonCode.PROTOCOL_ERROR);
    }

    @Test
    @DisplayName("[MQTT-3.15.2-1] an authenticator cannot answer with a reason that AUTH does not have")
    void stepsHaveTheReasonsOfAuth() {
        assertThatThrownBy(() -> AuthenticationStep.of(ReasonCode.REAUTHENTICATE))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
