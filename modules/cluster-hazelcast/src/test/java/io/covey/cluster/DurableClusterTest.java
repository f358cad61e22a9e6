package io.covey.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.bucket.Bucket;
import io.covey.bucket.BucketLimits;
import io.covey.bucket.BucketVersion;
import io.covey.bucket.Command;
import io.covey.cluster.AgreedSize.Size;
import io.covey.storage.DiskJournal;
import io.covey.storage.Durability;
import io.covey.storage.StorageDirectory;
import io.covey.storage.StorageEvents;
import io.covey.storage.StorageSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Members with disks: all of them end at once, and come back in any order. */
@Timeout(180)
class DurableClusterTest {
    @TempDir
    Path disks;

    private List<ClusterSettings> settings = TestMember.settings(3, 3, 1);
    private final List<TestMember> members = new ArrayList<>();
    private final List<ClusterSettings> damaged = new CopyOnWriteArrayList<>();
    private Durability durability = Durability.OS;
    private int recoveryMembers;

    @AfterEach
    void close() {
        members.forEach(TestMember::close);
    }

    private TestMember start(ClusterSettings each) {
        StorageDirectory directory = StorageDirectory.open(
                disks.resolve("n" + each.port()), "n" + each.port(), each.clusterName(), TestMember.PARTITIONS);
        var copies = directory.recover(BucketLimits.DEFAULT);
        if (copies.stream().anyMatch(copy -> copy.damage() != null)) {
            damaged.add(each);
        }
        DiskJournal journal = directory.begin(StorageSettings.of(durability), StorageEvents.NONE);
        ClusterStorage storage = new ClusterStorage(directory, journal, copies, durability, recoveryMembers, false);
        return new TestMember(each, storage, journal::close);
    }

    private void startAll() {
        members.addAll(TestMember.startAll(settings, this::start));
    }

    private TestMember startOne(int index) {
        TestMember member = start(settings.get(index));
        members.add(member);
        return member;
    }

    private void crashAll() {
        TestMember.crashTogether(members);
        members.clear();
    }

    /** Puts something into each bucket, and tells how far each is. */
    private Map<Integer, BucketVersion> fill(String topic) {
        TestMember sender = members.get(0);
        Map<Integer, BucketVersion> versions = new HashMap<>();
        for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
            TestCluster.session(sender, partition, "client-" + topic, topic);
            for (int i = 0; i < 20; i++) {
                sender.confirm(partition, TestCluster.append(topic + "/a", i));
            }
            versions.put(partition, version(partition));
        }
        return versions;
    }

    /** At the partition's owner. */
    private BucketVersion version(int partition) {
        return Replicas.of(members, partition, 0, Bucket::version);
    }

    private void assertHeld(Map<Integer, BucketVersion> versions) {
        TestMember.atRest(members);
        for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
            assertThat(version(partition)).isEqualTo(versions.get(partition));
            assertThat(Replicas.of(members, partition, 1, Bucket::digest))
                    .isEqualTo(Replicas.of(members, partition, 0, Bucket::digest));
        }
    }

    @ParameterizedTest
    @EnumSource(value = Durability.class, names = "MEMORY", mode = EnumSource.Mode.EXCLUDE)
    void allMembersEndAtOnceAndComeBackTogether(Durability tried) {
        durability = tried;
        startAll();
        Map<Integer, BucketVersion> versions = fill("t");
        List<Long> before = members.stream().map(member -> member.incarnation).toList();
        crashAll();

        startAll();

        assertHeld(versions);
        for (TestMember member : members) {
            assertThat(member.view.departed())
                    .as("connections of the earlier life have ended")
                    .contains(before.get(0));
        }
        fill("u");
        crashAll();
        startAll();
        fill("v");
    }

    @Test
    void whatIsCorruptOnOneDiskComesFromAnother() throws Exception {
        startAll();
        Map<Integer, BucketVersion> versions = fill("t");
        crashAll();
        ClusterSettings struck = settings.get(1);
        flipABitInTheMiddleOfTheLog(disks.resolve("n" + struck.port()));

        startAll();

        assertThat(damaged).containsExactly(struck);
        assertHeld(versions);
        Map<Integer, BucketVersion> later = fill("u");
        crashAll();
        startAll();
        assertHeld(later);
    }

    private static void flipABitInTheMiddleOfTheLog(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            Path log = files.filter(file -> file.toString().endsWith(".seg"))
                    .max(Comparator.comparing(file -> file.toFile().length()))
                    .orElseThrow();
            byte[] bytes = Files.readAllBytes(log);
            bytes[bytes.length / 2] ^= 1;
            Files.write(log, bytes);
        }
    }

    @Test
    void theClusterWaitsForAllMembersAndSaysSo() {
        startAll();
        Map<Integer, BucketVersion> versions = fill("t");
        crashAll();

        TestMember first = startOne(2);
        TestMember second = startOne(0);
        first.await(() -> first.node.waitsFor().contains("2 of 3 are here")
                || second.node.waitsFor().contains("2 of 3 are here"));
        assertThat(first.formed).isNotDone();
        assertThat(second.formed).isNotDone();

        startOne(1).awaitFormed();
        members.forEach(TestMember::awaitFormed);
        assertThat(first.node.waitsFor()).isEmpty();
        assertHeld(versions);
    }

    @Test
    void drainedNodesThatComeFirstDoNotStandForThoseThatHoldTheData() throws Exception {
        // Two steps down of the agreed size are a lease apart.
        settings = TestMember.settings(5, 5, 1, TestMember.TIMING.withLease(500));
        startAll();
        fill("t");
        List<TestMember> drained = List.copyOf(members.subList(3, 5));
        for (TestMember each : drained) {
            each.drain();
            each.crash();
            members.remove(each);
        }
        TestMember any = members.get(0);
        any.await(
                () -> any.view.nodes().size() == 3 && any.node.replicasBehind().isEmpty());
        // A disk that was told less waits for more.
        members.forEach(each -> each.await(() -> Size.of(each.storage.agreed()).nodes() == 3));
        Map<Integer, BucketVersion> versions = fill("u");
        crashAll();

        startOne(3);
        startOne(4);
        startOne(0);
        members.get(0).await(() -> members.stream()
                .anyMatch(each -> each.node.waitsFor().contains("1 of 3 are here, and 2 that were drained")));
        assertThat(members).noneMatch(each -> each.formed.isDone());
        assertThat(members.get(0).storage.isWritable(0, new Bucket(BucketLimits.DEFAULT)))
                .isFalse();

        startOne(1);
        startOne(2);
        members.forEach(TestMember::awaitFormed);
        assertHeld(versions);
        for (TestMember each : members) {
            assertThat(each.storage.hasLeft()).as("all belong again").isFalse();
            assertThat(each.storage.isWritable(0, new Bucket(BucketLimits.DEFAULT)))
                    .isTrue();
        }
        fill("v");
    }

    @Test
    void nodesThatCameLatelyAreWaitedForWhereTheyMayHoldAllCopiesOfAPartition() {
        settings = TestMember.settings(5, 3, 1);
        members.addAll(TestMember.startAll(settings.subList(0, 3), this::start));
        startOne(3);
        startOne(4);
        members.forEach(TestMember::awaitFormed);
        for (TestMember each : members) {
            each.await(() -> Size.of(each.storage.agreed()).nodes() >= 4
                    && each.node.replicasBehind().isEmpty());
        }
        Map<Integer, BucketVersion> versions = fill("t");
        crashAll();

        for (int first = 0; first < 3; first++) {
            startOne(first);
        }
        members.get(0).await(() -> members.stream()
                .anyMatch(each -> each.node.waitsFor().contains("recovery waits for")
                        && each.node.waitsFor().contains(": 3 of ")));
        assertThat(members).noneMatch(each -> each.formed.isDone());

        startOne(3);
        startOne(4);
        members.forEach(TestMember::awaitFormed);
        assertHeld(versions);
    }

    @Test
    void theOperatorsWordGoesOnWithoutAMemberAndWhatItHadIsOldWhenItComes() {
        startAll();
        fill("t");
        crashAll();
        recoveryMembers = 2;
        startOne(0);
        startOne(1);
        members.forEach(TestMember::awaitFormed);
        Map<Integer, BucketVersion> versions = fill("u");

        startOne(2).awaitFormed();
        TestMember.atRest(members);
        for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
            assertThat(version(partition)).isEqualTo(versions.get(partition));
        }

        // Each bucket changes once more: whoever holds it now has it on disk, also the one that came late.
        for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
            members.get(0).confirm(partition, new Command.Tick());
            versions.put(partition, version(partition));
        }
        recoveryMembers = 0;
        crashAll();
        startAll();
        assertHeld(versions);
    }

    @Test
    void allMembersAreToldOfOneFullDiskUntilItHasSpaceOrItsMemberIsGone() {
        startAll();
        TestMember full = members.get(1);

        full.node.storageFull(true);
        members.forEach(member -> member.await(() -> member.full));
        full.node.storageFull(false);
        members.forEach(member -> member.await(() -> !member.full));
        full.node.storageFull(true);
        members.forEach(member -> member.await(() -> member.full));
        members.remove(full);
        full.crash();
        members.forEach(member -> member.await(() -> !member.full));
    }

    @Test
    void aMemberThatIsNoReplicaDeletesItsOldCopyOnceTheReplicasHaveTheirs() {
        startAll();
        fill("t");
        TestMember gone = members.remove(0);
        gone.crash();
        fill("u");
        ClusterSettings again = gone.settings;
        TestMember late = start(again);
        members.add(late);
        late.awaitFormed();

        late.await(() -> {
            for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
                boolean replica = Replicas.isReplica(late, partition, 0) || Replicas.isReplica(late, partition, 1);
                if (!replica && late.node.mayHoldOnDisk(partition)) {
                    return false;
                }
            }
            return true;
        });
        Map<Integer, BucketVersion> versions = new HashMap<>();
        for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
            members.get(0).confirm(partition, new Command.Tick());
            versions.put(partition, version(partition));
        }
        crashAll();
        startAll();
        assertHeld(versions);
    }
}
