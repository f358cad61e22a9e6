package io.covey.observability;

import io.covey.broker.BrokerEvents;
import io.covey.broker.DropReason;
import io.covey.bucket.BucketFigures;
import io.covey.bucket.Shortage;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.session.ConnectionEvent;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts what the broker reports and writes its log lines. What comes with every message is counted by shard, each on its own loop
 * ({@link #ofShard}); the rest may come from any thread.
 */
public final class BrokerMetrics implements BrokerEvents {
    private static final Logger LOG = LoggerFactory.getLogger("io.covey.broker");

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Meters meters = new Meters();
    private final Map<Integer, ShardMetrics> shards = new ConcurrentHashMap<>();
    private final LongAdder[] drops = new LongAdder[DropReason.values().length];
    private final LongAdder batchRepeats;
    private final LongAdder restarts;
    private final LongAdder sessionsExpired;
    private final AtomicLong connections = new AtomicLong();
    private final AtomicBoolean leaseHeld = new AtomicBoolean();
    private final AtomicBoolean leaseWasHeld = new AtomicBoolean();

    /** A registry of its own with the JVM's and the process's meters. */
    public BrokerMetrics() {
        for (DropReason reason : DropReason.values()) {
            drops[reason.ordinal()] = meters.counter(Metric.MESSAGES_DROPPED, lower(reason.name()));
        }
        batchRepeats = meters.counter(Metric.BATCH_REPEATS);
        restarts = meters.counter(Metric.RESTARTS);
        sessionsExpired = meters.counter(Metric.SESSIONS_EXPIRED);
        meters.show(Metric.CONNECTIONS, connections::get);
        meters.show(Metric.LEASE_HELD, () -> leaseHeld.get() ? 1 : 0);
        meters.show(
                Metric.BUILD_INFO,
                () -> 1,
                version(),
                Integer.toString(Runtime.version().feature()));
        registry.getPrometheusRegistry().register(meters);
        registry.config().meterFilter(MeterFilter.denyNameStartsWith("process.cpu.time")); // counts in nanoseconds
        registry.config().meterFilter(renamed("system.cpu.count", "system.cpus")); // for histograms have a count
        new JvmMemoryMetrics().bindTo(registry);
        new JvmGcMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ClassLoaderMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
    }

    private static MeterFilter renamed(String from, String to) {
        return new MeterFilter() {
            @Override
            public Meter.Id map(Meter.Id id) {
                return id.getName().equals(from) ? id.withName(to) : id;
            }
        };
    }

    /** The version of this build; "development" where it was not packed. */
    public static String version() {
        String packed = BrokerMetrics.class.getPackage().getImplementationVersion();
        return packed == null ? "development" : packed;
    }

    /** Where other parts of a node show their meters. */
    Meters meters() {
        return meters;
    }

    @Override
    public BrokerEvents ofShard(int shard) {
        return shards.computeIfAbsent(shard, first -> new ShardMetrics(this, meters));
    }

    /**
     * Shows what buckets hold.
     *
     * @param owned what those hold together that this node owns, so that sums over nodes count everything once; called for each value
     * @param oldestQueuedSeconds age of the oldest message in their queues, 0 where they are empty
     * @param heldBytes bytes of all replicas on this node
     * @param heldBytesMax beyond it publishes are refused
     */
    public void buckets(
            Supplier<BucketFigures> owned,
            DoubleSupplier oldestQueuedSeconds,
            LongSupplier heldBytes,
            long heldBytesMax) {
        meters.show(Metric.SESSIONS, () -> owned.get().sessions());
        meters.show(Metric.SESSIONS_CONNECTED, () -> owned.get().connected());
        meters.show(Metric.SUBSCRIPTIONS, () -> owned.get().subscriptions());
        meters.show(Metric.SUBSCRIPTIONS_SHARED, () -> owned.get().sharedSubscriptions());
        meters.show(Metric.QUEUE_MESSAGES, () -> owned.get().queuedMessages());
        meters.show(Metric.QUEUE_BYTES, () -> owned.get().queuedBytes());
        meters.show(Metric.QUEUE_OLDEST_AGE_SECONDS, oldestQueuedSeconds);
        meters.show(Metric.RETAINED_MESSAGES, () -> owned.get().retained());
        meters.show(Metric.RETAINED_BYTES, () -> owned.get().retainedBytes());
        meters.show(Metric.ORIGINS_FORGOTTEN, () -> owned.get().forgottenOrigins());
        meters.show(Metric.WILLS_PENDING, () -> owned.get().outbox());
        meters.show(Metric.BUCKETS_BYTES, heldBytes::getAsLong);
        meters.show(Metric.BUCKETS_LIMIT_BYTES, () -> heldBytesMax);
    }

    /**
     * Shows what the listeners hold.
     *
     * @param halfOpen connections that have not sent CONNECT
     * @param outputBytes bytes that wait for clients that did not take them at once
     */
    public void wire(IntSupplier halfOpen, LongSupplier outputBytes) {
        meters.show(Metric.CONNECTIONS_HALF_OPEN, halfOpen::getAsInt);
        meters.show(Metric.OUTPUT_BYTES, outputBytes::getAsLong);
    }

    /** Shows what went over the wires of one event loop. */
    public void traffic(
            LongSupplier packetsReceived,
            LongSupplier packetsSent,
            LongSupplier bytesReceived,
            LongSupplier bytesSent) {
        meters.show(Metric.PACKETS_RECEIVED, packetsReceived::getAsLong);
        meters.show(Metric.PACKETS_SENT, packetsSent::getAsLong);
        meters.show(Metric.WIRE_RECEIVED_BYTES, bytesReceived::getAsLong);
        meters.show(Metric.WIRE_SENT_BYTES, bytesSent::getAsLong);
    }

    /**
     * Shows how the node stands in its cluster.
     *
     * @param membersNeeded the fewest that may serve clients
     * @param routes topic filters in the route table
     */
    public void cluster(IntSupplier members, IntSupplier membersNeeded, IntSupplier routes) {
        meters.show(Metric.CLUSTER_MEMBERS, members::getAsInt);
        meters.show(Metric.CLUSTER_MEMBERS_NEEDED, membersNeeded::getAsInt);
        meters.show(Metric.ROUTES, routes::getAsInt);
    }

    /**
     * Shows the partitions of this node.
     *
     * @param all how many the cluster has
     * @param underReplicated how many of those that it owns have fewer backups than configured
     */
    public void partitions(int all, IntSupplier owned, IntSupplier underReplicated) {
        meters.show(Metric.PARTITIONS, () -> all);
        meters.show(Metric.PARTITIONS_OWNED, owned::getAsInt);
        meters.show(Metric.PARTITIONS_UNDER_REPLICATED, underReplicated::getAsInt);
    }

    /** Shows whether the node is ready, and which conditions are met; their names do not change. */
    public void health(Health health) {
        meters.show(Metric.READY, () -> health.conditions().stream().allMatch(Health.Condition::met) ? 1 : 0);
        for (Health.Condition each : health.conditions()) {
            meters.show(Metric.CONDITION, () -> isMet(health.conditions(), each.name()) ? 1 : 0, each.name());
        }
    }

    private static boolean isMet(List<Health.Condition> conditions, String name) {
        return conditions.stream().anyMatch(condition -> condition.name().equals(name) && condition.met());
    }

    /** So many more sessions have expired. */
    public void sessionsExpired(long count) {
        sessionsExpired.add(count);
    }

    /** The node gave up its incarnation and begins another. */
    public void restarted() {
        restarts.increment();
    }

    /**
     * A client that does not read was closed.
     *
     * @param reason of a closed set, in lower case
     */
    public void slowReaderClosed(String listener, String reason) {
        meters.counter(Metric.SLOW_READERS_CLOSED, listener, reason).increment();
    }

    /** Shows how many messages between nodes were dropped; nothing but time depends on them. */
    public void link(LongSupplier dropped) {
        meters.show(Metric.LINK_DROPPED, dropped::getAsLong);
    }

    /** The page that Prometheus reads. */
    public String scrape() {
        return registry.scrape();
    }

    @Override
    public void connection(String listener, String clientId, ConnectionEvent event, ReasonCode reason) {
        switch (event) {
            case DROPPED_SLOW_READER -> dropped(DropReason.SLOW_READER, 1);
            case DROPPED_QUEUE_FULL -> dropped(DropReason.QUEUE_FULL, 1);
            case DROPPED_EXPIRED -> dropped(DropReason.EXPIRED, 1);
            case DROPPED_TOO_LARGE -> dropped(DropReason.TOO_LARGE, 1);
            case CONNECT_REFUSED -> {
                connectionRefused(listener, lower(reason.name()));
                tell(listener, clientId, event, reason);
            }
            case CONNECTED -> {
                connections.incrementAndGet();
                tell(listener, clientId, event, reason);
            }
            case DISCONNECTED -> {
                connections.decrementAndGet();
                tell(listener, clientId, event, reason);
            }
            case PUBLISH_REFUSED -> publishRefused(reason, null);
            case VIOLATION, SUBSCRIPTION_REFUSED, SESSION_WITHOUT_EXPIRY -> tell(listener, clientId, event, reason);
        }
    }

    private void tell(String listener, String clientId, ConnectionEvent event, ReasonCode reason) {
        meters.counter(Metric.CONNECTION_EVENTS, listener, lower(event.name()), lower(reason.name()))
                .increment();
        LOG.debug("event={} clientId={} listener={} reason={}", event, clientId, listener, reason);
    }

    /**
     * A connection was closed as it was accepted, or its CONNECT was refused.
     *
     * @param reason of a closed set, in lower case
     */
    public void connectionRefused(String listener, String reason) {
        meters.counter(Metric.CONNECTIONS_REFUSED, listener, reason).increment();
    }

    private static String lower(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    @Override
    public void publishRefused(ReasonCode reason, @Nullable Shortage shortage) {
        String why = shortage == null ? reason.name() : shortage.name() + "_FULL";
        meters.counter(Metric.PUBLISHES_REFUSED, lower(why)).increment();
    }

    @Override
    public void dropped(DropReason reason, int count) {
        drops[reason.ordinal()].add(count);
    }

    @Override
    public void batchRepeated(String cause) {
        batchRepeats.increment();
        LOG.debug("a batch is repeated: {}", cause);
    }

    @Override
    public void lease(boolean held) {
        leaseHeld.set(held);
        String regained = leaseWasHeld.getAndSet(leaseWasHeld.get() || held) ? "lease regained" : "lease held";
        LOG.info("{}", held ? regained : "lease lost");
    }

    @Override
    public void lifecycle(String text) {
        LOG.info("{}", text);
    }

    @Override
    public void publishReceived(QoS qos, int payloadBytes) {
        throw countedByShard();
    }

    @Override
    public void publishSent(QoS qos, int payloadBytes) {
        throw countedByShard();
    }

    @Override
    public void publishAcknowledged(long latencyMicros) {
        throw countedByShard();
    }

    @Override
    public void batchConfirmed(int commands, long latencyMicros) {
        throw countedByShard();
    }

    @Override
    public void hintsReconciled(int count) {
        throw countedByShard();
    }

    private static IllegalStateException countedByShard() {
        return new IllegalStateException("what happens in a shard is told to what ofShard returns");
    }
}
