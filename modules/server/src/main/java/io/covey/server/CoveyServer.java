package io.covey.server;

import io.covey.broker.Authenticator;
import io.covey.broker.Node;
import io.covey.broker.NodeLifecycle;
import io.covey.broker.NodeState;
import io.covey.broker.SessionAnswer;
import io.covey.broker.ShardLoop;
import io.covey.cluster.BucketLoad;
import io.covey.cluster.ClusterSettings;
import io.covey.config.ConfigurationException;
import io.covey.observability.BrokerMetrics;
import io.covey.observability.Drain;
import io.covey.observability.Health;
import io.covey.observability.LoopLag;
import io.covey.observability.ManagementServer;
import io.covey.observability.Sessions;
import io.covey.observability.SystemStatus;
import io.covey.wire.ConnectionGate;
import io.covey.wire.ListenerSettings;
import io.covey.wire.LoopTraffic;
import io.covey.wire.MqttListeners;
import io.covey.wire.VertxLoops;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's process: puts the parts together by hand, one incarnation after the other, and ends them in order. {@link #run} owns the main
 * thread; what other threads want of it comes through one queue.
 */
final class CoveyServer implements Health, Sessions, Drain {
    private static final Logger LOG = LoggerFactory.getLogger(CoveyServer.class);
    private static final long START_SECONDS_MAX = 60;

    /** For an orderly end after SIGTERM; who sends it waits 30 s as a rule. */
    private static final Duration STOP_TIME = Duration.ofSeconds(22);

    private static final int STOP_GRACE_SECONDS = 4;
    private static final long REPLICAS_POLL_MILLIS = 100;
    private static final int NOT_IN_ORDER = 1;
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(2);

    private enum Event {
        SERVING,
        RESTART,
        DRAIN,
        STOP
    }

    private final ServerSettings settings;
    private final BrokerMetrics metrics = new BrokerMetrics();
    private final ConnectionGate gate;
    private final BucketLoad load;
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    /** Of its own, so that whoever asks much of the management port takes no turns of the loops that serve clients. */
    private final Vertx managementVertx =
            Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setWorkerPoolSize(1));

    private final SecureRandom random = new SecureRandom();
    private final long startedNanos = System.nanoTime();
    private volatile @Nullable Thread runner;
    private volatile boolean failed;
    private volatile boolean started;
    private volatile boolean listening;
    private volatile String replicasBehind = "not joined yet";
    private volatile @Nullable Leaving leaving;
    private volatile int managementPort;
    private volatile boolean stopping;
    private final SystemStatus status = new SystemStatus(metrics);
    private volatile @Nullable Node node;
    private volatile List<ShardLoop> loops = List.of();
    private volatile @Nullable Backend running;

    CoveyServer(ServerSettings settings) {
        this.settings = settings;
        this.load = new BucketLoad(
                settings.partitions(), settings.bucketMemoryBytes(), metrics::dropped, metrics::sessionsExpired);
        this.gate = new ConnectionGate(settings.connections(), new ConnectionGate.Observer() {
            @Override
            public void refused(String listener, ConnectionGate.Refusal reason) {
                metrics.connectionRefused(listener, reason.name().toLowerCase(Locale.ROOT));
            }

            @Override
            public void closed(String listener, ConnectionGate.Slowness reason) {
                metrics.slowReaderClosed(listener, reason.name().toLowerCase(Locale.ROOT));
            }
        });
    }

    /** Runs until {@link #shutDown}; throws where the node cannot go on. */
    void run() {
        runner = Thread.currentThread();
        LOG.info(
                "starting; node={} pid={} java={} processors={} heapMaxMiB={}",
                settings.nodeName(),
                ProcessHandle.current().pid(),
                Runtime.version(),
                Runtime.getRuntime().availableProcessors(),
                Runtime.getRuntime().maxMemory() >> 20);
        Backend backend = backend();
        running = backend;
        show(backend);
        Leaving way = new Leaving(backend, gate::connections);
        leaving = way;
        try {
            Authenticator authenticator = settings.auth().open();
            long incarnation = random.nextLong() >>> 1;
            backend.begin(incarnation);
            Vertx vertx = backend.start();
            VertxLoops deployed = await(VertxLoops.deploy(vertx, settings.shards(), settings.turnIntervalMicros()));
            loops = deployed.loops();
            show(deployed);
            await(manage());
            tellStatusFromNowOn(vertx);
            while (runIncarnation(incarnation, backend, authenticator, deployed)) {
                metrics.restarted();
                incarnation = random.nextLong() >>> 1;
                backend.begin(incarnation);
            }
        } catch (InterruptedException e) {
            LOG.info("told to stop before it was ready");
        } catch (RuntimeException failure) {
            failed = started || !stopping;
            if (failed) {
                throw failure;
            }
            LOG.info("told to stop before it was ready: {}", failure.toString());
        } finally {
            way.hurry(STOP_TIME); // where it ends without having been told to
            backend.stop(Math.max(1_000, way.millisLeft()));
            var unused = managementVertx.close();
            LOG.info("stopped; node={}", settings.nodeName());
            ended.countDown();
        }
    }

    /** What is asked for when Prometheus asks. */
    private void show(Backend backend) {
        metrics.buckets(load::owned, this::oldestQueuedSeconds, load::bytes, load.bytesMax());
        metrics.wire(gate::halfOpen, gate::outputBytes);
        metrics.link(backend::linkDropped);
        metrics.partitions(settings.partitions(), backend::ownedPartitions, backend::underReplicatedPartitions);
        metrics.cluster(this::members, this::membersNeeded, this::routes);
        metrics.health(this);
    }

    private void show(VertxLoops deployed) {
        for (int shard = 0; shard < settings.shards(); shard++) {
            LoopTraffic traffic = deployed.traffic(shard);
            metrics.traffic(traffic::packetsReceived, traffic::packetsSent, traffic::bytesReceived, traffic::bytesSent);
            LoopLag.watch(deployed.loops().get(shard), shard, metrics);
        }
    }

    private void tellStatusFromNowOn(Vertx vertx) {
        int seconds = settings.configuration().integer("mqtt.sys-topics.interval");
        if (seconds > 0) {
            vertx.setPeriodic(TimeUnit.SECONDS.toMillis(seconds), timer -> tellStatus());
        }
    }

    /** What is below $SYS; the status is made on the first shard's loop, each time. */
    private void tellStatus() {
        Node current = node;
        if (current != null && !stopping) {
            current.exchangeFigures(status.figures(), members -> {
                long uptimeMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startedNanos);
                current.tellSystemTopics(status.messages(members, uptimeMillis, System.currentTimeMillis()));
            });
        }
    }

    private double oldestQueuedSeconds() {
        long at = load.oldestQueuedAtMillis();
        return at < 0 ? 0 : Math.max(0, System.currentTimeMillis() - at) / 1_000.0;
    }

    private int members() {
        Node current = node;
        return current == null ? 0 : current.state().members().nodes().size();
    }

    private int membersNeeded() {
        Node current = node;
        int agreed = current == null ? 0 : current.state().membersNeeded();
        return Math.max(agreed, settings.node().membership().minimumMembers());
    }

    private int routes() {
        Node current = node;
        return current == null ? 0 : current.state().routes().filters();
    }

    /** Asks {@link #run} to end and waits for it; then ends the process with status 0. Runs in the JVM's shutdown hook. */
    void shutDown() {
        stopping = true;
        Leaving way = leaving;
        if (way != null) {
            way.hurry(STOP_TIME);
        }
        events.add(Event.STOP);
        Thread running = runner;
        if (!started && running != null) {
            running.interrupt(); // it may wait for a cluster that does not form
        }
        boolean inTime = false;
        try {
            inTime = ended.await(STOP_TIME.toSeconds() + STOP_GRACE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!inTime) {
            LOG.warn("the node did not end in time");
        }
        if (!failed) {
            // A JVM that ends by a signal reports that signal; operators expect 0 from an orderly end.
            Runtime.getRuntime().halt(inTime || !started ? 0 : NOT_IN_ORDER);
        }
    }

    /** One incarnation from start to end; true when another is to follow. */
    private boolean runIncarnation(long incarnation, Backend backend, Authenticator authenticator, VertxLoops loops)
            throws InterruptedException {
        MqttListeners listeners = null;
        Node current = node(incarnation, backend, authenticator, loops.loops());
        node = current;
        replicasBehind = "not joined yet";
        backend.attach(current);
        Leaving way = Objects.requireNonNull(leaving);
        boolean mayOpen = false;
        while (true) {
            Event event = mayOpen ? events.poll(REPLICAS_POLL_MILLIS, TimeUnit.MILLISECONDS) : events.take();
            if (event == null || event == Event.SERVING) {
                replicasBehind = backend.replicasBehind();
                mayOpen = !replicasBehind.isEmpty() && way.takesClients() && !stopping;
                if (!mayOpen && way.takesClients() && !stopping) {
                    listeners = await(MqttListeners.open(loops, settings.listeners(), current::connect, gate));
                    ready(listeners);
                }
            } else if (event == Event.DRAIN) {
                drain(way, current, listeners, backend);
            } else if (event == Event.STOP || !way.isDrained()) {
                end(event, current, listeners, way);
                // What the old incarnation still had to say does not concern the next one.
                events.removeIf(late -> late != Event.STOP && late != Event.DRAIN);
                return event == Event.RESTART && !stopping;
            }
        }
    }

    private void drain(Leaving way, Node current, @Nullable MqttListeners listeners, Backend backend)
            throws InterruptedException {
        ClusterSettings cluster = settings.cluster();
        int nodesMin = cluster == null
                ? 0
                : Math.max(settings.node().membership().minimumMembers(), cluster.backupCount() + 1);
        if (way.drain(current, listeners, nodesMin)) {
            listening = false;
            stop(current, way);
            backend.leaveForGood();
            way.drained();
        }
    }

    private static void stop(Node current, Leaving way) throws InterruptedException {
        CountDownLatch stopped = new CountDownLatch(1);
        current.stop(stopped::countDown);
        if (!stopped.await(Math.max(1_000, way.millisLeft()), TimeUnit.MILLISECONDS)) {
            LOG.warn("not everything was recorded before the end");
        }
    }

    private void restart(String reason) {
        LOG.warn("this node gives up its incarnation and begins another: {}", reason);
        events.add(Event.RESTART);
    }

    private Backend backend() {
        return settings.cluster() == null
                ? new LocalBackend(settings, load, metrics)
                : new ClusterBackend(settings, settings.cluster(), load, metrics);
    }

    private Future<ManagementServer> manage() {
        String host = settings.configuration().text("management.host");
        int port = settings.configuration().integer("management.port");
        return ManagementServer.listen(managementVertx, host, port, metrics, this, this, this)
                .onSuccess(open -> {
                    managementPort = open.port();
                    LOG.info("management open; host={} port={}", host, open.port());
                })
                .recover(failure -> Future.failedFuture(new ConfigurationException(
                        "management.port: cannot listen on " + host + ":" + port + ": " + failure.getMessage())));
    }

    private Node node(long incarnation, Backend backend, Authenticator authenticator, List<ShardLoop> loops) {
        return new Node(
                settings.node(),
                incarnation,
                loops,
                shard -> backend.gateway(loops.get(shard)),
                backend.link(),
                authenticator,
                metrics,
                new NodeLifecycle() {
                    @Override
                    public void serving() {
                        events.add(Event.SERVING);
                    }

                    @Override
                    public void restart(String reason) {
                        CoveyServer.this.restart(reason);
                    }
                });
    }

    private void ready(MqttListeners listeners) {
        listening = true;
        if (settings.configuration().integer("mqtt.sys-topics.interval") > 0) {
            tellStatus();
        }
        List<String> addresses = new ArrayList<>();
        for (ListenerSettings listener : settings.listeners()) {
            int port = listeners.port(listener.name());
            LOG.info(
                    "listener open; name={} type={} host={} port={}",
                    listener.name(),
                    listener.type().name().toLowerCase(Locale.ROOT),
                    listener.host(),
                    port);
            addresses.add(listener.name() + "=" + listener.host() + ":" + port);
        }
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startedNanos);
        if (!started) {
            started = true;
            System.out.println("covey ready node=" + settings.nodeName() + " " + String.join(" ", addresses)
                    + " management=" + settings.configuration().text("management.host") + ":"
                    + managementPort + " after " + millis + " ms");
        }
        LOG.info("ready; node={} afterMillis={}", settings.nodeName(), millis);
    }

    /** Clients are disconnected and their ends recorded; after a lost lease there is nothing left that may be recorded. */
    private void end(Event event, Node incarnation, @Nullable MqttListeners listeners, Leaving way)
            throws InterruptedException {
        listening = false;
        if (event == Event.STOP && !way.isDrained()) {
            LOG.info("stopping; node={}", settings.nodeName());
            way.sendAway(incarnation, listeners);
            if (incarnation.state().serving()) {
                String problem = way.moveData();
                if (!problem.isEmpty()) {
                    LOG.warn("the node leaves although its data has not moved: {}", problem);
                }
            }
            stop(incarnation, way);
        }
        if (listeners != null) {
            try {
                await(listeners.close(event == Event.STOP ? CLOSE_PATIENCE : Duration.ZERO));
            } catch (IllegalStateException e) {
                LOG.warn("listeners did not close cleanly: {}", e.getMessage());
            }
        }
    }

    private static <T> T await(Future<T> future) throws InterruptedException {
        try {
            return future.toCompletionStage().toCompletableFuture().get(START_SECONDS_MAX, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(String.valueOf(e.getCause()), e.getCause());
        } catch (TimeoutException e) {
            throw new IllegalStateException("nothing happened for " + START_SECONDS_MAX + " s", e);
        }
    }

    @Override
    public List<Condition> conditions() {
        Node current = node;
        boolean leased =
                current != null && current.state().leaseTerm(System.nanoTime() / 1_000_000) != NodeState.NO_LEASE;
        boolean serving = current != null && current.state().serving();
        int members = members();
        int needed = membersNeeded();
        Backend backend = running;
        String waitsFor = backend == null ? "not opened yet" : backend.waitsFor();
        return List.of(
                running(),
                new Condition("members", members >= needed, members + " of at least " + needed + " members"),
                new Condition("storage", waitsFor.isEmpty(), waitsFor.isEmpty() ? storage(current) : waitsFor),
                new Condition(
                        "lease", leased, leased ? "held" : "not held: a majority of the members has not renewed it"),
                new Condition("routes", serving, serving ? "caught up" : "not caught up with the other nodes"),
                new Condition(
                        "replicas",
                        replicasBehind.isEmpty(),
                        replicasBehind.isEmpty() ? "had their copies when this node joined" : replicasBehind),
                new Condition("listeners", listening, listening ? "open" : "not open"));
    }

    /** A full disk makes no node less ready: the others would refuse as well. */
    private static String storage(@Nullable Node current) {
        return current != null && current.state().storageFull()
                ? "all buckets are there; the disk of a node is full: messages of QoS 1 and 2 are refused"
                : "all buckets are there";
    }

    private Condition running() {
        Leaving way = leaving;
        String state = way == null ? "serving" : way.state();
        boolean draining = !state.equals("serving");
        return new Condition(
                "running",
                !stopping && !draining,
                stopping ? "stopping" : draining ? "drain: " + state : "neither stopping nor draining");
    }

    @Override
    public Progress drainProgress() {
        Leaving way = leaving;
        return way == null ? new Progress("serving", "not started yet", 0, 0, 0) : way.progress();
    }

    @Override
    public Progress drain(int deadlineSeconds) {
        Leaving way = leaving;
        if (way != null && !stopping && way.begin(Duration.ofSeconds(deadlineSeconds))) {
            events.add(Event.DRAIN);
        }
        return drainProgress();
    }

    @Override
    public boolean hasStarted() {
        return started;
    }

    @Override
    public List<ShardLoop> loops() {
        return loops;
    }

    @Override
    public void describe(String clientId, SessionAnswer answer) {
        Node current = node;
        if (current == null || stopping) {
            answer.unavailable("this node does not serve at the moment");
        } else {
            current.describe(clientId, answer);
        }
    }
}
