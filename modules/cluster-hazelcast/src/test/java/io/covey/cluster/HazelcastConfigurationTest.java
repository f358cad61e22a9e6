package io.covey.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hazelcast.config.Config;
import com.hazelcast.config.EndpointConfig;
import com.hazelcast.config.InMemoryFormat;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.ServerSocketEndpointConfig;
import com.hazelcast.instance.EndpointQualifier;
import com.hazelcast.spi.properties.ClusterProperty;
import com.hazelcast.spi.properties.HazelcastProperties;
import com.hazelcast.spi.properties.HazelcastProperty;
import io.covey.bucket.BucketLimits;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What of Hazelcast's settings decides whether something acknowledged is lost, or a member that lives is expelled. */
class HazelcastConfigurationTest {
    private static final ClusterSettings SETTINGS = new ClusterSettings(
            "covey",
            "127.0.0.1",
            5701,
            5702,
            List.of("127.0.0.1:5701"),
            3,
            0,
            31,
            2,
            1,
            BucketLimits.DEFAULT,
            ClusterSettings.Timing.DEFAULT);

    private final Config config = HazelcastConfiguration.of(
            SETTINGS,
            1,
            "node",
            new PartitionHost(
                    SETTINGS,
                    1,
                    new BucketLoad(SETTINGS.partitionCount(), Long.MAX_VALUE, (count, reason) -> {}),
                    (reason, cause) -> {},
                    ClusterStorage.none()));
    private final HazelcastProperties properties = new HazelcastProperties(config);

    private long millis(HazelcastProperty property) {
        return properties.getMillis(property);
    }

    private EndpointConfig onlyEndpoint() {
        assertThat(config.getAdvancedNetworkConfig().getEndpointConfigs()).hasSize(1);
        return config.getAdvancedNetworkConfig().getEndpointConfigs().get(EndpointQualifier.MEMBER);
    }

    @Test
    void aHostThatHasNoAddressIsNamedWithItsKey() {
        ClusterSettings lost = new ClusterSettings(
                "covey",
                "no-such-host.invalid",
                5701,
                5702,
                List.of("127.0.0.1:5701"),
                3,
                0,
                31,
                2,
                1,
                BucketLimits.DEFAULT,
                ClusterSettings.Timing.DEFAULT);
        assertThatThrownBy(() -> HazelcastConfiguration.address(lost))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("cluster.host: 'no-such-host.invalid' cannot be resolved; it takes");
    }

    @Test
    void aBatchWhoseBackupDoesNotAnswerIsNoSuccess() {
        assertThat(properties.getBoolean(ClusterProperty.FAIL_ON_INDETERMINATE_OPERATION_STATE))
                .isTrue();
        assertThat(millis(ClusterProperty.OPERATION_BACKUP_TIMEOUT_MILLIS)).isEqualTo(1_000);
        assertThat(config.getMapConfig(HazelcastConfiguration.BUCKETS).getBackupCount())
                .isEqualTo(SETTINGS.backupCount());
        assertThat(config.getMapConfig(HazelcastConfiguration.BUCKETS).getAsyncBackupCount())
                .isZero();
    }

    @Test
    void aPauseOfSecondsExpelsNobodyAndLeasesEndLongBefore() {
        assertThat(millis(ClusterProperty.HEARTBEAT_INTERVAL_SECONDS)).isEqualTo(1_000);
        assertThat(millis(ClusterProperty.MAX_NO_HEARTBEAT_SECONDS))
                .isBetween(10_000L, 15_000L)
                .isGreaterThan(2L * SETTINGS.timing().leaseMillis());
        assertThat(List.of(
                        ClusterProperty.IO_THREAD_COUNT,
                        ClusterProperty.IO_INPUT_THREAD_COUNT,
                        ClusterProperty.IO_OUTPUT_THREAD_COUNT))
                .as("with fewer threads than Hazelcast has by itself heartbeats wait for their turn")
                .allSatisfy(threads ->
                        assertThat(config.getProperty(threads.getName())).isNull());
    }

    /** {@link MemberBatchesTest#aLargeAnswerArrivesWithoutWaitingForAHeartbeat}. */
    @Test
    void nobodyWritesWithoutWakingWhoOwnsTheConnection() {
        assertThat(properties.getBoolean(ClusterProperty.IO_WRITE_THROUGH_ENABLED))
                .isFalse();
    }

    @Test
    void aMemberThatCannotBeReachedIsGoneAfterThreeFaultsAndWithinALease() {
        int faults = 1 + properties.getInteger(ClusterProperty.CONNECTION_MONITOR_MAX_FAULTS);
        long connectMillis = TimeUnit.SECONDS.toMillis(onlyEndpoint().getSocketConnectTimeoutSeconds());
        long pauseMillis = millis(ClusterProperty.CONNECTION_MONITOR_INTERVAL);

        assertThat(faults).isEqualTo(3);
        assertThat(faults * (connectMillis + pauseMillis))
                .isLessThan(SETTINGS.timing().leaseMillis());
        assertThat(pauseMillis)
                .as("what is sent meanwhile tries to connect, too, and does not count")
                .isEqualTo(1);
    }

    @Test
    void partsOfASplitFindEachOtherSoonAndTheNewerCopyStays() {
        assertThat(millis(ClusterProperty.MERGE_FIRST_RUN_DELAY_SECONDS)).isEqualTo(5_000);
        assertThat(millis(ClusterProperty.MERGE_NEXT_RUN_DELAY_SECONDS)).isEqualTo(5_000);
        assertThat(config.getMapConfig(HazelcastConfiguration.BUCKETS)
                        .getMergePolicyConfig()
                        .getPolicy())
                .isEqualTo(HighestVersionMergePolicy.class.getName());
    }

    @Test
    void nobodyFromOutsideReachesTheMapsAndNobodyIsCalled() {
        assertThat(onlyEndpoint()).isInstanceOfSatisfying(ServerSocketEndpointConfig.class, socket -> {
            assertThat(socket.getPort()).isEqualTo(SETTINGS.port());
            assertThat(socket.isPortAutoIncrement()).isFalse();
        });
        assertThat(config.getAdvancedNetworkConfig()
                        .getJoin()
                        .getMulticastConfig()
                        .isEnabled())
                .isFalse();
        assertThat(config.getAdvancedNetworkConfig()
                        .getJoin()
                        .getAutoDetectionConfig()
                        .isEnabled())
                .isFalse();
        assertThat(properties.getBoolean(ClusterProperty.PHONE_HOME_ENABLED)).isFalse();
    }

    @Test
    void aBucketIsKeptAsAnObjectAndNothingIsCountedOrReadBesideBatches() {
        MapConfig buckets = config.getMapConfig(HazelcastConfiguration.BUCKETS);

        assertThat(buckets.getInMemoryFormat()).isEqualTo(InMemoryFormat.OBJECT);
        assertThat(buckets.isReadBackupData()).isFalse();
        assertThat(buckets.isStatisticsEnabled()).isFalse();
        assertThat(buckets.getIndexConfigs()).isEmpty();
    }
}
