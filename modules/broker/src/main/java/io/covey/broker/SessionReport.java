package io.covey.broker;

import io.covey.bucket.Result.SessionDescription;
import io.covey.routing.Subscription;
import io.covey.session.ConnectionView;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A session as the management interface shows it: what its bucket holds, and what the shard of its connection tells. The two are asked one
 * after the other, so counts may be a moment apart.
 *
 * @param live the connection, or null where there is none or its shard told nothing
 * @param ownerAnswered whether the shard of its connection was heard
 */
public record SessionReport(SessionDescription session, @Nullable LiveConnection live, boolean ownerAnswered) {

    /** Its subscriptions, wherever they are kept. */
    public List<Subscription> subscriptions() {
        return session.subscriptions().isEmpty() && live != null ? live.subscriptions() : session.subscriptions();
    }

    /** Messages that wait for being sent: those that were sent and are not acknowledged do not count. */
    public int waiting() {
        int sent = live == null ? 0 : live.view().inFlight();
        return Math.max(
                session.queueMessages() - sent, live == null ? 0 : live.view().waiting());
    }

    /** Why nothing is being sent, or that something is. */
    public SendState state() {
        if (session.owner() == null) {
            return SendState.NOT_CONNECTED;
        }
        if (live == null) {
            return ownerAnswered ? SendState.CONNECTION_CHANGING : SendState.CONNECTION_UNKNOWN;
        }
        ConnectionView view = live.view();
        if (waiting() == 0) {
            return subscriptions().isEmpty() ? SendState.NO_SUBSCRIPTION : SendState.QUEUE_EMPTY;
        }
        if (!view.writable()) {
            return SendState.NOT_WRITABLE;
        }
        if (view.inFlight() >= view.receiveMaximum()) {
            return SendState.WINDOW_FULL;
        }
        return live.stuck().now() ? SendState.STUCK : SendState.SENDING;
    }

    /** {@link #state} in words, with what the client is waited for. */
    public String reason() {
        SendState state = state();
        int inFlight = live == null ? 0 : live.view().inFlight();
        return state == SendState.WINDOW_FULL || state == SendState.QUEUE_EMPTY && inFlight > 0
                ? state.words() + ", waiting for " + inFlight + " acknowledgements"
                : state.words();
    }
}
