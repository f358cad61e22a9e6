package io.covey.session;

import io.covey.bucket.QueueEntry;
import io.covey.bucket.Result;
import io.covey.protocol.ControlPacket;
import io.covey.protocol.Message;
import io.covey.protocol.ProtocolVersion;
import io.covey.protocol.ProtocolViolation;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The state machine of one client's network connection: MQTT 3.1, 3.1.1 and 5.0 from CONNECT to the end. Inputs are calls, outputs go to
 * {@link ConnectionEffects}. Owned by its shard's loop.
 *
 * <p>Every {@code nowMillis} is cluster time in milliseconds and never goes back from one input of a connection to the next; timers and
 * message times use the same clock.
 */
public final class Connection {

    /**
     * A new connection that awaits CONNECT. It calls no effect yet; its first deadline is {@link #nextDeadlineMillis}.
     *
     * @param uniqueIds numbers that no one else draws, for Assigned Client Identifiers
     */
    public Connection(ConnectionEffects effects, SessionSettings settings, LongSupplier uniqueIds, long nowMillis) {}

    /** A packet arrived. Packets that come before the session is loaded are kept, up to a bound; reading pauses beyond it. */
    public void packet(ControlPacket packet, long nowMillis) {
        throw new UnsupportedOperationException("being written");
    }

    /**
     * What arrived is no valid packet.
     *
     * @param version what the first CONNECT speaks, as far as the decoder understood it; decides whether a bad CONNECT gets a CONNACK
     */
    public void violated(ProtocolViolation violation, @Nullable ProtocolVersion version, long nowMillis) {
        throw new UnsupportedOperationException("being written");
    }

    /** Answer to {@link ConnectionEffects#authenticate}: Success or the reason to refuse with. */
    public void authenticated(ReasonCode reason, long nowMillis) {
        throw new UnsupportedOperationException("being written");
    }

    /** Answer to {@link ConnectionEffects#open}. */
    public void opened(Result.Opened opened, long nowMillis) {
        throw new UnsupportedOperationException("being written");
    }

    /** The session cannot be opened: CONNACK with this reason. */
    public void refused(ReasonCode reason, long nowMillis) {
        throw new UnsupportedOperationException("being written");
    }

    /** Answer to {@link ConnectionEffects#publish}. PUBACK and PUBREC leave in the order of the PUBLISHes [MQTT-4.6.0-2..3]. */
    public void published(long token, ReasonCode reason, long nowMillis) {
        throw new UnsupportedOperationException("being written");
    }

    /** Answer to {@link ConnectionEffects#release}: PUBCOMP, with 0x92 where the identifier was unknown. */
    public void released(int packetId, boolean found, long nowMillis) {
        throw new UnsupportedOperationException("being written");
    }

    /** Answer to {@link ConnectionEffects#subscribe}: one reason per subscription asked for. */
    public void subscribed(int packetId, List<ReasonCode> reasons, long nowMillis) {
        throw new UnsupportedOperationException("being written");
    }

    /** Answer to {@link ConnectionEffects#unsubscribe}. */
    public void unsubscribed(int packetId, List<ReasonCode> reasons, long nowMillis) {
        throw new UnsupportedOperationException("being written");
    }

    /**
     * A message for a session without a bucket queue, or of QoS 0 for any session.
     *
     * @param qos the effective level of this delivery
     */
    public void deliver(Message message, QoS qos, boolean retain, int[] subscriptionIds, long nowMillis) {
        throw new UnsupportedOperationException("being written");
    }

    /**
     * A hint: a message of the persistent session's queue, handed under this connection's epoch. Out of order it waits a few milliseconds in
     * a bounded buffer, then {@link ConnectionEffects#fetch}; one that came before is ignored [I5].
     */
    public void hinted(long sequence, Message message, QoS qos, boolean retain, int[] subscriptionIds, long nowMillis) {
        throw new UnsupportedOperationException("being written");
    }

    /** Entries of the persistent session's queue that the bucket handed out, in order; those that came before are ignored. */
    public void handed(List<QueueEntry> entries, long nowMillis) {
        throw new UnsupportedOperationException("being written");
    }

    /** Answer to {@link ConnectionEffects#received}: PUBREL may leave. */
    public void receivedRecorded(long sequence, long nowMillis) {
        throw new UnsupportedOperationException("being written");
    }

    /** The client takes bytes again, or does not: while it does not, QoS 0 is dropped and queues wait. */
    public void writable(boolean writable, long nowMillis) {
        throw new UnsupportedOperationException("being written");
    }

    /**
     * Checks keep-alive, connect time-out and gaps. Called at least once a second, or when {@link #nextDeadlineMillis} has come and as
     * {@link ConnectionEffects#wakeAt} asks; a call that comes too early does nothing.
     */
    public void tick(long nowMillis) {
        throw new UnsupportedOperationException("being written");
    }

    /** The network connection was lost. */
    public void lost(long nowMillis) {
        throw new UnsupportedOperationException("being written");
    }

    /** Another connection has taken the session: DISCONNECT 0x8E and close; the session's end is not reported. */
    public void takenOver(long nowMillis) {
        throw new UnsupportedOperationException("being written");
    }

    /** The broker ends the connection (shutting down, administrative): DISCONNECT with this reason; the end is reported, with the will. */
    public void shutDown(ReasonCode reason, long nowMillis) {
        throw new UnsupportedOperationException("being written");
    }

    /** The node lost its lease: close at once, acknowledge and report nothing [I9]. */
    public void abandon() {
        throw new UnsupportedOperationException("being written");
    }

    /** The next sequence that this connection expects from the bucket. */
    public long nextSequence() {
        throw new UnsupportedOperationException("being written");
    }

    /**
     * When {@link #tick} has something to do at the latest, or {@link Long#MAX_VALUE}. It mostly moves into the future, which is not told;
     * when it moves nearer, {@link ConnectionEffects#wakeAt} tells.
     */
    public long nextDeadlineMillis() {
        throw new UnsupportedOperationException("being written");
    }

    /** What the management interface shows of the connection, or null before the session is open. */
    public @Nullable ConnectionView view() {
        throw new UnsupportedOperationException("being written");
    }
}
