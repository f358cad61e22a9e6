package io.covey.observability;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.session.ConnectionEvent;
import org.junit.jupiter.api.Test;

class BrokerMetricsTest {
    private final BrokerMetrics metrics = new BrokerMetrics();

    @Test
    void countsCarryUnitsAndReasonsAndNoClientId() {
        metrics.connection("tcp", "client-1", ConnectionEvent.CONNECTED, ReasonCode.SUCCESS);
        metrics.publishReceived(QoS.AT_LEAST_ONCE, 100);
        metrics.dropped("queue_full", 3);
        metrics.lease(true);

        assertThat(metrics.scrape())
                .contains("mqtt_connections 1.0")
                .contains("mqtt_messages_received_total{qos=\"1\"} 1.0")
                .contains("mqtt_payload_received_bytes_total{qos=\"1\"} 100.0")
                .contains("mqtt_messages_dropped_total{reason=\"queue_full\"} 3.0")
                .contains("covey_lease_held 1.0")
                .contains("jvm_memory_used_bytes")
                .doesNotContain("client-1");
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
