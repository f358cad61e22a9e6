package io.covey.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a directory that is not as it was left says, and what it still gives. */
class DamageTest {
    private static final StorageSettings SMALL = new StorageSettings(Durability.FSYNC, 0, 1 << 20, 4_096);
    private static final int PARTITIONS = 3;

    private final MemoryDisk disk = new MemoryDisk();

    /** A directory of a node that was stopped in order, with several segments. */
    private TestNode filled() {
        TestNode node = new TestNode(disk, PARTITIONS, SMALL, 7);
        for (int i = 0; i < 400; i++) {
            node.step();
        }
        node.abandon();
        return node;
    }

    private static List<String> segments(MemoryDisk of) throws Exception {
        return of.list().stream().filter(name -> LogFormat.base(name) >= 0).toList();
    }

    private static String newestSegment(MemoryDisk of) throws Exception {
        List<String> segments = segments(of);
        return segments.get(segments.size() - 1);
    }

    private String segment(int index) throws Exception {
        return segments(disk).get(index);
    }

    /** A place in a batch: what stands where depends on how often the device was synced meanwhile, and a mark of that hits no bucket. */
    private int firstBatch(String segment) throws Exception {
        byte[] bytes = disk.read(segment);
        int at = LogFormat.HEADER_BYTES;
        while (bytes[at + 1] != LogFormat.BATCH) {
            at += LogFormat.RECORD_HEADER_BYTES + LogFormat.bodyLength(bytes, at, LogFormat.base(segment));
        }
        return at + LogFormat.RECORD_HEADER_BYTES;
    }

    private List<RecoveredCopy> recover() {
        return directory().recover(TestNode.LIMITS);
    }

    private StorageDirectory directory() {
        return StorageDirectory.open(disk, TestNode.NAME, "", PARTITIONS);
    }

    @Test
    void whatWasStoppedInOrderIsWholeAndEqual() {
        TestNode node = filled();

        StorageDirectory directory = directory();
        for (RecoveredCopy copy : directory.recover(TestNode.LIMITS)) {
            assertThat(copy.isSound()).isTrue();
            assertThat(copy.bucket().digest()).isEqualTo(node.buckets[copy.partition()].digest());
        }
        assertThat(directory.faults()).isEmpty();
    }

    /** A loss of power may leave the name of a segment and nothing of its header; the one that is begun instead stands behind it. */
    @Test
    void aSegmentWhoseHeaderWasLostLeavesNoGap() throws Exception {
        filled();
        String newest = newestSegment(disk);
        long end = LogFormat.base(newest) + disk.size(newest);
        disk.put(LogFormat.name(end + 1_000), new byte[600]);
        disk.reboot();

        TestNode next = new TestNode(disk, PARTITIONS, SMALL, 8);
        for (int i = 0; i < 20; i++) {
            next.step();
        }
        next.abandon();
        StorageDirectory directory = directory();
        assertThat(directory.recover(TestNode.LIMITS)).allMatch(RecoveredCopy::isSound);
        assertThat(directory.faults()).isEmpty();
    }

    @Test
    void whatAKilledProcessHadNotSyncedIsOnTheDeviceBeforeTheNextOneSaysSo() throws Exception {
        for (int seed = 0; seed < 10; seed++) {
            MemoryDisk machine = new MemoryDisk();
            TestNode killed = new TestNode(machine, PARTITIONS, SMALL, seed);
            machine.syncFails(true);
            for (int i = 0; i < 50; i++) {
                killed.step();
            }
            killed.abandon();
            machine.syncFails(false);

            TestNode next = new TestNode(machine, PARTITIONS, SMALL, seed + 100);
            for (int i = 0; i < 20; i++) {
                next.step();
            }
            next.awaitDurable();
            next.confirmAll();
            for (int i = 0; i < 20; i++) {
                next.step(); // a mark that says so is behind what is synced
            }
            next.awaitDurable();
            MemoryDisk left = machine.afterPowerLoss(new Random(seed));
            next.abandon();

            StorageDirectory directory = StorageDirectory.open(left, TestNode.NAME, "", PARTITIONS);
            for (RecoveredCopy copy : directory.recover(TestNode.LIMITS)) {
                assertThat(copy.damage())
                        .as("seed " + seed + " " + directory.faults())
                        .isNull();
                assertThat(copy.bucket().version()).isGreaterThanOrEqualTo(next.confirmed[copy.partition()]);
            }
            assertThat(directory.faults()).as("seed " + seed).allMatch(Fault::harmless);
        }
    }

    @Test
    void aFlippedBitInTheMiddleIsReportedAndTheBucketsThatItHitAreMarked() throws Exception {
        filled();
        disk.flipBit(segment(1), firstBatch(segment(1)));

        StorageDirectory directory = directory();
        List<RecoveredCopy> copies = directory.recover(TestNode.LIMITS);

        assertThat(directory.faults()).anySatisfy(fault -> {
            assertThat(fault.harmless()).isFalse();
            assertThat(fault.toString()).startsWith(segment(1) + ": corrupt from position ");
        });
        assertThat(copies).anyMatch(copy -> !copy.isSound());
        assertThat(copies).allMatch(copy -> copy.bucket() != null);
    }

    @Test
    void anEmptyOrMissingSegmentInTheMiddleIsReported() throws Exception {
        filled();
        String name = segment(1);
        disk.put(name, new byte[0]);
        assertThat(recover()).anyMatch(copy -> !copy.isSound());

        disk.delete(name);
        assertThat(recover()).anyMatch(copy -> !copy.isSound());
    }

    @Test
    void aCorruptSnapshotCostsItsPartitionOnly() throws Exception {
        filled();
        String snapshot = disk.list().stream()
                .filter(name -> name.startsWith("p00001-"))
                .findFirst()
                .orElseThrow();
        disk.flipBit(snapshot, (int) disk.size(snapshot) - 1);

        List<RecoveredCopy> copies = recover();

        assertThat(copies.get(0).isSound()).isTrue();
        assertThat(copies.get(1).isSound()).isFalse();
        assertThat(copies.get(2).isSound()).isTrue();
    }

    @Test
    void aTruncatedSnapshotIsNoSnapshot() throws Exception {
        filled();
        String snapshot = disk.list().stream()
                .filter(name -> name.startsWith("p00002-"))
                .findFirst()
                .orElseThrow();
        for (long size : new long[] {disk.size(snapshot) - 1, 20, 0}) {
            disk.truncate(snapshot, size);
            assertThat(recover().get(2).isSound()).isFalse();
        }
    }

    @Test
    void aTailThatWasNeverSyncedIsCutAndTheNodeGoesOnBehindIt() throws Exception {
        TestNode node = new TestNode(disk, PARTITIONS, SMALL, 7);
        node.step();
        node.awaitDurable();
        node.confirmAll();
        disk.syncFails(true);
        for (int i = 0; i < 20; i++) {
            node.step();
        }
        MemoryDisk left = disk.afterKill();
        String last = newestSegment(left);
        left.flipBit(last, (int) left.size(last) - 30);
        left.reboot();
        disk.syncFails(false);
        node.abandon();

        TestNode again = new TestNode(left, PARTITIONS, SMALL, 8);
        assertThat(again.directory.faults()).isNotEmpty().allMatch(Fault::harmless);
        for (int i = 0; i < 50; i++) {
            assertThat(again.step()).isTrue();
        }
        again.abandon();

        TestNode third = new TestNode(left, PARTITIONS, SMALL, 9);
        assertThat(third.directory.faults()).isEmpty();
        for (RecoveredCopy copy : third.copies) {
            if (copy.bucket() != null) {
                assertThat(copy.bucket().digest()).isEqualTo(again.buckets[copy.partition()].digest());
            }
        }
        third.abandon();
    }

    /** A directory of a process that was killed with records behind the last sync; returns the newest segment's name. */
    private String killedWithUnsyncedRecords() throws Exception {
        TestNode node = new TestNode(disk, PARTITIONS, SMALL, 7);
        node.step();
        node.awaitDurable();
        disk.syncFails(true);
        for (int i = 0; i < 6; i++) {
            node.step();
        }
        disk.replaceBy(disk.afterKill());
        node.abandon();
        return segment(0);
    }

    @Test
    void behindTheLastSyncAKilledProcessLeavesATornEndAndEverythingElseIsCorrupt() throws Exception {
        String last = killedWithUnsyncedRecords();
        long whole = disk.size(last);
        byte[] bytes = disk.read(last);

        disk.truncate(last, whole - 3);
        StorageDirectory torn = directory();
        torn.recover(TestNode.LIMITS);
        assertThat(torn.faults()).singleElement().satisfies(fault -> {
            assertThat(fault.harmless()).isTrue();
            assertThat(fault.text())
                    .startsWith("the log is cut at position ")
                    .endsWith("; what followed was never synced");
        });

        for (int back : new int[] {1, 300}) {
            disk.put(last, bytes.clone());
            disk.flipBit(last, (int) whole - back);
            StorageDirectory corrupt = directory();
            List<RecoveredCopy> copies = corrupt.recover(TestNode.LIMITS);
            assertThat(corrupt.faults()).singleElement().satisfies(fault -> {
                assertThat(fault.harmless()).isFalse();
                assertThat(fault.text()).startsWith("corrupt from position ");
            });
            assertThat(copies).anyMatch(copy -> copy.damage() != null);
        }
    }

    @Test
    void afterALossOfPowerItIsCutWithAWordOnWhatWasSoundBehindIt() throws Exception {
        String last = killedWithUnsyncedRecords();
        disk.flipBit(last, (int) disk.size(last) - 300);
        disk.reboot();

        StorageDirectory directory = directory();
        List<RecoveredCopy> copies = directory.recover(TestNode.LIMITS);

        assertThat(directory.faults()).singleElement().satisfies(fault -> {
            assertThat(fault.harmless()).isTrue();
            assertThat(fault.text())
                    .matches("the log is cut at position [0-9]+; what followed was never synced; [0-9]+ sound"
                            + " records behind it go, too: the power was lost, or this place is corrupt");
        });
        assertThat(copies).noneMatch(copy -> copy.damage() != null);
    }

    @Test
    void anotherNodesDirectoryIsRefused() {
        directory();

        assertThatThrownBy(() -> StorageDirectory.open(disk, "node-2", "", PARTITIONS))
                .isInstanceOf(StorageException.class)
                .hasMessage(
                        "storage.directory: memory belongs to the node 'node-1', and this is 'node-2'; give each node"
                                + " a directory of its own");
        assertThatThrownBy(() -> StorageDirectory.open(disk, TestNode.NAME, "shop", PARTITIONS))
                .hasMessageContaining("belongs to a node alone, and this is a node of the cluster 'shop'");
        assertThatThrownBy(() -> StorageDirectory.open(disk, TestNode.NAME, "", 5))
                .hasMessageContaining("was made for 3 partitions, and cluster.partitions says 5");
    }

    @Test
    void aNewerFormatIsRefusedInEveryFile() throws Exception {
        filled();
        String name = segment(1);
        byte[] segment = disk.read(name);
        segment[11] = 2;
        disk.put(name, segment);
        assertThatThrownBy(this::recover)
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("has format 2, this release reads up to 1; start the newer release again");

        disk.put(NodeIdentity.FILE, "covey-storage 2\nnode=node-1\n\ncrc32c=0\n".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(this::directory)
                .hasMessage(
                        "storage.directory: memory has format 2, this release reads up to 1; start the newer release again");
    }

    @Test
    void aBucketInTheFormOfANewerReleaseIsRefusedInOneLine() throws Exception {
        TestNode node = filled();
        byte[] bucket = node.buckets[1].written().toByteArray();
        bucket[0] = 99;
        new SnapshotFile(1, Long.MAX_VALUE, true).write(disk, node.buckets[1].version(), bucket, bucket.length);

        assertThatThrownBy(this::recover)
                .isInstanceOf(StorageException.class)
                .hasMessageMatching("storage.directory: memory: a bucket's snapshot has format 99, "
                        + "this release knows \\d+; start the newer release again");
    }

    @Test
    void aDirectoryThatLostItsIdentityIsNotTakenForANewOne() throws Exception {
        filled();
        disk.delete(NodeIdentity.FILE);

        assertThatThrownBy(this::directory).hasMessageContaining("holds data, but its covey.node is missing");
    }

    @Test
    void aCorruptIdentityIsRefused() throws Exception {
        directory();
        disk.flipBit(NodeIdentity.FILE, 25);

        assertThatThrownBy(this::directory).hasMessageContaining("fails its checksum");
    }

    @Test
    void aReadOnlyDirectoryIsRefused() {
        disk.readOnly(true);
        assertThatThrownBy(this::directory)
                .isInstanceOf(StorageException.class)
                .hasMessage("storage.directory: cannot use memory: Read-only file system");

        disk.readOnly(false);
        StorageDirectory directory = directory();
        disk.readOnly(true);
        directory.recover(TestNode.LIMITS);
        assertThatThrownBy(() -> directory.begin(SMALL, StorageEvents.NONE))
                .hasMessage("storage.directory: cannot write to memory: Read-only file system");
    }
}
