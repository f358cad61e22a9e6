package io.covey.bucket;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import io.covey.protocol.Lists;
import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import java.util.Objects;

/** The binary form of commands about Shared Subscriptions; their tags are among those of {@link CommandCodec}. */
final class SharedCommandCodec {
    private static final int JOIN = 64;
    private static final int LEAVE = 65;
    private static final int AWAY = 66;
    private static final int PROGRESS = 67;
    private static final int SETTLE = 68;
    private static final int HAND_OVER = 69;
    private static final int DECLINE = 70;
    private static final int GIVE_BACK = 71;

    private SharedCommandCodec() {}

    static void write(ByteWriter out, SharedCommand command) {
        if (command instanceof SharedCommand.HandOver over) {
            writeHead(HAND_OVER, over.filter(), over.clientId(), out).varLong(over.incarnation());
            over.message().write(out);
            Origin.write(over.origin(), out);
        } else if (command instanceof SharedCommand.Progress progress) {
            writeHead(PROGRESS, progress.filter(), progress.clientId(), out)
                    .varLong(progress.incarnation())
                    .varLong(progress.completed());
        } else if (command instanceof SharedCommand.Settle settle) {
            writeHead(SETTLE, settle.filter(), settle.clientId(), out).varLong(settle.epoch());
            Lists.writeLongs(settle.completed(), out);
            Lists.writeLongs(settle.returned(), out);
        } else if (command instanceof SharedCommand.Decline decline) {
            out.u8(DECLINE).varLong(decline.number()).bool(decline.gone()).i64(decline.awayEpoch());
        } else if (command instanceof SharedCommand.GiveBack back) {
            writeHead(GIVE_BACK, back.filter(), back.clientId(), out).varLong(back.incarnation());
            Lists.write(back.messages(), (writer, message) -> message.write(writer), out);
            out.bool(back.left());
            Origin.write(back.origin(), out);
        } else {
            writeMembership(out, command);
        }
    }

    private static void writeMembership(ByteWriter out, SharedCommand command) {
        if (command instanceof SharedCommand.Join join) {
            writeHead(JOIN, join.filter(), join.clientId(), out)
                    .varLong(join.incarnation())
                    .varLong(join.epoch());
            join.shard().write(out);
            out.u8(join.qos().value() | (join.durable() ? 4 : 0))
                    .varInt(join.room())
                    .i64(join.completed());
        } else if (command instanceof SharedCommand.Leave leave) {
            writeHead(LEAVE, leave.filter(), leave.clientId(), out)
                    .varLong(leave.incarnation())
                    .varLong(leave.epoch());
        } else {
            SharedCommand.Away away = (SharedCommand.Away) command;
            writeHead(AWAY, away.filter(), away.clientId(), out).varLong(away.epoch());
        }
    }

    private static ByteWriter writeHead(int tag, String filter, String clientId, ByteWriter out) {
        return out.u8(tag).string(filter).string(clientId);
    }

    static Command read(int tag, ByteReader in) {
        return switch (tag) {
            case JOIN -> readJoin(in);
            case LEAVE -> new SharedCommand.Leave(in.string(), in.string(), in.varLong(), in.varLong());
            case AWAY -> new SharedCommand.Away(in.string(), in.string(), in.varLong());
            case PROGRESS -> new SharedCommand.Progress(in.string(), in.string(), in.varLong(), in.varLong());
            case SETTLE ->
                new SharedCommand.Settle(
                        in.string(), in.string(), in.varLong(), Lists.readLongs(in), Lists.readLongs(in));
            case HAND_OVER ->
                new SharedCommand.HandOver(
                        in.string(), in.string(), in.varLong(), Message.read(in), requiredOrigin(in));
            case DECLINE -> new SharedCommand.Decline(in.varLong(), in.bool(), in.i64());
            case GIVE_BACK ->
                new SharedCommand.GiveBack(
                        in.string(),
                        in.string(),
                        in.varLong(),
                        Lists.read(in, Message::read),
                        in.bool(),
                        Origin.read(in));
            default -> throw new UnknownFormatException("a command", tag, GIVE_BACK);
        };
    }

    private static Command readJoin(ByteReader in) {
        String filter = in.string();
        String clientId = in.string();
        long incarnation = in.varLong();
        long epoch = in.varLong();
        ShardAddress shard = ShardAddress.read(in);
        int flags = in.u8();
        return new SharedCommand.Join(
                filter,
                clientId,
                incarnation,
                epoch,
                shard,
                (flags & 4) != 0,
                QoS.of(flags & 3),
                in.varInt(),
                in.i64());
    }

    private static Origin requiredOrigin(ByteReader in) {
        return Objects.requireNonNull(Origin.read(in));
    }
}
