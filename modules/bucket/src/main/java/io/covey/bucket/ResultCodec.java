package io.covey.bucket;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import io.covey.protocol.Lists;
import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import io.covey.routing.Subscription;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The binary form of results: a tag, then the fields in order. Tags are never reused for another result. */
final class ResultCodec {
    private static final int DONE = 1;
    private static final int FENCED = 2;
    private static final int REFUSED = 3;
    private static final int OPENED = 4;
    private static final int CLOSED = 5;
    private static final int SUBSCRIPTIONS_CHANGED = 6;
    private static final int APPENDED = 7;
    private static final int HANDED = 8;
    private static final int NUMBERED = 9;
    private static final int RELEASED = 10;
    private static final int RETAINED_STORED = 11;
    private static final int RETAINED_PAGE = 12;
    private static final int ROUTES = 13;
    private static final int RECONCILED = 14;
    private static final int TICKED = 15;
    private static final int DESCRIBED = 16;
    private static final int OCCUPIED = 17;
    private static final int NODES = 18;

    private static final int HANDED_OVER = 64;

    private ResultCodec() {}

    static void write(ByteWriter out, Result result) {
        if (result instanceof Result.Appended appended) {
            out.u8(APPENDED);
            Lists.write(appended.deliveries(), ResultCodec::writeDelivery, out);
            out.varInt(appended.matched()).varInt(appended.dropped());
            Shortage.write(appended.refused(), out);
        } else if (result instanceof Result.Handed handed) {
            out.u8(HANDED);
            Lists.write(handed.entries(), ResultCodec::writeEntry, out);
            out.varLong(handed.nextSequence()).varInt(handed.waiting());
            Lists.write(handed.shares(), ResultCodec::writeProgress, out);
        } else if (result instanceof Result.HandedOver over) {
            out.u8(HANDED_OVER).bool(over.taken()).bool(over.gone()).i64(over.awayEpoch());
            Lists.write(over.deliveries(), ResultCodec::writeDelivery, out);
        } else if (result instanceof Result.Done) {
            out.u8(DONE);
        } else if (result instanceof Result.Fenced) {
            out.u8(FENCED);
        } else if (result instanceof Result.Refused refused) {
            Shortage.write(refused.shortage(), out.u8(REFUSED));
        } else if (result instanceof Result.Numbered numbered) {
            out.u8(NUMBERED)
                    .varLong(numbered.number())
                    .varLong(numbered.floor())
                    .bool(numbered.repeated());
        } else if (result instanceof Result.Released released) {
            out.u8(RELEASED).bool(released.found()).varLong(released.number()).varLong(released.floor());
        } else if (result instanceof Result.RetainedStored stored) {
            Shortage.write(stored.refused(), out.u8(RETAINED_STORED).varLong(stored.version()));
        } else {
            writeForConnection(out, result);
        }
    }

    private static void writeForConnection(ByteWriter out, Result result) {
        if (result instanceof Result.Opened opened) {
            writeOpened(out, opened);
        } else if (result instanceof Result.Occupied occupied) {
            occupied.shard().write(out.u8(OCCUPIED));
            out.varLong(occupied.epoch()).varLong(occupied.turn());
        } else if (result instanceof Result.Closed closed) {
            out.u8(CLOSED).bool(closed.ended());
        } else if (result instanceof Result.SubscriptionsChanged changed) {
            out.u8(SUBSCRIPTIONS_CHANGED);
            Lists.write(changed.existed(), ByteWriter::bool, out);
        } else if (result instanceof Result.RetainedPage page) {
            out.u8(RETAINED_PAGE);
            Lists.write(page.messages(), (writer, message) -> message.write(writer), out);
            out.bool(page.more()).string(page.after());
        } else if (result instanceof Result.Routes routes) {
            out.u8(ROUTES).varLong(routes.version());
            Lists.write(routes.filters(), ByteWriter::string, out);
        } else if (result instanceof Result.Reconciled reconciled) {
            out.u8(RECONCILED);
            Lists.write(reconciled.behind(), ByteWriter::string, out);
            Lists.write(reconciled.fenced(), ByteWriter::string, out);
        } else if (result instanceof Result.Nodes known) {
            out.u8(NODES);
            Lists.write(known.nodes(), ByteWriter::i64, out);
        } else if (result instanceof Result.Ticked ticked) {
            out.u8(TICKED);
            Lists.write(ticked.outbox(), (writer, entry) -> entry.write(writer), out);
        } else {
            writeDescribed(out, (Result.Described) result);
        }
    }

    static Result read(ByteReader in, int format) {
        int tag = in.u8();
        return switch (tag) {
            case DONE -> Answers.DONE;
            case FENCED -> Answers.FENCED;
            case REFUSED -> new Result.Refused(Objects.requireNonNull(Shortage.read(in)));
            case OPENED -> readOpened(in, format);
            case OCCUPIED -> new Result.Occupied(ShardAddress.read(in), in.varLong(), in.varLong());
            case CLOSED -> new Result.Closed(in.bool());
            case SUBSCRIPTIONS_CHANGED -> new Result.SubscriptionsChanged(Lists.read(in, ByteReader::bool));
            case APPENDED ->
                new Result.Appended(
                        Lists.read(in, ResultCodec::readDelivery), in.varInt(), in.varInt(), Shortage.read(in));
            case HANDED ->
                new Result.Handed(
                        Lists.read(in, ResultCodec::readEntry),
                        in.varLong(),
                        in.varInt(),
                        Lists.read(in, ResultCodec::readProgress));
            case HANDED_OVER ->
                new Result.HandedOver(in.bool(), in.bool(), in.i64(), Lists.read(in, ResultCodec::readDelivery));
            case NUMBERED -> new Result.Numbered(in.varLong(), in.varLong(), in.bool());
            case RELEASED -> new Result.Released(in.bool(), in.varLong(), in.varLong());
            case RETAINED_STORED -> new Result.RetainedStored(in.varLong(), Shortage.read(in));
            case RETAINED_PAGE -> new Result.RetainedPage(Lists.read(in, Message::read), in.bool(), in.string());
            case ROUTES -> new Result.Routes(in.varLong(), Lists.read(in, ByteReader::string));
            case RECONCILED ->
                new Result.Reconciled(Lists.read(in, ByteReader::string), Lists.read(in, ByteReader::string));
            case NODES -> new Result.Nodes(Lists.read(in, ByteReader::i64));
            case TICKED -> new Result.Ticked(Lists.read(in, OutboxEntry::read));
            case DESCRIBED -> readDescribed(in);
            default -> throw new UnknownFormatException("a result", tag, HANDED_OVER);
        };
    }

    private static void writeOpened(ByteWriter out, Result.Opened opened) {
        out.u8(OPENED).varLong(opened.epoch()).varLong(opened.incarnation()).bool(opened.sessionPresent());
        Lists.write(opened.predecessors(), (writer, predecessor) -> predecessor.write(writer), out);
        Lists.write(opened.entries(), ResultCodec::writeEntry, out);
        out.varLong(opened.nextSequence());
        Lists.write(opened.received(), ResultCodec::writeReceipt, out);
        Lists.write(opened.subscriptions(), (writer, subscription) -> subscription.write(writer), out);
        Lists.write(opened.shares(), ResultCodec::writeProgress, out);
    }

    private static Result readOpened(ByteReader in, int format) {
        return new Result.Opened(
                in.varLong(),
                in.varLong(),
                in.bool(),
                format == 1 ? readPrevious(in) : Lists.read(in, Result.Predecessor::read),
                Lists.read(in, ResultCodec::readEntry),
                in.varLong(),
                Lists.read(in, ResultCodec::readReceipt),
                Lists.read(in, Subscription::read),
                Lists.read(in, ResultCodec::readProgress));
    }

    private static void writeProgress(ByteWriter out, Result.ShareProgress progress) {
        out.string(progress.filter()).varLong(progress.completed());
    }

    private static List<Result.Predecessor> readPrevious(ByteReader in) {
        ShardAddress shard = readShard(in);
        long epoch = in.varLong();
        return shard == null ? List.of() : List.of(new Result.Predecessor(shard, epoch));
    }

    private static Result.ShareProgress readProgress(ByteReader in) {
        return new Result.ShareProgress(in.string(), in.varLong());
    }

    private static void writeEntry(ByteWriter out, QueueEntry entry) {
        out.varLong(entry.sequence());
        entry.message().write(out);
        boolean received = entry.state() == QueueEntry.State.RECEIVED;
        out.u8(entry.qos().value() | (entry.retain() ? 4 : 0) | (received ? 8 : 0) | (entry.dup() ? 16 : 0));
        Lists.writeInts(entry.subscriptionIds(), out);
    }

    private static QueueEntry readEntry(ByteReader in) {
        long sequence = in.varLong();
        Message message = Message.read(in);
        int flags = in.u8();
        return new QueueEntry(
                sequence,
                message,
                QoS.of(flags & 3),
                (flags & 4) != 0,
                Lists.readInts(in),
                (flags & 8) != 0 ? QueueEntry.State.RECEIVED : QueueEntry.State.HANDED,
                (flags & 16) != 0);
    }

    private static void writeDelivery(ByteWriter out, Result.Delivery delivery) {
        delivery.shard().write(out);
        out.string(delivery.clientId()).varLong(delivery.epoch()).varLong(delivery.sequence());
        out.u8(delivery.qos().value() | (delivery.retain() ? 4 : 0));
        Lists.writeInts(delivery.subscriptionIds(), out);
    }

    private static Result.Delivery readDelivery(ByteReader in) {
        ShardAddress shard = ShardAddress.read(in);
        String clientId = in.string();
        long epoch = in.varLong();
        long sequence = in.varLong();
        int flags = in.u8();
        return new Result.Delivery(
                shard, clientId, epoch, sequence, QoS.of(flags & 3), (flags & 4) != 0, Lists.readInts(in));
    }

    static void writeReceipt(ByteWriter out, Result.Receipt receipt) {
        out.varInt(receipt.packetId()).varLong(receipt.number());
    }

    static Result.Receipt readReceipt(ByteReader in) {
        return new Result.Receipt(in.varInt(), in.varLong());
    }

    private static void writeShard(ByteWriter out, @Nullable ShardAddress shard) {
        out.bool(shard != null);
        if (shard != null) {
            shard.write(out);
        }
    }

    private static @Nullable ShardAddress readShard(ByteReader in) {
        return in.bool() ? ShardAddress.read(in) : null;
    }

    private static void writeDescribed(ByteWriter out, Result.Described described) {
        Result.SessionDescription session = described.session();
        out.u8(DESCRIBED).bool(session != null);
        if (session == null) {
            return;
        }
        out.string(session.clientId()).varLong(session.epoch());
        writeShard(out, session.owner());
        out.varLong(session.expirySeconds()).i64(session.disconnectedAtMillis());
        Lists.write(session.subscriptions(), (writer, subscription) -> subscription.write(writer), out);
        out.varInt(session.queueMessages())
                .varLong(session.queueBytes())
                .i64(session.oldestPublishedAtMillis())
                .varInt(session.inFlight())
                .varLong(session.droppedByQueueLimit())
                .varLong(session.droppedByExpiry())
                .varInt(session.receivedUnreleased());
    }

    private static Result readDescribed(ByteReader in) {
        if (!in.bool()) {
            return new Result.Described(null);
        }
        return new Result.Described(new Result.SessionDescription(
                in.string(),
                in.varLong(),
                readShard(in),
                in.varLong(),
                in.i64(),
                Lists.read(in, Subscription::read),
                in.varInt(),
                in.varLong(),
                in.i64(),
                in.varInt(),
                in.varLong(),
                in.varLong(),
                in.varInt()));
    }
}
