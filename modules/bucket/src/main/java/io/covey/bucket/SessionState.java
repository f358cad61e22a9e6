package io.covey.bucket;

import io.covey.protocol.Message;
import io.covey.routing.ShardAddress;
import org.jspecify.annotations.Nullable;

/**
 * A client id's session: who holds it, until when it lasts, and its Will.
 *
 * <p>Connected: an owner, no times. Disconnected: no owner, an end unless it never expires, and a will only while its delay runs.
 */
final class SessionState {
    /** A Session Expiry Interval that never ends the session. */
    static final long EXPIRY_NEVER_SECONDS = 0xFFFF_FFFFL;

    private static final int SESSION_BYTES = 256;
    private static final int WILL_BYTES = 48;

    private final String clientId;
    private final long incarnation;
    private final @Nullable DurableState durable;
    private long epoch;
    /** The place of the last connection among all CONNECTs; its epoch, unless it had to wait. */
    private long turn;

    private @Nullable ShardAddress owner;
    private int window;
    private long expirySeconds;
    private @Nullable Will will;
    private long willDueAtMillis = Message.NEVER;
    private long disconnectedAtMillis = -1;

    /** The time it has in the table's schedule. */
    private long scheduledAtMillis = Message.NEVER;

    /** What it has taken of the bucket's ledger. */
    private long accountedBytes;

    SessionState(String clientId, long incarnation, boolean durable, Ledger ledger) {
        this.clientId = clientId;
        this.incarnation = incarnation;
        this.durable = durable ? new DurableState(this, ledger) : null;
    }

    String clientId() {
        return clientId;
    }

    long incarnation() {
        return incarnation;
    }

    @Nullable
    DurableState durable() {
        return durable;
    }

    long epoch() {
        return epoch;
    }

    long turn() {
        return turn;
    }

    @Nullable
    ShardAddress owner() {
        return owner;
    }

    /** How many messages may be handed and not released; 0 without a connection. */
    int window() {
        return window;
    }

    long expirySeconds() {
        return expirySeconds;
    }

    @Nullable
    Will will() {
        return will;
    }

    long willDueAtMillis() {
        return willDueAtMillis;
    }

    long disconnectedAtMillis() {
        return disconnectedAtMillis;
    }

    long scheduledAtMillis() {
        return scheduledAtMillis;
    }

    void schedule(long atMillis) {
        scheduledAtMillis = atMillis;
    }

    /** A connection takes the session; a will of an earlier one is gone. */
    void connect(long newEpoch, Command.OpenSession open, int newWindow) {
        epoch = newEpoch;
        turn = open.turn() > Command.OpenSession.FIRST ? open.turn() : newEpoch;
        owner = open.owner();
        window = newWindow;
        expirySeconds = open.expirySeconds();
        will = open.will();
        willDueAtMillis = Message.NEVER;
        disconnectedAtMillis = -1;
    }

    /** The connection is gone. */
    void disconnect(long nowMillis) {
        owner = null;
        window = 0;
        disconnectedAtMillis = nowMillis;
    }

    void expireAfter(long seconds) {
        expirySeconds = seconds;
    }

    /** The will is published or discarded. */
    void forgetWill() {
        will = null;
        willDueAtMillis = Message.NEVER;
    }

    /** The will is to be published at this time unless the session is taken up again before. */
    void delayWillUntil(long dueAtMillis) {
        willDueAtMillis = dueAtMillis;
    }

    /** Takes over what a snapshot tells. */
    void restore(
            long restoredEpoch,
            long restoredTurn,
            @Nullable ShardAddress restoredOwner,
            int restoredWindow,
            long restoredExpirySeconds,
            @Nullable Will restoredWill,
            long restoredWillDueAtMillis,
            long restoredDisconnectedAtMillis) {
        epoch = restoredEpoch;
        turn = restoredTurn;
        owner = restoredOwner;
        window = restoredWindow;
        expirySeconds = restoredExpirySeconds;
        will = restoredWill;
        willDueAtMillis = restoredWillDueAtMillis;
        disconnectedAtMillis = restoredDisconnectedAtMillis;
    }

    /** When a disconnected session ends, or {@link Message#NEVER}. */
    long endsAtMillis() {
        return owner != null || expirySeconds == EXPIRY_NEVER_SECONDS // [MQTT-4.1.0-1]
                ? Message.NEVER
                : disconnectedAtMillis + 1000 * expirySeconds;
    }

    /** When something is to be done about it next: its end, its will or a message that expires. */
    long dueAtMillis() {
        long due = Math.min(endsAtMillis(), willDueAtMillis);
        return durable == null ? due : Math.min(due, durable.queue().earliestExpiryMillis());
    }

    /** Corrects what the ledger holds for this session, beside its queue. */
    void account(Ledger ledger) {
        long bytes = baseBytes(clientId, will) + (durable == null ? 0 : durable.bytes());
        ledger.add(bytes - accountedBytes);
        accountedBytes = bytes;
    }

    /** The session ends: gives back what the ledger holds for it. */
    void unaccount(Ledger ledger) {
        ledger.add(-accountedBytes);
        accountedBytes = 0;
    }

    /** An estimate of what a session takes before it has subscriptions. */
    static long baseBytes(String clientId, @Nullable Will will) {
        return SESSION_BYTES
                + 2L * clientId.length()
                + (will == null ? 0 : WILL_BYTES + will.message().sizeBytes());
    }
}
