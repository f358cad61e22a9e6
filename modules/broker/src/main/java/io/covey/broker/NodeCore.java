package io.covey.broker;

import io.covey.broker.NodeMessage.RouteBatch.PartitionDelta;
import io.covey.broker.NodeMessage.RouteBatch.ShardDelta;
import io.covey.broker.NodeMessage.RouteDigest.PartitionDigest;
import io.covey.broker.NodeMessage.RouteDigest.ShardDigest;
import io.covey.bucket.Command;
import io.covey.bucket.Result;
import io.covey.bucket.RouteDelta;
import io.covey.routing.RouteTableWriter;
import io.covey.routing.ShardAddress;
import io.covey.routing.ShardRoute;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether the node may serve, and keeps its routes in step with the other nodes' [I6] [I9]. Runs on the first shard's loop.
 *
 * <table>
 * <caption>Phases</caption>
 * <tr><td>JOINING</td><td>asks for the lease; takes what routes come</td><td>lease acquired: CATCHING_UP</td></tr>
 * <tr><td>CATCHING_UP</td><td>reads all routes from the buckets and the other nodes</td><td>all read: SERVING</td></tr>
 * <tr><td>SERVING</td><td>renews the lease, announces routes, ticks its buckets</td><td></td></tr>
 * <tr><td>HALTED</td><td>does nothing more; the process makes a new incarnation</td><td>final, from everywhere: the lease lapsed, a bucket forgot a
 * shard, the members dropped this node, or it stopped</td></tr>
 * </table>
 */
final class NodeCore implements Core {
    /** How often it is looked at what is due. */
    static final int TURN_MILLIS = 20;

    /** How long route changes are collected before they are sent, unless they are many. */
    static final int FLUSH_MICROS = 1_000;

    /** How soon the lease is asked for again when the last request was not granted. */
    static final int ASK_AGAIN_MILLIS = 200;

    /** How soon it is while the members have not agreed yet on a departure: buckets wait for that. */
    static final int ASK_SOON_MILLIS = 50;

    /** How often the nodes compare what they know of the routes. */
    static final int DIGEST_MILLIS = 10_000;

    /** Routes in one message of a whole set. */
    static final int ROUTES_PER_PART_MAX = 10_000;

    private static final long TERM = 1;

    private enum Phase {
        JOINING,
        CATCHING_UP,
        SERVING,
        HALTED
    }

    private final Node.CorePorts ports;
    private final long self;
    private final ShardLoop loop;
    private final Lease lease;
    private final RouteTableWriter writer = new RouteTableWriter();
    private final RouteIntake intake;
    private final RouteBroadcast broadcast;
    private final Ticker ticker;

    private Phase phase = Phase.JOINING;
    private MembershipView view;
    private long askedMillis = Long.MIN_VALUE / 2;
    private long comparedMillis;
    private boolean flushing;
    private boolean stopping;

    NodeCore(Node.CorePorts ports) {
        this.ports = ports;
        this.self = ports.state().node();
        this.loop = ports.loops().get(0);
        this.view = new MembershipView(0, List.of(), List.of());
        this.lease = new Lease(self, ports.settings(), loop.monotonicMillis());
        this.intake = new RouteIntake(ports.buckets().partitionCount(), writer, new IntakeOutput());
        this.broadcast = new RouteBroadcast(self, lease, new BroadcastOutput());
        this.ticker = new Ticker(ports.settings().upkeep().tickMillis(), ports.buckets());
    }

    private final class IntakeOutput implements RouteIntake.Output {
        @Override
        public void confirm(long to, long number) {
            NodeCore.this.confirm(to, number);
        }

        @Override
        public void readRoutes(int partition) {
            ports.buckets().submit(partition, new Command.ReadRoutes(), true, result -> read(partition, result));
        }

        @Override
        public void pull(long node) {
            send(node, new NodeMessage.RoutePull(self));
        }
    }

    private final class BroadcastOutput implements RouteBroadcast.Output {
        @Override
        public void send(long node, NodeMessage message) {
            NodeCore.this.send(node, message);
        }

        @Override
        public void live(int shard, Runnable live) {
            ports.loops().get(shard).submit(live);
        }
    }

    private void send(long node, NodeMessage message) {
        ports.link().send(new ShardAddress(node, NodeLink.NODE_CORE), message);
    }

    // Membership and lease.

    @Override
    public void start(MembershipView first) {
        members(first);
        turn();
    }

    private void turn() {
        if (phase == Phase.HALTED) {
            return;
        }
        loop.schedule(TURN_MILLIS * 1_000L, this::turn); // whatever becomes of this one
        long now = loop.monotonicMillis();
        if (lease.hasLapsed(now)) {
            incarnationOver("the lease has lapsed");
            return;
        }
        ports.state().membersNeeded(lease.quorum());
        boolean held = lease.isHeld(now);
        boolean granted = lease.validUntilMillis()
                >= askedMillis + ports.settings().membership().leaseMillis();
        int askAgainMillis = lease.isAgreed() ? ASK_AGAIN_MILLIS : ASK_SOON_MILLIS;
        if (now - askedMillis >= (granted ? ports.settings().membership().leaseRenewMillis() : askAgainMillis)) {
            ask(now);
        }
        broadcast.tick(now);
        if (held) {
            intake.tick(now);
        }
        serveWhenCaughtUp();
        if (phase == Phase.SERVING) {
            if (!stopping) {
                ticker.tick(now);
            }
            compare(now);
        }
    }

    private void ask(long now) {
        askedMillis = now;
        long round = lease.request(now, loop.clusterMillis());
        for (long node : view.nodes()) {
            if (node != self) {
                send(node, new NodeMessage.LeaseRequest(self, round, lease.requestedTerm(), view.nodes()));
            }
        }
        leaseMayHaveChanged(now);
    }

    private void leaseMayHaveChanged(long now) {
        if (!lease.isHeld(now)) {
            return;
        }
        tellAgreed();
        ports.state().lease(TERM, lease.validUntilMillis());
        if (phase == Phase.JOINING) {
            phase = Phase.CATCHING_UP;
            ports.events().lease(true);
            List<Long> others = new ArrayList<>(view.nodes());
            others.remove(self);
            intake.catchUp(others, now);
        }
    }

    private void tellAgreed() {
        if (lease.isAgreed()) {
            ports.state().agreed(view.number(), lease.term());
        } else {
            ports.state().nothingAgreed();
        }
    }

    private void serveWhenCaughtUp() {
        if (phase == Phase.CATCHING_UP && intake.isCaughtUp()) {
            phase = Phase.SERVING;
            publishRoutes();
            comparedMillis = loop.monotonicMillis();
            ports.state().serving(true);
            ports.lifecycle().serving();
        }
    }

    @Override
    public void members(MembershipView newest) {
        if (phase == Phase.HALTED || newest.number() < view.number()) {
            return;
        }
        if (!newest.nodes().contains(self)) {
            incarnationOver("the members have dropped this node");
            return;
        }
        long now = loop.monotonicMillis();
        MembershipView before = view;
        view = newest;
        lease.members(newest.nodes());
        ticker.members(newest.nodes());
        tellAgreed();
        for (long node : before.nodes()) {
            if (!newest.nodes().contains(node)) {
                departed(node);
            }
        }
        newest.departed().forEach(this::departed);
        for (long node : newest.nodes()) {
            if (phase == Phase.CATCHING_UP && !before.nodes().contains(node)) {
                intake.joined(node, now);
            }
        }
        broadcast.members(newest.nodes(), now);
        publishRoutes();
        ports.state().members(newest);
        // Its buckets wait for the others' agreement on who left; and who is new confirms no subscription before it has
        // heard of all.
        if (!lease.isAgreed() || !before.nodes().containsAll(newest.nodes())) {
            ask(now);
        }
    }

    private void departed(long node) {
        if (!view.nodes().contains(node)) {
            ticker.departed(node);
            intake.departed(node);
        }
    }

    @Override
    public void agreedSize(int nodes) {
        lease.agreedSize(nodes);
    }

    @Override
    public void ownedPartitions(int[] partitions) {
        ticker.owned(partitions, loop.monotonicMillis());
    }

    // Messages.

    @Override
    public void message(NodeMessage message) {
        if (phase == Phase.HALTED) {
            return;
        }
        long now = loop.monotonicMillis();
        if (lease.hasLapsed(now)) {
            incarnationOver("the lease has lapsed"); // nothing that came during a freeze is acted on
            return;
        }
        if (message instanceof NodeMessage.LeaseRequest request) {
            long heard = lease.requested(request.from(), request.term(), request.members(), now);
            if (heard != Lease.NOT_GRANTED) {
                send(request.from(), new NodeMessage.LeaseGrant(self, request.round(), heard));
            }
        } else if (message instanceof NodeMessage.LeaseGrant grant) {
            boolean tooLow = lease.granted(grant.from(), grant.round(), grant.heardTerm(), now);
            leaseMayHaveChanged(now);
            if (tooLow) {
                ask(now);
            }
        } else if (message instanceof NodeMessage.LeaseReturned returned) {
            lease.returned(returned.from());
            broadcast.returned(returned.from(), now);
        } else if (message instanceof NodeMessage.RouteConfirm confirm) {
            broadcast.confirmed(confirm, now);
        } else if (message instanceof NodeMessage.RoutePull pull) {
            sendRoutes(pull.from());
        } else {
            routes(message, now);
        }
    }

    /** What changes the routes counts from members only: others' routes would stay when they are gone. */
    private void routes(NodeMessage message, long now) {
        if (message instanceof NodeMessage.RouteBatch batch) {
            if (isMember(batch.from())) {
                batch(batch, now);
            }
        } else if (message instanceof NodeMessage.RouteSet set) {
            if (isMember(set.shard().node())) {
                intake.set(set, now);
                publishRoutes();
                serveWhenCaughtUp();
            }
        } else if (message instanceof NodeMessage.RouteDigest digest) {
            if (isMember(digest.from()) && phase == Phase.SERVING) {
                digest(digest, now);
            }
        } else {
            throw new IllegalArgumentException("not for a node's core: " + message);
        }
    }

    private boolean isMember(long node) {
        return view.nodes().contains(node);
    }

    private void batch(NodeMessage.RouteBatch batch, long now) {
        if (phase == Phase.JOINING) {
            intake.batchWithoutLease(batch, now);
        } else {
            intake.batch(batch, now);
        }
        publishRoutes();
    }

    /** A confirm leaves only after the table that it speaks of can be seen by all shards. */
    private void confirm(long to, long number) {
        publishRoutes();
        long now = loop.monotonicMillis();
        if (to == self) {
            broadcast.confirmedBySelf(number, now);
        } else {
            send(to, new NodeMessage.RouteConfirm(self, number, lease.isWitness(now), lease.backed(now)));
        }
    }

    private void publishRoutes() {
        ports.state().routes(writer.current());
    }

    private void read(int partition, Result result) {
        if (phase != Phase.HALTED && result instanceof Result.Routes routes) {
            intake.partitionRead(partition, routes, loop.monotonicMillis());
            publishRoutes();
            serveWhenCaughtUp();
        }
    }

    private void sendRoutes(long to) {
        int shards = ports.loops().size();
        for (int index = 0; index < shards; index++) {
            ShardAddress shard = new ShardAddress(self, index);
            List<ShardRoute> routes = writer.routes(shard);
            int parts = Math.max(1, (routes.size() + ROUTES_PER_PART_MAX - 1) / ROUTES_PER_PART_MAX);
            for (int part = 0; part < parts; part++) {
                int from = part * ROUTES_PER_PART_MAX;
                List<ShardRoute> some =
                        List.copyOf(routes.subList(from, Math.min(routes.size(), from + ROUTES_PER_PART_MAX)));
                send(to, new NodeMessage.RouteSet(shard, shards, writer.version(shard), part, parts, some));
            }
        }
    }

    // Comparing.

    private void compare(long now) {
        if (now - comparedMillis < DIGEST_MILLIS) {
            return;
        }
        comparedMillis = now;
        List<PartitionDigest> partitions = new ArrayList<>();
        for (int partition = 0; partition < ports.buckets().partitionCount(); partition++) {
            partitions.add(new PartitionDigest(partition, writer.version(partition), writer.digest(partition)));
        }
        List<ShardDigest> shards = new ArrayList<>();
        for (int index = 0; index < ports.loops().size(); index++) {
            ShardAddress shard = new ShardAddress(self, index);
            shards.add(new ShardDigest(shard, writer.version(shard), writer.digest(shard)));
        }
        NodeMessage digest = new NodeMessage.RouteDigest(self, partitions, shards, ticker.departed());
        for (long node : view.nodes()) {
            if (node != self) {
                send(node, digest);
            }
        }
    }

    private void digest(NodeMessage.RouteDigest digest, long now) {
        digest.departed().forEach(this::departed);
        int differing = intake.digest(digest, now);
        if (differing > 0) {
            ports.events().lifecycle("routes of " + differing + " origins differed from another node's: read anew");
        }
    }

    // Announcing.

    @Override
    public void partitionRoutes(int shard, int partition, RouteDelta delta, @Nullable Runnable live) {
        if (!delta.changed() && live == null) {
            return;
        }
        PartitionDelta change = delta.changed()
                ? new PartitionDelta(partition, delta.version(), delta.added(), delta.removed())
                : new PartitionDelta(partition, delta.version(), List.of(), List.of());
        loop.submit(() -> {
            if (phase != Phase.HALTED) {
                broadcast.add(change);
                announced(shard, live);
            }
        });
    }

    @Override
    public void shardRoutes(ShardAddress shard, long version, List<ShardRoute> changed, @Nullable Runnable live) {
        if (changed.isEmpty() && live == null) {
            return;
        }
        ShardDelta change = new ShardDelta(shard, version, List.copyOf(changed));
        loop.submit(() -> {
            if (phase != Phase.HALTED) {
                broadcast.add(change);
                announced(shard.shard(), live);
            }
        });
    }

    private void announced(int shard, @Nullable Runnable live) {
        if (live != null) {
            broadcast.await(shard, live);
        }
        if (broadcast.isFull()) {
            broadcast.flush(loop.monotonicMillis());
        } else if (!flushing) {
            flushing = true;
            if (view.nodes().size() == 1) {
                loop.atEndOfTurn(this::flush); // there is nobody to save messages to
            } else {
                loop.schedule(FLUSH_MICROS, this::flush);
            }
        }
    }

    private void flush() {
        flushing = false;
        if (phase != Phase.HALTED) {
            broadcast.flush(loop.monotonicMillis());
        }
    }

    // Ending.

    @Override
    public void incarnationOver(String reason) {
        if (phase == Phase.HALTED) {
            return;
        }
        boolean held = phase != Phase.JOINING;
        halt();
        ports.abandon().run();
        if (held) {
            ports.events().lease(false);
        }
        ports.lifecycle().restart(reason);
    }

    @Override
    public void stopping() {
        stopping = true;
    }

    @Override
    public void stop() {
        boolean held = phase == Phase.CATCHING_UP || phase == Phase.SERVING;
        halt();
        for (long node : view.nodes()) {
            if (held && node != self) {
                send(node, new NodeMessage.LeaseReturned(self)); // the shards have ended before
            }
        }
    }

    private void halt() {
        phase = Phase.HALTED;
        ports.state().lease(NodeState.NO_LEASE, Long.MIN_VALUE);
        ports.state().serving(false);
    }
}
