package io.covey.bucket;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The durable state of all client ids and retained topics of one partition: a deterministic state machine that changes by batches only.
 * Owned by the partition's thread.
 *
 * <p>Bounds: {@link BucketLimits}, those of the owner. Everything that grows is charged to {@link BucketLimits#bucketBytesMax}, by estimate.
 */
public final class Bucket {
    private static final int WRITTEN_BYTES_MIN = 4 << 10;

    private final BucketLimits limits;
    private final BucketState state;
    private final SenderTable senders;
    private BucketVersion version = BucketVersion.ZERO;

    /** The node that applied the last batch as owner; 0 before the first. */
    private long owner;

    private long timeMillis;

    /** Set while a batch mutates: a batch that threw half-way must not be followed by another. */
    private boolean mutating;

    /** An empty bucket, for the cluster's first formation only: a missing bucket is unavailable, never empty. */
    public Bucket(BucketLimits limits) {
        this.limits = limits;
        senders = new SenderTable();
        state = new BucketState(limits, senders);
    }

    /** How far this replica is. */
    public BucketVersion version() {
        return version;
    }

    /** The node incarnation that applied the last batch as owner; 0 before the first. Together with the version it names a history. */
    public long owner() {
        return owner;
    }

    /** The node incarnations that hold connections here, or whose batches are remembered, ascending. */
    public long[] nodes() {
        return state.nodes().toArray();
    }

    /**
     * Applies a batch as the owner, or finds the stored result of a repeat. Raises the generation when {@code standing.self()} was not the
     * owner before, or has another term than it had then. Validates before it mutates; after the first mutation it does not throw.
     *
     * @throws IllegalStateException when an earlier batch failed half-way: this replica is lost, and its node must halt
     */
    public BatchOutcome apply(Batch batch, Standing standing) {
        checkWhole();
        Refusal refusal = refusal(batch, standing);
        if (refusal != null) {
            return new BatchOutcome.Refused(refusal);
        }
        SenderTable.Last last = senders.last(batch.sender());
        if (last != null && last.sequence() == batch.sequence()) {
            return new BatchOutcome.Applied(last.result(), last.step());
        }
        // A node that was declared gone is not served again, even if it is back in the view: it must start a new
        // incarnation.
        if (!isNext(batch, last) || senders.isGone(batch.sender().node())) {
            return new BatchOutcome.Refused(Refusal.SEQUENCE_GAP);
        }
        BucketVersion after = version.next(standing.self() == owner, standing.term());
        Step step = new Step(standing.self(), owner, version, after, limits, standing.room());
        return new BatchOutcome.Applied(mutate(batch, step), step);
    }

    private @Nullable Refusal refusal(Batch batch, Standing standing) {
        long sender = batch.sender().node();
        if (!standing.isMember().test(sender)) {
            return Refusal.SENDER_NOT_MEMBER;
        }
        if (!standing.leaseHeld()) { // [I9]
            return Refusal.LEASE_LOST;
        }
        if (!standing.replicasPresent()) { // [I1]
            return Refusal.REPLICAS_MISSING;
        }
        // Only a batch from the future could do harm, by expiring what is not due. A late one is a repeat that waited,
        // and time stands still.
        return batch.timeMillis() > standing.timeMillis() + limits.clockSkewMillisMax() ? Refusal.CLOCK_SKEW : null;
    }

    /**
     * Applies a batch as a backup.
     *
     * @return true when this replica now holds the batch (it did before, or applied it from exactly {@code step.before()}); false when it is
     *     at another version, or holds the batch from another owner's hand: it must not confirm, and is to be replaced by {@link #restore}
     * @throws IllegalStateException when an earlier batch failed half-way: this replica is lost, and its node must halt
     */
    public boolean replicate(Batch batch, Step step) {
        checkWhole();
        SenderTable.Last last = senders.last(batch.sender());
        if (last != null && last.sequence() >= batch.sequence()) {
            // A sender goes on only after a batch was confirmed; so a straggler behind its last one was. The last one
            // itself must be the same
            // step, else two owners have applied it in different places of their histories.
            return last.sequence() > batch.sequence() || last.step().equals(step);
        }
        if (!version.equals(step.before())
                || owner != step.ownerBefore()
                || !version.mayBeFollowedBy(step.after(), step.owner() == owner)
                || !isNext(batch, last)) {
            return false;
        }
        mutate(batch, step);
        return true;
    }

    private static boolean isNext(Batch batch, SenderTable.@Nullable Last last) {
        return batch.sequence() == (last == null ? 1 : last.sequence() + 1);
    }

    private void checkWhole() {
        if (mutating) {
            throw new IllegalStateException("an earlier batch failed half-way");
        }
    }

    private BatchResult mutate(Batch batch, Step step) {
        mutating = true;
        timeMillis = Math.max(timeMillis, batch.timeMillis());
        state.bounds(step.limits(), step.room());
        List<Command> commands = batch.commands();
        List<Result> results = new ArrayList<>(commands.size());
        for (int i = 0; i < commands.size(); i++) {
            results.add(state.apply(commands.get(i), timeMillis));
        }
        BatchResult result = state.finishBatch(results);
        owner = step.owner();
        version = step.after();
        if (!senders.isGone(batch.sender().node())) {
            senders.answered(batch.sender(), new SenderTable.Last(batch.sequence(), step, result));
        }
        mutating = false;
        return result;
    }

    /**
     * Writes the whole state; format-versioned.
     *
     * @throws IllegalStateException when an earlier batch failed half-way
     */
    public void write(ByteWriter out) {
        checkWhole();
        new SnapshotWriter(out, state.nextSnapshotPass()).write(version, owner, timeMillis, senders, state);
    }

    /**
     * The whole state as {@link #write} writes it, in a buffer of about its size: a large bucket is not copied again and again as the buffer grows.
     *
     * @throws IllegalStateException when an earlier batch failed half-way
     */
    public ByteWriter written() {
        long estimate = Math.min(figures().bytes(), Integer.MAX_VALUE / 2);
        ByteWriter out = new ByteWriter((int) Math.max(WRITTEN_BYTES_MIN, estimate));
        write(out);
        return out;
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @throws UnknownFormatException when another release wrote it in a form that this one does not know
     */
    public static Bucket restore(ByteReader in, BucketLimits limits) {
        int format = in.u8();
        if (format < 1 || format > SnapshotWriter.FORMAT) {
            throw new UnknownFormatException("a bucket's snapshot", format, SnapshotWriter.FORMAT);
        }
        Bucket bucket = new Bucket(limits);
        bucket.version = BucketVersion.read(in);
        bucket.owner = in.i64();
        bucket.timeMillis = in.i64();
        new SnapshotReader(in, format).read(bucket.senders, bucket.state, bucket.state.ledger());
        return bucket;
    }

    /** What this replica holds and has dropped, for metrics; costs nothing. */
    public BucketFigures figures() {
        return state.figures();
    }

    /** When the oldest message in any session's queue was published, or -1 when all are empty, for metrics; looks at every session. */
    public long oldestQueuedAtMillis() {
        return state.oldestQueuedAtMillis();
    }

    /** A digest of the whole state: equal replicas have equal digests. For tests and the simulation. */
    public long digest() {
        ByteWriter out = new ByteWriter(1 << 12);
        write(out);
        long digest = 0xCBF2_9CE4_8422_2325L;
        byte[] bytes = out.array();
        for (int i = 0; i < out.size(); i++) {
            digest = (digest ^ bytes[i] & 0xFF) * 0x100_0000_01B3L;
        }
        return digest;
    }
}
