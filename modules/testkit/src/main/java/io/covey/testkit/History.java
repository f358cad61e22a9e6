package io.covey.testkit;

import io.covey.bucket.QueueOverflow;
import io.covey.protocol.Publish;
import io.covey.protocol.QoS;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What clients sent and saw. Invariants over it are checked by {@link Listening} for subscriptions, {@link Testaments} for wills,
 * {@link RetainedHistory} for retained messages and {@link Ownership} for connections.
 */
final class History {
    /** A time that does not come. */
    static final long NEVER = Long.MAX_VALUE;

    /** A violated invariant; its message says which and how. */
    static final class InvariantViolated extends AssertionError {
        InvariantViolated(String message) {
            super(message);
        }
    }

    /** A publish: who, where, and its number for that publisher and topic. */
    record PublishKey(String publisher, String topic, long number) {
        /** Cheaper than that of all parts, and keys are looked up all the time. */
        @Override
        public int hashCode() {
            return (publisher.hashCode() * 31 + topic.hashCode()) * 31 + Long.hashCode(number);
        }

        String payload() {
            return publisher + " " + topic + " " + number;
        }

        /** What the numbers of which are in order. */
        String line() {
            return publisher + " " + topic;
        }

        static PublishKey parse(String payload) {
            int first = payload.indexOf(' ');
            int second = payload.indexOf(' ', first + 1);
            return new PublishKey(
                    payload.substring(0, first),
                    payload.substring(first + 1, second),
                    Long.parseLong(payload.substring(second + 1)));
        }
    }

    /** What is known of a publish. */
    static final class Published {
        final PublishKey key;
        final QoS qos;
        final boolean expires;
        /** Whether its publisher hears that it is refused. */
        final boolean tellsRefusals;

        final long firstSentMicros;
        long lastSentMicros;
        int transmissions;
        long acknowledgedMicros = NEVER;

        @Nullable
        SimulatedProcess acknowledgedBy;

        private Published(PublishKey key, QoS qos, boolean expires, boolean tellsRefusals, long nowMicros) {
            this.key = key;
            this.qos = qos;
            this.expires = expires;
            this.tellsRefusals = tellsRefusals;
            this.firstSentMicros = nowMicros;
        }

        boolean isAcknowledged() {
            return acknowledgedMicros != NEVER;
        }
    }

    private final EventQueue events;
    private final Map<PublishKey, Published> published = new LinkedHashMap<>();
    private final List<Published> acknowledged = new ArrayList<>();
    private final List<Listening> listenings = new ArrayList<>();
    private final Map<SimulatedProcess, Long> endedMicros = new LinkedHashMap<>();
    private final List<Long> endsMicros = new ArrayList<>();
    private final Map<String, Sharing> sharings = new LinkedHashMap<>();
    private final Map<String, Sharing> sharingByClient = new HashMap<>();
    private final Testaments testaments;
    private final RetainedHistory retained;
    private final boolean overflows;
    private final boolean refuses;
    private long deliveries;

    History(EventQueue events, Scenario scenario) {
        this.events = events;
        this.refuses = scenario.overflow() == QueueOverflow.REFUSE;
        this.overflows = scenario.has(Scenario.Feature.SMALL_QUEUES);
        this.testaments = new Testaments(events, this);
        this.retained = new RetainedHistory(events);
    }

    /** Whether a full queue may have kept the first copy of a message out, so that another comes behind later ones. */
    boolean mayHaveMetFullQueue(Published message) {
        return overflows && message.transmissions > 1;
    }

    /**
     * Whether it may be two messages for the cluster: at QoS 1, and where the word that it was refused, with which its Packet Identifier was
     * forgotten, was lost together with the connection.
     */
    boolean mayBePublishedTwice(Published message) {
        boolean mayHaveBeenRefused = refuses && message.tellsRefusals;
        return message.transmissions > 1 && (message.qos == QoS.AT_LEAST_ONCE || mayHaveBeenRefused);
    }

    Testaments testaments() {
        return testaments;
    }

    RetainedHistory retained() {
        return retained;
    }

    /** A PUBLISH leaves its client, for the first time or again. */
    void sent(PublishKey key, QoS qos, boolean expires, boolean tellsRefusals) {
        Published message =
                published.computeIfAbsent(key, k -> new Published(k, qos, expires, tellsRefusals, events.nowMicros()));
        message.lastSentMicros = events.nowMicros();
        message.transmissions++;
    }

    /** PUBACK or the first PUBREC came from this incarnation of a node. */
    void acknowledged(PublishKey key, SimulatedProcess by) {
        Published message = published.get(key);
        if (message == null) {
            throw new InvariantViolated("an acknowledgement for what was never published: " + key);
        }
        if (!message.isAcknowledged()) {
            message.acknowledgedMicros = events.nowMicros();
            message.acknowledgedBy = by;
            acknowledged.add(message);
        }
    }

    /**
     * An incarnation of a node ended, or began to sleep for longer than its lease lasts, which is its end.
     *
     * @param atMicros when it did anything last
     */
    void ended(SimulatedProcess incarnation, long atMicros) {
        if (endedMicros.putIfAbsent(incarnation, atMicros) == null) {
            endsMicros.add(events.nowMicros());
        }
    }

    /** Whether this incarnation ended from this time on, and no later than so much after it. */
    boolean endedSoonAfter(SimulatedProcess incarnation, long sinceMicros, long withinMicros) {
        Long ended = endedMicros.get(incarnation);
        return ended != null && ended <= sinceMicros + withinMicros;
    }

    /** Whether the end of any incarnation of a node took place in this time; that of a sleeping one does when it wakes. */
    boolean anyEndedBetween(long fromMicros, long untilMicros) {
        return endsMicros.stream().anyMatch(end -> end >= fromMicros && end <= untilMicros);
    }

    /**
     * A client will subscribe to a Shared Subscription, and to nothing else.
     *
     * @param keepsItsSession whether its session goes on for ever
     * @param isOver whether a connection may have ended in its node's eyes, or its node in the others'
     */
    void share(String client, String filter, boolean keepsItsSession, Predicate<SimulatedSocket> isOver) {
        Sharing sharing = sharings.computeIfAbsent(filter, f -> new Sharing(this, f, isOver));
        sharing.admit(client, keepsItsSession);
        sharingByClient.put(client, sharing);
    }

    /** A client's session begins, in which it will subscribe to this filter. */
    Listening listen(String client, String filter, QoS qos, boolean persistent) {
        Sharing sharing = sharingByClient.get(client);
        Listening listening = new Listening(events, this, client, filter, qos, persistent, sharing);
        listenings.add(listening);
        if (sharing != null) {
            sharing.add(listening);
        }
        return listening;
    }

    /** A node sends a PUBLISH to a client. */
    void sentToClient(SimulatedSocket socket, Publish publish) {
        Sharing sharing = sharingByClient.get(socket.clientId());
        if (sharing != null) {
            PublishKey key = PublishKey.parse(new String(publish.payload(), StandardCharsets.UTF_8));
            sharing.sent(socket, key, publish.qos());
        }
    }

    /** What is known of a publish. */
    Published find(PublishKey key) {
        Published message = published.get(key);
        if (message == null) {
            throw new InvariantViolated("what was never published: " + key);
        }
        return message;
    }

    List<Listening> listenings() {
        return listenings;
    }

    /** What is known of a publish that arrived somewhere. */
    Published arrived(String client, PublishKey key) {
        deliveries++;
        Published message = published.get(key);
        if (message == null) {
            throw new InvariantViolated(client + " received what was never published: " + key);
        }
        return message;
    }

    /** What is acknowledged and has not reached everyone that had to have it by now. */
    List<Missing> missing() {
        List<Missing> missing = new ArrayList<>();
        for (Listening listening : listenings) {
            if (!listening.isEnded()) {
                listening.missing(acknowledged, missing);
            }
        }
        sharings.values().forEach(sharing -> sharing.missing(acknowledged, missing));
        testaments.missing(missing);
        return missing;
    }

    /**
     * At the end: what only the whole history shows.
     *
     * @param dropped tells whether that much is missing because queues were full
     */
    void verify(Predicate<List<Missing>> dropped) {
        List<Missing> missing = new ArrayList<>();
        listenings.forEach(listening -> listening.missing(acknowledged, missing));
        sharings.values().forEach(sharing -> sharing.missing(acknowledged, missing));
        if (!missing.isEmpty() && !dropped.test(missing)) {
            throw new InvariantViolated(
                    "I1/I6: " + missing.size() + " lost, such as " + missing.subList(0, Math.min(3, missing.size())));
        }
        testaments.verify();
    }

    int acknowledgedCount() {
        return acknowledged.size();
    }

    long deliveries() {
        return deliveries;
    }
}
