package io.covey.testkit;

import io.covey.broker.BrokerEvents;
import io.covey.broker.DropReason;
import io.covey.bucket.Shortage;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.session.ConnectionEvent;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Tells what a node reports to a trace; most of what is only counted is left out. */
final class TracedEvents implements BrokerEvents {
    private final Consumer<String> trace;

    TracedEvents(Consumer<String> trace) {
        this.trace = trace;
    }

    @Override
    public void connection(String listener, String clientId, ConnectionEvent event, ReasonCode reason) {
        trace.accept(clientId + " " + event + " " + reason);
    }

    @Override
    public void publishReceived(QoS qos, int payloadBytes) {}

    @Override
    public void publishSent(QoS qos, int payloadBytes) {}

    @Override
    public void publishAcknowledged(long latencyMicros) {}

    @Override
    public void publishRefused(ReasonCode reason, @Nullable Shortage shortage) {
        trace.accept("refuses a publish: " + reason);
    }

    @Override
    public void dropped(DropReason reason, int count) {
        trace.accept("drops " + count + ": " + reason);
    }

    @Override
    public void batchConfirmed(int commands, long latencyMicros) {}

    @Override
    public void batchRepeated(String cause) {
        trace.accept("repeats a batch: " + cause);
    }

    @Override
    public void hintsReconciled(int count) {}

    @Override
    public void lease(boolean held) {
        trace.accept(held ? "holds the lease" : "lost the lease");
    }

    @Override
    public void lifecycle(String text) {
        trace.accept(text);
    }
}
