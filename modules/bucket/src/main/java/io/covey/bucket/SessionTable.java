package io.covey.bucket;

import io.covey.protocol.Message;
import io.covey.routing.ShardAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * All sessions of a bucket, how they begin, change hands and end, and the schedule of what is due. Sessions are kept oldest first, which is
 * the order of their incarnations. Bounded by the ledger's bytes.
 */
final class SessionTable {
    private final Ledger ledger;
    private final SubscriptionIndex index;
    private final Outbox outbox;
    private final Predecessors predecessors;
    private final Map<String, SessionState> sessions = new LinkedHashMap<>();

    /** Sessions with something to do at a known time. An entry's time must not change while it is in here. */
    private final TreeSet<SessionState> schedule = new TreeSet<>(
            Comparator.comparingLong(SessionState::scheduledAtMillis).thenComparingLong(SessionState::incarnation));

    private long lastEpoch;
    private int connected;

    SessionTable(Ledger ledger, SubscriptionIndex index, Outbox outbox) {
        this.ledger = ledger;
        this.index = index;
        this.outbox = outbox;
        this.predecessors = new Predecessors(ledger);
    }

    /** The session of this client id, or null. */
    @Nullable
    SessionState find(String clientId) {
        return sessions.get(clientId);
    }

    /** The session of this client id if this is its epoch, or null [I2]. */
    @Nullable
    SessionState find(String clientId, long epoch) {
        SessionState session = sessions.get(clientId);
        return session != null && session.epoch() == epoch ? session : null;
    }

    /** The durable part of the session of this client id if this is its epoch and it has one, or null [I2]. */
    @Nullable
    DurableState findDurable(String clientId, long epoch) {
        SessionState session = find(clientId, epoch);
        return session == null ? null : session.durable();
    }

    /** When the oldest message in a queue was published, or -1 when all are empty. */
    long oldestQueuedAtMillis() {
        long oldest = -1;
        for (SessionState session : sessions.values()) {
            DurableState durable = session.durable();
            long publishedAt = durable == null ? -1 : durable.queue().oldestPublishedAtMillis();
            oldest = oldest < 0 || publishedAt >= 0 && publishedAt < oldest ? publishedAt : oldest;
        }
        return oldest;
    }

    /** Answers a CONNECT. */
    Result open(Command.OpenSession open, long nowMillis) {
        SessionState present = sessions.get(open.clientId());
        Result no = present == null ? refuse(open) : postpone(present, open);
        if (no != null) {
            return no;
        }
        ShardAddress previous = present == null ? null : present.owner();
        if (present != null && previous != null) {
            predecessors.add(open.clientId(), previous, present.epoch());
        }
        // [MQTT-3.1.2-5..6] [MQTT-3.1.4-4] [MQTT-3.1.3-2] [MQTT311-3.1.4-3]
        SessionState continued = present == null ? null : endEarlierConnection(present, open.cleanStart(), nowMillis);
        long epoch = ++lastEpoch;
        SessionState session = continued;
        if (session == null) {
            session = new SessionState(open.clientId(), epoch, open.expirySeconds() > 0, ledger);
            sessions.put(open.clientId(), session);
        }
        session.connect(epoch, open, ledger.limits().window(open.receiveMaximum()));
        connected++;
        List<QueueEntry> entries = new ArrayList<>();
        DurableState durable = session.durable();
        if (durable != null) {
            DeliveryQueue queue = durable.queue();
            queue.reopen();
            queue.listHanded(0, entries); // [MQTT-4.4.0-1]
            queue.handOut(session.window(), nowMillis, entries);
        }
        changed(session);
        return new Result.Opened(
                epoch,
                session.incarnation(),
                continued != null, // [MQTT-3.2.2-2] [MQTT-3.2.2-3]
                predecessors.of(open.clientId()),
                entries,
                durable == null ? 1 : durable.queue().nextSequence(),
                durable == null ? List.of() : durable.receipts().list(),
                durable == null ? List.of() : durable.subscriptions(),
                durable == null ? List.of() : durable.progress());
    }

    /** Keeps a new session out, or not: null. */
    private @Nullable Result refuse(Command.OpenSession open) {
        Shortage shortage = sessions.size() >= ledger.limits().sessionsMax()
                ? Shortage.SESSIONS
                : ledger.shortageForSessions(SessionState.baseBytes(open.clientId(), open.will()));
        if (shortage == null) {
            return null;
        }
        ledger.countRefused();
        return new Result.Refused(shortage);
    }

    /** Lets a connection at another shard close first, or refuses to take the session from a later CONNECT; null where neither is due. */
    private @Nullable Result postpone(SessionState present, Command.OpenSession open) {
        ShardAddress owner = present.owner();
        if (open.turn() == Command.OpenSession.FIRST && owner != null && !owner.equals(open.owner())) {
            return new Result.Occupied(owner, present.epoch(), ++lastEpoch);
        }
        return open.turn() > Command.OpenSession.FIRST && open.turn() < present.turn() ? Answers.FENCED : null;
    }

    /**
     * Ends whatever connection the session had, and the session too where it is over or not wanted.
     *
     * @return the session if it goes on, or null
     */
    private @Nullable SessionState endEarlierConnection(SessionState session, boolean cleanStart, long nowMillis) {
        if (session.owner() != null) {
            // A takeover closes the old connection without DISCONNECT from its client [MQTT-3.1.4-3].
            endConnection(session, true, nowMillis);
        } else {
            settle(session, nowMillis);
        }
        if (!sessions.containsKey(session.clientId())) {
            return null;
        }
        if (cleanStart) { // [MQTT-3.1.2-4]
            end(session, nowMillis);
            return null;
        }
        // Connecting in time cancels a will whose delay still runs [MQTT-3.1.3-9].
        return session;
    }

    /** Answers the end of a connection. A repeat finds it ended and changes nothing. */
    Result close(Command.CloseSession close, long nowMillis) {
        SessionState session = find(close.clientId(), close.epoch());
        if (session == null) {
            return Answers.FENCED;
        }
        if (session.owner() == null) {
            return new Result.Closed(false);
        }
        predecessors.settled(close.clientId()); // only a connection that is the only one ends like this
        DurableState durable = session.durable();
        if (durable != null && close.lastSentSequence() >= 0) {
            durable.queue().takeBack(close.lastSentSequence());
        }
        if (close.expirySeconds() >= 0) {
            session.expireAfter(close.expirySeconds());
        }
        endConnection(session, close.publishWill(), nowMillis);
        giveBackUnsent(session);
        return new Result.Closed(!sessions.containsKey(close.clientId()));
    }

    /** Ends the connections of a node that is gone; all that was handed to them counts as sent. */
    void nodeGone(long node, long nowMillis) {
        List<SessionState> orphans = new ArrayList<>();
        for (SessionState session : sessions.values()) {
            ShardAddress owner = session.owner();
            if (owner != null && owner.node() == node) {
                orphans.add(session);
            }
        }
        for (SessionState session : orphans) {
            endConnection(session, true, nowMillis);
            giveBackUnsent(session);
        }
        predecessors.nodeGone(node);
    }

    private void giveBackUnsent(SessionState session) {
        DurableState durable = session.durable();
        if (durable != null && sessions.get(session.clientId()) == session) {
            SharedHandOvers.giveBackUnsent(durable, outbox);
        }
    }

    /** Forgets the connections before this one; a repeat changes nothing. */
    Result settle(Command.Settle settle) {
        if (find(settle.clientId(), settle.epoch()) == null) {
            return Answers.FENCED;
        }
        predecessors.settled(settle.clientId());
        return Answers.DONE;
    }

    Predecessors predecessors() {
        return predecessors;
    }

    /**
     * Does what is due: ends sessions, publishes wills, drops expired messages.
     *
     * @param entriesMax stop after having looked at this many queue entries
     * @param sessionsMax stop after this many sessions
     */
    void settleDue(long nowMillis, int sessionsMax, int entriesMax) {
        int entries = 0;
        for (int i = 0; i < sessionsMax && entries < entriesMax && !schedule.isEmpty(); i++) {
            SessionState first = schedule.first();
            if (first.scheduledAtMillis() > nowMillis) {
                return;
            }
            DurableState durable = first.durable();
            if (settle(first, nowMillis) && durable != null && durable.queue().earliestExpiryMillis() <= nowMillis) {
                entries += durable.queue().expire(nowMillis);
                reschedule(first);
            }
        }
    }

    /** Something that the schedule or the ledger depends on may have changed. */
    void changed(SessionState session) {
        session.account(ledger);
        reschedule(session);
    }

    /** Something that the schedule depends on may have changed. */
    void reschedule(SessionState session) {
        long due = session.dueAtMillis();
        if (due == session.scheduledAtMillis()) {
            return;
        }
        unschedule(session);
        session.schedule(due);
        if (due != Message.NEVER) {
            schedule.add(session);
        }
    }

    /** All sessions, oldest first. */
    Collection<SessionState> sessions() {
        return sessions.values();
    }

    /** The nodes that hold connections, with repeats. */
    LongStream nodes() {
        return sessions.values().stream()
                .map(SessionState::owner)
                .filter(Objects::nonNull)
                .mapToLong(ShardAddress::node);
    }

    /** How many have a connection. */
    int connected() {
        return connected;
    }

    long lastEpoch() {
        return lastEpoch;
    }

    /** Takes over a snapshot's counter. */
    void restored(long restoredLastEpoch) {
        lastEpoch = restoredLastEpoch;
    }

    /** Takes over a session from a snapshot; the oldest first. */
    void add(SessionState session) {
        sessions.put(session.clientId(), session);
        connected += session.owner() != null ? 1 : 0;
        changed(session);
    }

    private void endConnection(SessionState session, boolean publishWill, long nowMillis) {
        session.disconnect(nowMillis);
        connected--;
        if (!publishWill) { // [MQTT-3.1.2-10]
            session.forgetWill();
        }
        // [MQTT-4.1.0-2] [MQTT311-4.1.0-1]
        if (session.durable() == null || session.expirySeconds() == 0) { // [MQTT-3.1.2-23]
            end(session, nowMillis);
            return;
        }
        Will will = session.will();
        if (will != null && will.delaySeconds() > 0) {
            session.delayWillUntil(nowMillis + 1000 * will.delaySeconds());
        } else {
            publishWill(session, nowMillis); // [MQTT-3.1.2-8]
        }
        changed(session);
    }

    /**
     * Ends a disconnected session that has expired, or publishes its will whose delay has passed.
     *
     * @return whether the session goes on
     */
    private boolean settle(SessionState session, long nowMillis) {
        if (session.endsAtMillis() <= nowMillis) {
            ledger.countExpiredSession();
            end(session, nowMillis);
            return false;
        }
        if (session.willDueAtMillis() <= nowMillis) {
            publishWill(session, nowMillis); // [MQTT-3.1.2-8]
            changed(session);
        }
        return true;
    }

    /** Ends a session; its will does not wait any longer [MQTT-3.1.2-8]. */
    private void end(SessionState session, long nowMillis) {
        publishWill(session, nowMillis);
        sessions.remove(session.clientId());
        unschedule(session);
        DurableState durable = session.durable();
        if (durable != null) {
            SharedHandOvers.giveBackAll(durable, outbox);
            durable.clear(index);
        }
        session.unaccount(ledger);
    }

    private void publishWill(SessionState session, long nowMillis) {
        Will will = session.will();
        if (will != null) {
            outbox.publish(session.clientId(), will, nowMillis);
            session.forgetWill();
        }
    }

    private void unschedule(SessionState session) {
        if (session.scheduledAtMillis() != Message.NEVER) {
            schedule.remove(session);
            session.schedule(Message.NEVER);
        }
    }
}
