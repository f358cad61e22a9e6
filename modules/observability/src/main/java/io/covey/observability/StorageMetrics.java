package io.covey.observability;

import io.covey.storage.StorageEvents;
import io.covey.storage.StorageFigures;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/** Meters of a node's disk, beside those of its broker. Called on the storage's threads and the partitions'. */
public final class StorageMetrics implements StorageEvents {
    /** Upper bounds in microseconds: a write into the cache takes a few, a sync of a bad disk seconds. */
    private static final long[] DISK_MICROS = {
        2,
        5,
        10,
        20,
        50,
        100,
        250,
        1_000,
        2_500,
        5_000,
        10_000,
        25_000,
        50_000,
        100_000,
        250_000,
        500_000,
        1_000_000,
        5_000_000,
        10_000_000
    };

    private static final long NANOS_PER_MICRO = 1_000;

    private final Meters meters;
    private final Histogram.Shared writes = new Histogram.Shared(DISK_MICROS);
    private final Histogram.Shared syncs = new Histogram.Shared(DISK_MICROS);
    private final Histogram.Shared snapshots = new Histogram.Shared(DISK_MICROS);
    private final LongAdder writtenBytes;
    private volatile boolean full;

    /** Shows the meters. */
    public StorageMetrics(BrokerMetrics metrics) {
        meters = metrics.meters();
        meters.show(Metric.STORAGE_WRITE_SECONDS, writes);
        meters.show(Metric.STORAGE_SYNC_SECONDS, syncs);
        meters.show(Metric.STORAGE_SNAPSHOT_SECONDS, snapshots);
        meters.show(Metric.STORAGE_FULL, () -> full ? 1 : 0);
        writtenBytes = meters.counter(Metric.STORAGE_WRITTEN_BYTES);
    }

    /** Shows what the directory holds, as it is when it is asked for. */
    public void watch(Supplier<StorageFigures> figures) {
        meters.show(Metric.STORAGE_LOG_BYTES, () -> figures.get().logBytes());
        meters.show(Metric.STORAGE_SNAPSHOT_BYTES, () -> figures.get().snapshotBytes());
        meters.show(Metric.STORAGE_SNAPSHOT_AGE_SECONDS, () -> figures.get().oldestSnapshotMillis() / 1000.0);
        meters.show(Metric.STORAGE_USABLE_BYTES, () -> figures.get().usableBytes());
        meters.show(Metric.STORAGE_RESERVE_BYTES, () -> figures.get().reserveBytes());
    }

    /** Shows what the start has found on the disk, in partitions. */
    public void recovered(long sound, long damaged, long absent) {
        meters.show(Metric.RECOVERY_PARTITIONS, () -> sound, "sound");
        meters.show(Metric.RECOVERY_PARTITIONS, () -> damaged, "damaged");
        meters.show(Metric.RECOVERY_PARTITIONS, () -> absent, "absent");
    }

    /** Shows whether the start still waits for buckets: other members' disks, or copies on their way. */
    public void watchRecovery(BooleanSupplier waits) {
        meters.show(Metric.RECOVERY_WAITING, () -> waits.getAsBoolean() ? 1 : 0);
    }

    /** Shows how many partitions of a formed cluster have no bucket, since all that held them were down. */
    public void watchLost(IntSupplier partitions) {
        meters.show(Metric.RECOVERY_LOST_PARTITIONS, partitions::getAsInt);
    }

    @Override
    public void written(int bytes, long nanos) {
        writtenBytes.add(bytes);
        writes.record(nanos / NANOS_PER_MICRO);
    }

    @Override
    public void synced(long nanos) {
        syncs.record(nanos / NANOS_PER_MICRO);
    }

    @Override
    public void snapshotWritten(long bytes, long nanos) {
        snapshots.record(nanos / NANOS_PER_MICRO);
    }

    @Override
    public void full(boolean now) {
        full = now;
    }

    @Override
    public void failed(String what) {
        meters.counter(Metric.STORAGE_FAILURES, what).increment();
    }
}
