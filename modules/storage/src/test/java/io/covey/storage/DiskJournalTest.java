package io.covey.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.bucket.Bucket;
import io.covey.bucket.Command;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class DiskJournalTest {
    private static final StorageSettings OS = new StorageSettings(Durability.OS, 10_000, 60_000, 8_192);
    private static final StorageSettings FSYNC = new StorageSettings(Durability.FSYNC, 0, 60_000, 8_192);

    /** Of a reserve as small as these. */
    private static final long RESERVE_PIECE_BYTES = 512;

    private final MemoryDisk disk = new MemoryDisk();

    private static void await(BooleanSupplier condition) {
        await(() -> "", condition);
    }

    /** @param state what is told where the condition does not come true, beside what the journal's threads do */
    private static void await(Supplier<String> state, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("waited in vain; " + state.get() + "\n" + threads());
            }
            Thread.onSpinWait();
        }
    }

    private static String threads() {
        StringBuilder told = new StringBuilder();
        Thread.getAllStackTraces().forEach((thread, stack) -> {
            if (thread.getName().startsWith("covey-")) {
                told.append(thread)
                        .append("\n\tat ")
                        .append(Arrays.stream(stack).map(String::valueOf).collect(Collectors.joining("\n\tat ")))
                        .append('\n');
            }
        });
        return told.toString();
    }

    /** Something for each partition. */
    private static void fill(TestNode node) {
        for (int i = 0; i < 30; i++) {
            assertThat(node.step()).isTrue();
        }
    }

    private String state(TestNode node) {
        return node.journal.figures() + " usable=" + disk.usableBytes() + " files=" + disk.sizes();
    }

    @Test
    void churnAtAConstantBacklogKeepsTheDirectoryWithinThreeTimesTheLiveData() {
        TestNode node = new TestNode(disk, 3, OS, 3);
        node.remembers = false;
        for (int i = 0; i < 20_000; i++) {
            assertThat(node.step()).isTrue();
            if (i % 200 == 0) {
                // Meanwhile nothing is written: a real device is faster than its publishers, too.
                await(() -> state(node), () -> {
                    node.repeatLast();
                    StorageFigures figures = node.journal.figures();
                    long live = Math.max(OS.logBytesMin(), figures.snapshotBytes());
                    return figures.logBytes() < live + 2 * OS.segmentBytes()
                            && disk.totalBytes() - figures.reserveBytes() < 3 * live;
                });
            }
        }
        assertThat(disk.written()).isGreaterThan(2_000_000);
        node.abandon();
        TestNode again = new TestNode(disk, 3, OS, 4);
        for (int i = 0; i < 3; i++) {
            assertThat(again.buckets[i].digest()).isEqualTo(node.buckets[i].digest());
        }
        again.abandon();
    }

    @Test
    void aFullDiskIsToldBeforeAndAfterItIsFullAndWhatWasAppliedIsWrittenOnceThereIsSpace() {
        disk.room(30_000);
        TestNode node = new TestNode(disk, 3, OS, 5);
        assertThat(node.journal.isFull()).isFalse();

        while (disk.usableBytes() >= OS.reserveBytes()) {
            assertThat(node.step()).isTrue();
        }
        await(node.journal::isFull);
        assertThat(node.journal.flush())
                .as("the reserve can still be written to")
                .isTrue();
        // What is collected may be written in the end, by what compaction has kept for it or has made room for.
        await(() -> state(node), () -> !node.step() && !node.isWritable() && node.journal.isFull());

        disk.room(Long.MAX_VALUE);
        await(() -> !node.journal.isFull());
        assertThat(node.isWritable()).isTrue();
        assertThat(node.step()).isTrue();
        assertTakesBatchesAndIsSameAfterStart(node);
    }

    @Test
    void whereOthersHaveFilledTheDiskTheNodeGoesOnWithWhatItHasReservedAndTakesItAgainLater() {
        TestNode node = new TestNode(disk, 3, OS, 5);
        fill(node);
        await(() -> node.journal.figures().reserveBytes() == OS.reserveBytes() / 2);
        disk.room(0);

        for (int steps = 0; steps < 6; steps++) {
            node.step(); // where this fails because of a compaction, it is written after that
            await(() -> state(node), node::isWritable);
        }
        while (node.step()) {
            // Until it is used up, but for what is for compaction.
        }
        assertThat(node.journal.isFull()).isTrue();
        assertThat(node.journal.figures().reserveBytes())
                .as("the rest is for compaction, which may just have taken back a piece too much")
                .isLessThan(OS.reserveBytes() / 4 + RESERVE_PIECE_BYTES);

        disk.room(1 << 20);
        await(() -> !node.journal.isFull());
        assertThat(node.journal.figures().reserveBytes()).isEqualTo(OS.reserveBytes() / 2);
        assertThat(node.step()).isTrue();
        node.abandon();
        assertSameAfterStart(node);
    }

    /** Deliveries and acknowledgements make queues shorter: what the log has of them gives way to snapshots, in which they are not any more. */
    @ParameterizedTest
    @EnumSource(value = Durability.class, names = "MEMORY", mode = EnumSource.Mode.EXCLUDE)
    void whatDoesNotGrowGoesOnForGoodOnAFullDisk(Durability durability) {
        StorageSettings settings = new StorageSettings(durability, 40_000, 60_000, 8_192);
        TestNode node = new TestNode(disk, 3, settings, 5);
        fill(node);
        await(() -> state(node), () -> node.journal.figures().reserveBytes() == settings.reserveBytes() / 2);
        disk.room(0);

        for (int batch = 0; batch < 3_000; batch++) { // several times what there is room for
            await(() -> state(node), node::isWritable); // else owners refuse
            assertThat(node.apply(batch % node.partitions, List.of(new Command.Tick())))
                    .isTrue();
            node.journal.flush();
        }

        assertThat(node.journal.isFull()).as("still nothing new").isTrue();
        await(() -> state(node), node::isWritable);
        node.directory.left(true); // what is noted of the node itself has room, too
        node.abandon();
        disk.room(Long.MAX_VALUE);
        assertSameAfterStart(node);
    }

    /** Whose batches are refused are written down all the same: nothing else makes room, and what was given up for the log would be used up. */
    @Test
    void aPartitionWhoseBatchesAreAllRefusedHoldsUpNoOthersOnAFullDisk() {
        StorageSettings settings = new StorageSettings(Durability.OS, 40_000, 60_000, 8_192);
        TestNode node = new TestNode(disk, 3, settings, 5);
        fill(node);
        await(() -> state(node), () -> node.journal.figures().reserveBytes() == settings.reserveBytes() / 2);
        disk.room(0);

        for (int batch = 0; batch < 3_000; batch++) {
            await(() -> state(node), node::isWritable);
            assertThat(node.apply(0, List.of(new Command.Tick()))).isTrue();
            node.journal.flush();
        }
        await(() -> state(node), node::isWritable);
        node.abandon();
        disk.room(Long.MAX_VALUE);
        assertSameAfterStart(node);
    }

    @Test
    void aLogThatCannotBeWrittenCollectsNothingMore() throws Exception {
        TestNode node = new TestNode(disk, 3, FSYNC, 5);
        fill(node);
        disk.room(0);
        await(() -> !node.step());
        node.awaitDurable(); // with a mark for what was written before, and perhaps one by a sync that had begun
        long before = node.journal.figures().logBytes();

        for (int i = 0; i < 5; i++) {
            node.awaitDurable();
        }

        assertThat(node.journal.figures().logBytes()).as("no mark more").isEqualTo(before);
        disk.room(Long.MAX_VALUE);
        await(node::isWritable);
        assertTakesBatchesAndIsSameAfterStart(node);
    }

    private static StorageEvents tellFull(List<Boolean> told) {
        return new StorageEvents() {
            @Override
            public void full(boolean now) {
                told.add(now);
            }
        };
    }

    /** The thread that watches the space stands still between its looks and what it tells of them. */
    @Test
    void aWriteThatFailsIsNotTakenBackByWhatWasSeenBeforeIt() throws Exception {
        List<Boolean> told = new CopyOnWriteArrayList<>();
        TestNode node = new TestNode(disk, 3, new StorageSettings(Durability.OS, 0, 60_000, 8_192), 5, tellFull(told));
        fill(node);
        SynchronousQueue<String> looks = new SynchronousQueue<>();
        disk.onUsable(() -> {
            if (Thread.currentThread().getName().equals("covey-snapshots")) {
                try {
                    looks.put("begins");
                    looks.put("goes on");
                } catch (InterruptedException ending) {
                    Thread.currentThread().interrupt();
                }
            }
        });

        assertThat(looks.poll(30, TimeUnit.SECONDS)).isEqualTo("begins");
        disk.readOnly(true);
        assertThat(node.step()).isFalse();
        assertThat(looks.poll(30, TimeUnit.SECONDS)).isEqualTo("goes on");
        assertThat(looks.poll(30, TimeUnit.SECONDS)).isEqualTo("begins");

        assertThat(node.journal.isFull()).isTrue();
        assertThat(told).containsExactly(true);
        disk.onUsable(() -> {});
        disk.readOnly(false);
        assertThat(looks.poll(30, TimeUnit.SECONDS)).isEqualTo("goes on");
        await(told::toString, () -> told.size() == 2);
        assertThat(told).containsExactly(true, false);
        assertThat(node.journal.isFull()).isFalse();
        node.abandon();
    }

    @Test
    void aWriteThatFailsOnceIsToldAndThatItIsOver() {
        List<Boolean> told = new CopyOnWriteArrayList<>();
        TestNode node = new TestNode(disk, 3, OS, 5, tellFull(told));
        fill(node);

        disk.readOnly(true);
        assertThat(node.step()).isFalse();
        assertThat(node.isWritable()).isFalse();
        disk.readOnly(false);
        assertThat(node.isWritable()).isTrue();

        await(told::toString, () -> told.size() == 2);
        assertThat(told).containsExactly(true, false);
        node.abandon();
    }

    @Test
    void aSegmentThatCouldNotBeBegunOnAFullDiskIsNoDamage() {
        for (int room = 9_000; room < 9_200; room += 10) {
            MemoryDisk small = new MemoryDisk();
            TestNode node = new TestNode(small, 3, FSYNC, 5);
            small.room(room);
            await(() -> !node.step());
            small.room(Long.MAX_VALUE);
            await(node::isWritable);
            for (int i = 0; i < 100; i++) {
                node.step();
            }
            node.abandon();
            TestNode again = new TestNode(small, 3, FSYNC, 6);
            assertThat(again.directory.faults()).isEmpty();
            assertThat(again.copies).allMatch(copy -> copy.damage() == null);
            again.abandon();
        }
    }

    private void assertTakesBatchesAndIsSameAfterStart(TestNode node) {
        for (int partition = 0; partition < 3; partition++) {
            assertThat(node.apply(partition, List.of(new Command.Tick()))).isTrue();
        }
        assertThat(node.journal.flush()).isTrue();
        node.abandon();
        assertSameAfterStart(node);
    }

    private void assertSameAfterStart(TestNode node) {
        TestNode again = new TestNode(disk, 3, OS, 6);
        for (int i = 0; i < 3; i++) {
            assertThat(again.copies.get(i).damage()).isNull();
            assertThat(again.buckets[i].digest()).isEqualTo(node.buckets[i].digest());
        }
        again.abandon();
    }

    @Test
    void withFsyncNothingIsDurableBeforeTheDeviceSaysSoAndAppendsGoOnMeanwhile() throws Exception {
        TestNode node = new TestNode(disk, 3, FSYNC, 7);
        CountDownLatch slow = new CountDownLatch(1);
        disk.onSync(() -> {
            try {
                slow.await();
            } catch (InterruptedException ending) {
                Thread.currentThread().interrupt();
            }
        });
        AtomicBoolean durable = new AtomicBoolean();
        CountDownLatch told = new CountDownLatch(1);

        assertThat(node.step()).isTrue();
        node.journal.whenDurable(() -> {
            durable.set(true);
            told.countDown();
        });
        for (int i = 0; i < 50; i++) {
            assertThat(node.step())
                    .as("a slow device does not hold up the partitions")
                    .isTrue();
        }

        assertThat(durable).isFalse();
        slow.countDown();
        assertThat(told.await(30, TimeUnit.SECONDS)).isTrue();
        node.abandon();
    }

    @Test
    void aSyncThatFailsTellsNobodyUntilOneSucceeds() throws Exception {
        TestNode node = new TestNode(disk, 3, FSYNC, 8);
        CountDownLatch failed = new CountDownLatch(2);
        disk.syncFails(true);
        disk.onSync(failed::countDown);
        CountDownLatch told = new CountDownLatch(1);

        node.step();
        node.journal.whenDurable(told::countDown);
        failed.await();
        assertThat(told.getCount()).isEqualTo(1);
        disk.syncFails(false);
        assertThat(told.await(30, TimeUnit.SECONDS)).isTrue();
        node.abandon();
    }

    @Test
    void aBucketThatCameFromElsewhereReplacesWhatWasHereAndADroppedOneIsGone() {
        TestNode node = new TestNode(disk, 3, OS, 9);
        for (int i = 0; i < 100; i++) {
            node.step();
        }
        TestNode other = new TestNode(new MemoryDisk(), 3, OS, 10);
        for (int i = 0; i < 50; i++) {
            other.step();
        }
        Bucket arrived = other.buckets[1];
        assertThat(arrived.version()).isLessThan(node.buckets[1].version());

        assertThat(node.journal.arrived(1, arrived)).isTrue();
        node.journal.dropped(2);
        node.abandon();
        other.abandon();

        TestNode again = new TestNode(disk, 3, OS, 11);
        assertThat(again.buckets[0].digest()).isEqualTo(node.buckets[0].digest());
        assertThat(again.buckets[1].digest()).isEqualTo(arrived.digest());
        assertThat(again.copies.get(2).bucket()).isNull();
        assertThat(again.copies.get(2).damage()).isNull();
        again.abandon();
    }
}
