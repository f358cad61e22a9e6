package io.covey.broker;

import io.covey.bucket.Command;
import io.covey.bucket.Result;
import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.protocol.TopicFilters;
import io.covey.routing.Subscription;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One SUBSCRIBE, from its bucket over the routes to SUBACK and the retained messages. Owned by the shard's loop.
 *
 * <table><caption>Steps</caption>
 * <tr><td>store</td><td>a persistent session's bucket confirms the subscriptions</td></tr>
 * <tr><td>announce</td><td>every node that may serve clients knows the routes [I6]</td></tr>
 * <tr><td>read</td><td>retained messages are read until there are none left or a chunk is full</td></tr>
 * <tr><td>answer</td><td>SUBACK, once; then the chunk is delivered, at the pace at which the client takes it; then more is read</td></tr></table>
 */
final class SubscribeFlow {
    /** Reads of one SUBSCRIBE that run at once. */
    private static final int READS_MAX = 8;
    /** A chunk is full with this many messages or bytes, give or take the pages that are being read. */
    private static final int CHUNK_MESSAGES_MAX = 1_000;

    private static final long CHUNK_BYTES_MAX = 1 << 20;
    private static final int[] NO_IDS = {};

    private final Shard shard;
    private final ShardConnection connection;
    private final int packetId;
    private final List<Subscription> subscriptions;
    private int awaitingRoutes;
    private boolean answered;
    /** Shared ones whose groups' buckets had no room. */
    private final Set<String> refused = new LinkedHashSet<>();

    private boolean enqueuing;

    /** Subscriptions that want retained messages: those before {@code planned} have been read, or are being read. */
    private final List<Subscription> toRead = new ArrayList<>();

    private int planned;
    private int plannedPartition;

    /** Reads that found more than a page; few, since few run at once. */
    private final ArrayDeque<Read> continued = new ArrayDeque<>();

    private int reading;
    private final ArrayDeque<Found> found = new ArrayDeque<>();
    private long foundBytes;

    /** What is to be read of one subscription from one partition. */
    private record Read(Subscription subscription, int partition, String after) {}

    /** A retained message and the subscription that it is for. */
    private record Found(Message message, Subscription subscription) {
        private QoS qos() {
            return message.qos().min(subscription.qos());
        }

        private int[] subscriptionIds() {
            return subscription.subscriptionId() == 0 ? NO_IDS : new int[] {subscription.subscriptionId()};
        }
    }

    SubscribeFlow(Shard shard, ShardConnection connection, int packetId, List<Subscription> subscriptions) {
        this.shard = shard;
        this.connection = connection;
        this.packetId = packetId;
        this.subscriptions = subscriptions;
    }

    void start() {
        awaitingRoutes = connection.persistent() ? 2 : 1;
        joinGroups();
        if (connection.persistent()) {
            connection
                    .lane()
                    .submit(
                            new Command.Subscribe(connection.clientId(), connection.epoch(), subscriptions),
                            true,
                            new Lane.Routed(this::stored, this::routesLive));
        } else {
            List<Boolean> existed = new ArrayList<>(subscriptions.size());
            for (Subscription subscription : subscriptions) {
                existed.add(shard.subscriptions.add(connection, subscription));
            }
            planReads(existed);
            shard.announceRoutes(this::routesLive);
        }
    }

    private void joinGroups() {
        for (Subscription subscription : subscriptions) {
            String filter = subscription.filter();
            if (TopicFilters.isShared(filter)) {
                awaitingRoutes++;
                connection
                        .memberships()
                        .join(subscription, new Lane.Routed(result -> joined(filter, result), this::routesLive));
            }
        }
    }

    private void joined(String filter, Result result) {
        if (result instanceof Result.Refused) {
            refused.add(filter);
        }
    }

    private void stored(Result result) {
        if (!connection.isOpen()) {
            return;
        }
        if (result instanceof Result.SubscriptionsChanged changed) {
            for (Subscription subscription : subscriptions) {
                shard.subscriptions.add(connection, subscription);
            }
            planReads(changed.existed());
            shard.announceRoutes(this::routesLive);
        } else if (result instanceof Result.Refused) {
            subscriptions.forEach(subscription -> connection.memberships().leave(subscription.filter()));
            connection.subscribed(packetId, Collections.nCopies(subscriptions.size(), ReasonCode.QUOTA_EXCEEDED));
            connection.subscriptions().done(this);
        } else {
            connection.superseded();
        }
    }

    private void planReads(List<Boolean> existed) {
        for (int i = 0; i < subscriptions.size(); i++) {
            Subscription subscription = subscriptions.get(i);
            boolean wanted = subscription.retainHandling() == 0 // [MQTT-3.3.1-9] [MQTT-3.8.4-4] [MQTT311-3.3.1-6]
                    || subscription.retainHandling() == 1 && !existed.get(i); // [MQTT-3.3.1-10]
            // [MQTT-3.3.1-11] where it is 2; a Shared Subscription gets none [MQTT 5.0, 4.8.2]
            if (wanted && SystemTopics.areAllOf(subscription.filter())) {
                shard.systemTopics
                        .matching(subscription.filter())
                        .forEach(message -> found.add(new Found(message, subscription)));
            } else if (wanted && !TopicFilters.isShared(subscription.filter())) {
                toRead.add(subscription);
            }
        }
    }

    private boolean hasMoreToRead() {
        return !continued.isEmpty() || planned < toRead.size();
    }

    /** What is to be read next; only when there is something. */
    private Read nextRead() {
        Read more = continued.poll();
        if (more != null) {
            return more;
        }
        Subscription subscription = toRead.get(planned);
        if (!TopicFilters.hasWildcard(subscription.filter())) {
            planned++;
            return new Read(subscription, shard.lanes.partitionOfTopic(subscription.filter()), "");
        }
        Read next = new Read(subscription, plannedPartition, "");
        plannedPartition++;
        if (plannedPartition == shard.lanes.count()) {
            plannedPartition = 0;
            planned++;
        }
        return next;
    }

    private void routesLive() {
        awaitingRoutes--;
        if (awaitingRoutes == 0) {
            read();
        }
    }

    private void read() {
        if (!connection.isOpen()) {
            return;
        }
        while (reading < READS_MAX && hasMoreToRead() && !isChunkFull()) {
            Read read = nextRead();
            reading++;
            shard.retainedReads.read(read.partition, read.subscription.filter(), read.after, page -> page(read, page));
        }
        if (reading == 0) {
            answer();
        }
    }

    private boolean isChunkFull() {
        return found.size() >= CHUNK_MESSAGES_MAX || foundBytes >= CHUNK_BYTES_MAX;
    }

    private void page(Read read, Result.RetainedPage page) {
        reading--;
        List<Message> messages = page.messages();
        for (int i = 0; i < messages.size(); i++) {
            found.add(new Found(messages.get(i), read.subscription));
            foundBytes += messages.get(i).sizeBytes();
        }
        if (page.more()) {
            continued.addFirst(new Read(read.subscription, read.partition, page.after()));
        }
        read();
    }

    /** Queues what goes through the session's bucket; SUBACK follows its confirmation, so that a lost node does not lose them. */
    private void answer() {
        List<Command.Enqueue.Item> items = connection.persistent() ? takeQueued() : List.of();
        if (items.isEmpty()) {
            deliver(null);
            return;
        }
        enqueuing = true;
        connection
                .lane()
                .submit(new Command.Enqueue(connection.clientId(), connection.epoch(), items), true, this::deliver);
    }

    private List<Command.Enqueue.Item> takeQueued() {
        List<Command.Enqueue.Item> items = new ArrayList<>();
        for (int i = found.size(); i > 0; i--) {
            Found next = found.remove();
            if (next.qos() == QoS.AT_MOST_ONCE) {
                found.add(next);
            } else if (connection.subscriptions().wantsRetained(next.message, next.subscription)) {
                items.add(new Command.Enqueue.Item(
                        next.message, next.qos(), true, next.subscriptionIds())); // [MQTT-3.3.1-8]
            }
        }
        return items;
    }

    private void deliver(@Nullable Result enqueued) {
        enqueuing = false;
        if (!connection.isOpen()) {
            return;
        }
        if (!answered) {
            answered = true;
            List<ReasonCode> reasons = new ArrayList<>(subscriptions.size());
            for (Subscription subscription : subscriptions) {
                boolean granted = !refused.contains(subscription.filter());
                reasons.add(granted ? ReasonCode.granted(subscription.qos()) : ReasonCode.QUOTA_EXCEEDED);
            }
            if (!refused.isEmpty()) {
                connection.subscriptions().withdraw(List.copyOf(refused));
            }
            connection.subscribed(packetId, reasons);
        }
        if (enqueued != null) {
            connection.queue().handed(enqueued);
        }
        deliverDirectly();
    }

    /** Delivers what needs no queue, while the client takes it; goes on when it does again. */
    void deliverDirectly() {
        if (reading > 0 || enqueuing || !answered) {
            return;
        }
        while (!found.isEmpty() && connection.isOpen()) {
            if (!connection.takesMore()) {
                return;
            }
            Found next = found.remove();
            if (connection.subscriptions().wantsRetained(next.message, next.subscription)) {
                connection.deliver( // [MQTT311-3.3.1-8]
                        next.message, next.qos(), true, next.subscriptionIds(), shard.nowMillis()); // [MQTT-3.3.1-8]
            }
        }
        foundBytes = 0;
        if (!hasMoreToRead()) {
            connection.subscriptions().done(this);
        } else {
            read();
        }
    }
}
