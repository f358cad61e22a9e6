package io.covey.storage;

import io.covey.bucket.Batch;
import io.covey.bucket.BatchCodec;
import io.covey.bucket.BatchOutcome;
import io.covey.bucket.Bucket;
import io.covey.bucket.BucketLimits;
import io.covey.bucket.BucketVersion;
import io.covey.bucket.Command;
import io.covey.bucket.Result;
import io.covey.bucket.Standing;
import io.covey.bucket.Step;
import io.covey.protocol.ByteWriter;
import io.covey.protocol.Message;
import io.covey.protocol.Properties;
import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import io.covey.routing.Subscription;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Buckets that one thread changes at random, with a journal, and a memory of what they were at each version. */
final class TestNode {
    static final BucketLimits LIMITS = BucketLimits.DEFAULT;
    static final String NAME = "node-1";

    final int partitions;
    final Bucket[] buckets;
    final DiskJournal journal;
    final StorageDirectory directory;
    final List<RecoveredCopy> copies;
    private final Random random;
    private final long incarnation;
    private final long[] sequences;
    private final Step[] lastSteps;
    private final long[][] epochs;
    private final ByteWriter out = new ByteWriter(256);
    private long millis = 1_000_000;

    boolean remembers = true;

    /** What each bucket was at each version. */
    final Map<String, Long> digests = new ConcurrentHashMap<>();

    /** The version of each bucket up to which this node has confirmed. */
    final BucketVersion[] confirmed;

    /** Opens the directory as a start does and goes on with what it holds. */
    TestNode(Disk disk, int partitions, StorageSettings settings, long seed) {
        this(disk, partitions, settings, seed, StorageEvents.NONE);
    }

    TestNode(Disk disk, int partitions, StorageSettings settings, long seed, StorageEvents events) {
        this.partitions = partitions;
        random = new Random(seed);
        incarnation = (seed & 0xFFFF_FFFFL) + 1;
        directory = StorageDirectory.open(disk, NAME, "", partitions);
        copies = directory.recover(LIMITS);
        journal = directory.begin(settings, events);
        buckets = new Bucket[partitions];
        confirmed = new BucketVersion[partitions];
        sequences = new long[partitions];
        lastSteps = new Step[partitions];
        epochs = new long[partitions][4];
        for (int i = 0; i < partitions; i++) {
            Bucket found = copies.get(i).bucket();
            buckets[i] = found == null ? new Bucket(LIMITS) : found;
            confirmed[i] = buckets[i].version();
            if (found != null && copies.get(i).isSound()) {
                journal.adopt(i, found);
            }
        }
    }

    /** Applies a batch to a bucket at random and writes it; true when it may be confirmed. */
    boolean step() {
        int partition = random.nextInt(partitions);
        List<Command> commands = new ArrayList<>();
        for (int i = random.nextInt(4); i >= 0; i--) {
            commands.add(command(partition));
        }
        return apply(partition, commands) && journal.flush();
    }

    /** Applies a batch and collects it. */
    boolean apply(int partition, List<Command> commands) {
        millis += random.nextInt(50);
        Batch batch = new Batch(new ShardAddress(incarnation, 0), ++sequences[partition], millis, commands);
        Standing standing = new Standing(incarnation, Standing.ALONE, true, node -> node == incarnation, millis);
        Bucket bucket = buckets[partition];
        BatchOutcome.Applied applied = (BatchOutcome.Applied) bucket.apply(batch, standing);
        List<Result> results = applied.result().results();
        for (int i = 0; i < results.size(); i++) {
            if (results.get(i) instanceof Result.Opened opened && commands.get(i) instanceof Command.OpenSession open) {
                epochs[partition][open.clientId().charAt(1) - '0'] = opened.epoch();
            }
        }
        if (remembers) {
            digests.put(partition + " " + bucket.version(), bucket.digest());
        }
        BatchCodec.write(batch, out.clear());
        lastSteps[partition] = applied.step();
        return journal.applied(partition, bucket, applied.step(), out.array(), out.size());
    }

    /** Applies the last batch of each bucket again, as a sender does that got no answer: nothing is to be written for that. */
    void repeatLast() {
        for (int partition = 0; partition < partitions; partition++) {
            if (lastSteps[partition] != null) {
                journal.applied(partition, buckets[partition], lastSteps[partition], new byte[0], 0);
            }
        }
    }

    /** Waits until everything that is written is on the device. */
    void awaitDurable() throws InterruptedException {
        CountDownLatch synced = new CountDownLatch(1);
        journal.whenDurable(synced::countDown);
        if (!synced.await(30, TimeUnit.SECONDS)) {
            throw new AssertionError("not synced");
        }
    }

    /** Whether no partition would refuse a batch now. */
    boolean isWritable() {
        boolean writable = true;
        for (int partition = 0; partition < partitions; partition++) {
            writable &= journal.isWritable(partition, buckets[partition]);
        }
        return writable;
    }

    void confirmAll() {
        for (int i = 0; i < partitions; i++) {
            confirmed[i] = buckets[i].version();
        }
    }

    private Command command(int partition) {
        int client = random.nextInt(4);
        String id = "c" + client;
        long epoch = epochs[partition][client];
        return switch (random.nextInt(8)) {
            case 0 ->
                new Command.OpenSession(
                        id, new ShardAddress(incarnation, 0), false, 1_000, 10, null, Command.OpenSession.AT_ONCE);
            case 1 ->
                new Command.Subscribe(
                        id,
                        epoch,
                        List.of(new Subscription("t/" + random.nextInt(3), QoS.EXACTLY_ONCE, false, false, 0, 0)));
            case 2 -> new Command.Acknowledge(id, epoch, new long[] {1 + random.nextInt(100)}, new long[0]);
            case 3 -> new Command.Retain(message(random.nextInt(3) == 0 ? 0 : 20, true), null);
            case 4 -> new Command.Receive(id, epoch, 1 + random.nextInt(20));
            case 5 -> new Command.Tick();
            default -> new Command.Append(message(random.nextInt(200), false), "publisher", null);
        };
    }

    private Message message(int bytes, boolean retain) {
        byte[] payload = new byte[bytes];
        random.nextBytes(payload);
        return new Message(
                "t/" + random.nextInt(3), payload, QoS.AT_LEAST_ONCE, retain, Properties.EMPTY, millis, Message.NEVER);
    }

    /** Ends the threads as the end of the process would. */
    void abandon() {
        journal.close();
    }
}
