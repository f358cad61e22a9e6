package io.covey.session;

import io.covey.bucket.QueueEntry;
import io.covey.bucket.Result;
import io.covey.protocol.ConnAck;
import io.covey.protocol.Connect;
import io.covey.protocol.ControlPacket;
import io.covey.protocol.Disconnect;
import io.covey.protocol.Message;
import io.covey.protocol.PacketType;
import io.covey.protocol.Property;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.ProtocolViolation;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The state machine of one client's network connection: MQTT 3.1, 3.1.1 and 5.0 from CONNECT to the end. Inputs are calls, outputs go to
 * {@link ConnectionEffects}. Owned by its shard's loop.
 *
 * <p>Every {@code nowMillis} is cluster time in milliseconds and never goes back from one input of a connection to the next; timers and
 * message times use the same clock.
 *
 * <p>Its phases are those of {@link ConnectionPhase}; this class moves between them and answers for the end, {@link Admission} has what comes before
 * CONNACK and {@link LiveSession} what comes after it. Inputs that come after the end are ignored, so that answers under way need not be called off.
 */
public final class Connection {
    /** What a CONNACK without properties takes in MQTT 5.0. */
    private static final int CONNACK_BYTES_MIN = 5;

    private final ConnectionEffects effects;
    private final SessionSettings settings;
    private final LongSupplier uniqueIds;
    private final KeepAlive keepAlive;
    private final ReadingGate gate;

    private ConnectionPhase phase = ConnectionPhase.AWAITING_CONNECT;

    /** From CONNECT to CONNACK; and beyond, where the connection ends while its session is being opened: that end is reported when it was. */
    private @Nullable Admission admission;

    private @Nullable LiveSession live;
    private List<SharedReceipt> uncompletedShared = List.of();
    private boolean writable = true;

    /**
     * A new connection that awaits CONNECT. It calls no effect yet; its first deadline is {@link #nextDeadlineMillis}.
     *
     * @param uniqueIds numbers that no one else draws, for Assigned Client Identifiers
     */
    public Connection(ConnectionEffects effects, SessionSettings settings, LongSupplier uniqueIds, long nowMillis) {
        this.effects = effects;
        this.settings = settings;
        this.uniqueIds = uniqueIds;
        this.gate = new ReadingGate(effects);
        this.keepAlive = new KeepAlive(settings.connectTimeoutSeconds(), nowMillis);
    }

    /** A packet arrived. Packets that come before the session is loaded are kept, up to a bound; reading pauses beyond it. */
    public void packet(ControlPacket packet, long nowMillis) {
        switch (phase) {
            case AWAITING_CONNECT -> first(packet, nowMillis);
            case AUTHENTICATING, OPENING -> early(packet, nowMillis);
            case CONNECTED -> {
                keepAlive.heard(nowMillis);
                handle(packet, nowMillis);
            }
            case CLOSED -> {}
        }
    }

    private void first(ControlPacket packet, long nowMillis) {
        if (packet.type() != PacketType.CONNECT) { // [MQTT-3.1.0-1]
            violated(
                    new ProtocolViolation(ReasonCode.PROTOCOL_ERROR, "MQTT-3.1.0-1", "a packet before CONNECT"),
                    null,
                    nowMillis);
            return;
        }
        Connect first = (Connect) packet;
        try {
            admission = new Admission(first, settings, uniqueIds);
        } catch (ProtocolViolation violation) {
            refuseConnect(violation.reason(), first.version(), Handshake.maximumPacketBytes(first));
            return;
        }
        phase = ConnectionPhase.AUTHENTICATING;
        keepAlive.suspend();
        effects.authenticate(first); // [MQTT-3.1.4-2]
    }

    /** A packet came before CONNACK. */
    private void early(ControlPacket packet, long nowMillis) {
        Admission client = admission();
        EnhancedExchange exchange = client.exchange();
        if (exchange == null || packet.type() == PacketType.DISCONNECT && phase == ConnectionPhase.OPENING) {
            if (client.keep(packet)) { // [MQTT-3.1.4-6]: not looked at before CONNECT is accepted
                gate.hold(ReadingGate.OPENING);
            }
        } else if (packet.type() == PacketType.DISCONNECT) {
            close(); // the client gives up
        } else {
            try {
                exchange.beforeConnAck(packet, phase == ConnectionPhase.OPENING, effects);
                keepAlive.suspend();
            } catch (ProtocolViolation violation) {
                violated(violation, null, nowMillis);
            }
        }
    }

    /**
     * What arrived is no valid packet.
     *
     * @param version what the first CONNECT speaks, as far as the decoder understood it; decides whether a bad CONNECT gets a CONNACK
     */
    public void violated(ProtocolViolation violation, @Nullable ProtocolVersion version, long nowMillis) {
        switch (phase) {
            case AWAITING_CONNECT -> {
                effects.report(ConnectionEvent.VIOLATION, violation.reason());
                refuseConnect(violation.reason(), version, Terms.NO_PACKET_LIMIT);
            }
            case AUTHENTICATING, OPENING -> {
                effects.report(ConnectionEvent.VIOLATION, violation.reason());
                refuseConnect(violation.reason(), terms().version(), terms().maximumPacketBytes());
            }
            case CONNECTED -> fail(violation);
            case CLOSED -> {}
        }
    }

    /** Refuses a CONNECT that is not as the specification wants it, in the words of its version. */
    // [MQTT-3.1.4-1]
    private void refuseConnect(ReasonCode reason, @Nullable ProtocolVersion version, long clientMaximumBytes) {
        if (Handshake.isAnswered(reason, version)) {
            refuse(Handshake.refused(reason), reason, clientMaximumBytes);
        } else {
            effects.report(ConnectionEvent.CONNECT_REFUSED, reason);
            close();
        }
    }

    private void refuse(ReasonCode reason) {
        refuse(Handshake.refused(reason), reason, terms().maximumPacketBytes());
    }

    private void refuse(ConnAck answer, ReasonCode reason, long clientMaximumBytes) {
        boolean lost = admission != null && admission.isLost();
        if (clientMaximumBytes >= CONNACK_BYTES_MIN && !lost) { // [MQTT-3.1.2-24]
            effects.send(answer);
        }
        effects.report(ConnectionEvent.CONNECT_REFUSED, reason);
        close(); // [MQTT-3.2.2-7]
    }

    /** Closes; nothing that comes after has an effect. */
    private void close() {
        if (phase == ConnectionPhase.OPENING) {
            admission().end();
        } else {
            admission = null;
        }
        phase = ConnectionPhase.CLOSED; // [MQTT-3.14.4-1..2] [MQTT-4.13.2-1] [MQTT311-4.8.0-1]
        uncompletedShared = live == null ? List.of() : live.deliveries.endShared();
        live = null;
        effects.close();
    }

    /** Answer to {@link ConnectionEffects#authenticate} and {@link ConnectionEffects#authenticateFurther}. */
    public void authenticated(AuthenticationStep step, long nowMillis) {
        switch (phase) {
            case AUTHENTICATING -> authenticatedAtConnect(step, nowMillis);
            case CONNECTED -> endWhere(live().authenticated(step));
            case AWAITING_CONNECT, OPENING, CLOSED -> {}
        }
    }

    private void authenticatedAtConnect(AuthenticationStep step, long nowMillis) {
        Admission client = admission();
        if (step.reason() == ReasonCode.CONTINUE_AUTHENTICATION) {
            if (client.challenge(step, effects)) {
                keepAlive.await(settings.connectTimeoutSeconds(), nowMillis);
                effects.wakeAt(keepAlive.deadlineMillis());
            } else {
                refuse(ReasonCode.PACKET_TOO_LARGE);
            }
            return;
        }
        ReasonCode refusal = client.decided(step);
        if (refusal != null) {
            refuse(refusal); // [MQTT-3.1.4-2] [MQTT-4.12.0-4]
            return;
        }
        phase = ConnectionPhase.OPENING;
        effects.open(client.openRequest(nowMillis));
    }

    /** Answer to {@link ConnectionEffects#open}. */
    public void opened(Result.Opened opened, long nowMillis) {
        Admission client = admission;
        if (client == null) {
            return;
        }
        if (opened.sessionPresent()) {
            client.continues();
        }
        if (phase != ConnectionPhase.OPENING) {
            endLate(client, opened);
            return;
        }
        ClientOutput output = new ClientOutput(effects, client.terms());
        if (client.isLost()) {
            output.mute();
            writable = false;
            // [MQTT-3.1.4-5] [MQTT-3.2.0-1..2] [MQTT311-3.1.4-4] [MQTT311-3.2.0-1]
        } else if (!output.sendIfItFits(client.accepted(opened.sessionPresent()))) {
            effects.report(ConnectionEvent.CONNECT_REFUSED, ReasonCode.PACKET_TOO_LARGE);
            close();
            endLate(client, opened);
            return;
        }
        connected(client, new LiveSession(effects, settings, client, output, gate, opened, nowMillis), nowMillis);
        resume(client, opened, nowMillis);
        if (client.isLost()) {
            lost(nowMillis);
        }
    }

    private void connected(Admission client, LiveSession session, long nowMillis) {
        phase = ConnectionPhase.CONNECTED;
        live = session;
        admission = null;
        keepAlive.start(session.terms.keepAliveSeconds(), nowMillis);
        if (keepAlive.deadlineMillis() != KeepAlive.NONE) {
            effects.wakeAt(keepAlive.deadlineMillis());
        }
        effects.report(ConnectionEvent.CONNECTED, ReasonCode.SUCCESS);
        if (client.asksToContinue() && session.terms.expirySeconds() == 0) {
            effects.report(ConnectionEvent.SESSION_WITHOUT_EXPIRY, ReasonCode.SUCCESS);
        }
    }

    private void resume(Admission client, Result.Opened opened, long nowMillis) {
        LiveSession session = live();
        session.writable(writable, nowMillis);
        session.deliveries.resume(opened.entries(), opened.nextSequence(), nowMillis);
        session.sequencer.known(client.hinted(), nowMillis);
        ControlPacket packet = client.poll();
        while (packet != null && phase == ConnectionPhase.CONNECTED) {
            handle(packet, nowMillis);
            packet = client.poll();
        }
        if (phase == ConnectionPhase.CONNECTED) {
            gate.release(ReadingGate.OPENING);
        }
    }

    /** The session was opened for a connection that is no more. */
    private void endLate(Admission client, Result.Opened opened) {
        admission = null;
        boolean persistent = client.terms().persistent();
        long lastSent = persistent ? Deliveries.sentBefore(opened.entries(), opened.nextSequence()) : 0;
        effects.ended(new EndOfConnection(-1, false, lastSent)); // its CONNECT was refused, so it has no will
    }

    /** Whether the session that was asked for is still wanted: not where CONNECT was refused meanwhile, nor where the client left after nothing but that. */
    public boolean wantsSession() {
        return phase == ConnectionPhase.OPENING && !admission().isForsaken();
    }

    /** The session cannot be opened: CONNACK with this reason. */
    public void refused(ReasonCode reason, long nowMillis) {
        if (phase == ConnectionPhase.OPENING) {
            refuse(reason);
        }
        admission = null;
    }

    private void handle(ControlPacket packet, long nowMillis) {
        try {
            if (packet.type() == PacketType.DISCONNECT) {
                disconnect((Disconnect) packet);
            } else {
                live().packet(packet, nowMillis);
            }
        } catch (ProtocolViolation violation) {
            fail(violation);
        }
    }

    private void disconnect(Disconnect packet) {
        long expirySeconds = packet.properties().number(Property.SESSION_EXPIRY_INTERVAL, -1);
        if (expirySeconds > 0 && terms().expiryAskedSeconds() == 0 && terms().expirySeconds() == 0) {
            throw new ProtocolViolation(
                    ReasonCode.PROTOCOL_ERROR, "3.14.2.2.2", "Session Expiry Interval was 0 and cannot be raised");
        }
        ReasonCode reason = packet.reason();
        // [MQTT-3.14.4-3]: only a normal DISCONNECT discards the will
        // [MQTT311-3.14.4-3] [MQTT311-3.1.2-10]
        end(reason, reason != ReasonCode.SUCCESS, Math.min(expirySeconds, settings.sessionExpiryMaxSeconds()));
    }

    /** Ends the connection for the client's violation [MQTT-4.13.1-1]. */
    private void fail(ProtocolViolation violation) {
        effects.report(ConnectionEvent.VIOLATION, violation.reason());
        live().output.sendDisconnect(violation.reason(), Objects.requireNonNullElse(violation.getMessage(), ""));
        end(violation.reason(), true, -1);
    }

    private void endWith(ReasonCode reason) {
        live().output.sendDisconnect(reason, "");
        end(reason, true, -1);
    }

    private void endWhere(@Nullable ReasonCode reason) {
        if (reason != null) {
            endWith(reason);
        }
    }

    private void end(ReasonCode reason, boolean publishWill, long expirySeconds) {
        long lastSent = live().deliveries.lastSentSequence();
        close();
        effects.ended(new EndOfConnection(expirySeconds, publishWill, lastSent));
        effects.report(ConnectionEvent.DISCONNECTED, reason);
    }

    /** Answer to {@link ConnectionEffects#publish}. PUBACK and PUBREC leave in the order of the PUBLISHes [MQTT-4.6.0-2..3]. */
    public void published(long token, ReasonCode reason, long nowMillis) {
        if (phase == ConnectionPhase.CONNECTED) {
            endWhere(live().inbound.published(token, reason));
        }
    }

    /** Answer to {@link ConnectionEffects#release}: PUBCOMP, with 0x92 where the identifier was unknown. */
    public void released(int packetId, boolean found, long nowMillis) {
        if (phase == ConnectionPhase.CONNECTED) {
            live().inbound.released(packetId, found);
        }
    }

    /** Answer to {@link ConnectionEffects#subscribe}: one reason per subscription asked for. */
    public void subscribed(int packetId, List<ReasonCode> reasons, long nowMillis) {
        answered(packetId, true, reasons);
    }

    /** Answer to {@link ConnectionEffects#unsubscribe}: one reason per filter asked for. */
    public void unsubscribed(int packetId, List<ReasonCode> reasons, long nowMillis) {
        answered(packetId, false, reasons);
    }

    private void answered(int packetId, boolean subscribe, List<ReasonCode> reasons) {
        if (phase != ConnectionPhase.CONNECTED) {
            return;
        }
        try {
            live().requests.answered(packetId, subscribe, reasons);
        } catch (ProtocolViolation violation) {
            fail(violation);
        }
    }

    /**
     * A message for a session without a bucket queue, or of QoS 0 for any session.
     *
     * @param qos the effective level of this delivery
     */
    public void deliver(Message message, QoS qos, boolean retain, int[] subscriptionIds, long nowMillis) {
        if (phase == ConnectionPhase.CONNECTED) {
            live().deliveries.deliver(message, qos, retain, subscriptionIds, nowMillis);
        }
    }

    /**
     * A message of a Shared Subscription, for a session without a bucket queue, or of QoS 0 for any session.
     *
     * @param qos the effective level of this delivery
     * @return false when it found no room here: another member is to have it, and the receipt is not used
     */
    public boolean deliverShared(
            SharedReceipt receipt, Message message, QoS qos, boolean retain, int[] subscriptionIds, long nowMillis) {
        return phase == ConnectionPhase.CONNECTED
                && live().deliveries.deliverShared(receipt, message, qos, retain, subscriptionIds, nowMillis);
    }

    /** Like {@link #deliverShared}, where the lender bounds what comes; false only when the connection is over. */
    public boolean deliverLent(
            SharedReceipt receipt, Message message, QoS qos, boolean retain, int[] subscriptionIds, long nowMillis) {
        if (phase != ConnectionPhase.CONNECTED) {
            return false;
        }
        live().deliveries.deliverLent(receipt, message, qos, retain, subscriptionIds, nowMillis);
        return true;
    }

    /** Whether a message would be sent at once: members of Shared Subscriptions that do so are preferred. */
    public boolean takesMore() {
        return phase == ConnectionPhase.CONNECTED && live().deliveries.takesMore();
    }

    /** Once the connection is over: the messages of Shared Subscriptions that others are to have, in order; then no more. */
    public List<SharedReceipt> takeUncompletedShared() {
        List<SharedReceipt> taken = uncompletedShared;
        uncompletedShared = List.of();
        return taken;
    }

    /**
     * A hint: a message of the persistent session's queue, handed under this connection's epoch. Out of order it waits a few milliseconds in
     * a bounded buffer, then {@link ConnectionEffects#fetch}; one that came before is ignored [I5].
     */
    public void hinted(long sequence, Message message, QoS qos, boolean retain, int[] subscriptionIds, long nowMillis) {
        if (phase == ConnectionPhase.CONNECTED) {
            live().sequencer.hinted(sequence, message, qos, retain, subscriptionIds, nowMillis);
        } else if (admission != null) {
            admission.hinted(sequence);
        }
    }

    /** Entries of the persistent session's queue that the bucket handed out, in order; those that came before are ignored. */
    public void handed(List<QueueEntry> entries, long nowMillis) {
        if (phase == ConnectionPhase.CONNECTED) {
            live().sequencer.handed(entries, nowMillis);
        }
    }

    /** Answer to {@link ConnectionEffects#received}: PUBREL may leave. */
    public void receivedRecorded(long sequence, long nowMillis) {
        if (phase == ConnectionPhase.CONNECTED) {
            live().deliveries.receivedRecorded(sequence);
        }
    }

    /** The client takes bytes again, or does not: while it does not, QoS 0 is dropped and queues wait. */
    public void writable(boolean writable, long nowMillis) {
        this.writable = writable;
        if (phase == ConnectionPhase.CONNECTED) {
            live().writable(writable, nowMillis);
        }
    }

    /**
     * Checks keep-alive, connect time-out and gaps. Called at least once a second, or when {@link #nextDeadlineMillis} has come and as
     * {@link ConnectionEffects#wakeAt} asks; a call that comes too early does nothing.
     */
    public void tick(long nowMillis) {
        if (phase == ConnectionPhase.CONNECTED) {
            live().sequencer.tick(nowMillis);
            if (gate.isHeldByBroker()) {
                keepAlive.heard(nowMillis); // what the client has sent is not read
            }
        }
        if (nowMillis < keepAlive.deadlineMillis()) {
            return;
        }
        switch (phase) {
            case AWAITING_CONNECT -> {
                effects.report(ConnectionEvent.CONNECT_REFUSED, ReasonCode.KEEP_ALIVE_TIMEOUT);
                close();
            }
            case AUTHENTICATING -> refuse(ReasonCode.NOT_AUTHORIZED);
            case CONNECTED -> endWith(ReasonCode.KEEP_ALIVE_TIMEOUT); // [MQTT-3.1.2-22]
            case OPENING, CLOSED -> {}
        }
    }

    /** The network connection was lost. */
    public void lost(long nowMillis) {
        switch (phase) {
            case AWAITING_CONNECT, AUTHENTICATING -> close();
            case OPENING -> admission().lost();
            case CONNECTED -> end(ReasonCode.UNSPECIFIED_ERROR, true, -1); // [MQTT-3.1.2-8] [MQTT311-3.1.2-8]
            case CLOSED -> {}
        }
    }

    /** Another connection has taken the session: DISCONNECT 0x8E and close; the session's end is not reported. */
    public void takenOver(long nowMillis) {
        if (phase == ConnectionPhase.CONNECTED) {
            live().output.sendDisconnect(ReasonCode.SESSION_TAKEN_OVER, ""); // [MQTT-3.1.4-3]
        }
        closeSilently(ReasonCode.SESSION_TAKEN_OVER);
    }

    /**
     * The broker ends the connection (shutting down, administrative): DISCONNECT with this reason, or where it shuts down and the operator has named
     * another server, 0x9C and that name; the end is reported, with the will.
     */
    public void shutDown(ReasonCode reason, long nowMillis) {
        switch (phase) {
            case AWAITING_CONNECT -> close();
            case AUTHENTICATING, OPENING -> { // [MQTT-3.14.0-1]
                ConnAck refused = redirects(reason)
                        ? Handshake.redirected(settings.serverReference(), terms())
                        : Handshake.refused(reason);
                refuse(refused, reason, terms().maximumPacketBytes());
            }
            case CONNECTED -> {
                sayGoodbye(reason);
                end(reason, true, -1);
            }
            case CLOSED -> {}
        }
    }

    private void sayGoodbye(ReasonCode reason) {
        if (redirects(reason)) {
            live().output.sendRedirect(settings.serverReference());
        } else {
            live().output.sendDisconnect(reason, "");
        }
    }

    /** Whether the client is told where to go instead: what ends here goes on elsewhere. */
    private boolean redirects(ReasonCode reason) {
        return (reason == ReasonCode.SERVER_SHUTTING_DOWN || reason == ReasonCode.SERVER_BUSY)
                && !settings.serverReference().isEmpty()
                && terms().isV5();
    }

    /**
     * The node lost its lease: close at once, acknowledge and report nothing [I9]. The client is told that this server cannot go on for now: by 0x9C
     * where the operator has named another one, else 0x89, since 0x88 is for CONNACK only (3.14.2.1), and there it is used.
     */
    public void abandon() {
        if (phase == ConnectionPhase.CONNECTED) {
            sayGoodbye(ReasonCode.SERVER_BUSY);
        } else if (phase == ConnectionPhase.AUTHENTICATING || phase == ConnectionPhase.OPENING) {
            refuse(ReasonCode.SERVER_UNAVAILABLE);
        }
        closeSilently(ReasonCode.SERVER_UNAVAILABLE);
    }

    private void closeSilently(ReasonCode reason) {
        boolean wasConnected = phase == ConnectionPhase.CONNECTED;
        if (phase != ConnectionPhase.CLOSED) {
            close();
        }
        admission = null;
        if (wasConnected) {
            effects.report(ConnectionEvent.DISCONNECTED, reason);
        }
    }

    /** The next sequence that this connection expects from the bucket; 0 while no session is open. */
    public long nextSequence() {
        return live == null ? 0 : live.sequencer.nextSequence();
    }

    /**
     * When {@link #tick} has something to do at the latest, or {@link Long#MAX_VALUE}. It mostly moves into the future, which is not told;
     * when it moves nearer, {@link ConnectionEffects#wakeAt} tells.
     */
    public long nextDeadlineMillis() {
        if (phase == ConnectionPhase.CLOSED) {
            return KeepAlive.NONE;
        }
        long gap = live == null ? KeepAlive.NONE : live.sequencer.deadlineMillis();
        return Math.min(keepAlive.deadlineMillis(), gap);
    }

    /** What the management interface shows of the connection, or null before the session is open. */
    public @Nullable ConnectionView view() {
        return live == null ? null : live.view();
    }

    private Admission admission() {
        return Objects.requireNonNull(admission);
    }

    private Terms terms() {
        return live == null ? admission().terms() : live.terms;
    }

    private LiveSession live() {
        return Objects.requireNonNull(live);
    }
}
