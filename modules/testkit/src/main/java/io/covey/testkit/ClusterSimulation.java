package io.covey.testkit;

import io.covey.broker.BrokerEvents;
import io.covey.broker.DropReason;
import io.covey.broker.Node;
import io.covey.broker.NodeLifecycle;
import io.covey.broker.NodeLink;
import io.covey.broker.NodeMessage;
import io.covey.broker.NodeSettings;
import io.covey.broker.ShardLoop;
import io.covey.bucket.BucketLimits;
import io.covey.bucket.Shortage;
import io.covey.protocol.ConnAck;
import io.covey.protocol.ControlPacket;
import io.covey.protocol.PubAck;
import io.covey.protocol.PubComp;
import io.covey.protocol.PubRec;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.routing.ShardAddress;
import io.covey.session.AuthenticationStep;
import io.covey.session.ConnectionEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A whole cluster in one thread and virtual time: nodes with the real core, a modelled data grid, a lossy network, clients, and faults, all
 * drawn from one seed. The invariants are checked as it goes and at its end.
 */
public final class ClusterSimulation {
    private static final int PARTITIONS = 5;
    private static final int SHARDS = 2;
    private static final long ACTIVE_MICROS = 45_000_000;
    private static final long SETTLE_MICROS = 120_000_000;
    private static final long LEASE_MILLIS = 5_000;
    private static final String[] TOPICS = {"a/1", "a/2", "b/1"};

    /**
     * What a run did.
     *
     * @param acknowledged publishes that were acknowledged
     * @param deliveries messages that subscribers received
     * @param faults what was done to the hosts
     */
    public record Report(long seed, int acknowledged, long deliveries, List<String> faults, long events) {}

    private final long seed;
    private final EventQueue events;
    private final SimulatedNetwork network;
    private final SimulatedGrid grid;
    private final Tamperer tamperer;
    private final History history;
    private final SimulatedProcess[] processes;
    private final List<SimulatedSocket> sockets = new ArrayList<>();
    private final List<SimulatedPublisher> publishers = new ArrayList<>();
    private final List<SimulatedSubscriber> subscribers = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();
    private Consumer<String> trace = line -> {};
    private boolean calm;
    private long faultEndsMicros;

    /** A run of this many hosts with one deliberate fault in the core's surroundings, or none. */
    public ClusterSimulation(long seed, int hosts, Tampering tampering) {
        this.seed = seed;
        events = new EventQueue(new SplittableRandom(seed));
        network = new SimulatedNetwork(events, hosts, 0.02, 0.02);
        grid = new SimulatedGrid(events, network, PARTITIONS, 1, BucketLimits.DEFAULT, this::restart);
        tamperer = new Tamperer(tampering, this::deliver);
        history = new History(events);
        processes = new SimulatedProcess[hosts];
    }

    /** Tells this consumer, line by line, what happens in the nodes and to the hosts. */
    public void trace(Consumer<String> lines) {
        trace = lines;
    }

    /**
     * Runs to the end.
     *
     * @throws AssertionError when an invariant does not hold; the message names the seed and the faults that led there
     */
    public Report run() {
        try {
            start();
            runUntil(ACTIVE_MICROS);
            calmDown();
            settle();
            verify();
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError(
                    "seed " + seed + " (" + tamperer.tampering() + ") at " + events.nowMillis() + " ms: "
                            + e.getMessage() + "\nfaults:\n  " + String.join("\n  ", faults) + "\nreplay: scripts/sim "
                            + seed,
                    e);
        }
        return new Report(
                seed, history.acknowledgedCount(), history.deliveries(), List.copyOf(faults), events.executed());
    }

    private void start() {
        List<GridMember> founders = new ArrayList<>();
        for (int host = 0; host < processes.length; host++) {
            founders.add(boot(host));
        }
        grid.form(founders);
        QoS[] levels = {QoS.AT_LEAST_ONCE, QoS.EXACTLY_ONCE};
        String[] filters = {"a/+", "#", "b/1", "a/1"};
        for (int i = 0; i < filters.length; i++) {
            QoS qos = levels[i % 2 == 0 ? 1 : (int) events.between(0, 1)];
            subscribers.add(new SimulatedSubscriber(events, history, this::socket, "sub" + i, filters[i], qos));
        }
        for (int i = 0; i < 4; i++) {
            publishers.add(new SimulatedPublisher(events, history, this::socket, "pub" + i, levels[i % 2], TOPICS));
        }
        for (SimulatedSubscriber subscriber : subscribers) {
            events.after(events.between(0, 2_000_000), subscriber::connect);
            loseConnectionSometimes(subscriber);
        }
        for (SimulatedPublisher publisher : publishers) {
            events.after(events.between(0, 3_000_000), publisher::connect);
            publisher.run();
            loseConnectionSometimes(publisher);
        }
        nextFault();
    }

    private void loseConnectionSometimes(SimulatedClient client) {
        events.after(events.between(500_000, 8_000_000), () -> {
            if (!calm) {
                client.drop();
                loseConnectionSometimes(client);
            }
        });
    }

    private GridMember boot(int host) {
        SimulatedProcess process = new SimulatedProcess(host, events.random().nextLong() >>> 1);
        processes[host] = process;
        GridMember member = new GridMember(process);
        begin(member);
        return member;
    }

    /** An incarnation of the node begins in a process. */
    private void begin(GridMember member) {
        SimulatedProcess process = member.process.part(events.random().nextLong() >>> 1);
        List<ShardLoop> loops = new ArrayList<>();
        for (int i = 0; i < SHARDS; i++) {
            loops.add(new SimulatedLoop(events, process, tamperer));
        }
        NodeSettings settings = NodeSettings.clustered(processes.length, processes.length / 2 + 1);
        Node node = new Node(
                settings,
                process.id(),
                loops,
                shard -> new SimulatedGateway(events, network, grid, member, process, loops.get(shard), tamperer),
                link(process),
                (connect, address, answer) -> answer.accept(AuthenticationStep.of(ReasonCode.SUCCESS)),
                new TracedEvents(process),
                lifecycle(member, process));
        member.begin(process, node);
    }

    private NodeLink link(SimulatedProcess process) {
        return (target, message) -> {
            GridMember receiver = grid.memberOf(target.node());
            if (receiver != null) {
                NodeMessage sent = tamperer.message(message, receiver.seen());
                Node node = receiver.node();
                network.datagram(
                        process.host(),
                        receiver.process.host(),
                        receiver.incarnation(),
                        () -> node.deliver(target, sent));
            }
        };
    }

    private void deliver(ShardAddress target, NodeMessage message) {
        GridMember receiver = grid.memberOf(target.node());
        if (receiver != null) {
            Node node = receiver.node();
            events.after(100, receiver.incarnation(), () -> node.deliver(target, message));
        }
    }

    private NodeLifecycle lifecycle(GridMember member, SimulatedProcess incarnation) {
        return new NodeLifecycle() {
            @Override
            public void serving() {
                trace.accept(events.nowMillis() + " ms: host " + incarnation.host() + " serves clients");
            }

            @Override
            public void restart(String reason) {
                if (incarnation.isAlive()) {
                    note(incarnation.host(), "begins another incarnation: " + reason);
                    end(incarnation);
                    events.after(events.between(50_000, 800_000), member.process, () -> {
                        begin(member);
                        grid.announce(member);
                    });
                }
            }
        };
    }

    /** A process gives up and another starts in its place. */
    private void restart(SimulatedProcess process, String reason) {
        if (process.isAlive()) {
            note(process.host(), "restarts: " + reason);
            end(process);
            events.after(events.between(300_000, 2_000_000), () -> grid.join(boot(process.host())));
        }
    }

    private void end(SimulatedProcess process) {
        process.kill();
        for (SimulatedSocket socket : sockets) {
            if (!socket.process().isAlive()) {
                socket.processEnded();
            }
        }
        sockets.removeIf(socket -> !socket.process().isAlive());
    }

    private @Nullable SimulatedSocket socket(SimulatedSocket.ClientEnd client) {
        SimulatedProcess process = processes[(int) events.between(0, processes.length - 1)];
        GridMember member = grid.member(process.id());
        if (!process.isAlive()
                || member == null
                || !member.isJoined()
                || !member.incarnation().isAlive()) {
            return null;
        }
        SimulatedProcess incarnation = member.incarnation();
        Node node = member.node();
        SimulatedSocket socket = new SimulatedSocket(events, incarnation, client, packet -> watch(process, packet));
        sockets.add(socket);
        int shard = (int) events.between(0, SHARDS - 1);
        events.after(events.between(20, 500), incarnation, () -> {
            if (node.state().serving()) {
                socket.attach(node.connect(shard, socket));
            } else {
                socket.close();
            }
        });
        return socket;
    }

    /** I9: a node that a majority has expelled acknowledges nothing once the leases that it was granted have run out. */
    private void watch(SimulatedProcess process, ControlPacket packet) {
        boolean acknowledges = packet instanceof PubAck
                || packet instanceof PubRec
                || packet instanceof PubComp
                || packet instanceof ConnAck connAck && connAck.reason() == ReasonCode.SUCCESS;
        if (!acknowledges) {
            return;
        }
        for (GridMember other : grid.alive()) {
            boolean majority = other.isJoined() && other.view.size() * 2 > processes.length;
            long since = other.expelledAtMillis.getOrDefault(process.id(), Long.MAX_VALUE);
            if (majority && !other.merging && events.nowMillis() - LEASE_MILLIS > since) {
                throw new History.InvariantViolated("I9: host " + process.host() + " sent " + packet.type()
                        + " after the majority had expelled it");
            }
        }
    }

    private void note(int host, String what) {
        String line = events.nowMillis() + " ms: host " + host + " " + what;
        faults.add(line);
        trace.accept(line);
    }

    private void nextFault() {
        events.after(events.between(1_000_000, 5_000_000), () -> {
            if (calm) {
                return;
            }
            if (events.nowMicros() >= faultEndsMicros && allServe()) {
                fault((int) events.between(0, processes.length - 1));
            }
            nextFault();
        });
    }

    /** One fault at a time is what a cluster with one backup promises to survive. */
    private boolean allServe() {
        return grid.isInSync(processes.length)
                && grid.alive().stream()
                        .allMatch(m ->
                                m.incarnation().isAlive() && m.node().state().serving());
    }

    private void fault(int host) {
        SimulatedProcess process = processes[host];
        switch ((int) events.between(0, 4)) {
            case 0, 1 -> {
                note(host, "is killed");
                end(process);
                events.after(events.between(500_000, 4_000_000), () -> grid.join(boot(host)));
            }
            case 2 -> freeze(process, events.between(500, 4000));
            case 3 -> freeze(process, events.between(6000, 18_000));
            default -> {
                long millis = events.between(1000, 16_000);
                note(host, "is cut off for " + millis + " ms");
                faultEndsMicros = events.nowMicros() + millis * 1000;
                network.cut(host, true);
                events.after(millis * 1000, () -> network.cut(host, false));
            }
        }
    }

    private void freeze(SimulatedProcess process, long millis) {
        note(process.host(), "is frozen for " + millis + " ms");
        faultEndsMicros = events.nowMicros() + millis * 1000;
        process.freeze(events.nowMillis());
        events.after(millis * 1000, () -> process.thaw(events));
    }

    private void runUntil(long micros) {
        while (events.step(micros)) {
            // Each step checks what can be checked at once.
        }
    }

    private void calmDown() {
        calm = true;
        publishers.forEach(SimulatedClient::stop);
    }

    /** Everything heals; then all that was acknowledged arrives. */
    private void settle() {
        long limit = events.nowMicros() + SETTLE_MICROS;
        while (events.nowMicros() < limit) {
            runUntil(events.nowMicros() + 500_000);
            if (isSettled()) {
                return;
            }
        }
        throw new History.InvariantViolated("not settled after " + SETTLE_MICROS / 1_000_000 + " s: missing "
                + firstOf(history.missing()) + "; publishers "
                + publishers.stream()
                        .filter(p -> !p.isIdle())
                        .map(p -> p.id + (p.isConnected() ? " connected" : " not connected"))
                        .toList()
                + "; in sync: " + grid.isInSync(processes.length));
    }

    private boolean isSettled() {
        return publishers.stream().allMatch(SimulatedClient::isIdle)
                && subscribers.stream().allMatch(s -> s.isConnected() && s.isSubscribed())
                && grid.isInSync(processes.length)
                && history.missing().isEmpty();
    }

    private static String firstOf(List<String> missing) {
        return missing.size() + (missing.isEmpty() ? "" : ": " + missing.subList(0, Math.min(5, missing.size())));
    }

    private void verify() {
        // Later copies of what arrived already would break exactly-once only after the fact: give them time to come.
        runUntil(events.nowMicros() + 3_000_000);
        if (!history.missing().isEmpty()) {
            throw new History.InvariantViolated("I1: lost " + firstOf(history.missing()));
        }
        grid.verifyReplicasAreEqual();
    }

    /** Tells the trace what a node reports, with the time and the host. */
    private final class TracedEvents implements BrokerEvents {
        private final SimulatedProcess process;

        TracedEvents(SimulatedProcess process) {
            this.process = process;
        }

        private void say(String what) {
            trace.accept(events.nowMillis() + " ms: host " + process.host() + " " + what);
        }

        @Override
        public void connection(String listener, String clientId, ConnectionEvent event, ReasonCode reason) {}

        @Override
        public void publishReceived(QoS qos, int payloadBytes) {}

        @Override
        public void publishSent(QoS qos, int payloadBytes) {}

        @Override
        public void publishAcknowledged(long latencyMicros) {}

        @Override
        public void publishRefused(ReasonCode reason, @Nullable Shortage shortage) {}

        @Override
        public void dropped(DropReason reason, int count) {}

        @Override
        public void batchConfirmed(int commands, long latencyMicros) {}

        @Override
        public void batchRepeated(String cause) {
            say("repeats a batch: " + cause);
        }

        @Override
        public void hintsReconciled(int count) {}

        @Override
        public void lease(boolean held) {
            say(held ? "holds the lease" : "lost the lease");
        }

        @Override
        public void lifecycle(String text) {
            say(text);
        }
    }
}
