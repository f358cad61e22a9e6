package io.covey.testkit;

import io.covey.protocol.QoS;
import io.covey.protocol.TopicFilters;
import io.covey.testkit.History.InvariantViolated;
import io.covey.testkit.History.PublishKey;
import io.covey.testkit.History.Published;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one session of a client saw of its subscription, and what must hold for it: nothing acknowledged is lost [I1] from SUBACK on [I6] until
 * UNSUBSCRIBE, QoS 2 arrives once [I3], order is kept per publisher and topic [I4], and nothing new comes after UNSUBACK.
 *
 * <p>A transient session loses what its connection loses; while it lives, no gap is left behind what arrived. Only what was acknowledged by a
 * node that ended right after may be missing: it had no time to repeat what was lost on the way.
 */
final class Listening {
    /** How long a node that acknowledged may take to repeat what a live receiver has not got, a frozen one's pause included. */
    private static final long REPEAT_MICROS_MAX = 6_000_000;

    private final EventQueue events;
    private final History history;
    private final String client;
    private final String filter;
    private final QoS qos;
    private final boolean persistent;
    /** The group, where the subscription is a shared one: then what must hold is said there. */
    private final @Nullable Sharing sharing;

    private final Map<String, Boolean> matching = new HashMap<>();
    private final Map<PublishKey, Integer> copies = new HashMap<>();
    private final Map<String, Long> newest = new HashMap<>();
    private final List<Span> live = new ArrayList<>();
    private final List<Span> off = new ArrayList<>();
    private boolean ended;
    /** How many of what was acknowledged, from the first on, have come or are not for this subscription: they need no second look. */
    private int arrived;

    /** From one packet to another, {@link History#NEVER} while the second has not been sent. */
    private static final class Span {
        final long fromMicros;
        long untilMicros = History.NEVER;
        /** By publisher and topic, the highest number that came in it. */
        final Map<String, Long> newest = new HashMap<>();

        Span(long fromMicros) {
            this.fromMicros = fromMicros;
        }
    }

    Listening(
            EventQueue events,
            History history,
            String client,
            String filter,
            QoS qos,
            boolean persistent,
            @Nullable Sharing sharing) {
        this.events = events;
        this.history = history;
        this.client = client;
        this.filter = filter;
        this.qos = qos;
        this.persistent = persistent;
        this.sharing = sharing;
    }

    String client() {
        return client;
    }

    boolean persistent() {
        return persistent;
    }

    QoS qos() {
        return qos;
    }

    boolean matches(String topic) {
        return sharing == null
                ? matching.computeIfAbsent(topic, t -> TopicFilters.matches(filter, t))
                : sharing.matches(topic);
    }

    boolean isEnded() {
        return ended;
    }

    /** Whether SUBACK came before this time and UNSUBSCRIBE has not been sent. */
    boolean isLiveSince(long micros) {
        return !live.isEmpty() && last(live).untilMicros == History.NEVER && last(live).fromMicros <= micros;
    }

    /** SUBSCRIBE leaves: from now on publishes may come. */
    void subscribing() {
        close(off);
    }

    /** SUBACK came: what is published from now on must arrive. */
    void subscribed() {
        if (live.isEmpty() || last(live).untilMicros != History.NEVER) {
            live.add(new Span(events.nowMicros()));
        }
    }

    /** UNSUBSCRIBE leaves. */
    void unsubscribing() {
        close(live);
    }

    /** UNSUBACK came: what is published from now on must not arrive. */
    void unsubscribed() {
        off.add(new Span(events.nowMicros()));
    }

    /** The session is over. */
    void end() {
        ended = true;
    }

    private void close(List<Span> spans) {
        if (!spans.isEmpty() && last(spans).untilMicros == History.NEVER) {
            last(spans).untilMicros = events.nowMicros();
        }
    }

    private static Span last(List<Span> spans) {
        return spans.get(spans.size() - 1);
    }

    void received(PublishKey key) {
        Published message = history.arrived(client, key);
        if (!matches(key.topic())) {
            throw new InvariantViolated(client + " has no subscription for " + key);
        }
        if (sharing != null) {
            checkStillOn(message);
            sharing.received(this, message);
            return;
        }
        int before = copies.merge(key, 1, Integer::sum) - 1;
        if (history.testaments().received(key, client)) {
            if (before > 0 && message.qos == QoS.EXACTLY_ONCE && qos == QoS.EXACTLY_ONCE) {
                throw new InvariantViolated("I3: " + client + " received a will twice at QoS 2: " + key);
            }
            return;
        }
        checkNotOff(message);
        if (before > 0) {
            boolean once = message.qos == QoS.EXACTLY_ONCE && qos == QoS.EXACTLY_ONCE;
            if (message.qos == QoS.AT_MOST_ONCE || once && !history.mayBePublishedTwice(message)) {
                throw new InvariantViolated("I3: " + client + " received twice at " + message.qos + ": " + key);
            }
            return;
        }
        boolean isLive = !live.isEmpty() && last(live).untilMicros == History.NEVER;
        boolean mayHavePassed = !isLive || message.firstSentMicros < last(live).fromMicros;
        boolean again = mayHavePassed && message.transmissions > 1 || history.mayHaveMetFullQueue(message);
        if (message.expires || again) {
            // It may have passed by before the subscription was live, and come again behind later ones when its
            // publisher repeated it. One that expires may have been passed over by a connection that could not tell it
            // any more: the next one must take it for sent, and sends it again.
            return;
        }
        if (isLive) {
            last(live).newest.merge(key.line(), key.number(), Math::max);
        }
        long highest = newest.merge(key.line(), key.number(), Math::max);
        if (highest > key.number()) {
            throw new InvariantViolated("I4: " + client + " received " + key + " after number " + highest);
        }
    }

    /** [MQTT-3.10.4-2]. */
    private void checkNotOff(Published message) {
        for (Span span : off) {
            // What was acknowledged may still be on its way to the node of a transient session, which has subscribed
            // again when it arrives.
            long madeMicros = persistent ? message.acknowledgedMicros : History.NEVER;
            boolean published = message.firstSentMicros > span.fromMicros
                    && Math.min(madeMicros, events.nowMicros()) < span.untilMicros;
            if (published) {
                throw new InvariantViolated(client + " received after UNSUBACK: " + message.key);
            }
        }
    }

    /** A group has messages that wait from before a member came back, but gives it none after it has gone [MQTT-3.10.4-2]. */
    private void checkStillOn(Published message) {
        boolean isOff = !off.isEmpty() && last(off).untilMicros == History.NEVER;
        if (isOff && message.firstSentMicros > last(off).fromMicros) {
            throw new InvariantViolated(client + " received from its group after UNSUBACK: " + message.key);
        }
    }

    /** Adds what is acknowledged and had to arrive; the list only grows. */
    void missing(List<Published> acknowledged, List<Missing> missing) {
        if (live.isEmpty() || sharing != null) {
            return;
        }
        while (arrived < acknowledged.size() && !mayBeMissing(acknowledged.get(arrived))) {
            arrived++;
        }
        for (Published message : acknowledged.subList(arrived, acknowledged.size())) {
            if (mayBeMissing(message) && isOwed(message)) {
                missing.add(Missing.of(client, persistent, message.key));
            }
        }
    }

    private boolean mayBeMissing(Published message) {
        return matches(message.key.topic()) && !copies.containsKey(message.key);
    }

    private boolean isOwed(Published message) {
        if (message.expires || !persistent && mayBeLostWithItsNode(message)) {
            return false;
        }
        for (Span span : live) {
            if (message.firstSentMicros >= span.fromMicros && isOwed(message, span)) {
                return true;
            }
        }
        return false;
    }

    private boolean isOwed(Published message, Span span) {
        if (persistent && !ended && message.acknowledgedMicros <= span.untilMicros) {
            return true;
        }
        boolean open = span.untilMicros == History.NEVER && !ended;
        boolean overtaken = message.key.number() < span.newest.getOrDefault(message.key.line(), 0L);
        return open || overtaken;
    }

    private boolean mayBeLostWithItsNode(Published message) {
        SimulatedProcess by = message.acknowledgedBy;
        return by != null && history.endedSoonAfter(by, message.acknowledgedMicros, REPEAT_MICROS_MAX);
    }
}
