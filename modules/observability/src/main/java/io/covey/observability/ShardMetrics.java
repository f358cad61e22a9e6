package io.covey.observability;

import io.covey.broker.BrokerEvents;
import io.covey.broker.DropReason;
import io.covey.bucket.Shortage;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.session.ConnectionEvent;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * Counts what happens with every message of one shard, in plain cells that only its loop writes: no locked instruction, no allocation. Read
 * when Prometheus asks. What is rare goes to the node's meters. It outlives incarnations of the node: the loop stays the same.
 */
final class ShardMetrics implements BrokerEvents {
    /** Upper bounds of whole milliseconds. */
    static final long[] DELIVERY_MICROS = {
        1_000,
        2_000,
        5_000,
        10_000,
        25_000,
        50_000,
        100_000,
        250_000,
        500_000,
        1_000_000,
        2_500_000,
        5_000_000,
        10_000_000,
        60_000_000
    };

    static final long[] BATCH_COMMANDS = {1, 2, 4, 8, 16, 32, 64};

    private static final long MICROS_PER_MILLI = 1_000;

    /** Kinds of counts, each with a cell per QoS; the rest has one. */
    private static final int RECEIVED = 0;

    private static final int RECEIVED_BYTES = 3;
    private static final int SENT = 6;
    private static final int SENT_BYTES = 9;
    private static final int RECONCILED = 12;
    private static final int SUBSCRIPTIONS = 13;
    private static final int STUCK = 14;
    private static final int KICKED = 15;
    private static final int LOST = 16;
    private static final int SHARED = 17;
    private static final int CELLS_COUNT = 18;

    /** Cells on either side that nobody uses, so that no other loop's counts are in the same cache line. */
    private static final int MARGIN = 8;

    private final BrokerMetrics node;
    private final AtomicLongArray cells = new AtomicLongArray(CELLS_COUNT + 2 * MARGIN);
    private final Histogram.OfLoop acknowledgements = new Histogram.OfLoop(Histogram.LATENCY_MICROS);
    private final Histogram.OfLoop deliveries = new Histogram.OfLoop(DELIVERY_MICROS);
    private final Histogram.OfLoop batches = new Histogram.OfLoop(Histogram.LATENCY_MICROS);
    private final Histogram.OfLoop batchCommands = new Histogram.OfLoop(BATCH_COMMANDS);
    private final Histogram.OfLoop takeovers = new Histogram.OfLoop(Histogram.LATENCY_MICROS);

    ShardMetrics(BrokerMetrics node, Meters meters) {
        this.node = node;
        for (QoS qos : QoS.values()) {
            String level = Integer.toString(qos.value());
            show(meters, Metric.MESSAGES_RECEIVED, RECEIVED + qos.value(), level);
            show(meters, Metric.PAYLOAD_RECEIVED_BYTES, RECEIVED_BYTES + qos.value(), level);
            show(meters, Metric.MESSAGES_SENT, SENT + qos.value(), level);
            show(meters, Metric.PAYLOAD_SENT_BYTES, SENT_BYTES + qos.value(), level);
        }
        show(meters, Metric.HINTS_LOST, LOST);
        show(meters, Metric.HINTS_RECONCILED, RECONCILED);
        show(meters, Metric.SUBSCRIPTIONS_TRANSIENT, SUBSCRIPTIONS);
        show(meters, Metric.SUBSCRIPTIONS_SHARED, SHARED);
        show(meters, Metric.STUCK_SESSIONS, STUCK);
        show(meters, Metric.SESSIONS_KICKED, KICKED);
        meters.show(Metric.PUBLISH_ACKNOWLEDGE_SECONDS, acknowledgements);
        meters.show(Metric.PUBLISH_DELIVERY_SECONDS, deliveries);
        meters.show(Metric.BATCH_SECONDS, batches);
        meters.show(Metric.BATCH_COMMANDS, batchCommands);
        meters.show(Metric.TAKEOVER_SECONDS, takeovers);
    }

    private void show(Meters meters, Metric metric, int cell, String... labels) {
        meters.show(metric, () -> cells.getOpaque(MARGIN + cell), labels);
    }

    private void add(int cell, long by) {
        int index = MARGIN + cell;
        cells.setOpaque(index, cells.getPlain(index) + by);
    }

    private void set(int cell, long value) {
        cells.setOpaque(MARGIN + cell, value);
    }

    @Override
    public void publishReceived(QoS qos, int payloadBytes) {
        add(RECEIVED + qos.value(), 1);
        add(RECEIVED_BYTES + qos.value(), payloadBytes);
    }

    @Override
    public void publishSent(QoS qos, int payloadBytes) {
        add(SENT + qos.value(), 1);
        add(SENT_BYTES + qos.value(), payloadBytes);
    }

    @Override
    public void publishDelivered(long latencyMillis) {
        deliveries.record(latencyMillis * MICROS_PER_MILLI);
    }

    @Override
    public void publishAcknowledged(long latencyMicros) {
        acknowledgements.record(latencyMicros);
    }

    @Override
    public void batchConfirmed(int commands, long latencyMicros) {
        batchCommands.record(commands);
        batches.record(latencyMicros);
    }

    @Override
    public void hintsLost() {
        add(LOST, 1);
    }

    @Override
    public void hintsReconciled(int count) {
        add(RECONCILED, count);
    }

    @Override
    public void takenOver(long latencyMicros) {
        takeovers.record(latencyMicros);
    }

    @Override
    public void subscriptions(int now, int shared) {
        set(SUBSCRIPTIONS, now);
        set(SHARED, shared);
    }

    @Override
    public void stuckSessions(int now) {
        set(STUCK, now);
    }

    @Override
    public void sessionKicked() {
        add(KICKED, 1);
    }

    @Override
    public void connection(String listener, String clientId, ConnectionEvent event, ReasonCode reason) {
        node.connection(listener, clientId, event, reason);
    }

    @Override
    public void publishRefused(ReasonCode reason, @Nullable Shortage shortage) {
        node.publishRefused(reason, shortage);
    }

    @Override
    public void dropped(DropReason reason, int count) {
        node.dropped(reason, count);
    }

    @Override
    public void batchRepeated(String cause) {
        node.batchRepeated(cause);
    }

    @Override
    public void lease(boolean held) {
        node.lease(held);
    }

    @Override
    public void lifecycle(String text) {
        node.lifecycle(text);
    }
}
