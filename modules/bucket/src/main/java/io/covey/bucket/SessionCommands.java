package io.covey.bucket;

import io.covey.routing.Subscription;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What a session's connection changes and asks beside its queue: subscriptions, incoming QoS 2, comparisons and descriptions. */
final class SessionCommands {
    private final Ledger ledger;
    private final SubscriptionIndex index;
    private final SessionTable sessions;

    SessionCommands(Ledger ledger, SubscriptionIndex index, SessionTable sessions) {
        this.ledger = ledger;
        this.index = index;
        this.sessions = sessions;
    }

    Result subscribe(Command.Subscribe subscribe) {
        DurableState durable = sessions.findDurable(subscribe.clientId(), subscribe.epoch());
        if (durable == null) {
            return Answers.FENCED;
        }
        Shortage shortage = ledger.shortageForSessions(bytesAdded(durable, subscribe.subscriptions()));
        if (shortage != null) {
            ledger.countRefused();
            return new Result.Refused(shortage);
        }
        List<Boolean> existed = new ArrayList<>(subscribe.subscriptions().size());
        for (Subscription subscription : subscribe.subscriptions()) {
            existed.add(durable.subscribe(subscription, index));
        }
        sessions.changed(durable.session());
        return new Result.SubscriptionsChanged(existed);
    }

    private static long bytesAdded(DurableState durable, List<Subscription> subscriptions) {
        Set<String> added = new HashSet<>();
        long bytes = 0;
        for (Subscription subscription : subscriptions) {
            String filter = subscription.filter();
            if (!durable.isSubscribed(filter) && added.add(filter)) {
                bytes += Subscriber.bytesOf(filter);
            }
        }
        return bytes;
    }

    Result unsubscribe(Command.Unsubscribe unsubscribe) {
        DurableState durable = sessions.findDurable(unsubscribe.clientId(), unsubscribe.epoch());
        if (durable == null) {
            return Answers.FENCED;
        }
        List<Boolean> existed = new ArrayList<>(unsubscribe.filters().size());
        for (String filter : unsubscribe.filters()) {
            existed.add(durable.unsubscribe(filter, index)); // [MQTT-3.10.4-1]
        }
        sessions.changed(durable.session());
        return new Result.SubscriptionsChanged(existed);
    }

    Result receive(Command.Receive receive) {
        DurableState durable = sessions.findDurable(receive.clientId(), receive.epoch());
        if (durable == null) {
            return Answers.FENCED;
        }
        Receipts receipts = durable.receipts();
        long known = receipts.numberOf(receive.packetId());
        if (known != 0) { // [MQTT-4.3.3-10]
            return new Result.Numbered(known, receipts.floor(), true);
        }
        long number = receipts.add(receive.packetId());
        sessions.changed(durable.session());
        return new Result.Numbered(number, receipts.floor(), false);
    }

    Result release(Command.Release release) {
        DurableState durable = sessions.findDurable(release.clientId(), release.epoch());
        if (durable == null) {
            return Answers.FENCED;
        }
        Receipts receipts = durable.receipts();
        long number = receipts.numberOf(release.packetId());
        if (number == 0) {
            return new Result.Released(false, 0, receipts.floor());
        }
        receipts.remove(release.packetId()); // [MQTT-4.3.3-12]
        sessions.changed(durable.session());
        return new Result.Released(true, number, receipts.floor());
    }

    /** A connection is behind when something was handed that it does not expect yet, or could be handed and was not. */
    Result reconcile(Command.Reconcile reconcile) {
        List<String> behind = new ArrayList<>();
        List<String> fenced = new ArrayList<>();
        for (Command.Reconcile.Progress progress : reconcile.sessions()) {
            SessionState session = sessions.find(progress.clientId(), progress.epoch());
            if (session == null || session.owner() == null) {
                fenced.add(progress.clientId());
                continue;
            }
            DurableState durable = session.durable();
            if (durable != null
                    && (durable.queue().nextSequence() > progress.nextSequence()
                            || durable.queue().couldHand(session.window()))) {
                behind.add(progress.clientId());
            }
        }
        return new Result.Reconciled(behind, fenced);
    }

    Result describe(Command.Describe describe) {
        SessionState session = sessions.find(describe.clientId());
        if (session == null) {
            return new Result.Described(null);
        }
        DurableState durable = session.durable();
        if (durable == null) {
            return new Result.Described(new Result.SessionDescription(
                    session.clientId(),
                    session.epoch(),
                    session.owner(),
                    session.expirySeconds(),
                    session.disconnectedAtMillis(),
                    List.of(),
                    0,
                    0,
                    -1,
                    0,
                    0,
                    0,
                    0));
        }
        DeliveryQueue queue = durable.queue();
        return new Result.Described(new Result.SessionDescription(
                session.clientId(),
                session.epoch(),
                session.owner(),
                session.expirySeconds(),
                session.disconnectedAtMillis(),
                durable.subscriptions(),
                queue.messages(),
                queue.bytes(),
                queue.oldestPublishedAtMillis(),
                queue.inFlight(),
                queue.droppedByLimit(),
                queue.droppedByExpiry(),
                durable.receipts().size()));
    }
}
