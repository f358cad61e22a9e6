package io.covey.observability;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.broker.BrokerEvents;
import io.covey.broker.DropReason;
import io.covey.bucket.BucketFigures;
import io.covey.bucket.Shortage;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.session.ConnectionEvent;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class BrokerMetricsTest {
    private final BrokerMetrics metrics = new BrokerMetrics();

    @Test
    void countsCarryUnitsAndReasonsAndNoClientId() {
        metrics.connection("tcp", "client-1", ConnectionEvent.CONNECTED, ReasonCode.SUCCESS);
        metrics.ofShard(0).publishReceived(QoS.AT_LEAST_ONCE, 100);
        metrics.dropped(DropReason.QUEUE_FULL, 3);
        metrics.publishRefused(ReasonCode.QUOTA_EXCEEDED, Shortage.BUCKET);
        metrics.publishRefused(ReasonCode.NOT_AUTHORIZED, null);
        metrics.lease(true);

        assertThat(metrics.scrape())
                .contains("mqtt_connections 1.0")
                .contains("mqtt_messages_received_total{qos=\"1\"} 1.0")
                .contains("mqtt_payload_received_bytes_total{qos=\"1\"} 100.0")
                .contains("mqtt_messages_dropped_total{reason=\"queue_full\"} 3.0")
                .contains("mqtt_publishes_refused_total{reason=\"bucket_full\"} 1.0")
                .contains("mqtt_publishes_refused_total{reason=\"not_authorized\"} 1.0")
                .contains("covey_lease_held 1.0")
                .contains("jvm_memory_used_bytes")
                .doesNotContain("client-1");
    }

    @Test
    void shardsAreShownAsTheirSum() {
        for (int shard = 0; shard < 2; shard++) {
            BrokerEvents events = metrics.ofShard(shard);
            events.publishSent(QoS.AT_MOST_ONCE, 10);
            events.publishAcknowledged(700);
            events.publishDelivered(3);
            events.batchConfirmed(5, 30_000_000);
            events.hintsLost();
            events.hintsReconciled(2);
            events.takenOver(40);
            events.subscriptions(7, 3);
        }

        assertThat(metrics.ofShard(0)).isSameAs(metrics.ofShard(0));
        assertThat(metrics.scrape())
                .contains("mqtt_messages_sent_total{qos=\"0\"} 2.0")
                .contains("mqtt_payload_sent_bytes_total{qos=\"0\"} 20.0")
                .contains("mqtt_publish_acknowledge_seconds_bucket{le=\"5.0E-4\"} 0")
                .contains("mqtt_publish_acknowledge_seconds_bucket{le=\"0.001\"} 2")
                .contains("mqtt_publish_acknowledge_seconds_count 2")
                .contains("mqtt_publish_acknowledge_seconds_sum 0.0014")
                .contains("mqtt_publish_delivery_seconds_bucket{le=\"0.002\"} 0")
                .contains("mqtt_publish_delivery_seconds_bucket{le=\"0.005\"} 2")
                .contains("covey_batch_commands_bucket{le=\"4.0\"} 0")
                .contains("covey_batch_commands_bucket{le=\"8.0\"} 2")
                .contains("covey_batch_seconds_bucket{le=\"10.0\"} 0")
                .contains("covey_batch_seconds_bucket{le=\"+Inf\"} 2")
                .contains("covey_hints_lost_total 2.0")
                .contains("covey_hints_reconciled_total 4.0")
                .contains("mqtt_takeover_seconds_count 2")
                .contains("mqtt_subscriptions_shared 6.0")
                .contains("mqtt_subscriptions_transient 14.0");
    }

    @Test
    void dropsAndRefusalsOfConnectionsHaveTheirReasons() {
        metrics.connection("tcp", "client-1", ConnectionEvent.DROPPED_SLOW_READER, ReasonCode.SUCCESS);
        metrics.connection("tcp", "client-1", ConnectionEvent.DROPPED_TOO_LARGE, ReasonCode.PACKET_TOO_LARGE);
        metrics.connection("tcp", "client-1", ConnectionEvent.CONNECT_REFUSED, ReasonCode.QUOTA_EXCEEDED);
        metrics.connection("tcp", "client-1", ConnectionEvent.SUBSCRIPTION_REFUSED, ReasonCode.QUOTA_EXCEEDED);
        metrics.connectionRefused("tcp", "half_open");

        assertThat(metrics.scrape())
                .contains("mqtt_messages_dropped_total{reason=\"slow_reader\"} 1.0")
                .contains("mqtt_messages_dropped_total{reason=\"too_large\"} 1.0")
                .contains("mqtt_messages_dropped_total{reason=\"channel_full\"} 0.0")
                .contains("mqtt_connections_refused_total{listener=\"tcp\",reason=\"quota_exceeded\"} 1.0")
                .contains("mqtt_connections_refused_total{listener=\"tcp\",reason=\"half_open\"} 1.0")
                .contains("event=\"subscription_refused\"")
                .doesNotContain("client-1");
    }

    @Test
    void whatBucketsHoldIsShown() {
        BucketFigures figures = new BucketFigures(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
        metrics.buckets(() -> figures.plus(figures), () -> 2.5, () -> 99, 100);
        metrics.wire(() -> 5, () -> 7);
        metrics.slowReaderClosed("tcp", "timeout");
        metrics.link(() -> 6);

        assertThat(metrics.scrape())
                .contains("mqtt_sessions 2.0")
                .contains("mqtt_sessions_connected 4.0")
                .contains("mqtt_subscriptions 6.0")
                .contains("mqtt_subscriptions_shared 30.0")
                .contains("mqtt_queue_messages 8.0")
                .contains("mqtt_queue_bytes 10.0")
                .contains("mqtt_queue_oldest_age_seconds 2.5")
                .contains("mqtt_retained_messages 12.0")
                .contains("mqtt_retained_bytes 14.0")
                .contains("mqtt_qos2_publishers_forgotten 28.0")
                .contains("covey_wills_pending 16.0")
                .contains("covey_buckets_bytes 99.0")
                .contains("covey_buckets_limit_bytes 100.0")
                .contains("mqtt_connections_half_open 5.0")
                .contains("mqtt_output_bytes 7.0")
                .contains("mqtt_slow_readers_closed_total{listener=\"tcp\",reason=\"timeout\"} 1.0")
                .contains("covey_link_messages_dropped_total 6.0");
    }

    @Test
    @DisplayName("S4: a client that continues a session without an expiry is counted")
    void sessionsWithoutExpiryAreCounted() {
        metrics.connection("tcp", "client-1", ConnectionEvent.SESSION_WITHOUT_EXPIRY, ReasonCode.SUCCESS);

        assertThat(metrics.scrape())
                .contains("mqtt_connection_events_total{event=\"session_without_expiry\",listener=\"tcp\"");
    }

    @Test
    void aConnectionThatEndsIsNoLongerCounted() {
        metrics.connection("tcp", "a", ConnectionEvent.CONNECTED, ReasonCode.SUCCESS);
        metrics.connection("tcp", "a", ConnectionEvent.DISCONNECTED, ReasonCode.SESSION_TAKEN_OVER);

        assertThat(metrics.scrape())
                .contains("mqtt_connections 0.0")
                .contains("event=\"disconnected\",listener=\"tcp\",reason=\"session_taken_over\"");
    }
}
