package io.covey.cluster;

import io.covey.broker.BucketGateway;
import io.covey.broker.MembershipView;
import io.covey.broker.NodeMessage;
import io.covey.bucket.Batch;
import io.covey.bucket.BatchResult;
import io.covey.bucket.BucketLimits;
import io.covey.bucket.Command;
import io.covey.bucket.Standing;
import io.covey.routing.ShardAddress;
import io.covey.testkit.LoopbackPorts;
import io.vertx.core.VertxOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** A cluster node in this process, with one shard that sends batches as a lane would. */
final class TestMember implements ClusterListener, AutoCloseable {
    static final int PARTITIONS = Integer.getInteger("covey.test.partitions", 7);
    static final ClusterSettings.Timing TIMING = new ClusterSettings.Timing(1, 10, 1_000, 2, 1, 10, 5_000);
    /** Sides of a split do not find each other before the test wants it. */
    static final ClusterSettings.Timing APART = new ClusterSettings.Timing(1, 10, 1_000, 3_600, 1, 10, 5_000);

    /** No promise: a machine that many share may stand still for a while. */
    static final long WAIT_SECONDS = 60;

    /** Members start and end on threads of their own: the common pool's few are for what Hazelcast completes meanwhile. */
    private static final ExecutorService THREADS = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "test-members");
        thread.setDaemon(true);
        return thread;
    });

    final ClusterSettings settings;
    final ClusterStorage storage;
    final ClusterNode node;
    final TestLoop loop;
    final BucketLoad load = new BucketLoad(1_000, Long.MAX_VALUE / 2, (reason, count) -> {});
    private final Runnable closeDisk;
    private final AtomicBoolean crashed = new AtomicBoolean();
    final ConcurrentLinkedQueue<Throwable> halts = new ConcurrentLinkedQueue<>();
    final ConcurrentLinkedQueue<Received> received = new ConcurrentLinkedQueue<>();
    final ConcurrentLinkedQueue<MembershipView> views = new ConcurrentLinkedQueue<>();
    final ConcurrentLinkedQueue<String> restarts = new ConcurrentLinkedQueue<>();
    final CompletableFuture<Boolean> formed = new CompletableFuture<>();
    volatile BooleanSupplier lease;

    /** The newest view whose departures a majority has agreed on. */
    volatile long agreed = Long.MAX_VALUE;

    /** What it would have agreed on. */
    volatile long term = Standing.ALONE;

    volatile MembershipView view = new MembershipView(0, List.of(), List.of());
    volatile int[] owned = {};
    volatile boolean full;
    /** Runs when it is told whether a disk is full. */
    volatile Runnable whenToldFull = () -> {};
    /** Runs when this incarnation is told that it may begin. */
    volatile Runnable whenFormed = () -> {};

    /** Of how many nodes the cluster is made, as this one was told last. */
    volatile int agreedNodes;

    long incarnation;
    BucketGateway gateway;
    private final long[] sequences = new long[PARTITIONS];

    record Received(ShardAddress target, NodeMessage message) {}

    /** Settings of nodes that find each other on the loopback interface. */
    static List<ClusterSettings> settings(int count, int expected, int backups) {
        return settings(count, expected, backups, TIMING);
    }

    static List<ClusterSettings> settings(int count, int expected, int backups, ClusterSettings.Timing timing) {
        int[][] ports = LoopbackPorts.free(2, count);
        List<String> members =
                Arrays.stream(ports[0]).mapToObj(port -> "127.0.0.1:" + port).toList();
        String name = "test-" + UUID.randomUUID();
        List<ClusterSettings> settings = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            settings.add(new ClusterSettings(
                    name,
                    "127.0.0.1",
                    ports[0][i],
                    ports[1][i],
                    members,
                    expected,
                    0,
                    PARTITIONS,
                    backups,
                    backups,
                    BucketLimits.DEFAULT,
                    timing));
        }
        return settings;
    }

    /** Starts nodes at the same time and waits until the cluster is formed and at rest, and each has its share of the partitions. */
    static List<TestMember> startAll(List<ClusterSettings> settings) {
        return startAll(settings, TestMember::new);
    }

    static List<TestMember> startAll(List<ClusterSettings> settings, Function<ClusterSettings, TestMember> start) {
        List<TestMember> members = startTogether(settings, start);
        try {
            members.forEach(TestMember::awaitFormed);
            members.get(0).await(() -> {
                // One that was slow to find the others has begun by itself and merged since: what the process around a
                // node does then.
                members.stream().filter(each -> each.restarts.poll() != null).forEach(TestMember::begin);
                return areAtRest(members)
                        && members.stream().allMatch(each -> each.owned.length >= PARTITIONS / members.size())
                        && members.stream().allMatch(Replicas::mayOwn);
            });
            return members;
        } catch (Throwable failure) {
            members.forEach(TestMember::close);
            throw failure;
        }
    }

    /**
     * Starts one of the nodes, and then all others at the same time: where none is there yet, those that do not find each other within a second, as on a busy
     * machine, begin as clusters that merge later. Where one does not start, none is left behind.
     */
    private static List<TestMember> startTogether(
            List<ClusterSettings> settings, Function<ClusterSettings, TestMember> start) {
        int first = ThreadLocalRandom.current().nextInt(settings.size());
        CompletableFuture<TestMember> oldest =
                CompletableFuture.supplyAsync(() -> start.apply(settings.get(first)), THREADS);
        List<CompletableFuture<TestMember>> starting = IntStream.range(0, settings.size())
                .mapToObj(i ->
                        i == first ? oldest : oldest.thenApplyAsync(there -> start.apply(settings.get(i)), THREADS))
                .toList();
        try {
            return starting.stream().map(CompletableFuture::join).toList();
        } catch (Throwable failure) {
            starting.forEach(each -> each.thenAccept(TestMember::close));
            throw failure;
        }
    }

    /** Ends members at the same time, without a word to each other. */
    static void crashTogether(List<TestMember> members) {
        members.stream()
                .map(member -> CompletableFuture.runAsync(member::crash, THREADS))
                .toList()
                .forEach(CompletableFuture::join);
    }

    /**
     * Waits until nothing moves any more and all know that: each sees all, each has taken its partitions, all have the same table of them, and all
     * copies are where they belong. Before that whoever owns a partition may give it away at any moment.
     */
    static void atRest(List<TestMember> members) {
        members.get(0).await(() -> areAtRest(members));
    }

    private static boolean areAtRest(List<TestMember> members) {
        List<Long> all = members.stream().map(each -> each.incarnation).toList();
        boolean same = members.stream()
                        .allMatch(each -> each.view.nodes().size() == all.size()
                                && each.view.nodes().containsAll(all)
                                && each.owned.length == each.node.ownedPartitions())
                && members.stream().mapToInt(each -> each.owned.length).sum() == PARTITIONS
                && members.stream().map(Replicas::table).distinct().count() == 1;
        return same
                && members.stream().noneMatch(Replicas::takesNothing)
                && members.stream().noneMatch(Replicas::areMoving)
                && members.stream()
                        .allMatch(each ->
                                Replicas.hazelcast(each).getPartitionService().isClusterSafe());
    }

    /** The same members, the oldest first. */
    static List<TestMember> byAge(List<TestMember> members) {
        List<Long> ages = members.get(0).view.nodes();
        List<TestMember> byAge = new ArrayList<>(members);
        byAge.sort(Comparator.comparing(member -> ages.indexOf(member.incarnation)));
        return byAge;
    }

    TestMember(ClusterSettings settings) {
        this(settings, ClusterStorage.none(), () -> {});
    }

    /**
     * A member with a disk.
     *
     * @param closeDisk runs when the member has ended
     */
    TestMember(ClusterSettings settings, ClusterStorage storage, Runnable closeDisk) {
        this(settings, storage, closeDisk, () -> true);
    }

    /** A member whose node holds no lease until it is given one. */
    static TestMember withoutLease(ClusterSettings settings) {
        return new TestMember(settings, ClusterStorage.none(), () -> {}, () -> false);
    }

    private TestMember(ClusterSettings settings, ClusterStorage storage, Runnable closeDisk, BooleanSupplier lease) {
        this.storage = storage;
        this.lease = lease;
        this.closeDisk = closeDisk;
        this.settings = settings;
        incarnation = ThreadLocalRandom.current().nextLong(Long.MAX_VALUE);
        loop = new TestLoop("shard-" + settings.port());
        VertxOptions options = new VertxOptions().setEventLoopPoolSize(1).setWorkerPoolSize(4);
        node = ClusterNode.start(
                settings, incarnation, storage, load, options, builder -> builder, (reason, cause) -> halts.add(cause));
        gateway = node.gateway(loop);
        node.attach(this::bucketTerm, this);
    }

    /** Another incarnation in the same member. */
    void begin() {
        incarnation = ThreadLocalRandom.current().nextLong(Long.MAX_VALUE);
        await(this::isTaken);
        gateway = node.gateway(loop);
        Arrays.fill(sequences, 0);
        node.attach(this::bucketTerm, this);
    }

    /** Whether the cluster has taken the incarnation; where it has not, for now, the process around a node tries again, too. */
    private boolean isTaken() {
        try {
            node.begin(incarnation);
            return true;
        } catch (IllegalStateException notYet) {
            return false;
        }
    }

    private long bucketTerm(long departure) {
        return departure <= agreed && lease.getAsBoolean() ? term : Standing.NO_TERM;
    }

    ShardAddress shard() {
        return new ShardAddress(incarnation, 0);
    }

    /** The next batch of this sender. */
    Batch batch(int partition, Command... commands) {
        return new Batch(shard(), ++sequences[partition], node.clusterMillis(), List.of(commands));
    }

    /** Forgets batches that were made but never sent. */
    void reuse(int partition, int count) {
        sequences[partition] -= count;
    }

    /** One attempt. On a machine that stands still for a second it may be {@link Answers.Unknown}, whatever the bucket does. */
    Answers attempt(int partition, Batch batch, boolean repair) {
        return Answers.of(gateway, loop, partition, batch, repair);
    }

    /** Repeats a batch while its fate is unknown, in another way than is expected; the first answer that tells. */
    Answers answer(int partition, Batch batch, Answers expected) {
        Answers[] last = new Answers[1];
        await(() -> {
            last[0] = attempt(partition, batch, false);
            return last[0].equals(expected) || !(last[0] instanceof Answers.Unknown);
        });
        return last[0];
    }

    /** Repeats a batch until it is confirmed, as a lane does. */
    BatchResult confirm(int partition, Batch batch) {
        Answers last = null;
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        for (int attempts = 1; System.nanoTime() < deadline; attempts++) {
            last = attempt(partition, batch, attempts >= 3);
            if (last instanceof Answers.Confirmed confirmed) {
                return confirmed.result();
            }
            pause();
        }
        throw new AssertionError("not confirmed; last answer " + last + "; " + standing());
    }

    BatchResult confirm(int partition, Command... commands) {
        return confirm(partition, batch(partition, commands));
    }

    boolean owns(int partition) {
        for (int each : owned) {
            if (each == partition) {
                return true;
            }
        }
        return false;
    }

    void awaitFormed() {
        formed.orTimeout(WAIT_SECONDS, TimeUnit.SECONDS).join();
    }

    void await(Supplier<Boolean> condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        while (!condition.get()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited in vain; " + standing());
            }
            pause();
        }
    }

    private String standing() {
        return "view " + view + ", owned " + Arrays.toString(owned) + ", waits for '" + node.waitsFor() + "', halts "
                + halts + ", restarts " + restarts
                + (crashed.get() ? ", crashed" : ", moving " + Replicas.areMoving(this));
    }

    private static void pause() {
        try {
            Thread.sleep(10);
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    /** Hands everything over and leaves for good; the member stays, without data. */
    void drain() throws InterruptedException {
        node.handOver().begin();
        await(() -> node.handOver().isWithoutData() && node.handOver().behind().isEmpty());
        node.leftForGood();
        if (!storage.hasLeft()) {
            throw new AssertionError("it is still counted");
        }
    }

    /** Once. Its ports and its disk are free then, for its next life. */
    void crash() {
        if (crashed.compareAndSet(false, true)) {
            node.terminate();
            loop.close();
            closeDisk.run();
            await(() -> LoopbackPorts.isFree(settings.port()) && LoopbackPorts.isFree(settings.eventBusPort()));
        }
    }

    @Override
    public void close() {
        crash();
    }

    @Override
    public void formed() {
        whenFormed.run();
        formed.complete(true);
    }

    @Override
    public void members(MembershipView next) {
        view = next;
        views.add(next);
    }

    @Override
    public void agreedSize(int nodes) {
        agreedNodes = nodes;
    }

    @Override
    public void storageFull(boolean any) {
        whenToldFull.run();
        full = any;
    }

    @Override
    public void ownedPartitions(int[] partitions) {
        owned = partitions;
    }

    @Override
    public void message(ShardAddress target, NodeMessage message) {
        received.add(new Received(target, message));
    }

    @Override
    public void restart(String reason) {
        restarts.add(reason);
    }

    @Override
    public void ended(String reason) {
        restarts.add("ended: " + reason);
    }
}
