package io.covey.server;

import io.covey.broker.BucketGateway;
import io.covey.broker.Node;
import io.covey.broker.NodeLink;
import io.covey.broker.ShardLoop;
import io.covey.cluster.BucketLoad;
import io.covey.cluster.LocalBuckets;
import io.covey.observability.BrokerMetrics;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A node alone: buckets in this process, no cluster, no port but the listeners'. */
final class LocalBackend implements Backend {
    private static final Logger LOG = LoggerFactory.getLogger(LocalBackend.class);
    private static final int HALTED = 70;

    private final ServerSettings settings;
    private final BucketLoad load;
    private final BrokerMetrics metrics;
    private @Nullable NodeStorage storage;
    private @Nullable LocalBuckets buckets;
    private volatile @Nullable Vertx vertx;
    private volatile @Nullable Node node;
    private volatile long incarnation;

    LocalBackend(ServerSettings settings, BucketLoad load, BrokerMetrics metrics) {
        this.settings = settings;
        this.load = load;
        this.metrics = metrics;
    }

    @Override
    public Vertx start() {
        NodeStorage opened = NodeStorage.open(settings, metrics);
        storage = opened;
        buckets = opened == null
                ? new LocalBuckets(
                        settings.partitions(), settings.buckets(), load, System::currentTimeMillis, this::halt)
                : new LocalBuckets(opened.buckets(), opened.journal(), load, System::currentTimeMillis, this::halt);
        Vertx started = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(settings.shards()));
        vertx = started;
        return started;
    }

    private void halt(String reason, Throwable cause) {
        LOG.error("the node halts: {}", reason, cause);
        Runtime.getRuntime().halt(HALTED);
    }

    private LocalBuckets buckets() {
        return Objects.requireNonNull(buckets, "not started");
    }

    @Override
    public void begin(long newIncarnation) {
        incarnation = newIncarnation;
        node = null;
    }

    @Override
    public BucketGateway gateway(ShardLoop loop) {
        return buckets().gateway(loop);
    }

    @Override
    public NodeLink link() {
        return (target, message) -> {
            Node receiver = node;
            if (receiver != null && target.node() == incarnation) {
                receiver.deliver(target, message);
            }
        };
    }

    @Override
    public long linkDropped() {
        return 0; // there is nobody else
    }

    @Override
    public int ownedPartitions() {
        return settings.partitions();
    }

    @Override
    public int underReplicatedPartitions() {
        return 0; // none is configured
    }

    @Override
    public void attach(Node attached) {
        node = attached;
        NodeStorage opened = storage;
        if (opened != null) {
            opened.onFull(attached::storageFull);
        }
        attached.ownedPartitions(buckets().ownedPartitions());
        attached.start(buckets().begin(incarnation));
    }

    @Override
    public void stop(long millisMax) {
        LocalBuckets served = buckets;
        if (served != null) {
            served.close();
        }
        NodeStorage opened = storage;
        if (opened != null) {
            opened.close();
        }
        Vertx running = vertx;
        if (running != null) {
            try {
                running.close().toCompletionStage().toCompletableFuture().get(5, TimeUnit.SECONDS);
            } catch (Exception e) {
                LOG.warn("Vert.x did not close in time: {}", e.toString());
            }
        }
    }
}
