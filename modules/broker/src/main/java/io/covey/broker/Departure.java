package io.covey.broker;

import io.covey.bucket.Command;
import io.covey.session.EndOfConnection;
import io.covey.session.SharedReceipt;
import org.jspecify.annotations.Nullable;

/**
 * What is left to do for a connection that has ended or was superseded: its publishes are completed, then its bucket and whoever takes over
 * are told, so that no publish of the next connection comes before one of this [I4]. Owned by the shard's loop.
 */
final class Departure {
    /** A channel repeats this often within the last part of the wait, for what its receiver answers just before its lease ends. */
    private static final int CHANNELS_MARGIN_MILLIS = 500;

    private final ShardConnection connection;
    private final Shard shard;
    private final PublishPipeline pipeline;
    private Command.@Nullable CloseSession closing;
    /** A report of the end is on its way. */
    private boolean reporting;

    private boolean completed;
    private Channelled channelled = Channelled.UNKNOWN;

    private enum Channelled {
        UNKNOWN,
        AWAITED,
        RECEIVED
    }

    Departure(ShardConnection connection, Shard shard, PublishPipeline pipeline) {
        this.connection = connection;
        this.shard = shard;
        this.pipeline = pipeline;
    }

    /** The connection takes part in nothing any more; what it has published is waited for. */
    void begin() {
        shard.registry.unregister(connection);
        shard.registry.unsettled(connection);
        shard.fanOut.remove(connection);
        shard.announceRoutes(null);
        connection.subscriptions().close();
        shard.loop.atEndOfTurn(connection::drain); // not from inside the connection's call
        shard.loop.atEndOfTurn(this::leaveGroups);
    }

    /** What was lent is settled before the groups hear of the end. */
    private void leaveGroups() {
        connection.takeUncompletedShared().forEach(SharedReceipt::returned);
        shard.loans.flush();
        connection.memberships().end();
    }

    /** Reports the connection's end to its bucket. */
    void close(EndOfConnection end, boolean hasWill) {
        closing = new Command.CloseSession(
                connection.clientId(),
                connection.epoch(),
                end.expirySeconds(),
                end.publishWill(),
                end.lastSentSequence());
        if (end.expirySeconds() >= 0 || hasWill && !end.publishWill()) {
            // What the client's DISCONNECT said counts at once, lest its next connection finds the session or the will
            // still there.
            close();
        }
    }

    private void close() {
        Command.CloseSession command = closing;
        if (command != null) {
            closing = null;
            reporting = true;
            connection.queue().acknowledgements().flush(); // in one batch: whoever waits for the report waits for both
            connection.lane().submit(command, true, result -> {
                reporting = false;
                finish();
            });
        }
    }

    private void finish() {
        if (completed && !reporting) {
            shard.registry.settled(connection);
            connection.over();
            shard.kicks.reconsider(connection.clientId());
        }
    }

    /** Whether nothing that the client published is in work any more. */
    boolean isComplete() {
        return pipeline.isIdle() && isReceived();
    }

    /**
     * Publishes to transient sessions elsewhere keep their order, too. A node that does not answer holds up the client for as long as a lease
     * lasts: after that its own clients are gone, and it takes nothing any more [I9]. Until then what it has not received could come to them
     * behind publishes of the next connection, or be taken for a repeat of what that one released.
     */
    private boolean isReceived() {
        if (!pipeline.isChannelled()) {
            return true;
        }
        if (channelled == Channelled.UNKNOWN) {
            channelled = Channelled.AWAITED;
            long waitMillis = (long) shard.settings.membership().leaseMillis() + CHANNELS_MARGIN_MILLIS;
            shard.loop.schedule(waitMillis * 1_000, this::received);
            shard.channels.whenReceived(() -> shard.loop.atEndOfTurn(this::received));
        }
        return channelled == Channelled.RECEIVED;
    }

    private void received() {
        channelled = Channelled.RECEIVED;
        connection.drain();
    }

    /** Tells who waits for it. */
    void complete() {
        pipeline.close();
        close();
        completed = true;
        shard.takeovers.recheck(connection.clientId());
        finish();
    }
}
