package io.covey.cluster;

import com.hazelcast.cluster.Member;
import com.hazelcast.config.AdvancedNetworkConfig;
import com.hazelcast.config.Config;
import com.hazelcast.config.DiscoveryStrategyConfig;
import com.hazelcast.config.InMemoryFormat;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.MergePolicyConfig;
import com.hazelcast.config.MetadataPolicy;
import com.hazelcast.config.MultiMapConfig;
import com.hazelcast.config.SerializerConfig;
import com.hazelcast.config.ServerSocketEndpointConfig;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.concurrent.ForkJoinPool;

/** Makes Hazelcast's configuration: only what a cluster of buckets needs, and nothing that guesses, counts or calls home. */
final class HazelcastConfiguration {
    /** The map of the buckets: one entry per partition. */
    static final String BUCKETS = "covey.buckets";

    /** The small map of the cluster itself: whether it was formed, and the newest incarnation of each node. */
    static final String CLUSTER = "covey.cluster";

    /** Member attribute: the node's incarnation at the start of its member. */
    static final String INCARNATION = "covey.incarnation";

    /** Member attribute: {@code host:port} of the node's event bus. */
    static final String EVENT_BUS = "covey.event-bus";

    /** Member attribute: what must be the same on every node. */
    static final String COMMON = "covey.common";

    /** Member attribute: how many threads serve the member's partitions. */
    private static final String PARTITION_THREADS = "covey.partition-threads";

    /** Member attribute that Vert.x reads its node id from. */
    static final String NODE_ID = "__vertx.nodeId";

    /** Parallelism of the common pool below which Hazelcast completes each asynchronous call on a new thread. */
    private static final int PARALLELISM_MIN = 4;

    /** How long a connection to another member may take. */
    private static final int CONNECT_SECONDS_MAX = 1;

    /**
     * How soon after a vain try to connect to a member the next one follows. Only these tries count. Whatever else is sent to that member tries,
     * too, and while such a try waits for its end none is made that counts: with the 100 ms that are normal, a member without an address was
     * not given up before its heartbeats were missed, since something was sent first, again and again.
     */
    private static final int RECONNECT_PAUSE_MILLIS = 1;

    /**
     * After one more fault than this without a connection a member is gone: a connection that was reset, a try that was refused or one without an
     * answer for {@link #CONNECT_SECONDS_MAX}. The kernel of a member that stands still answers, so none of its connections has faults.
     */
    private static final int FAULTS_MAX = 2;

    /** How long a member waits for its partitions to have moved away; whoever asked for it may give up before. */
    private static final int DEMOTION_SECONDS_MAX = 3_600;

    /** Seconds after which replicas that differ are copied anew where no batch noticed it before. */
    private static final int REPLICA_CHECK_SECONDS = 10;

    private final ClusterSettings settings;
    private final Config config = new Config();

    private HazelcastConfiguration(ClusterSettings settings) {
        this.settings = settings;
    }

    /** The configuration of one member. */
    static Config of(ClusterSettings settings, long incarnation, String nodeId, PartitionHost host) {
        requireParallelism(ForkJoinPool.getCommonPoolParallelism());
        HazelcastConfiguration configuration = new HazelcastConfiguration(settings);
        configuration.properties();
        configuration.network();
        configuration.maps();
        configuration.member(incarnation, nodeId, host);
        return configuration.config;
    }

    static void requireParallelism(int parallelism) {
        if (parallelism < PARALLELISM_MIN) {
            throw new IllegalStateException("the common ForkJoinPool has parallelism " + parallelism
                    + ", a cluster needs at least " + PARALLELISM_MIN
                    + ": start Java with -Djava.util.concurrent.ForkJoinPool.common.parallelism=" + PARALLELISM_MIN);
        }
    }

    private void properties() {
        ClusterSettings.Timing timing = settings.timing();
        property("partition.count", settings.partitionCount());
        // Without this a batch whose backups never answered would count as confirmed. [I1]
        property("operation.fail.on.indeterminate.state", true);
        property("operation.backup.timeout.millis", timing.backupTimeoutMillis());
        property("partition.backup.sync.interval", REPLICA_CHECK_SECONDS);
        // A partition that moves is not served: one at a time, whoever waits for several waits for one.
        property("partition.max.parallel.migrations", 1);
        property("partition.max.parallel.replications", 1);
        // Answers only wake a shard's loop: done by the thread that read them, one thread less is woken
        // (docs/adr/0003).
        property("operation.response.thread.count", 0);
        // Such a thread must not write what it answers: what is left over it would leave to the connection's own thread
        // without waking that up, until the next heartbeat (docs/adr/0010).
        property("io.write.through", false);
        property("operation.thread.count", ownPartitionThreads());
        property("heartbeat.interval.seconds", timing.heartbeatIntervalSeconds());
        property("max.no.heartbeat.seconds", timing.heartbeatMaxSeconds());
        property("connection.monitor.interval", RECONNECT_PAUSE_MILLIS);
        property("connection.monitor.max.faults", FAULTS_MAX);
        property("merge.first.run.delay.seconds", timing.mergeDelaySeconds());
        property("merge.next.run.delay.seconds", timing.mergeDelaySeconds());
        property("wait.seconds.before.join", 0);
        property("member.demote.max.wait", DEMOTION_SECONDS_MAX);
        property("graceful.shutdown.max.wait", timing.stopSecondsMax());
        property("shutdownhook.enabled", false);
        property("phone.home.enabled", false);
        property("logging.type", "slf4j");
        property("logging.details.enabled", false);
        property("socket.bind.any", false);
        property("jmx", false);
        config.getMetricsConfig().setEnabled(false);
        config.getJetConfig().setEnabled(false);
        config.setClusterName(settings.clusterName());
        config.setLiteMember(true); // until its node may serve partitions: see Promotion
    }

    /** As many as there are event loops by default: both serve clients, and neither is to wait for the other. */
    private static int ownPartitionThreads() {
        return Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    }

    /** How many threads serve the partitions of a member: partition p is served by thread p modulo this. */
    static int partitionThreads(Member member) {
        String count = member.getAttribute(PARTITION_THREADS);
        return count == null ? 1 : Integer.parseInt(count);
    }

    private void property(String name, Object value) {
        config.setProperty("hazelcast." + name, String.valueOf(value));
    }

    /** One socket for members only: without an endpoint for clients, nobody reads or changes maps from outside. */
    private void network() {
        String address = address(settings).getHostAddress();
        // Its choice among the addresses of the interfaces knows one loopback address only.
        property("local.localAddress", address);
        ServerSocketEndpointConfig socket = new ServerSocketEndpointConfig();
        socket.setPort(settings.port()).setPortAutoIncrement(false).setPublicAddress(address + ":" + settings.port());
        // A member that died together with its address, as a container does, answers new connections with silence;
        // after a few vain ones it is known to be gone. For a live one, however slow, its kernel answers.
        socket.setSocketConnectTimeoutSeconds(CONNECT_SECONDS_MAX);
        socket.getInterfaces().setEnabled(true).addInterface(address);
        AdvancedNetworkConfig network = config.getAdvancedNetworkConfig().setEnabled(true);
        network.setMemberEndpointConfig(socket);
        JoinConfig join = network.getJoin();
        join.getMulticastConfig().setEnabled(false);
        join.getAutoDetectionConfig().setEnabled(false);
        // Its own way from names to addresses takes only addresses of this host where it binds to one of them.
        join.getTcpIpConfig()
                .setEnabled(false)
                .setConnectionTimeoutSeconds(settings.timing().joinSeconds());
        join.getDiscoveryConfig()
                .addDiscoveryStrategyConfig(new DiscoveryStrategyConfig(
                        MemberAddresses.factory(settings.members(), settings.port(), address(settings))));
        property("discovery.enabled", true);
    }

    /** The one address of this member. */
    static InetAddress address(ClusterSettings settings) {
        try {
            return InetAddress.getByName(settings.host());
        } catch (UnknownHostException unknown) {
            throw new IllegalStateException(
                    "cluster.host: '" + settings.host()
                            + "' cannot be resolved; it takes an address of this machine, or a name of one",
                    unknown);
        }
    }

    private void maps() {
        config.addMapConfig(plainMap(BUCKETS)
                .setInMemoryFormat(InMemoryFormat.OBJECT)
                .setBackupCount(settings.backupCount())
                .setMergePolicyConfig(new MergePolicyConfig().setPolicy(HighestVersionMergePolicy.class.getName())));
        config.addMapConfig(plainMap(CLUSTER).setBackupCount(ClusterSettings.BACKUP_COUNT_MAX));
        // The names are those of vertx-hazelcast.
        config.addMultiMapConfig(new MultiMapConfig("__vertx.subs")
                .setBackupCount(1)
                .setStatisticsEnabled(false)
                .setValueCollectionType(MultiMapConfig.ValueCollectionType.SET));
        config.addMapConfig(plainMap("__vertx.haInfo").setBackupCount(1));
        config.addMapConfig(plainMap("__vertx.nodeInfo").setBackupCount(1));
    }

    private static MapConfig plainMap(String name) {
        MapConfig map = new MapConfig(name)
                .setAsyncBackupCount(0)
                .setReadBackupData(false)
                .setStatisticsEnabled(false)
                .setPerEntryStatsEnabled(false)
                .setMetadataPolicy(MetadataPolicy.OFF);
        map.getMerkleTreeConfig().setEnabled(false);
        return map;
    }

    private void member(long incarnation, String nodeId, PartitionHost host) {
        config.getMemberAttributeConfig()
                .setAttribute(NODE_ID, nodeId)
                .setAttribute(PARTITION_THREADS, Integer.toString(ownPartitionThreads()))
                .setAttribute(INCARNATION, Long.toString(incarnation))
                .setAttribute(COMMON, CommonSettings.of(settings).encoded())
                .setAttribute(EVENT_BUS, settings.host() + ":" + settings.eventBusPort());
        config.getUserContext().put(PartitionHost.CONTEXT_KEY, host);
        config.getSerializationConfig()
                .addDataSerializableFactory(ClusterSerialization.FACTORY_ID, new ClusterSerialization())
                .addSerializerConfig(new SerializerConfig()
                        .setTypeClass(BucketHolder.class)
                        .setImplementation(new BucketSerializer(settings.bucketLimits())));
    }
}
