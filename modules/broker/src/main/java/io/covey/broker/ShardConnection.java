package io.covey.broker;

import io.covey.bucket.Command;
import io.covey.bucket.Result;
import io.covey.protocol.Connect;
import io.covey.protocol.ControlPacket;
import io.covey.protocol.Message;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.ProtocolViolation;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.routing.Subscriber;
import io.covey.routing.Subscription;
import io.covey.session.Connection;
import io.covey.session.ConnectionEffects;
import io.covey.session.ConnectionEvent;
import io.covey.session.EndOfConnection;
import io.covey.session.OpenRequest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection in its shard: stands between the wire, the connection's state machine and the lanes. Owned by the shard's loop.
 *
 * <table><caption>Phases</caption>
 * <tr><td>NEW</td><td>until the session is asked for</td></tr>
 * <tr><td>OPENING</td><td>its bucket has been asked</td></tr>
 * <tr><td>WAITING</td><td>it has its epoch, and waits until the earlier connection of the client id is gone</td></tr>
 * <tr><td>OPEN</td><td>CONNACK has left; it is the client id's connection</td></tr>
 * <tr><td>DRAINING</td><td>it has ended or was superseded; publishes that came before are being completed</td></tr>
 * <tr><td>OVER</td><td>nothing of it is left</td></tr></table>
 */
final class ShardConnection implements ClientInput, ConnectionEffects, Subscriber {
    private static final int RAISE_FLOORS_MILLIS = 1_000;
    /** Topics remembered during a SUBSCRIBE, to skip older retained values; beyond, a retained value may come late. */
    private static final int LIVE_RETAINED_MAX = 1_024;

    private final Shard shard;
    private final ClientConnection wire;
    private final Connection connection;
    private final PublishPipeline pipeline;
    private final TimerWheel.Timer tick = new TimerWheel.Timer(this::tick);
    private final TimerWheel.Timer floors = new TimerWheel.Timer(this::raiseFloors);
    private final List<SubscribeFlow> flows = new ArrayList<>(1);

    private Phase phase = Phase.NEW;
    private String clientId = "";
    private boolean persistent;
    private int partition;
    private long epoch = -1;
    private long incarnation;
    private long kickedUpTo = -1;
    private boolean hintMissed;
    private @Nullable Acknowledgements acknowledgements;
    private Command.@Nullable CloseSession closing;
    private NodeMessage.@Nullable Kick kickToAnswer;
    /** While SUBSCRIBEs are in work: when the newest retained value of a topic that was delivered live was published. */
    private @Nullable Map<String, Long> liveRetained;

    private boolean sessionReads = true;
    private boolean paused;
    private boolean wireReads = true;
    private boolean wireClosed;

    private enum Phase {
        NEW,
        OPENING,
        WAITING,
        OPEN,
        DRAINING,
        OVER
    }

    ShardConnection(Shard shard, ClientConnection wire) {
        this.shard = shard;
        this.wire = wire;
        this.pipeline = new PublishPipeline(this, shard);
        long now = shard.nowMillis();
        this.connection = new Connection(this, shard.settings.session(), shard.loop::uniqueLong, now);
        shard.wheel.atLatest(tick, connection.nextDeadlineMillis());
    }

    // What others of the shard want to know.

    @Override
    public String clientId() {
        return clientId;
    }

    @Override
    public boolean persistent() {
        return persistent;
    }

    int partition() {
        return partition;
    }

    Lane lane() {
        return shard.lanes.lane(partition);
    }

    long epoch() {
        return epoch;
    }

    long incarnation() {
        return incarnation;
    }

    boolean isOpen() {
        return phase == Phase.OPEN;
    }

    boolean isDraining() {
        return phase == Phase.DRAINING;
    }

    /** The next sequence that is expected; transient sessions expect none. */
    long nextSequence() {
        return persistent ? connection.nextSequence() : Long.MAX_VALUE;
    }

    /** Whether the client reads what is sent. */
    boolean takesMore() {
        return wire.isWritable();
    }

    // From the wire.

    @Override
    public void packet(ControlPacket packet) {
        if (shard.mayServe()) {
            connection.packet(packet, shard.nowMillis());
            settle();
        }
    }

    @Override
    public void violated(ProtocolViolation violation, @Nullable ProtocolVersion version) {
        if (shard.mayServe()) {
            connection.violated(violation, version, shard.nowMillis());
            settle();
        }
    }

    @Override
    public void writable(boolean writable) {
        if (shard.mayServe()) {
            connection.writable(writable, shard.nowMillis());
            if (writable) {
                List.copyOf(flows).forEach(SubscribeFlow::deliverDirectly);
            }
            settle();
        }
    }

    @Override
    public void lost() {
        wireClosed = true;
        if (shard.mayServe()) {
            connection.lost(shard.nowMillis());
            settle();
        }
        shard.forget(this);
        shard.wheel.clear(tick);
    }

    /** After each input of the connection: starts what it wants published, which may come back to it as a delivery. */
    private void settle() {
        pipeline.run();
        drain();
    }

    private void tick() {
        if (shard.mayServe() && !wireClosed) {
            long now = shard.nowMillis();
            connection.tick(now);
            shard.wheel.atLatest(tick, Math.max(now + 1, connection.nextDeadlineMillis()));
            settle();
        }
    }

    @Override
    public void wakeAt(long millis) {
        shard.wheel.atLatest(tick, millis);
    }

    // Opening.

    @Override
    public void authenticate(Connect connect) {
        shard.authenticator.authenticate(
                connect, wire.remoteAddress(), reason -> shard.loop.submit(() -> authenticated(reason)));
    }

    private void authenticated(ReasonCode reason) {
        if (shard.mayServe() && !wireClosed) {
            connection.authenticated(reason, shard.nowMillis());
            settle();
        }
    }

    @Override
    public void open(OpenRequest request) {
        clientId = request.clientId();
        persistent = request.persistent();
        partition = shard.lanes.partitionOfClient(clientId);
        boolean serves = shard.takesClients();
        if (!serves || lane().isFull()) {
            ReasonCode reason = serves ? ReasonCode.SERVER_BUSY : ReasonCode.SERVER_UNAVAILABLE;
            shard.loop.atEndOfTurn(() -> refuse(reason));
            return;
        }
        phase = Phase.OPENING;
        shard.registry.unsettled(this);
        Command command = new Command.OpenSession(
                clientId,
                shard.lanes.self,
                request.cleanStart(),
                request.expirySeconds(),
                request.receiveMaximum(),
                request.will());
        lane().submit(command, true, this::opened);
    }

    private void refuse(ReasonCode reason) {
        if (shard.mayServe() && !wireClosed) {
            connection.refused(reason, shard.nowMillis());
        }
    }

    private void opened(Result result) {
        shard.registry.settled(this);
        if (result instanceof Result.Refused) {
            phase = Phase.OVER;
            refuse(ReasonCode.QUOTA_EXCEEDED);
            return;
        }
        if (!(result instanceof Result.Opened opened)) {
            throw new IllegalStateException("no answer to an OpenSession: " + result);
        }
        phase = Phase.WAITING;
        persistent = persistent || opened.sessionPresent(); // a durable session stays so until it ends
        epoch = opened.epoch();
        incarnation = opened.incarnation();
        acknowledgements = new Acknowledgements(lane(), clientId, epoch, this::acknowledgedThere);
        if (epoch <= kickedUpTo) {
            superseded();
        } else {
            shard.takeovers.begin(this, opened);
        }
    }

    /** It is the only connection of its client id: it opens. */
    void proceed(Result.Opened opened) {
        if (phase != Phase.WAITING) {
            return;
        }
        phase = Phase.OPEN;
        if (persistent && !wireClosed && !opened.subscriptions().isEmpty()) {
            for (Subscription subscription : opened.subscriptions()) {
                shard.subscriptions.add(this, subscription);
            }
            shard.announceRoutes(null);
        }
        connection.opened(opened, shard.nowMillis()); // also where the client has gone: it may have published before
        if (hintMissed && phase == Phase.OPEN) {
            fetch(connection.nextSequence());
        }
        settle();
    }

    /** A Kick came for the client id; where this connection has no epoch yet, it is held against the one that comes. */
    void kickedBeforeOpen(long upToEpoch) {
        kickedUpTo = Math.max(kickedUpTo, upToEpoch);
    }

    /** A hint came before the connection could take it. */
    void hintMissed() {
        hintMissed = true;
    }

    // Publishing.

    @Override
    public void publish(long token, Message message, int packetId) {
        pipeline.publish(token, message, packetId);
    }

    /** A publish is complete. */
    void published(long token, ReasonCode reason) {
        if (phase == Phase.OPEN) {
            connection.published(token, reason, shard.nowMillis());
        }
        settle();
    }

    @Override
    public void release(int packetId) {
        lane().submit(new Command.Release(clientId, epoch, packetId), true, result -> {
            if (result instanceof Result.Released released && phase == Phase.OPEN) {
                pipeline.released(released.floor());
                shard.wheel.atLatest(floors, shard.nowMillis() + RAISE_FLOORS_MILLIS);
                connection.released(packetId, released.found(), shard.nowMillis());
                settle();
            } else {
                superseded();
            }
        });
    }

    private void raiseFloors() {
        pipeline.raiseFloors();
    }

    /** Publishes pause: what they go to has too much to do. */
    void pause(Congestion congestion) {
        if (!paused) {
            paused = true;
            congestion.resumeLater(this);
            applyReading();
        }
    }

    /** There is room again. */
    void resume() {
        paused = false;
        if (shard.mayServe()) {
            applyReading();
            settle();
        }
    }

    @Override
    public void reading(boolean on) {
        sessionReads = on;
        applyReading();
    }

    private void applyReading() {
        boolean reads = sessionReads && !paused;
        if (reads != wireReads && !wireClosed) {
            wireReads = reads;
            wire.reading(reads);
        }
    }

    // Subscribing.

    @Override
    public void subscribe(int packetId, List<Subscription> subscriptions) {
        new SubscribeFlow(shard, this, packetId, subscriptions).start();
    }

    /** A SUBSCRIBE begins or is done, its retained messages included. */
    void subscribing(SubscribeFlow flow, boolean begins) {
        if (begins) {
            flows.add(flow);
        } else {
            flows.remove(flow);
            liveRetained = flows.isEmpty() ? null : liveRetained;
        }
    }

    void subscribed(int packetId, List<ReasonCode> reasons) {
        connection.subscribed(packetId, reasons, shard.nowMillis());
        settle();
    }

    /** Whether a retained value is to be sent: the subscription is still there, and no newer value has been delivered meanwhile. */
    boolean wantsRetained(Message message, Subscription subscription) {
        Long live = liveRetained == null ? null : liveRetained.get(message.topic());
        return (live == null || live <= message.publishedAtMillis())
                && shard.subscriptions.subscription(this, subscription.filter()) != null;
    }

    private void noteLive(Message message) {
        if (!flows.isEmpty() && message.retain()) {
            Map<String, Long> noted = liveRetained == null ? new HashMap<>() : liveRetained;
            liveRetained = noted;
            if (noted.size() < LIVE_RETAINED_MAX) {
                noted.merge(message.topic(), message.publishedAtMillis(), Math::max);
            }
        }
    }

    @Override
    public void unsubscribe(int packetId, List<String> filters) {
        if (persistent) {
            lane().submit(new Command.Unsubscribe(clientId, epoch, filters), true, result -> {
                if (result instanceof Result.SubscriptionsChanged changed) {
                    filters.forEach(filter -> shard.subscriptions.remove(this, filter));
                    unsubscribed(packetId, changed.existed());
                } else {
                    superseded();
                }
            });
            return;
        }
        List<Boolean> existed = new ArrayList<>(filters.size());
        filters.forEach(filter -> existed.add(shard.subscriptions.remove(this, filter)));
        shard.loop.atEndOfTurn(() -> unsubscribed(packetId, existed));
    }

    private void unsubscribed(int packetId, List<Boolean> existed) {
        shard.announceRoutes(null);
        if (phase == Phase.OPEN) {
            List<ReasonCode> reasons = new ArrayList<>(existed.size());
            for (boolean was : existed) {
                reasons.add(was ? ReasonCode.SUCCESS : ReasonCode.NO_SUBSCRIPTION_EXISTED); // [MQTT-3.11.3-2]
            }
            connection.unsubscribed(packetId, reasons, shard.nowMillis());
            settle();
        }
    }

    // Delivering.

    /** A message that does not come through the bucket's queue. */
    void deliver(Message message, QoS qos, boolean retain, int[] subscriptionIds, long nowMillis) {
        if (phase == Phase.OPEN) {
            noteLive(message);
            connection.deliver(message, qos, retain, subscriptionIds, nowMillis);
        }
    }

    /** A message that the bucket handed out, sent by the publisher's shard. */
    void hinted(long ofEpoch, long sequence, Message message, QoS qos, boolean retain, int[] subscriptionIds) {
        if (phase == Phase.OPEN && ofEpoch == epoch) {
            noteLive(message);
            connection.hinted(sequence, message, qos, retain, subscriptionIds, shard.nowMillis());
        } else if (phase == Phase.WAITING && ofEpoch == epoch) {
            hintMissed = true;
        }
    }

    @Override
    public void acknowledged(long sequence) {
        if (acknowledgements != null) {
            acknowledgements.released(sequence);
        }
    }

    @Override
    public void received(long sequence) {
        if (acknowledgements != null) {
            acknowledgements.received(sequence);
        }
    }

    private void acknowledgedThere(long[] received, Result result) {
        if (phase != Phase.OPEN) {
            return;
        }
        if (result instanceof Result.Fenced) {
            superseded();
            return;
        }
        for (long sequence : received) {
            connection.receivedRecorded(sequence, shard.nowMillis());
        }
        handed(result);
    }

    /** What the bucket hands out next. */
    void handed(Result result) {
        if (phase != Phase.OPEN) {
            return;
        }
        if (result instanceof Result.Handed handed) {
            if (acknowledgements != null) {
                acknowledgements.moreWaits(handed.waiting() > 0);
            }
            if (!handed.entries().isEmpty()) {
                connection.handed(handed.entries(), shard.nowMillis());
            }
            settle();
        } else {
            superseded();
        }
    }

    @Override
    public void fetch(long fromSequence) {
        lane().submit(new Command.Fetch(clientId, epoch, fromSequence), true, result -> {
            if (result instanceof Result.Handed handed && phase == Phase.OPEN) {
                if (handed.entries().isEmpty()) {
                    connection.handed(handed.entries(), shard.nowMillis()); // an answer all the same
                } else {
                    shard.events.hintsReconciled(handed.entries().size());
                }
            }
            handed(result);
        });
    }

    @Override
    public void send(ControlPacket packet) {
        if (!wireClosed) {
            wire.send(packet);
        }
    }

    @Override
    public void sendPublish(
            Message message,
            int packetId,
            QoS qos,
            boolean dup,
            boolean retain,
            int[] subscriptionIds,
            int topicAlias) {
        if (!wireClosed) {
            shard.events.publishSent(qos, message.payload().length);
            wire.sendPublish(message, packetId, qos, dup, retain, subscriptionIds, topicAlias);
        }
    }

    // Ending.

    @Override
    public void close() {
        if (!wireClosed) {
            wireClosed = true;
            wire.close();
        }
    }

    @Override
    public void ended(EndOfConnection end) {
        Acknowledgements known = acknowledgements;
        if (phase != Phase.OPEN || known == null) {
            return;
        }
        known.flush();
        leave();
        closing = new Command.CloseSession(
                clientId, epoch, end.expirySeconds(), end.publishWill(), end.lastSentSequence());
        if (end.expirySeconds() >= 0 || !end.publishWill()) {
            // An orderly end counts at once, lest a new connection finds the will or the session still there.
            closeSession();
        }
    }

    /** The bucket refused a command: the session has another owner. */
    void fenced() {
        superseded();
        drain();
    }

    /** The session has another owner: this connection closes, and reports nothing. */
    void superseded() {
        if (phase == Phase.OPEN || phase == Phase.WAITING) {
            leave();
            connection.takenOver(shard.nowMillis());
            close();
            settle();
        }
    }

    private void leave() {
        phase = Phase.DRAINING;
        shard.registry.unregister(this);
        shard.registry.unsettled(this);
        shard.fanOut.remove(this);
        shard.announceRoutes(null);
        flows.clear();
        shard.loop.atEndOfTurn(this::drain); // not from inside the connection's call
    }

    /** Once nothing that the client published is in work any more, the bucket and whoever takes over are told. */
    private void drain() {
        if (phase != Phase.DRAINING || !pipeline.isIdle()) {
            return;
        }
        pipeline.raiseFloors();
        shard.wheel.clear(floors);
        closeSession();
        shard.registry.settled(this);
        phase = Phase.OVER;
        NodeMessage.Kick kick = kickToAnswer;
        if (kick != null) {
            shard.kick(kick);
        }
        shard.takeovers.recheck(clientId);
    }

    private void closeSession() {
        Command.CloseSession command = closing;
        if (command != null) {
            closing = null;
            lane().submit(command, true, result -> {});
        }
    }

    /** Answers this Kick once the connection's publishes are done. */
    void answerWhenDrained(NodeMessage.Kick kick) {
        kickToAnswer = kick;
    }

    /** The broker ends the connection. */
    void shutDown(ReasonCode reason) {
        connection.shutDown(reason, shard.nowMillis());
        close();
        settle();
    }

    /** The incarnation is over [I9]. */
    void abandon() {
        phase = Phase.OVER;
        connection.abandon();
        close();
        shard.wheel.clear(tick);
        shard.wheel.clear(floors);
    }

    @Override
    public void report(ConnectionEvent event, ReasonCode reason) {
        shard.events.connection(wire.listener(), clientId, event, reason);
    }
}
