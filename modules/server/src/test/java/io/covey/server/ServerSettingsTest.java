package io.covey.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.covey.bucket.QueueOverflow;
import io.covey.cluster.ClusterSettings;
import io.covey.config.ConfigurationException;
import io.covey.config.ConfigurationLoader;
import io.covey.storage.Durability;
import io.covey.storage.StorageSettings;
import io.covey.wire.ListenerSettings;
import java.nio.file.Path;
import java.security.Security;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every key reaches the part of the node that it is for. */
class ServerSettingsTest {
    /** A key, a value other than its default, and where it must arrive. */
    private record Mapping(String key, String value, Function<ServerSettings, Object> part, Object expected) {
        @Override
        public String toString() {
            return key;
        }
    }

    /** Keys that are read where they are used, not through a part's settings. */
    private static final Set<String> READ_DIRECTLY = Set.of(
            "management.host", "management.port", "storage.directory", "storage.recovery", "cluster.recovery-members");

    private static final List<String> CLUSTER =
            List.of("cluster.enabled=true", "cluster.members=127.0.0.1:5701,127.0.0.1:5711,127.0.0.1:5721");

    static Stream<Mapping> mappings() {
        return Stream.of(
                to("node.name", "n1", ServerSettings::nodeName, "n1"),
                to("node.event-loops", "3", ServerSettings::shards, 3),
                to("listeners.tcp.type", "websocket", s -> tcp(s).type(), ListenerSettings.Type.WEBSOCKET),
                to("listeners.tcp.host", "127.0.0.9", s -> tcp(s).host(), "127.0.0.9"),
                to("listeners.tcp.port", "1999", s -> tcp(s).port(), 1999),
                to("cluster.enabled", "true", s -> s.cluster() != null, true),
                to("cluster.name", "other", s -> cluster(s).clusterName(), "other"),
                to("cluster.host", "127.0.0.9", s -> cluster(s).host(), "127.0.0.9"),
                to("cluster.port", "5999", s -> cluster(s).port(), 5999),
                to("cluster.event-bus-port", "5999", s -> cluster(s).eventBusPort(), 5999),
                to("cluster.members", "a:1,b:2", s -> cluster(s).members(), List.of("a:1", "b:2")),
                to("cluster.dns", "headless", s -> cluster(s).members().contains("headless"), true),
                to("cluster.backup-count", "2", s -> cluster(s).backupCount(), 2),
                to("cluster.minimum-members", "3", s -> cluster(s).minimumMembers(), 3),
                to("cluster.partitions", "7", ServerSettings::partitions, 7),
                to("cluster.lease", "4000", s -> s.node().membership().leaseMillis(), 4000),
                to("cluster.lease", "4000", s -> cluster(s).timing().leaseMillis(), 4000),
                to("batch.linger", "700", s -> s.node().batching().lingerMicros(), 700),
                to("batch.turn-interval", "500", ServerSettings::turnIntervalMicros, 500),
                to("batch.lazy-linger", "20000", s -> s.node().batching().lazyLingerMicros(), 20_000),
                to("storage.durability", "fsync", s -> storage(s).durability(), Durability.FSYNC),
                to("storage.reserve", "5000000", s -> storage(s).reserveBytes(), 5_000_000L),
                to("auth.allow-anonymous", "false", s -> s.auth().allowAnonymous(), false),
                to("auth.password-file", "/some/file", s -> s.auth().passwordFile(), Path.of("/some/file")),
                to("auth.password-threads", "7", s -> s.auth().passwordThreads(), 7),
                to("auth.password-waiting", "9", s -> s.auth().passwordWaiting(), 9),
                to("mqtt.receive-maximum", "10", s -> s.node().session().receiveMaximum(), 10),
                to("mqtt.max-inflight", "10", s -> s.node().session().receiveMaximumOfV3(), 10),
                to("mqtt.max-packet-size", "2000", s -> s.node().session().maximumPacketBytes(), 2000),
                to("mqtt.max-connect-size", "600", s -> tcp(s).limits().connectBytesMax(), 600),
                to("mqtt.topic-alias-maximum", "5", s -> s.node().session().topicAliasMaximum(), 5),
                to("mqtt.topic-alias-length", "500", s -> s.node().session().topicAliasCharactersMax(), 500),
                to("mqtt.topic-aliases-out", "5", s -> s.node().session().topicAliasesOut(), 5),
                to("mqtt.keep-alive-max", "60", s -> s.node().session().keepAliveMaxSeconds(), 60),
                to("mqtt.session.expiry.max", "60", s -> s.node().session().sessionExpiryMaxSeconds(), 60L),
                to(
                        "mqtt.session.expiry.default-when-absent",
                        "60",
                        s -> s.node().session().sessionExpiryDefaultSeconds(),
                        60L),
                to("mqtt.client-id-length", "23", s -> s.node().session().clientIdBytesMax(), 23),
                to("mqtt.topic-levels", "9", s -> s.node().session().topicLevelsMax(), 9),
                to("mqtt.topic-length", "99", s -> s.node().session().topicBytesMax(), 99),
                to("mqtt.user-properties", "9", s -> tcp(s).limits().userPropertiesMax(), 9),
                to("mqtt.message-expiry.max", "9", s -> s.node().session().messageExpiryMaxSeconds(), 9L),
                to("mqtt.connections", "9", s -> s.connections().connectionsMax(), 9),
                to("mqtt.connection-rate", "9", s -> s.connections().perSecondMax(), 9),
                to("mqtt.half-open-connections", "9", s -> s.connections().halfOpenMax(), 9),
                to("mqtt.output-bytes", "2000000", s -> s.connections().outputBytesMax(), 2_000_000L),
                to("mqtt.send-timeout", "9", s -> s.connections().sendTimeoutSeconds(), 9),
                to("mqtt.pending-publishes", "9", s -> s.node().session().pendingPublishesMax(), 9),
                to("mqtt.pending-publish-bytes", "2000", s -> s.node().session().pendingPublishBytesMax(), 2000L),
                to("mqtt.queue.transient-messages", "9", s -> s.node().session().transientQueueMessagesMax(), 9),
                to("mqtt.queue.transient-bytes", "9", s -> s.node().session().transientQueueBytesMax(), 9L),
                to("mqtt.waiting-bytes", "2000000", s -> s.node().waiting().shardBytesMax(), 2_000_000L),
                to("mqtt.subscriptions-per-client", "9", s -> s.node().session().subscriptionsMax(), 9),
                to("mqtt.response-information", "r/", s -> s.node().session().responseInformation(), "r/"),
                to("mqtt.server-reference", "lb:1883", s -> s.node().session().serverReference(), "lb:1883"),
                to("mqtt.check-payload-format", "true", s -> s.node().session().payloadFormatChecked(), true),
                to("mqtt.session.stuck-after", "3", s -> s.node().upkeep().stuckMillis(), 3_000),
                to("mqtt.sys-topics.interval", "0", s -> s.configuration().integer("mqtt.sys-topics.interval"), 0),
                to("mqtt.connect-timeout", "3", s -> s.node().session().connectTimeoutSeconds(), 3),
                to("mqtt.queue.messages", "9", s -> s.buckets().queueMessagesMax(), 9),
                to("mqtt.queue.bytes", "2000", s -> s.buckets().queueBytesMax(), 2000L),
                to("mqtt.queue.overflow", "drop-oldest", s -> s.buckets().queueOverflow(), QueueOverflow.DROP_OLDEST),
                to("mqtt.sessions", "100", s -> s.buckets().sessionsMax(), 4),
                to("mqtt.retained.messages", "31", s -> s.buckets().retainedMessagesMax(), 1),
                to("mqtt.retained.bytes", "62", s -> s.buckets().retainedBytesMax(), 2L),
                to("mqtt.memory-limit", "9000000", ServerSettings::bucketMemoryBytes, 9_000_000L),
                to("mqtt.bucket.bytes", "2000000", s -> s.buckets().bucketBytesMax(), 2_000_000L));
    }

    private static Mapping to(String key, String value, Function<ServerSettings, Object> part, Object expected) {
        return new Mapping(key, value, part, expected);
    }

    private static ListenerSettings tcp(ServerSettings settings) {
        return settings.listeners().get(0);
    }

    private static StorageSettings storage(ServerSettings settings) {
        return Objects.requireNonNull(settings.storage());
    }

    private static ClusterSettings cluster(ServerSettings settings) {
        return Objects.requireNonNull(settings.cluster());
    }

    @ParameterizedTest
    @MethodSource("mappings")
    void aKeyArrives(Mapping mapping) {
        List<String> assignments = new ArrayList<>(CLUSTER);
        assignments.add(mapping.key() + "=" + mapping.value());
        if (mapping.key().equals("auth.allow-anonymous")) {
            assignments.add("auth.password-file=passwords"); // else nobody could connect
        }

        assertThat(mapping.part().apply(settings(assignments))).isEqualTo(mapping.expected());
        if (!mapping.key().equals("cluster.enabled")) {
            assertThat(mapping.part().apply(settings(CLUSTER))).isNotEqualTo(mapping.expected());
        }
    }

    @Test
    void noKeyIsForgottenHere() {
        Set<String> known = new HashSet<>(READ_DIRECTLY);
        mappings().map(Mapping::key).forEach(known::add);

        assertThat(ConfigurationLoader.load(null, Map.of(), List.of()).keys())
                .as("each key needs a line in the mappings of this test")
                .containsExactlyInAnyOrderElementsOf(known);
    }

    /** What the table allows, every part takes, or the mistake is told in one line. */
    @Test
    void bothEndsOfEveryRangeAreTakenOrToldInOneLine() {
        for (String key : ConfigurationLoader.load(null, Map.of(), List.of()).keys()) {
            for (long number : ConfigurationLoader.rangeOf(key)) {
                List<String> assignments = new ArrayList<>(CLUSTER);
                assignments.add(key + "=" + number);
                try {
                    settings(assignments);
                } catch (ConfigurationException told) {
                    assertThat(told.getMessage())
                            .contains(key.substring(0, key.indexOf('.')))
                            .doesNotContain("\n");
                }
            }
        }
    }

    @Test
    void aPortThatIsGivenTwiceIsNamedWithBothKeys() {
        assertThatThrownBy(() -> settings(List.of("listeners.ws.type=websocket", "listeners.ws.port=1883")))
                .hasMessage("listeners.ws.port: '1883' (from --set) is not allowed; "
                        + "listeners.tcp.port has that port already, it takes another one");
        assertThatThrownBy(() -> settings(List.of("management.port=1883")))
                .hasMessageContaining("management.port: '1883'");
        assertThatThrownBy(() -> settings(List.of(CLUSTER.get(0), CLUSTER.get(1), "cluster.port=5702")))
                .hasMessageContaining("cluster.event-bus-port: '5702' (from default)");
        assertThatThrownBy(() -> settings(
                        List.of("listeners.a.port=1883", "listeners.a.host=0.0.0.0", "auth.allow-anonymous=true")))
                .hasMessageContaining("listeners.tcp.port: '1883'");
    }

    @Test
    void aPortMayBeGivenTwiceOnTwoAddressesOrWhereTheSystemChooses() {
        assertThat(settings(List.of("listeners.a.port=1883", "listeners.a.host=127.0.0.2"))
                        .listeners())
                .hasSize(2);
        assertThat(settings(List.of("listeners.a.port=0", "listeners.tcp.port=0"))
                        .listeners())
                .hasSize(2);
    }

    @Test
    void inMemoryNoDirectoryIsOpened() {
        assertThat(settings(List.of("storage.durability=memory")).storage()).isNull();
    }

    @Test
    void filesAreNotPutWhereverTheProcessWasStarted() {
        assertThatThrownBy(() -> settings(List.of("storage.directory=")))
                .hasMessage("storage.directory: '' (from --set) is not allowed; it takes the path of a directory");
        assertThat(settings(List.of("storage.directory=", "storage.durability=memory"))
                        .storage())
                .isNull();
    }

    @Test
    void aListenerBeyondLoopbackNeedsAWordAboutWhoMayConnect() {
        assertThatThrownBy(() -> settings(List.of("listeners.tcp.host=0.0.0.0")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("listeners.tcp.host: '0.0.0.0'")
                .hasMessageContaining("auth.password-file")
                .hasMessageContaining("auth.allow-anonymous=true");
        assertThat(settings(List.of("listeners.tcp.host=0.0.0.0", "auth.password-file=passwords"))
                        .listeners())
                .hasSize(1);
        assertThat(settings(List.of("listeners.tcp.host=0.0.0.0", "auth.allow-anonymous=true"))
                        .listeners())
                .hasSize(1);
    }

    @Test
    void aHostThatHasNoAddressIsNamedWithItsKey() {
        assertThatThrownBy(() -> settings(List.of("listeners.tcp.host=no-such-host.invalid")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("listeners.tcp.host: 'no-such-host.invalid' cannot be resolved; it takes");
    }

    @Test
    void whoeverTurnsEverybodyAwayIsTold() {
        assertThatThrownBy(() -> settings(List.of("auth.allow-anonymous=false")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("set auth.password-file");
    }

    @Test
    void aPasswordFileThatCannotBeReadIsNamedWithItsKey() {
        ServerSettings settings = settings(List.of("auth.password-file=/no/such/file"));

        assertThatThrownBy(settings.auth()::check)
                .hasMessage("auth.password-file: '/no/such/file' cannot be used: "
                        + "cannot read the password file /no/such/file: no such file");
        assertThatThrownBy(settings.auth()::open).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void aClusterWithoutMembersIsRefused() {
        assertThatThrownBy(() -> settings(List.of("cluster.enabled=true")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("cluster.members: missing");
    }

    @Test
    void aMemberThatIsNoAddressOrComesTwiceIsNamed() {
        for (String member : List.of("a:b:c", "a:99999", "a:0", "a:", ":5701", "a b", "http://a:5701", "::1")) {
            assertThatThrownBy(() -> settings(List.of("cluster.enabled=true", "cluster.members=x:1," + member)))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage("cluster.members: '" + member + "' (from --set) is not allowed; "
                            + "it takes host:port of each node, an IPv6 address as [address]:port");
        }
        assertThatThrownBy(() -> settings(List.of("cluster.enabled=true", "cluster.members=a:1,b:1,a:1")))
                .hasMessageStartingWith("cluster.members: 'a:1' (from --set) is not allowed twice");
        assertThat(cluster(settings(List.of("cluster.enabled=true", "cluster.members=[::1]:5701,broker_1.net:65535,c")))
                        .members())
                .containsExactly("[::1]:5701", "broker_1.net:65535", "c");
    }

    @Test
    void namesDoNotTellHowManyNodesThereAreSoTheMinimumMust() {
        assertThatThrownBy(() -> settings(List.of("cluster.enabled=true", "cluster.dns=headless")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("cluster.minimum-members: missing while cluster.dns is set");

        ServerSettings settings =
                settings(List.of("cluster.enabled=true", "cluster.dns=headless", "cluster.minimum-members=2"));

        assertThat(cluster(settings).expectedMembers()).isEqualTo(2);
        assertThat(cluster(settings).formationQuorum()).isEqualTo(2);
        assertThat(settings.node().membership().configuredMembers()).isEqualTo(2);
    }

    @Test
    void namesAreLookedUpAgainSoon() {
        String known = Security.getProperty("networkaddress.cache.ttl");
        String unknown = Security.getProperty("networkaddress.cache.negative.ttl");
        try {
            NameLookups.keepFresh();

            assertThat(Security.getProperty("networkaddress.cache.negative.ttl"))
                    .isEqualTo("0");
            assertThat(Security.getProperty("networkaddress.cache.ttl")).isEqualTo("5");
        } finally {
            Security.setProperty("networkaddress.cache.ttl", known == null ? "" : known);
            Security.setProperty("networkaddress.cache.negative.ttl", unknown == null ? "" : unknown);
        }
    }

    private static ServerSettings settings(List<String> assignments) {
        return ServerSettings.of(ConfigurationLoader.load(null, Map.of(), assignments));
    }
}
