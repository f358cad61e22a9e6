package io.covey.observability;

import io.covey.broker.BrokerEvents;
import io.covey.broker.DropReason;
import io.covey.bucket.BucketFigures;
import io.covey.bucket.Shortage;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.session.ConnectionEvent;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts what the broker reports and writes its log lines. Called on all loops; counters are striped, so loops do not contend.
 * Labels come from closed sets: never a client id or a topic.
 */
public final class BrokerMetrics implements BrokerEvents {
    private static final Logger LOG = LoggerFactory.getLogger("io.covey.broker");

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Counter[] receivedMessages = new Counter[3];
    private final Counter[] receivedBytes = new Counter[3];
    private final Counter[] sentMessages = new Counter[3];
    private final Counter[] sentBytes = new Counter[3];
    private final Counter[] drops = new Counter[DropReason.values().length];
    private final Timer acknowledgements;
    private final Timer batches;
    private final DistributionSummary batchCommands;
    private final Counter reconciled;
    private final AtomicLong connections = new AtomicLong();
    private final AtomicInteger leaseHeld = new AtomicInteger();
    private final AtomicBoolean leaseWasHeld = new AtomicBoolean();
    private final ConcurrentHashMap<String, Counter> labelled = new ConcurrentHashMap<>();

    /** A registry of its own with the JVM's and the process's meters. */
    public BrokerMetrics() {
        for (QoS qos : QoS.values()) {
            String level = Integer.toString(qos.value());
            receivedMessages[qos.value()] = counter("mqtt.messages.received", "PUBLISH packets accepted", "qos", level);
            receivedBytes[qos.value()] = counter("mqtt.payload.received.bytes", "payload accepted", "qos", level);
            sentMessages[qos.value()] = counter("mqtt.messages.sent", "PUBLISH packets sent", "qos", level);
            sentBytes[qos.value()] = counter("mqtt.payload.sent.bytes", "payload sent", "qos", level);
        }
        for (DropReason reason : DropReason.values()) {
            drops[reason.ordinal()] = counter(
                    "mqtt.messages.dropped", "messages that were not delivered", "reason", lower(reason.name()));
        }
        acknowledgements = Timer.builder("mqtt.publish.acknowledge")
                .description("from the arrival of a QoS 1 or 2 PUBLISH to its acknowledgement")
                .publishPercentileHistogram()
                .minimumExpectedValue(Duration.ofNanos(100_000))
                .maximumExpectedValue(Duration.ofSeconds(30))
                .register(registry);
        batches = Timer.builder("covey.batch")
                .description("from sending a batch to its confirmation")
                .publishPercentileHistogram()
                .minimumExpectedValue(Duration.ofNanos(100_000))
                .maximumExpectedValue(Duration.ofSeconds(30))
                .register(registry);
        batchCommands = DistributionSummary.builder("covey.batch.commands")
                .description("commands in a confirmed batch")
                .serviceLevelObjectives(1, 2, 4, 8, 16, 32, 64)
                .register(registry);
        reconciled = counter("covey.hints.reconciled", "messages fetched because their hint was lost", "kind", "fetch");
        Gauge.builder("mqtt.connections", connections, AtomicLong::get)
                .description("clients connected to this node")
                .register(registry);
        Gauge.builder("covey.lease.held", leaseHeld, AtomicInteger::get)
                .description("1 while this node may serve clients")
                .register(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ClassLoaderMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
    }

    private Counter counter(String name, String description, String label, String value) {
        return Counter.builder(name).description(description).tag(label, value).register(registry);
    }

    /** Where other parts of a node register their meters. */
    PrometheusMeterRegistry registry() {
        return registry;
    }

    /**
     * Shows what buckets hold.
     *
     * @param owned what those hold together that this node owns, so that sums over nodes count everything once; called for each value
     * @param heldBytes bytes of all replicas on this node
     * @param heldBytesMax beyond it publishes are refused
     */
    public void buckets(Supplier<BucketFigures> owned, LongSupplier heldBytes, long heldBytesMax) {
        gauge("mqtt.sessions", "sessions of owned partitions, transient ones included", () -> owned.get()
                .sessions());
        gauge("mqtt.sessions.connected", "sessions of owned partitions with a connection", () -> owned.get()
                .connected());
        gauge("mqtt.subscriptions", "subscriptions of persistent sessions of owned partitions", () -> owned.get()
                .subscriptions());
        gauge("mqtt.queue.messages", "messages queued for sessions of owned partitions", () -> owned.get()
                .queuedMessages());
        gauge("mqtt.queue.bytes", "bytes queued for sessions of owned partitions", () -> owned.get()
                .queuedBytes());
        gauge("mqtt.retained.messages", "retained messages of owned partitions", () -> owned.get()
                .retained());
        gauge("mqtt.retained.bytes", "bytes of retained messages of owned partitions", () -> owned.get()
                .retainedBytes());
        gauge("covey.wills.pending", "wills that are due and not published everywhere", () -> owned.get()
                .outbox());
        gauge("covey.buckets.bytes", "memory of all replicas on this node, estimated", heldBytes::getAsLong);
        gauge("covey.buckets.limit.bytes", "memory of replicas from which publishes are refused", () -> heldBytesMax);
    }

    /**
     * Shows what the listeners hold.
     *
     * @param halfOpen connections that have not sent CONNECT
     * @param outputBytes bytes that wait for clients that did not take them at once
     */
    public void wire(IntSupplier halfOpen, LongSupplier outputBytes) {
        gauge("mqtt.connections.half.open", "connections that have not sent CONNECT", halfOpen::getAsInt);
        gauge(
                "mqtt.output.bytes",
                "bytes that wait for clients that did not take them at once",
                outputBytes::getAsLong);
    }

    /**
     * A client that does not read was closed.
     *
     * @param reason of a closed set, in lower case
     */
    public void slowReaderClosed(String listener, String reason) {
        labelled.computeIfAbsent(
                        "slow\u0000" + listener + '\u0000' + reason, key -> Counter.builder("mqtt.slow.readers.closed")
                                .description("clients that were closed because they do not read")
                                .tag("listener", listener)
                                .tag("reason", reason)
                                .register(registry))
                .increment();
    }

    /** Shows how many messages between nodes were dropped; nothing but time depends on them. */
    public void link(LongSupplier dropped) {
        FunctionCounter.builder("covey.link.messages.dropped", dropped, LongSupplier::getAsLong)
                .description("messages between nodes that were dropped, and come again or are fetched")
                .register(registry);
    }

    private void gauge(String name, String description, Supplier<Number> value) {
        Gauge.builder(name, value).description(description).register(registry);
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
        String key = listener + '\u0000' + event + '\u0000' + reason;
        labelled.computeIfAbsent(key, k -> Counter.builder("mqtt.connection.events")
                        .description("what happened to connections")
                        .tag("listener", listener)
                        .tag("event", lower(event.name()))
                        .tag("reason", lower(reason.name()))
                        .register(registry))
                .increment();
        LOG.debug("event={} clientId={} listener={} reason={}", event, clientId, listener, reason);
    }

    /**
     * A connection was closed as it was accepted, or its CONNECT was refused.
     *
     * @param reason of a closed set, in lower case
     */
    public void connectionRefused(String listener, String reason) {
        labelled.computeIfAbsent("refused\u0000" + listener + '\u0000' + reason, key -> Counter.builder(
                                "mqtt.connections.refused")
                        .description("connections that were closed as they were accepted, and refused CONNECTs")
                        .tag("listener", listener)
                        .tag("reason", reason)
                        .register(registry))
                .increment();
    }

    private static String lower(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    private Counter byReason(String name, String description, String reason) {
        return labelled.computeIfAbsent(name + '\u0000' + reason, key -> counter(name, description, "reason", reason));
    }

    @Override
    public void publishReceived(QoS qos, int payloadBytes) {
        receivedMessages[qos.value()].increment();
        receivedBytes[qos.value()].increment(payloadBytes);
    }

    @Override
    public void publishSent(QoS qos, int payloadBytes) {
        sentMessages[qos.value()].increment();
        sentBytes[qos.value()].increment(payloadBytes);
    }

    @Override
    public void publishAcknowledged(long latencyMicros) {
        acknowledgements.record(Duration.ofNanos(latencyMicros * 1000));
    }

    @Override
    public void publishRefused(ReasonCode reason, @Nullable Shortage shortage) {
        String why = shortage == null ? reason.name() : shortage.name() + "_FULL";
        byReason("mqtt.publishes.refused", "publishes that were not accepted", lower(why))
                .increment();
    }

    @Override
    public void dropped(DropReason reason, int count) {
        drops[reason.ordinal()].increment(count);
    }

    @Override
    public void batchConfirmed(int commands, long latencyMicros) {
        batchCommands.record(commands);
        batches.record(Duration.ofNanos(latencyMicros * 1000));
    }

    @Override
    public void batchRepeated(String cause) {
        byReason("covey.batch.repeats", "batches sent again because they were refused or not confirmed", "unconfirmed")
                .increment();
        LOG.debug("a batch is repeated: {}", cause);
    }

    @Override
    public void hintsReconciled(int count) {
        reconciled.increment(count);
    }

    @Override
    public void lease(boolean held) {
        leaseHeld.set(held ? 1 : 0);
        String regained = leaseWasHeld.getAndSet(leaseWasHeld.get() || held) ? "lease regained" : "lease held";
        LOG.info("{}", held ? regained : "lease lost");
    }

    @Override
    public void lifecycle(String text) {
        LOG.info("{}", text);
    }
}
