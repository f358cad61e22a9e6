package io.covey.broker;

import io.covey.bucket.Origin;
import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import io.covey.protocol.Lists;
import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import io.covey.routing.ShardRoute;
import java.util.stream.LongStream;

/**
 * The binary form of what nodes tell each other: a format version and the receiving node's incarnation once, then any number of messages,
 * each with the shard it is for.
 */
public final class NodeMessageCodec {
    /** The form that this release writes and reads. */
    static final int FORMAT = 1;

    private NodeMessageCodec() {}

    /** The kinds of messages by their number on the wire: only ever appended to. */
    private enum Kind {
        LEASE_REQUEST,
        LEASE_GRANT,
        ROUTE_BATCH,
        ROUTE_CONFIRM,
        ROUTE_PULL,
        ROUTE_SET,
        ROUTE_DIGEST,
        HINTS,
        PUBLISHES,
        PUBLISHES_RECEIVED,
        KICK,
        KICKED,
        CONNECTION_QUERY,
        CONNECTION_ANSWER,
        FIGURES,
        LEASE_RETURNED;

        private static final Kind[] VALUES = values();

        private static Kind of(int number) {
            if (number >= VALUES.length) {
                throw new IllegalArgumentException("node message of unknown kind " + number);
            }
            return VALUES[number];
        }
    }

    /** Takes each message of a batch. */
    public interface Sink {
        /** A message and the shard it is for. */
        void message(ShardAddress target, NodeMessage message);
    }

    /** Begins a batch of messages to one node. */
    public static void begin(long node, ByteWriter out) {
        out.u8(FORMAT).i64(node);
    }

    /** Adds a message for a shard of that node, or for its core ({@link NodeLink#NODE_CORE}). */
    public static void write(int shard, NodeMessage message, ByteWriter out) {
        out.varInt(shard - NodeLink.NODE_CORE);
        if (message instanceof NodeMessage.Hints hints) {
            kind(Kind.HINTS, out);
            Lists.write(hints.hints(), NodeMessageCodec::writeHint, out);
        } else if (message instanceof NodeMessage.Publishes publishes) {
            publishes.from().write(kind(Kind.PUBLISHES, out));
            out.varLong(publishes.sequence());
            Lists.write(publishes.items(), NodeMessageCodec::writeItem, out);
        } else if (message instanceof NodeMessage.PublishesReceived received) {
            received.from().write(kind(Kind.PUBLISHES_RECEIVED, out));
            out.varLong(received.sequence());
        } else if (message instanceof NodeMessage.Kick kick) {
            kick.replyTo().write(kind(Kind.KICK, out));
            out.string(kick.clientId()).varLong(kick.epoch());
        } else if (message instanceof NodeMessage.Kicked kicked) {
            kind(Kind.KICKED, out).string(kicked.clientId()).varLong(kicked.epoch());
        } else if (message instanceof NodeMessage.ConnectionQuery query) {
            query.replyTo().write(kind(Kind.CONNECTION_QUERY, out));
            out.varLong(query.number()).string(query.clientId()).varLong(query.epoch());
        } else if (message instanceof NodeMessage.ConnectionAnswer answer) {
            writeAnswer(kind(Kind.CONNECTION_ANSWER, out), answer);
        } else if (message instanceof NodeMessage.Figures figures) {
            kind(Kind.FIGURES, out).i64(figures.from());
            Lists.write(LongStream.of(figures.values()).boxed().toList(), ByteWriter::varLong, out);
        } else {
            writeForCore(message, out);
        }
    }

    private static void writeBacked(ByteWriter out, NodeMessage.RouteConfirm.Backed backed) {
        out.i64(backed.node()).varInt(backed.endedMillisAgo());
    }

    private static NodeMessage.RouteConfirm.Backed readBacked(ByteReader in) {
        return new NodeMessage.RouteConfirm.Backed(in.i64(), in.varInt());
    }

    private static void writeForCore(NodeMessage message, ByteWriter out) {
        if (message instanceof NodeMessage.LeaseRequest request) {
            kind(Kind.LEASE_REQUEST, out)
                    .i64(request.from())
                    .varLong(request.round())
                    .varLong(request.term());
            Lists.write(request.members(), ByteWriter::i64, out);
        } else if (message instanceof NodeMessage.LeaseGrant grant) {
            kind(Kind.LEASE_GRANT, out).i64(grant.from()).varLong(grant.round()).varLong(grant.heardTerm());
        } else if (message instanceof NodeMessage.LeaseReturned returned) {
            kind(Kind.LEASE_RETURNED, out).i64(returned.from());
        } else if (message instanceof NodeMessage.RouteBatch batch) {
            kind(Kind.ROUTE_BATCH, out).i64(batch.from()).varLong(batch.number());
            Lists.write(batch.partitions(), NodeMessageCodec::writePartitionDelta, out);
            Lists.write(batch.shards(), NodeMessageCodec::writeShardDelta, out);
        } else if (message instanceof NodeMessage.RouteConfirm confirm) {
            kind(Kind.ROUTE_CONFIRM, out)
                    .i64(confirm.from())
                    .varLong(confirm.number())
                    .bool(confirm.witness());
            Lists.write(confirm.backed(), NodeMessageCodec::writeBacked, out);
        } else if (message instanceof NodeMessage.RoutePull pull) {
            kind(Kind.ROUTE_PULL, out).i64(pull.from());
        } else if (message instanceof NodeMessage.RouteSet set) {
            set.shard().write(kind(Kind.ROUTE_SET, out));
            out.varInt(set.shards()).varLong(set.version()).varInt(set.part()).varInt(set.parts());
            Lists.write(set.routes(), NodeMessageCodec::writeRoute, out);
        } else if (message instanceof NodeMessage.RouteDigest digest) {
            kind(Kind.ROUTE_DIGEST, out).i64(digest.from());
            Lists.write(digest.partitions(), NodeMessageCodec::writePartitionDigest, out);
            Lists.write(digest.shards(), NodeMessageCodec::writeShardDigest, out);
            Lists.write(digest.departed(), ByteWriter::i64, out);
        } else {
            throw new IllegalArgumentException("no form for " + message);
        }
    }

    /**
     * Reads a batch to its end.
     *
     * @throws IllegalArgumentException where another release wrote it in a form that this one does not know
     */
    public static void read(ByteReader in, Sink sink) {
        int format = in.u8();
        if (format != FORMAT) {
            throw new IllegalArgumentException(
                    "node messages have format " + format + ", this release knows " + FORMAT);
        }
        long node = in.i64();
        while (in.remaining() > 0) {
            ShardAddress target = new ShardAddress(node, in.varInt() + NodeLink.NODE_CORE);
            sink.message(target, readMessage(in));
        }
    }

    private static NodeMessage readMessage(ByteReader in) {
        return switch (Kind.of(in.u8())) {
            case LEASE_REQUEST ->
                new NodeMessage.LeaseRequest(in.i64(), in.varLong(), in.varLong(), Lists.read(in, ByteReader::i64));
            case LEASE_GRANT -> new NodeMessage.LeaseGrant(in.i64(), in.varLong(), in.varLong());
            case LEASE_RETURNED -> new NodeMessage.LeaseReturned(in.i64());
            case ROUTE_BATCH ->
                new NodeMessage.RouteBatch(
                        in.i64(),
                        in.varLong(),
                        Lists.read(in, NodeMessageCodec::readPartitionDelta),
                        Lists.read(in, NodeMessageCodec::readShardDelta));
            case ROUTE_CONFIRM ->
                new NodeMessage.RouteConfirm(
                        in.i64(), in.varLong(), in.bool(), Lists.read(in, NodeMessageCodec::readBacked));
            case ROUTE_PULL -> new NodeMessage.RoutePull(in.i64());
            case ROUTE_SET ->
                new NodeMessage.RouteSet(
                        ShardAddress.read(in),
                        in.varInt(),
                        in.varLong(),
                        in.varInt(),
                        in.varInt(),
                        Lists.read(in, NodeMessageCodec::readRoute));
            case ROUTE_DIGEST ->
                new NodeMessage.RouteDigest(
                        in.i64(),
                        Lists.read(in, NodeMessageCodec::readPartitionDigest),
                        Lists.read(in, NodeMessageCodec::readShardDigest),
                        Lists.read(in, ByteReader::i64));
            case HINTS -> new NodeMessage.Hints(Lists.read(in, NodeMessageCodec::readHint));
            case PUBLISHES ->
                new NodeMessage.Publishes(
                        ShardAddress.read(in), in.varLong(), Lists.read(in, NodeMessageCodec::readItem));
            case PUBLISHES_RECEIVED -> new NodeMessage.PublishesReceived(ShardAddress.read(in), in.varLong());
            case KICK -> new NodeMessage.Kick(ShardAddress.read(in), in.string(), in.varLong());
            case KICKED -> new NodeMessage.Kicked(in.string(), in.varLong());
            case CONNECTION_QUERY ->
                new NodeMessage.ConnectionQuery(ShardAddress.read(in), in.varLong(), in.string(), in.varLong());
            case CONNECTION_ANSWER ->
                new NodeMessage.ConnectionAnswer(in.varLong(), in.bool() ? LiveConnection.read(in) : null);
            case FIGURES ->
                new NodeMessage.Figures(
                        in.i64(),
                        Lists.read(in, ByteReader::varLong).stream()
                                .mapToLong(Long::longValue)
                                .toArray());
        };
    }

    private static void writeAnswer(ByteWriter out, NodeMessage.ConnectionAnswer answer) {
        LiveConnection live = answer.live();
        out.varLong(answer.number()).bool(live != null);
        if (live != null) {
            live.write(out);
        }
    }

    private static void writeHint(ByteWriter out, NodeMessage.Hints.Hint hint) {
        hint.message().write(out);
        Lists.write(hint.targets(), NodeMessageCodec::writeTarget, out);
    }

    private static NodeMessage.Hints.Hint readHint(ByteReader in) {
        return new NodeMessage.Hints.Hint(Message.read(in), Lists.read(in, NodeMessageCodec::readTarget));
    }

    private static void writeTarget(ByteWriter out, NodeMessage.Hints.Target target) {
        out.string(target.clientId()).varLong(target.epoch()).varLong(target.sequence());
        out.u8(target.qos().value() | (target.retain() ? 4 : 0));
        Lists.writeInts(target.subscriptionIds(), out);
    }

    private static NodeMessage.Hints.Target readTarget(ByteReader in) {
        String clientId = in.string();
        long epoch = in.varLong();
        long sequence = in.varLong();
        int flags = in.u8();
        return new NodeMessage.Hints.Target(
                clientId, epoch, sequence, QoS.of(flags & 3), (flags & 4) != 0, Lists.readInts(in));
    }

    private static void writeItem(ByteWriter out, NodeMessage.Publishes.Item item) {
        item.message().write(out.string(item.publisher()));
        Origin.write(item.origin(), out);
        NodeMessage.Publishes.Share share = item.share();
        out.bool(share != null);
        if (share != null) {
            out.string(share.filter()).varInt(share.passes());
            NodeMessage.Publishes.Loan loan = share.loan();
            out.bool(loan != null);
            if (loan != null) {
                out.varInt(loan.partition()).varLong(loan.number()).varLong(loan.lowest());
                out.string(loan.clientId()).varLong(loan.epoch());
            }
        }
    }

    private static NodeMessage.Publishes.Item readItem(ByteReader in) {
        String publisher = in.string();
        Message message = Message.read(in);
        Origin origin = Origin.read(in);
        NodeMessage.Publishes.Share share = in.bool() ? readShare(in) : null;
        return new NodeMessage.Publishes.Item(publisher, message, origin, share);
    }

    private static NodeMessage.Publishes.Share readShare(ByteReader in) {
        String filter = in.string();
        int passes = in.varInt();
        NodeMessage.Publishes.Loan loan = in.bool()
                ? new NodeMessage.Publishes.Loan(in.varInt(), in.varLong(), in.varLong(), in.string(), in.varLong())
                : null;
        return new NodeMessage.Publishes.Share(filter, passes, loan);
    }

    private static void writeRoute(ByteWriter out, ShardRoute route) {
        out.string(route.filter()).varInt(route.flags());
    }

    private static ShardRoute readRoute(ByteReader in) {
        return new ShardRoute(in.string(), in.varInt());
    }

    private static void writePartitionDelta(ByteWriter out, NodeMessage.RouteBatch.PartitionDelta delta) {
        out.varInt(delta.partition()).varLong(delta.version());
        Lists.write(delta.added(), ByteWriter::string, out);
        Lists.write(delta.removed(), ByteWriter::string, out);
    }

    private static NodeMessage.RouteBatch.PartitionDelta readPartitionDelta(ByteReader in) {
        return new NodeMessage.RouteBatch.PartitionDelta(
                in.varInt(), in.varLong(), Lists.read(in, ByteReader::string), Lists.read(in, ByteReader::string));
    }

    private static void writeShardDelta(ByteWriter out, NodeMessage.RouteBatch.ShardDelta delta) {
        delta.shard().write(out);
        Lists.write(delta.changed(), NodeMessageCodec::writeRoute, out.varLong(delta.version()));
    }

    private static NodeMessage.RouteBatch.ShardDelta readShardDelta(ByteReader in) {
        return new NodeMessage.RouteBatch.ShardDelta(
                ShardAddress.read(in), in.varLong(), Lists.read(in, NodeMessageCodec::readRoute));
    }

    private static void writePartitionDigest(ByteWriter out, NodeMessage.RouteDigest.PartitionDigest digest) {
        out.varInt(digest.partition()).varLong(digest.version()).i64(digest.digest());
    }

    private static NodeMessage.RouteDigest.PartitionDigest readPartitionDigest(ByteReader in) {
        return new NodeMessage.RouteDigest.PartitionDigest(in.varInt(), in.varLong(), in.i64());
    }

    private static void writeShardDigest(ByteWriter out, NodeMessage.RouteDigest.ShardDigest digest) {
        digest.shard().write(out);
        out.varLong(digest.version()).i64(digest.digest());
    }

    private static NodeMessage.RouteDigest.ShardDigest readShardDigest(ByteReader in) {
        return new NodeMessage.RouteDigest.ShardDigest(ShardAddress.read(in), in.varLong(), in.i64());
    }

    private static ByteWriter kind(Kind kind, ByteWriter out) {
        return out.u8(kind.ordinal());
    }
}
