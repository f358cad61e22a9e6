package io.covey.testkit;

import io.covey.protocol.QoS;
import io.covey.protocol.TopicFilters;
import io.covey.testkit.History.InvariantViolated;
import io.covey.testkit.History.PublishKey;
import io.covey.testkit.History.Published;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The group of a Shared Subscription, and what must hold for it [MQTT 5.0, 4.8.2]: what was acknowledged while it had members comes to one of
 * them, and to one only. QoS 2 that was sent stays with its session, also when that ends; QoS 1 may go to another when its session has ended.
 */
final class Sharing {
    /** For so long a node counts as there that has ended. */
    private static final long UNNOTICED_MICROS_MAX = 12_000_000;

    /** So long a message waits at most until a member has it. */
    private static final long WAIT_MICROS_MAX = 30_000_000;

    private final History history;
    private final String group;
    private final String filter;
    private final Predicate<SimulatedSocket> isOver;
    private final Map<String, Boolean> matching = new HashMap<>();

    /** By client id, whether its session goes on for ever. */
    private final Map<String, Boolean> keeps = new HashMap<>();

    private final List<Listening> members = new ArrayList<>();
    private final Map<PublishKey, List<Sent>> sent = new HashMap<>();
    private final Map<PublishKey, Set<Listening>> received = new HashMap<>();

    /** A PUBLISH that a node has sent to a member. */
    private record Sent(SimulatedSocket socket, QoS qos) {}

    /**
     * The group of a filter.
     *
     * @param isOver whether a connection may have ended in its node's eyes, or its node in the others'
     */
    Sharing(History history, String filter, Predicate<SimulatedSocket> isOver) {
        this.history = history;
        this.group = filter;
        this.filter = TopicFilters.plainFilter(filter);
        this.isOver = isOver;
    }

    /** A client will be a member. */
    void admit(String clientId, boolean keepsItsSession) {
        keeps.put(clientId, keepsItsSession);
    }

    boolean matches(String topic) {
        return matching.computeIfAbsent(topic, t -> TopicFilters.matches(filter, t));
    }

    /** A session begins, in which the client will subscribe. */
    void add(Listening member) {
        members.add(member);
    }

    /** A node sends a member a message of the group, or sends it again. */
    void sent(SimulatedSocket socket, PublishKey key, QoS qos) {
        Published message = history.find(key);
        List<Sent> before = sent.computeIfAbsent(key, k -> new ArrayList<>(1));
        for (Sent earlier : before) {
            if (!earlier.socket.clientId().equals(socket.clientId()) && !mayGoOn(message, earlier)) {
                throw new InvariantViolated("shared: " + key + " was sent to " + socket.clientId() + " after "
                        + earlier.socket.clientId() + " at " + earlier.qos);
            }
        }
        before.add(new Sent(socket, qos));
    }

    /** Whether a message that one member was sent may go to another. */
    private boolean mayGoOn(Published message, Sent earlier) {
        if (history.mayBePublishedTwice(message)) {
            return true;
        }
        boolean keeper = keeps.getOrDefault(earlier.socket.clientId(), false);
        return earlier.qos == QoS.AT_LEAST_ONCE && !keeper && isOver.test(earlier.socket); // [MQTT-4.8.2-5]
    }

    /** A member received a message: for the first time, or again at QoS 1. */
    void received(Listening by, Published message) {
        Set<Listening> receivers = received.computeIfAbsent(message.key, k -> new HashSet<>());
        for (Listening earlier : receivers) {
            // Of a session that expires the client cannot tell whether it is the one of before.
            boolean sameClient =
                    earlier != by && !by.persistent() && earlier.client().equals(by.client());
            if (sameClient && message.qos == QoS.EXACTLY_ONCE && earlier.qos() == QoS.EXACTLY_ONCE) {
                throw new InvariantViolated("shared: two sessions of " + by.client() + " received " + message.key);
            }
        }
        boolean first = receivers.add(by);
        if (!first && !history.mayBePublishedTwice(message) && message.qos.min(by.qos()) != QoS.AT_LEAST_ONCE) {
            throw new InvariantViolated("I3: " + by.client() + " received twice from its group: " + message.key);
        }
    }

    /** Adds what is acknowledged, had to come to a member and has not. */
    void missing(List<Published> acknowledged, List<Missing> missing) {
        for (Published message : acknowledged) {
            if (matches(message.key.topic()) && !received.containsKey(message.key) && isOwed(message)) {
                missing.add(Missing.ofGroup(group, message.key));
            }
        }
    }

    private boolean isOwed(Published message) {
        if (message.expires || mayBeLost(message)) {
            return false;
        }
        boolean kept = false;
        boolean served = false;
        for (Listening member : members) {
            boolean live = !member.isEnded() && member.isLiveSince(message.firstSentMicros);
            kept |= live && keeps(member);
            served |= live;
        }
        return kept || served && !nodeEndedMeanwhile(message);
    }

    private boolean keeps(Listening member) {
        return keeps.getOrDefault(member.client(), false);
    }

    /** Whether a session may have it for good that has ended: it was sent there at QoS 0 or 2, or its node's end leaves that unknown. */
    private boolean mayBeLost(Published message) {
        for (Sent one : sent.getOrDefault(message.key, List.of())) {
            if (one.qos != QoS.AT_LEAST_ONCE && !keeps.getOrDefault(one.socket.clientId(), false)) {
                return true;
            }
        }
        for (Listening member : members) {
            boolean staysWithNode = message.qos.min(member.qos()) != QoS.AT_LEAST_ONCE && !keeps(member);
            if (staysWithNode && nodeEndedMeanwhile(message)) {
                return true;
            }
        }
        return false;
    }

    /** Whether a node may have ended with the message, which it can be given as long as the others have not noticed. */
    private boolean nodeEndedMeanwhile(Published message) {
        return history.anyEndedBetween(
                message.firstSentMicros - UNNOTICED_MICROS_MAX, message.firstSentMicros + WAIT_MICROS_MAX);
    }
}
