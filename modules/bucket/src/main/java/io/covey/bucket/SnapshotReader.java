package io.covey.bucket;

import io.covey.protocol.ByteReader;
import io.covey.protocol.Lists;
import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import io.covey.routing.Subscription;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads what {@link SnapshotWriter} wrote into an empty bucket; indexes, schedules and accounts are built anew. */
final class SnapshotReader {
    private final ByteReader in;
    private final int format;
    private final List<HeldMessage> messages = new ArrayList<>();

    /** Those of the session that is being read. */
    private final List<Share> shares = new ArrayList<>();

    /** @param format up to {@link SnapshotWriter#FORMAT}; 1 has no predecessors, 2 no turns */
    SnapshotReader(ByteReader in, int format) {
        this.in = in;
        this.format = format;
    }

    ByteReader in() {
        return in;
    }

    /** Fills an empty state; what comes before it has been read. */
    void read(SenderTable senders, BucketState state, Ledger ledger) {
        SessionTable sessions = state.sessions();
        sessions.restored(in.varLong());
        for (int i = Lists.count(in); i > 0; i--) {
            sessions.add(session(state.index(), ledger));
        }
        groups(state.groups());
        for (int i = format == 1 ? 0 : Lists.count(in); i > 0; i--) {
            sessions.predecessors().put(in.string(), Lists.read(in, Result.Predecessor::read));
        }
        state.index().routes().restored(in.varLong());
        retained(state.retained());
        outbox(state.outbox());
        origins(state.appendOrigins());
        origins(state.retainOrigins());
        senders(senders);
        ledger.read(in);
    }

    private SessionState session(SubscriptionIndex index, Ledger ledger) {
        String clientId = in.string();
        long incarnation = in.varLong();
        long epoch = in.varLong();
        long turn = format < 3 ? epoch : epoch - in.varLong();
        int flags = in.u8();
        SessionState session = new SessionState(clientId, incarnation, (flags & 1) != 0, ledger);
        ShardAddress owner = (flags & 2) != 0 ? ShardAddress.read(in) : null;
        Will will = (flags & 4) != 0 ? Will.read(in) : null;
        session.restore(epoch, turn, owner, in.varInt(), in.varLong(), will, in.i64(), in.i64());
        DurableState durable = session.durable();
        if (durable != null) {
            Lists.read(in, Subscription::read).forEach(subscription -> durable.subscribe(subscription, index));
            durable.restore(receipts());
            shares(durable);
            durable.queue().read(this);
        }
        return session;
    }

    private void shares(DurableState durable) {
        shares.clear();
        for (int i = Lists.count(in); i > 0; i--) {
            String filter = in.string();
            boolean subscribed = in.bool();
            Share share = subscribed ? Objects.requireNonNull(durable.share(filter)) : new Share(filter);
            share.restored(in.varLong(), in.varLong());
            if (!subscribed) {
                durable.restoreGivenUp(share);
            }
            shares.add(share);
        }
    }

    private void groups(SharedGroups groups) {
        for (int i = Lists.count(in); i > 0; i--) {
            SharedGroup group = groups.restore(in.string());
            Lists.read(in, SnapshotReader::member).forEach(group::add);
            group.turns(Lists.read(in, ByteReader::string));
            for (int k = Lists.count(in); k > 0; k--) {
                group.add(in.varLong(), loan());
            }
            for (int k = Lists.count(in); k > 0; k--) {
                group.add(Objects.requireNonNull(entry()));
            }
            groups.restored(group);
        }
    }

    private static SharedMember member(ByteReader in) {
        String clientId = in.string();
        long incarnation = in.varLong();
        long epoch = in.varLong();
        int flags = in.u8();
        SharedMember member = new SharedMember(clientId, incarnation, QoS.of(flags & 3));
        member.epoch = epoch;
        member.durable = (flags & 4) != 0;
        member.stalled = (flags & 8) != 0;
        member.shard = (flags & 16) != 0 ? ShardAddress.read(in) : null;
        member.room = in.varInt();
        member.assigned = in.varLong();
        member.completed = in.varLong();
        return member;
    }

    private SharedGroup.Loan loan() {
        return new SharedGroup.Loan(
                in.string(), in.varLong(), ShardAddress.read(in), QoS.of(in.u8()), Objects.requireNonNull(entry()));
    }

    private Receipts receipts() {
        long nextNumber = in.varLong();
        return Receipts.of(Lists.read(in, ResultCodec::readReceipt), nextNumber);
    }

    /** Reads a queue entry, or null for a hole. */
    @Nullable
    QueuedMessage entry() {
        int flags = in.u8();
        if (flags == 0) {
            return null;
        }
        Share share = (flags & 32) != 0 ? shares.get(in.varInt()) : null;
        int[] ids = Lists.readInts(in);
        int index = in.varInt();
        if (index == messages.size()) {
            messages.add(new HeldMessage(Message.read(in)));
        }
        QueuedMessage entry =
                new QueuedMessage(messages.get(index), QoS.of(flags >>> 1 & 3), (flags & 8) != 0, ids, share);
        if ((flags & 16) != 0) {
            entry.markReceived();
        }
        return entry;
    }

    private void retained(RetainedStore retained) {
        retained.restored(in.varLong());
        for (int i = Lists.count(in); i > 0; i--) {
            long version = in.varLong();
            retained.add(new RetainedStore.Value(Message.read(in), version));
        }
    }

    private void outbox(Outbox outbox) {
        outbox.restored(in.varLong(), in.varLong());
        for (int i = Lists.count(in); i > 0; i--) {
            outbox.add(in.varLong(), OutboxEffect.read(in));
        }
    }

    private void origins(OriginTable origins) {
        origins.restored(in.varLong());
        for (int i = Lists.count(in); i > 0; i--) {
            origins.restore(in.string(), in.varLong(), in.varLong(), in.i64(), Lists.readLongs(in));
        }
    }

    private void senders(SenderTable senders) {
        for (int i = Lists.count(in); i > 0; i--) {
            ShardAddress sender = ShardAddress.read(in);
            long sequence = in.varLong();
            Step step = Step.read(in);
            senders.answered(sender, new SenderTable.Last(sequence, step, BatchCodec.readResult(in)));
        }
        Lists.read(in, ByteReader::i64).forEach(senders::forget);
    }
}
