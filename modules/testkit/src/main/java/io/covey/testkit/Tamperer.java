package io.covey.testkit;

import io.covey.broker.NodeLink;
import io.covey.broker.NodeMessage;
import io.covey.broker.NodeState;
import io.covey.bucket.Batch;
import io.covey.bucket.BatchResult;
import io.covey.bucket.Command;
import io.covey.bucket.Origin;
import io.covey.bucket.QueueEntry;
import io.covey.bucket.Result;
import io.covey.bucket.SharedCommand;
import io.covey.bucket.Standing;
import io.covey.protocol.Message;
import io.covey.routing.ShardAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Makes the deliberate fault of a run at the ports; with {@link Tampering#NONE} it changes nothing. */
final class Tamperer {
    private final Tampering tampering;
    private final BiConsumer<ShardAddress, NodeMessage> inject;
    private final Map<String, Message> lateRetained = new HashMap<>();
    private final Map<String, Long> epochs = new HashMap<>();
    private long handedOver;

    /** @param inject takes messages that nobody has sent, with the shard they are for */
    Tamperer(Tampering tampering, BiConsumer<ShardAddress, NodeMessage> inject) {
        this.tampering = tampering;
        this.inject = inject;
    }

    Tampering tampering() {
        return tampering;
    }

    /**
     * A message between nodes as it is sent, or null where it is not.
     *
     * @param seen whom the receiver takes for members
     */
    @Nullable
    NodeMessage message(ShardAddress target, NodeMessage message, List<Long> seen) {
        if (tampering == Tampering.BACKUP_SKIPPED && message instanceof NodeMessage.LeaseRequest request) {
            return new NodeMessage.LeaseRequest(request.from(), request.round(), request.term(), seen);
        }
        if (tampering == Tampering.TAKEOVER_WITHOUT_KICK && message instanceof NodeMessage.Kick kick) {
            inject.accept(kick.replyTo(), new NodeMessage.Kicked(kick.clientId(), kick.epoch()));
            return null;
        }
        if (tampering == Tampering.ROUTES_CONFIRMED_UNSEEN
                && message instanceof NodeMessage.RouteBatch batch
                && batch.number() % 2 == 0) {
            NodeMessage confirm = new NodeMessage.RouteConfirm(target.node(), batch.number(), true, List.of());
            inject.accept(new ShardAddress(batch.from(), NodeLink.NODE_CORE), confirm);
            return null;
        }
        if (tampering == Tampering.HINT_FOR_ANOTHER_EPOCH && message instanceof NodeMessage.Hints sent) {
            return forNewestEpochs(sent);
        }
        return message;
    }

    private NodeMessage forNewestEpochs(NodeMessage.Hints sent) {
        List<NodeMessage.Hints.Hint> moved = new ArrayList<>();
        for (NodeMessage.Hints.Hint hint : sent.hints()) {
            List<NodeMessage.Hints.Target> targets = new ArrayList<>();
            for (NodeMessage.Hints.Target to : hint.targets()) {
                // Early, too, so that it meets the connection before the right one does.
                long sequence = Math.max(1, to.sequence() - 1);
                long epoch = epochs.getOrDefault(to.clientId(), to.epoch());
                targets.add(new NodeMessage.Hints.Target(
                        to.clientId(), epoch, sequence, to.qos(), to.retain(), to.subscriptionIds()));
            }
            moved.add(new NodeMessage.Hints.Hint(hint.message(), targets));
        }
        return new NodeMessage.Hints(moved);
    }

    /** Under which term a node may change buckets. */
    long bucketTerm(NodeState state, long monotonicMillis, long departureView) {
        if (tampering == Tampering.BACKUP_SKIPPED) {
            return state.leaseTerm(monotonicMillis) == NodeState.NO_LEASE ? Standing.NO_TERM : Standing.ALONE;
        }
        long term = state.bucketTerm(monotonicMillis, departureView);
        boolean constant = tampering == Tampering.TERM_CONSTANT || tampering == Tampering.GENERATION_NOT_RAISED;
        return constant && term != Standing.NO_TERM ? Standing.ALONE : term;
    }

    /** Whom a bucket takes for its owner. */
    long owner(long self, long ownerBefore) {
        return tampering == Tampering.GENERATION_NOT_RAISED && ownerBefore != 0 ? ownerBefore : self;
    }

    /** Whether a backup's silence counts as its confirmation. */
    boolean silenceConfirms() {
        return tampering == Tampering.SILENCE_IS_CONFIRMATION;
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
            commands.add(command(command, batch.sender()));
        }
        return new Batch(batch.sender(), batch.sequence(), batch.timeMillis(), commands);
    }

    private Command command(Command command, ShardAddress sender) {
        if (tampering == Tampering.DEDUPLICATION_LOST && command instanceof Command.Append append) {
            return new Command.Append(append.message(), append.publisher(), null, append.shared());
        }
        if (tampering == Tampering.DEDUPLICATION_LOST_AT_TAKEOVER
                && command instanceof Command.Append append
                && append.origin() != null) {
            Origin origin = append.origin();
            Origin byShard =
                    new Origin(origin.source() + sender, origin.incarnation(), origin.number(), origin.floor());
            return new Command.Append(append.message(), append.publisher(), byShard, append.shared());
        }
        if (tampering == Tampering.WILL_PUBLISHED_AGAIN || tampering == Tampering.RETAINED_LATE) {
            return outboxOrRetained(command);
        }
        if (command instanceof SharedCommand shared) {
            return shared(shared);
        }
        if (tampering == Tampering.WILL_KEPT_AT_DISCONNECT && command instanceof Command.CloseSession close) {
            return new Command.CloseSession(
                    close.clientId(), close.epoch(), close.expirySeconds(), true, close.lastSentSequence());
        }
        return staleEpoch(command);
    }

    private Command shared(SharedCommand command) {
        if (tampering == Tampering.HANDED_OVER_AGAIN && command instanceof SharedCommand.HandOver over) {
            Origin origin = over.origin();
            Origin fresh = new Origin(origin.source() + ++handedOver, origin.incarnation(), 1, 1);
            return new SharedCommand.HandOver(
                    over.filter(), over.clientId(), over.incarnation(), over.message(), fresh);
        }
        if (tampering == Tampering.GIVEN_BACK_NEVER && command instanceof SharedCommand.GiveBack back) {
            return new SharedCommand.GiveBack(
                    back.filter(), back.clientId(), back.incarnation(), List.of(), back.left(), back.origin());
        }
        return command;
    }

    private Command staleEpoch(Command command) {
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

    private Command outboxOrRetained(Command command) {
        if (tampering == Tampering.RETAINED_LATE) {
            if (command instanceof Command.Retain retain) {
                Message before = lateRetained.put(retain.message().topic(), retain.message());
                return before == null ? command : new Command.Retain(before, retain.origin());
            }
            return command;
        }
        if (command instanceof Command.FinishOutbox) {
            return new Command.FinishOutbox(new long[0]);
        }
        if (command instanceof Command.Append append && append.origin() != null) {
            boolean will = append.origin().source().startsWith("o:");
            return will ? new Command.Append(append.message(), append.publisher(), null, append.shared()) : command;
        }
        return command;
    }

    /** The result as the sender gets it. */
    BatchResult result(BatchResult result) {
        if (tampering != Tampering.PACKET_ID_REUSED && tampering != Tampering.REFUSAL_IGNORED) {
            return result;
        }
        List<Result> results = new ArrayList<>();
        for (Result one : result.results()) {
            if (tampering == Tampering.PACKET_ID_REUSED && one instanceof Result.Opened opened) {
                results.add(withEntriesMovedUp(opened));
            } else if (tampering == Tampering.REFUSAL_IGNORED && one instanceof Result.Appended appended) {
                results.add(new Result.Appended(appended.deliveries(), appended.matched(), appended.dropped(), null));
            } else {
                results.add(one);
            }
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
                    inject.accept(delivery.shard(), hint(append, delivery));
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
