package io.covey.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.broker.BucketGateway;
import io.covey.bucket.Batch;
import io.covey.bucket.Bucket;
import io.covey.bucket.BucketLimits;
import io.covey.bucket.Command;
import io.covey.bucket.Result;
import io.covey.bucket.Step;
import io.covey.protocol.Message;
import io.covey.protocol.Properties;
import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import io.covey.routing.Subscription;
import io.covey.storage.BucketJournal;
import io.covey.storage.DiskJournal;
import io.covey.storage.Durability;
import io.covey.storage.StorageDirectory;
import io.covey.storage.StorageEvents;
import io.covey.storage.StorageSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A node alone and its disk: what a day of traffic leaves on it, and what a disk that does not answer holds up. */
@Timeout(120)
class LocalBucketsOnDiskTest {
    private static final int PARTITIONS = 4;
    private static final int BACKLOG = 200;
    private static final int MESSAGE_BYTES = 4 << 10;
    private static final long LIVE_BYTES = (long) PARTITIONS * BACKLOG * MESSAGE_BYTES;

    /** So many times is everything that is live replaced: a day of a broker that delivers its backlog every quarter of an hour. */
    private static final int TURNOVERS = 100;

    @TempDir
    Path disk;

    private final TestLoop loop = new TestLoop("shard-0");
    private final long[] sequences = new long[PARTITIONS];
    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
        loop.close();
    }

    private BucketGateway gateway(BucketJournal journal) {
        List<Bucket> empty = Stream.generate(() -> new Bucket(BucketLimits.DEFAULT))
                .limit(PARTITIONS)
                .toList();
        BucketLoad load = new BucketLoad(PARTITIONS, Long.MAX_VALUE / 2, (reason, count) -> {});
        LocalBuckets buckets = new LocalBuckets(empty, journal, load, System::currentTimeMillis, (reason, cause) -> {
            throw new AssertionError(reason, cause);
        });
        open.add(buckets);
        buckets.begin(1);
        return buckets.gateway(loop);
    }

    private Batch batch(int partition, List<Command> commands) {
        return new Batch(new ShardAddress(1, 0), ++sequences[partition], System.currentTimeMillis(), commands);
    }

    private List<Result> confirm(BucketGateway gateway, int partition, List<Command> commands) {
        Answers answer = Answers.of(gateway, loop, partition, batch(partition, commands), false);
        assertThat(answer).isInstanceOf(Answers.Confirmed.class);
        return ((Answers.Confirmed) answer).result().results();
    }

    private static Command append() {
        return new Command.Append(
                new Message(
                        "t",
                        new byte[MESSAGE_BYTES],
                        QoS.AT_LEAST_ONCE,
                        false,
                        Properties.EMPTY,
                        System.currentTimeMillis(),
                        Message.NEVER),
                "publisher",
                null);
    }

    private long open(BucketGateway gateway, int partition) {
        Result.Opened opened = (Result.Opened) confirm(
                        gateway,
                        partition,
                        List.of(new Command.OpenSession(
                                "c", new ShardAddress(1, 0), false, 3_600, BACKLOG, null, Command.OpenSession.AT_ONCE)))
                .get(0);
        Subscription subscription = new Subscription("t", QoS.AT_LEAST_ONCE, false, false, 0, 0);
        confirm(gateway, partition, List.of(new Command.Subscribe("c", opened.epoch(), List.of(subscription))));
        return opened.epoch();
    }

    private long directoryBytes() throws IOException {
        long bytes = 0;
        try (Stream<Path> files = Files.list(disk)) {
            for (Path file : files.toList()) {
                try {
                    bytes += Files.size(file);
                } catch (IOException deletedMeanwhile) {
                    continue;
                }
            }
        }
        return bytes;
    }

    @Test
    void aDaysChurnAtAConstantBacklogKeepsTheDirectoryWithinThreeTimesTheLiveData() throws Exception {
        StorageDirectory directory = StorageDirectory.open(disk, "n", "", PARTITIONS);
        directory.recover(BucketLimits.DEFAULT);
        DiskJournal journal =
                directory.begin(new StorageSettings(Durability.OS, 0, 1 << 20, 128 << 10), StorageEvents.NONE);
        BucketGateway gateway = gateway(journal);
        open.add(journal);
        long[] epochs = new long[PARTITIONS];
        for (int partition = 0; partition < PARTITIONS; partition++) {
            epochs[partition] = open(gateway, partition);
            confirm(
                    gateway,
                    partition,
                    Stream.generate(LocalBucketsOnDiskTest::append)
                            .limit(BACKLOG)
                            .toList());
        }

        long largest = 0;
        int each = 50;
        for (int round = 0; round < TURNOVERS * BACKLOG / each; round++) {
            long oldest = 1 + (long) round * each;
            for (int partition = 0; partition < PARTITIONS; partition++) {
                List<Command> commands = new ArrayList<>();
                long[] released = LongStream.range(oldest, oldest + each).toArray();
                commands.add(new Command.Acknowledge("c", epochs[partition], released, new long[0]));
                commands.addAll(Stream.generate(LocalBucketsOnDiskTest::append)
                        .limit(each)
                        .toList());
                List<Result> results = confirm(gateway, partition, commands);
                assertThat(((Result.Appended) results.get(each)).deliveries()).hasSize(1);
            }
            largest = Math.max(largest, directoryBytes());
            // Nobody publishes faster for hours than the disk can be tidied; buckets get their ticks.
            while (journal.figures().logBytes() > LIVE_BYTES + (1 << 20)) {
                for (int partition = 0; partition < PARTITIONS; partition++) {
                    confirm(gateway, partition, List.of(new Command.Tick()));
                }
            }
        }

        assertThat(largest).as("of at most %d", 3 * LIVE_BYTES).isBetween(LIVE_BYTES, 3 * LIVE_BYTES);
    }

    /** A disk that does not come back from a write until it is told to. */
    private static final class Stuck implements BucketJournal {
        final CountDownLatch free = new CountDownLatch(1);

        @Override
        public boolean keeps() {
            return true;
        }

        @Override
        public boolean isWritable(int partition, Bucket bucket) {
            return true;
        }

        @Override
        public boolean applied(int partition, Bucket bucket, Step step, byte[] batch, int length) {
            return true;
        }

        @Override
        public boolean arrived(int partition, Bucket bucket) {
            return true;
        }

        @Override
        public boolean holds(int partition, Bucket bucket) {
            return true;
        }

        @Override
        public void dropped(int partition) {}

        @Override
        public boolean flush() {
            try {
                free.await();
            } catch (InterruptedException closing) {
                Thread.currentThread().interrupt();
            }
            return true;
        }

        @Override
        public void whenDurable(Runnable then) {
            then.run();
        }
    }

    @Test
    void aDiskThatDoesNotAnswerHoldsUpAnswersAndNotTheLoop() {
        Stuck stuck = new Stuck();
        BucketGateway gateway = gateway(stuck);
        CompletableFuture<Answers> first =
                Answers.submit(gateway, loop, 0, batch(0, List.of(new Command.Tick())), false);
        List<CompletableFuture<Answers>> more = new ArrayList<>();
        for (int i = 0; i < LocalBuckets.WAITING_MAX + 600; i++) {
            more.add(Answers.submit(gateway, loop, 1, batch(1, List.of(new Command.Tick())), false));
        }

        // The loop goes on, and what there is no room for is answered at once: its lane tries it again.
        assertThat(more.get(more.size() - 1).join()).isInstanceOf(Answers.Unknown.class);
        assertThat(loop.call(() -> first.isDone() || more.get(0).isDone())).isFalse();

        stuck.free.countDown();
        assertThat(first.join()).isInstanceOf(Answers.Confirmed.class);
        assertThat(more.get(0).join()).isInstanceOf(Answers.Confirmed.class);
    }
}
