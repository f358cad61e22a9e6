package io.covey.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.routing.ShardAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * Three replicas of a bucket under random faults: lost and late replication, repeats, snapshots, new owners at any time. What is confirmed is
 * held by every replica, at the same place of the same history.
 */
class ReplicaTest {
    private static final long SEED = 88_101L;
    private static final int RUNS = 30;
    private static final int STEPS = 300;
    private static final BucketLimits LIMITS = new BucketLimits(20, 1 << 30, 1L << 40, 3, 10_000);

    /** A replica, and the history that the test knows it to have applied. */
    private static final class Replica {
        final long node;
        long term;
        Bucket bucket = new Bucket(LIMITS);
        List<String> history = new ArrayList<>();

        Replica(long node) {
            this.node = node;
        }
    }

    /** A sender with the batch that it repeats until it is confirmed. */
    private static final class Sender {
        final ShardAddress address;
        long sequence;
        Batch current;

        Sender(ShardAddress address) {
            this.address = address;
        }
    }

    private record Late(Replica target, Batch batch, Step step) {}

    private final List<Replica> replicas = new ArrayList<>();
    private final List<Sender> senders = new ArrayList<>();
    private final List<Late> late = new ArrayList<>();
    private final Map<String, String> confirmedAnswers = new HashMap<>();
    private RandomCommands commands = new RandomCommands(0);
    private RandomGenerator random = commands.random;
    private ModelBucket model = new ModelBucket(LIMITS);
    private long now;
    private int confirmed;

    @Test
    void whatIsConfirmedIsHeldByEveryReplicaInTheSameOrder() {
        int total = 0;
        for (int run = 0; run < RUNS; run++) {
            long seed = SEED + run;
            begin(seed);
            for (int i = 0; i < STEPS; i++) {
                step("seed " + seed + ", step " + i);
            }
            settle("seed " + seed + ", settled");
            total += confirmed;
        }
        // Else the faults left nothing to check.
        assertThat(total).isGreaterThan(RUNS * STEPS / 10);
    }

    private void begin(long seed) {
        commands = new RandomCommands(seed);
        random = commands.random;
        model = new ModelBucket(LIMITS);
        now = 1_000_000;
        confirmed = 0;
        replicas.clear();
        senders.clear();
        late.clear();
        confirmedAnswers.clear();
        for (int i = 0; i < 3; i++) {
            replicas.add(new Replica(500 + i));
            senders.add(new Sender(new ShardAddress(700 + i, i)));
        }
    }

    private void step(String context) {
        now += random.nextInt(500);
        if (random.nextInt(8) == 0) {
            // A new owner: the first replica is the owner.
            replicas.add(0, replicas.remove(1 + random.nextInt(2)));
        }
        if (random.nextInt(8) == 0) {
            replicas.get(0).term = now;
        }
        if (random.nextInt(100) == 0) {
            Replica restarted = replicas.get(random.nextInt(3));
            restarted.bucket = TestBucket.copy(restarted.bucket, LIMITS);
        }
        if (!late.isEmpty() && random.nextInt(4) == 0) {
            Late straggler = late.remove(random.nextInt(late.size()));
            replicate(straggler.target(), straggler.batch(), straggler.step());
        }
        attempt(senders.get(random.nextInt(senders.size())), random.nextInt(3) > 0, context);
    }

    /** One try of a sender's batch; faults only where they are wanted. */
    private void attempt(Sender sender, boolean faults, String context) {
        if (sender.current == null) {
            sender.current = nextBatch(sender);
        }
        Batch batch = sender.current;
        Replica owner = replicas.get(0);
        BucketVersion before = owner.bucket.version();
        Standing standing = new Standing(owner.node, owner.term, true, node -> true, now);
        BatchOutcome outcome = owner.bucket.apply(TestBucket.throughCodec(batch), standing);
        assertThat(outcome).describedAs(context).isInstanceOf(BatchOutcome.Applied.class);
        BatchOutcome.Applied applied = (BatchOutcome.Applied) outcome;
        if (!owner.bucket.version().equals(before)) {
            owner.history.add(entry(batch, applied.step()));
        }
        boolean all = true;
        for (Replica backup : replicas.subList(1, 3)) {
            all &= backUp(owner, backup, batch, applied.step(), faults);
        }
        if (all) {
            confirm(sender, batch, applied, context);
        }
    }

    private Batch nextBatch(Sender sender) {
        List<Command> list = new ArrayList<>();
        for (int i = random.nextInt(4); i >= 0; i--) {
            list.add(random.nextInt(5) == 0 ? commands.shared(now) : commands.next(model, sender.address, now));
        }
        sender.sequence++;
        return new Batch(sender.address, sender.sequence, now, list);
    }

    private boolean backUp(Replica owner, Replica backup, Batch batch, Step step, boolean faults) {
        int fault = faults ? random.nextInt(6) : 5;
        if (fault == 0) {
            return false;
        }
        if (fault == 1) {
            late.add(new Late(backup, batch, step));
            return false;
        }
        boolean done = replicate(backup, batch, step);
        if (fault == 2) {
            late.add(new Late(backup, batch, step));
        }
        if (!done && fault != 3) {
            backup.bucket = TestBucket.copy(owner.bucket, LIMITS);
            backup.history = new ArrayList<>(owner.history);
            done = true;
        }
        // The answer may be lost on its way.
        return done && fault != 4;
    }

    private boolean replicate(Replica backup, Batch batch, Step step) {
        BucketVersion before = backup.bucket.version();
        boolean done = backup.bucket.replicate(TestBucket.throughCodec(batch), step);
        if (!backup.bucket.version().equals(before)) {
            assertThat(done).isTrue();
            backup.history.add(entry(batch, step));
        }
        return done;
    }

    private void confirm(Sender sender, Batch batch, BatchOutcome.Applied applied, String context) {
        String entry = entry(batch, applied.step());
        int place = replicas.get(0).history.indexOf(entry);
        assertThat(place).describedAs(context).isNotNegative();
        List<String> history = replicas.get(0).history.subList(0, place + 1);
        for (Replica replica : replicas) {
            assertThat(replica.history.size()).describedAs(context).isGreaterThan(place);
            assertThat(replica.history.subList(0, place + 1))
                    .describedAs(context)
                    .isEqualTo(history);
        }
        learn(batch);
        sender.current = null;
        confirmed++;
    }

    /** The model only guides the choice of commands; that it is behind at times makes epochs stale at times. */
    private void learn(Batch batch) {
        model.begin(batch.timeMillis());
        batch.commands().stream()
                .filter(command -> !(command instanceof SharedCommand))
                .forEach(model::apply);
    }

    private void settle(String context) {
        for (int round = 0; round < 2; round++) {
            for (Sender sender : senders) {
                attempt(sender, false, context);
            }
        }
        List<Long> digests = new ArrayList<>();
        replicas.forEach(replica -> digests.add(replica.bucket.digest()));
        assertThat(digests).describedAs(context).containsOnly(digests.get(0));
        assertThat(replicas.get(1).history).describedAs(context).isEqualTo(replicas.get(0).history);
    }

    private static String entry(Batch batch, Step step) {
        return batch.sender() + "#" + batch.sequence() + " by " + step.owner() + " to " + step.after();
    }
}
