package io.covey.bucket;

import io.covey.protocol.ByteWriter;
import io.covey.protocol.Lists;
import io.covey.routing.ShardAddress;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes a whole bucket in its canonical form: equal states give equal bytes. A message that several queues share is written where it is
 * met first; later ones name its index.
 */
final class SnapshotWriter {
    /** The form that this release writes; it reads the earlier ones, too. */
    static final int FORMAT = 3;

    private final ByteWriter out;
    private final long pass;
    private int messages;

    SnapshotWriter(ByteWriter out, long pass) {
        this.out = out;
        this.pass = pass;
    }

    ByteWriter out() {
        return out;
    }

    void write(BucketVersion version, long owner, long timeMillis, SenderTable senders, BucketState state) {
        out.u8(FORMAT);
        version.write(out);
        out.i64(owner).i64(timeMillis);
        out.varLong(state.sessions().lastEpoch())
                .varInt(state.sessions().sessions().size());
        for (SessionState session : state.sessions().sessions()) {
            session(session);
        }
        groups(state.groups());
        out.varInt(state.sessions().predecessors().all().size());
        state.sessions().predecessors().all().forEach((clientId, all) -> {
            out.string(clientId);
            Lists.write(all, (writer, predecessor) -> predecessor.write(writer), out);
        });
        out.varLong(state.index().routes().version());
        retained(state.retained());
        outbox(state.outbox());
        origins(state.appendOrigins());
        origins(state.retainOrigins());
        senders(senders);
        state.ledger().write(out);
    }

    private void session(SessionState session) {
        ShardAddress owner = session.owner();
        Will will = session.will();
        DurableState durable = session.durable();
        out.string(session.clientId()).varLong(session.incarnation()).varLong(session.epoch());
        out.varLong(session.epoch() - session.turn());
        out.u8((durable != null ? 1 : 0) | (owner != null ? 2 : 0) | (will != null ? 4 : 0));
        if (owner != null) {
            owner.write(out);
        }
        if (will != null) {
            will.write(out);
        }
        out.varInt(session.window())
                .varLong(session.expirySeconds())
                .i64(session.willDueAtMillis())
                .i64(session.disconnectedAtMillis());
        if (durable != null) {
            durable(durable);
        }
    }

    private void durable(DurableState durable) {
        Lists.write(durable.subscriptions(), (to, subscription) -> subscription.write(to), out);
        out.varLong(durable.receipts().nextNumber());
        Lists.write(durable.receipts().list(), ResultCodec::writeReceipt, out);
        shares(durable);
        durable.queue().write(this);
    }

    private void shares(DurableState durable) {
        List<Share> shares = durable.shares();
        out.varInt(shares.size());
        for (int i = 0; i < shares.size(); i++) {
            Share share = shares.get(i);
            share.indexInSnapshot(i);
            out.string(share.filter())
                    .bool(i < durable.subscribedShares())
                    .varLong(share.completed())
                    .varLong(share.reported());
        }
    }

    private void groups(SharedGroups groups) {
        out.varInt(groups.groups().size());
        for (SharedGroup group : groups.groups()) {
            out.string(group.filter()).varInt(group.members().size());
            group.members().forEach(this::member);
            out.varInt(group.ready().size());
            group.ready().forEach(member -> out.string(member.clientId));
            out.varInt(group.lent().size());
            group.lent().forEach(this::loan);
            EntryRing waiting = group.waiting();
            out.varInt(waiting.size());
            for (int i = 0; i < waiting.size(); i++) {
                entry(waiting.at(i));
            }
        }
    }

    private void member(SharedMember member) {
        ShardAddress shard = member.shard;
        out.string(member.clientId).varLong(member.incarnation).varLong(member.epoch);
        out.u8(member.qos.value() | (member.durable ? 4 : 0) | (member.stalled ? 8 : 0) | (shard != null ? 16 : 0));
        if (shard != null) {
            shard.write(out);
        }
        out.varInt(member.room).varLong(member.assigned).varLong(member.completed);
    }

    private void loan(long number, SharedGroup.Loan loan) {
        out.varLong(number).string(loan.clientId()).varLong(loan.epoch());
        loan.shard().write(out);
        out.u8(loan.qos().value());
        entry(loan.entry());
    }

    /** Writes a queue entry, or a hole. */
    void entry(@Nullable QueuedMessage entry) {
        if (entry == null) {
            out.u8(0);
            return;
        }
        Share share = entry.share();
        out.u8(1
                | entry.qos().value() << 1
                | (entry.retain() ? 8 : 0)
                | (entry.received() ? 16 : 0)
                | (share != null ? 32 : 0));
        if (share != null) {
            out.varInt(share.snapshotIndex());
        }
        Lists.writeInts(entry.subscriptionIds(), out);
        HeldMessage held = entry.held();
        int index = held.snapshotIndex(pass);
        if (index >= 0) {
            out.varInt(index);
        } else {
            held.indexInSnapshot(pass, messages);
            out.varInt(messages++);
            held.message().write(out);
        }
    }

    private void retained(RetainedStore retained) {
        out.varLong(retained.version()).varInt(retained.values().size());
        for (RetainedStore.Value value : retained.values()) {
            out.varLong(value.version());
            value.message().write(out);
        }
    }

    private void outbox(Outbox outbox) {
        out.varLong(outbox.lastNumber()).varLong(outbox.dropped());
        out.varInt(outbox.entries().size());
        for (Map.Entry<Long, OutboxEffect> entry : outbox.entries().entrySet()) {
            entry.getValue().write(out.varLong(entry.getKey()));
        }
    }

    private void origins(OriginTable origins) {
        out.varLong(origins.forgotten());
        out.varInt(origins.unfinished().size() + origins.idle().size());
        origins.unfinished().forEach(this::origin);
        origins.idle().forEach(this::origin);
    }

    private void origin(String source, OriginTable.Seen seen) {
        out.string(source).varLong(seen.incarnation()).varLong(seen.floor()).i64(seen.usedAtMillis());
        Lists.writeLongs(seen.numbers(), out);
    }

    private void senders(SenderTable senders) {
        out.varInt(senders.senders().size());
        for (Map.Entry<ShardAddress, SenderTable.Last> entry : senders.senders().entrySet()) {
            entry.getKey().write(out);
            out.varLong(entry.getValue().sequence());
            entry.getValue().step().write(out);
            BatchCodec.write(entry.getValue().result(), out);
        }
        Lists.write(List.copyOf(senders.gone()), ByteWriter::i64, out);
    }
}
