package io.covey.broker;

import io.covey.bucket.Shortage;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.session.ConnectionEvent;

/** Takes what the broker reports, and keeps only the count of what was dropped. */
class NoEvents implements BrokerEvents {
    int dropped;

    @Override
    public void connection(String listener, String clientId, ConnectionEvent event, ReasonCode reason) {}

    @Override
    public void publishReceived(QoS qos, int payloadBytes) {}

    @Override
    public void publishSent(QoS qos, int payloadBytes) {}

    @Override
    public void publishAcknowledged(long latencyMicros) {}

    @Override
    public void publishRefused(ReasonCode reason, Shortage shortage) {}

    @Override
    public void dropped(DropReason reason, int count) {
        dropped += count;
    }

    @Override
    public void batchConfirmed(int commands, long latencyMicros) {}

    @Override
    public void batchRepeated(String cause) {}

    @Override
    public void hintsReconciled(int count) {}

    @Override
    public void lease(boolean held) {}

    @Override
    public void lifecycle(String text) {}
}
