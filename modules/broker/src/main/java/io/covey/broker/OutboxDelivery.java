package io.covey.broker;

import io.covey.bucket.Command;
import io.covey.bucket.Origin;
import io.covey.bucket.OutboxEntry;
import io.covey.bucket.Result;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Publishes what buckets have in their outboxes: wills. Each entry is in work once at most; targets drop repeats by its origin. Bounded by the
 * outboxes. Owned by the shard's loop.
 */
final class OutboxDelivery implements Publication.Owner {
    private static final int RETRY_MICROS = 50_000;

    private final Shard shard;
    private final Map<Key, InWork> inWork = new HashMap<>();

    private record Key(int partition, long number) {}

    /** An entry that is being published, and who wants to know when it is done. */
    private static final class InWork {
        private final List<Runnable> done = new ArrayList<>(1);
    }

    OutboxDelivery(Shard shard) {
        this.shard = shard;
    }

    /** Publishes an entry that a batch of this shard created, and takes it off the outbox. */
    void publishOwn(int partition, OutboxEntry entry) {
        publish(partition, entry, () -> shard.lanes
                .lane(partition)
                .submit(new Command.FinishOutbox(new long[] {entry.number()}), false, result -> {}));
    }

    /** Publishes an entry; {@code done} runs when all targets have confirmed. */
    void publish(int partition, OutboxEntry entry, Runnable done) {
        Key key = new Key(partition, entry.number());
        InWork present = inWork.get(key);
        if (present != null) {
            present.done.add(done);
            return;
        }
        InWork work = new InWork();
        work.done.add(done);
        inWork.put(key, work);
        Publication publication = new Publication(
                this,
                entry.message(),
                entry.clientId(),
                entry.number(),
                partition,
                Origin.ofOutbox(partition, entry),
                shard.lanes.leaseTerm(),
                0);
        if (entry.message().retain()) {
            shard.lanes
                    .lane(shard.lanes.partitionOfTopic(entry.message().topic()))
                    .submit(new Command.Retain(entry.message(), publication.origin), true, publication);
        } else {
            spread(publication);
        }
    }

    private void spread(Publication publication) {
        if (shard.isOver()) {
            return;
        }
        Congestion blocked = shard.fanOut.blocked(publication.message);
        if (blocked == null) {
            shard.fanOut.start(publication, shard.nowMillis());
        } else {
            shard.loop.schedule(RETRY_MICROS, () -> spread(publication));
        }
    }

    @Override
    public void retained(Publication publication) {
        spread(publication);
    }

    @Override
    public void appended(Publication publication, Result.Appended appended) {
        shard.appended(publication.message, appended);
    }

    @Override
    public void finished(Publication publication) {
        if (publication.refused) {
            // Nobody can be told: the client is gone. The bucket's limit is the operator's, and the loss is counted.
            shard.events.dropped("bucket-full", 1);
        }
        InWork work = inWork.remove(new Key(publication.packetId, publication.token));
        if (work != null) {
            work.done.forEach(Runnable::run);
        }
    }

    @Override
    public void numbered(Publication publication, Result.Numbered number) {
        throw new IllegalStateException("an outbox entry has its number");
    }

    @Override
    public void fenced(Publication publication) {
        throw new IllegalStateException("an outbox entry has no epoch");
    }

    /** Whether nothing is in work. */
    boolean isIdle() {
        return inWork.isEmpty();
    }

    /** Drops everything; whoever owns the bucket after this publishes it. */
    void close() {
        inWork.clear();
    }
}
