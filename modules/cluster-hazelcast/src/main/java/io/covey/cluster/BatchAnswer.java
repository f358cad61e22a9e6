package io.covey.cluster;

import io.covey.bucket.BatchCodec;
import io.covey.bucket.BatchOutcome;
import io.covey.bucket.BatchResult;
import io.covey.bucket.Refusal;
import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;

/** What an owner answers to a batch; its bytes begin with one that tells which. */
sealed interface BatchAnswer {

    /** Applied; valid once the backups have confirmed. */
    record Applied(BatchResult result) implements BatchAnswer {}

    /** The bucket refused it. */
    record Refused(Refusal refusal) implements BatchAnswer {}

    /** The owner has no such bucket. */
    record Missing() implements BatchAnswer {}

    /** Applied, but while the backups were sent a replica left or the lease ran out: not to be acted on. */
    record Unconfirmed() implements BatchAnswer {}

    int APPLIED = 0;
    int REFUSED = 1;
    int MISSING = 2;
    int UNCONFIRMED = 3;
    int CAPACITY = 256;

    static BatchAnswer of(BatchOutcome outcome) {
        if (outcome instanceof BatchOutcome.Applied applied) {
            return new Applied(applied.result());
        }
        return new Refused(((BatchOutcome.Refused) outcome).refusal());
    }

    default byte[] toBytes() {
        ByteWriter out = new ByteWriter(CAPACITY);
        write(out);
        return out.toByteArray();
    }

    default void write(ByteWriter out) {
        if (this instanceof Applied applied) {
            BatchCodec.write(applied.result, out.u8(APPLIED));
        } else if (this instanceof Refused refused) {
            out.u8(REFUSED).u8(refused.refusal.ordinal());
        } else {
            out.u8(this instanceof Missing ? MISSING : UNCONFIRMED);
        }
    }

    /** Whether these bytes say that the batch was applied. */
    static boolean isApplied(byte[] bytes) {
        return bytes[0] == APPLIED;
    }

    static BatchAnswer read(byte[] bytes) {
        return read(new ByteReader(bytes));
    }

    static BatchAnswer read(ByteReader in) {
        int kind = in.u8();
        return switch (kind) {
            case APPLIED -> new Applied(BatchCodec.readResult(in));
            case REFUSED -> new Refused(Refusal.values()[in.u8()]);
            case MISSING -> new Missing();
            case UNCONFIRMED -> new Unconfirmed();
            default -> throw new IllegalArgumentException("no answer of kind " + kind);
        };
    }
}
