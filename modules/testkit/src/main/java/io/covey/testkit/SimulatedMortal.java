package io.covey.testkit;

import io.covey.protocol.Connect;
import io.covey.protocol.ControlPacket;
import io.covey.protocol.Properties;
import io.covey.protocol.Property;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.testkit.Testaments.Fate;
import io.covey.testkit.Testaments.Testament;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Connects with a will of its own each time, and ends its connections in every way there is. Each will has a fate, see {@link Testaments}. */
final class SimulatedMortal extends SimulatedClient {
    /** A CONNECT without an answer may still be worked off for so long, as the end of a later connection. */
    private static final long STRAY_CONNECT_MICROS = 40_000_000;

    private static final int[] DELAYS_SECONDS = {0, 0, 1, 2, 4};
    private static final int[] EXPIRIES_SECONDS = {0, 3, 600};

    private final String topic;
    private long number;
    private Wish wish = Wish.TRANSIENT;
    /** The will of the connection that there is, or of the attempt to get one. */
    private @Nullable Testament current;
    /** The will of the last connection while its delay may run. */
    private @Nullable Testament pending;

    private boolean orderly;
    private boolean renouncing;
    /** The will of the connection that was ended by DISCONNECT, until the next connection. */
    private @Nullable Testament renounced;

    private @Nullable SimulatedProcess renouncedTo;
    private long strayUntilMicros;

    SimulatedMortal(World world, String id) {
        super(world, id, false);
        this.topic = "w/" + id;
    }

    @Override
    protected Wish wish() {
        boolean v5 = version.isV5();
        boolean clean = events.chance(0.5);
        long delay = v5 ? DELAYS_SECONDS[(int) events.between(0, DELAYS_SECONDS.length - 1)] : 0;
        long expiry =
                v5 ? EXPIRIES_SECONDS[(int) events.between(0, EXPIRIES_SECONDS.length - 1)] : clean ? 0 : NEVER_EXPIRES;
        History.PublishKey key = new History.PublishKey(id, topic, ++number);
        QoS qos = events.chance(0.7) ? QoS.EXACTLY_ONCE : QoS.AT_LEAST_ONCE;
        history.sent(key, qos, false, false);
        current = history.testaments().connecting(key, Math.min(delay, expiry) * 1_000_000);
        Properties properties = delay == 0
                ? Properties.EMPTY
                : Properties.builder().add(Property.WILL_DELAY_INTERVAL, delay).build();
        byte[] payload = key.payload().getBytes(StandardCharsets.UTF_8);
        wish = new Wish(clean, expiry, new Connect.Will(topic, payload, qos, events.chance(0.2), properties));
        Testament waiting = pending;
        if (clean && waiting != null) { // it ends the session, which publishes the will before its delay is over
            waiting.notBefore(Math.min(waiting.notBeforeMicros(), events.nowMicros()));
        }
        return wish;
    }

    @Override
    protected void connected(boolean sessionPresent) {
        Testament discarded = renounced;
        renounced = null;
        if (discarded != null && nodes.allServe() && isUndisturbed()) {
            // Where something goes wrong meanwhile, the next CONNECT may come to the session's bucket before the
            // DISCONNECT: then it is a takeover.
            history.testaments().disconnected(discarded, Objects.requireNonNull(renouncedTo));
        }
        Testament waiting = pending;
        pending = null;
        if (waiting != null && isUndisturbed()) {
            if (wish.cleanStart()) {
                history.testaments().decide(waiting, Fate.PUBLISHED, "its session ended by clean start");
            } else if (events.nowMicros() < waiting.notBeforeMicros()) {
                history.testaments().decide(waiting, Fate.DISCARDED, "the session was taken up again in time");
            }
        }
        keepAlive();
        endSometime(current);
    }

    private boolean isUndisturbed() {
        return events.nowMicros() >= strayUntilMicros;
    }

    private void endSometime(@Nullable Testament of) {
        events.after(events.between(200_000, 6_000_000), () -> {
            if (isConnected() && current == of && !isStopped()) {
                end();
            }
        });
    }

    private void end() {
        switch ((int) events.between(0, 5)) {
            case 0, 1 -> {
                orderly = nodes.allServe();
                renouncing = true;
                disconnect(ReasonCode.SUCCESS);
            }
            case 2 -> {
                if (version.isV5()) {
                    disconnect(ReasonCode.DISCONNECT_WITH_WILL);
                } else {
                    drop();
                }
            }
            case 3 -> roam();
            case 4 -> drop();
            default -> leaveFor(events.between(2_000_000, 8_000_000));
        }
    }

    @Override
    void stop() {
        super.stop();
        leaveForGood();
        Testament waiting = pending;
        if (waiting != null && isUndisturbed()) {
            history.testaments().decide(waiting, Fate.PUBLISHED, "its client stays away");
        }
    }

    @Override
    protected void ended(boolean wasConnected) {
        Testament of = current;
        if (of == null) {
            return;
        }
        if (!wasConnected) {
            // It may have been worked off, or be yet.
            strayUntilMicros = events.nowMicros() + STRAY_CONNECT_MICROS;
            current = null;
            return;
        }
        if (renouncing) {
            renounced = orderly && isUndisturbed() ? of : null;
            renouncedTo = peer();
        } else {
            of.notBefore(isUndisturbed() ? knownAliveMicros() + of.delayMicros : of.sentMicros);
            if (of.delayMicros == 0) {
                history.testaments().decide(of, Fate.PUBLISHED, "its connection ended");
            } else {
                pending = of;
            }
        }
        renouncing = false;
        current = null;
    }

    @Override
    protected void packet(ControlPacket packet) {
        // A DISCONNECT: the connection is closed next.
    }

    @Override
    boolean isIdle() {
        return true;
    }
}
