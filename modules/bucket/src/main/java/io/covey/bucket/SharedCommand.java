package io.covey.bucket;

import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.protocol.TopicFilters;
import io.covey.routing.ShardAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A command that keeps a Shared Subscription's group, its members and its queue [MQTT 5.0, 4.8.2]. A group lives in the bucket of its own
 * partition ({@link Partitions#ofShared}), named by its filter with the {@code $share/name/} prefix; its members' sessions live in theirs.
 */
public sealed interface SharedCommand extends Command.OfShared {

    /**
     * A connected client is a member: it has subscribed, or has come back with its session. Answered by {@link Result.Done}, or by
     * {@link Result.Refused} where the bucket has no room for a new member.
     *
     * @param incarnation of the client's session
     * @param epoch of its connection; a join of an older one changes nothing
     * @param durable whether the session outlives the connection
     * @param qos the level granted
     * @param room how many messages it may have from this group that it has not completed
     * @param completed how many messages of this group its session has completed, or -1 where that is not known: {@link Result.ShareProgress}
     */
    record Join(
            String filter,
            String clientId,
            long incarnation,
            long epoch,
            ShardAddress shard,
            boolean durable,
            QoS qos,
            int room,
            long completed)
            implements SharedCommand {
        /** Checks the filter, since a bucket must not fail over one after it has begun to change. */
        public Join {
            check(TopicFilters.isValidShared(filter), "filter");
            check(TopicFilters.levels(filter) <= Command.Subscribe.LEVELS_MAX, "levels");
            check(room >= 1, "room");
        }

        /** Whether messages of QoS 1 and 2 reach it through its session's queue. */
        boolean isQueued() {
            return durable && qos != QoS.AT_MOST_ONCE;
        }
    }

    /** A client has unsubscribed, or its transient session has ended; of a connection older than the member's it changes nothing. */
    record Leave(String filter, String clientId, long incarnation, long epoch) implements SharedCommand {}

    /** A member's connection has ended, its session goes on. */
    record Away(String filter, String clientId, long epoch) implements SharedCommand {}

    /** How many messages of the group a member's session has completed; counted from the session's first. */
    record Progress(String filter, String clientId, long incarnation, long completed) implements SharedCommand {}

    /**
     * What became of messages that were lent to a connection ({@link OutboxEffect.Offer}), by the numbers of their outbox entries.
     *
     * @param completed the client is done with them, or they must not go to another
     * @param returned another member is to have them
     */
    record Settle(String filter, String clientId, long epoch, long[] completed, long[] returned)
            implements SharedCommand {}

    /**
     * To the bucket of a member's session: queue this message of a group there. Answered by {@link Result.HandedOver}; a repeat is answered
     * alike.
     */
    record HandOver(String filter, String clientId, long incarnation, Message message, Origin origin)
            implements SharedCommand {
        /** Checks the level. */
        public HandOver {
            check(message.qos() != QoS.AT_MOST_ONCE, "qos");
        }

        @Override
        public long sizeBytes() {
            return BYTES + message.sizeBytes();
        }
    }

    /**
     * The bucket of a member's session did not take the message of this outbox entry: another member is to have it.
     *
     * @param gone whether the session is no member any more
     * @param awayEpoch where the session has no connection, the epoch of its last one; else -1
     */
    record Decline(long number, boolean gone, long awayEpoch) implements SharedCommand {}

    /**
     * Messages that a member has not completed come back to their group, oldest first.
     *
     * @param left whether the member's session has ended
     * @param origin for deduplication beyond the batch's own, or null
     */
    record GiveBack(
            String filter,
            String clientId,
            long incarnation,
            List<Message> messages,
            boolean left,
            @Nullable Origin origin)
            implements SharedCommand {
        @Override
        public long sizeBytes() {
            long bytes = BYTES;
            for (Message message : messages) {
                bytes += message.sizeBytes();
            }
            return bytes;
        }
    }

    private static void check(boolean valid, String field) {
        if (!valid) {
            throw new IllegalArgumentException(field + " is out of range");
        }
    }
}
