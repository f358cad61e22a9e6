package io.covey.bucket;

import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The members of one Shared Subscription, and the messages that wait for one of them. Each message is given to one member at a time: handed
 * over to the queue of a persistent session, or lent to a connection [MQTT 5.0, 4.8.2].
 *
 * <p>Bounds: what waits by {@link BucketLimits#queueMessagesMax} and {@link BucketLimits#queueBytesMax}; what a member has by its room. What
 * members give back is taken beyond the first, since it was acknowledged: their rooms bound it.
 */
final class SharedGroup {
    private static final int GROUP_BYTES = 512;
    private static final int[] NO_IDS = {};

    private final String filter;
    private final Ledger ledger;
    private final Outbox outbox;
    private final EntryRing waiting = new EntryRing();
    private final Map<String, SharedMember> members = new LinkedHashMap<>();

    /** Members with room, in the order in which it is their turn. */
    private final Set<SharedMember> ready = new LinkedHashSet<>();

    private final TreeMap<Long, Loan> lent = new TreeMap<>();
    private long bytes;
    private long earliestExpiryMillis = Message.NEVER;
    private int queuedMembers;

    /**
     * A message that a connection has, by the number of its offer.
     *
     * @param qos the level of its delivery
     */
    record Loan(String clientId, long epoch, ShardAddress shard, QoS qos, QueuedMessage entry) {}

    SharedGroup(String filter, Ledger ledger, Outbox outbox) {
        this.filter = filter;
        this.ledger = ledger;
        this.outbox = outbox;
        ledger.add(baseBytes(filter));
    }

    static long baseBytes(String filter) {
        return GROUP_BYTES + 2L * filter.length();
    }

    String filter() {
        return filter;
    }

    Collection<SharedMember> members() {
        return members.values();
    }

    Set<SharedMember> ready() {
        return ready;
    }

    Map<Long, Loan> lent() {
        return lent;
    }

    EntryRing waiting() {
        return waiting;
    }

    long earliestExpiryMillis() {
        return earliestExpiryMillis;
    }

    @Nullable
    SharedMember member(String clientId) {
        return members.get(clientId);
    }

    /** Whether it has a member whose session keeps messages: then all publishes of QoS 1 and 2 come here. */
    boolean isRouted() {
        return queuedMembers > 0;
    }

    /** Whether somebody may receive what is queued: a session that can come back, or whoever is connected. */
    boolean isServed() {
        return queuedMembers > 0 || members.values().stream().anyMatch(member -> member.shard != null);
    }

    /** Whether something waits although a member has room, which only a full outbox leaves so. */
    boolean isHalted() {
        return !waiting.isEmpty() && !ready.isEmpty();
    }

    // Members.

    void join(SharedCommand.Join join) {
        SharedMember present = members.get(join.clientId());
        if (present != null && present.epoch > join.epoch()) {
            return;
        }
        if (present != null && present.incarnation == join.incarnation()) {
            queuedMembers -= present.isQueued() ? 1 : 0;
            present.update(join);
            queuedMembers += present.isQueued() ? 1 : 0;
            ranks(present);
            return;
        }
        if (present != null) {
            remove(present);
        }
        add(new SharedMember(join));
    }

    /** Adds a member, also from a snapshot. */
    void add(SharedMember member) {
        members.put(member.clientId, member);
        ledger.add(member.bytes());
        queuedMembers += member.isQueued() ? 1 : 0;
        ranks(member);
    }

    void remove(SharedMember member) {
        members.remove(member.clientId);
        ready.remove(member);
        ledger.add(-member.bytes());
        queuedMembers -= member.isQueued() ? 1 : 0;
        if (!isServed()) {
            clearWaiting();
        }
    }

    /** The member's connection is gone. */
    void away(SharedMember member) {
        member.shard = null;
        ranks(member);
        if (!isServed()) {
            clearWaiting();
        }
    }

    /** A node is gone, with the connections there: what they had of QoS 1 goes to others [MQTT-4.8.2-5]. */
    void nodeGone(long node) {
        for (SharedMember member : List.copyOf(members.values())) {
            ShardAddress shard = member.shard;
            if (shard == null || shard.node() != node) {
                continue;
            }
            if (member.durable) {
                away(member);
            } else {
                remove(member);
            }
        }
        List<Long> lost = new ArrayList<>();
        lent.forEach((number, loan) -> {
            if (loan.shard.node() == node) {
                lost.add(number);
            }
        });
        for (int i = lost.size() - 1; i >= 0; i--) {
            Loan loan = Objects.requireNonNull(lent.remove(lost.get(i)));
            if (loan.qos == QoS.AT_LEAST_ONCE && isServed()) {
                putBack(loan.entry);
            } else {
                drop(loan.entry);
            }
        }
    }

    /** The member's readiness may have changed; one that becomes ready is the last whose turn it is. */
    void ranks(SharedMember member) {
        if (!member.isReady()) {
            ready.remove(member);
        } else {
            ready.add(member);
        }
    }

    /** Members whose buckets had no room are asked again. */
    void forgetStalls() {
        for (SharedMember member : members.values()) {
            if (member.stalled) {
                member.stalled = false;
                ranks(member);
            }
        }
    }

    // Messages.

    /** Whether one more entry of this size is within the limits. */
    boolean admits(long entryBytes, BucketLimits limits) {
        return limits.queueAdmits(waiting.size(), bytes, entryBytes);
    }

    /**
     * Makes room for one more entry of this size where the overflow rule drops older ones; these are counted.
     *
     * @return whether there is room now; where not, nothing was dropped
     */
    boolean makeRoom(long entryBytes, BucketLimits limits) {
        boolean mayDrop = limits.queueOverflow() == QueueOverflow.DROP_OLDEST && limits.queueAdmits(0, 0, entryBytes);
        while (mayDrop && !admits(entryBytes, limits)) {
            drop(takeFirst());
            ledger.countDroppedByQueueLimit();
        }
        return admits(entryBytes, limits);
    }

    /** Adds an entry at the end. */
    void add(QueuedMessage entry) {
        charge(entry);
        waiting.addLast(entry);
        noteExpiry(entry);
    }

    /** Adds a message that a member has given back, at the front. */
    void putBack(Message message) {
        QueuedMessage entry = new QueuedMessage(new HeldMessage(message), message.qos(), message.retain(), NO_IDS);
        charge(entry);
        waiting.addFirst(entry);
        noteExpiry(entry);
    }

    private void putBack(QueuedMessage lentEntry) {
        waiting.addFirst(lentEntry);
        bytes += lentEntry.queueBytes();
        noteExpiry(lentEntry);
    }

    private void noteExpiry(QueuedMessage entry) {
        earliestExpiryMillis =
                Math.min(earliestExpiryMillis, entry.held().message().expiresAtMillis());
    }

    private void charge(QueuedMessage entry) {
        entry.held().hold(ledger);
        ledger.add(entry.ownBytes());
        ledger.queued(entry.queueBytes());
        bytes += entry.queueBytes();
    }

    private void drop(QueuedMessage entry) {
        ledger.add(-entry.ownBytes());
        ledger.unqueued(entry.queueBytes());
        entry.held().letGo(ledger);
    }

    private QueuedMessage takeFirst() {
        QueuedMessage entry = Objects.requireNonNull(waiting.removeFirst());
        bytes -= entry.queueBytes();
        return entry;
    }

    private void clearWaiting() {
        while (!waiting.isEmpty()) {
            drop(takeFirst());
        }
        earliestExpiryMillis = Message.NEVER;
    }

    /**
     * Gives what waits to members with room, in turn.
     *
     * @return false when it stopped because the outbox has no room
     */
    boolean assign(long nowMillis) {
        while (!waiting.isEmpty()) {
            QueuedMessage next = Objects.requireNonNull(waiting.at(0));
            if (next.isExpired(nowMillis)) { // [MQTT-3.3.2-5]
                drop(takeFirst());
                ledger.countDroppedByExpiry();
                continue;
            }
            if (ready.isEmpty()) {
                return true;
            }
            if (!outbox.admitsShared()) {
                return false;
            }
            SharedMember member = ready.iterator().next();
            ready.remove(member);
            give(member, takeFirst());
            ranks(member);
        }
        return true;
    }

    private void give(SharedMember member, QueuedMessage entry) {
        Message message = entry.held().message();
        member.assigned++;
        if (member.isQueued()) {
            outbox.add(new OutboxEffect.HandOver(filter, member.clientId, member.incarnation, message));
            drop(entry);
            return;
        }
        ShardAddress shard = Objects.requireNonNull(member.shard);
        long number = outbox.add(new OutboxEffect.Offer(filter, member.clientId, member.epoch, shard, message));
        QoS qos = message.qos().min(member.qos); // [MQTT-4.8.2-3]
        lent.put(number, new Loan(member.clientId, member.epoch, shard, qos, entry));
    }

    /** A connection is done with what it was lent. */
    void settle(SharedCommand.Settle settle) {
        for (long number : settle.completed()) {
            Loan loan = lent.remove(number);
            if (loan != null) {
                drop(loan.entry);
                repaid(loan);
            }
        }
        long[] returned = settle.returned();
        for (int i = returned.length - 1; i >= 0; i--) {
            Loan loan = lent.remove(returned[i]);
            if (loan != null) {
                if (isServed()) {
                    putBack(loan.entry);
                } else {
                    drop(loan.entry);
                }
                repaid(loan);
            }
        }
    }

    private void repaid(Loan loan) {
        SharedMember member = members.get(loan.clientId);
        if (member != null && member.epoch == loan.epoch) {
            member.progressed(member.completed + 1);
            ranks(member);
        }
    }

    /** Drops waiting entries that have expired [MQTT-3.3.2-5]. */
    void expire(long nowMillis) {
        boolean dropped = false;
        earliestExpiryMillis = Message.NEVER;
        for (int i = 0; i < waiting.size(); i++) {
            QueuedMessage entry = Objects.requireNonNull(waiting.at(i));
            if (entry.isExpired(nowMillis)) {
                waiting.replace(i, null);
                bytes -= entry.queueBytes();
                drop(entry);
                ledger.countDroppedByExpiry();
                dropped = true;
            } else {
                noteExpiry(entry);
            }
        }
        if (dropped) {
            waiting.compact();
        }
    }

    /** Takes over a loan from a snapshot. */
    void add(long number, Loan loan) {
        loan.entry.held().hold(ledger);
        ledger.add(loan.entry.ownBytes());
        ledger.queued(loan.entry.queueBytes());
        lent.put(number, loan);
    }

    /** Takes over the order of the members' turns from a snapshot. */
    void turns(List<String> clientIds) {
        ready.clear();
        for (String clientId : clientIds) {
            ready.add(Objects.requireNonNull(members.get(clientId)));
        }
    }

    /** The group ends with its last member: gives back everything. */
    void end() {
        clearWaiting();
        lent.values().forEach(loan -> drop(loan.entry));
        lent.clear();
        ledger.add(-baseBytes(filter));
    }
}
