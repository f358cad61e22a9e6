package io.covey.bucket;

import java.util.List;
import java.util.stream.LongStream;

/** Everything in a bucket that commands change, and the way from a command to the part that answers it. */
final class BucketState {
    /** What one Tick does at most; the next one goes on. */
    private static final int TICK_SESSIONS_MAX = 1_000;

    private static final int TICK_ENTRIES_MAX = 100_000;
    private static final int TICK_RECORDS_MAX = 1_000;

    /** Stands for the answer to ReadRoutes until its batch is finished. */
    private static final Result ROUTES_LATER = new Result.Routes(0, List.of());

    private final Ledger ledger;
    private final SenderTable senders;
    private final SubscriptionIndex index = new SubscriptionIndex();
    private final Outbox outbox;
    private final OriginTable appendOrigins;
    private final OriginTable retainOrigins;
    private final SessionTable sessions;
    private final MessageQueues queues;
    private final SessionCommands connections;
    private final RetainedStore retained;
    private final SharedGroups groups;
    private final SharedHandOvers handOvers;
    private boolean routesAsked;
    private long snapshotPasses;

    BucketState(BucketLimits limits, SenderTable senders) {
        this.senders = senders;
        ledger = new Ledger(limits);
        outbox = new Outbox(ledger);
        // A publish with RETAIN comes to a bucket twice, as a Retain and as an Append, under the same number.
        appendOrigins = new OriginTable(ledger);
        retainOrigins = new OriginTable(ledger);
        sessions = new SessionTable(ledger, index, outbox);
        groups = new SharedGroups(ledger, index.routes(), outbox, appendOrigins);
        handOvers = new SharedHandOvers(ledger, sessions, appendOrigins);
        queues = new MessageQueues(ledger, index, sessions, appendOrigins, groups);
        connections = new SessionCommands(ledger, index, sessions);
        retained = new RetainedStore(ledger, retainOrigins);
    }

    /** Takes the bounds by which the owner applies the next batch. */
    void bounds(BucketLimits limits, NodeRoom room) {
        ledger.bounds(limits, room);
    }

    /** Applies one command. The frequent ones are asked for first. */
    Result apply(Command command, long nowMillis) {
        if (command instanceof Command.Append append) {
            return queues.append(append, nowMillis);
        }
        if (command instanceof Command.Acknowledge acknowledge) {
            return queues.acknowledge(acknowledge, nowMillis);
        }
        if (command instanceof Command.Receive receive) {
            return connections.receive(receive);
        }
        if (command instanceof Command.Release release) {
            return connections.release(release);
        }
        if (command instanceof Command.RaiseFloor raise) {
            appendOrigins.raiseFloor(raise, nowMillis);
            retainOrigins.raiseFloor(raise, nowMillis);
            return Answers.DONE;
        }
        if (command instanceof Command.Retain retain) {
            return retained.retain(retain, nowMillis);
        }
        if (command instanceof SharedCommand.HandOver over) {
            return handOvers.handOver(over, nowMillis);
        }
        if (command instanceof SharedCommand shared) {
            return groups.apply(shared, nowMillis);
        }
        return applyForConnection(command, nowMillis);
    }

    private Result applyForConnection(Command command, long nowMillis) {
        if (command instanceof Command.OpenSession open) {
            return sessions.open(open, nowMillis);
        }
        if (command instanceof Command.CloseSession close) {
            return sessions.close(close, nowMillis);
        }
        if (command instanceof Command.Settle settle) {
            return sessions.settle(settle);
        }
        if (command instanceof Command.Subscribe subscribe) {
            return connections.subscribe(subscribe);
        }
        if (command instanceof Command.Unsubscribe unsubscribe) {
            return connections.unsubscribe(unsubscribe);
        }
        if (command instanceof Command.Enqueue enqueue) {
            return queues.enqueue(enqueue, nowMillis);
        }
        if (command instanceof Command.Fetch fetch) {
            return queues.fetch(fetch, nowMillis);
        }
        if (command instanceof Command.ReadRetained read) {
            return retained.read(read, nowMillis);
        }
        return applyForNode(command, nowMillis);
    }

    private Result applyForNode(Command command, long nowMillis) {
        if (command instanceof Command.Reconcile reconcile) {
            return connections.reconcile(reconcile);
        }
        if (command instanceof Command.Tick) {
            return tick(nowMillis);
        }
        if (command instanceof Command.ReadNodes) {
            return new Result.Nodes(nodes().boxed().toList());
        }
        if (command instanceof Command.ReadRoutes) {
            routesAsked = true;
            return ROUTES_LATER;
        }
        if (command instanceof Command.FinishOutbox finish) {
            outbox.finish(finish.numbers());
            groups.resume(nowMillis);
            return Answers.DONE;
        }
        if (command instanceof Command.NodeGone gone) {
            if (!senders.isGone(gone.node())) {
                sessions.nodeGone(gone.node(), nowMillis);
                groups.nodeGone(gone.node(), nowMillis);
                senders.forget(gone.node());
            }
            return Answers.DONE;
        }
        return connections.describe((Command.Describe) command);
    }

    /** The node incarnations that hold connections here, or whose batches are remembered, ascending. */
    LongStream nodes() {
        return LongStream.concat(senders.nodes(), sessions.nodes()).sorted().distinct();
    }

    private Result tick(long nowMillis) {
        sessions.settleDue(nowMillis, TICK_SESSIONS_MAX, TICK_ENTRIES_MAX);
        groups.tick(nowMillis);
        retained.dropExpired(nowMillis, TICK_RECORDS_MAX);
        appendOrigins.drop(nowMillis, TICK_RECORDS_MAX);
        retainOrigins.drop(nowMillis, TICK_RECORDS_MAX);
        return new Result.Ticked(outbox.oldest());
    }

    /** Collects what a batch answers beside its commands' results. Routes are told as they are after the whole batch, which versions them. */
    BatchResult finishBatch(List<Result> results) {
        RouteDelta delta = index.routes().takeDelta();
        if (routesAsked) {
            routesAsked = false;
            Result routes = new Result.Routes(delta.version(), index.routes().filters());
            results.replaceAll(result -> result == ROUTES_LATER ? routes : result);
        }
        return new BatchResult(results, delta, outbox.takeCreated());
    }

    long oldestQueuedAtMillis() {
        return sessions.oldestQueuedAtMillis();
    }

    BucketFigures figures() {
        return new BucketFigures(
                sessions.sessions().size(),
                sessions.connected(),
                index.size(),
                ledger.queuedMessages(),
                ledger.queuedBytes(),
                retained.values().size(),
                retained.bytes(),
                outbox.entries().size(),
                ledger.bytes(),
                ledger.droppedByQueueLimit(),
                ledger.droppedByExpiry(),
                outbox.dropped(),
                ledger.refused(),
                appendOrigins.forgotten() + retainOrigins.forgotten(),
                index.sharedSize(),
                ledger.expiredSessions());
    }

    /** A number for the next snapshot, so that messages know where it has put them; not part of the state. */
    long nextSnapshotPass() {
        return ++snapshotPasses;
    }

    Ledger ledger() {
        return ledger;
    }

    SubscriptionIndex index() {
        return index;
    }

    Outbox outbox() {
        return outbox;
    }

    OriginTable appendOrigins() {
        return appendOrigins;
    }

    OriginTable retainOrigins() {
        return retainOrigins;
    }

    SharedGroups groups() {
        return groups;
    }

    SessionTable sessions() {
        return sessions;
    }

    RetainedStore retained() {
        return retained;
    }
}
