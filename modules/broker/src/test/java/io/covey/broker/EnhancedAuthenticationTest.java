package io.covey.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.Auth;
import io.covey.protocol.ConnAck;
import io.covey.protocol.Connect;
import io.covey.protocol.Properties;
import io.covey.protocol.Property;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.session.AuthenticationStep;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Authentication by challenge and response, from the wire to an authenticator that takes its time, and back. */
class EnhancedAuthenticationTest {
    private final TestCluster cluster = new TestCluster();
    private final SlowChallenge authenticator = new SlowChallenge(cluster.time);
    private final TestCluster.TestNode node = cluster.with(authenticator).start(1, 1);

    private TestClient connect(String method) {
        TestClient client = node.client();
        Properties properties =
                Properties.builder().add(Property.AUTHENTICATION_METHOD, method).build();
        client.packet(new Connect(ProtocolVersion.V5, false, true, 60, properties, "c", null, null, null));
        pass();
        return client;
    }

    private void pass() {
        cluster.time.pass(30);
    }

    private static Auth lastChallenge(TestClient client) {
        List<Auth> auths = client.all(Auth.class);
        return auths.get(auths.size() - 1);
    }

    private void send(TestClient client, ReasonCode reason, byte[] data) {
        Properties properties = Properties.builder()
                .add(Property.AUTHENTICATION_METHOD, SlowChallenge.METHOD)
                .add(Property.AUTHENTICATION_DATA, data)
                .build();
        client.packet(new Auth(reason, properties));
        pass();
    }

    private void solve(TestClient client) {
        byte[] challenge = lastChallenge(client).properties().binary(Property.AUTHENTICATION_DATA);
        send(client, ReasonCode.CONTINUE_AUTHENTICATION, SlowChallenge.checksum(Objects.requireNonNull(challenge)));
    }

    @Test
    @DisplayName("[MQTT-4.12.0-2] [MQTT-4.12.0-3] [MQTT-4.12.0-5] challenge, response, CONNACK")
    void clientWithTheAnswerIsConnected() {
        TestClient client = connect(SlowChallenge.METHOD);
        assertThat(client.got).hasSize(1);

        solve(client);

        ConnAck packet = Objects.requireNonNull(client.connAck());
        assertThat(packet.reason()).isEqualTo(ReasonCode.SUCCESS);
        assertThat(packet.properties().string(Property.AUTHENTICATION_METHOD)).isEqualTo(SlowChallenge.METHOD);
        assertThat(packet.properties().binary(Property.AUTHENTICATION_DATA))
                .asString()
                .isEqualTo("ok");
    }

    @Test
    @DisplayName("[MQTT-4.12.0-4] a wrong answer is refused")
    void clientWithAWrongAnswerIsRefused() {
        TestClient client = connect(SlowChallenge.METHOD);

        send(client, ReasonCode.CONTINUE_AUTHENTICATION, new byte[1]);

        assertThat(Objects.requireNonNull(client.connAck()).reason()).isEqualTo(ReasonCode.NOT_AUTHORIZED);
        assertThat(client.closed).isTrue();
    }

    @Test
    @DisplayName("[MQTT-4.12.0-1] a method that is not offered is refused with 0x8C")
    void unknownMethodIsRefused() {
        TestClient client = connect("PLAIN");

        assertThat(Objects.requireNonNull(client.connAck()).reason()).isEqualTo(ReasonCode.BAD_AUTHENTICATION_METHOD);
        assertThat(client.closed).isTrue();
    }

    @Test
    @DisplayName("[MQTT-4.12.0-1] so is any where the authenticator offers none")
    void methodIsRefusedWhereNoneIsOffered() {
        TestCluster.TestNode other = cluster.with(
                        (connect, address, answer) -> answer.accept(AuthenticationStep.of(ReasonCode.SUCCESS)))
                .start(2, 1);
        TestClient client = other.client();
        Properties properties = Properties.builder()
                .add(Property.AUTHENTICATION_METHOD, SlowChallenge.METHOD)
                .build();

        client.packet(new Connect(ProtocolVersion.V5, false, true, 60, properties, "c", null, null, null));
        pass();

        assertThat(Objects.requireNonNull(client.connAck()).reason()).isEqualTo(ReasonCode.BAD_AUTHENTICATION_METHOD);
    }

    @Test
    @DisplayName("[MQTT 5.0, 4.12.1] a connected client authenticates again while its messages flow")
    void connectedClientAuthenticatesAgain() {
        TestClient client = connect(SlowChallenge.METHOD);
        solve(client);
        client.subscribe("t", QoS.AT_LEAST_ONCE);

        send(client, ReasonCode.REAUTHENTICATE, new byte[0]);
        client.publish("t", "meanwhile", QoS.AT_LEAST_ONCE);
        pass();
        solve(client);

        assertThat(client.payloads()).containsExactly("meanwhile");
        assertThat(client.all(Auth.class)).hasSize(3);
        assertThat(lastChallenge(client).reason()).isEqualTo(ReasonCode.SUCCESS);
        assertThat(client.closed).isFalse();
    }

    @Test
    @DisplayName("[MQTT-4.12.1-2] a connected client that fails is disconnected")
    void connectedClientThatFailsIsDisconnected() {
        TestClient client = connect(SlowChallenge.METHOD);
        solve(client);

        send(client, ReasonCode.REAUTHENTICATE, new byte[0]);
        send(client, ReasonCode.CONTINUE_AUTHENTICATION, new byte[1]);

        assertThat(Objects.requireNonNull(client.disconnected()).reason()).isEqualTo(ReasonCode.NOT_AUTHORIZED);
        assertThat(client.closed).isTrue();
    }

    @Test
    @DisplayName("an authenticator that does not answer is unavailable: CONNACK 0x88")
    void clientWhoseAuthenticatorDoesNotAnswerIsSentAway() {
        TestCluster.TestNode deaf =
                cluster.with((connect, address, answer) -> {}).start(2, 1);
        TestClient client = deaf.client().connect("c", true, 0);

        cluster.time.pass(Opening.AUTHENTICATED_MILLIS_MAX - 100L);
        assertThat(client.got).isEmpty();
        cluster.time.pass(200);

        assertThat(Objects.requireNonNull(client.connAck()).reason()).isEqualTo(ReasonCode.SERVER_UNAVAILABLE);
        assertThat(client.closed).isTrue();
    }

    @Test
    void answerThatComesAfterTheClientHasGoneIsForgotten() {
        TestClient client = node.client();
        Properties properties = Properties.builder()
                .add(Property.AUTHENTICATION_METHOD, SlowChallenge.METHOD)
                .build();
        client.packet(new Connect(ProtocolVersion.V5, false, true, 60, properties, "c", null, null, null));

        client.breakConnection();
        pass();

        assertThat(client.got).isEmpty();
    }
}
