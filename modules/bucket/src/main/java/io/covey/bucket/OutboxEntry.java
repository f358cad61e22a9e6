package io.covey.bucket;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import io.covey.protocol.Message;

/**
 * An effect of this bucket on others: a message (a Will) that is to be published exactly once.
 * Whoever delivers it publishes with {@link Origin#ofOutbox}, so that targets drop repeats.
 *
 * @param number counts the bucket's entries from 1
 * @param lowest the lowest number that was unfinished when this entry was read
 * @param clientId the client whose will it is, for No Local and logs
 */
public record OutboxEntry(long number, long lowest, String clientId, Message message) {
    /** Writes it for another node or the disk. */
    public void write(ByteWriter out) {
        out.varLong(number).varLong(lowest).string(clientId);
        message.write(out);
    }

    /** Reads what {@link #write} wrote. */
    public static OutboxEntry read(ByteReader in) {
        return new OutboxEntry(in.varLong(), in.varLong(), in.string(), Message.read(in));
    }
}
