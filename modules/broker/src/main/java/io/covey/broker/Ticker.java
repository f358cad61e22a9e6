package io.covey.broker;

import io.covey.bucket.Command;
import io.covey.bucket.OutboxEntry;
import io.covey.bucket.Result;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Moves the time of the buckets that this node owns, tells them which nodes are gone, and sees to it that what lies in their outboxes is published
 * even if whoever put it there is gone. Owned by the core's loop.
 *
 * <p>Commands are in the lanes once they are submitted, so what was begun is finished also after a bucket has moved to another owner. Whoever is
 * the owner then does the same again, which changes nothing in the bucket.
 */
final class Ticker {
    /**
     * How long an outbox entry is left to the shard whose batch created it. That shard publishes it at once; publishing it here meanwhile would
     * be dropped by buckets but not by transient sessions.
     */
    static final int OUTBOX_GRACE_MILLIS = 2_000;

    /** Entries of one bucket that are published at a time; the rest follows with later ticks. */
    static final int OUTBOX_IN_WORK_MAX = 128;

    /** Departed nodes that are remembered; older ones have been told to every bucket long ago. */
    static final int DEPARTED_MAX = 256;

    /** How often each bucket is asked which nodes it has something of. */
    static final int NODES_MILLIS = 5_000;

    /**
     * How long a node that a bucket knows is to be missing among the members before it counts as gone, although nobody here saw it leave: longer
     * than its lease, and than its first batch could be ahead of the news that it has come.
     */
    static final int STRANGE_MILLIS = 10_000;

    private final int tickMillis;
    private final BucketCommands buckets;
    private final Partition[] partitions;
    private final Set<Long> departed = new LinkedHashSet<>();
    private final Set<Long> present = new HashSet<>();

    /** Nodes that some bucket knows and nobody here: since when. */
    private final Map<Long, Long> strangeSinceMillis = new HashMap<>();

    private static final class Partition {
        private boolean owned;
        private boolean ticking;
        private long dueMillis;
        private boolean asking;
        private long askDueMillis;
        /** Departed nodes of which this bucket was told since it is owned here. */
        private final Set<Long> told = new HashSet<>();
        /** When each unfinished outbox entry was first seen. */
        private final Map<Long, Long> seenMillis = new HashMap<>();
        /** Entries that are being published, or taken off the outbox. */
        private final Set<Long> inWork = new HashSet<>();

        private final List<Long> published = new ArrayList<>();
        private boolean finishing;
    }

    Ticker(int tickMillis, BucketCommands buckets) {
        this.tickMillis = tickMillis;
        this.buckets = buckets;
        this.partitions = new Partition[buckets.partitionCount()];
        for (int i = 0; i < partitions.length; i++) {
            partitions[i] = new Partition();
        }
    }

    /** These partitions are owned here now, and no others. */
    void owned(int[] owned, long nowMillis) {
        boolean[] isOwned = new boolean[partitions.length];
        for (int partition : owned) {
            isOwned[partition] = true;
        }
        for (int i = 0; i < partitions.length; i++) {
            Partition partition = partitions[i];
            if (isOwned[i] && !partition.owned) {
                partition.told.clear();
                partition.seenMillis.clear();
                // Spread over the period, so that the buckets' batches do not all come at once.
                partition.dueMillis = nowMillis + (long) tickMillis * i / partitions.length;
                partition.askDueMillis = nowMillis + (long) NODES_MILLIS * i / partitions.length;
            }
            partition.owned = isOwned[i];
        }
    }

    /** These nodes are members now, and no others. */
    void members(Collection<Long> nodes) {
        present.clear();
        present.addAll(nodes);
        strangeSinceMillis.keySet().removeAll(present);
    }

    /** A node is gone for good. */
    void departed(long node) {
        strangeSinceMillis.remove(node);
        if (departed.add(node) && departed.size() > DEPARTED_MAX) {
            long oldest = departed.iterator().next();
            departed.remove(oldest);
            for (Partition partition : partitions) {
                partition.told.remove(oldest);
            }
        }
    }

    /** The nodes known to be gone, newest last. */
    List<Long> departed() {
        return List.copyOf(departed);
    }

    /** Submits what is due. To be called every few milliseconds, while the node serves. */
    void tick(long nowMillis) {
        for (int i = 0; i < partitions.length; i++) {
            if (partitions[i].owned) {
                askForNodes(i, nowMillis);
                tellDeparted(i);
                tick(i, nowMillis);
            }
        }
    }

    /**
     * Those who saw a node leave may have ended before they could tell its buckets. Whoever owns one of these later never heard of the node; only the
     * bucket itself remembers it.
     */
    private void askForNodes(int index, long nowMillis) {
        Partition partition = partitions[index];
        if (partition.asking || nowMillis < partition.askDueMillis) {
            return;
        }
        partition.asking = true;
        partition.askDueMillis = nowMillis + NODES_MILLIS;
        buckets.submit(index, new Command.ReadNodes(), false, result -> {
            partition.asking = false;
            if (result instanceof Result.Nodes known) {
                known.nodes().forEach(node -> known(node, nowMillis));
            }
        });
    }

    /** @param askedMillis when the bucket was asked */
    private void known(long node, long askedMillis) {
        if (present.contains(node) || departed.contains(node)) {
            return;
        }
        long sinceMillis = strangeSinceMillis.computeIfAbsent(node, first -> askedMillis);
        if (askedMillis - sinceMillis >= STRANGE_MILLIS) {
            departed(node);
        }
    }

    private void tellDeparted(int index) {
        Partition partition = partitions[index];
        if (partition.told.size() == departed.size()) {
            return;
        }
        for (long node : departed) {
            if (partition.told.add(node)) {
                buckets.submit(index, new Command.NodeGone(node), true, result -> {});
            }
        }
    }

    private void tick(int index, long nowMillis) {
        Partition partition = partitions[index];
        if (partition.ticking || nowMillis < partition.dueMillis) {
            return;
        }
        partition.ticking = true;
        partition.dueMillis = Math.max(partition.dueMillis + tickMillis, nowMillis);
        buckets.submit(index, new Command.Tick(), false, result -> {
            partition.ticking = false;
            if (result instanceof Result.Ticked ticked) {
                ticked(index, ticked.outbox(), nowMillis);
            }
        });
    }

    /** @param askedMillis when the tick was submitted: an entry was there at that time at the latest when it is seen again later */
    private void ticked(int index, List<OutboxEntry> outbox, long askedMillis) {
        Partition partition = partitions[index];
        Set<Long> listed = new HashSet<>();
        for (OutboxEntry entry : outbox) {
            long number = entry.number();
            listed.add(number);
            long seenMillis = partition.seenMillis.computeIfAbsent(number, n -> askedMillis);
            boolean left = askedMillis - seenMillis >= OUTBOX_GRACE_MILLIS;
            if (left && partition.inWork.size() < OUTBOX_IN_WORK_MAX && partition.inWork.add(number)) {
                buckets.publish(index, entry, () -> published(index, number));
            }
        }
        partition.seenMillis.keySet().retainAll(listed);
    }

    private void published(int index, long number) {
        partitions[index].published.add(number);
        finish(index);
    }

    private void finish(int index) {
        Partition partition = partitions[index];
        if (partition.finishing || partition.published.isEmpty()) {
            return;
        }
        partition.finishing = true;
        List<Long> numbers = List.copyOf(partition.published);
        partition.published.clear();
        long[] finished = numbers.stream().mapToLong(Long::longValue).toArray();
        buckets.submit(index, new Command.FinishOutbox(finished), false, result -> {
            partition.finishing = false;
            partition.inWork.removeAll(numbers);
            finish(index);
        });
    }
}
