package io.covey.bucket;

import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The way of a message through the queues of a bucket: queued, handed, acknowledged. The hot path of a cluster. */
final class MessageQueues {
    private static final Result NOT_MATCHED = new Result.Appended(List.of(), 0, 0, null);

    private final Ledger ledger;
    private final SubscriptionIndex index;
    private final SessionTable sessions;
    private final OriginTable origins;
    private final SharedGroups groups;

    MessageQueues(
            Ledger ledger, SubscriptionIndex index, SessionTable sessions, OriginTable origins, SharedGroups groups) {
        this.groups = groups;
        this.ledger = ledger;
        this.index = index;
        this.sessions = sessions;
        this.origins = origins;
    }

    Result append(Command.Append append, long nowMillis) {
        Origin origin = append.origin();
        if (origin != null && origins.isRepeat(origin)) { // [MQTT-4.3.3-10]
            return NOT_MATCHED;
        }
        Message message = append.message();
        // [MQTT-4.5.0-1] [MQTT-3.3.2-3] [MQTT311-3.1.2-5]
        List<DurableState> matched = index.match(message.topic(), append.publisher());
        List<SharedGroup> shared = groups.served(append.shared());
        int count = matched.size() + shared.size();
        if (count == 0) {
            return NOT_MATCHED;
        }
        Shortage shortage = shortage(message, matched, shared, nowMillis);
        if (shortage != null) {
            ledger.countRefused();
            return new Result.Appended(List.of(), count, 0, shortage);
        }
        if (origin != null) {
            origins.record(origin, nowMillis);
        }
        return queue(message, matched, shared, nowMillis);
    }

    /** Why the message can be queued for none of them, or null: all of the bucket's sessions and groups get it, or none. */
    private @Nullable Shortage shortage(
            Message message, List<DurableState> matched, List<SharedGroup> shared, long nowMillis) {
        Shortage shortage = ledger.shortageForMessages(bytesFor(message, matched, shared.size()));
        BucketLimits limits = ledger.limits();
        if (shortage != null || limits.queueOverflow() != QueueOverflow.REFUSE || message.isExpired(nowMillis)) {
            return shortage;
        }
        for (int i = 0; i < matched.size(); i++) {
            DurableState durable = matched.get(i);
            long entryBytes = QueuedMessage.queueBytes(message, durable.match().ids().length);
            if (!durable.queue().admits(entryBytes, limits)) {
                return Shortage.QUEUE;
            }
        }
        for (int i = 0; i < shared.size(); i++) {
            if (!shared.get(i).admits(QueuedMessage.queueBytes(message, 0), limits)) {
                return Shortage.QUEUE;
            }
        }
        return null;
    }

    private Result queue(Message message, List<DurableState> matched, List<SharedGroup> shared, long nowMillis) {
        HeldMessage held = new HeldMessage(message);
        boolean expired = message.isExpired(nowMillis);
        List<Result.Delivery> deliveries = List.of();
        int dropped = shared.isEmpty() ? 0 : groups.append(shared, held, nowMillis);
        int count = matched.size();
        for (int i = 0; i < count; i++) {
            DurableState durable = matched.get(i);
            SubscriptionMatch match = durable.match();
            QoS qos = message.qos().min(match.qos()); // [MQTT-3.8.4-8]
            boolean retain = message.retain() && match.retainAsPublished(); // [MQTT-3.3.1-12] [MQTT-3.3.1-13]
            QueuedMessage entry = new QueuedMessage(held, qos, retain, match.ids());
            DeliveryQueue queue = durable.queue();
            long droppedBefore = queue.droppedByLimit();
            if (expired) { // [MQTT-3.3.2-5]
                queue.countDroppedByExpiry();
            } else if (!queue.makeRoom(entry.queueBytes(), ledger.limits())) {
                queue.countDroppedByLimit();
            } else {
                SessionState session = durable.session();
                long sequence = queue.add(entry, session.window());
                ShardAddress owner = session.owner();
                if (sequence == 0) {
                    sessions.reschedule(session);
                } else if (owner != null) {
                    deliveries = deliveries.isEmpty() ? new ArrayList<>(Math.min(count, 16)) : deliveries;
                    deliveries.add(new Result.Delivery(
                            owner,
                            session.clientId(),
                            session.epoch(),
                            sequence,
                            qos,
                            retain,
                            entry.subscriptionIds()));
                }
            }
            dropped += (int) (queue.droppedByLimit() - droppedBefore);
        }
        return new Result.Appended(deliveries, count + shared.size(), dropped, null);
    }

    Result enqueue(Command.Enqueue enqueue, long nowMillis) {
        DurableState durable = sessions.findDurable(enqueue.clientId(), enqueue.epoch());
        if (durable == null) {
            return Answers.FENCED;
        }
        DeliveryQueue queue = durable.queue();
        for (Command.Enqueue.Item item : enqueue.items()) {
            QueuedMessage entry = new QueuedMessage(
                    new HeldMessage(item.message()), item.qos(), item.retain(), item.subscriptionIds());
            if (entry.isExpired(nowMillis)) { // [MQTT-3.3.2-5]
                queue.countDroppedByExpiry();
            } else if (ledger.shortageForMessages(entry.queueBytes()) != null
                    || !queue.makeRoom(entry.queueBytes(), ledger.limits())) {
                queue.countDroppedByLimit();
            } else {
                // Without a window they wait, so that the answer lists them with all others that are handed now.
                queue.add(entry, 0);
            }
        }
        return handOut(durable, new ArrayList<>(), nowMillis);
    }

    Result acknowledge(Command.Acknowledge acknowledge, long nowMillis) {
        DurableState durable = sessions.findDurable(acknowledge.clientId(), acknowledge.epoch());
        if (durable == null) {
            return Answers.FENCED;
        }
        DeliveryQueue queue = durable.queue();
        for (long sequence : acknowledge.received()) {
            queue.markReceived(sequence);
        }
        for (long sequence : acknowledge.released()) {
            queue.release(sequence);
        }
        if (queue.waiting() == 0) {
            return new Result.Handed(List.of(), queue.nextSequence(), 0, durable.takeProgress());
        }
        return handOut(durable, new ArrayList<>(), nowMillis);
    }

    Result fetch(Command.Fetch fetch, long nowMillis) {
        DurableState durable = sessions.findDurable(fetch.clientId(), fetch.epoch());
        if (durable == null) {
            return Answers.FENCED;
        }
        List<QueueEntry> entries = new ArrayList<>();
        durable.queue().listHanded(fetch.fromSequence(), entries);
        return handOut(durable, entries, nowMillis);
    }

    private Result handOut(DurableState durable, List<QueueEntry> entries, long nowMillis) {
        DeliveryQueue queue = durable.queue();
        queue.handOut(durable.session().window(), nowMillis, entries);
        sessions.reschedule(durable.session());
        return new Result.Handed(entries, queue.nextSequence(), queue.waiting(), durable.takeProgress());
    }

    /** What queueing costs at most: the message once, and an entry for each session and group. */
    private static long bytesFor(Message message, List<DurableState> matched, int shared) {
        long bytes = message.sizeBytes() + (long) shared * QueuedMessage.ownBytes(0);
        for (int i = 0; i < matched.size(); i++) {
            bytes += QueuedMessage.ownBytes(matched.get(i).match().ids().length);
        }
        return bytes;
    }
}
