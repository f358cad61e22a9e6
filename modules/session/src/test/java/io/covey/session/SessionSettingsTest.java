package io.covey.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class SessionSettingsTest {
    @Test
    void defaultsAreThoseOfTheRecord() {
        assertThat(new TestSettings().build()).isEqualTo(SessionSettings.DEFAULT);
    }

    @Test
    void valuesOutOfTheirRangeNameThemselves() {
        List<Consumer<TestSettings>> faults = List.of(
                settings -> settings.receiveMaximum = 0,
                settings -> settings.receiveMaximumOfV3 = 65_536,
                settings -> settings.maximumPacketBytes = 127,
                settings -> settings.topicAliasMaximum = -1,
                settings -> settings.topicAliasCharactersMax = 0,
                settings -> settings.topicAliasesOut = 65_536,
                settings -> settings.keepAliveMaxSeconds = 65_536,
                settings -> settings.sessionExpiryMaxSeconds = 0x1_0000_0000L,
                settings -> settings.sessionExpiryDefaultSeconds = -1,
                settings -> settings.clientIdBytesMax = 0,
                settings -> settings.topicLevelsMax = 0,
                settings -> settings.topicBytesMax = 0,
                settings -> settings.messageExpiryMaxSeconds = 0,
                settings -> settings.subscriptionsMax = -1,
                settings -> settings.connectTimeoutSeconds = 0,
                settings -> settings.transientQueueMessagesMax = -1,
                settings -> settings.transientQueueBytesMax = -1,
                settings -> settings.pendingPublishesMax = 0,
                settings -> settings.pendingPublishBytesMax = 0);
        List<String> names = List.of(
                "receiveMaximum",
                "receiveMaximumOfV3",
                "maximumPacketBytes",
                "topicAliasMaximum",
                "topicAliasCharactersMax",
                "topicAliasesOut",
                "keepAliveMaxSeconds",
                "sessionExpiryMaxSeconds",
                "sessionExpiryDefaultSeconds",
                "clientIdBytesMax",
                "topicLevelsMax",
                "topicBytesMax",
                "messageExpiryMaxSeconds",
                "subscriptionsMax",
                "connectTimeoutSeconds",
                "transientQueueMessagesMax",
                "transientQueueBytesMax",
                "pendingPublishesMax",
                "pendingPublishBytesMax");
        for (int i = 0; i < faults.size(); i++) {
            TestSettings settings = new TestSettings();
            faults.get(i).accept(settings);
            assertThatThrownBy(settings::build)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith(names.get(i) + " is ");
        }
    }
}
