package io.covey.server;

import io.covey.broker.BucketGateway;
import io.covey.broker.MembershipView;
import io.covey.broker.Node;
import io.covey.broker.NodeLink;
import io.covey.broker.NodeMessage;
import io.covey.broker.NodeState;
import io.covey.broker.ShardLoop;
import io.covey.cluster.BucketLoad;
import io.covey.cluster.ClusterListener;
import io.covey.cluster.ClusterNode;
import io.covey.cluster.ClusterSettings;
import io.covey.cluster.HandOver;
import io.covey.config.ConfigurationException;
import io.covey.observability.BrokerMetrics;
import io.covey.routing.ShardAddress;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A node among others: buckets in Hazelcast's partitions, messages over the clustered event bus. */
final class ClusterBackend implements Backend {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterBackend.class);
    private static final int HALTED = 70;
    private static final int BEGIN_TRIES_MAX = 20;

    private final ServerSettings settings;
    private final ClusterSettings cluster;
    private final BucketLoad load;
    private final BrokerMetrics metrics;
    private @Nullable NodeStorage storage;
    private volatile @Nullable ClusterNode member;
    private boolean begun;
    private long firstIncarnation;

    ClusterBackend(ServerSettings settings, ClusterSettings cluster, BucketLoad load, BrokerMetrics metrics) {
        this.settings = settings;
        this.load = load;
        this.metrics = metrics;
        this.cluster = cluster;
    }

    @Override
    public void begin(long incarnation) {
        if (!begun) {
            begun = true;
            firstIncarnation = incarnation;
            return;
        }
        IllegalStateException last = null;
        for (int i = 0; i < BEGIN_TRIES_MAX; i++) {
            try {
                member().begin(incarnation);
                return;
            } catch (IllegalStateException notTaken) {
                last = notTaken;
                LOG.warn("{}; trying again", notTaken.getMessage());
                pause();
            }
        }
        throw Objects.requireNonNull(last);
    }

    private static void pause() {
        try {
            TimeUnit.SECONDS.sleep(1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public Vertx start() {
        NodeStorage opened = NodeStorage.open(settings, metrics);
        storage = opened;
        try {
            ClusterNode started = ClusterNode.start(
                    cluster,
                    firstIncarnation,
                    opened == null ? NodeStorage.inMemory(settings) : opened.clusterStorage(),
                    load,
                    new VertxOptions().setEventLoopPoolSize(settings.shards()),
                    UnaryOperator.identity(),
                    (reason, cause) -> {
                        LOG.error("the node halts: {}", reason, cause);
                        Runtime.getRuntime().halt(HALTED);
                    });
            member = started;
            if (opened != null) {
                opened.onFull(started::storageFull);
                opened.watchRecovery(() -> !started.waitsFor().isEmpty());
                opened.watchLost(started::lostPartitions);
            }
            return started.vertx();
        } catch (IllegalStateException cannotStart) {
            throw new ConfigurationException(String.valueOf(cannotStart.getMessage()));
        }
    }

    private ClusterNode member() {
        return Objects.requireNonNull(member, "not started");
    }

    @Override
    public BucketGateway gateway(ShardLoop loop) {
        return member().gateway(loop);
    }

    @Override
    public NodeLink link() {
        return member().link();
    }

    @Override
    public long linkDropped() {
        ClusterNode running = member;
        return running == null ? 0 : running.linkDropped();
    }

    @Override
    public int ownedPartitions() {
        ClusterNode running = member;
        return running == null ? 0 : running.ownedPartitions();
    }

    @Override
    public int underReplicatedPartitions() {
        ClusterNode running = member;
        return running == null ? 0 : running.underReplicatedPartitions();
    }

    @Override
    public void attach(Node node) {
        NodeState state = node.state();
        member().attach(departure -> state.bucketTerm(System.nanoTime() / 1_000_000, departure), new Feed(node));
    }

    /** Passes on what the cluster tells; the node starts once buckets exist. Called on the cluster's thread but for messages. */
    private static final class Feed implements ClusterListener {
        private final Node node;
        private @Nullable MembershipView newest;
        private boolean started;

        Feed(Node node) {
            this.node = node;
        }

        @Override
        public void formed() {
            started = true;
            node.start(Objects.requireNonNull(newest, "members are told before formation"));
        }

        @Override
        public void storageFull(boolean any) {
            node.storageFull(any);
        }

        @Override
        public void members(MembershipView view) {
            newest = view;
            if (started) {
                node.members(view);
            }
        }

        @Override
        public void agreedSize(int nodes) {
            node.agreedSize(nodes);
        }

        @Override
        public void ownedPartitions(int[] partitions) {
            node.ownedPartitions(partitions);
        }

        @Override
        public void message(ShardAddress target, NodeMessage message) {
            node.deliver(target, message);
        }

        @Override
        public void restart(String reason) {
            // By way of the node: one that went on would lose its lease later, and end its successor with itself.
            node.incarnationOver(reason);
        }

        @Override
        public void ended(String reason) {
            LOG.error("the process ends, for its cluster member has ended: {}", reason);
            Runtime.getRuntime().halt(HALTED);
        }
    }

    @Override
    public String waitsFor() {
        ClusterNode running = member;
        return running == null ? "the cluster's member starts" : running.waitsFor();
    }

    @Override
    public String replicasBehind() {
        return member().replicasBehind();
    }

    @Override
    public void leaveForGood() throws InterruptedException {
        member().leftForGood();
    }

    @Override
    public @Nullable HandOver handOver() {
        ClusterNode running = member;
        return running == null ? null : running.handOver();
    }

    @Override
    public void stop(long millisMax) {
        ClusterNode running = member;
        if (running != null) {
            running.stop(millisMax);
        }
        NodeStorage opened = storage;
        if (opened != null) {
            opened.close();
        }
    }
}
