package io.covey.session;

import static io.covey.session.TestClient.bytes;
import static io.covey.session.TestClient.opened;
import static io.covey.session.TestClient.publish;
import static io.covey.session.TestClient.subscribe;
import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.Auth;
import io.covey.protocol.ConnAck;
import io.covey.protocol.Connect;
import io.covey.protocol.Properties;
import io.covey.protocol.Property;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.PubAck;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.protocol.SubAck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What an authenticated client may not do, and what it is told. */
class PermissionsTest {
    /** Publishing below "own/", subscribing below "news/" at QoS 1 at most. */
    private static final Permissions SOME = new Permissions() {
        @Override
        public boolean mayPublish(String topic, QoS qos, boolean retain) {
            return topic.startsWith("own/") && !retain;
        }

        @Override
        public boolean maySubscribe(String filter, QoS qos) {
            return filter.startsWith("news/");
        }
    };

    private static final AuthenticationStep SUCCESS = new AuthenticationStep(ReasonCode.SUCCESS, null, SOME);

    private static TestClient connected(TestClient client) {
        client.sendConnect().authenticated(SUCCESS).open(opened(false, 1)).wire();
        return client;
    }

    @Test
    void aPublishThatIsNotAllowedIsAnsweredWith0x87() {
        TestClient client = connected(new TestClient());

        client.send(publish(1, 5, "foreign/a")).send(publish(1, 6, "own/a"));

        assertThat(client.effects.publishes)
                .extracting(publishing -> publishing.message().topic())
                .containsExactly("own/a");
        assertThat(client.wire())
                .filteredOn(PubAck.class::isInstance)
                .extracting(packet -> ((PubAck) packet).reason())
                .containsExactly(ReasonCode.NOT_AUTHORIZED);
    }

    @Test
    void aFilterThatIsNotAllowedIsAnsweredWith0x87AndTheOthersAreLive() {
        TestClient client = connected(new TestClient());

        client.send(subscribe(9, "secret/#")).send(subscribe(10, "news/a", "$share/g/secret/a", "$share/g/news/b"));

        SubAck refused = (SubAck) client.wire().get(0);
        assertThat(refused.reasons()).containsExactly(ReasonCode.NOT_AUTHORIZED);
        assertThat(client.effects.subscribes).hasSize(1);
        assertThat(client.effects.subscribes.get(0).wanted()).hasSize(2);
    }

    @ParameterizedTest
    @EnumSource(ProtocolVersion.class)
    void aWillThatMayNotBePublishedIsRefusedAtConnect(ProtocolVersion version) {
        TestClient client = new TestClient().version(version);
        client.will = new Connect.Will("foreign/will", bytes("x"), QoS.AT_LEAST_ONCE, false, Properties.EMPTY);

        client.sendConnect().authenticated(SUCCESS);

        assertThat(((ConnAck) client.wire().get(0)).reason()).isEqualTo(ReasonCode.NOT_AUTHORIZED);
        assertThat(client.effects.opening).isNull();
    }

    @Test
    void anotherAuthenticationBringsOtherPermissions() {
        TestClient client = new TestClient();
        client.connectProperties.add(Property.AUTHENTICATION_METHOD, "M");
        connected(client);
        Properties method =
                Properties.builder().add(Property.AUTHENTICATION_METHOD, "M").build();

        client.send(new Auth(ReasonCode.REAUTHENTICATE, method)).authenticated(AuthenticationStep.SUCCESS);
        client.send(publish(1, 5, "foreign/a")).send(subscribe(9, "secret/#"));

        assertThat(client.effects.publishes).hasSize(1);
        assertThat(client.effects.subscribes).hasSize(1);
    }
}
