package io.covey.cluster;

import com.hazelcast.config.Config;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.LifecycleEvent;
import com.hazelcast.core.LifecycleEvent.LifecycleState;
import io.covey.broker.BucketGateway;
import io.covey.broker.NodeLink;
import io.covey.broker.NodeMessage;
import io.covey.broker.ShardLoop;
import io.covey.bucket.Standing;
import io.covey.routing.ShardAddress;
import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.VertxOptions;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.LongUnaryOperator;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This process as a node of a cluster: a Hazelcast member with its share of the buckets, and a Vert.x instance whose event bus reaches the
 * other nodes.
 *
 * <table><caption>Life</caption>
 * <tr><td>{@link #start}</td><td>joins, or forms, the cluster; blocks until Hazelcast and Vert.x run</td></tr>
 * <tr><td>{@link #attach}</td><td>a node of this incarnation is there and is told everything from now on</td></tr>
 * <tr><td>{@link #begin}</td><td>the incarnation is over and another begins. The member goes on, and keeps its copies: were it to leave
 *     whenever a lease lapses, a pause of the network that lets all leases lapse would take all buckets with it</td></tr>
 * <tr><td>{@link #handOver}</td><td>the buckets move to the other members while the node still serves those that have not</td></tr>
 * <tr><td>{@link #stop}</td><td>leaves, and hands over what is left</td></tr></table>
 *
 * <p>Methods that block must not be called on an event loop.
 */
public final class ClusterNode {
    private static final long START_SECONDS_MAX = 60;
    /** How long a start waits for the names of a majority, while DNS may know only some of them yet. */
    private static final int NAMES_SECONDS_MAX = 5;

    private static final long VERTX_STOP_SECONDS_MAX = 5;
    private static final long REPLICA_LOOK_MILLIS = 1_000;
    private static final int EVENT_BUS_CONNECT_MILLIS_MAX = 2_000;
    private static final String MERGED = "joined again after a split of the cluster";

    private static final Logger LOG = LoggerFactory.getLogger(ClusterNode.class);

    private final ClusterSettings settings;
    private final String nodeId = UUID.randomUUID().toString();
    private final PartitionHost host;
    private final HazelcastInstance hazelcast;
    private final HazelcastBuckets buckets;
    private final HazelcastMembership membership;
    private final Formation formation;
    private final Leftovers leftovers;
    private final LostBuckets lostBuckets;
    private final ReplicaCheck replicas;
    private final Recurring replicaWatch;
    private final Promotion promotion;
    private final HandOver handOver;
    private final ScheduledExecutorService thread =
            Executors.newSingleThreadScheduledExecutor(task -> daemon(task, "covey-cluster"));
    private volatile @Nullable Vertx vertx;
    private volatile @Nullable EventBusNodeLink link;
    private volatile @Nullable ClusterListener listener;
    private volatile boolean stopping;

    /** The member has merged into the others when no incarnation was there to be told. On the cluster's thread, as the next. */
    private boolean mergedUnheard;

    private @Nullable ClusterListener told;
    /** Whether it was told that it may begin. */
    private boolean begun;

    private ClusterNode(
            ClusterSettings settings,
            long incarnation,
            ClusterStorage storage,
            BucketLoad load,
            HaltSwitch haltSwitch) {
        this.settings = settings;
        host = new PartitionHost(settings, incarnation, load, haltSwitch, storage);
        awaitNames();
        hazelcast = join(HazelcastConfiguration.of(settings, incarnation, nodeId, host));
        buckets = new HazelcastBuckets(
                hazelcast, settings.partitionCount(), settings.timing().backupTimeoutMillis(), storage.isSynced());
        membership = new HazelcastMembership(hazelcast, host, nodeId, thread, settings, buckets::memberLeft);
        formation = new Formation(
                hazelcast,
                buckets,
                settings,
                storage,
                nodeId,
                earlier -> onThread(() -> formed(earlier)),
                foreign -> haltSwitch.halt(String.valueOf(foreign.getMessage()), foreign));
        lostBuckets = new LostBuckets(
                buckets,
                membership,
                settings,
                storage,
                nodeId,
                gone -> onThread(() -> membership.earlier(gone)),
                () -> onThread(this::mayBegin));
        leftovers = new Leftovers(buckets, host, lostBuckets::counts);
        replicas = new ReplicaCheck(buckets, host);
        replicaWatch = new Recurring("covey-replicas", REPLICA_LOOK_MILLIS, replicas::lookAtOwned);
        promotion = new Promotion(hazelcast, () -> host.mayOwn(hazelcast) || lostBuckets.brings(), formation::renew);
        handOver = new HandOver(hazelcast, nodeId, replicas, promotion, settings.backupCount());
        hazelcast.getLifecycleService().addLifecycleListener(this::lifecycle);
    }

    /**
     * Starts a member and a Vert.x instance over it.
     *
     * @param incarnation a number drawn at random (63 bits), never reused
     * @param load is told what the buckets here hold
     * @param options of the Vert.x instance; where its event bus listens is set here
     * @param extras more for the builder of the Vert.x instance, such as metrics
     * @param haltSwitch ends the process when a bucket fails
     * @throws IllegalStateException with one clear line when the node cannot start: a port in use, a host that is not this machine's
     */
    public static ClusterNode start(
            ClusterSettings settings,
            long incarnation,
            BucketLoad load,
            VertxOptions options,
            UnaryOperator<VertxBuilder> extras,
            HaltSwitch haltSwitch) {
        return start(settings, incarnation, ClusterStorage.none(), load, options, extras, haltSwitch);
    }

    /**
     * The same for a member with a disk.
     *
     * @param storage closed by the caller, after {@link #stop}
     */
    public static ClusterNode start(
            ClusterSettings settings,
            long incarnation,
            ClusterStorage storage,
            BucketLoad load,
            VertxOptions options,
            UnaryOperator<VertxBuilder> extras,
            HaltSwitch haltSwitch) {
        ClusterNode node = new ClusterNode(settings, incarnation, storage, load, haltSwitch);
        try {
            CommonSettings.of(settings).check(node.hazelcast);
            node.promotion.whereNotFormed();
            node.startVertx(options, extras);
        } catch (RuntimeException failure) {
            node.terminate();
            throw failure;
        }
        node.membership.start();
        daemon(node.formation, "covey-formation").start();
        daemon(node.promotion, "covey-promotion").start();
        return node;
    }

    private void awaitNames() {
        new MemberAddresses(
                        com.hazelcast.logging.Logger.getLogger(MemberAddresses.class),
                        settings.members(),
                        settings.port(),
                        HazelcastConfiguration.address(settings))
                .await(settings.formationQuorum(), NAMES_SECONDS_MAX);
    }

    private HazelcastInstance join(Config config) {
        try {
            return Hazelcast.newHazelcastInstance(config);
        } catch (RuntimeException failure) {
            thread.shutdownNow();
            throw new IllegalStateException(
                    "the cluster's member cannot start at " + settings.host() + ":" + settings.port() + ": "
                            + failure.getMessage(),
                    failure);
        }
    }

    private void startVertx(VertxOptions options, UnaryOperator<VertxBuilder> extras) {
        options.getEventBusOptions()
                .setHost(settings.host())
                .setPort(settings.eventBusPort())
                // One that is begun while the network is cut would hold up everything for a minute after its return.
                .setConnectTimeout(EVENT_BUS_CONNECT_MILLIS_MAX)
                .setClusterPingInterval(TimeUnit.SECONDS.toMillis(2))
                .setClusterPingReplyInterval(TimeUnit.SECONDS.toMillis(5));
        Vertx started = within(
                START_SECONDS_MAX,
                extras.apply(Vertx.builder().with(options).withClusterManager(new EventBusCluster(hazelcast)))
                        .buildClustered()
                        .toCompletionStage()
                        .toCompletableFuture(),
                "the event bus cannot start at " + settings.host() + ":" + settings.eventBusPort());
        vertx = started;
        EventBusNodeLink bus = new EventBusNodeLink(started, membership, host, this::received);
        CompletableFuture<Boolean> listening = new CompletableFuture<>();
        bus.start(nodeId, failure -> {
            if (failure == null) {
                listening.complete(true);
            } else {
                listening.completeExceptionally(failure);
            }
        });
        within(START_SECONDS_MAX, listening, "the event bus does not listen");
        link = bus;
    }

    private static <T> T within(long secondsMax, CompletableFuture<T> future, String complaint) {
        try {
            return future.get(secondsMax, TimeUnit.SECONDS);
        } catch (ExecutionException failure) {
            throw new IllegalStateException(complaint + ": " + failure.getMessage(), failure);
        } catch (TimeoutException timeout) {
            throw new IllegalStateException(complaint + " within " + secondsMax + " s", timeout);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(complaint + ": interrupted", interrupted);
        }
    }

    /** The Vert.x instance that everything of this node runs on. */
    public Vertx vertx() {
        return BucketBatchProcessor.given(vertx);
    }

    /** The way of a shard of the current incarnation to the buckets; answers come on its loop. From any thread. */
    public BucketGateway gateway(ShardLoop loop) {
        return buckets.gateway(loop);
    }

    /** The way to other nodes, and to other shards of this one. */
    public NodeLink link() {
        return BucketBatchProcessor.given(link);
    }

    /** Messages from and to other nodes that were dropped since the start, of which nothing depends but time. From any thread. */
    public long linkDropped() {
        EventBusNodeLink bus = link;
        return bus == null ? 0 : bus.dropped();
    }

    /** Milliseconds of the epoch by the cluster's clock, which is that of its oldest member. From any thread. */
    public long clusterMillis() {
        return hazelcast.getCluster().getClusterTime();
    }

    /**
     * A node of the current incarnation is there: its listener is told what holds now and everything that follows. From any thread.
     *
     * @param bucketTerm the term under which the node may change the buckets that its member owns at this moment, or {@link Standing#NO_TERM}, when the
     *     newest departure of a member was told with the view of that number; asked on partitions' threads, twice for each batch [I9]
     */
    public void attach(LongUnaryOperator bucketTerm, ClusterListener attached) {
        host.right(bucketTerm);
        listener = attached;
        onThread(() -> {
            told = attached;
            begun = false;
            membership.attach(attached);
            if (mergedUnheard) {
                mergedUnheard = false;
                attached.restart(MERGED);
            } else {
                mayBegin();
            }
        });
    }

    /**
     * Ends the current incarnation and begins another in the same member: nothing is told to the old listener any more, batches of the old
     * incarnation are refused as soon as the members know. Blocks until the cluster has taken the new number.
     *
     * @throws IllegalStateException when it did not take it, for now; to be tried again
     */
    public void begin(long incarnation) {
        listener = null;
        buckets.forgetGateways();
        host.begin(incarnation);
        onThread(() -> {
            told = null;
            membership.detach();
        });
        try {
            membership.announce(incarnation);
        } catch (RuntimeException failure) {
            throw new IllegalStateException("the cluster has not taken the new incarnation: " + failure, failure);
        }
        membership.lookSoon();
    }

    /**
     * Hands the buckets over and leaves; after {@code millisMax} it leaves without. Also without a quorum. Blocks, and closes Vert.x: not
     * on one of its threads.
     */
    public void stop(long millisMax) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millisMax);
        endWatching();
        closeVertx();
        Thread leaving = daemon(() -> hazelcast.getLifecycleService().shutdown(), "covey-leave");
        leaving.start();
        try {
            leaving.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        if (leaving.isAlive()) {
            LOG.warn("the buckets could not be handed over in time; the member leaves without; millis={}", millisMax);
        }
        terminate();
    }

    /** Nothing is told or begun any more. */
    private void endWatching() {
        stopping = true;
        listener = null;
        formation.stop();
        promotion.stop();
        leftovers.stop();
        replicaWatch.stop();
        lostBuckets.stop();
    }

    /** Leaves at once, as a crash would, but for this process going on. */
    public void terminate() {
        endWatching();
        hazelcast.getLifecycleService().terminate();
        thread.shutdownNow();
        closeVertx();
    }

    /**
     * The node is empty and serves nobody any more: the others count without it from now on. Blocks, also for the time of a lease where another node
     * has left just before.
     *
     * @throws InterruptedException when interrupted
     */
    public void leftForGood() throws InterruptedException {
        membership.leftForGood();
        lostBuckets.leftForGood();
    }

    /** Moves all buckets of this member to the others, while it goes on. */
    public HandOver handOver() {
        return handOver;
    }

    /**
     * What is missing for every partition of the cluster to have its copies, confirmed, and for this member to have its share of them, in words; the
     * empty string where nothing is. Blocks for up to two seconds.
     */
    public String replicasBehind() {
        String waitsFor = waitsFor();
        if (!waitsFor.isEmpty()) {
            return waitsFor;
        }
        int copies = settings.partitionCount() * (settings.backupCount() + 1);
        if (replicas.heldHere() == 0 && hazelcast.getCluster().getMembers().size() <= copies) {
            return "no partition has moved here yet";
        }
        return replicas.behind();
    }

    /**
     * What is waited for, in words, before a node of this member may begin: the forming of the cluster, or that the owners have the buckets that are newer
     * here. The empty string where nothing is. From any thread.
     */
    public String waitsFor() {
        String forming = formation.status();
        return forming.isEmpty() ? lostBuckets.status() : forming;
    }

    /**
     * How many partitions have no bucket since all that held them were down; the oldest member knows, and who holds copies. From any thread.
     */
    public int lostPartitions() {
        return lostBuckets.lost();
    }

    /** How many partitions this member owns at the moment. From any thread. */
    public int ownedPartitions() {
        return buckets.owned();
    }

    /**
     * How many of those are not known to have as many backups as configured, each with what the owner has. One that has moved counts until it was asked,
     * which is within some seconds. From any thread.
     */
    public int underReplicatedPartitions() {
        return replicas.behindHere();
    }

    /** Tells all members whether this one's disk has no room for new messages. From any thread. */
    public void storageFull(boolean now) {
        membership.announceFull(now);
    }

    /** For tests: whether this member's disk may hold something of a partition. */
    boolean mayHoldOnDisk(int partition) {
        return host.storage().mayHold(partition);
    }

    /** For tests. */
    HazelcastBuckets buckets() {
        return buckets;
    }

    private void closeVertx() {
        Vertx running = vertx;
        vertx = null;
        if (running != null) {
            try {
                running.close().toCompletionStage().toCompletableFuture().get(VERTX_STOP_SECONDS_MAX, TimeUnit.SECONDS);
            } catch (ExecutionException | TimeoutException failure) {
                LOG.warn("Vert.x did not close in time: {}", failure.toString());
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void formed(List<Long> earlier) {
        membership.formed();
        if (!earlier.isEmpty()) {
            membership.earlier(earlier);
        }
        replicaWatch.start();
        leftovers.start();
        lostBuckets.start();
    }

    /** An incarnation begins, and counts for anybody's lease from then on, when the owners have what this member has brought. */
    private void mayBegin() {
        if (told != null && !begun && lostBuckets.counts()) {
            begun = true;
            told.formed();
        }
    }

    private void received(ShardAddress target, NodeMessage message) {
        ClusterListener attached = listener;
        // One of before a merge is over: its word would count with the members that it goes over to.
        if (attached != null && lostBuckets.counts()) {
            attached.message(target, message);
        }
    }

    void lifecycle(LifecycleEvent event) {
        LifecycleState state = event.getState();
        if (state == LifecycleState.MERGING) {
            // Until it has begun again, this node's word counts for nothing.
            host.right(PartitionHost.NO_RIGHT);
            lostBuckets.merging();
        } else if (state == LifecycleState.MERGED) {
            lostBuckets.merged();
            onThread(this::merged);
        } else if (state == LifecycleState.SHUTDOWN && !stopping) {
            tell(attached -> attached.ended("the cluster's member has ended by itself"));
        }
    }

    private void merged() {
        try {
            CommonSettings.of(settings).check(hazelcast);
        } catch (IllegalStateException different) {
            tell(attached -> attached.ended(String.valueOf(different.getMessage())));
            return;
        }
        // What the node announced of itself on its own side of the split is not known to the others.
        ClusterListener attached = listener; // once: an incarnation that attaches meanwhile is told by its attaching
        mergedUnheard = attached == null;
        if (attached != null) {
            attached.restart(MERGED);
        }
    }

    private void tell(Consumer<ClusterListener> what) {
        ClusterListener attached = listener;
        if (attached != null) {
            what.accept(attached);
        }
    }

    private void onThread(Runnable task) {
        try {
            thread.execute(() -> {
                try {
                    task.run();
                } catch (RuntimeException defect) {
                    LOG.error("a task of the cluster's thread failed", defect);
                }
            });
        } catch (RejectedExecutionException stopped) {
            LOG.debug("not done, the node has stopped");
        }
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }
}
