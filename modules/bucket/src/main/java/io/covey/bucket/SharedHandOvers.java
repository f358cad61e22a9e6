package io.covey.bucket;

import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import io.covey.routing.Subscription;
import java.util.ArrayList;
import java.util.List;

/** The side of the members' sessions: takes messages of groups into their queues, and gives back what they do not complete. */
final class SharedHandOvers {
    /** What one outbox entry gives back at most, so that no batch gets large by it; a message that is larger goes alone. */
    static final int GIVE_BACK_MESSAGES_MAX = 64;

    private static final long GIVE_BACK_BYTES_MAX = 256 << 10;

    private final Ledger ledger;
    private final SessionTable sessions;
    private final OriginTable origins;

    SharedHandOvers(Ledger ledger, SessionTable sessions, OriginTable origins) {
        this.ledger = ledger;
        this.sessions = sessions;
        this.origins = origins;
    }

    Result handOver(SharedCommand.HandOver over, long nowMillis) {
        Origin origin = over.origin();
        // A repeat is answered like the first time, lest a message be given to two members or to none.
        Origin refusal = new Origin(origin.source() + "!", origin.incarnation(), origin.number(), origin.floor());
        if (origins.isRepeat(origin)) {
            return new Result.HandedOver(true, false, -1, List.of());
        }
        SessionState session = sessions.find(over.clientId());
        DurableState durable =
                session == null || session.incarnation() != over.incarnation() ? null : session.durable();
        Subscriber subscriber = durable == null ? null : durable.subscriber(over.filter());
        Share share = durable == null ? null : durable.share(over.filter());
        if (session == null || durable == null || subscriber == null || share == null) {
            return refused(refusal, true, -1, nowMillis);
        }
        if (session.owner() == null) {
            return refused(refusal, false, session.epoch(), nowMillis); // others may be online
        }
        if (origins.isRepeat(refusal)
                || ledger.shortageForSessions(over.message().sizeBytes()) != null) {
            return refused(refusal, false, -1, nowMillis);
        }
        origins.record(origin, nowMillis);
        return new Result.HandedOver(true, false, -1, queue(over.message(), durable, subscriber, share, nowMillis));
    }

    private Result refused(Origin refusal, boolean gone, long awayEpoch, long nowMillis) {
        if (!origins.isRepeat(refusal)) {
            origins.record(refusal, nowMillis);
        }
        return new Result.HandedOver(false, gone, awayEpoch, List.of());
    }

    /** The group's credit bounds what comes, so the queue's own limits do not count here. */
    private List<Result.Delivery> queue(
            Message message, DurableState durable, Subscriber subscriber, Share share, long nowMillis) {
        SessionState session = durable.session();
        if (message.isExpired(nowMillis)) { // [MQTT-3.3.2-5]
            durable.queue().countDroppedByExpiry();
            share.countCompleted();
            return List.of();
        }
        Subscription subscription = subscriber.subscription();
        QoS granted = message.qos().min(subscription.qos()); // [MQTT-4.8.2-3]
        // A subscription that was lowered to QoS 0 meanwhile gets what was on its way at QoS 1.
        QoS qos = granted == QoS.AT_MOST_ONCE ? QoS.AT_LEAST_ONCE : granted;
        boolean retain = message.retain() && subscription.retainAsPublished(); // [MQTT-3.3.1-12] [MQTT-3.3.1-13]
        QueuedMessage entry = new QueuedMessage(new HeldMessage(message), qos, retain, subscriber.ids(), share);
        long sequence = durable.queue().add(entry, session.window());
        ShardAddress owner = session.owner();
        if (sequence == 0 || owner == null) {
            sessions.reschedule(session);
            return List.of();
        }
        List<Result.Delivery> deliveries = new ArrayList<>(1);
        deliveries.add(new Result.Delivery(
                owner, session.clientId(), session.epoch(), sequence, qos, retain, entry.subscriptionIds()));
        return deliveries;
    }

    /** What was never sent goes back to its groups when the connection ends; what was sent waits for the client to come back. */
    static void giveBackUnsent(DurableState durable, Outbox outbox) {
        if (!durable.hasShares()) {
            return;
        }
        for (Share share : durable.shares()) {
            List<Message> messages = new ArrayList<>();
            durable.queue().takeWaiting(share, messages);
            if (!messages.isEmpty()) {
                giveBack(durable, share, messages, false, outbox);
            }
        }
    }

    /** The session ends: what it has not completed at QoS 1 goes back to its groups, which it leaves [MQTT-4.8.2-5]. */
    static void giveBackAll(DurableState durable, Outbox outbox) {
        if (!durable.hasShares()) {
            return;
        }
        for (Share share : durable.shares()) {
            List<Message> messages = new ArrayList<>();
            durable.queue().listHandedAtLeastOnce(share, messages);
            durable.queue().takeWaiting(share, messages);
            giveBack(durable, share, messages, true, outbox);
        }
    }

    /** In parts, the newest first: each part comes before the others at its group. */
    private static void giveBack(
            DurableState durable, Share share, List<Message> messages, boolean left, Outbox outbox) {
        int end = messages.size();
        do {
            int begin = end;
            long bytes = 0;
            while (begin > 0 && end - begin < GIVE_BACK_MESSAGES_MAX) {
                bytes += messages.get(begin - 1).sizeBytes();
                if (begin < end && bytes > GIVE_BACK_BYTES_MAX) {
                    break;
                }
                begin--;
            }
            outbox.add(new OutboxEffect.GiveBack(
                    share.filter(),
                    durable.clientId(),
                    durable.incarnation(),
                    List.copyOf(messages.subList(begin, end)),
                    left));
            end = begin;
        } while (end > 0);
    }
}
