package io.covey.broker;

import io.covey.bucket.RouteDelta;
import io.covey.protocol.Message;
import io.covey.routing.ShardAddress;
import io.covey.routing.ShardRoute;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * One incarnation of a broker node: a core and one shard per event loop, put together from the ports. It has no thread of its own; after
 * {@link NodeLifecycle#restart} or {@link #stop} it is not used again, and the process makes another with a new incarnation.
 */
public final class Node {
    private final long incarnation;
    private final List<ShardLoop> loops;
    private final List<Shard> shards = new ArrayList<>();
    private final NodeState state;
    private final Core core;

    /** Makes the core of a node. */
    interface CoreFactory {
        /** The core; it may keep everything it is given. */
        Core create(CorePorts ports);
    }

    /**
     * What a core works with.
     *
     * @param loops those of the shards; the core runs on the first, and answers {@link RouteAnnouncer} on the asking shard's
     * @param link also reaches the shards of this node
     * @param buckets lanes of the first shard
     * @param abandon closes all shards without acknowledging anything; from any thread
     */
    record CorePorts(
            NodeSettings settings,
            NodeState state,
            List<ShardLoop> loops,
            NodeLink link,
            BucketCommands buckets,
            Runnable abandon,
            BrokerEvents events,
            NodeLifecycle lifecycle) {}

    /** The core's announcer before the core is there: shards and core know each other. */
    private final class Announcements implements RouteAnnouncer {
        @Override
        public void partitionRoutes(int shard, int partition, RouteDelta delta, @Nullable Runnable live) {
            core.partitionRoutes(shard, partition, delta, live);
        }

        @Override
        public void shardRoutes(ShardAddress shard, long version, List<ShardRoute> changed, @Nullable Runnable live) {
            core.shardRoutes(shard, version, changed, live);
        }
    }

    /**
     * @param incarnation a number drawn at random (63 bits), never reused
     * @param loops one per shard; the core runs on the first
     * @param gatewayOfShard the gateway that answers on the loop of the shard with this index
     */
    public Node(
            NodeSettings settings,
            long incarnation,
            List<ShardLoop> loops,
            IntFunction<BucketGateway> gatewayOfShard,
            NodeLink link,
            Authenticator authenticator,
            BrokerEvents events,
            NodeLifecycle lifecycle) {
        this(settings, incarnation, loops, gatewayOfShard, link, authenticator, events, lifecycle, NodeCore::new);
    }

    Node(
            NodeSettings settings,
            long incarnation,
            List<ShardLoop> loops,
            IntFunction<BucketGateway> gatewayOfShard,
            NodeLink outside,
            Authenticator authenticator,
            BrokerEvents events,
            NodeLifecycle lifecycle,
            CoreFactory cores) {
        this.incarnation = incarnation;
        this.loops = List.copyOf(loops);
        this.state = new NodeState(incarnation, new MembershipView(0, List.of(incarnation), List.of()));
        NodeLink link = (target, message) -> {
            if (target.node() == incarnation) {
                deliver(target, message);
            } else {
                outside.send(target, message);
            }
        };
        RouteAnnouncer announcer = new Announcements();
        for (int index = 0; index < loops.size(); index++) {
            Shard.Ports ports = new Shard.Ports(
                    settings,
                    gatewayOfShard.apply(index),
                    link,
                    state,
                    announcer,
                    authenticator,
                    events.ofShard(index),
                    this::incarnationOver);
            shards.add(new Shard(new ShardAddress(incarnation, index), loops.get(index), ports));
        }
        this.core = cores.create(new CorePorts(
                settings, state, this.loops, link, shards.get(0), this::abandonShards, events, lifecycle));
    }

    /** Begins to ask for the lease and the routes; {@link NodeLifecycle#serving} tells when clients may come. From any thread, once. */
    public void start(MembershipView view) {
        loops.get(0).submit(() -> core.start(view));
        eachShard(Shard::start);
    }

    /** The members changed. From any thread; views come in the order of their numbers. */
    public void members(MembershipView view) {
        loops.get(0).submit(() -> {
            core.members(view);
            eachShard(shard -> shard.members(view));
        });
    }

    /** Of how many nodes the cluster is made, as they have agreed: majorities are counted of so many. From any thread. */
    public void agreedSize(int nodes) {
        loops.get(0).submit(() -> core.agreedSize(nodes));
    }

    /** The partitions whose buckets this node owns now: it ticks them. From any thread. */
    public void ownedPartitions(int[] partitions) {
        int[] owned = partitions.clone();
        loops.get(0).submit(() -> core.ownedPartitions(owned));
    }

    /** Whether a disk that new messages would go to has no room: such publishes are refused while it has none. From any thread. */
    public void storageFull(boolean now) {
        state.storageFull(now);
    }

    /** A message arrived for a shard or, with index {@link NodeLink#NODE_CORE}, for the core. From any thread; of another incarnation: dropped. */
    public void deliver(ShardAddress target, NodeMessage message) {
        if (target.node() != incarnation || target.shard() >= shards.size()) {
            return;
        }
        if (target.shard() == NodeLink.NODE_CORE) {
            loops.get(0).submit(() -> core.message(message));
        } else {
            Shard shard = shards.get(target.shard());
            shard.loop.submit(() -> shard.message(message));
        }
    }

    /** A client connected. On the loop of that shard, as are all calls of what is returned. */
    public ClientInput connect(int shard, ClientConnection wire) {
        return shards.get(shard).connect(wire);
    }

    /**
     * Closes every connection, with 0x8B or 0x9C, and refuses those that come; routes, lease and buckets are served on until {@link #stop}. From any
     * thread, once.
     *
     * @param spreadMillis over how long the connections are spread where they are many
     * @param done runs once, on a loop of this node, when all ends are reported or a bound is reached
     */
    public void disconnect(int spreadMillis, Runnable done) {
        int[] busy = {shards.size()};
        Runnable disconnected = () -> {
            if (--busy[0] == 0) {
                done.run();
            }
        };
        // Counted on the core's loop only, since each shard ends on its own.
        eachShard(shard -> shard.disconnect(spreadMillis, () -> loops.get(0).submit(disconnected)));
    }

    /**
     * Closes every connection with 0x8B, reports their ends to the buckets, and waits for what is pending, up to a bound. From any thread.
     *
     * @param done runs once, on a loop of this node
     */
    public void stop(Runnable done) {
        int[] busy = {shards.size()};
        ShardLoop coreLoop = loops.get(0);
        Runnable stopped = () -> {
            if (--busy[0] == 0) {
                core.stop();
                done.run();
            }
        };
        coreLoop.submit(core::stopping);
        // Counted on the core's loop only, since each shard ends on its own.
        eachShard(shard -> shard.stop(() -> coreLoop.submit(stopped)));
    }

    /** Asks for the session of a client id, wherever in the cluster it is. From any thread. */
    public void describe(String clientId, SessionAnswer answer) {
        Shard shard = shards.get(Math.floorMod(clientId.hashCode(), shards.size()));
        shard.loop.submit(() -> shard.describe(clientId, answer));
    }

    /**
     * The newest of what the broker tells below {@code $SYS}, all topics of it: this node's clients hear of those that have changed, and new
     * subscriptions receive all that match. From any thread.
     *
     * @param all of QoS 0; not to be modified
     */
    public void tellSystemTopics(List<Message> all) {
        eachShard(shard -> shard.tellSystemTopics(all));
    }

    /**
     * Tells the other nodes what this one counts, and gets what each member has told last. From any thread; nothing happens while the node
     * does not serve.
     *
     * @param own not to be modified
     * @param all runs on a loop of this node; its own figures come first
     */
    public void exchangeFigures(long[] own, Consumer<List<long[]>> all) {
        Shard shard = shards.get(FigureExchange.SHARD);
        shard.loop.submit(() -> shard.exchangeFigures(own, all));
    }

    /** What the core publishes: routes, lease, members. */
    public NodeState state() {
        return state;
    }

    /**
     * The incarnation must end, for whatever those around it have seen: it serves nobody any more, and {@link NodeLifecycle#restart} is asked for, once. From
     * any thread.
     */
    public void incarnationOver(String reason) {
        loops.get(0).submit(() -> core.incarnationOver(reason));
    }

    private void abandonShards() {
        eachShard(Shard::abandon);
    }

    private void eachShard(Consumer<Shard> action) {
        for (Shard shard : shards) {
            shard.loop.submit(() -> action.accept(shard));
        }
    }
}
