package io.covey.broker;

import io.covey.bucket.Batch;
import io.covey.bucket.BatchOutcome;
import io.covey.bucket.BatchResult;
import io.covey.bucket.Bucket;
import io.covey.bucket.BucketLimits;
import io.covey.bucket.Command;
import io.covey.bucket.Refusal;
import io.covey.bucket.Standing;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Real buckets, each with an owner's and a backup's replica, behind gateways in virtual time whose faults a test writes. */
final class TestBuckets {
    static final int LATENCY_MICROS = 300;

    private final VirtualTime time;
    private final List<Bucket> owners = new ArrayList<>();
    private final List<Bucket> backups = new ArrayList<>();
    private final List<Runnable> held = new ArrayList<>();

    /** Nodes that are members. */
    final Set<Long> members = new HashSet<>();
    /** Every submission, in order. */
    final List<Submission> submissions = new ArrayList<>();
    /** Decides about each submission; null lets it pass. */
    Script script = submission -> Fault.NONE;

    /** One attempt of a batch. */
    record Submission(int partition, Batch batch, boolean repair) {
        boolean has(Class<? extends Command> kind) {
            return batch.commands().stream().anyMatch(kind::isInstance);
        }
    }

    interface Script {
        Fault fault(Submission submission);
    }

    enum Fault {
        NONE,
        /** It never reaches the owner. */
        REQUEST_LOST,
        /** It is applied, and the sender does not hear of it. */
        ANSWER_LOST,
        /** It is applied; the answer waits for {@link #release}. */
        ANSWER_HELD,
        REFUSED,
        /** The bucket has forgotten the sender. */
        GAP
    }

    TestBuckets(VirtualTime time, int partitions, BucketLimits limits) {
        this.time = time;
        for (int partition = 0; partition < partitions; partition++) {
            owners.add(new Bucket(limits));
            backups.add(new Bucket(limits));
        }
    }

    /** A shard's way to the buckets. */
    BucketGateway gateway() {
        return new BucketGateway() {
            @Override
            public int partitionCount() {
                return owners.size();
            }

            @Override
            public void submit(int partition, Batch batch, boolean repair, Answer answer) {
                Submission submission = new Submission(partition, batch, repair);
                submissions.add(submission);
                time.after(LATENCY_MICROS, () -> arrive(submission, script.fault(submission), answer));
            }
        };
    }

    private void arrive(Submission submission, Fault fault, BucketGateway.Answer answer) {
        switch (fault) {
            case REQUEST_LOST -> answer(() -> answer.unknown("request lost"));
            case REFUSED -> answer(() -> answer.refused(Refusal.REPLICAS_MISSING));
            case GAP -> answer(() -> answer.refused(Refusal.SEQUENCE_GAP));
            case ANSWER_LOST -> {
                apply(submission);
                answer(() -> answer.unknown("answer lost"));
            }
            case ANSWER_HELD -> {
                BatchOutcome outcome = apply(submission);
                held.add(() -> give(outcome, answer));
            }
            case NONE -> {
                BatchOutcome outcome = apply(submission);
                answer(() -> give(outcome, answer));
            }
        }
    }

    private void answer(Runnable action) {
        time.after(LATENCY_MICROS, action);
    }

    private static void give(BatchOutcome outcome, BucketGateway.Answer answer) {
        if (outcome instanceof BatchOutcome.Applied applied) {
            answer.confirmed(applied.result());
        } else if (outcome instanceof BatchOutcome.Refused refused) {
            answer.refused(refused.refusal());
        }
    }

    private BatchOutcome apply(Submission submission) {
        Standing standing = new Standing(
                1, Standing.ALONE, true, members::contains, time.loop().clusterMillis());
        BatchOutcome outcome = owners.get(submission.partition).apply(submission.batch, standing);
        if (outcome instanceof BatchOutcome.Applied applied
                && !backups.get(submission.partition).replicate(submission.batch, applied.step())) {
            throw new AssertionError("the backup differs");
        }
        return outcome;
    }

    /** Gives the answers that were held. */
    void release() {
        List<Runnable> all = List.copyOf(held);
        held.clear();
        all.forEach(this::answer);
    }

    /** Whether owners and backups are equal. */
    boolean replicasAreEqual() {
        for (int partition = 0; partition < owners.size(); partition++) {
            if (owners.get(partition).digest() != backups.get(partition).digest()) {
                return false;
            }
        }
        return true;
    }

    /** The commands of a kind that were submitted, repeats included. */
    <C extends Command> List<C> commands(Class<C> kind) {
        List<C> found = new ArrayList<>();
        for (Submission submission : submissions) {
            for (Command command : submission.batch.commands()) {
                if (kind.isInstance(command)) {
                    found.add(kind.cast(command));
                }
            }
        }
        return found;
    }

    /** For assertions about results. */
    static boolean isEmpty(BatchResult result) {
        return result.results().isEmpty();
    }
}
