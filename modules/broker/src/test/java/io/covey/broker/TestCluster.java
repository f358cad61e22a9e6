package io.covey.broker;

import io.covey.bucket.BucketLimits;
import io.covey.bucket.Command;
import io.covey.bucket.Result;
import io.covey.bucket.RouteDelta;
import io.covey.bucket.Shortage;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.routing.RouteTableWriter;
import io.covey.routing.ShardAddress;
import io.covey.routing.ShardRoute;
import io.covey.session.AuthenticationStep;
import io.covey.session.ConnectionEvent;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Nodes with real shards and real buckets in virtual time. Cores are stand-ins unless asked for: one writer of routes for all, a lease that the
 * test takes away, and no ticks but the test's.
 */
final class TestCluster {
    static final int PARTITIONS = 7;

    final VirtualTime time = new VirtualTime();
    final TestBuckets buckets;
    final Map<Long, TestNode> nodes = new LinkedHashMap<>();
    private final RouteTableWriter routes = new RouteTableWriter();
    private NodeSettings settings = NodeSettings.SINGLE;
    private Authenticator authenticator =
            (connect, address, answer) -> answer.accept(AuthenticationStep.of(ReasonCode.SUCCESS));
    private boolean realCores;
    private long views;

    /** Messages between shards that are lost. */
    Predicate<NodeMessage> lost = message -> false;
    /** How long messages between shards are on their way. */
    long linkMicros = 100;
    /** Messages between shards, in the order of sending. */
    final List<NodeMessage> sent = new ArrayList<>();
    /** How long routes of buckets, and of shards, take to be known everywhere. */
    long partitionsLiveAfterMicros = 200;

    long shardsLiveAfterMicros = 200;

    TestCluster() {
        this(BucketLimits.DEFAULT);
    }

    TestCluster(BucketLimits limits) {
        buckets = new TestBuckets(time, PARTITIONS, limits);
    }

    /** One node. */
    final class TestNode {
        final long incarnation;
        final Node node;
        final Events events = new Events();
        final List<String> restarts = new ArrayList<>();
        NodeState state;
        Runnable abandon = () -> {};
        BucketCommands commands;

        private TestNode(long incarnation, int shards) {
            this.incarnation = incarnation;
            List<ShardLoop> loops = new ArrayList<>();
            for (int i = 0; i < shards; i++) {
                loops.add(time.loop());
            }
            NodeLifecycle lifecycle = new NodeLifecycle() {
                @Override
                public void serving() {}

                @Override
                public void restart(String reason) {
                    restarts.add(reason);
                }
            };
            node = new Node(
                    settings,
                    incarnation,
                    loops,
                    shard -> buckets.gateway(),
                    TestCluster.this::send,
                    authenticator,
                    events,
                    lifecycle,
                    ports -> {
                        state = ports.state();
                        abandon = ports.abandon();
                        commands = ports.buckets();
                        return realCores ? new NodeCore(ports) : new StandInCore(ports);
                    });
        }

        /** The lease is over from now on. */
        void loseLease() {
            state.lease(NodeState.NO_LEASE, Long.MIN_VALUE);
        }

        TestClient client() {
            return client(0);
        }

        TestClient client(int shard) {
            return new TestClient(time, wire -> node.connect(shard, wire));
        }
    }

    /** Counts what is reported. */
    static final class Events implements BrokerEvents {
        final Map<DropReason, Integer> dropped = new EnumMap<>(DropReason.class);
        final List<Shortage> shortages = new ArrayList<>();
        final List<ConnectionEvent> connections = new ArrayList<>();
        IntConsumer sent = payloadBytes -> {};
        int acknowledged;
        int refused;
        int repeated;
        int reconciled;
        int kicked;
        int stuck;

        @Override
        public void connection(String listener, String clientId, ConnectionEvent event, ReasonCode reason) {
            connections.add(event);
        }

        @Override
        public void publishReceived(QoS qos, int payloadBytes) {}

        @Override
        public void publishSent(QoS qos, int payloadBytes) {
            sent.accept(payloadBytes);
        }

        @Override
        public void publishAcknowledged(long latencyMicros) {
            acknowledged++;
        }

        @Override
        public void publishRefused(ReasonCode reason, Shortage shortage) {
            refused++;
            if (shortage != null) {
                shortages.add(shortage);
            }
        }

        @Override
        public void dropped(DropReason reason, int count) {
            dropped.merge(reason, count, Integer::sum);
        }

        @Override
        public void batchConfirmed(int commands, long latencyMicros) {}

        @Override
        public void batchRepeated(String cause) {
            repeated++;
        }

        @Override
        public void hintsReconciled(int count) {
            reconciled += count;
        }

        @Override
        public void sessionKicked() {
            kicked++;
        }

        @Override
        public void stuckSessions(int now) {
            stuck = now;
        }

        @Override
        public void lease(boolean held) {}

        @Override
        public void lifecycle(String text) {}
    }

    /** What a core does, without agreeing on anything with anyone. */
    private final class StandInCore implements Core {
        private final Node.CorePorts ports;
        private boolean over;

        private StandInCore(Node.CorePorts ports) {
            this.ports = ports;
        }

        @Override
        public void start(MembershipView view) {
            ports.state().members(view);
            ports.state().lease(1, Long.MAX_VALUE);
            ports.state().routes(routes.current());
            ports.state().serving(true);
            ports.lifecycle().serving();
        }

        @Override
        public void members(MembershipView view) {
            ports.state().members(view);
        }

        @Override
        public void agreedSize(int nodes) {}

        @Override
        public void ownedPartitions(int[] partitions) {}

        @Override
        public void message(NodeMessage message) {}

        @Override
        public void incarnationOver(String reason) {
            if (!over) {
                over = true;
                ports.abandon().run();
                ports.lifecycle().restart(reason);
            }
        }

        @Override
        public void stopping() {}

        @Override
        public void stop() {
            ports.state().serving(false);
        }

        @Override
        public void partitionRoutes(int shard, int partition, RouteDelta delta, @Nullable Runnable live) {
            if (delta.changed()) {
                routes.applyDelta(partition, delta.version(), delta.added(), delta.removed());
            }
            publish(live, partitionsLiveAfterMicros);
        }

        @Override
        public void shardRoutes(ShardAddress shard, long version, List<ShardRoute> changed, @Nullable Runnable live) {
            if (!changed.isEmpty()) {
                routes.applyDelta(shard, version, changed);
            }
            publish(live, shardsLiveAfterMicros);
        }

        private void publish(@Nullable Runnable live, long liveAfterMicros) {
            nodes.values().forEach(each -> each.state.routes(routes.current()));
            if (live != null) {
                time.after(liveAfterMicros, live);
            }
        }
    }

    /** With other settings for the nodes that are started from now on. */
    TestCluster with(NodeSettings newSettings) {
        settings = newSettings;
        return this;
    }

    /** With another authenticator for the nodes that are started from now on; by default everybody may connect. */
    TestCluster with(Authenticator newAuthenticator) {
        authenticator = newAuthenticator;
        return this;
    }

    /** With real cores, which agree on leases and routes by themselves. */
    TestCluster withRealCores() {
        realCores = true;
        return this;
    }

    /** Starts a node. */
    TestNode start(long incarnation, int shards) {
        TestNode node = new TestNode(incarnation, shards);
        nodes.put(incarnation, node);
        buckets.members.add(incarnation);
        node.node.start(view());
        changed();
        time.pass(1);
        return node;
    }

    /** The node's process is killed; its members notice. */
    void kill(TestNode node) {
        node.abandon.run();
        nodes.remove(node.incarnation);
        buckets.members.remove(node.incarnation);
        routes.removeNode(node.incarnation);
        departed.add(node.incarnation);
        changed();
        TestNode other = nodes.values().iterator().next();
        time.turn(() -> {
            for (int partition = 0; partition < PARTITIONS; partition++) {
                other.commands.submit(partition, new Command.NodeGone(node.incarnation), true, result -> {});
            }
        });
    }

    private final List<Long> departed = new ArrayList<>();

    private void changed() {
        MembershipView view = view();
        nodes.values().forEach(each -> each.node.members(view));
    }

    private MembershipView view() {
        return new MembershipView(++views, List.copyOf(nodes.keySet()), List.copyOf(departed));
    }

    private void send(ShardAddress target, NodeMessage message) {
        sent.add(message);
        if (!lost.test(message)) {
            TestNode node = nodes.get(target.node());
            if (node != null) {
                time.after(linkMicros, () -> node.node.deliver(target, message));
            }
        }
    }

    /** Moves the time of all buckets. */
    void tick() {
        TestNode any = nodes.values().iterator().next();
        List<Result> results = new ArrayList<>();
        time.turn(() -> {
            for (int partition = 0; partition < PARTITIONS; partition++) {
                any.commands.submit(partition, new Command.Tick(), true, results::add);
            }
        });
    }

    /** Brings about what is left in the outboxes, as the owners of the buckets do. */
    void deliverOutboxes() {
        TestNode any = nodes.values().iterator().next();
        time.turn(() -> {
            for (int partition = 0; partition < PARTITIONS; partition++) {
                int of = partition;
                any.commands.submit(of, new Command.Tick(), true, result -> ((Result.Ticked) result)
                        .outbox()
                        .forEach(entry -> any.commands.publish(
                                of,
                                entry,
                                () -> any.commands.submit(
                                        of,
                                        new Command.FinishOutbox(new long[] {entry.number()}),
                                        true,
                                        finished -> {}))));
            }
        });
        time.pass(100);
    }
}
