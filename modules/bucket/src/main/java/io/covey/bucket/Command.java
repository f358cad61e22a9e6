package io.covey.bucket;

import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.protocol.TopicFilters;
import io.covey.routing.ShardAddress;
import io.covey.routing.Subscription;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A deterministic change of (or question to) a bucket. Each is answered by one {@link Result}; a command for a session whose epoch is not
 * the current one is answered by {@link Result.Fenced} and changes nothing [I2].
 *
 * <p>Questions travel in batches too: their answer depends on batches before them, and the confirmation of their own batch proves that the
 * backups hold those.
 */
public sealed interface Command {
    /** What a command takes beside what clients put into it, by estimate. */
    long BYTES = 128;

    /** An estimate of the bytes that it holds in memory, for bounds of what waits and of what travels together. */
    default long sizeBytes() {
        return BYTES;
    }

    /**
     * A CONNECT. A session that a connection at another shard has is not opened at the first attempt: {@link Result.Occupied} says whom to ask
     * to close it, so that what that connection has still to report (acknowledgements, what DISCONNECT said) comes first. The second attempt,
     * and one of the connection's own shard, whose commands come in order anyway, takes the session from whoever has it in the same step. Of
     * several that waited, none takes it from one whose first attempt came later: it is answered with {@link Result.Fenced}.
     *
     * <p>A session begun with an expiry of 0 is transient: it holds no subscriptions or queue here, only its epoch, owner and will, and is
     * never continued. A session begun with more is durable, and stays so when it is continued with 0: then it ends with that connection.
     * So the session is durable exactly if {@code expirySeconds} is not 0 or the answer says that a session was present.
     *
     * @param cleanStart ends a present session first
     * @param expirySeconds Session Expiry Interval; 0 ends the session with the connection, 0xFFFFFFFF never
     * @param receiveMaximum how many QoS 1 and 2 messages the client takes unacknowledged, 1 to 65535
     * @param turn {@link #FIRST} at the first attempt, then what {@link Result.Occupied#turn} said; {@link #AT_ONCE} takes over without asking
     */
    record OpenSession(
            String clientId,
            ShardAddress owner,
            boolean cleanStart,
            long expirySeconds,
            int receiveMaximum,
            @Nullable Will will,
            long turn)
            implements Command {
        /** The turn of a first attempt. */
        public static final long FIRST = 0;
        /** The turn of those that ask nobody, as earlier releases did. */
        public static final long AT_ONCE = -1;

        /** Checks the ranges. */
        public OpenSession {
            check(turn >= AT_ONCE, "turn");
            check(expirySeconds >= 0 && expirySeconds <= 0xFFFF_FFFFL, "expirySeconds");
            check(receiveMaximum >= 1 && receiveMaximum <= 65_535, "receiveMaximum");
        }

        @Override
        public long sizeBytes() {
            return BYTES + (will == null ? 0 : will.message().sizeBytes());
        }

        /** The same CONNECT, now that its turn has come. */
        public OpenSession inTurn(long itsTurn) {
            return new OpenSession(clientId, owner, cleanStart, expirySeconds, receiveMaximum, will, itsTurn);
        }
    }

    /**
     * The end of a connection. What was handed and not sent waits again, except for what an earlier connection may have sent.
     *
     * @param expirySeconds the Session Expiry Interval from now on, or -1 to keep it
     * @param publishWill whether the will is to be published (after its delay); else it is discarded
     * @param lastSentSequence the highest sequence that was sent to the client: what was handed beyond it counts as never sent. -1 where
     *     unknown: then all that was handed counts as sent
     */
    record CloseSession(String clientId, long epoch, long expirySeconds, boolean publishWill, long lastSentSequence)
            implements Command {
        /** Checks the ranges. */
        public CloseSession {
            check(expirySeconds >= -1 && expirySeconds <= 0xFFFF_FFFFL, "expirySeconds");
            check(lastSentSequence >= -1, "lastSentSequence");
        }
    }

    /** The connection with this epoch is the only one of its client id: all {@link Result.Opened#predecessors} are closed. */
    record Settle(String clientId, long epoch) implements Command {}

    /** A command about Shared Subscriptions: {@link SharedCommand}. */
    non-sealed interface OfShared extends Command {}

    /** Adds or replaces subscriptions of a persistent session, shared or not; none of more than {@link #LEVELS_MAX} levels. */
    record Subscribe(String clientId, long epoch, List<Subscription> subscriptions) implements Command {
        /** Levels of a Topic Filter: the trie over them recurses. */
        public static final int LEVELS_MAX = 1024;

        /** Checks the filters, since a bucket must not fail over one after it has begun to change. */
        public Subscribe {
            subscriptions = List.copyOf(subscriptions);
            for (Subscription subscription : subscriptions) {
                String filter = subscription.filter();
                check(TopicFilters.isValid(filter), "filter");
                check(TopicFilters.levels(filter) <= LEVELS_MAX, "levels");
            }
        }

        @Override
        public long sizeBytes() {
            long bytes = BYTES;
            for (Subscription subscription : subscriptions) {
                bytes += 2L * subscription.filter().length();
            }
            return bytes;
        }
    }

    /** Removes subscriptions of a persistent session. */
    record Unsubscribe(String clientId, long epoch, List<String> filters) implements Command {
        @Override
        public long sizeBytes() {
            long bytes = BYTES;
            for (String filter : filters) {
                bytes += 2L * filter.length();
            }
            return bytes;
        }
    }

    /**
     * Queues a message for every persistent session of this bucket with a matching subscription of QoS above 0. Overlapping subscriptions
     * make one entry at the highest QoS with all their Subscription Identifiers [MQTT-3.3.4-2..3].
     *
     * @param message of QoS 1 or 2; its RETAIN flag is kept towards Retain As Published subscriptions, else cleared
     * @param publisher the publisher's client id, for No Local
     * @param origin for deduplication beyond the batch's own, or null
     * @param shared the matching Shared Subscriptions of this bucket, of which one member each is to receive it [MQTT 5.0, 4.8.2]
     */
    record Append(Message message, String publisher, @Nullable Origin origin, List<String> shared) implements Command {
        /** Checks the level. */
        public Append {
            check(message.qos() != QoS.AT_MOST_ONCE, "qos");
        }

        /** Without Shared Subscriptions. */
        public Append(Message message, String publisher, @Nullable Origin origin) {
            this(message, publisher, origin, List.of());
        }

        @Override
        public long sizeBytes() {
            return BYTES + message.sizeBytes();
        }
    }

    /**
     * Queues messages for one session: the retained ones after its SUBSCRIBE. Those beyond the limits of the queue or of the bucket are
     * dropped and counted.
     */
    record Enqueue(String clientId, long epoch, List<Item> items) implements Command {
        /** A message with the QoS, 1 or 2, and flags of its delivery. */
        public record Item(Message message, QoS qos, boolean retain, int[] subscriptionIds) {
            /** Checks the level. */
            public Item {
                check(qos != QoS.AT_MOST_ONCE, "qos");
            }
        }

        @Override
        public long sizeBytes() {
            long bytes = BYTES;
            for (Item item : items) {
                bytes += item.message().sizeBytes();
            }
            return bytes;
        }
    }

    /**
     * What the client has acknowledged since the last time.
     *
     * @param released sequences that are done: PUBACK, PUBCOMP, or PUBREC with an error; in any order, repeats and unknown ones do nothing
     * @param received sequences for which PUBREC came: PUBREL leaves once this is confirmed
     */
    record Acknowledge(String clientId, long epoch, long[] released, long[] received) implements Command {}

    /** Asks for what was handed from this sequence on, after lost hints; also hands what waits and has room. */
    record Fetch(String clientId, long epoch, long fromSequence) implements Command {}

    /** Records the Packet Identifier of an incoming QoS 2 PUBLISH and numbers it; a repeat gets the same number. */
    record Receive(String clientId, long epoch, int packetId) implements Command {
        /** Checks the range. */
        public Receive {
            check(packetId >= 1 && packetId <= 65_535, "packetId");
        }
    }

    /** Forgets the Packet Identifier of an incoming QoS 2 PUBLISH, on PUBREL. */
    record Release(String clientId, long epoch, int packetId) implements Command {}

    /** Tells a bucket that all numbers of an origin below the floor are released. */
    record RaiseFloor(String source, long incarnation, long floor) implements Command {}

    /** Stores a retained message, or deletes it where the payload is empty [MQTT-3.3.1-6]. */
    record Retain(Message message, @Nullable Origin origin) implements Command {
        @Override
        public long sizeBytes() {
            return BYTES + message.sizeBytes();
        }
    }

    /**
     * Asks for the retained messages that match a filter.
     *
     * @param after what the last page told to go on with, or the empty string for the first page
     */
    record ReadRetained(String filter, String after) implements Command {}

    /** Asks for all Topic Filters with subscriptions of persistent sessions of QoS 1 or 2: those that {@link RouteDelta} tells about. */
    record ReadRoutes() implements Command {}

    /** Compares what was handed with what arrived: one entry per connected session of the sender. */
    record Reconcile(List<Progress> sessions) implements Command {
        /** The next sequence that this connection expects. */
        public record Progress(String clientId, long epoch, long nextSequence) {}
    }

    /**
     * Moves the bucket's time: expires sessions and messages, publishes wills that are due. Does a bounded part of what is due; the next
     * one goes on.
     */
    record Tick() implements Command {}

    /** The node is no longer a member: its connections have ended without DISCONNECT. */
    record NodeGone(long node) implements Command {}

    /** Asks which nodes the bucket has something of, so that its owner can tell it of those that are gone. */
    record ReadNodes() implements Command {}

    /** Outbox entries that every target has confirmed. */
    record FinishOutbox(long[] numbers) implements Command {}

    /** Asks for everything an operator may want to know about one session. */
    record Describe(String clientId) implements Command {}

    private static void check(boolean valid, String field) {
        if (!valid) {
            throw new IllegalArgumentException(field + " is out of range");
        }
    }
}
