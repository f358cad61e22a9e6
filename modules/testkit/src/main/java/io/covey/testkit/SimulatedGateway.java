package io.covey.testkit;

import io.covey.broker.BucketGateway;
import io.covey.broker.NodeState;
import io.covey.broker.ShardLoop;
import io.covey.bucket.Batch;
import io.covey.bucket.BatchCodec;
import io.covey.bucket.BatchOutcome;
import io.covey.bucket.BatchResult;
import io.covey.bucket.Bucket;
import io.covey.bucket.BucketVersion;
import io.covey.bucket.Refusal;
import io.covey.bucket.Standing;
import io.covey.bucket.Step;
import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One shard's way to the buckets, over the simulated grid, as an operation with synchronous backups travels there. */
final class SimulatedGateway implements BucketGateway {
    private static final long BACKUP_LIMIT_MICROS = 1_000_000;
    private static final long CALL_LIMIT_MICROS = 3_000_000;
    private static final long NO_OWNER_MICROS = 50_000;

    private final EventQueue events;
    private final SimulatedNetwork network;
    private final SimulatedGrid grid;
    private final GridMember self;
    private final SimulatedProcess process;
    private final ShardLoop loop;
    private final Tamperer tamperer;
    private final Calls calls;

    /** @param process the part of the member's process that the shard belongs to */
    SimulatedGateway(
            EventQueue events,
            SimulatedNetwork network,
            SimulatedGrid grid,
            GridMember self,
            SimulatedProcess process,
            ShardLoop loop,
            Tamperer tamperer,
            Calls calls) {
        this.events = events;
        this.network = network;
        this.grid = grid;
        this.self = self;
        this.process = process;
        this.loop = loop;
        this.tamperer = tamperer;
        this.calls = calls;
    }

    /** One call: it ends once, by the owner's answer with all backups' confirmations, by a refusal, or by time. */
    private final class Call {
        private final Answer answer;
        private final int partition;
        private final Set<Long> confirmed = new HashSet<>();
        private boolean ended;
        private @Nullable BatchResult result;
        private @Nullable BucketVersion version;
        private List<Long> expected = List.of();

        Call(int partition, Answer answer) {
            this.partition = partition;
            this.answer = answer;
            calls.begin(this, process);
        }

        private void end(boolean confirmed) {
            ended = true;
            calls.end(this, confirmed);
        }

        void applied(BatchResult newResult, BucketVersion after, List<Long> backups) {
            result = newResult;
            version = after;
            expected = backups;
            events.after(BACKUP_LIMIT_MICROS, process, this::backupSilent);
            completeIfConfirmed();
        }

        private void backupSilent() {
            if (tamperer.silenceConfirms()) {
                expected = List.of();
                completeIfConfirmed();
            }
            fail("a backup did not answer");
        }

        void backupConfirmed(long backup) {
            confirmed.add(backup);
            completeIfConfirmed();
        }

        private void completeIfConfirmed() {
            BatchResult known = result;
            if (!ended && known != null && confirmed.containsAll(expected)) {
                end(true);
                grid.lineage().confirmed(partition, Objects.requireNonNull(version));
                answer.confirmed(known);
            }
        }

        void refuse(Refusal refusal) {
            if (!ended) {
                end(false);
                answer.refused(refusal);
            }
        }

        void fail(String cause) {
            if (!ended) {
                end(false);
                answer.unknown(cause);
            }
        }
    }

    @Override
    public int partitionCount() {
        return grid.partitions();
    }

    @Override
    public void submit(int partition, Batch batch, boolean repair, Answer answer) {
        Call call = new Call(partition, answer);
        long owner = self.table().owner(partition);
        GridMember target = grid.member(owner);
        if (target == null) {
            events.after(NO_OWNER_MICROS, process, () -> call.fail("no owner"));
            return;
        }
        byte[] bytes = encode(batch);
        events.after(CALL_LIMIT_MICROS, process, () -> call.fail("no answer"));
        network.stream(process.host(), target.process.host(), target.process, () -> {
            if (target.id() == owner) {
                execute(target, partition, bytes, repair, call);
            }
        });
    }

    private static byte[] encode(Batch batch) {
        ByteWriter out = new ByteWriter(256);
        BatchCodec.write(batch, out);
        return out.toByteArray();
    }

    private void execute(GridMember owner, int partition, byte[] bytes, boolean repair, Call call) {
        Bucket bucket = owner.replicas.get(partition);
        if (bucket == null
                || !owner.isJoined()
                || owner.table().owner(partition) != owner.id()
                || owner.migrating.contains(partition)
                || owner.merging) {
            reply(owner, () -> call.fail("not the owner, or migrating"));
            return;
        }
        Batch batch = tamperer.batch(BatchCodec.readBatch(new ByteReader(bytes)));
        BucketVersion before = bucket.version();
        BatchOutcome outcome = bucket.apply(batch, standing(owner, partition, bucket));
        if (outcome instanceof BatchOutcome.Refused refused) {
            reply(owner, () -> call.refuse(refused.refusal()));
        } else if (outcome instanceof BatchOutcome.Applied applied) {
            Step step = applied.step();
            if (!bucket.version().equals(before)) {
                grid.lineage().applied(partition, batch, step);
                if (step.ownerBefore() != 0 && step.owner() != step.ownerBefore()) {
                    grid.ownerChanges(owner);
                }
            }
            List<Long> holders = owner.table().of(partition);
            List<Long> backups = tamperer.awaited(holders.subList(1, holders.size()));
            byte @Nullable [] snapshot = repair ? grid.snapshot(bucket) : null;
            for (long backup : holders.subList(1, holders.size())) {
                back(owner, backup, partition, batch, step, snapshot, call);
            }
            BatchResult result = copy(tamperer.result(applied.result()));
            tamperer.applied(batch, result);
            reply(owner, () -> call.applied(result, step.after(), backups));
        }
    }

    private static BatchResult copy(BatchResult result) {
        ByteWriter out = new ByteWriter(256);
        BatchCodec.write(result, out);
        return BatchCodec.readResult(new ByteReader(out.toByteArray()));
    }

    private Standing standing(GridMember owner, int partition, Bucket bucket) {
        List<Long> holders = owner.table().of(partition);
        boolean present = holders.size() > grid.backups() && owner.view.containsAll(holders);
        long now = events.nowMillis();
        NodeState state = owner.node().state();
        long term = tamperer.bucketTerm(state, tamperer.monotonicMillis(owner.process, now), owner.departureView());
        return new Standing(
                tamperer.owner(owner.incarnation().id(), bucket.owner()),
                term,
                tamperer.replicasPresent(present),
                owner::isCurrent,
                loop.clusterMillis());
    }

    private void reply(GridMember from, Runnable action) {
        network.stream(from.process.host(), process.host(), process, action);
    }

    private void back(
            GridMember owner,
            long backup,
            int partition,
            Batch batch,
            Step step,
            byte @Nullable [] snapshot,
            Call call) {
        GridMember target = Objects.requireNonNull(grid.member(backup));
        Runnable replicate = () -> {
            if (target.isBackupOf(owner, partition) && replicate(target, partition, batch, step, snapshot)) {
                network.stream(target.process.host(), process.host(), process, () -> call.backupConfirmed(backup));
            }
        };
        network.stream(owner.process.host(), target.process.host(), target.process, () -> {
            long wait = target.slowUntilMicros - events.nowMicros();
            if (wait > 0) {
                events.after(wait, target.process, replicate);
            } else {
                replicate.run();
            }
        });
    }

    private boolean replicate(GridMember target, int partition, Batch batch, Step step, byte @Nullable [] snapshot) {
        if (snapshot != null) {
            // The owner's whole bucket holds the batch, and all others that this replica lacks.
            target.replicas.put(partition, grid.restore(snapshot));
            return true;
        }
        Bucket replica = target.replicas.get(partition);
        return replica != null && replica.replicate(batch, step);
    }
}
