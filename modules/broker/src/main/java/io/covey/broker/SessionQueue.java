package io.covey.broker;

import io.covey.bucket.Command;
import io.covey.bucket.Result;

/** The queue of a connection's persistent session, as its bucket has it: what is acknowledged there, and what is handed out. */
final class SessionQueue {
    private final ShardConnection connection;
    private final Shard shard;
    private final Acknowledgements acknowledgements;

    SessionQueue(ShardConnection connection, Shard shard) {
        this.connection = connection;
        this.shard = shard;
        this.acknowledgements =
                new Acknowledgements(connection.lane(), connection.clientId(), connection.epoch(), this::acknowledged);
    }

    Acknowledgements acknowledgements() {
        return acknowledgements;
    }

    private void acknowledged(long[] received, Result result) {
        if (!(result instanceof Result.Fenced)) {
            connection.receivedRecorded(received); // PUBREL leaves
        }
        handed(result);
    }

    /** What the bucket hands out next. */
    void handed(Result result) {
        if (!connection.isOpen()) {
            return;
        }
        if (result instanceof Result.Handed handed) {
            connection.memberships().progressed(handed.shares());
            acknowledgements.moreWaits(handed.waiting() > 0);
            if (!handed.entries().isEmpty()) {
                connection.handed(handed.entries());
            }
        } else {
            connection.superseded();
        }
    }

    /** Asks for what was handed from this sequence on and has not arrived. */
    void fetch(long fromSequence) {
        shard.events.hintsLost();
        Command fetch = new Command.Fetch(connection.clientId(), connection.epoch(), fromSequence);
        connection.lane().submit(fetch, true, result -> {
            if (result instanceof Result.Handed handed && connection.isOpen()) {
                if (handed.entries().isEmpty()) {
                    connection.handed(handed.entries()); // an answer all the same
                } else {
                    shard.events.hintsReconciled(handed.entries().size());
                    connection.fetched(handed.entries().get(0).message().publishedAtMillis());
                }
            }
            handed(result);
        });
    }
}
