package io.covey.session;

import io.covey.protocol.ConnAck;
import io.covey.protocol.Connect;
import io.covey.protocol.ControlPacket;
import io.covey.protocol.ProtocolViolation;
import io.covey.protocol.ReasonCode;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What there is of a connection from CONNECT to CONNACK: who the client is, how it proves that, and what comes from it and for it meanwhile. A
 * {@link LiveSession} is what becomes of it.
 */
final class Admission {
    private final Connect connect;
    private final SessionSettings settings;
    private final @Nullable EnhancedExchange exchange;
    private final Backlog backlog = new Backlog();
    private Terms terms;
    private Permissions permissions = Permissions.ALL;
    private boolean lost;
    private long hinted;

    /**
     * Takes a CONNECT.
     *
     * @param uniqueIds numbers that no one else draws, for Assigned Client Identifiers
     * @throws ProtocolViolation where it is to be refused, with the reason for CONNACK
     */
    Admission(Connect connect, SessionSettings settings, LongSupplier uniqueIds) {
        this.connect = connect;
        this.settings = settings;
        this.terms = Handshake.terms(connect, settings, uniqueIds);
        this.exchange = EnhancedExchange.of(connect);
    }

    Terms terms() {
        return terms;
    }

    /** The enhanced authentication, or null where CONNECT named no Authentication Method. */
    @Nullable
    EnhancedExchange exchange() {
        return exchange;
    }

    /** What the client may do, once it is authenticated. */
    Permissions permissions() {
        return permissions;
    }

    /** Asks the client for more by AUTH; false if it does not take a packet of that size. */
    boolean challenge(AuthenticationStep step, ConnectionEffects effects) {
        // [MQTT-4.12.0-6]
        return Objects.requireNonNull(exchange, "CONNECT named no Authentication Method")
                .tell(step, new ClientOutput(effects, terms));
    }

    /** The authenticator has decided: why the client is refused, or null. */
    @Nullable
    ReasonCode decided(AuthenticationStep step) {
        if (step.reason().isError()) {
            return step.reason();
        }
        if (exchange != null) {
            exchange.answered(step);
        }
        permissions = step.permissions();
        return Handshake.mayPublishWill(connect, permissions) ? null : ReasonCode.NOT_AUTHORIZED;
    }

    /** What the broker is asked to open. */
    OpenRequest openRequest(long nowMillis) {
        return Handshake.openRequest(connect, terms, settings, nowMillis);
    }

    /** The session is one that an earlier connection began. */
    void continues() {
        terms = terms.continued();
    }

    /** The CONNACK of the session that was opened. */
    ConnAck accepted(boolean sessionPresent) {
        return Handshake.accepted(terms, settings, sessionPresent, exchange);
    }

    /** Whether the client asked for what an earlier connection had begun. */
    boolean asksToContinue() {
        return !connect.cleanStart();
    }

    /** A packet came that is looked at after CONNACK; whether reading is to pause. */
    boolean keep(ControlPacket packet) {
        backlog.add(packet);
        return backlog.isFull();
    }

    /** Removes the oldest packet that was kept; null where there is none. */
    @Nullable
    ControlPacket poll() {
        return backlog.poll();
    }

    /** The connection has ended, and only its terms still count. */
    void end() {
        backlog.clear();
    }

    /** The client has gone while its session was being opened; what it had sent before is still worked off. */
    void lost() {
        lost = true;
    }

    boolean isLost() {
        return lost;
    }

    /** Whether the client has gone and left nothing behind that is to be worked off. */
    boolean isForsaken() {
        return lost && backlog.isEmpty();
    }

    /** A message of the session's queue was handed to a connection that cannot take it yet. */
    void hinted(long sequence) {
        hinted = Math.max(hinted, sequence);
    }

    /** The highest sequence that was hinted; 0 for none. */
    long hinted() {
        return hinted;
    }
}
