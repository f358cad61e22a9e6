package io.covey.bucket;

import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.protocol.TopicFilters;
import io.covey.routing.ShardAddress;
import io.covey.routing.Subscription;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a bucket should do, written down as plainly as possible: lists that are searched, no indexes, no accounts. Byte limits, paging and
 * the dropping of idle origins are not in it.
 */
final class ModelBucket {
    final BucketLimits limits;
    final Map<String, Session> sessions = new LinkedHashMap<>();
    private final Map<String, List<Result.Predecessor>> predecessors = new HashMap<>();
    final Map<Long, OutboxEntry> outbox = new TreeMap<>();
    final Map<String, Message> retained = new TreeMap<>(
            Comparator.comparing(topic -> Arrays.asList(topic.split("/", -1)), ModelBucket::compareLevels));
    private final Map<String, Long> retainedVersions = new HashMap<>();
    private final Map<String, Seen> appendOrigins = new HashMap<>();
    private final Map<String, Seen> retainOrigins = new HashMap<>();
    private List<OutboxEntry> created = new ArrayList<>();
    long lastEpoch;
    private long lastOutboxNumber;
    private long retainedVersion;
    private long now;

    static final class Entry {
        Message message;
        QoS qos;
        boolean retain;
        int[] ids;
        /** 0 while it waits. */
        long sequence;
        /** The connection that it was handed to first. */
        long handedTo;

        boolean received;
    }

    static final class Session {
        String clientId;
        long incarnation;
        long epoch;
        long turn;
        boolean durable;
        ShardAddress owner;
        int window;
        long expirySeconds;
        Will will;
        long willDue = Long.MAX_VALUE;
        long disconnectedAt = -1;
        final List<Subscription> subscriptions = new ArrayList<>();
        List<Entry> queue = new ArrayList<>();
        long nextSequence = 1;
        final Map<Integer, Long> receipts = new LinkedHashMap<>();
        long nextNumber = 1;
        long droppedByLimit;
        long droppedByExpiry;

        long endsAt() {
            return owner != null || expirySeconds == 0xFFFF_FFFFL
                    ? Long.MAX_VALUE
                    : disconnectedAt + expirySeconds * 1000;
        }

        long handed() {
            return queue.stream().filter(entry -> entry.sequence > 0).count();
        }

        long floor() {
            return receipts.values().stream().min(Long::compare).orElse(nextNumber);
        }
    }

    private static final class Seen {
        long incarnation;
        long floor;
        final TreeSet<Long> numbers = new TreeSet<>();
    }

    ModelBucket(BucketLimits limits) {
        this.limits = limits;
    }

    private static int compareLevels(List<String> left, List<String> right) {
        for (int i = 0; i < Math.min(left.size(), right.size()); i++) {
            int order = left.get(i).compareTo(right.get(i));
            if (order != 0) {
                return order;
            }
        }
        return left.size() - right.size();
    }

    /** Moves time before a batch's commands. */
    void begin(long timeMillis) {
        now = Math.max(now, timeMillis);
        created = new ArrayList<>();
    }

    /** The wills that the batch published. */
    List<OutboxEntry> created() {
        return created;
    }

    /** The filters with a subscription of QoS 1 or 2. */
    Set<String> filters() {
        Set<String> filters = new TreeSet<>();
        for (Session session : sessions.values()) {
            session.subscriptions.stream()
                    .filter(subscription -> subscription.qos() != QoS.AT_MOST_ONCE)
                    .forEach(subscription -> filters.add(subscription.filter()));
        }
        return filters;
    }

    Result apply(Command command) {
        if (command instanceof Command.Append append) {
            return append(append);
        } else if (command instanceof Command.OpenSession open) {
            return open(open);
        } else if (command instanceof Command.Retain retain) {
            return retain(retain);
        } else if (command instanceof Command.ReadRetained read) {
            List<Message> page = retained.entrySet().stream()
                    .filter(entry -> TopicFilters.matches(read.filter(), entry.getKey()))
                    .map(Map.Entry::getValue)
                    .filter(message -> message.expiresAtMillis() > now)
                    .toList();
            return new Result.RetainedPage(page, false, "");
        } else if (command instanceof Command.Tick) {
            return tick();
        } else if (command instanceof Command.NodeGone gone) {
            for (Session session : List.copyOf(sessions.values())) {
                if (session.owner != null && session.owner.node() == gone.node()) {
                    endConnection(session, true);
                }
            }
            predecessors
                    .values()
                    .forEach(all -> all.removeIf(each -> each.shard().node() == gone.node()));
            return new Result.Done();
        } else if (command instanceof Command.ReadNodes) {
            return new Result.Nodes(List.of());
        } else if (command instanceof Command.FinishOutbox finish) {
            Arrays.stream(finish.numbers()).forEach(outbox::remove);
            return new Result.Done();
        } else if (command instanceof Command.RaiseFloor raise) {
            raiseFloor(appendOrigins, raise);
            raiseFloor(retainOrigins, raise);
            return new Result.Done();
        } else if (command instanceof Command.Describe describe) {
            return describe(describe);
        }
        return applyToSession(command);
    }

    private Result applyToSession(Command command) {
        if (command instanceof Command.Settle settle) {
            if (find(settle.clientId(), settle.epoch()) == null) {
                return new Result.Fenced();
            }
            predecessors.remove(settle.clientId());
            return new Result.Done();
        } else if (command instanceof Command.CloseSession close) {
            Session session = find(close.clientId(), close.epoch());
            return session == null ? new Result.Fenced() : close(session, close);
        } else if (command instanceof Command.Acknowledge acknowledge) {
            Session session = durable(acknowledge.clientId(), acknowledge.epoch());
            return session == null ? new Result.Fenced() : acknowledge(session, acknowledge);
        } else if (command instanceof Command.Fetch fetch) {
            Session session = durable(fetch.clientId(), fetch.epoch());
            return session == null ? new Result.Fenced() : handed(session, fetch.fromSequence());
        } else if (command instanceof Command.Enqueue enqueue) {
            Session session = durable(enqueue.clientId(), enqueue.epoch());
            if (session == null) {
                return new Result.Fenced();
            }
            enqueue.items()
                    .forEach(item ->
                            queue(session, item.message(), item.qos(), item.retain(), item.subscriptionIds(), false));
            return handed(session, Long.MAX_VALUE);
        } else if (command instanceof Command.Subscribe subscribe) {
            Session session = durable(subscribe.clientId(), subscribe.epoch());
            return session == null ? new Result.Fenced() : subscribe(session, subscribe);
        } else if (command instanceof Command.Unsubscribe unsubscribe) {
            Session session = durable(unsubscribe.clientId(), unsubscribe.epoch());
            if (session == null) {
                return new Result.Fenced();
            }
            List<Boolean> existed = new ArrayList<>();
            for (String filter : unsubscribe.filters()) {
                existed.add(session.subscriptions.removeIf(
                        present -> present.filter().equals(filter)));
            }
            return new Result.SubscriptionsChanged(existed);
        } else if (command instanceof Command.Receive receive) {
            Session session = durable(receive.clientId(), receive.epoch());
            if (session == null) {
                return new Result.Fenced();
            }
            boolean repeated = session.receipts.containsKey(receive.packetId());
            if (!repeated) {
                session.receipts.put(receive.packetId(), session.nextNumber++);
            }
            return new Result.Numbered(session.receipts.get(receive.packetId()), session.floor(), repeated);
        }
        Command.Release release = (Command.Release) command;
        Session session = durable(release.clientId(), release.epoch());
        if (session == null) {
            return new Result.Fenced();
        }
        Long number = session.receipts.remove(release.packetId());
        return new Result.Released(number != null, number == null ? 0 : number, session.floor());
    }

    private Session find(String clientId, long epoch) {
        Session session = sessions.get(clientId);
        return session != null && session.epoch == epoch ? session : null;
    }

    private Session durable(String clientId, long epoch) {
        Session session = find(clientId, epoch);
        return session != null && session.durable ? session : null;
    }

    private Result open(Command.OpenSession open) {
        Session old = sessions.get(open.clientId());
        if (old == null && sessions.size() >= limits.sessionsMax()) {
            return new Result.Refused(Shortage.SESSIONS);
        }
        if (old != null && old.owner != null && open.turn() == 0 && !old.owner.equals(open.owner())) {
            return new Result.Occupied(old.owner, old.epoch, ++lastEpoch);
        }
        if (old != null && open.turn() > 0 && open.turn() < old.turn) {
            return new Result.Fenced();
        }
        List<Result.Predecessor> before = predecessors.computeIfAbsent(open.clientId(), id -> new ArrayList<>());
        if (old != null && old.owner != null) {
            ShardAddress last = old.owner;
            before.removeIf(each -> each.shard().equals(last));
            before.add(new Result.Predecessor(last, old.epoch));
        }
        if (old != null && old.owner != null) {
            endConnection(old, true);
        } else if (old != null && old.endsAt() <= now) {
            end(old);
        } else if (old != null && old.willDue <= now) {
            publishWill(old);
        }
        if (sessions.containsKey(open.clientId()) && open.cleanStart()) {
            end(old);
        }
        Session session = sessions.get(open.clientId());
        boolean present = session != null;
        long epoch = ++lastEpoch;
        if (session == null) {
            session = new Session();
            session.clientId = open.clientId();
            session.incarnation = epoch;
            session.durable = open.expirySeconds() > 0;
            sessions.put(open.clientId(), session);
        }
        session.epoch = epoch;
        session.turn = open.turn() > 0 ? open.turn() : epoch;
        session.owner = open.owner();
        session.window = open.receiveMaximum() + Math.max(open.receiveMaximum(), limits.handedAheadMin());
        session.expirySeconds = open.expirySeconds();
        session.will = open.will();
        session.willDue = Long.MAX_VALUE;
        session.disconnectedAt = -1;
        Result.Handed handed = handed(session, 0);
        List<Result.Receipt> receipts = new ArrayList<>();
        session.receipts.forEach((id, number) -> receipts.add(new Result.Receipt(id, number)));
        return new Result.Opened(
                epoch,
                session.incarnation,
                present,
                List.copyOf(before),
                handed.entries(),
                session.nextSequence,
                receipts,
                List.copyOf(session.subscriptions));
    }

    private Result close(Session session, Command.CloseSession close) {
        if (session.owner == null) {
            return new Result.Closed(false);
        }
        predecessors.remove(close.clientId());
        if (close.lastSentSequence() >= 0) {
            for (int i = session.queue.size() - 1; i >= 0; i--) {
                Entry entry = session.queue.get(i);
                if (entry.sequence == 0) {
                    continue;
                }
                if (entry.sequence <= close.lastSentSequence()
                        || entry.handedTo != session.epoch
                        || entry.received
                        || entry.sequence != session.nextSequence - 1) {
                    break;
                }
                entry.sequence = 0;
                session.nextSequence--;
            }
        }
        if (close.expirySeconds() >= 0) {
            session.expirySeconds = close.expirySeconds();
        }
        endConnection(session, close.publishWill());
        return new Result.Closed(!sessions.containsKey(close.clientId()));
    }

    private void endConnection(Session session, boolean publishWill) {
        session.owner = null;
        session.disconnectedAt = now;
        if (!publishWill) {
            session.will = null;
        }
        if (!session.durable || session.expirySeconds == 0) {
            end(session);
        } else if (session.will != null && session.will.delaySeconds() > 0) {
            session.willDue = now + 1000 * session.will.delaySeconds();
        } else {
            publishWill(session);
        }
    }

    private void end(Session session) {
        publishWill(session);
        sessions.remove(session.clientId);
    }

    private void publishWill(Session session) {
        session.willDue = Long.MAX_VALUE;
        if (session.will == null) {
            return;
        }
        Message will = session.will.message();
        long number = ++lastOutboxNumber;
        Message message = new Message(
                will.topic(),
                will.payload(),
                will.qos(),
                will.retain(),
                will.properties(),
                now,
                session.will.expirySeconds() < 0 ? Message.NEVER : now + 1000 * session.will.expirySeconds());
        session.will = null;
        outbox.put(number, new OutboxEntry(number, 0, new OutboxEffect.Publish(session.clientId, message)));
        created.add(new OutboxEntry(
                number, outbox.keySet().iterator().next(), new OutboxEffect.Publish(session.clientId, message)));
    }

    private Result tick() {
        for (Session session : List.copyOf(sessions.values())) {
            if (session.endsAt() <= now) {
                end(session);
                continue;
            }
            if (session.willDue <= now) {
                publishWill(session);
            }
            long before = session.queue.size();
            session.queue.removeIf(entry -> entry.sequence == 0 && entry.message.expiresAtMillis() <= now);
            session.droppedByExpiry += before - session.queue.size();
        }
        retained.values().removeIf(message -> message.expiresAtMillis() <= now);
        return new Result.Ticked(List.of());
    }

    private Result append(Command.Append append) {
        if (isSeen(appendOrigins, append.origin())) {
            return new Result.Appended(List.of(), 0, 0, null);
        }
        List<Match> matches = new ArrayList<>();
        for (Session session : sessions.values()) {
            Match match = match(session, append);
            if (match != null) {
                matches.add(match);
            }
        }
        if (limits.queueOverflow() == QueueOverflow.REFUSE
                && append.message().expiresAtMillis() > now
                && matches.stream().anyMatch(match -> isFull(match.session))) {
            return new Result.Appended(List.of(), matches.size(), 0, Shortage.QUEUE);
        }
        List<Result.Delivery> deliveries = new ArrayList<>();
        int dropped = 0;
        for (Match match : matches) {
            Session session = match.session;
            long droppedBefore = session.droppedByLimit;
            Entry entry = queue(session, append.message(), match.qos, match.retain, match.ids, true);
            dropped += (int) (session.droppedByLimit - droppedBefore);
            if (entry != null && entry.sequence > 0) {
                deliveries.add(new Result.Delivery(
                        session.owner,
                        session.clientId,
                        session.epoch,
                        entry.sequence,
                        match.qos,
                        match.retain,
                        match.ids));
            }
        }
        if (!matches.isEmpty()) {
            see(appendOrigins, append.origin());
        }
        return new Result.Appended(deliveries, matches.size(), dropped, null);
    }

    private record Match(Session session, QoS qos, boolean retain, int[] ids) {}

    private static Match match(Session session, Command.Append append) {
        List<Subscription> matching = session.subscriptions.stream()
                .filter(subscription -> TopicFilters.matches(
                        subscription.filter(), append.message().topic()))
                .filter(subscription -> !subscription.noLocal() || !session.clientId.equals(append.publisher()))
                .toList();
        int qos = matching.stream()
                .mapToInt(subscription -> subscription.qos().value())
                .max()
                .orElse(0);
        if (qos == 0) {
            return null;
        }
        boolean retain = append.message().retain() && matching.stream().anyMatch(Subscription::retainAsPublished);
        int[] ids = matching.stream()
                .mapToInt(Subscription::subscriptionId)
                .filter(id -> id > 0)
                .sorted()
                .toArray();
        return new Match(session, QoS.of(Math.min(qos, append.message().qos().value())), retain, ids);
    }

    private boolean isFull(Session session) {
        return session.queue.size() >= limits.queueMessagesMax();
    }

    private Entry queue(Session session, Message message, QoS qos, boolean retain, int[] ids, boolean atOnce) {
        if (message.expiresAtMillis() <= now) {
            session.droppedByExpiry++;
            return null;
        }
        boolean replaces =
                limits.queueOverflow() == QueueOverflow.DROP_OLDEST && session.queue.size() > session.handed();
        if (isFull(session)) {
            session.droppedByLimit++;
            if (!replaces) {
                return null;
            }
            session.queue.remove(session.queue.stream()
                    .filter(entry -> entry.sequence == 0)
                    .findFirst()
                    .orElseThrow());
        }
        Entry entry = new Entry();
        entry.message = message;
        entry.qos = qos;
        entry.retain = retain;
        entry.ids = ids;
        boolean first = session.queue.stream().allMatch(other -> other.sequence > 0);
        session.queue.add(entry);
        if (atOnce && first && session.owner != null && session.handed() < session.window) {
            hand(session, entry);
        }
        return entry;
    }

    private static void hand(Session session, Entry entry) {
        entry.sequence = session.nextSequence++;
        entry.handedTo = session.epoch;
    }

    private Result acknowledge(Session session, Command.Acknowledge acknowledge) {
        for (long sequence : acknowledge.received()) {
            session.queue.stream()
                    .filter(entry -> entry.sequence > 0 && entry.sequence == sequence)
                    .filter(entry -> entry.qos == QoS.EXACTLY_ONCE)
                    .forEach(entry -> entry.received = true);
        }
        for (long sequence : acknowledge.released()) {
            session.queue.removeIf(entry -> entry.sequence > 0 && entry.sequence == sequence);
        }
        return handed(session, Long.MAX_VALUE);
    }

    /** Hands out what waits, and lists it after what was handed from a sequence on. */
    private Result.Handed handed(Session session, long fromSequence) {
        List<QueueEntry> list = new ArrayList<>();
        List<Entry> kept = new ArrayList<>();
        boolean full = session.owner == null;
        for (Entry entry : session.queue) {
            boolean handedNow = false;
            if (entry.sequence == 0 && !full) {
                if (entry.message.expiresAtMillis() <= now) {
                    session.droppedByExpiry++;
                    continue;
                }
                full = session.handed() >= session.window;
                if (!full) {
                    hand(session, entry);
                    handedNow = true;
                }
            }
            kept.add(entry);
            if (handedNow || entry.sequence > 0 && entry.sequence >= fromSequence) {
                list.add(new QueueEntry(
                        entry.sequence,
                        entry.message,
                        entry.qos,
                        entry.retain,
                        entry.ids,
                        entry.received ? QueueEntry.State.RECEIVED : QueueEntry.State.HANDED,
                        entry.handedTo != session.epoch));
            }
        }
        session.queue = kept;
        int waiting = (int) (session.queue.size() - session.handed());
        return new Result.Handed(list, session.nextSequence, waiting);
    }

    private static Result subscribe(Session session, Command.Subscribe subscribe) {
        List<Boolean> existed = new ArrayList<>();
        for (Subscription subscription : subscribe.subscriptions()) {
            int found = -1;
            for (int i = 0; i < session.subscriptions.size(); i++) {
                if (session.subscriptions.get(i).filter().equals(subscription.filter())) {
                    found = i;
                }
            }
            existed.add(found >= 0);
            if (found >= 0) {
                session.subscriptions.set(found, subscription);
            } else {
                session.subscriptions.add(subscription);
            }
        }
        return new Result.SubscriptionsChanged(existed);
    }

    private Result retain(Command.Retain retain) {
        String topic = retain.message().topic();
        if (isSeen(retainOrigins, retain.origin())) {
            long version = retained.containsKey(topic) ? retainedVersions.get(topic) : retainedVersion;
            return new Result.RetainedStored(version, null);
        }
        if (retain.message().payload().length > 0
                && !retained.containsKey(topic)
                && retained.size() >= limits.retainedMessagesMax()) {
            return new Result.RetainedStored(retainedVersion, Shortage.RETAINED_MESSAGES);
        }
        see(retainOrigins, retain.origin());
        retainedVersion++;
        if (retain.message().payload().length == 0) {
            retained.remove(topic);
        } else {
            retained.put(topic, retain.message());
            retainedVersions.put(topic, retainedVersion);
        }
        return new Result.RetainedStored(retainedVersion, null);
    }

    private static boolean isSeen(Map<String, Seen> origins, Origin origin) {
        Seen seen = origin == null ? null : origins.get(origin.source());
        if (seen == null || origin.incarnation() > seen.incarnation) {
            return false;
        }
        return origin.incarnation() < seen.incarnation
                || origin.number() < seen.floor
                || seen.numbers.contains(origin.number());
    }

    private static void see(Map<String, Seen> origins, Origin origin) {
        if (origin == null) {
            return;
        }
        Seen seen = origins.get(origin.source());
        if (seen == null || seen.incarnation < origin.incarnation()) {
            seen = new Seen();
            seen.incarnation = origin.incarnation();
            origins.put(origin.source(), seen);
        }
        seen.floor = Math.max(seen.floor, origin.floor());
        seen.numbers.add(origin.number());
    }

    private static void raiseFloor(Map<String, Seen> origins, Command.RaiseFloor raise) {
        Seen seen = origins.get(raise.source());
        if (seen != null && seen.incarnation == raise.incarnation()) {
            seen.floor = Math.max(seen.floor, raise.floor());
        }
    }

    private Result describe(Command.Describe describe) {
        Session session = sessions.get(describe.clientId());
        if (session == null) {
            return new Result.Described(null);
        }
        return new Result.Described(new Result.SessionDescription(
                session.clientId,
                session.epoch,
                session.owner,
                session.expirySeconds,
                session.disconnectedAt,
                List.copyOf(session.subscriptions),
                session.queue.size(),
                0,
                session.queue.isEmpty() ? -1 : session.queue.get(0).message.publishedAtMillis(),
                (int) session.handed(),
                session.droppedByLimit,
                session.droppedByExpiry,
                session.receipts.size()));
    }
}
