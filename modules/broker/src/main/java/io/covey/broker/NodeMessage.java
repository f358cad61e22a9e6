package io.covey.broker;

import io.covey.bucket.Origin;
import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import io.covey.routing.ShardRoute;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What nodes tell each other. Lossy: whoever needs an answer repeats [I5]. */
public sealed interface NodeMessage {

    /**
     * Asks for the lease.
     *
     * @param round counts the asker's requests
     * @param term under which the asker changes buckets, or wants to
     * @param members the nodes that the asker takes for members
     */
    record LeaseRequest(long from, long round, long term, List<Long> members) implements NodeMessage {}

    /**
     * Grants the lease for a round.
     *
     * @param heardTerm the highest term of which the granter had heard before the request
     */
    record LeaseGrant(long from, long round, long heardTerm) implements NodeMessage {}

    /** The sender has ended in order: it serves nobody any more, whatever was granted to it, and never will under this incarnation. */
    record LeaseReturned(long from) implements NodeMessage {}

    /**
     * Route changes of some origins, numbered by the sending node; a number without deltas only asks for a confirm. A delta that changes nothing
     * (empty lists) asks the receiver to be at that version at least.
     */
    record RouteBatch(long from, long number, List<PartitionDelta> partitions, List<ShardDelta> shards)
            implements NodeMessage {
        /** The change of a bucket's routes to this version. */
        public record PartitionDelta(int partition, long version, List<String> added, List<String> removed) {}

        /** The change of a shard's routes to this version; flags 0 remove. */
        public record ShardDelta(ShardAddress shard, long version, List<ShardRoute> changed) {}
    }

    /**
     * Every version in the receiver's route batch of this number is known here.
     *
     * @param witness whether {@code backed} is all that was granted on the sender's machine, also by incarnations before this one
     * @param backed nodes to which the sender has granted a lease that may be valid, or may have been until a moment ago
     */
    record RouteConfirm(long from, long number, boolean witness, List<Backed> backed) implements NodeMessage {
        /**
         * A node with a lease that the sender has granted.
         *
         * @param endedMillisAgo how long ago the lease ended at the latest; 0 where it may be valid still
         */
        public record Backed(long node, int endedMillisAgo) {}
    }

    /** Asks a node for the whole sets of its shards' routes. */
    record RoutePull(long from) implements NodeMessage {}

    /**
     * A part of the whole set of a shard's routes.
     *
     * @param shards how many shards the node has
     * @param part which part this is, from 0
     * @param parts how many parts make the set at this version
     */
    record RouteSet(ShardAddress shard, int shards, long version, int part, int parts, List<ShardRoute> routes)
            implements NodeMessage {}

    /**
     * What the sender knows, to find what was lost.
     *
     * @param partitions digests of all partitions' routes
     * @param shards digests of the routes of the sender's own shards
     * @param departed nodes that are gone for good, for members that joined later
     */
    record RouteDigest(long from, List<PartitionDigest> partitions, List<ShardDigest> shards, List<Long> departed)
            implements NodeMessage {
        /** The version of a partition's routes that the sender knows, and their digest. */
        public record PartitionDigest(int partition, long version, long digest) {}

        /** The version of a shard's routes and their digest. */
        public record ShardDigest(ShardAddress shard, long version, long digest) {}
    }

    /** Messages that buckets handed to connections of the receiving shard. */
    record Hints(List<Hint> hints) implements NodeMessage {
        /** One message for one or more connections. */
        public record Hint(Message message, List<Target> targets) {}

        /** One connection and the place of the message in its session's queue. */
        public record Target(
                String clientId, long epoch, long sequence, QoS qos, boolean retain, int[] subscriptionIds) {}
    }

    /** Publishes for the receiving shard's transient sessions (and of QoS 0 for all), numbered per pair of shards. */
    record Publishes(ShardAddress from, long sequence, List<Item> items) implements NodeMessage {
        /**
         * One publish.
         *
         * @param publisher the publisher's client id, for No Local
         * @param origin for deduplication of what may come again by another way, or null
         * @param share where it is for one member of a Shared Subscription only, else null
         */
        public record Item(String publisher, Message message, @Nullable Origin origin, @Nullable Share share) {}

        /**
         * The Shared Subscription of which one member in the receiving shard is to have the message.
         *
         * @param filter with its {@code $share/name/} prefix
         * @param passes how often the message has been passed on
         * @param loan where the group's bucket has chosen the member, else null
         */
        public record Share(String filter, int passes, @Nullable Loan loan) {}

        /**
         * A message that a group's bucket lends to a connection.
         *
         * @param partition the group's
         * @param number of the outbox entry
         * @param lowest the lowest number that was unfinished when the entry was read
         * @param clientId the member
         * @param epoch of its connection
         */
        public record Loan(int partition, long number, long lowest, String clientId, long epoch) {}
    }

    /** Publishes of the receiver up to this number have arrived. */
    record PublishesReceived(ShardAddress from, long sequence) implements NodeMessage {}

    /** Close the connection of this client id with this epoch or a lower one: the session has a new owner. */
    record Kick(ShardAddress replyTo, String clientId, long epoch) implements NodeMessage {}

    /** There is no connection of this client id with this epoch or a lower one here any more. */
    record Kicked(String clientId, long epoch) implements NodeMessage {}

    /** Asks for the connection of this client id with this epoch, for the management interface. */
    record ConnectionQuery(ShardAddress replyTo, long number, String clientId, long epoch) implements NodeMessage {}

    /** What was asked for by the query of this number; null where there is no such connection, or its session is not open yet. */
    record ConnectionAnswer(long number, @Nullable LiveConnection live) implements NodeMessage {}

    /** What a node counts, for the totals of the cluster; not to be modified. */
    record Figures(long from, long[] values) implements NodeMessage {}
}
