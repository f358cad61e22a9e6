package io.covey.bucket;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import io.covey.routing.Subscription;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The answer to one {@link Command}. Answers must not be acted on before their batch is confirmed. */
public sealed interface Result {

    /** The command was applied and there is nothing to tell. */
    record Done() implements Result {}

    /**
     * The epoch is not the session's current one, or there is no such session, or it is a transient one that has no queue and no
     * subscriptions here: the connection has been superseded. To {@link Command.OpenSession}: a CONNECT that came later has the session.
     */
    record Fenced() implements Result {}

    /**
     * To {@link Command.OpenSession} of a new session and to {@link Command.Subscribe}: there is no room, nothing was changed. CONNACK and
     * SUBACK say 0x97.
     */
    record Refused(Shortage shortage) implements Result {}

    /**
     * To {@link Command.OpenSession}.
     *
     * @param epoch the fencing number of this connection; it grows with each CONNECT of the client id
     * @param incarnation identifies the session through all its connections
     * @param sessionPresent whether a session was continued [MQTT-3.2.2-3]
     * @param predecessors connections of the client id that may still be open and must be closed, the earliest first [MQTT-3.1.4-3]
     * @param entries all that was handed before and is not released, in order, and what is handed newly
     * @param nextSequence the first sequence not handed; 1 in a transient session
     * @param received Packet Identifiers of incoming QoS 2 messages that are not released, with their numbers
     * @param subscriptions the session's subscriptions
     * @param shares what of them is shared
     */
    record Opened(
            long epoch,
            long incarnation,
            boolean sessionPresent,
            List<Predecessor> predecessors,
            List<QueueEntry> entries,
            long nextSequence,
            List<Receipt> received,
            List<Subscription> subscriptions,
            List<ShareProgress> shares)
            implements Result {
        /** Of a session without Shared Subscriptions. */
        public Opened(
                long epoch,
                long incarnation,
                boolean sessionPresent,
                List<Predecessor> predecessors,
                List<QueueEntry> entries,
                long nextSequence,
                List<Receipt> received,
                List<Subscription> subscriptions) {
            this(
                    epoch,
                    incarnation,
                    sessionPresent,
                    predecessors,
                    entries,
                    nextSequence,
                    received,
                    subscriptions,
                    List.of());
        }
    }

    /**
     * To {@link Command.OpenSession}: a connection at another shard has the session. It is to be closed, and its end reported, before the
     * session is asked for again.
     *
     * @param shard where that connection is
     * @param epoch its epoch
     * @param turn what to ask again with: the place among all CONNECTs of the client id
     */
    record Occupied(ShardAddress shard, long epoch, long turn) implements Result {}

    /** How many messages of a Shared Subscription's group the session has completed since it subscribed: {@link SharedCommand.Progress}. */
    record ShareProgress(String filter, long completed) {}

    /**
     * To {@link SharedCommand.HandOver}.
     *
     * @param taken whether the session's queue has it now, or had it before
     * @param gone where it was not taken: whether that is because the session is no member
     * @param awayEpoch where it was not taken because the session has no connection: the epoch of its last one; else -1
     * @param deliveries the hint for its shard, if it is connected and has room
     */
    record HandedOver(boolean taken, boolean gone, long awayEpoch, List<Delivery> deliveries) implements Result {}

    /** A superseded connection: its shard and its epoch. Earlier ones of the same shard are meant with it. */
    record Predecessor(ShardAddress shard, long epoch) {
        /** Writes it for another node or the disk. */
        public void write(ByteWriter out) {
            shard.write(out);
            out.varLong(epoch);
        }

        /** Reads what {@link #write} wrote. */
        public static Predecessor read(ByteReader in) {
            return new Predecessor(ShardAddress.read(in), in.varLong());
        }
    }

    /** An incoming QoS 2 message between PUBREC and PUBREL. */
    record Receipt(int packetId, long number) {}

    /** To {@link Command.CloseSession}: whether the session ended with its connection. */
    record Closed(boolean ended) implements Result {}

    /** To {@link Command.Subscribe} and {@link Command.Unsubscribe}: per filter, whether there was a subscription before. */
    record SubscriptionsChanged(List<Boolean> existed) implements Result {}

    /**
     * To {@link Command.Append}.
     *
     * @param deliveries for sessions that are connected and have room: hints for their shards
     * @param matched how many sessions matched; 0 for a repeat that the origin told
     * @param dropped how many messages were dropped by the limits of queues: this one, or older ones in its favour
     * @param refused why nothing was queued, so that the publish is refused with 0x97; or null
     */
    record Appended(List<Delivery> deliveries, int matched, int dropped, @Nullable Shortage refused)
            implements Result {}

    /** A queued message that is handed to a connected session right away. */
    record Delivery(
            ShardAddress shard,
            String clientId,
            long epoch,
            long sequence,
            QoS qos,
            boolean retain,
            int[] subscriptionIds) {}

    /**
     * To {@link Command.Acknowledge}, {@link Command.Fetch} and {@link Command.Enqueue}: what is handed next, in order.
     *
     * @param entries newly handed ones; after {@link Command.Fetch} also all that was handed before from the sequence asked for
     * @param nextSequence the first sequence not handed
     * @param waiting how many wait behind it for the window to move
     * @param shares groups that are to hear how much the session has completed
     */
    record Handed(List<QueueEntry> entries, long nextSequence, int waiting, List<ShareProgress> shares)
            implements Result {
        /** Without news for groups. */
        public Handed(List<QueueEntry> entries, long nextSequence, int waiting) {
            this(entries, nextSequence, waiting, List.of());
        }
    }

    /** To {@link Command.Receive}: the publish's number and the lowest number of this session that is not released. */
    record Numbered(long number, long floor, boolean repeated) implements Result {}

    /** To {@link Command.Release}: whether the Packet Identifier was known, and the lowest unreleased number after it. */
    record Released(boolean found, long number, long floor) implements Result {}

    /** To {@link Command.Retain}: the bucket's version of the retained value, and why it was refused, or null. */
    record RetainedStored(long version, @Nullable Shortage refused) implements Result {}

    /**
     * To {@link Command.ReadRetained}: a page of matches, sorted level by level; at most 256 messages and 256 KiB, but one at least where
     * one was found. A page may be empty although there are more, when many topics had to be looked at.
     *
     * @param more whether to ask again
     * @param after what to ask again with
     */
    record RetainedPage(List<Message> messages, boolean more, String after) implements Result {}

    /** To {@link Command.ReadRoutes}. */
    record Routes(long version, List<String> filters) implements Result {}

    /** To {@link Command.Reconcile}: the client ids that must fetch, and those that were superseded. */
    record Reconciled(List<String> behind, List<String> fenced) implements Result {}

    /** To {@link Command.ReadNodes}: the node incarnations that hold connections here, or whose batches are remembered, ascending. */
    record Nodes(List<Long> nodes) implements Result {}

    /** To {@link Command.Tick}: the oldest outbox entries that are still unfinished, some possibly in delivery; at most 256. */
    record Ticked(List<OutboxEntry> outbox) implements Result {}

    /** To {@link Command.Describe}; null where there is no session. */
    record Described(@Nullable SessionDescription session) implements Result {}

    /**
     * What the management interface shows of a session. Times are cluster milliseconds, -1 where they do not apply.
     */
    record SessionDescription(
            String clientId,
            long epoch,
            @Nullable ShardAddress owner,
            long expirySeconds,
            long disconnectedAtMillis,
            List<Subscription> subscriptions,
            int queueMessages,
            long queueBytes,
            long oldestPublishedAtMillis,
            int inFlight,
            long droppedByQueueLimit,
            long droppedByExpiry,
            int receivedUnreleased) {}
}
