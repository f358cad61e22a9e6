package io.covey.bucket;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import io.covey.protocol.Lists;
import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import io.covey.routing.Subscription;

/** The binary form of commands: a tag, then the fields in order. Tags are never reused for another command. */
final class CommandCodec {
    private static final int APPEND = 1;
    private static final int ACKNOWLEDGE = 2;
    private static final int OPEN_SESSION = 3;
    private static final int CLOSE_SESSION = 4;
    private static final int SUBSCRIBE = 5;
    private static final int UNSUBSCRIBE = 6;
    private static final int ENQUEUE = 7;
    private static final int FETCH = 8;
    private static final int RECEIVE = 9;
    private static final int RELEASE = 10;
    private static final int RAISE_FLOOR = 11;
    private static final int RETAIN = 12;
    private static final int READ_RETAINED = 13;
    private static final int READ_ROUTES = 14;
    private static final int RECONCILE = 15;
    private static final int TICK = 16;
    private static final int NODE_GONE = 17;
    private static final int FINISH_OUTBOX = 18;
    private static final int DESCRIBE = 19;
    private static final int SETTLE = 20;
    private static final int READ_NODES = 21;

    private CommandCodec() {}

    static void write(ByteWriter out, Command command) {
        if (command instanceof Command.Append append) {
            out.u8(APPEND);
            append.message().write(out);
            out.string(append.publisher());
            Origin.write(append.origin(), out);
            Lists.write(append.shared(), ByteWriter::string, out);
        } else if (command instanceof Command.Acknowledge acknowledge) {
            writeHead(ACKNOWLEDGE, acknowledge.clientId(), acknowledge.epoch(), out);
            Lists.writeLongs(acknowledge.released(), out);
            Lists.writeLongs(acknowledge.received(), out);
        } else if (command instanceof Command.Receive receive) {
            writeHead(RECEIVE, receive.clientId(), receive.epoch(), out).varInt(receive.packetId());
        } else if (command instanceof Command.Release release) {
            writeHead(RELEASE, release.clientId(), release.epoch(), out).varInt(release.packetId());
        } else if (command instanceof Command.Retain retain) {
            out.u8(RETAIN);
            retain.message().write(out);
            Origin.write(retain.origin(), out);
        } else if (command instanceof Command.RaiseFloor raise) {
            writeHead(RAISE_FLOOR, raise.source(), raise.incarnation(), out).varLong(raise.floor());
        } else if (command instanceof SharedCommand shared) {
            SharedCommandCodec.write(out, shared);
        } else {
            writeForConnection(out, command);
        }
    }

    private static void writeForConnection(ByteWriter out, Command command) {
        if (command instanceof Command.OpenSession open) {
            out.u8(OPEN_SESSION).string(open.clientId());
            open.owner().write(out);
            out.bool(open.cleanStart()).varLong(open.expirySeconds()).varInt(open.receiveMaximum());
            Will will = open.will();
            out.bool(will != null);
            if (will != null) {
                will.write(out);
            }
            out.i64(open.turn());
        } else if (command instanceof Command.CloseSession close) {
            writeHead(CLOSE_SESSION, close.clientId(), close.epoch(), out)
                    .i64(close.expirySeconds())
                    .bool(close.publishWill())
                    .i64(close.lastSentSequence());
        } else if (command instanceof Command.Subscribe subscribe) {
            writeHead(SUBSCRIBE, subscribe.clientId(), subscribe.epoch(), out);
            Lists.write(subscribe.subscriptions(), (writer, subscription) -> subscription.write(writer), out);
        } else if (command instanceof Command.Unsubscribe unsubscribe) {
            writeHead(UNSUBSCRIBE, unsubscribe.clientId(), unsubscribe.epoch(), out);
            Lists.write(unsubscribe.filters(), ByteWriter::string, out);
        } else if (command instanceof Command.Enqueue enqueue) {
            writeHead(ENQUEUE, enqueue.clientId(), enqueue.epoch(), out);
            Lists.write(enqueue.items(), CommandCodec::writeItem, out);
        } else if (command instanceof Command.Fetch fetch) {
            writeHead(FETCH, fetch.clientId(), fetch.epoch(), out).varLong(fetch.fromSequence());
        } else if (command instanceof Command.ReadRetained read) {
            out.u8(READ_RETAINED).string(read.filter()).string(read.after());
        } else {
            writeForNode(out, command);
        }
    }

    private static void writeForNode(ByteWriter out, Command command) {
        if (command instanceof Command.ReadRoutes) {
            out.u8(READ_ROUTES);
        } else if (command instanceof Command.Reconcile reconcile) {
            out.u8(RECONCILE);
            Lists.write(reconcile.sessions(), CommandCodec::writeProgress, out);
        } else if (command instanceof Command.Tick) {
            out.u8(TICK);
        } else if (command instanceof Command.NodeGone gone) {
            out.u8(NODE_GONE).i64(gone.node());
        } else if (command instanceof Command.ReadNodes) {
            out.u8(READ_NODES);
        } else if (command instanceof Command.Settle settle) {
            writeHead(SETTLE, settle.clientId(), settle.epoch(), out);
        } else if (command instanceof Command.FinishOutbox finish) {
            out.u8(FINISH_OUTBOX);
            Lists.writeLongs(finish.numbers(), out);
        } else {
            out.u8(DESCRIBE).string(((Command.Describe) command).clientId());
        }
    }

    /** Reads a command of a batch of this format. */
    static Command read(ByteReader in, int format) {
        int tag = in.u8();
        return switch (tag) {
            case APPEND ->
                new Command.Append(Message.read(in), in.string(), Origin.read(in), Lists.read(in, ByteReader::string));
            case ACKNOWLEDGE ->
                new Command.Acknowledge(in.string(), in.varLong(), Lists.readLongs(in), Lists.readLongs(in));
            case OPEN_SESSION ->
                new Command.OpenSession(
                        in.string(),
                        ShardAddress.read(in),
                        in.bool(),
                        in.varLong(),
                        in.varInt(),
                        in.bool() ? Will.read(in) : null,
                        format < 3 ? Command.OpenSession.AT_ONCE : in.i64());
            case CLOSE_SESSION -> new Command.CloseSession(in.string(), in.varLong(), in.i64(), in.bool(), in.i64());
            case SUBSCRIBE -> new Command.Subscribe(in.string(), in.varLong(), Lists.read(in, Subscription::read));
            case UNSUBSCRIBE -> new Command.Unsubscribe(in.string(), in.varLong(), Lists.read(in, ByteReader::string));
            case ENQUEUE -> new Command.Enqueue(in.string(), in.varLong(), Lists.read(in, CommandCodec::readItem));
            case FETCH -> new Command.Fetch(in.string(), in.varLong(), in.varLong());
            case RECEIVE -> new Command.Receive(in.string(), in.varLong(), in.varInt());
            case RELEASE -> new Command.Release(in.string(), in.varLong(), in.varInt());
            case RAISE_FLOOR -> new Command.RaiseFloor(in.string(), in.varLong(), in.varLong());
            case RETAIN -> new Command.Retain(Message.read(in), Origin.read(in));
            case READ_RETAINED -> new Command.ReadRetained(in.string(), in.string());
            case READ_ROUTES -> new Command.ReadRoutes();
            case RECONCILE -> new Command.Reconcile(Lists.read(in, CommandCodec::readProgress));
            case TICK -> new Command.Tick();
            case NODE_GONE -> new Command.NodeGone(in.i64());
            case READ_NODES -> new Command.ReadNodes();
            case FINISH_OUTBOX -> new Command.FinishOutbox(Lists.readLongs(in));
            case DESCRIBE -> new Command.Describe(in.string());
            case SETTLE -> new Command.Settle(in.string(), in.varLong());
            default -> SharedCommandCodec.read(tag, in);
        };
    }

    private static ByteWriter writeHead(int tag, String clientId, long epoch, ByteWriter out) {
        return out.u8(tag).string(clientId).varLong(epoch);
    }

    private static void writeItem(ByteWriter out, Command.Enqueue.Item item) {
        item.message().write(out);
        out.u8(item.qos().value() | (item.retain() ? 4 : 0));
        Lists.writeInts(item.subscriptionIds(), out);
    }

    private static Command.Enqueue.Item readItem(ByteReader in) {
        Message message = Message.read(in);
        int flags = in.u8();
        return new Command.Enqueue.Item(message, QoS.of(flags & 3), (flags & 4) != 0, Lists.readInts(in));
    }

    private static void writeProgress(ByteWriter out, Command.Reconcile.Progress progress) {
        out.string(progress.clientId()).varLong(progress.epoch()).varLong(progress.nextSequence());
    }

    private static Command.Reconcile.Progress readProgress(ByteReader in) {
        return new Command.Reconcile.Progress(in.string(), in.varLong(), in.varLong());
    }
}
