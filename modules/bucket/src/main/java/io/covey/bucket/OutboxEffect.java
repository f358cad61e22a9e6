package io.covey.bucket;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import io.covey.protocol.Lists;
import io.covey.protocol.Message;
import io.covey.routing.ShardAddress;
import java.util.List;

/** What an {@link OutboxEntry} wants done elsewhere. Targets drop repeats by {@link Origin#ofOutbox}. */
public sealed interface OutboxEffect {

    /**
     * Publish a message: a Will.
     *
     * @param clientId the client whose will it is, for No Local and logs
     */
    record Publish(String clientId, Message message) implements OutboxEffect {}

    /** Queue a message of a group with a member's persistent session: {@link SharedCommand.HandOver}. */
    record HandOver(String filter, String clientId, long incarnation, Message message) implements OutboxEffect {}

    /**
     * Lend a message of a group to a member's connection, which delivers it without a queue of its session. Finished when the member's shard
     * has it; the group keeps it until {@link SharedCommand.Settle}.
     */
    record Offer(String filter, String clientId, long epoch, ShardAddress shard, Message message)
            implements OutboxEffect {}

    /** Give messages back to their group: {@link SharedCommand.GiveBack}. */
    record GiveBack(String filter, String clientId, long incarnation, List<Message> messages, boolean left)
            implements OutboxEffect {}

    /** An estimate of what it takes beside its entry. */
    default long bytes() {
        if (this instanceof Publish publish) {
            return 2L * publish.clientId.length() + publish.message.sizeBytes();
        } else if (this instanceof HandOver over) {
            return 2L * over.clientId.length() + over.message.sizeBytes();
        } else if (this instanceof Offer offer) {
            return 2L * offer.clientId.length() + offer.message.sizeBytes();
        }
        GiveBack back = (GiveBack) this;
        long bytes = 2L * back.clientId.length();
        for (int i = 0; i < back.messages.size(); i++) {
            bytes += back.messages.get(i).sizeBytes();
        }
        return bytes;
    }

    /** Writes it for another node or the disk. */
    default void write(ByteWriter out) {
        if (this instanceof Publish publish) {
            publish.message.write(out.u8(1).string(publish.clientId));
        } else if (this instanceof HandOver over) {
            out.u8(2).string(over.filter).string(over.clientId).varLong(over.incarnation);
            over.message.write(out);
        } else if (this instanceof Offer offer) {
            out.u8(3).string(offer.filter).string(offer.clientId).varLong(offer.epoch);
            offer.shard.write(out);
            offer.message.write(out);
        } else {
            GiveBack back = (GiveBack) this;
            out.u8(4).string(back.filter).string(back.clientId).varLong(back.incarnation);
            Lists.write(back.messages, (writer, message) -> message.write(writer), out);
            out.bool(back.left);
        }
    }

    /** Reads what {@link #write} wrote. */
    static OutboxEffect read(ByteReader in) {
        int tag = in.u8();
        return switch (tag) {
            case 1 -> new Publish(in.string(), Message.read(in));
            case 2 -> new HandOver(in.string(), in.string(), in.varLong(), Message.read(in));
            case 3 -> new Offer(in.string(), in.string(), in.varLong(), ShardAddress.read(in), Message.read(in));
            case 4 -> new GiveBack(in.string(), in.string(), in.varLong(), Lists.read(in, Message::read), in.bool());
            default -> throw new UnknownFormatException("an outbox effect", tag, 4);
        };
    }
}
