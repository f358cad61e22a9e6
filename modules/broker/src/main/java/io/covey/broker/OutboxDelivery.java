package io.covey.broker;

import io.covey.bucket.Command;
import io.covey.bucket.Origin;
import io.covey.bucket.OutboxEffect;
import io.covey.bucket.OutboxEntry;
import io.covey.bucket.Result;
import io.covey.bucket.SharedCommand;
import io.covey.bucket.Shortage;
import io.covey.protocol.Message;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Brings about what buckets have in their outboxes: wills are published, messages of Shared Subscriptions go to members and back. Each entry is in work once at most; targets drop repeats by its origin. Bounded by the
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
        start(partition, entry, key);
    }

    private void start(int partition, OutboxEntry entry, Key key) {
        Origin origin = Origin.ofOutbox(partition, entry);
        if (entry.effect() instanceof OutboxEffect.Publish will) {
            publish(partition, entry.number(), origin, will);
        } else if (entry.effect() instanceof OutboxEffect.HandOver over) {
            handOver(partition, entry.number(), origin, over);
        } else if (entry.effect() instanceof OutboxEffect.Offer offer) {
            shard.fanOut.lend(partition, entry, offer);
            shard.channels.whenReceived(offer.shard(), () -> done(key));
        } else if (entry.effect() instanceof OutboxEffect.GiveBack back) {
            Command command = new SharedCommand.GiveBack(
                    back.filter(), back.clientId(), back.incarnation(), back.messages(), back.left(), origin);
            lane(shard.lanes.partitionOfShared(back.filter())).submit(command, true, result -> done(key));
        }
    }

    private Lane lane(int partition) {
        return shard.lanes.lane(partition);
    }

    private void publish(int partition, long number, Origin origin, OutboxEffect.Publish will) {
        Message message = will.message();
        Publication publication =
                new Publication(this, message, will.clientId(), number, partition, origin, shard.lanes.leaseTerm(), 0);
        if (message.retain()) {
            lane(shard.lanes.partitionOfTopic(message.topic()))
                    .submit(new Command.Retain(message, origin), true, publication);
        } else {
            spread(publication);
        }
    }

    /** A message of a group goes to the queue of a member's session, or back where that does not take it. */
    private void handOver(int partition, long number, Origin origin, OutboxEffect.HandOver over) {
        Command command =
                new SharedCommand.HandOver(over.filter(), over.clientId(), over.incarnation(), over.message(), origin);
        Key key = new Key(partition, number);
        lane(shard.lanes.partitionOfClient(over.clientId())).submit(command, true, result -> {
            if (!(result instanceof Result.HandedOver handed)) {
                throw new IllegalStateException("no answer to a HandOver: " + result);
            }
            if (handed.taken()) {
                shard.appended(over.message(), new Result.Appended(handed.deliveries(), 1, 0, null));
                done(key);
            } else {
                lane(partition)
                        .submit(
                                new SharedCommand.Decline(number, handed.gone(), handed.awayEpoch()),
                                true,
                                declined -> done(key));
            }
        });
    }

    private void done(Key key) {
        InWork work = inWork.remove(key);
        if (work != null) {
            work.done.forEach(Runnable::run);
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
        Shortage refused = publication.refused;
        if (refused != null) {
            // Nobody can be told: the client is gone. The bucket's limit is the operator's, and the loss is counted.
            shard.events.dropped(DropReason.of(refused), 1);
        }
        done(new Key(publication.packetId, publication.token));
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
