package io.covey.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.bucket.Bucket;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Crashes at any byte that is written: what was confirmed is there again, and nothing that never was. */
class CrashTest {
    private static final StorageSettings OS = new StorageSettings(Durability.OS, 0, 20_000, 4_096);
    private static final StorageSettings FSYNC = new StorageSettings(Durability.FSYNC, 0, 20_000, 4_096);
    private static final int PARTITIONS = 3;

    @Test
    void afterAKillAtAnyByteEveryBucketIsAtAVersionThatItHadAndNotBeforeTheLastConfirmed() {
        for (int seed = 0; seed < 150; seed++) {
            Random random = new Random(seed);
            MemoryDisk disk = new MemoryDisk();
            for (int life = 0; life < 3; life++) {
                TestNode node = new TestNode(disk, PARTITIONS, OS, seed * 10L + life);
                disk.crashAfter(random.nextInt(random.nextBoolean() ? 3_000 : 120_000));
                for (int i = 0; i < 1_000 && node.step(); i++) {
                    node.confirmAll();
                }
                MemoryDisk left = disk.afterKill();
                node.abandon();
                verify(node, left, "seed " + seed + " life " + life);
                disk = left;
            }
        }
    }

    @Test
    void afterThePowerWasLostEveryBucketIsAtAVersionThatItHadAndNotBeforeTheLastThatWasSynced() throws Exception {
        for (int seed = 0; seed < 100; seed++) {
            Random random = new Random(seed);
            MemoryDisk disk = new MemoryDisk();
            for (int life = 0; life < 3; life++) {
                TestNode node = new TestNode(disk, PARTITIONS, FSYNC, seed * 10L + life);
                for (int i = random.nextInt(200); i >= 0; i--) {
                    node.step();
                }
                int[] shots = {random.nextInt(20)};
                while (shots[0]-- > 0) {
                    node.awaitDurable();
                    node.confirmAll();
                    for (int i = random.nextInt(10); i > 0; i--) {
                        node.step();
                    }
                }
                MemoryDisk left = disk.afterPowerLoss(random);
                node.abandon();
                verify(node, left, "seed " + seed + " life " + life);
                disk = left;
            }
        }
    }

    private static void verify(TestNode before, MemoryDisk left, String where) {
        StorageDirectory directory = StorageDirectory.open(left.afterKill(), TestNode.NAME, "", PARTITIONS);
        for (RecoveredCopy copy : directory.recover(TestNode.LIMITS)) {
            int partition = copy.partition();
            Bucket bucket = copy.bucket();
            if (bucket == null) {
                assertThat(before.confirmed[partition].number())
                        .as(where + " lost all")
                        .isZero();
                continue;
            }
            assertThat(copy.damage()).as(where + " " + directory.faults()).isNull();
            assertThat(bucket.version()).as(where).isGreaterThanOrEqualTo(before.confirmed[partition]);
            Long digest = before.digests.get(partition + " " + bucket.version());
            if (digest != null) {
                assertThat(bucket.digest()).as(where).isEqualTo(digest);
            } else {
                assertThat(bucket.version()).as(where + " unknown").isEqualTo(before.confirmed[partition]);
            }
        }
        assertThat(directory.faults()).as(where).allMatch(Fault::harmless);
    }
}
