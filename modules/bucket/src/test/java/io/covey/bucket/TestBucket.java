package io.covey.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.ByteReader;
import io.covey.protocol.ByteWriter;
import io.covey.protocol.Message;
import io.covey.protocol.Properties;
import io.covey.protocol.QoS;
import io.covey.routing.ShardAddress;
import io.covey.routing.Subscription;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A bucket with one backup that gets every batch through the codec, and short words for commands. After each batch both replicas must be
 * equal, and so must a copy that was written and read.
 */
final class TestBucket {
    static final long NODE_A = 100;
    static final long NODE_B = 200;
    static final ShardAddress SHARD_A = new ShardAddress(NODE_A, 0);
    static final ShardAddress SHARD_B = new ShardAddress(NODE_B, 1);
    static final long NEVER_EXPIRES = 0xFFFF_FFFFL;
    static final long START_MILLIS = 1_000_000;

    final BucketLimits limits;
    Bucket owner;
    Bucket backup;
    NodeRoom room = NodeRoom.ALL;
    ShardAddress sender = SHARD_A;
    long nowMillis = START_MILLIS;
    BatchResult lastResult = new BatchResult(List.of(), new RouteDelta(0, false, List.of(), List.of()), List.of());
    private final Map<ShardAddress, Long> sequences = new HashMap<>();

    TestBucket() {
        this(BucketLimits.DEFAULT);
    }

    TestBucket(BucketLimits limits) {
        this.limits = limits;
        owner = new Bucket(limits);
        backup = new Bucket(limits);
    }

    Standing standing() {
        return new Standing(1, Standing.ALONE, true, node -> true, nowMillis, room);
    }

    /** Applies a batch on both replicas, and compares them with each other and with a copy. */
    BatchResult batch(Command... commands) {
        long sequence = sequences.merge(sender, 1L, Long::sum);
        Batch batch = new Batch(sender, sequence, nowMillis, List.of(commands));
        BatchOutcome.Applied applied = (BatchOutcome.Applied) owner.apply(batch, standing());
        assertThat(backup.replicate(throughCodec(batch), applied.step())).isTrue();
        assertThat(backup.digest()).isEqualTo(owner.digest());
        assertThat(copy(owner, limits).digest()).isEqualTo(owner.digest());
        lastResult = applied.result();
        return lastResult;
    }

    /** Applies a batch without comparing the replicas, for tests with many batches. */
    @SuppressWarnings("unchecked") // the caller names the type that it expects
    <T extends Result> T runQuietly(Command command) {
        long sequence = sequences.merge(sender, 1L, Long::sum);
        Batch batch = new Batch(sender, sequence, nowMillis, List.of(command));
        BatchOutcome.Applied applied = (BatchOutcome.Applied) owner.apply(batch, standing());
        assertThat(backup.replicate(batch, applied.step())).isTrue();
        return (T) applied.result().results().get(0);
    }

    Result.Opened openQuietly(String clientId, long expirySeconds) {
        return runQuietly(
                new Command.OpenSession(clientId, sender, false, expirySeconds, 10, null, Command.OpenSession.AT_ONCE));
    }

    void closeQuietly(String clientId, long epoch) {
        runQuietly(new Command.CloseSession(clientId, epoch, -1, false, -1));
    }

    Result.Appended publishQuietly(String topic, String text) {
        return runQuietly(new Command.Append(message(topic, text, QoS.AT_LEAST_ONCE), "publisher", null));
    }

    /** Applies one command. */
    @SuppressWarnings("unchecked") // the caller names the type that it expects
    <T extends Result> T run(Command command) {
        return (T) batch(command).results().get(0);
    }

    /** Applies one command. */
    Result answer(Command command) {
        return run(command);
    }

    /** Replaces both replicas by what they wrote. */
    void restart() {
        owner = copy(owner, limits);
        backup = copy(backup, limits);
    }

    void advanceSeconds(long seconds) {
        nowMillis += 1000 * seconds;
    }

    Result.Opened open(String clientId, boolean cleanStart, long expirySeconds) {
        return open(clientId, cleanStart, expirySeconds, 10, null);
    }

    Result.Opened open(String clientId, boolean cleanStart, long expirySeconds, int receiveMaximum, Will will) {
        return run(new Command.OpenSession(
                clientId, sender, cleanStart, expirySeconds, receiveMaximum, will, Command.OpenSession.AT_ONCE));
    }

    /** A connection of a session that never expires. */
    Result.Opened connect(String clientId) {
        return open(clientId, false, NEVER_EXPIRES);
    }

    Result close(String clientId, long epoch) {
        return close(clientId, epoch, false, -1);
    }

    Result close(String clientId, long epoch, boolean publishWill, long lastSent) {
        return run(new Command.CloseSession(clientId, epoch, -1, publishWill, lastSent));
    }

    Result subscribe(String clientId, long epoch, String filter, QoS qos) {
        return subscribe(clientId, epoch, subscription(filter, qos));
    }

    Result subscribe(String clientId, long epoch, Subscription... subscriptions) {
        return run(new Command.Subscribe(clientId, epoch, List.of(subscriptions)));
    }

    Result.Appended publish(String topic, String text) {
        return publish(message(topic, text, QoS.AT_LEAST_ONCE));
    }

    Result.Appended publish(Message message) {
        return run(new Command.Append(message, "publisher", null));
    }

    Result.Handed acknowledge(String clientId, long epoch, long... released) {
        return run(new Command.Acknowledge(clientId, epoch, released, new long[0]));
    }

    Result.Handed received(String clientId, long epoch, long... received) {
        return run(new Command.Acknowledge(clientId, epoch, new long[0], received));
    }

    Result.Handed fetch(String clientId, long epoch, long from) {
        return run(new Command.Fetch(clientId, epoch, from));
    }

    Result.SessionDescription describe(String clientId) {
        Result.Described described = run(new Command.Describe(clientId));
        return described.session();
    }

    List<OutboxEntry> tick() {
        Result.Ticked ticked = run(new Command.Tick());
        return ticked.outbox();
    }

    Message message(String topic, String text, QoS qos) {
        return message(topic, text, qos, false, Message.NEVER);
    }

    Message message(String topic, String text, QoS qos, boolean retain, long expiresAtMillis) {
        return new Message(
                topic,
                text.getBytes(StandardCharsets.UTF_8),
                qos,
                retain,
                Properties.EMPTY,
                nowMillis,
                expiresAtMillis);
    }

    Will will(String topic, long delaySeconds) {
        return new Will(message(topic, "gone", QoS.AT_LEAST_ONCE), delaySeconds, -1);
    }

    static Subscription subscription(String filter, QoS qos) {
        return new Subscription(filter, qos, false, false, 0, 0);
    }

    /** The will of an outbox entry. */
    static OutboxEffect.Publish will(OutboxEntry entry) {
        return (OutboxEffect.Publish) entry.effect();
    }

    static String text(Message message) {
        return new String(message.payload(), StandardCharsets.UTF_8);
    }

    static List<String> texts(List<QueueEntry> entries) {
        List<String> texts = new ArrayList<>();
        entries.forEach(entry -> texts.add(text(entry.message())));
        return texts;
    }

    static List<Long> sequences(List<QueueEntry> entries) {
        List<Long> sequences = new ArrayList<>();
        entries.forEach(entry -> sequences.add(entry.sequence()));
        return sequences;
    }

    static Batch throughCodec(Batch batch) {
        ByteWriter out = new ByteWriter(256);
        BatchCodec.write(batch, out);
        return BatchCodec.readBatch(new ByteReader(out.array(), 0, out.size()));
    }

    static Bucket copy(Bucket bucket, BucketLimits limits) {
        ByteWriter out = new ByteWriter(256);
        bucket.write(out);
        return Bucket.restore(new ByteReader(out.array(), 0, out.size()), limits);
    }
}
