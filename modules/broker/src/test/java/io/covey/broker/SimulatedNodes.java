package io.covey.broker;

import io.covey.bucket.Command;
import io.covey.bucket.OutboxEntry;
import io.covey.bucket.Result;
import io.covey.bucket.RouteDelta;
import io.covey.routing.Matches;
import io.covey.routing.RouteSink;
import io.covey.routing.ShardAddress;
import io.covey.routing.ShardRoute;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Node cores over a lossy link in virtual time: machines that freeze, crash and are cut off, a member list that each node learns late, and
 * buckets that only the side with the member list reaches. Every change that is told to be live is checked against every node that may serve.
 */
final class SimulatedNodes {
    static final int PARTITIONS = 5;
    private static final int SHARDS = 2;
    private static final long MILLI = 1_000;
    private static final boolean TRACE = Boolean.getBoolean("covey.trace");

    final Random random;
    final NodeSettings settings;
    final List<Machine> machines = new ArrayList<>();
    final List<Live> live = new ArrayList<>();
    double lossRate;
    int restarts;

    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::atMicros).thenComparingLong(Event::order));
    private long nowMicros;
    private long order;
    private long nextIncarnation = 1_000;
    private final Bucket[] buckets = new Bucket[PARTITIONS];
    /** The member list of the side that goes on. */
    private final Set<Long> members = new LinkedHashSet<>();

    private long viewNumber;
    private final Matches scratch = new Matches();

    private record Event(long atMicros, long order, Runnable action) {}

    /** A route that every serving node has to know from then on. */
    record Live(String filter, int partition, ShardAddress shard) {}

    private static final class Bucket {
        private long version;
        private final Set<String> filters = new LinkedHashSet<>();
    }

    SimulatedNodes(long seed, int count) {
        this(seed, count, NodeSettings.clustered(count, 1));
    }

    SimulatedNodes(long seed, int count, NodeSettings settings) {
        this.random = new Random(seed);
        this.settings = settings;
        for (int i = 0; i < PARTITIONS; i++) {
            buckets[i] = new Bucket();
        }
        for (int i = 0; i < count; i++) {
            machines.add(new Machine(i));
        }
        machines.forEach(Machine::boot);
    }

    // Time.

    void after(long micros, Runnable action) {
        events.add(new Event(nowMicros + micros, order++, action));
    }

    long between(long fromMicros, long toMicros) {
        return fromMicros + (long) (random.nextDouble() * (toMicros - fromMicros));
    }

    void run(long millis) {
        long end = nowMicros + millis * MILLI;
        while (!events.isEmpty() && events.peek().atMicros <= end) {
            Event event = events.remove();
            nowMicros = event.atMicros;
            event.action.run();
        }
        nowMicros = end;
    }

    /** Runs until something has come about, a minute at most; returns how many milliseconds that took. */
    long runUntil(BooleanSupplier done) {
        long millis = 0;
        for (; !done.getAsBoolean() && millis < 60_000; millis += 10) {
            run(10);
        }
        return millis;
    }

    /** A machine with one process at a time, which has one incarnation of a node at a time. */
    final class Machine {
        final int index;
        boolean cut;
        long frozenUntilMicros;
        Process process = new Process(this);

        Machine(int index) {
            this.index = index;
        }

        void boot() {
            process.dead = true;
            members.remove(process.node);
            process = new Process(this);
            Process booted = process;
            after(between(50 * MILLI, 1_500 * MILLI), () -> join(booted));
        }

        boolean isFrozen() {
            return frozenUntilMicros > nowMicros;
        }

        /** The side of a cut that a machine is on. */
        boolean reaches(Machine other) {
            return cut == other.cut;
        }
    }

    /** A node's incarnation. */
    final class Process {
        final Machine machine;
        final long node = nextIncarnation++;
        final NodeState state = new NodeState(node, new MembershipView(0, List.of(node), List.of()));
        final List<ShardLoop> loops = new ArrayList<>();
        final long[] shardVersions = new long[SHARDS];
        NodeCore core;
        boolean started;
        boolean dead;
        boolean abandoned;
        private long viewDueMicros;
        private long toldView;
        private List<Long> seen = List.of();

        Process(Machine machine) {
            this.machine = machine;
            for (int i = 0; i < SHARDS; i++) {
                loops.add(new Loop(this));
            }
            core = new NodeCore(new Node.CorePorts(
                    settings,
                    state,
                    loops,
                    (target, message) -> send(this, target, message),
                    new Lanes(this),
                    () -> abandoned = true,
                    new NoEvents(),
                    new Lifecycle(this)));
        }

        boolean mayServe() {
            return !dead && !abandoned && state.serving() && state.leaseTerm(nowMicros / MILLI) != NodeState.NO_LEASE;
        }

        /** The number of the newest view that was told, whether the core has taken it already or not. */
        long newestView() {
            return toldView;
        }

        boolean mayOwn(long departureView) {
            return state.bucketTerm(nowMicros / MILLI, departureView) != NodeState.NO_TERM;
        }

        /** Runs on the node's loop: late while the machine is frozen, never once the process is dead. */
        void execute(long atMicros, Runnable task) {
            after(Math.max(0, atMicros - nowMicros), () -> {
                if (dead) {
                    return;
                }
                if (machine.isFrozen()) {
                    execute(machine.frozenUntilMicros, task);
                } else {
                    task.run();
                }
            });
        }

        /** Members reach a node late, but in order. */
        void tell(List<Long> nodes, long delayMicros) {
            if (!started || dead) {
                return;
            }
            long number = ++viewNumber;
            toldView = number;
            viewDueMicros = Math.max(viewDueMicros, nowMicros + delayMicros);
            List<Long> left = new ArrayList<>(seen);
            left.removeAll(nodes);
            seen = nodes;
            execute(viewDueMicros, () -> {
                trace(node + " sees " + nodes);
                core.members(new MembershipView(number, nodes, left));
            });
        }

        boolean knows(String filter, int partition, ShardAddress shard) {
            boolean[] found = {false};
            state.routes().match(filter, partition >= 0, scratch, new RouteSink() {
                @Override
                public void partition(int matched) {
                    found[0] |= matched == partition;
                }

                @Override
                public void shard(ShardAddress matched) {
                    found[0] |= matched.equals(shard);
                }
            });
            return found[0];
        }
    }

    private final class Loop implements ShardLoop {
        private final Process process;

        Loop(Process process) {
            this.process = process;
        }

        @Override
        public void submit(Runnable task) {
            process.execute(nowMicros + 5, task);
        }

        @Override
        public void atEndOfTurn(Runnable task) {
            process.execute(nowMicros, task);
        }

        @Override
        public Cancellable schedule(long delayMicros, Runnable task) {
            process.execute(nowMicros + delayMicros, task);
            return () -> {
                throw new UnsupportedOperationException("the core calls nothing off");
            };
        }

        @Override
        public long monotonicMillis() {
            return nowMicros / MILLI;
        }

        @Override
        public boolean isCrowded() {
            return true;
        }

        @Override
        public long clusterMillis() {
            return nowMicros / MILLI;
        }

        @Override
        public long uniqueLong() {
            return random.nextLong() >>> 1;
        }
    }

    private final class Lifecycle implements NodeLifecycle {
        private final Process process;

        Lifecycle(Process process) {
            this.process = process;
        }

        @Override
        public void serving() {
            trace(process.node + " serves");
        }

        @Override
        public void restart(String reason) {
            restarts++;
            trace(process.node + " over: " + reason);
            process.machine.boot();
        }
    }

    // The network.

    private void send(Process from, ShardAddress target, NodeMessage message) {
        if (target.node() == from.node) {
            from.execute(nowMicros + 5, () -> from.core.message(message));
            return;
        }
        int copies = random.nextInt(50) == 0 ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            if (random.nextDouble() >= lossRate) {
                long delay = random.nextInt(40) == 0 ? between(5 * MILLI, 800 * MILLI) : between(200, 3 * MILLI);
                after(delay, () -> deliver(from, target.node(), message));
            }
        }
    }

    /** With {@code -Dcovey.trace=true}: all that happens, to read after a failure. */
    private void trace(String text) {
        if (TRACE) {
            System.out.println("TRACE " + nowMicros / MILLI + " " + text);
        }
    }

    private void deliver(Process from, long to, NodeMessage message) {
        for (Machine machine : machines) {
            Process process = machine.process;
            if (process.node == to && process.started && machine.reaches(from.machine)) {
                process.execute(nowMicros, () -> {
                    trace(from.node + " -> " + process.node + " " + message);
                    process.core.message(message);
                });
            }
        }
    }

    // The member list.

    private void join(Process process) {
        if (process.dead) {
            return;
        }
        if (process.machine.cut || process.machine.isFrozen()) {
            after(500 * MILLI, () -> join(process));
            return;
        }
        members.add(process.node);
        process.started = true;
        process.seen = List.copyOf(members);
        MembershipView first = new MembershipView(++viewNumber, process.seen, List.of());
        process.execute(nowMicros, () -> process.core.start(first));
        tellMembers();
    }

    private void tellMembers() {
        List<Long> list = List.copyOf(members);
        for (Machine machine : machines) {
            if (members.contains(machine.process.node)) {
                machine.process.tell(list, between(MILLI, 300 * MILLI));
            }
        }
    }

    /** The member list drops a process; that one learns of it late, unless its lease ends before. */
    private void expel(Process process) {
        if (members.remove(process.node)) {
            tellMembers();
        }
        process.tell(List.copyOf(members), between(100 * MILLI, 9_000 * MILLI));
    }

    // What goes wrong.

    void crash(Machine machine) {
        trace("crash " + machine.process.node);
        Process process = machine.process;
        machine.boot();
        members.add(process.node); // until it is noticed
        after(between(100 * MILLI, 1_500 * MILLI), () -> expel(process));
    }

    void freeze(Machine machine, long millis) {
        machine.frozenUntilMicros = nowMicros + millis * MILLI;
        trace("freeze " + machine.process.node + " for " + millis);
        Process process = machine.process;
        after(between(200 * MILLI, 4_000 * MILLI), () -> {
            if (machine.isFrozen()) {
                expel(process);
            }
        });
    }

    /** Cuts machines off; each side notices late, and the side that was cut off shrinks to itself. */
    void cut(List<Machine> some, long millis) {
        some.forEach(machine -> machine.cut = true);
        List<Long> cutOff = new ArrayList<>();
        some.forEach(machine -> cutOff.add(machine.process.node));
        trace("cut " + cutOff + " for " + millis);
        for (Machine machine : some) {
            Process process = machine.process;
            after(between(200 * MILLI, 4_000 * MILLI), () -> {
                if (machine.cut) {
                    expelFromMain(process);
                    List<Long> left = new ArrayList<>(process.seen);
                    left.retainAll(cutOff);
                    process.tell(left, between(MILLI, 1_000 * MILLI));
                }
            });
        }
        after(millis * MILLI, () -> {
            for (Machine machine : some) {
                machine.cut = false;
                expel(machine.process);
            }
        });
    }

    private void expelFromMain(Process process) {
        if (members.remove(process.node)) {
            tellMembers();
        }
    }

    // Buckets and subscriptions.

    private final class Lanes implements BucketCommands {
        private final Process process;

        Lanes(Process process) {
            this.process = process;
        }

        @Override
        public int partitionCount() {
            return PARTITIONS;
        }

        @Override
        public void submit(int partition, Command command, boolean urgent, Consumer<Result> confirmed) {
            if (command instanceof Command.ReadRoutes) {
                apply(process, partition, bucket -> {
                    Result.Routes routes = new Result.Routes(bucket.version, List.copyOf(bucket.filters));
                    process.execute(nowMicros + between(200, 5 * MILLI), () -> confirmed.accept(routes));
                });
            }
        }

        @Override
        public void publish(int partition, OutboxEntry entry, Runnable done) {
            throw new UnsupportedOperationException("no outbox here");
        }
    }

    /** Does something in a bucket once the process reaches it; repeated as a lane does. */
    private void apply(Process process, int partition, Consumer<Bucket> action) {
        after(between(200, 3 * MILLI), () -> {
            if (process.dead || process.abandoned) {
                return;
            }
            boolean reached = members.contains(process.node) && !process.machine.cut && !process.machine.isFrozen();
            if (reached && random.nextDouble() >= lossRate) {
                action.accept(buckets[partition]);
            } else {
                after(between(10 * MILLI, 200 * MILLI), () -> apply(process, partition, action));
            }
        });
    }

    /** A persistent session subscribes at this node; the filter may have been there before. */
    void subscribePersistent(Process process, String filter, int partition, boolean waits) {
        int shard = random.nextInt(SHARDS);
        apply(process, partition, bucket -> {
            boolean changed = bucket.filters.add(filter);
            bucket.version += changed ? 1 : 0;
            RouteDelta delta =
                    new RouteDelta(bucket.version, changed, changed ? List.of(filter) : List.of(), List.of());
            Runnable confirmed =
                    waits ? () -> told(process, new Live(filter, partition, new ShardAddress(0, 0))) : null;
            process.execute(
                    nowMicros + between(100, 20 * MILLI),
                    () -> process.core.partitionRoutes(shard, partition, delta, confirmed));
        });
    }

    /** The last persistent session with this filter goes. */
    void unsubscribePersistent(Process process, String filter, int partition) {
        apply(process, partition, bucket -> {
            if (bucket.filters.remove(filter)) {
                RouteDelta delta = new RouteDelta(++bucket.version, true, List.of(), List.of(filter));
                process.execute(
                        nowMicros + between(100, 20 * MILLI),
                        () -> process.core.partitionRoutes(0, partition, delta, null));
            }
        });
    }

    /** A transient session subscribes at this node. */
    void subscribeTransient(Process process, String filter) {
        int shard = random.nextInt(SHARDS);
        ShardAddress address = new ShardAddress(process.node, shard);
        process.execute(nowMicros, () -> {
            process.core.shardRoutes(
                    address,
                    ++process.shardVersions[shard],
                    List.of(new ShardRoute(filter, 3)),
                    () -> told(process, new Live(filter, -1, address)));
        });
    }

    private void told(Process process, Live route) {
        if (process.mayServe()) {
            live.add(route);
            check(route);
        }
    }

    // Checks.

    void check(Live route) {
        for (Machine machine : machines) {
            Process process = machine.process;
            if (!process.mayServe()
                    || route.partition < 0 && !process.state.members().nodes().contains(route.shard.node())) {
                continue;
            }
            if (!process.knows(route.filter, route.partition, route.shard)) {
                throw new AssertionError(
                        "at " + nowMicros / MILLI + " ms node " + process.node + " serves without " + route);
            }
        }
    }

    /** All of what was live lately, or all. */
    void checkLive(int newest) {
        live.removeIf(route -> route.partition < 0 && !members.contains(route.shard.node()));
        live.subList(Math.max(0, live.size() - newest), live.size()).forEach(this::check);
    }

    /** Every node serves and knows exactly what the buckets hold. */
    void checkSettled() {
        for (Machine machine : machines) {
            Process process = machine.process;
            if (!process.mayServe()) {
                throw new AssertionError("node " + process.node + " does not serve; it sees "
                        + process.state.members().nodes() + " of " + members + ", serving " + servingNodes());
            }
            for (int partition = 0; partition < PARTITIONS; partition++) {
                for (String filter : buckets[partition].filters) {
                    if (!process.knows(filter, partition, new ShardAddress(0, 0))) {
                        throw new AssertionError("node " + process.node + " never learned " + filter);
                    }
                }
            }
        }
    }

    Map<Integer, Long> servingNodes() {
        Map<Integer, Long> serving = new LinkedHashMap<>();
        machines.forEach(machine -> {
            if (machine.process.mayServe()) {
                serving.put(machine.index, machine.process.node);
            }
        });
        return serving;
    }
}
