package io.covey.server;

import io.covey.bucket.Bucket;
import io.covey.cluster.ClusterStorage;
import io.covey.observability.BrokerMetrics;
import io.covey.observability.StorageMetrics;
import io.covey.storage.DiskJournal;
import io.covey.storage.RecoveredCopy;
import io.covey.storage.StorageDirectory;
import io.covey.storage.StorageEvents;
import io.covey.storage.StorageException;
import io.covey.storage.StorageSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The disk of this process: opened before anything else is started, so that a directory that cannot be used ends the start. */
final class NodeStorage implements StorageEvents, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeStorage.class);

    private final ServerSettings settings;
    private final StorageMetrics metrics;
    private final StorageDirectory directory;
    private final List<RecoveredCopy> copies;
    private final DiskJournal journal;
    private final StorageSettings storage;
    private Consumer<Boolean> onFull = now -> {};
    private boolean full;

    private NodeStorage(ServerSettings settings, StorageSettings storage, BrokerMetrics metrics) {
        this.settings = settings;
        this.storage = storage;
        this.metrics = new StorageMetrics(metrics);
        Path path = Path.of(settings.configuration().text("storage.directory"));
        String cluster = settings.cluster() == null ? "" : settings.cluster().clusterName();
        directory = StorageDirectory.open(path, settings.nodeName(), cluster, settings.partitions());
        try {
            copies = directory.recover(settings.buckets());
            journal = directory.begin(storage, this);
        } catch (StorageException refused) {
            directory.close();
            throw refused;
        }
        this.metrics.watch(journal::figures);
        this.metrics.recovered(
                copies.stream().filter(RecoveredCopy::isSound).count(),
                copies.stream().filter(copy -> copy.damage() != null).count(),
                copies.stream()
                        .filter(copy -> copy.bucket() == null && copy.damage() == null)
                        .count());
    }

    /** Opens the configured directory, or null where buckets are kept in memory only. */
    static @Nullable NodeStorage open(ServerSettings settings, BrokerMetrics metrics) {
        StorageSettings storage = settings.storage();
        return storage == null ? null : new NodeStorage(settings, storage, metrics);
    }

    DiskJournal journal() {
        return journal;
    }

    /**
     * The buckets of a node that is alone: there is no other replica, so one that is damaged prevents the start unless the operator wants
     * what is left of it.
     */
    List<Bucket> buckets() {
        List<Bucket> buckets = new ArrayList<>();
        for (RecoveredCopy copy : copies) {
            Bucket bucket = copy.bucket();
            if (copy.damage() != null && !salvages(settings)) {
                journal.close();
                throw new StorageException("storage.directory: partition " + copy.partition() + " is damaged: "
                        + copy.damage() + " (" + directory.faults() + "); put the files back from a copy, or start once"
                        + " with storage.recovery=salvage to go on with what can be proved");
            }
            if (copy.damage() != null) {
                LOG.error("storage: partition {} is used although {}", copy.partition(), copy.damage());
            }
            if (copy.isSound() && bucket != null) {
                journal.adopt(copy.partition(), bucket);
            }
            buckets.add(bucket == null ? new Bucket(settings.buckets()) : bucket);
        }
        return buckets;
    }

    /** What a member of a cluster begins with: the others may have what is damaged here, so the cluster decides together. */
    ClusterStorage clusterStorage() {
        return new ClusterStorage(
                directory, journal, copies, storage.durability(), recoveryMembers(settings), salvages(settings));
    }

    /** The same for one without a disk: it can lose partitions, and others can bring them back from another side of a split. */
    static ClusterStorage inMemory(ServerSettings settings) {
        return ClusterStorage.inMemory(recoveryMembers(settings), salvages(settings));
    }

    private static int recoveryMembers(ServerSettings settings) {
        return settings.configuration().integer("cluster.recovery-members");
    }

    private static boolean salvages(ServerSettings settings) {
        return settings.configuration().text("storage.recovery").equals("salvage");
    }

    /** How it is asked whether the start still waits for buckets. */
    void watchRecovery(BooleanSupplier waits) {
        metrics.watchRecovery(waits);
    }

    /** How it is asked how many partitions have no bucket. */
    void watchLost(IntSupplier partitions) {
        metrics.watchLost(partitions);
    }

    /** Who is told from now on, and at once, whether new messages are to be refused; in the order in which the disk says so. */
    synchronized void onFull(Consumer<Boolean> told) {
        onFull = told;
        told.accept(full);
    }

    @Override
    public synchronized void full(boolean now) {
        full = now;
        metrics.full(now);
        onFull.accept(now);
    }

    @Override
    public void written(int bytes, long nanos) {
        metrics.written(bytes, nanos);
    }

    @Override
    public void synced(long nanos) {
        metrics.synced(nanos);
    }

    @Override
    public void snapshotWritten(long bytes, long nanos) {
        metrics.snapshotWritten(bytes, nanos);
    }

    @Override
    public void failed(String what) {
        metrics.failed(what);
    }

    @Override
    public void close() {
        journal.close();
    }
}
