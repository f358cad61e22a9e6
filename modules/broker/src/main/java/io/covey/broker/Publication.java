package io.covey.broker;

import io.covey.bucket.Origin;
import io.covey.bucket.Result;
import io.covey.bucket.Shortage;
import io.covey.protocol.Message;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One message on its way to all who are to have it, and the handler of the results of its commands. Owned by the shard's loop.
 *
 * <table><caption>Life</caption>
 * <tr><td>numbering</td><td>QoS 2 of a persistent session: its number is asked for</td></tr>
 * <tr><td>retaining</td><td>the retained value is being stored</td></tr>
 * <tr><td>spread</td><td>appends are on their way to the partitions that match</td></tr>
 * <tr><td>finished</td><td>every append is confirmed</td></tr></table>
 */
final class Publication implements Consumer<Result> {
    final Owner owner;
    final Message message;
    /** The publisher's client id, for No Local. */
    final String publisher;
    /** The publisher's name for it; an outbox number or the token of the connection. */
    final long token;
    /** The Packet Identifier where the publish is numbered by its session's bucket, else 0. */
    final int packetId;
    /** The lease's term in which it arrived: outside it, nobody is told anything [I9]. */
    final long term;

    final long startedMicros;
    /** For deduplication at the targets; set by numbering. */
    @Nullable
    Origin origin;

    boolean numbering;
    boolean retaining;
    boolean retained;
    /** Appends that are not confirmed. */
    int outstanding;
    /** Sessions and shards that match. */
    int matched;
    /** Whether it went to other shards, too. */
    boolean channelled;
    /** Why a bucket had no room for it; null where all that were asked had. */
    @Nullable
    Shortage refused;

    /** Who is told how a publication goes on; all calls with confirmed results. */
    interface Owner {
        /** The bucket of a QoS 2 publisher has given it a number. */
        void numbered(Publication publication, Result.Numbered number);

        /** The retained value is stored, or refused. */
        void retained(Publication publication);

        /** A bucket holds it: what is handed to connections at once, and what was dropped. */
        void appended(Publication publication, Result.Appended appended);

        /** Every append is confirmed. */
        void finished(Publication publication);

        /** The publisher's session has another owner now. */
        void fenced(Publication publication);
    }

    Publication(
            Owner owner,
            Message message,
            String publisher,
            long token,
            int packetId,
            @Nullable Origin origin,
            long term,
            long startedMicros) {
        this.owner = owner;
        this.message = message;
        this.publisher = publisher;
        this.token = token;
        this.packetId = packetId;
        this.origin = origin;
        this.term = term;
        this.startedMicros = startedMicros;
    }

    /** Whether the retained value must be stored before anyone receives the message. */
    boolean awaitsRetaining() {
        return message.retain() && !retained;
    }

    @Override
    public void accept(Result result) {
        if (result instanceof Result.Appended appended) {
            matched += appended.matched();
            refused = refused == null ? appended.refused() : refused;
            owner.appended(this, appended);
            outstanding--;
            if (outstanding == 0) {
                owner.finished(this);
            }
        } else if (result instanceof Result.RetainedStored stored) {
            retaining = false;
            retained = true;
            refused = stored.refused();
            owner.retained(this);
        } else if (result instanceof Result.Numbered number) {
            numbering = false;
            owner.numbered(this, number);
        } else if (result instanceof Result.Fenced) {
            owner.fenced(this);
        } else {
            throw new IllegalStateException("no answer to a publish: " + result);
        }
    }
}
