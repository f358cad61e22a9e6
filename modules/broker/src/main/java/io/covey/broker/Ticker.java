package io.covey.broker;

import io.covey.bucket.Command;
import io.covey.bucket.OutboxEntry;
import io.covey.bucket.Result;
import java.util.ArrayList;
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

    private final int tickMillis;
    private final BucketCommands buckets;
    private final Partition[] partitions;
    private final Set<Long> departed = new LinkedHashSet<>();

    private static final class Partition {
        private boolean owned;
        private boolean ticking;
        private long dueMillis;
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
            }
            partition.owned = isOwned[i];
        }
    }

    /** A node is gone for good. */
    void departed(long node) {
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
                tellDeparted(i);
                tick(i, nowMillis);
            }
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
