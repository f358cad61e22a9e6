package io.covey.bucket;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import org.jspecify.annotations.Nullable;

/**
 * Who numbered a publish, so that a target recognises a repeat that comes by another way than the same batch again.
 *
 * @param source a client id with a persistent session (prefix {@code c:}) or an outbox (prefix {@code o:})
 * @param incarnation the session's incarnation; numbers of different incarnations have nothing to do with each other
 * @param number this publish's number, from 1
 * @param floor the lowest number that is not released: every lower one is known to be finished
 */
public record Origin(String source, long incarnation, long number, long floor) {
    /** The origin of a QoS 2 publish of a persistent session. */
    public static Origin ofClient(String clientId, long incarnation, long number, long floor) {
        return new Origin("c:" + clientId, incarnation, number, floor);
    }

    /** The origin of an outbox entry of a partition. */
    public static Origin ofOutbox(int partition, OutboxEntry entry) {
        return ofOutbox(partition, entry.number(), entry.lowest());
    }

    /** The origin of the outbox entry of this number, as it was read while {@code lowest} was the lowest that was unfinished. */
    public static Origin ofOutbox(int partition, long number, long lowest) {
        return new Origin("o:" + partition, 0, number, lowest);
    }

    /** Writes one that may be absent, for another node or the disk. */
    public static void write(@Nullable Origin origin, ByteWriter out) {
        out.bool(origin != null);
        if (origin != null) {
            out.string(origin.source)
                    .varLong(origin.incarnation)
                    .varLong(origin.number)
                    .varLong(origin.floor);
        }
    }

    /** Reads what {@link #write} wrote. */
    public static @Nullable Origin read(ByteReader in) {
        return in.bool() ? new Origin(in.string(), in.varLong(), in.varLong(), in.varLong()) : null;
    }
}
