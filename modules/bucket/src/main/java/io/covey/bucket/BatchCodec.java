package io.covey.bucket;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import io.covey.protocol.Lists;
import io.covey.routing.ShardAddress;
import java.util.List;

/**
 * The binary form of batches and their results, for the network between members and for logs; starts with a format version. Reading throws
 * {@link UnknownFormatException} for a later one.
 *
 * <p>Format 2 has {@link Command.Settle}, and a list of predecessors in {@link Result.Opened} instead of one connection. Format 3
 * has {@link Command.OpenSession#turn} and {@link Result.Occupied}.
 */
public final class BatchCodec {
    /** The form that this release writes; it reads the earlier ones, too. */
    static final int FORMAT = 3;

    private BatchCodec() {}

    /** Writes a batch. */
    public static void write(Batch batch, ByteWriter out) {
        out.u8(FORMAT);
        batch.sender().write(out);
        out.varLong(batch.sequence()).varLong(batch.timeMillis());
        Lists.write(batch.commands(), CommandCodec::write, out);
    }

    /** Reads what {@link #write(Batch, ByteWriter)} wrote. */
    public static Batch readBatch(ByteReader in) {
        int format = checkFormat("a batch", in.u8());
        return new Batch(
                ShardAddress.read(in),
                in.varLong(),
                in.varLong(),
                Lists.read(in, reader -> CommandCodec.read(reader, format)));
    }

    /** Writes a result. */
    public static void write(BatchResult result, ByteWriter out) {
        out.u8(FORMAT);
        Lists.write(result.results(), ResultCodec::write, out);
        RouteDelta routes = result.routes();
        out.varLong(routes.version()).bool(routes.changed());
        if (routes.changed()) {
            Lists.write(routes.added(), ByteWriter::string, out);
            Lists.write(routes.removed(), ByteWriter::string, out);
        }
        Lists.write(result.outbox(), (writer, entry) -> entry.write(writer), out);
    }

    /** Reads what {@link #write(BatchResult, ByteWriter)} wrote. */
    public static BatchResult readResult(ByteReader in) {
        int format = checkFormat("a batch's result", in.u8());
        List<Result> results = Lists.read(in, reader -> ResultCodec.read(reader, format));
        long version = in.varLong();
        RouteDelta routes = in.bool()
                ? new RouteDelta(version, true, Lists.read(in, ByteReader::string), Lists.read(in, ByteReader::string))
                : new RouteDelta(version, false, List.of(), List.of());
        return new BatchResult(results, routes, Lists.read(in, OutboxEntry::read));
    }

    private static int checkFormat(String what, int format) {
        if (format < 1 || format > FORMAT) {
            throw new UnknownFormatException(what, format, FORMAT);
        }
        return format;
    }
}
