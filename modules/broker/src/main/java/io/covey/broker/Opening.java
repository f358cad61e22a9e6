package io.covey.broker;

import io.covey.bucket.Command;
import io.covey.bucket.Result;
import io.covey.protocol.Auth;
import io.covey.protocol.Connect;
import io.covey.protocol.ReasonCode;
import io.covey.session.AuthenticationStep;
import io.covey.session.Connection;
import io.covey.session.OpenRequest;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A connection's way from CONNECT to its session: who the client is, what its bucket answers, whom it waits for. Owned by the shard's loop.
 */
final class Opening {
    /** How long a client waits to be authenticated before it is sent away with 0x88. */
    static final int AUTHENTICATED_MILLIS_MAX = 10_000;

    /**
     * How long a client waits for its session before it is sent away with 0x88. Longer than a node that stands still is waited for, 12 s until the
     * others go on without it: whoever comes meanwhile is served late and not refused.
     */
    static final int MILLIS_MAX = 20_000;

    private final ShardConnection client;
    private final Shard shard;
    private final WireOutput output;
    private final Connection connection;
    private final ConnectionAuthentication authentication;

    private Command.@Nullable OpenSession asked;
    private long number;
    private long kickedUpTo = -1;
    private long waitingSinceMicros = -1;
    private long untilMillis = Long.MAX_VALUE;

    /** @param connection the state machine of this client's connection */
    Opening(ShardConnection client, Shard shard, WireOutput output, Connection connection) {
        this.client = client;
        this.shard = shard;
        this.output = output;
        this.connection = connection;
        this.authentication = new ConnectionAuthentication(shard, output, this::authenticated);
    }

    /** Which of the shard's connections it was to begin to open, counted from 1. */
    long number() {
        return number;
    }

    /** When the authenticator, the bucket or the earlier connection must have answered; without meaning once the session is open. */
    long untilMillis() {
        return untilMillis;
    }

    private void answerWithin(int millis) {
        untilMillis = shard.lastMillis() + millis;
        client.wakeAt(untilMillis);
    }

    // Who it is.

    /** CONNECT came. */
    void authenticate(Connect connect) {
        answerWithin(AUTHENTICATED_MILLIS_MAX);
        authentication.begin(connect);
    }

    /** AUTH came, also once the session is open. */
    void authenticateFurther(Auth packet) {
        answerWithin(AUTHENTICATED_MILLIS_MAX);
        authentication.proceed(packet);
    }

    private void authenticated(AuthenticationStep step) {
        if (shard.mayServe() && !output.isClosed()) {
            untilMillis = Long.MAX_VALUE;
            connection.authenticated(step, shard.nowMillis());
            client.settle();
        }
    }

    // Its session.

    /** Asks for the session, where there is room. */
    void begin(OpenRequest request) {
        boolean serves = shard.takesClients();
        if (!serves || client.lane().isFull() || shard.lanes.isFull()) {
            ReasonCode reason = serves ? ReasonCode.SERVER_BUSY : ReasonCode.SERVER_UNAVAILABLE;
            shard.loop.atEndOfTurn(() -> refuse(reason));
            return;
        }
        client.opens();
        answerWithin(MILLIS_MAX);
        ask(new Command.OpenSession(
                request.clientId(),
                shard.lanes.self,
                request.cleanStart(),
                request.expirySeconds(),
                request.receiveMaximum(),
                request.will(),
                Command.OpenSession.FIRST));
    }

    private void ask(Command.OpenSession command) {
        asked = command;
        number = shard.kicks.opening();
        shard.registry.unsettled(client);
        client.lane().submit(command, true, this::answered);
    }

    /** The connection that was in the way is gone. */
    void askInTurn(long turn) {
        ask(asked().inTurn(turn));
    }

    private Command.OpenSession asked() {
        return Objects.requireNonNull(asked, "the session was asked for");
    }

    private void refuse(ReasonCode reason) {
        if (shard.mayServe() && !output.isClosed()) {
            connection.refused(reason, shard.nowMillis());
        }
    }

    private void answered(Result result) {
        shard.registry.settled(client);
        take(result);
        shard.kicks.reconsider(client.clientId());
    }

    private void take(Result result) {
        if (result instanceof Result.Refused) {
            client.over();
            refuse(ReasonCode.QUOTA_EXCEEDED);
        } else if (result instanceof Result.Occupied occupied && connection.wantsSession()) {
            waits();
            shard.vacancies.await(client, occupied);
        } else if (result instanceof Result.Fenced || result instanceof Result.Occupied) {
            client.overtaken(); // perhaps by its own client, who tired of waiting and is at the other shard now
        } else if (result instanceof Result.Opened opened) {
            client.waits(opened);
            long turn = asked().turn();
            shard.vacancies.opened(client.clientId(), turn > Command.OpenSession.FIRST ? turn : opened.epoch());
            client.kicked(kickedUpTo);
            shard.takeovers.begin(client, opened);
        } else {
            throw new IllegalStateException("no answer to an OpenSession: " + result);
        }
    }

    // Whom it waits for, and who waits for it.

    /** It waits for an earlier connection from now on, if it does not yet. */
    void waits() {
        waitingSinceMicros = waitingSinceMicros < 0 ? shard.loop.monotonicMicros() : waitingSinceMicros;
    }

    /** It waits for nobody any more. */
    void waitsNoMore() {
        if (waitingSinceMicros >= 0) {
            shard.events.takenOver(shard.loop.monotonicMicros() - waitingSinceMicros);
        }
    }

    /** A Kick came; where there is no epoch yet, it is held against the one that comes. */
    void kicked(long upToEpoch) {
        kickedUpTo = Math.max(kickedUpTo, upToEpoch);
    }

    /** Whether a Kick meant this epoch. */
    boolean isKicked(long epoch) {
        return epoch <= kickedUpTo;
    }
}
