package io.covey.cluster;

import io.covey.bucket.BatchResult;
import io.covey.bucket.Bucket;
import io.covey.bucket.BucketVersion;
import io.covey.bucket.Command;
import io.covey.bucket.Result;
import io.covey.protocol.Message;
import io.covey.protocol.Properties;
import io.covey.protocol.QoS;
import io.covey.routing.Subscription;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Members of one cluster, what their replicas hold, and the commands that the tests send. */
final class TestCluster implements AutoCloseable {
    final List<TestMember> members;

    private TestCluster(List<TestMember> members) {
        this.members = new ArrayList<>(members);
    }

    /** Starts members and waits until the cluster is formed and at rest. */
    static TestCluster of(int count, int backups) {
        return new TestCluster(TestMember.startAll(TestMember.settings(count, count, backups)));
    }

    /** The same, with other timing. */
    static TestCluster of(int count, int backups, ClusterSettings.Timing timing) {
        return new TestCluster(TestMember.startAll(TestMember.settings(count, count, backups, timing)));
    }

    TestMember owner(int partition) {
        return replica(partition, 0);
    }

    TestMember backup(int partition) {
        return replica(partition, 1);
    }

    /** A member without a copy of the partition's bucket. */
    TestMember bystander(int partition) {
        TestMember owner = owner(partition);
        TestMember backup = backup(partition);
        return members.stream()
                .filter(member -> member != owner && member != backup)
                .findFirst()
                .orElseThrow();
    }

    TestMember oldest() {
        return TestMember.byAge(members).get(0);
    }

    TestMember youngest() {
        return TestMember.byAge(members).get(members.size() - 1);
    }

    List<Long> incarnations() {
        return members.stream().map(member -> member.incarnation).toList();
    }

    private TestMember replica(int partition, int index) {
        Supplier<Optional<TestMember>> found = () -> members.stream()
                .filter(member -> Replicas.isReplica(member, partition, index))
                .findFirst();
        members.get(0).await(() -> found.get().isPresent());
        return found.get().orElseThrow();
    }

    /** Waits until nothing moves, see {@link TestMember#atRest}. */
    void atRest() {
        TestMember.atRest(members);
    }

    /** The version of a partition's bucket at its owner. */
    BucketVersion version(int partition) {
        return Replicas.of(members, partition, 0, Bucket::version);
    }

    void crash(TestMember member) {
        members.remove(member);
        member.crash();
    }

    /** Waits until each bucket is the same on its owner and its first backup. */
    void awaitEqualReplicas() {
        for (int partition = 0; partition < TestMember.PARTITIONS; partition++) {
            int each = partition;
            members.get(0).await(() -> Replicas.of(members, each, 0, Bucket::digest)
                    .equals(Replicas.of(members, each, 1, Bucket::digest)));
        }
    }

    static boolean hasBucket(TestMember member, int partition) {
        return Replicas.at(member, partition, holder -> holder != null && holder.bucket() != null);
    }

    static BucketVersion version(TestMember member, int partition) {
        return Replicas.at(member, partition, holder -> holder.bucket().version());
    }

    static long digest(TestMember member, int partition) {
        return Replicas.at(member, partition, holder -> holder.bucket().digest());
    }

    static Command open(TestMember member, String clientId) {
        return new Command.OpenSession(clientId, member.shard(), false, 3_600, 100, null, Command.OpenSession.AT_ONCE);
    }

    static Command append(String topic, int number) {
        return append(topic, "payload " + number);
    }

    static Command append(String topic, String payload) {
        Message message = new Message(
                topic,
                payload.getBytes(StandardCharsets.UTF_8),
                QoS.AT_LEAST_ONCE,
                false,
                Properties.EMPTY,
                System.currentTimeMillis(),
                Message.NEVER);
        return new Command.Append(message, "publisher", null);
    }

    /** Opens a session that is subscribed to everything below a topic. */
    static void session(TestMember member, int partition, String clientId, String topic) {
        Result.Opened opened = (Result.Opened)
                member.confirm(partition, open(member, clientId)).results().get(0);
        Subscription all = new Subscription(topic + "/#", QoS.AT_LEAST_ONCE, false, false, 0, 0);
        member.confirm(partition, new Command.Subscribe(clientId, opened.epoch(), List.of(all)));
    }

    /** The client and the sequence of what a batch of publishes handed out. */
    static List<String> deliveries(BatchResult result) {
        return result.results().stream()
                .flatMap(each -> ((Result.Appended) each).deliveries().stream())
                .map(delivery -> delivery.clientId() + " " + delivery.sequence())
                .toList();
    }

    @Override
    public void close() {
        members.forEach(TestMember::close);
    }
}
