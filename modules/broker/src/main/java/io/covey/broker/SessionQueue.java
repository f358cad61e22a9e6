package io.covey.broker;

import io.covey.bucket.Command;
import io.covey.bucket.QueueEntry;
import io.covey.bucket.Result;
import io.covey.session.Connection;
import java.util.List;

/**
 * The queue of a connection's persistent session, as its bucket has it: what is acknowledged there, and what is handed out. Owned by the shard's loop.
 */
final class SessionQueue {
    private final ShardConnection client;
    private final Shard shard;
    private final Connection connection;
    private final DeliveryProgress progress;
    private final Acknowledgements acknowledgements;

    /** @param client one that has its epoch */
    SessionQueue(ShardConnection client, Shard shard, Connection connection, DeliveryProgress progress) {
        this.client = client;
        this.shard = shard;
        this.connection = connection;
        this.progress = progress;
        this.acknowledgements =
                new Acknowledgements(client.lane(), client.clientId(), client.epoch(), this::acknowledged);
    }

    Acknowledgements acknowledgements() {
        return acknowledgements;
    }

    private void acknowledged(long[] received, Result result) {
        if (!(result instanceof Result.Fenced)) {
            for (int i = 0; i < received.length && client.isOpen(); i++) {
                connection.receivedRecorded(received[i], shard.lastMillis()); // PUBREL leaves
            }
        }
        handed(result);
    }

    /** What the bucket hands out next, as the result of any command that is answered with it. */
    void handed(Result result) {
        if (!client.isOpen()) {
            return;
        }
        if (result instanceof Result.Handed handed) {
            client.memberships().progressed(handed.shares());
            acknowledgements.moreWaits(handed.waiting() > 0);
            if (!handed.entries().isEmpty()) {
                handed(handed.entries());
            }
        } else {
            client.superseded();
        }
    }

    private void handed(List<QueueEntry> entries) {
        connection.handed(entries, shard.nowMillis());
        client.settle();
    }

    /** The bucket has more for the session than has arrived: asks for that [I5]. */
    void behind() {
        progress.behind(connection.takesMore(), shard.nowMillis());
        fetch(connection.nextSequence());
    }

    /** Asks for what was handed from this sequence on and has not arrived. */
    void fetch(long fromSequence) {
        shard.events.hintsLost();
        Command fetch = new Command.Fetch(client.clientId(), client.epoch(), fromSequence);
        client.lane().submit(fetch, true, result -> {
            if (result instanceof Result.Handed handed && client.isOpen()) {
                fetched(handed.entries());
            }
            handed(result);
        });
    }

    private void fetched(List<QueueEntry> entries) {
        if (entries.isEmpty()) {
            handed(entries); // an answer all the same
            return;
        }
        shard.events.hintsReconciled(entries.size());
        long firstPublishedAtMillis = entries.get(0).message().publishedAtMillis();
        progress.fetched(connection.takesMore(), firstPublishedAtMillis, shard.nowMillis());
    }
}
