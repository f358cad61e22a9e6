package io.covey.broker;

import io.covey.bucket.Command;
import io.covey.bucket.Result;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Compares from time to time what the buckets handed to this shard's connections with what arrived, so that a lost hint costs some time and
 * never a message [I5], and finds connections whose session has another owner [I2]. Owned by the shard's loop.
 */
final class Reconciler {
    /** Sessions in one command. */
    private static final int SESSIONS_MAX = 512;

    private final Shard shard;
    private int nextPartition;

    Reconciler(Shard shard) {
        this.shard = shard;
    }

    /** Starts to go round the partitions, each once per period. */
    void start() {
        int partitions = shard.lanes.count();
        long pauseMicros = Math.max(1_000L, shard.settings.upkeep().reconcileMillis() * 1_000L / partitions);
        shard.loop.schedule(pauseMicros, () -> {
            if (!shard.isOver()) {
                reconcile(nextPartition);
                nextPartition = (nextPartition + 1) % partitions;
                start();
            }
        });
    }

    /** Asks all buckets at once: hints may have died with a node. */
    void reconcileAll() {
        for (int partition = 0; partition < shard.lanes.count(); partition++) {
            reconcile(partition);
        }
    }

    private void reconcile(int partition) {
        List<Command.Reconcile.Progress> sessions = new ArrayList<>();
        for (ShardConnection connection : shard.registry.ofPartition(partition)) {
            if (connection.isOpen()) {
                sessions.add(new Command.Reconcile.Progress(
                        connection.clientId(), connection.epoch(), connection.nextSequence()));
                if (sessions.size() == SESSIONS_MAX) {
                    ask(partition, sessions);
                    sessions = new ArrayList<>();
                }
            }
        }
        if (!sessions.isEmpty()) {
            ask(partition, sessions);
        }
    }

    private void ask(int partition, List<Command.Reconcile.Progress> sessions) {
        shard.lanes
                .lane(partition)
                .submit(new Command.Reconcile(List.copyOf(sessions)), false, result -> compare(sessions, result));
    }

    private void compare(List<Command.Reconcile.Progress> asked, Result result) {
        if (!(result instanceof Result.Reconciled reconciled)) {
            throw new IllegalStateException("no answer to a reconcile: " + result);
        }
        if (reconciled.behind().isEmpty() && reconciled.fenced().isEmpty()) {
            return;
        }
        Map<String, Command.Reconcile.Progress> progress = new HashMap<>();
        asked.forEach(each -> progress.put(each.clientId(), each));
        for (String clientId : reconciled.fenced()) {
            ShardConnection connection = shard.registry.current(clientId);
            Command.Reconcile.Progress then = progress.get(clientId);
            if (connection != null && then != null && connection.epoch() == then.epoch()) {
                connection.superseded();
            }
        }
        for (String clientId : reconciled.behind()) {
            ShardConnection connection = shard.registry.current(clientId);
            Command.Reconcile.Progress then = progress.get(clientId);
            // One that has moved on meanwhile was only busy; should it stand still, the next round finds it.
            if (connection != null
                    && then != null
                    && connection.isOpen()
                    && connection.epoch() == then.epoch()
                    && connection.nextSequence() == then.nextSequence()) {
                connection.queue().behind();
            }
        }
    }
}
