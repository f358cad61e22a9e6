package io.covey.observability;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.storage.StorageFigures;
import org.junit.jupiter.api.Test;

class StorageMetricsTest {
    private final BrokerMetrics broker = new BrokerMetrics();
    private final StorageMetrics metrics = new StorageMetrics(broker);

    @Test
    void theDiskShowsInTheNodesPage() {
        metrics.watch(() -> new StorageFigures(100, 200, 3_000, 400, 500, false));
        metrics.recovered(29, 1, 2);
        metrics.watchRecovery(() -> true);
        metrics.watchLost(() -> 2);
        metrics.written(512, 5_000);
        metrics.synced(1_000_000);
        metrics.failed("write");
        metrics.full(true);

        assertThat(broker.scrape())
                .contains("covey_storage_log_bytes 100.0")
                .contains("covey_storage_snapshot_bytes 200.0")
                .contains("covey_storage_snapshot_age_seconds 3.0")
                .contains("covey_storage_usable_bytes 400.0")
                .contains("covey_storage_full 1.0")
                .contains("covey_storage_written_bytes_total 512.0")
                .contains("covey_storage_write_seconds_count 1")
                .contains("covey_storage_sync_seconds_count 1")
                .contains("covey_storage_failures_total{operation=\"write\"} 1.0")
                .contains("covey_recovery_partitions{state=\"sound\"} 29.0")
                .contains("covey_recovery_partitions{state=\"damaged\"} 1.0")
                .contains("covey_recovery_waiting 1.0")
                .contains("covey_recovery_lost_partitions 2.0")
                .contains("covey_storage_reserve_bytes 500.0");
    }
}
