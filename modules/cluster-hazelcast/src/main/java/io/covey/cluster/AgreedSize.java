package io.covey.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import io.covey.storage.StorageException;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Of how many nodes the cluster is made, as its nodes have agreed: half of them cannot go on alone. It grows by one some time after a node has joined, and shrinks
 * by one when a node is drained; a node that only ends is still counted, for it comes back. It is kept in the cluster's map, and on each disk for the
 * time after all nodes were down.
 *
 * <p>One step at a time, since of two sizes that differ by one any two majorities have a node in common; and two steps down are further apart than a
 * lease lasts, lest one that was granted by the larger cluster is still held.
 *
 * <p>Everything but {@link #shrink} runs on the cluster's thread.
 */
final class AgreedSize {
    private static final String KEY = "size";
    private static final String SHRUNK_AT = "size/shrunk-at";
    private static final long LEASE_MARGIN_MILLIS = 1_000;
    private static final long UNKNOWN_MILLIS_MAX = 10_000;
    private static final long PAUSE_MILLIS = 50;

    /**
     * So often there must have been more nodes than agreed before they count: one that died and came back can be listed twice until its earlier life is
     * expelled.
     */
    private static final int LARGER_LOOKS_MIN = 40;

    private static final Logger LOG = LoggerFactory.getLogger(AgreedSize.class);

    private final HazelcastInstance hazelcast;
    private final IMap<String, Object> registry;
    private final ClusterSettings settings;
    private final ClusterStorage storage;
    private final Executor thread;
    private final IntConsumer told;

    /** The nodes at the last look. */
    private volatile int present;

    private int largerLooks;

    private boolean mayChange;
    private boolean changing;
    private Size known = Size.UNKNOWN;

    /**
     * A size and which change of it this is.
     *
     * @param change grows with each change, over the whole life of the cluster
     */
    record Size(int change, int nodes) {
        static final Size UNKNOWN = new Size(0, 0);

        private static final int NODES_BITS = 16;

        static Size of(long encoded) {
            return new Size((int) (encoded >>> NODES_BITS), (int) (encoded & (1 << NODES_BITS) - 1));
        }

        long encoded() {
            return (long) change << NODES_BITS | nodes;
        }

        Size next(int nodesThen) {
            return new Size(change + 1, nodesThen);
        }

        boolean isNewerThan(Size other) {
            return change > other.change;
        }
    }

    /**
     * @param thread the cluster's
     * @param told hears of the size with each change of it
     */
    AgreedSize(
            HazelcastInstance hazelcast,
            ClusterSettings settings,
            ClusterStorage storage,
            Executor thread,
            IntConsumer told) {
        this.hazelcast = hazelcast;
        this.registry = hazelcast.getMap(HazelcastConfiguration.CLUSTER);
        this.settings = settings;
        this.storage = storage;
        this.thread = thread;
        this.told = told;
    }

    /** What the disks know of the number of nodes, the newest of it; where they know nothing, what was expected. */
    static int newest(Collection<Inventory> disks, int expected) {
        Size newest = Size.UNKNOWN;
        for (Inventory disk : disks) {
            Size size = Size.of(disk.agreed());
            boolean more = size.change == newest.change && size.nodes > newest.nodes;
            newest = more || size.isNewerThan(newest) ? size : newest;
        }
        return newest.nodes == 0 ? expected : newest.nodes;
    }

    /** What the cluster's map knows; where it knows nothing, what was expected. */
    static int of(IMap<String, Object> registry, int expected) {
        return registry.get(KEY) instanceof Long encoded ? Size.of(encoded).nodes : expected;
    }

    /** The size as it is known; 0 before it is. */
    int nodes() {
        return known.nodes;
    }

    /**
     * Asks for the size, and where it is this member's turn makes it fit the nodes that are there.
     *
     * @param nodes how many are there
     * @param leads whether this member is the one that changes it: the oldest, of a formed cluster
     */
    void look(int nodes, boolean leads) {
        present = nodes;
        mayChange = leads;
        var unused = registry.getAsync(KEY).whenCompleteAsync((value, failure) -> answered(value, failure), thread);
    }

    private void answered(@Nullable Object value, @Nullable Throwable failure) {
        if (failure != null) {
            return; // it is asked again
        }
        if (value instanceof Long encoded) {
            Size now = Size.of(encoded);
            // A smaller one counts once those are gone that it does not count.
            if (now.isNewerThan(known) && (now.nodes >= present || known.nodes == 0 || now.nodes > known.nodes)) {
                LOG.info("the cluster is made of {} nodes", now.nodes);
                known = now;
                told.accept(now.nodes);
            }
            note();
            largerLooks = present > now.nodes ? largerLooks + 1 : 0;
            if (mayChange && largerLooks >= LARGER_LOOKS_MIN) {
                change(encoded, now.next(now.nodes + 1));
            }
        } else if (mayChange) {
            Size stored = Size.of(storage.agreed());
            int expected = storage.recoveryMembers() > 0 ? present : Math.max(settings.expectedMembers(), stored.nodes);
            change(null, stored.next(Math.max(expected, present)));
        }
    }

    /** Notes on the disk what is known; where the disk cannot be written now, with a later look. */
    private void note() {
        try {
            if (known.nodes > 0) {
                // Those that came lately and are not agreed on yet may hold all copies of a partition where they are
                // more than the backups.
                int holders = Math.max(known.nodes, present - settings.backupsRequired());
                storage.agreed(new Size(known.change, holders).encoded());
            }
        } catch (StorageException notNow) {
            LOG.debug("the number of nodes is not on the disk yet", notNow);
        }
    }

    private void change(@Nullable Long before, Size next) {
        if (changing) {
            return;
        }
        changing = true;
        var unused = CompletableFuture.runAsync(() -> {
                    if (before == null) {
                        registry.putIfAbsent(KEY, next.encoded());
                    } else {
                        registry.replace(KEY, before, next.encoded());
                    }
                })
                .whenCompleteAsync((nothing, failure) -> changing = false, thread);
    }

    /**
     * A node has left for good: one less is counted. Blocks, also for the time of a lease where another node has left just before.
     *
     * @throws InterruptedException when interrupted
     */
    void shrink() throws InterruptedException {
        long unknownUntil = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(UNKNOWN_MILLIS_MAX);
        while (true) {
            Object last = registry.get(SHRUNK_AT);
            long now = hazelcast.getCluster().getClusterTime();
            long due = last instanceof Long at ? at + settings.timing().leaseMillis() + LEASE_MARGIN_MILLIS : now;
            if (now < due) {
                Thread.sleep(Math.min(due - now, LEASE_MARGIN_MILLIS));
                continue;
            }
            if (!(registry.get(KEY) instanceof Long encoded)) {
                if (System.nanoTime() - unknownUntil > 0) {
                    return; // nobody has said it: this node stays one of those that are waited for
                }
                Thread.sleep(PAUSE_MILLIS); // the oldest member says it soon after the cluster is formed
                continue;
            }
            // Those that came lately may not be counted yet.
            Size smaller = Size.of(encoded).next(Math.max(1, Math.max(Size.of(encoded).nodes, present) - 1));
            // The time first: whoever else shrinks it meanwhile waits or finds another size.
            boolean mine = last == null
                    ? registry.putIfAbsent(SHRUNK_AT, now) == null
                    : registry.replace(SHRUNK_AT, last, now);
            if (mine) {
                // Before the others count without this node: until then its disk stands for one of theirs.
                storage.left(true);
                if (registry.replace(KEY, encoded, smaller.encoded())) {
                    return;
                }
            }
        }
    }
}
