package io.covey.testkit;

import io.covey.protocol.ControlPacket;
import io.covey.protocol.Properties;
import io.covey.protocol.Publish;
import io.covey.protocol.QoS;
import io.covey.protocol.SubAck;
import io.covey.protocol.Subscribe;
import io.covey.protocol.SubscriptionRequest;
import io.covey.protocol.UnsubAck;
import io.covey.protocol.Unsubscribe;
import io.covey.testkit.History.PublishKey;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Subscribes to one filter, and tells the history what comes.
 *
 * <table><caption>What it last asked for</caption>
 * <tr><td>SUBSCRIBING</td><td>SUBSCRIBE, repeated on the next connection until SUBACK</td></tr>
 * <tr><td>LIVE</td><td>SUBACK came</td></tr>
 * <tr><td>UNSUBSCRIBING</td><td>UNSUBSCRIBE, repeated on the next connection until UNSUBACK</td></tr>
 * <tr><td>OFF</td><td>UNSUBACK came</td></tr></table>
 */
final class SimulatedSubscriber extends SimulatedReceiver {
    private static final long EXPIRY_SLACK_MICROS = 20_000_000;

    private enum State {
        SUBSCRIBING,
        LIVE,
        UNSUBSCRIBING,
        OFF
    }

    private final String filter;
    private final QoS qos;
    private final Wish wish;
    private @Nullable Listening listening;
    private State state = State.SUBSCRIBING;
    private int packetId;
    private long lastAliveMicros;
    private long lostMicros = History.NEVER;

    SimulatedSubscriber(World world, String id, String filter, QoS qos, Wish wish) {
        super(world, id, wish.expirySeconds() != NEVER_EXPIRES);
        this.filter = filter;
        this.qos = qos;
        this.wish = wish;
    }

    @Override
    protected Wish wish() {
        return wish;
    }

    private boolean persistent() {
        return wish.expirySeconds() > 0;
    }

    boolean isSubscribed() {
        return state == State.LIVE;
    }

    /** Unsubscribes and subscribes in turns. */
    void toggle() {
        events.after(events.between(300_000, 5_000_000), () -> {
            if (!isStopped()) {
                if (state == State.LIVE && isConnected()) {
                    unsubscribe();
                } else if (state == State.OFF && isConnected()) {
                    subscribe();
                }
                toggle();
            }
        });
    }

    @Override
    void stop() {
        super.stop();
        if (state == State.OFF) {
            subscribe();
        }
    }

    @Override
    protected void connected(boolean sessionPresent) {
        if (sessionPresent) {
            checkNotExpired();
        }
        Listening before = listening;
        boolean goesOn = before != null && sessionPresent && !mayHaveExpired();
        if (!goesOn) {
            if (before != null) {
                sessionGone(before);
            }
            forgetReceived();
            state = State.SUBSCRIBING;
            listening = history.listen(id, filter, qos, persistent());
        }
        lostMicros = History.NEVER;
        if (state == State.SUBSCRIBING) {
            subscribe();
        } else if (state == State.UNSUBSCRIBING) {
            unsubscribe();
        }
        if (wish.expirySeconds() > 0 && wish.expirySeconds() < NEVER_EXPIRES) {
            keepAlive();
        }
    }

    /** [MQTT-3.1.2-23]: a session lasts as long as was asked for. */
    private void sessionGone(Listening before) {
        before.end();
        if (!mayHaveExpired()) {
            throw new History.InvariantViolated("I1: the session of " + id + " is gone");
        }
    }

    /** Then a session that is present may be another one: an attempt without an answer began it. */
    private boolean mayHaveExpired() {
        return wish.expirySeconds() < NEVER_EXPIRES
                && events.nowMicros() >= lastAliveMicros + wish.expirySeconds() * 1_000_000;
    }

    private void checkNotExpired() {
        boolean overdue = wish.expirySeconds() < NEVER_EXPIRES
                && lostMicros != History.NEVER
                && connectSentMicros() > lostMicros + wish.expirySeconds() * 1_000_000 + EXPIRY_SLACK_MICROS;
        if (overdue) {
            throw new History.InvariantViolated("the session of " + id + " is there long after its expiry");
        }
    }

    @Override
    protected void ended(boolean wasConnected) {
        if (wasConnected) {
            lastAliveMicros = knownAliveMicros();
            lostMicros = nodes.allServe() ? events.nowMicros() : History.NEVER;
        } else {
            lostMicros = History.NEVER; // the attempt may have taken the session up
        }
        Listening current = listening;
        if (!persistent() && current != null) {
            current.end();
            listening = null;
        }
    }

    private void subscribe() {
        state = State.SUBSCRIBING;
        packetId = packetId % 100 + 1;
        if (isConnected()) {
            current().subscribing();
            SubscriptionRequest request = new SubscriptionRequest(filter, qos, false, false, 0);
            send(new Subscribe(packetId, Properties.EMPTY, List.of(request)));
        }
    }

    private void unsubscribe() {
        state = State.UNSUBSCRIBING;
        packetId = packetId % 100 + 1;
        current().unsubscribing();
        send(new Unsubscribe(packetId, Properties.EMPTY, List.of(filter)));
    }

    private Listening current() {
        if (listening == null) {
            throw new IllegalStateException("not connected");
        }
        return listening;
    }

    @Override
    protected void packet(ControlPacket packet) {
        if (packet instanceof SubAck subAck
                && subAck.packetId() == packetId
                && !subAck.reasons().get(0).isError()) {
            state = State.LIVE;
            current().subscribed();
        } else if (packet instanceof UnsubAck unsubAck && unsubAck.packetId() == packetId) {
            state = State.OFF;
            current().unsubscribed();
            if (isStopped()) {
                subscribe();
            }
        } else {
            super.packet(packet);
        }
    }

    @Override
    protected void message(Publish publish, @Nullable PublishKey key) {
        // Retained messages are read by others; deletions of them say nothing of where they come from.
        if (key != null && !publish.retain()) {
            current().received(key);
        }
    }

    @Override
    boolean isIdle() {
        return !awaitsRelease();
    }
}
