package io.covey.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.covey.broker.Node;
import io.covey.broker.NodeLifecycle;
import io.covey.broker.NodeLink;
import io.covey.broker.NodeMessage;
import io.covey.broker.NodeSettings;
import io.covey.broker.ShardLoop;
import io.covey.protocol.ConnAck;
import io.covey.protocol.ControlPacket;
import io.covey.protocol.PubAck;
import io.covey.protocol.PubComp;
import io.covey.protocol.PubRec;
import io.covey.protocol.Publish;
import io.covey.protocol.ReasonCode;
import io.covey.routing.ShardAddress;
import io.covey.session.AuthenticationStep;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The cluster's machines: each has a process at a time, in it a member of the grid and an incarnation of the node. Clients connect here, and what
 * nodes send to them is watched.
 */
final class SimulatedHosts implements SimulatedGrid.Host, SimulatedClient.Nodes, SimulatedSocket.Watch {
    static final int PARTITIONS = 5;
    private static final int SHARDS = 2;
    private static final long LEASE_MILLIS = 5_000;

    private final EventQueue events;
    private final SimulatedNetwork network;
    private final SimulatedGrid grid;
    private final Tamperer tamperer;
    private final History history;
    private final Consumer<String> note;
    private @Nullable Consumer<String> trace;
    private IntConsumer ownerChanges = host -> {};
    private final Calls calls;
    private final Ownership ownership = new Ownership(this::mayNotKnow);
    private final @Nullable SimulatedProcess[] processes;
    private final List<SimulatedSocket> sockets = new ArrayList<>();
    private long packetDigest;

    /** @param note takes what happens to hosts */
    SimulatedHosts(
            EventQueue events,
            SimulatedNetwork network,
            Scenario scenario,
            Tampering tampering,
            History history,
            Consumer<String> note) {
        this.events = events;
        this.network = network;
        this.history = history;
        this.note = note;
        Lineage lineage = new Lineage(PARTITIONS, !tampering.isForClientsToSee());
        this.grid =
                new SimulatedGrid(events, network, PARTITIONS, scenario.backups(), scenario.limits(), this, lineage);
        this.calls = new Calls(events);
        this.tamperer = new Tamperer(tampering, this::deliver);
        this.processes = new SimulatedProcess[scenario.hosts()];
        if (tampering == Tampering.BACKUP_SKIPPED) {
            grid.rebalanceMicrosMax = 5_000_000;
        }
    }

    /** Tells on which host, at the moment, a bucket has got a new owner, or is about to lose its owner to another. */
    void whenOwnerChanges(IntConsumer host) {
        ownerChanges = host;
    }

    @Override
    public void ownerChanges(GridMember member) {
        ownerChanges.accept(member.process.host());
    }

    /** Whether a host may be cut off now, whatever else has happened: the others hold everything that is confirmed. */
    boolean canSpare(int host) {
        GridMember member = member(host);
        return member != null && grid.canSpare(member);
    }

    /** Tells what nodes report and all packets. */
    void trace(Consumer<String> lines) {
        trace = lines;
    }

    SimulatedGrid grid() {
        return grid;
    }

    /** How many machines there are, with or without a process. */
    int count() {
        return processes.length;
    }

    /** The cluster is formed of the first machines. */
    void form(int founding) {
        List<GridMember> founders = new ArrayList<>();
        for (int host = 0; host < founding; host++) {
            founders.add(boot(host, Map.of()));
        }
        grid.form(founders);
    }

    /** A machine's process starts and joins. */
    void join(int host) {
        grid.join(boot(host, Map.of()));
    }

    private GridMember boot(int host, Map<Integer, byte[]> buckets) {
        SimulatedProcess process = new SimulatedProcess(host, events.random().nextLong() >>> 1);
        processes[host] = process;
        GridMember member = new GridMember(process, buckets);
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
        Node node = new Node(
                NodeSettings.clustered(processes.length, processes.length / 2 + 1),
                process.id(),
                loops,
                shard ->
                        new SimulatedGateway(events, network, grid, member, process, loops.get(shard), tamperer, calls),
                link(process),
                (connect, address, answer) -> answer.accept(AuthenticationStep.of(ReasonCode.SUCCESS)),
                new TracedEvents(what -> trace(process.host(), what)),
                lifecycle(member, process));
        member.begin(process, node);
    }

    private NodeLink link(SimulatedProcess process) {
        return (target, message) -> {
            GridMember receiver = grid.memberOf(target.node());
            NodeMessage sent = receiver == null ? null : tamperer.message(target, message, receiver.seen());
            if (receiver != null && sent != null) {
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
                trace(incarnation.host(), "serves clients");
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

    @Override
    public void restart(GridMember member, String reason) {
        SimulatedProcess process = member.process;
        if (process.isAlive()) {
            note(process.host(), "restarts: " + reason);
            Map<Integer, byte[]> buckets = grid.heldBuckets(member);
            end(process);
            events.after(events.between(300_000, 2_000_000), () -> grid.join(boot(process.host(), buckets)));
        }
    }

    /** Whether a machine's process runs and has expelled that of another one. */
    boolean hasExpelled(int host, int other) {
        GridMember member = member(host);
        return member != null
                && member.isRunning()
                && !member.view.contains(process(other).id());
    }

    /** Which table of partitions a machine's running process has. */
    long tableVersion(int host) {
        GridMember member = member(host);
        return member == null ? -1 : member.table().version();
    }

    boolean isFrozen(int host) {
        return process(host).isAlive() && process(host).isFrozen();
    }

    /** For so long what comes to a machine as a backup waits there: its disk is busy, or its processors are. */
    void slowBackups(int host, long millis) {
        GridMember member = member(host);
        if (member != null) {
            note(host, "is slow as a backup for " + millis + " ms");
            member.slowUntilMicros = Math.max(member.slowUntilMicros, events.nowMicros() + millis * 1000);
        }
    }

    /** SIGKILL. */
    void kill(int host) {
        note(host, "is killed");
        end(process(host));
    }

    /** SIGSTOP, and SIGCONT after so long. */
    void freeze(int host, long millis) {
        SimulatedProcess process = process(host);
        note(host, "is frozen for " + millis + " ms");
        process.freeze(events.nowMillis());
        events.after(millis * 1000, () -> process.thaw(events));
    }

    /** The node hands everything over and leaves; then its process ends. */
    void stop(int host, Runnable ended) {
        GridMember member = member(host);
        if (member == null) {
            return;
        }
        note(host, "stops");
        Runnable left = () -> {
            note(host, "has left");
            end(member.process);
            ended.run();
        };
        member.node().stop(() -> grid.leave(member, left));
    }

    private void end(SimulatedProcess process) {
        process.kill();
        for (SimulatedSocket socket : sockets) {
            if (!socket.process().isAlive()) {
                history.ended(socket.process(), socket.process().lastRanMillis(events.nowMillis()) * 1000);
                socket.processEnded();
            }
        }
        sockets.removeIf(socket -> !socket.process().isAlive());
    }

    private SimulatedProcess process(int host) {
        SimulatedProcess process = processes[host];
        if (process == null) {
            throw new IllegalStateException("host " + host + " has not joined yet");
        }
        return process;
    }

    /** The machine's member where it runs and has joined, else null. */
    @Nullable
    GridMember member(int host) {
        SimulatedProcess process = processes[host];
        GridMember member = process == null || !process.isAlive() ? null : grid.member(process.id());
        return member != null && member.isJoined() && member.incarnation().isAlive() ? member : null;
    }

    /** Whether every machine that has joined serves clients, with all copies in place: what a fault needs that is to be survived. */
    @Override
    public boolean allServe() {
        int started = 0;
        for (SimulatedProcess process : processes) {
            started += process == null ? 0 : 1;
        }
        return grid.isInSync(started)
                && calls.areAnsweredAtOnce()
                && grid.alive().stream()
                        .allMatch(m ->
                                m.incarnation().isAlive() && m.node().state().serving());
    }

    @Override
    public @Nullable SimulatedSocket connect(String clientId, SimulatedSocket.ClientEnd client) {
        GridMember member = member((int) events.between(0, processes.length - 1));
        if (member == null) {
            return null;
        }
        SimulatedProcess incarnation = member.incarnation();
        Node node = member.node();
        SimulatedSocket socket = new SimulatedSocket(events, incarnation, clientId, client, this);
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

    @Override
    public void fromClient(SimulatedSocket socket, ControlPacket packet) {
        sees(socket, " <- ", packet);
    }

    private void sees(SimulatedSocket socket, String direction, ControlPacket packet) {
        digest(events.nowMicros());
        digest((direction + packet.type() + socket.clientId()).hashCode());
        if (packet instanceof Publish publish) {
            digest(publish.packetId());
            digest(Arrays.hashCode(publish.payload()));
        }
        if (trace != null) {
            String payload = packet instanceof Publish publish ? new String(publish.payload(), UTF_8) + " " : "";
            trace(socket.process().host(), direction + socket.clientId() + " " + payload + packet);
        }
    }

    @Override
    public void fromServer(SimulatedSocket socket, ControlPacket packet) {
        sees(socket, " -> ", packet);
        ownership.sent(socket, packet);
        if (packet instanceof Publish publish) {
            history.sentToClient(socket, publish);
        }
        boolean acknowledges = packet instanceof PubAck
                || packet instanceof PubRec
                || packet instanceof PubComp
                || packet instanceof ConnAck connAck && connAck.reason() == ReasonCode.SUCCESS;
        if (acknowledges) {
            checkBelongs(socket.process().host(), packet);
        }
    }

    /** I9: a node that a majority has expelled acknowledges nothing once the leases that it was granted have run out. */
    private void checkBelongs(int host, ControlPacket packet) {
        long member = process(host).id();
        int expelledBy = 0;
        for (GridMember other : grid.alive()) {
            long since = other.expelledAtMillis.getOrDefault(member, History.NEVER);
            if (other.isJoined() && !other.merging && events.nowMillis() - LEASE_MILLIS > since) {
                expelledBy++;
            }
        }
        // Each for itself: one that is cut off may believe itself to be in a view with others that do not know of it.
        if (expelledBy * 2 > processes.length) {
            throw new History.InvariantViolated(
                    "I9: host " + host + " sent " + packet.type() + " after the majority had expelled it");
        }
    }

    @Override
    public boolean mayBeOver(SimulatedSocket socket) {
        long incarnation = socket.process().id();
        return socket.isOver() || grid.alive().stream().anyMatch(member -> !member.isCurrent(incarnation));
    }

    private boolean mayNotKnow(SimulatedSocket former, SimulatedSocket owner) {
        GridMember accepting = grid.memberOf(owner.process().id());
        GridMember expelled = grid.memberOf(former.process().id());
        if (accepting == null
                || expelled == null
                || accepting.isCurrent(former.process().id())) {
            return false;
        }
        long since = accepting.expelledAtMillis.getOrDefault(expelled.id(), Long.MIN_VALUE / 2);
        return events.nowMillis() - since <= LEASE_MILLIS;
    }

    private void digest(long value) {
        packetDigest = (packetDigest ^ value) * 0x9E37_79B9_7F4A_7C15L;
        packetDigest ^= packetDigest >>> 29;
    }

    /** A digest of all packets so far, with their times. */
    long packetDigest() {
        return packetDigest;
    }

    private void note(int host, String what) {
        note.accept(events.nowMillis() + " ms: host " + host + " " + what);
    }

    private void trace(int host, String what) {
        if (trace != null) {
            trace.accept(events.nowMillis() + " ms: host " + host + " " + what);
        }
    }
}
