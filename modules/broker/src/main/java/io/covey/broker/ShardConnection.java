package io.covey.broker;

import io.covey.bucket.Result;
import io.covey.protocol.ControlPacket;
import io.covey.protocol.Message;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.ProtocolViolation;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.routing.Subscriber;
import io.covey.routing.Subscription;
import io.covey.session.Connection;
import io.covey.session.ConnectionView;
import io.covey.session.EndOfConnection;
import io.covey.session.OpenRequest;
import io.covey.session.SharedReceipt;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection in its shard: leads the inputs of the wire, of the buckets and of the rest of the shard to the connection's state machine,
 * whose effects go by {@link ClientEffects}. Owned by the shard's loop.
 *
 * <table><caption>Phases</caption>
 * <tr><td>NEW</td><td>until the session is asked for</td></tr>
 * <tr><td>OPENING</td><td>its bucket has been asked, or is to be asked again when the session's connection at another shard is gone</td></tr>
 * <tr><td>WAITING</td><td>it has its epoch, and waits until the earlier connection of the client id is gone</td></tr>
 * <tr><td>OPEN</td><td>CONNACK has left; it is the client id's connection</td></tr>
 * <tr><td>DRAINING</td><td>it has ended or was superseded; publishes that came before are being completed</td></tr>
 * <tr><td>REPORTING</td><td>its bucket is being told of its end</td></tr>
 * <tr><td>OVER</td><td>nothing of it is left</td></tr></table>
 */
final class ShardConnection implements ClientInput, Subscriber {
    private final Shard shard;
    private final WireOutput output;
    private final ClientEffects effects;
    private final Connection connection;
    private final PublishPipeline pipeline;
    private final TimerWheel.Timer tick = new TimerWheel.Timer(this::tick);
    private final ConnectionSubscriptions subscriptions;
    private final SharedMemberships memberships;
    private final Opening opening;
    private final DeliveryProgress progress;

    private Phase phase = Phase.NEW;
    private String clientId = "";
    private boolean persistent;
    private boolean hasWill;
    private boolean isV5;
    private int receiveMaximum;
    private int partition;
    private long epoch = -1;
    private long incarnation;
    private boolean hintMissed;
    /** When the connection went on with a session that another had before. */
    private long continuedMillis = Long.MIN_VALUE;

    private @Nullable SessionQueue queue;
    private @Nullable Departure departure;

    private enum Phase {
        NEW,
        OPENING,
        WAITING,
        OPEN,
        DRAINING,
        REPORTING,
        OVER;

        private boolean isBeforeOpen() {
            return this == NEW || this == OPENING || this == WAITING;
        }
    }

    ShardConnection(Shard shard, ClientConnection wire) {
        this.shard = shard;
        this.output = new WireOutput(wire, shard.events);
        this.pipeline = new PublishPipeline(this, shard);
        this.subscriptions = new ConnectionSubscriptions(this, shard);
        this.memberships = new SharedMemberships(this, shard);
        this.progress = new DeliveryProgress(shard);
        long now = shard.nowMillis();
        this.effects = new ClientEffects(this, shard, output, pipeline, subscriptions, progress);
        this.connection = new Connection(effects, shard.settings.session(), shard.loop::uniqueLong, now);
        this.opening = new Opening(this, shard, output, connection);
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

    Opening opening() {
        return opening;
    }

    long incarnation() {
        return incarnation;
    }

    int receiveMaximum() {
        return receiveMaximum;
    }

    SharedMemberships memberships() {
        return memberships;
    }

    boolean isOpen() {
        return phase == Phase.OPEN;
    }

    /** Whether it has ended with publishes in work. */
    boolean isDraining() {
        return phase == Phase.DRAINING;
    }

    /** Whether it has ended, and there is something left to do. */
    boolean isEnding() {
        return phase == Phase.DRAINING || phase == Phase.REPORTING;
    }

    /** The next sequence that is expected; transient sessions expect none. */
    long nextSequence() {
        return persistent ? connection.nextSequence() : Long.MAX_VALUE;
    }

    /** Whether the client learns that a publish is refused; one that does not keeps the message. */
    boolean tellsRefusals() {
        return isV5 && phase == Phase.OPEN;
    }

    /** Whether the client reads what is sent. */
    boolean takesMore() {
        return output.isWritable();
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
        if (!writable) {
            connection.writable(false, shard.nowMillis()); // perhaps from the midst of sending
        } else if (shard.mayServe()) {
            connection.writable(true, shard.nowMillis());
            subscriptions.writable();
            settle();
        }
    }

    @Override
    public void lost() {
        output.lost();
        if (shard.mayServe()) {
            connection.lost(shard.nowMillis());
            if (!connection.wantsSession() && shard.vacancies.withdraw(this)) {
                overtaken();
            }
            settle();
        }
        shard.forget(this);
        shard.wheel.clear(tick);
    }

    /** After each input of the connection: starts what it wants published, which may come back to it as a delivery. */
    void settle() {
        pipeline.run();
        drain();
    }

    private void tick() {
        if (shard.mayServe() && !output.isClosed()) {
            long now = shard.nowMillis();
            boolean opens = phase.isBeforeOpen();
            if (opens && now >= opening.untilMillis()) {
                shutDown(ReasonCode.SERVER_UNAVAILABLE);
                return;
            }
            connection.tick(now);
            long next = connection.nextDeadlineMillis();
            shard.wheel.atLatest(tick, Math.max(now + 1, opens ? Math.min(next, opening.untilMillis()) : next));
            settle();
        }
    }

    /** Looks at what is due at this time, at the latest. */
    void wakeAt(long millis) {
        shard.wheel.atLatest(tick, millis);
    }

    // Opening.

    /** The CONNECT has passed all checks: the session is asked for. */
    void open(OpenRequest request) {
        clientId = request.clientId();
        persistent = request.persistent();
        isV5 = request.connect().version().isV5();
        hasWill = request.will() != null;
        receiveMaximum = request.receiveMaximum();
        partition = shard.lanes.partitionOfClient(clientId);
        opening.begin(request);
    }

    /** Its bucket is asked for the session. */
    void opens() {
        phase = Phase.OPENING;
    }

    /** The session is not to be had, or everything that was left to do after the end is done. */
    void over() {
        phase = Phase.OVER;
    }

    /** A later CONNECT has come first. */
    void overtaken() {
        over();
        connection.takenOver(shard.nowMillis());
        output.close();
    }

    /** It has its epoch, and goes on once the earlier connection of the client id is gone. */
    void waits(Result.Opened opened) {
        phase = Phase.WAITING;
        persistent = persistent || opened.sessionPresent(); // a durable session stays so until it ends
        epoch = opened.epoch();
        incarnation = opened.incarnation();
        queue = new SessionQueue(this, shard, connection, progress);
    }

    /** It is the only connection of its client id: it opens. */
    void proceed(Result.Opened opened) {
        opening.waitsNoMore();
        if (phase != Phase.WAITING) {
            return;
        }
        if (opening.isKicked(epoch)) {
            leave().close(new EndOfConnection(-1, true, -1), hasWill);
            return;
        }
        phase = Phase.OPEN;
        progress.opened(shard.nowMillis());
        continuedMillis = opened.sessionPresent() ? shard.nowMillis() : Long.MIN_VALUE;
        if (persistent && !output.isClosed()) {
            subscriptions.present(opened.subscriptions());
            memberships.present(opened.subscriptions(), opened.shares());
        }
        connection.opened(opened, shard.nowMillis()); // also where the client has gone: it may have published before
        if (hintMissed && phase == Phase.OPEN) {
            queue().fetch(connection.nextSequence());
        }
        settle();
    }

    /**
     * A Kick came: the connection closes if it is meant. Its end is reported, since the session may be waited for; but not before those that it
     * took over are gone, since it is the one that sees to it.
     */
    void kicked(long upToEpoch) {
        opening.kicked(upToEpoch);
        if (!opening.isKicked(epoch)) {
            return;
        }
        if (phase == Phase.OPEN) {
            shutDown(ReasonCode.SESSION_TAKEN_OVER); // [MQTT-3.1.4-3]
        } else if (phase == Phase.WAITING) {
            connection.takenOver(shard.nowMillis());
            output.close();
        }
    }

    /** A hint came before the connection could take it. */
    void hintMissed() {
        hintMissed = true;
    }

    // Publishing.

    /** A publish is complete. */
    void published(long token, ReasonCode reason) {
        if (phase == Phase.OPEN) {
            connection.published(token, reason, shard.lastMillis());
        }
        settle();
    }

    /** The bucket has forgotten a Packet Identifier of QoS 2, or did not know it. */
    void released(int packetId, boolean found) {
        if (phase == Phase.OPEN) {
            connection.released(packetId, found, shard.lastMillis());
            settle();
        }
    }

    /** Publishes pause: what they go to has too much to do. */
    void pause(Congestion congestion) {
        if (output.pause()) {
            congestion.resumeLater(this);
        }
    }

    /** There is room again. */
    void resume() {
        output.resume();
        if (shard.mayServe()) {
            shard.nowMillis();
            settle();
        }
    }

    // Subscribing.

    ConnectionSubscriptions subscriptions() {
        return subscriptions;
    }

    void subscribed(int packetId, List<ReasonCode> reasons) {
        connection.subscribed(packetId, reasons, shard.lastMillis());
        settle();
    }

    void unsubscribed(int packetId, List<ReasonCode> reasons) {
        connection.unsubscribed(packetId, reasons, shard.lastMillis());
        settle();
    }

    // Delivering.

    /**
     * Whether an earlier connection of the session may have sent this already. It had its routes elsewhere, and what was on its way to this
     * shard at the same time comes here; at QoS 0 it must not come twice [MQTT-4.3.1-1].
     */
    boolean mayHaveHad(Message message) {
        return message.publishedAtMillis() < continuedMillis;
    }

    /** A message that does not come through the bucket's queue. */
    void deliver(Message message, QoS qos, boolean retain, int[] subscriptionIds, long nowMillis) {
        if (phase == Phase.OPEN) {
            subscriptions.delivered(message);
            connection.deliver(message, qos, retain, subscriptionIds, nowMillis);
        }
    }

    /** A message of a Shared Subscription that does not come through the bucket's queue; false when it found no room. */
    boolean deliverShared(
            SharedReceipt receipt, Message message, QoS qos, boolean retain, int[] subscriptionIds, long nowMillis) {
        return phase == Phase.OPEN
                && connection.deliverShared(receipt, message, qos, retain, subscriptionIds, nowMillis);
    }

    /** A message that a group's bucket has lent; false when the connection is over. */
    boolean deliverLent(
            SharedReceipt receipt, Message message, QoS qos, boolean retain, int[] subscriptionIds, long nowMillis) {
        return phase == Phase.OPEN && connection.deliverLent(receipt, message, qos, retain, subscriptionIds, nowMillis);
    }

    /** Whether a message of a Shared Subscription would be sent at once. */
    boolean takesMoreShared() {
        return phase == Phase.OPEN && connection.takesMore();
    }

    /** A message that the bucket handed out, sent by the publisher's shard. */
    void hinted(long ofEpoch, long sequence, Message message, QoS qos, boolean retain, int[] subscriptionIds) {
        if (phase == Phase.OPEN && ofEpoch == epoch) {
            subscriptions.delivered(message);
            connection.hinted(sequence, message, qos, retain, subscriptionIds, shard.nowMillis());
        } else if (phase == Phase.WAITING && ofEpoch == epoch) {
            hintMissed = true;
        }
    }

    /** The session's queue, once the connection has its epoch. */
    SessionQueue queue() {
        return Objects.requireNonNull(queue, "the session is open");
    }

    // Ending.

    /** The connection is over. */
    void ended(EndOfConnection end) {
        if (phase == Phase.OPEN) {
            leave().close(end, hasWill); // [MQTT311-3.1.2-12]
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
            output.close();
            settle();
        }
    }

    private Departure leave() {
        Departure leaving = new Departure(this, shard, pipeline);
        departure = leaving;
        phase = Phase.DRAINING;
        progress.moved();
        leaving.begin();
        return leaving;
    }

    /** What others are to have of the messages of Shared Subscriptions that it took; then no more. */
    List<SharedReceipt> takeUncompletedShared() {
        return connection.takeUncompletedShared();
    }

    /** Goes on with what is left to do after the end. */
    void drain() {
        Departure leaving = departure;
        if (leaving == null || phase != Phase.DRAINING || !leaving.isComplete()) {
            return;
        }
        phase = Phase.REPORTING;
        leaving.complete();
    }

    /** The broker ends the connection. */
    void shutDown(ReasonCode reason) {
        if (shard.vacancies.withdraw(this)) {
            phase = Phase.OVER;
        }
        connection.shutDown(reason, shard.nowMillis());
        output.close();
        settle();
    }

    /** The incarnation is over [I9]. */
    void abandon() {
        phase = Phase.OVER;
        progress.moved();
        connection.abandon();
        output.close();
        shard.wheel.clear(tick);
    }

    /** What the management interface shows of it, or null while its session is not open. */
    @Nullable
    LiveConnection live() {
        ConnectionView view = connection.view();
        if (view == null || phase != Phase.OPEN) {
            return null;
        }
        List<Subscription> own = persistent ? List.of() : shard.subscriptions.subscriptions(this);
        return new LiveConnection(
                view,
                output.listener(),
                output.remoteAddress(),
                own,
                effects.drops(),
                progress.sentAtMillis(),
                progress.stuck());
    }
}
