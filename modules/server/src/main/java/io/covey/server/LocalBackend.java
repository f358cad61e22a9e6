package io.covey.server;

import io.covey.broker.BucketGateway;
import io.covey.broker.Node;
import io.covey.broker.NodeLink;
import io.covey.broker.ShardLoop;
import io.covey.cluster.LocalBuckets;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A node alone: buckets in this process, no cluster, no port but the listeners'. */
final class LocalBackend implements Backend {
    private static final Logger LOG = LoggerFactory.getLogger(LocalBackend.class);
    private static final int HALTED = 70;

    private final ServerSettings settings;
    private final LocalBuckets buckets;
    private volatile @Nullable Vertx vertx;
    private volatile @Nullable Node node;
    private volatile long incarnation;

    LocalBackend(ServerSettings settings) {
        this.settings = settings;
        this.buckets = new LocalBuckets(
                settings.partitions(), settings.buckets(), System::currentTimeMillis, (reason, cause) -> {
                    LOG.error("the node halts: {}", reason, cause);
                    Runtime.getRuntime().halt(HALTED);
                });
    }

    @Override
    public Vertx start() {
        Vertx started = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(settings.shards() + 1));
        vertx = started;
        return started;
    }

    @Override
    public void begin(long newIncarnation) {
        incarnation = newIncarnation;
        node = null;
    }

    @Override
    public BucketGateway gateway(ShardLoop loop) {
        return buckets.gateway(loop);
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
    public void attach(Node attached, Consumer<String> restart) {
        node = attached;
        attached.ownedPartitions(buckets.ownedPartitions());
        attached.start(buckets.begin(incarnation));
    }

    @Override
    public void stop() {
        buckets.close();
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
