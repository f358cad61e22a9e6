package io.covey.testkit;

import io.covey.broker.NodeMessage;
import io.covey.broker.NodeState;
import io.covey.bucket.Batch;
import io.covey.bucket.BatchResult;
import io.covey.bucket.Command;
import io.covey.bucket.QueueEntry;
import io.covey.bucket.Result;
import io.covey.bucket.Standing;
import io.covey.routing.ShardAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** Makes the deliberate fault of a run at the ports; with {@link Tampering#NONE} it changes nothing. */
final class Tamperer {
    private final Tampering tampering;
    private final BiConsumer<ShardAddress, NodeMessage> hints;
    private final Map<String, Long> epochs = new HashMap<>();

    /** @param hints takes hints that leave too early, with the shard they are for */
    Tamperer(Tampering tampering, BiConsumer<ShardAddress, NodeMessage> hints) {
        this.tampering = tampering;
        this.hints = hints;
    }

    Tampering tampering() {
        return tampering;
    }

    /** A message between nodes as it is sent. */
    NodeMessage message(NodeMessage message, List<Long> everybody) {
        return tampering == Tampering.BACKUP_SKIPPED && message instanceof NodeMessage.LeaseRequest request
                ? new NodeMessage.LeaseRequest(request.from(), request.round(), request.term(), everybody)
                : message;
    }

    /** Under which term a node may change buckets. */
    long bucketTerm(NodeState state, long monotonicMillis, long departureView) {
        if (tampering == Tampering.BACKUP_SKIPPED) {
            return state.leaseTerm(monotonicMillis) == NodeState.NO_LEASE ? Standing.NO_TERM : Standing.ALONE;
        }
        return state.bucketTerm(monotonicMillis, departureView);
    }

    boolean replicasPresent(boolean present) {
        return present || tampering == Tampering.BACKUP_SKIPPED;
    }

    List<Long> awaited(List<Long> backups) {
        return tampering == Tampering.CONFIRMED_BEFORE_BACKUP ? List.of() : backups;
    }

    long monotonicMillis(SimulatedProcess process, long nowMillis) {
        return tampering == Tampering.CLOCK_STOPS_WHILE_FROZEN ? process.unfrozenMillis(nowMillis) : nowMillis;
    }

    Batch batch(Batch batch) {
        List<Command> commands = new ArrayList<>();
        for (Command command : batch.commands()) {
            commands.add(command(command));
        }
        return new Batch(batch.sender(), batch.sequence(), batch.timeMillis(), commands);
    }

    private Command command(Command command) {
        if (tampering == Tampering.DEDUPLICATION_LOST && command instanceof Command.Append append) {
            return new Command.Append(append.message(), append.publisher(), null, append.shared());
        }
        if (tampering == Tampering.STALE_EPOCH_ACCEPTED && command instanceof Command.Acknowledge acknowledge) {
            return new Command.Acknowledge(
                    acknowledge.clientId(),
                    epochs.getOrDefault(acknowledge.clientId(), acknowledge.epoch()),
                    acknowledge.released(),
                    acknowledge.received());
        }
        if (tampering == Tampering.STALE_EPOCH_ACCEPTED && command instanceof Command.CloseSession close) {
            return new Command.CloseSession(
                    close.clientId(),
                    epochs.getOrDefault(close.clientId(), close.epoch()),
                    close.expirySeconds(),
                    close.publishWill(),
                    close.lastSentSequence());
        }
        return command;
    }

    /** The result as the sender gets it. */
    BatchResult result(BatchResult result) {
        if (tampering != Tampering.PACKET_ID_REUSED) {
            return result;
        }
        List<Result> results = new ArrayList<>();
        for (Result one : result.results()) {
            results.add(one instanceof Result.Opened opened ? withEntriesMovedUp(opened) : one);
        }
        return new BatchResult(results, result.routes(), result.outbox());
    }

    /** The second entry gets the first one's sequence, and so on: Packet Identifiers that the client may have in use. */
    private static Result.Opened withEntriesMovedUp(Result.Opened opened) {
        List<QueueEntry> moved = new ArrayList<>();
        for (int i = 1; i < opened.entries().size(); i++) {
            QueueEntry entry = opened.entries().get(i);
            moved.add(new QueueEntry(
                    opened.entries().get(i - 1).sequence(),
                    entry.message(),
                    entry.qos(),
                    entry.retain(),
                    entry.subscriptionIds(),
                    entry.state(),
                    entry.dup()));
        }
        return new Result.Opened(
                opened.epoch(),
                opened.incarnation(),
                opened.sessionPresent(),
                opened.predecessors(),
                opened.entries().isEmpty() ? opened.entries() : moved,
                opened.nextSequence(),
                opened.received(),
                opened.subscriptions(),
                opened.shares());
    }

    void applied(Batch batch, BatchResult result) {
        for (int i = 0; i < result.results().size(); i++) {
            if (result.results().get(i) instanceof Result.Opened opened
                    && batch.commands().get(i) instanceof Command.OpenSession open) {
                epochs.merge(open.clientId(), opened.epoch(), Math::max);
            }
        }
        if (tampering == Tampering.HINT_BEFORE_CONFIRMATION) {
            hintEarly(batch, result);
        }
    }

    private void hintEarly(Batch batch, BatchResult result) {
        for (int i = 0; i < result.results().size(); i++) {
            if (result.results().get(i) instanceof Result.Appended appended
                    && batch.commands().get(i) instanceof Command.Append append) {
                for (Result.Delivery delivery : appended.deliveries()) {
                    hints.accept(delivery.shard(), hint(append, delivery));
                }
            }
        }
    }

    private static NodeMessage hint(Command.Append append, Result.Delivery delivery) {
        NodeMessage.Hints.Target target = new NodeMessage.Hints.Target(
                delivery.clientId(),
                delivery.epoch(),
                delivery.sequence(),
                delivery.qos(),
                delivery.retain(),
                delivery.subscriptionIds());
        return new NodeMessage.Hints(List.of(new NodeMessage.Hints.Hint(append.message(), List.of(target))));
    }
}
