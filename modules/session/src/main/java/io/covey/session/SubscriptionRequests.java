package io.covey.session;

import io.covey.protocol.ControlPacket;
import io.covey.protocol.Properties;
import io.covey.protocol.Property;
import io.covey.protocol.ReasonCode;
import io.covey.protocol.SubAck;
import io.covey.protocol.Subscribe;
import io.covey.protocol.SubscriptionRequest;
import io.covey.protocol.TopicFilters;
import io.covey.protocol.UnsubAck;
import io.covey.protocol.Unsubscribe;
import io.covey.routing.Subscription;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** SUBSCRIBE and UNSUBSCRIBE of one client: what is refused at once, what the broker is asked for, and their answers in one. */
final class SubscriptionRequests {
    /** SUBSCRIBEs and UNSUBSCRIBEs in work at which reading pauses. */
    static final int PENDING_MAX = 64;

    /** Filters of SUBSCRIBEs and UNSUBSCRIBEs in work at which reading pauses; one packet is taken in any case. */
    static final int PENDING_FILTERS_MAX = 1_024;

    private static final @Nullable String[] NOTHING_COUNTED = {};

    /**
     * A request in work, by the place of its filters.
     *
     * @param reasons null where the broker has yet to answer
     * @param counted the filters that are new under the limit of subscriptions; empty without a limit
     */
    private record Pending(
            int packetId, boolean subscribe, @Nullable ReasonCode[] reasons, @Nullable String[] counted) {}

    private final ConnectionEffects effects;
    private final SessionSettings settings;
    private final Terms terms;
    private final ClientOutput output;
    private final ReadingGate gate;
    private final List<Pending> pending = new ArrayList<>(0);
    private Permissions permissions;
    private int pendingFilters;

    /** The session's filters; kept only where the operator limits their number. */
    private final Set<String> filters;

    SubscriptionRequests(
            ConnectionEffects effects,
            SessionSettings settings,
            Terms terms,
            ClientOutput output,
            ReadingGate gate,
            List<Subscription> present,
            Permissions permissions) {
        this.permissions = permissions;
        this.effects = effects;
        this.settings = settings;
        this.terms = terms;
        this.output = output;
        this.gate = gate;
        this.filters = settings.subscriptionsMax() > 0 ? new HashSet<>() : Collections.emptySet();
        if (settings.subscriptionsMax() > 0) {
            present.forEach(subscription -> filters.add(subscription.filter()));
        }
    }

    /** What the client may subscribe to from now on; subscriptions that it has stay. */
    void permit(Permissions granted) {
        permissions = granted;
    }

    /** Whether a request in work uses the Packet Identifier. */
    boolean uses(int packetId) {
        for (int i = 0; i < pending.size(); i++) {
            if (pending.get(i).packetId == packetId) {
                return true;
            }
        }
        return false;
    }

    /**
     * SUBSCRIBE came.
     *
     * @param usedByPublish whether a publish uses a Packet Identifier
     */
    void subscribe(Subscribe packet, IntPredicate usedByPublish) {
        List<SubscriptionRequest> requests = packet.subscriptions();
        @Nullable ReasonCode[] reasons = new ReasonCode[requests.size()];
        List<Subscription> wanted = new ArrayList<>(requests.size());
        @Nullable String[] counted = settings.subscriptionsMax() > 0 ? new String[reasons.length] : NOTHING_COUNTED;
        if (isInUse(packet.packetId(), usedByPublish)) {
            Arrays.fill(reasons, ReasonCode.PACKET_IDENTIFIER_IN_USE);
        } else {
            int subscriptionId = (int) packet.properties().number(Property.SUBSCRIPTION_IDENTIFIER, 0);
            for (int i = 0; i < reasons.length; i++) {
                SubscriptionRequest request = requests.get(i);
                reasons[i] = refusal(request);
                if (reasons[i] == null) {
                    if (settings.subscriptionsMax() > 0 && filters.add(request.filter())) {
                        counted[i] = request.filter();
                    }
                    wanted.add(subscription(request, subscriptionId));
                }
            }
        }
        Pending request = new Pending(packet.packetId(), true, reasons, counted);
        if (wanted.isEmpty()) {
            answer(request);
            return;
        }
        add(request);
        effects.subscribe(packet.packetId(), wanted);
    }

    private boolean isInUse(int packetId, IntPredicate usedByPublish) {
        return terms.isV5() && (uses(packetId) || usedByPublish.test(packetId)); // [MQTT-2.2.1-3]
    }

    /** Why a filter is refused at once, or null. */
    private @Nullable ReasonCode refusal(SubscriptionRequest request) {
        String filter = request.filter();
        if (!isValid(filter)) {
            return ReasonCode.TOPIC_FILTER_INVALID;
        }
        if (!permissions.maySubscribe(TopicFilters.plainFilter(filter), request.qos())) {
            return ReasonCode.NOT_AUTHORIZED;
        }
        boolean full = settings.subscriptionsMax() > 0 && filters.size() >= settings.subscriptionsMax();
        return full && !filters.contains(filter) ? ReasonCode.QUOTA_EXCEEDED : null;
    }

    private boolean isValid(String filter) {
        return !TextLength.exceeds(filter, settings.topicBytesMax())
                // [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.3-1] [MQTT-4.8.2-1] [MQTT-4.8.2-2]
                && TopicFilters.isValid(filter)
                && TopicFilters.levels(TopicFilters.plainFilter(filter)) <= settings.topicLevelsMax();
    }

    /** Towards a bridge of MQTT 3 that says so RETAIN is kept, and its own messages do not come back. */
    private Subscription subscription(SubscriptionRequest request, int subscriptionId) {
        boolean bridge = terms.bridge() && !terms.isV5();
        return new Subscription(
                request.filter(),
                request.qos(),
                request.noLocal() || bridge && !TopicFilters.isShared(request.filter()),
                request.retainAsPublished() || bridge,
                request.retainHandling(),
                subscriptionId);
    }

    /** UNSUBSCRIBE came. */
    void unsubscribe(Unsubscribe packet, IntPredicate usedByPublish) {
        List<String> asked = packet.filters();
        @Nullable ReasonCode[] reasons = new ReasonCode[asked.size()];
        List<String> wanted = new ArrayList<>(asked.size());
        if (isInUse(packet.packetId(), usedByPublish)) {
            Arrays.fill(reasons, ReasonCode.PACKET_IDENTIFIER_IN_USE);
        } else {
            for (int i = 0; i < reasons.length; i++) {
                String filter = asked.get(i);
                if (!TopicFilters.isValid(filter)) {
                    reasons[i] = ReasonCode.TOPIC_FILTER_INVALID;
                } else {
                    wanted.add(filter);
                    if (settings.subscriptionsMax() > 0) {
                        filters.remove(filter);
                    }
                }
            }
        }
        Pending request = new Pending(packet.packetId(), false, reasons, NOTHING_COUNTED);
        if (wanted.isEmpty()) {
            answer(request);
            return;
        }
        add(request);
        effects.unsubscribe(packet.packetId(), wanted);
    }

    private void add(Pending request) {
        pending.add(request);
        pendingFilters += request.reasons.length;
        if (pending.size() >= PENDING_MAX || pendingFilters >= PENDING_FILTERS_MAX) {
            gate.hold(ReadingGate.REQUESTS);
        }
    }

    /** The broker has subscribed or unsubscribed what it was asked for. */
    void answered(int packetId, boolean subscribe, List<ReasonCode> outcomes) {
        Pending request = take(packetId, subscribe);
        int awaited = 0;
        for (ReasonCode reason : request.reasons) {
            awaited += reason == null ? 1 : 0;
        }
        if (awaited != outcomes.size()) {
            throw new IllegalArgumentException(outcomes.size() + " answers to " + awaited + " filters");
        }
        int next = 0;
        for (int i = 0; i < request.reasons.length; i++) {
            if (request.reasons[i] == null) {
                request.reasons[i] = outcomes.get(next);
                if (request.counted.length > 0 && outcomes.get(next).isError()) {
                    filters.remove(request.counted[i]);
                }
                next++;
            }
        }
        pendingFilters -= request.reasons.length;
        if (pending.size() <= PENDING_MAX / 2 && pendingFilters <= PENDING_FILTERS_MAX / 2) {
            gate.release(ReadingGate.REQUESTS);
        }
        answer(request);
    }

    private Pending take(int packetId, boolean subscribe) {
        for (int i = 0; i < pending.size(); i++) {
            Pending request = pending.get(i);
            if (request.packetId == packetId && request.subscribe == subscribe) {
                return pending.remove(i);
            }
        }
        throw new IllegalArgumentException("no request in work has the Packet Identifier " + packetId);
    }

    // [MQTT-2.2.1-6] [MQTT-3.8.4-1] [MQTT-3.8.4-5] [MQTT-3.8.4-7] [MQTT-3.10.4-4..6] [MQTT311-3.10.4-4]
    private void answer(Pending request) {
        List<ReasonCode> reasons = new ArrayList<>(request.reasons.length);
        for (ReasonCode reason : request.reasons) {
            if (reason == ReasonCode.QUOTA_EXCEEDED) {
                effects.report(ConnectionEvent.SUBSCRIPTION_REFUSED, reason);
            }
            reasons.add(reason == null ? ReasonCode.UNSPECIFIED_ERROR : reason);
        }
        ControlPacket packet = request.subscribe
                ? new SubAck(request.packetId, Properties.EMPTY, reasons) // [MQTT-3.8.4-2] [MQTT-3.8.4-6]
                : new UnsubAck(request.packetId, Properties.EMPTY, terms.isV5() ? reasons : List.of());
        output.sendAnswer(packet, reasons.size()); // [MQTT-3.9.3-1] [MQTT-3.11.3-1]
    }
}
