package io.covey.observability;

import io.covey.storage.StorageEvents;
import io.covey.storage.StorageFigures;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** Meters of a node's disk, in the registry of its broker. Called on the storage's threads and the partitions'. */
public final class StorageMetrics implements StorageEvents {
    private final MeterRegistry registry;
    private final Timer writes;
    private final Timer syncs;
    private final Timer snapshots;
    private final Counter writtenBytes;
    private final AtomicInteger full = new AtomicInteger();

    /** Registers the meters. */
    public StorageMetrics(BrokerMetrics metrics) {
        registry = metrics.registry();
        writes = timer("covey.storage.write", "one write to the log, into the system's cache");
        syncs = timer("covey.storage.sync", "one sync of the log to the device");
        snapshots = timer("covey.storage.snapshot", "writing and syncing one bucket");
        writtenBytes = Counter.builder("covey.storage.written.bytes")
                .description("bytes written to the log")
                .register(registry);
        Gauge.builder("covey.storage.full", full, AtomicInteger::get)
                .description("1 while messages are refused for want of space on the disk")
                .register(registry);
    }

    private Timer timer(String name, String description) {
        return Timer.builder(name)
                .description(description)
                .publishPercentileHistogram()
                .minimumExpectedValue(Duration.ofNanos(1_000))
                .maximumExpectedValue(Duration.ofSeconds(10))
                .register(registry);
    }

    /** Shows what the directory holds, as it is when it is asked for. */
    public void watch(Supplier<StorageFigures> figures) {
        gauge("covey.storage.log.bytes", "bytes of the log", figures, StorageFigures::logBytes);
        gauge(
                "covey.storage.snapshot.bytes",
                "bytes of the newest snapshot of each bucket",
                figures,
                StorageFigures::snapshotBytes);
        gauge(
                "covey.storage.snapshot.age.seconds",
                "age of the oldest snapshot in use",
                figures,
                now -> now.oldestSnapshotMillis() / 1000.0);
        gauge("covey.storage.usable.bytes", "free space on the disk", figures, StorageFigures::usableBytes);
        gauge(
                "covey.storage.reserve.bytes",
                "space that is held for the log, for when there is no other",
                figures,
                StorageFigures::reserveBytes);
    }

    /** Shows what the start has found on the disk, in partitions. */
    public void recovered(long sound, long damaged, long absent) {
        recovered("sound", sound);
        recovered("damaged", damaged);
        recovered("absent", absent);
    }

    private void recovered(String state, long partitions) {
        Gauge.builder("covey.recovery.partitions", () -> partitions)
                .description("what the start has found on this node's disk")
                .tag("state", state)
                .register(registry);
    }

    /** Shows whether the start still waits for buckets: other members' disks, or copies on their way. */
    public void watchRecovery(BooleanSupplier waits) {
        Gauge.builder("covey.recovery.waiting", () -> waits.getAsBoolean() ? 1 : 0)
                .description("1 while the buckets are not all there; /health/ready says what is waited for")
                .register(registry);
    }

    private void gauge(
            String name, String description, Supplier<StorageFigures> figures, ToDoubleFunction<StorageFigures> value) {
        Gauge.builder(name, () -> value.applyAsDouble(figures.get()))
                .description(description)
                .register(registry);
    }

    @Override
    public void written(int bytes, long nanos) {
        writtenBytes.increment(bytes);
        writes.record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void synced(long nanos) {
        syncs.record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void snapshotWritten(long bytes, long nanos) {
        snapshots.record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void full(boolean now) {
        full.set(now ? 1 : 0);
    }

    @Override
    public void failed(String what) {
        Counter.builder("covey.storage.failures")
                .description("failed writes, syncs and snapshots; each is tried again")
                .tag("operation", what)
                .register(registry)
                .increment();
    }
}
