package io.covey.broker;

import io.covey.bucket.Command;
import io.covey.bucket.OutboxEntry;
import io.covey.bucket.Result;
import io.covey.protocol.Message;
import io.covey.protocol.ReasonCode;
import io.covey.routing.LocalSubscriptions;
import io.covey.routing.ShardAddress;
import io.covey.routing.ShardRoute;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What runs on one event loop: its connections, their subscriptions, the lanes to the buckets and the channels to other shards. Everything
 * in it is called on this loop only.
 */
final class Shard implements BucketCommands {
    /** How long an orderly stop waits for what is in work. */
    private static final long STOP_MILLIS_MAX = 10_000;

    private static final int STOP_POLL_MICROS = 5_000;

    /** How long it is waited for the ends of connections to be reported, before their buckets may move. */
    private static final long REPORTED_MILLIS_MAX = 5_000;

    private static final int DISCONNECT_STEP_MICROS = 10_000;

    /** Connections that are closed in one step where they are few: there is no need to make a small crowd wait. */
    private static final int DISCONNECTS_PER_STEP_MIN = 10;

    final NodeSettings settings;
    final ShardLoop loop;
    final NodeLink link;
    final Authenticator authenticator;
    final BrokerEvents events;
    final Lanes lanes;
    final TimerWheel wheel;
    final LocalSubscriptions<ShardConnection> subscriptions = new LocalSubscriptions<>();
    final Channels channels;
    final FanOut fanOut;
    final SharedLoans loans;
    final Registry registry;
    final Vacancies vacancies;
    final Takeovers takeovers;
    final Kicks kicks;
    final RetainedReads retainedReads;
    final SystemTopics systemTopics;
    private final Hints hints;
    private final Reconciler reconciler;
    private final OutboxDelivery outbox;
    private final Inquiries inquiries;
    private final FigureExchange figures;
    private final RouteAnnouncer announcer;
    private final Set<ShardConnection> connections = new LinkedHashSet<>();

    private List<Runnable> awaitingRoutes = new ArrayList<>();
    private boolean announcing;
    private long nowMillis;
    private int stuck;
    private boolean stopping;
    private boolean over;

    /** What a shard is made of, from its node. */
    record Ports(
            NodeSettings settings,
            BucketGateway gateway,
            NodeLink link,
            NodeState state,
            RouteAnnouncer announcer,
            Authenticator authenticator,
            BrokerEvents events,
            Consumer<String> incarnationOver) {}

    Shard(ShardAddress self, ShardLoop loop, Ports ports) {
        this.settings = ports.settings;
        this.loop = loop;
        this.link = ports.link;
        this.authenticator = ports.authenticator;
        this.events = ports.events;
        this.announcer = ports.announcer;
        this.lanes = new Lanes(
                ports.settings,
                self,
                loop,
                ports.gateway,
                ports.state,
                ports.announcer,
                ports.events,
                this::publishOwn,
                reason -> {
                    abandon();
                    ports.incarnationOver.accept(reason);
                });
        this.wheel = new TimerWheel(loop);
        this.channels = new Channels(self, loop, link, ports.state, events, this::arrived);
        this.registry = new Registry(lanes);
        this.loans = new SharedLoans(lanes, registry, subscriptions);
        this.fanOut = new FanOut(lanes, channels, subscriptions, loans);
        this.systemTopics = new SystemTopics(fanOut);
        this.figures = new FigureExchange(link, ports.state);
        this.vacancies = new Vacancies(this);
        this.takeovers = new Takeovers(this);
        this.kicks = new Kicks(this);
        this.retainedReads = new RetainedReads(lanes);
        this.hints = new Hints(loop, link);
        this.reconciler = new Reconciler(this);
        this.outbox = new OutboxDelivery(this);
        this.inquiries = new Inquiries(this);
    }

    /** Starts what runs from time to time. */
    void start() {
        reconciler.start();
    }

    /** A client connected. */
    ClientInput connect(ClientConnection wire) {
        ShardConnection connection = new ShardConnection(this, wire);
        connections.add(connection);
        if (over || stopping) {
            loop.atEndOfTurn(() -> connection.shutDown(ReasonCode.SERVER_SHUTTING_DOWN));
        }
        return connection;
    }

    /** The connection's wire is gone. */
    void forget(ShardConnection connection) {
        connections.remove(connection);
    }

    /** A session is stuck, or is not any more. */
    void countStuck(int by) {
        stuck += by;
        events.stuckSessions(stuck);
    }

    /** How many clients are connected. */
    int connections() {
        return connections.size();
    }

    /** Cluster time; does not go back. */
    long nowMillis() {
        nowMillis = Math.max(nowMillis, loop.clusterMillis());
        return nowMillis;
    }

    /** The time as it was last read: that of the input that is being worked off, for what follows from it. */
    long lastMillis() {
        return nowMillis;
    }

    /** Whether inputs are acted on: not once the lease is lost [I9]. */
    boolean mayServe() {
        return !over && lanes.leaseHeld();
    }

    /** Whether a client's session may be opened here now. */
    boolean takesClients() {
        return !over
                && !stopping
                && lanes.state.serving()
                && lanes.leaseTerm() != NodeState.NO_LEASE
                && lanes.leaseHeld();
    }

    boolean isOver() {
        return over;
    }

    /** A message from another shard. */
    void message(NodeMessage message) {
        if (!mayServe()) {
            return;
        }
        if (message instanceof NodeMessage.Hints arrived) {
            hinted(arrived);
        } else if (message instanceof NodeMessage.Publishes publishes) {
            nowMillis();
            channels.arrived(publishes);
        } else if (message instanceof NodeMessage.PublishesReceived received) {
            channels.received(received);
        } else if (message instanceof NodeMessage.Kick kick) {
            kicks.take(kick);
        } else if (message instanceof NodeMessage.Kicked kicked) {
            vacancies.vacated(kicked.clientId(), kicked.epoch());
            takeovers.kicked(kicked);
        } else if (message instanceof NodeMessage.ConnectionQuery query) {
            inquiries.answer(query);
        } else if (message instanceof NodeMessage.ConnectionAnswer answer) {
            inquiries.answered(answer);
        } else if (message instanceof NodeMessage.Figures told) {
            figures.told(told);
        } else {
            throw new IllegalArgumentException("not for a shard: " + message);
        }
    }

    /** The broker tells this below {@code $SYS}. */
    void tellSystemTopics(List<Message> all) {
        if (mayServe()) {
            systemTopics.tell(all, nowMillis());
        }
    }

    /** Tells the other nodes these figures, and what they told last. */
    void exchangeFigures(long[] own, Consumer<List<long[]>> all) {
        if (mayServe()) {
            figures.tell(own, all);
        }
    }

    private void arrived(NodeMessage.Publishes.Item item) {
        fanOut.arrived(item, lastMillis());
    }

    private void hinted(NodeMessage.Hints arrived) {
        List<NodeMessage.Hints.Hint> all = arrived.hints();
        for (int i = 0; i < all.size(); i++) {
            NodeMessage.Hints.Hint hint = all.get(i);
            for (int j = 0; j < hint.targets().size(); j++) {
                NodeMessage.Hints.Target to = hint.targets().get(j);
                ShardConnection connection = registry.current(to.clientId());
                if (connection != null && connection.epoch() == to.epoch()) {
                    connection.hinted(
                            to.epoch(), to.sequence(), hint.message(), to.qos(), to.retain(), to.subscriptionIds());
                } else {
                    registry.unsettled(to.clientId()).forEach(ShardConnection::hintMissed);
                }
            }
        }
    }

    /** A bucket holds a message: who is connected hears of it now. */
    void appended(Message message, Result.Appended appended) {
        List<Result.Delivery> deliveries = appended.deliveries();
        for (int i = 0; i < deliveries.size(); i++) {
            Result.Delivery delivery = deliveries.get(i);
            if (!delivery.shard().equals(lanes.self)) {
                hints.send(message, delivery);
                continue;
            }
            ShardConnection connection = registry.current(delivery.clientId());
            if (connection != null) {
                connection.hinted(
                        delivery.epoch(),
                        delivery.sequence(),
                        message,
                        delivery.qos(),
                        delivery.retain(),
                        delivery.subscriptionIds());
            }
        }
    }

    /** Asks for the session of a client id, wherever it is. */
    void describe(String clientId, SessionAnswer answer) {
        inquiries.ask(clientId, answer);
    }

    /** The shard's routes may have changed; tells once they are known everywhere, if someone waits for that. */
    void announceRoutes(@Nullable Runnable live) {
        if (live != null) {
            awaitingRoutes.add(live);
        }
        if (!announcing) {
            announcing = true;
            loop.atEndOfTurn(this::announceRoutes);
        }
    }

    private void announceRoutes() {
        announcing = false;
        if (over) {
            return;
        }
        events.subscriptions(subscriptions.transients(), subscriptions.sharedTransients());
        List<ShardRoute> changes = subscriptions.takeRouteChanges();
        if (awaitingRoutes.isEmpty()) {
            if (!changes.isEmpty()) {
                announcer.shardRoutes(lanes.self, subscriptions.version(), changes, null);
            }
            return;
        }
        List<Runnable> waiting = awaitingRoutes;
        awaitingRoutes = new ArrayList<>();
        announcer.shardRoutes(lanes.self, subscriptions.version(), changes, () -> {
            if (mayServe()) {
                waiting.forEach(Runnable::run);
            }
        });
    }

    /** The members changed: some who were waited for may have left, and hints with them. */
    void members(MembershipView view) {
        if (!over) {
            channels.members();
            vacancies.resend();
            takeovers.resend();
            reconciler.reconcileAll();
        }
    }

    // What the core does through this shard.

    @Override
    public int partitionCount() {
        return lanes.count();
    }

    @Override
    public void submit(int partition, Command command, boolean urgent, Consumer<Result> confirmed) {
        lanes.lane(partition).submit(command, urgent, confirmed);
    }

    @Override
    public void publish(int partition, OutboxEntry entry, Runnable done) {
        outbox.publish(partition, entry, done);
    }

    private void publishOwn(int partition, OutboxEntry entry) {
        outbox.publishOwn(partition, entry);
    }

    // Ending.

    /**
     * Closes every connection in order, spread over a time so that the other nodes are not asked for all sessions at once, and waits, up to a bound,
     * until the ends are reported. Who connects meanwhile is refused; the buckets are served on.
     */
    void disconnect(int spreadMillis, Runnable done) {
        stopping = true;
        List<ShardConnection> leaving = List.copyOf(connections);
        int steps = Math.max(1, spreadMillis * 1_000 / DISCONNECT_STEP_MICROS);
        int perStep = Math.max(DISCONNECTS_PER_STEP_MIN, (leaving.size() + steps - 1) / steps);
        disconnect(leaving, 0, perStep, done);
    }

    private void disconnect(List<ShardConnection> leaving, int from, int perStep, Runnable done) {
        int to = Math.min(leaving.size(), from + perStep);
        for (ShardConnection connection : leaving.subList(from, to)) {
            connection.shutDown(ReasonCode.SERVER_SHUTTING_DOWN);
        }
        if (to < leaving.size() && !over) {
            loop.schedule(DISCONNECT_STEP_MICROS, () -> disconnect(leaving, to, perStep, done));
        } else {
            awaitReported(loop.monotonicMillis() + REPORTED_MILLIS_MAX, done);
        }
    }

    private void awaitReported(long untilMillis, Runnable done) {
        boolean reported = registry.ending() == 0 && channels.isIdle();
        if (over || reported || loop.monotonicMillis() >= untilMillis) {
            done.run();
        } else {
            loop.schedule(STOP_POLL_MICROS, () -> awaitReported(untilMillis, done));
        }
    }

    /** Closes every connection in order and waits, up to a bound, for what is in work. */
    void stop(Runnable done) {
        if (over) {
            done.run();
            return;
        }
        stopping = true;
        for (ShardConnection connection : List.copyOf(connections)) {
            connection.shutDown(ReasonCode.SERVER_SHUTTING_DOWN);
        }
        awaitIdle(loop.monotonicMillis() + STOP_MILLIS_MAX, done);
    }

    private void awaitIdle(long untilMillis, Runnable done) {
        boolean idle = registry.ending() == 0 && lanes.isIdle() && outbox.isIdle() && channels.isIdle();
        if (over || idle || loop.monotonicMillis() >= untilMillis) {
            abandon();
            done.run();
        } else {
            loop.schedule(STOP_POLL_MICROS, () -> awaitIdle(untilMillis, done));
        }
    }

    /** The incarnation is over: nothing is acknowledged, delivered or reported any more [I9]. */
    void abandon() {
        if (over) {
            return;
        }
        over = true;
        lanes.close();
        channels.close();
        outbox.close();
        inquiries.close();
        wheel.close();
        events.subscriptions(0, 0);
        for (ShardConnection connection : List.copyOf(connections)) {
            connection.abandon();
        }
    }
}
