package io.covey.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.bucket.Batch;
import io.covey.bucket.Bucket;
import io.covey.bucket.BucketLimits;
import io.covey.bucket.BucketVersion;
import io.covey.bucket.Command;
import io.covey.storage.DiskJournal;
import io.covey.storage.Durability;
import io.covey.storage.StorageDirectory;
import io.covey.storage.StorageEvents;
import io.covey.storage.StorageSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Partitions all of whose holders were down, while other members stayed up. */
@Timeout(180)
class LostBucketsTest {
    @TempDir
    Path disks;

    private boolean inMemory;
    private List<ClusterSettings> settings = List.of();
    private final List<TestMember> members = new ArrayList<>();
    private final List<TestMember> started = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        started.forEach(TestMember::close);
    }

    private void startAll(int count) {
        startAll(count, TestMember.TIMING);
    }

    private void startAll(int count, ClusterSettings.Timing timing) {
        settings = TestMember.settings(count, count, 1, timing);
        members.addAll(TestMember.startAll(settings, this::start));
    }

    private TestMember start(ClusterSettings each) {
        TestMember member =
                inMemory ? new TestMember(each, ClusterStorage.inMemory(0, true), () -> {}) : startWithDisk(each);
        started.add(member);
        return member;
    }

    private TestMember startWithDisk(ClusterSettings each) {
        StorageDirectory directory = StorageDirectory.open(
                disks.resolve("n" + each.port()), "n" + each.port(), each.clusterName(), TestMember.PARTITIONS);
        var copies = directory.recover(BucketLimits.DEFAULT);
        DiskJournal journal = directory.begin(StorageSettings.of(Durability.OS), StorageEvents.NONE);
        ClusterStorage storage = new ClusterStorage(directory, journal, copies, Durability.OS, 0, false);
        return new TestMember(each, storage, journal::close);
    }

    private TestMember startAgain(TestMember ended) {
        TestMember member = start(ended.settings);
        members.add(member);
        member.awaitFormed();
        return member;
    }

    /** Ends members at the same moment. */
    private void crash(List<TestMember> ending) {
        members.removeAll(ending);
        TestMember.crashTogether(ending);
    }

    /** Of a cluster at rest. */
    private TestMember replica(int partition, int index) {
        return members.stream()
                .filter(member -> Replicas.isReplica(member, partition, index))
                .findFirst()
                .orElseThrow();
    }

    /** At the partition's owner. */
    private BucketVersion version(int partition) {
        return Replicas.of(members, partition, 0, Bucket::version);
    }

    private void atRest() {
        TestMember.atRest(members);
    }

    private Map<Integer, BucketVersion> append(TestMember sender, String topic, int count) {
        Map<Integer, BucketVersion> versions = new HashMap<>();
        for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
            for (int i = 0; i < count; i++) {
                sender.confirm(partition, TestCluster.append(topic, i));
            }
            versions.put(partition, version(partition));
        }
        return versions;
    }

    private boolean isThere(int partition) {
        return members.stream()
                .anyMatch(
                        member -> Replicas.isReplica(member, partition, 0) && TestCluster.hasBucket(member, partition));
    }

    @Test
    void theyComeBackWithTheFirstHolderWhileTheOthersStayUp() {
        startAll(3);
        int partition = 0;
        TestMember owner = replica(partition, 0);
        TestMember backup = replica(partition, 1);
        Map<Integer, BucketVersion> versions = append(owner, "t", 20);
        List<Integer> ofBoth = new ArrayList<>();
        for (int each = 0; each < TestMember.PARTITIONS; each++) {
            if (members.stream()
                    .filter(member -> member != owner && member != backup)
                    .noneMatch(holds(each))) {
                ofBoth.add(each);
            }
        }
        assertThat(ofBoth).contains(partition);
        crash(List.of(owner, backup));
        TestMember stayed = members.get(0);
        stayed.await(() -> Replicas.isReplica(stayed, partition, 0)
                && stayed.view.departed().containsAll(List.of(owner.incarnation, backup.incarnation)));
        assertThat(isThere(partition)).isFalse();

        TestMember first = startAgain(backup);

        for (int each : ofBoth) {
            first.await(() -> isThere(each));
            assertThat(version(each)).isEqualTo(versions.get(each));
        }
        atRest();
        Map<Integer, BucketVersion> later = append(stayed, "t", 5);
        startAgain(owner);
        atRest();
        for (int each = 0; each < TestMember.PARTITIONS; each++) {
            assertThat(version(each))
                    .as("the last holder's disk is behind and brings nothing back")
                    .isEqualTo(later.get(each));
            assertThat(Replicas.of(members, each, 1, Bucket::digest))
                    .isEqualTo(Replicas.of(members, each, 0, Bucket::digest));
        }
        first.await(() -> members.stream().allMatch(each -> each.node.lostPartitions() == 0));
    }

    @Test
    void aNodeThatWasDrainedIsNotWaitedFor() throws InterruptedException {
        startAll(4);
        TestMember drained = members.get(3);
        drained.drain();
        crash(List.of(drained));
        atRest();
        members.forEach(each -> each.await(() -> each.agreedNodes == 3));
        int partition = 0;
        TestMember owner = replica(partition, 0);
        TestMember backup = replica(partition, 1);
        BucketVersion newest = append(owner, "t", 3).get(partition);
        crash(List.of(owner, backup));

        TestMember first = startAgain(backup); // with the one that stayed two of three: enough for one backup

        first.await(() -> isThere(partition));
        assertThat(version(partition)).isEqualTo(newest);
    }

    /** Its disk has all that it had confirmed; its memory has nothing that can be trusted. */
    @Test
    void aBackupThatHadFailedAndBecomesTheOwnerHaltsAndComesBackWithItsDisk() {
        startAll(3);
        int partition = 0;
        TestMember owner = replica(partition, 0);
        TestMember backup = replica(partition, 1);
        BucketVersion newest = append(owner, "t", 1).get(partition);
        Replicas.at(backup, partition, holder -> {
            holder.discard();
            return true;
        });

        crash(List.of(owner));
        Batch batch = backup.batch(partition, new Command.Tick()); // repeated as it is, as lanes do
        backup.await(() -> {
            Answers answer = backup.attempt(partition, batch, true);
            assertThat(answer).isNotInstanceOf(Answers.Confirmed.class);
            return !backup.halts.isEmpty();
        });
        assertThat(backup.halts).allMatch(ReplicaDivergedException.class::isInstance);
        crash(List.of(backup));

        TestMember again = startAgain(backup);
        again.await(() -> isThere(partition));
        assertThat(version(partition)).isEqualTo(newest);
    }

    @Test
    void inMemoryOneThatIsLostBeginsEmptyWhereTheOperatorWantsSo() {
        inMemory = true;
        startAll(3);
        int partition = 0;
        TestMember owner = replica(partition, 0);
        append(owner, "t", 3);
        TestMember backup = replica(partition, 1);
        crash(List.of(owner, backup));
        TestMember stayed = members.get(0);
        stayed.await(() -> Replicas.isReplica(stayed, partition, 0));

        TestMember first = startAgain(backup);

        first.await(() -> isThere(partition));
        first.confirm(partition, TestCluster.append("u", 1));
    }

    private Predicate<TestMember> holds(int partition) {
        return member -> Replicas.isReplica(member, partition, 0) || Replicas.isReplica(member, partition, 1);
    }

    @Test
    void aDiskThatIsBehindIsNotUsedBeforeTheNewestMustBeAmongThoseThatAreHere() throws InterruptedException {
        startAll(4);
        int partition = 0;
        TestMember left = replica(partition, 0);
        append(left, "t", 20);
        crash(List.of(left));
        atRest();
        TestMember owner = replica(partition, 0);
        TestMember backup = replica(partition, 1);
        BucketVersion newest = append(members.get(0), "t", 20).get(partition);
        crash(List.of(owner, backup));
        TestMember stayed = members.get(0);

        startAgain(left);
        TestMember behind = members.get(1);
        stayed.await(() -> stayed.view.nodes().size() == 2);
        behind.await(() -> behind.node.lostPartitions() > 0);
        for (int looks = 0; looks < 10; looks++) {
            assertThat(isThere(partition)).isFalse();
            Thread.sleep(LostBuckets.SOON_MILLIS);
        }
        startAgain(owner);

        behind.await(() -> isThere(partition));
        assertThat(version(partition)).isEqualTo(newest);
        startAgain(backup);
        atRest();
        members.get(0).confirm(partition, new Command.Tick());
        assertThat(version(partition)).isGreaterThan(newest);
    }

    /** It was cut off, the others went on without it and were killed, and then it was there before them. */
    @Test // I1
    void aDiskThatIsNewerThanABucketInUseTakesItsPlaceBeforeItsNodeCounts() {
        startAll(3, TestMember.APART);
        List<TestMember> byAge = TestMember.byAge(members);
        TestMember cutOff = byAge.get(2);
        Replicas.split(byAge, List.of(cutOff));
        members.remove(cutOff);
        atRest();
        TestMember second = byAge.get(1);
        Map<Integer, BucketVersion> confirmed = append(second, "t", 3);
        List<Integer> behind = new ArrayList<>();
        for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
            if (TestCluster.hasBucket(cutOff, partition)) {
                assertThat(TestCluster.version(cutOff, partition)).isLessThan(confirmed.get(partition));
                behind.add(partition);
            }
        }
        assertThat(behind).isNotEmpty();
        crash(List.copyOf(members));
        members.add(cutOff);
        atRest();

        startAgain(second);

        for (int partition : behind) {
            assertThat(version(partition)).isEqualTo(confirmed.get(partition));
        }
        for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
            int each = partition;
            cutOff.await(() -> isThere(each));
            assertThat(version(partition)).isEqualTo(confirmed.get(partition));
        }
    }
}
