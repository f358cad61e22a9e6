package io.covey.session;

import static io.covey.session.TestClient.V3_1_1;
import static io.covey.session.TestClient.publish;
import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.PingReq;
import io.covey.protocol.ReasonCode;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class KeepAliveTest {
    private TestClient connected(TestSettings settings, int keepAliveSeconds) {
        TestClient client = new TestClient(settings);
        client.keepAliveSeconds = keepAliveSeconds;
        return client.connected();
    }

    @Test // [MQTT-3.2.2-22]
    @DisplayName("[MQTT-3.1.2-22] silence of 1.5 times the Keep Alive: 0x8D")
    void silentClientIsDisconnectedAfterOneAndAHalfTimes() {
        TestClient client = connected(new TestSettings(), 5);
        assertThat(client.effects.wakes).containsExactly(client.nowMillis + 7_500);

        client.passMillis(7_499);
        assertThat(client.effects.closed).isFalse();
        client.passMillis(1);

        client.assertDisconnected(ReasonCode.KEEP_ALIVE_TIMEOUT);
    }

    @Test
    void silentClientBeforeV5IsClosed() {
        TestClient client = new TestClient().version(V3_1_1);
        client.keepAliveSeconds = 5;

        client.connected().passMillis(7_500);

        assertThat(client.wire()).isEmpty();
        assertThat(client.effects.ends).containsExactly(new EndOfConnection(-1, true, 0));
    }

    @Test
    @DisplayName("[MQTT-3.1.2-22] every packet counts")
    void anyPacketKeepsTheConnection() {
        TestClient client = connected(new TestSettings(), 5).passMillis(7_000).send(new PingReq());
        client.passMillis(7_000).send(publish(0, 0, "a")).passMillis(7_000);
        assertThat(client.effects.closed).isFalse();
        assertThat(client.connection.nextDeadlineMillis()).isEqualTo(client.nowMillis + 500);

        client.passMillis(500);
        assertThat(client.effects.closed).isTrue();
    }

    @Test
    @DisplayName("[MQTT 5.0, 3.1.2.10] Keep Alive 0 turns it off")
    void keepAlive0NeverEnds() {
        TestClient client = connected(new TestSettings(), 0).passMillis(100_000_000);

        assertThat(client.effects.closed).isFalse();
        assertThat(client.effects.wakes).isEmpty();
        assertThat(client.connection.nextDeadlineMillis()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    @DisplayName("[MQTT-3.1.2-21] the Server Keep Alive is what counts")
    void serverKeepAliveIsWhatCounts() {
        TestSettings settings = new TestSettings();
        settings.keepAliveMaxSeconds = 2;
        TestClient client = connected(settings, 0).passMillis(3_000);

        assertThat(client.effects.closed).isTrue();
    }

    @Test
    void clientThatTheBrokerDoesNotReadFromIsNotSilent() {
        TestSettings settings = new TestSettings();
        settings.pendingPublishesMax = 1;
        TestClient client = connected(settings, 5).send(publish(1, 1, "a"));

        client.passMillis(7_500).passMillis(7_500);
        assertThat(client.effects.closed).isFalse();

        client.published(1).passMillis(7_499);
        assertThat(client.effects.closed).isFalse();
        client.passMillis(1);
        assertThat(client.effects.closed).isTrue();
    }

    @Test
    void clientThatDoesNotReadIsDisconnectedWhenItsTimeHasCome() {
        TestClient client = connected(new TestSettings(), 5).writable(false).send(new PingReq());

        client.passMillis(7_500);

        assertThat(client.effects.closed).isTrue();
    }
}
