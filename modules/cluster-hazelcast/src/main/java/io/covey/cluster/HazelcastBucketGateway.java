package io.covey.cluster;

import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.core.IndeterminateOperationStateException;
import com.hazelcast.core.MemberLeftException;
import com.hazelcast.spi.exception.RetryableException;
import io.covey.broker.BucketGateway;
import io.covey.broker.ShardLoop;
import io.covey.bucket.Batch;
import io.covey.bucket.BatchResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One shard's way to the buckets of its cluster. Owned by the shard's loop; Hazelcast's completions come there directly.
 *
 * <p>A batch goes with all others of its turn to the same place ({@link Bundle}). Where the answer says that it is not confirmed, it goes that way
 * again: a backup that has not heard yet of a move, or that lacks what another sender has to repeat, says so at once there, while Hazelcast's own
 * backups keep silent, and the owner finds that out by a time-out of a second or two. Where there is no answer, or too many that say unconfirmed, it
 * is repeated by itself, with Hazelcast's own backups, as often as it takes: only that way leads to a repair.
 */
final class HazelcastBucketGateway implements BucketGateway {
    /** After how many attempts in a row whose backups did not answer they are given the whole bucket. */
    private static final int UNANSWERED_BEFORE_WHOLE = 2;

    /**
     * After how many answers that say unconfirmed a batch goes by itself, so that a replica that cannot follow is found and repaired. With the
     * pauses of lanes these take half a second: a partition that moves is not confirmed either.
     */
    static final int UNCONFIRMED_BEFORE_ALONE = 8;

    private final HazelcastBuckets buckets;
    private final ShardLoop loop;
    private final long patienceMicros;
    private final @Nullable Attempt[] inFlight;

    /** The newest batch of each partition, and what is known of its attempts. */
    private final long[] sequences;

    private final int[] unconfirmed;
    private final boolean[] goesAlone;
    private final int[] unanswered;
    private final Map<PartitionPlaces.Place, Bundle> bundles = new HashMap<>();
    /** Bundles that have neither been answered nor failed. */
    private final AtomicInteger underWay = new AtomicInteger();

    private boolean watching;

    /** What all replicas have written and may not have synced. */
    private List<Unsynced> unsynced = new ArrayList<>();

    private boolean syncing;

    private record Unsynced(Attempt attempt, BatchResult result) {}

    /** One try to send one batch. */
    private static final class Attempt {
        private final int partition;
        private final Batch batch;
        private final Answer answer;
        private @Nullable BucketBatchProcessor alone;

        Attempt(int partition, Batch batch, Answer answer) {
            this.partition = partition;
            this.batch = batch;
            this.answer = answer;
        }
    }

    /** What goes to one place: some of it is on its way, the rest waits for that to be answered. */
    private static final class Bundle {
        private final PartitionPlaces.Place place;
        private final List<Attempt> waiting = new ArrayList<>();
        private @Nullable List<Attempt> sent;
        private long sentAtMicros;
        private boolean sendComes;

        Bundle(PartitionPlaces.Place place) {
            this.place = place;
        }
    }

    /**
     * @param patienceMillis how long a bundle may be without an answer
     */
    HazelcastBucketGateway(HazelcastBuckets buckets, ShardLoop loop, int patienceMillis) {
        this.buckets = buckets;
        this.loop = loop;
        this.patienceMicros = patienceMillis * 1_000L;
        this.inFlight = new Attempt[buckets.partitionCount()];
        this.sequences = new long[buckets.partitionCount()];
        this.unconfirmed = new int[buckets.partitionCount()];
        this.goesAlone = new boolean[buckets.partitionCount()];
        this.unanswered = new int[buckets.partitionCount()];
    }

    @Override
    public int partitionCount() {
        return buckets.partitionCount();
    }

    @Override
    public void submit(int partition, Batch batch, boolean repair, Answer answer) {
        Attempt attempt = new Attempt(partition, batch, answer);
        inFlight[partition] = attempt;
        if (sequences[partition] != batch.sequence()) {
            sequences[partition] = batch.sequence();
            unconfirmed[partition] = 0;
            goesAlone[partition] = false;
        }
        PartitionPlaces.Place place = goesAlone[partition] ? null : buckets.owner(partition);
        if (place == null) {
            sendAlone(attempt, repair && unanswered[partition] >= UNANSWERED_BEFORE_WHOLE);
            return;
        }
        Bundle bundle = bundles.computeIfAbsent(place, Bundle::new);
        bundle.waiting.add(attempt);
        sendAtEndOfTurn(bundle);
    }

    private void sendAtEndOfTurn(Bundle bundle) {
        if (bundle.sent == null && !bundle.sendComes && !bundle.waiting.isEmpty()) {
            bundle.sendComes = true;
            loop.atEndOfTurn(() -> {
                bundle.sendComes = false;
                send(bundle);
            });
        }
    }

    private void send(Bundle bundle) {
        if (bundle.sent != null || bundle.waiting.isEmpty()) {
            return;
        }
        List<Attempt> next = bundle.waiting.subList(0, Math.min(MemberBatches.BATCHES_MAX, bundle.waiting.size()));
        List<Attempt> sent = List.copyOf(next);
        next.clear();
        List<MemberBatches.Part> parts = new ArrayList<>(sent.size());
        sent.forEach(attempt -> parts.add(new MemberBatches.Part(attempt.partition, new EncodedBatch(attempt.batch))));
        bundle.sent = sent;
        bundle.sentAtMicros = loop.monotonicMicros();
        watch();
        underWay.incrementAndGet();
        try {
            var unused = buckets.send(bundle.place, parts)
                    .whenCompleteAsync(
                            (value, failure) -> arrived(() -> answered(bundle, sent, value, failure)), Runnable::run);
        } catch (RuntimeException refusedHere) {
            arrived(() -> answered(bundle, sent, null, refusedHere));
        }
    }

    /** An answer, on the thread that read it. With the last of those that are under way the loop has something to do. */
    private void arrived(Runnable answer) {
        loop.submit(answer);
        if (underWay.decrementAndGet() == 0) {
            loop.endRest();
        }
    }

    private void answered(Bundle bundle, List<Attempt> sent, @Nullable Object value, @Nullable Throwable failure) {
        if (bundle.sent != sent) {
            return; // given up before
        }
        bundle.sent = null;
        BatchAnswer[] answers = value == null ? null : buckets.readAll(value);
        for (int i = 0; i < sent.size(); i++) {
            Attempt attempt = sent.get(i);
            if (inFlight[attempt.partition] != attempt) {
                continue;
            }
            if (answers != null) {
                completed(attempt, answers[i]);
            } else {
                // Where the partition that the bundle is addressed to moves, the others only have to come again.
                goesAlone[attempt.partition] |= i == 0 || !(failure instanceof RetryableException);
                unknown(attempt, failure == null ? "unanswered" : cause(failure));
            }
        }
        sendAtEndOfTurn(bundle);
    }

    /** While something is on its way, looks now and then for what has had no answer for too long. */
    private void watch() {
        if (!watching) {
            watching = true;
            loop.schedule(patienceMicros / 2, this::giveUpLate);
        }
    }

    private void giveUpLate() {
        watching = false;
        long now = loop.monotonicMicros();
        for (Bundle bundle : new ArrayList<>(bundles.values())) {
            List<Attempt> sent = bundle.sent;
            if (sent != null && now - bundle.sentAtMicros >= patienceMicros) {
                answered(bundle, sent, null, null);
            } else if (sent != null) {
                watch();
            }
        }
    }

    private void sendAlone(Attempt attempt, boolean whole) {
        BucketBatchProcessor processor = new BucketBatchProcessor(attempt.partition, attempt.batch, whole);
        attempt.alone = processor;
        try {
            var unused = buckets.send(attempt.partition, processor)
                    .whenCompleteAsync(
                            (value, failure) -> loop.submit(() -> completedAlone(attempt, value, failure)),
                            Runnable::run);
        } catch (RuntimeException refusedHere) {
            loop.submit(() -> completedAlone(attempt, null, refusedHere));
        }
    }

    /** Gives up what is in flight, from any thread: a late answer is ignored, and a late execution is a repeat. */
    void giveUp() {
        loop.submit(() -> {
            bundles.values().forEach(bundle -> bundle.waiting.clear());
            bundles.clear();
            List<Attempt> given = new ArrayList<>();
            for (Attempt attempt : inFlight) {
                if (attempt != null) {
                    given.add(attempt);
                }
            }
            given.forEach(attempt -> unknown(attempt, "member left"));
        });
    }

    private void completedAlone(Attempt attempt, @Nullable Object value, @Nullable Throwable failure) {
        if (inFlight[attempt.partition] != attempt) {
            return; // given up before
        }
        if (failure != null) {
            if (failure instanceof IndeterminateOperationStateException
                    && !(failure.getCause() instanceof MemberLeftException)) {
                unanswered[attempt.partition]++;
            }
            unknown(attempt, cause(failure));
            return;
        }
        BatchAnswer here = attempt.alone == null ? null : attempt.alone.answer();
        completed(attempt, value == null ? here : buckets.read(value));
    }

    private void completed(Attempt attempt, @Nullable BatchAnswer answered) {
        if (answered instanceof BatchAnswer.Applied applied) {
            unanswered[attempt.partition] = 0;
            if (buckets.isSynced()) {
                unsynced.add(new Unsynced(attempt, applied.result()));
                sync();
            } else {
                confirmed(attempt, applied.result());
            }
        } else if (answered instanceof BatchAnswer.Refused refused) {
            inFlight[attempt.partition] = null;
            attempt.answer.refused(refused.refusal());
        } else if (answered instanceof BatchAnswer.Missing) {
            goesAlone[attempt.partition] = true; // what that means is found there
            unknown(attempt, "bucket missing");
        } else {
            if (++unconfirmed[attempt.partition] == UNCONFIRMED_BEFORE_ALONE) {
                goesAlone[attempt.partition] = true;
                unanswered[attempt.partition] = UNANSWERED_BEFORE_WHOLE - 1;
            }
            unknown(attempt, "unconfirmed");
        }
    }

    private void confirmed(Attempt attempt, BatchResult result) {
        inFlight[attempt.partition] = null;
        attempt.answer.confirmed(result);
    }

    /** Has all members sync, one time after the other; what was applied meanwhile shares the next. */
    private void sync() {
        if (syncing || unsynced.isEmpty()) {
            return;
        }
        syncing = true;
        List<Unsynced> covered = unsynced;
        unsynced = new ArrayList<>();
        CompletableFuture<Void> synced;
        try {
            synced = buckets.sync();
        } catch (RuntimeException stopped) {
            synced = CompletableFuture.failedFuture(stopped);
        }
        var unused = synced.whenCompleteAsync(
                (nothing, failure) -> loop.submit(() -> synced(covered, failure)), Runnable::run);
    }

    private void synced(List<Unsynced> covered, @Nullable Throwable failure) {
        syncing = false;
        for (Unsynced each : covered) {
            if (inFlight[each.attempt.partition] != each.attempt) {
                continue; // given up meanwhile
            }
            if (failure == null) {
                confirmed(each.attempt, each.result);
            } else {
                unknown(each.attempt, "not synced");
            }
        }
        sync();
    }

    private void unknown(Attempt attempt, String cause) {
        inFlight[attempt.partition] = null;
        attempt.answer.unknown(cause);
    }

    /** A name for the kind of failure, of which there are few: it becomes a label of a metric. */
    private static String cause(Throwable failure) {
        if (failure instanceof IndeterminateOperationStateException) {
            return "backup unanswered";
        }
        if (failure instanceof HazelcastInstanceNotActiveException) {
            return "member stopped";
        }
        return failure instanceof RetryableException ? "bucket moving" : "failed";
    }
}
