package io.covey.observability;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What a node counts that may be added up over the nodes, for the topics below {@code $SYS}. Nodes tell each other the values in this order: it
 * is only ever appended to.
 */
enum Figure {
    CLIENTS_CONNECTED(List.of("clients/connected", "clients/active"), "", meters -> meters.sum(Metric.CONNECTIONS)),
    CLIENTS_TOTAL(List.of("clients/total"), "", meters -> meters.sum(Metric.SESSIONS)),
    CLIENTS_DISCONNECTED(
            List.of("clients/disconnected", "clients/inactive"),
            "",
            meters -> meters.sum(Metric.SESSIONS) - meters.sum(Metric.SESSIONS_CONNECTED)),
    SUBSCRIPTIONS(
            List.of("subscriptions/count"),
            "",
            meters -> meters.sum(Metric.SUBSCRIPTIONS) + meters.sum(Metric.SUBSCRIPTIONS_TRANSIENT)),
    RETAINED(List.of("retained messages/count"), "", meters -> meters.sum(Metric.RETAINED_MESSAGES)),
    STORED(
            List.of("store/messages/count", "messages/stored"),
            "",
            meters -> meters.sum(Metric.RETAINED_MESSAGES) + meters.sum(Metric.QUEUE_MESSAGES)),
    STORED_BYTES(
            List.of("store/messages/bytes"),
            "",
            meters -> meters.sum(Metric.RETAINED_BYTES) + meters.sum(Metric.QUEUE_BYTES)),
    PACKETS_RECEIVED(List.of("messages/received"), "messages/received", meters -> meters.sum(Metric.PACKETS_RECEIVED)),
    PACKETS_SENT(List.of("messages/sent"), "messages/sent", meters -> meters.sum(Metric.PACKETS_SENT)),
    PUBLISHES_RECEIVED(
            List.of("publish/messages/received"), "publish/received", meters -> meters.sum(Metric.MESSAGES_RECEIVED)),
    PUBLISHES_SENT(List.of("publish/messages/sent"), "publish/sent", meters -> meters.sum(Metric.MESSAGES_SENT)),
    PUBLISHES_DROPPED(
            List.of("publish/messages/dropped"), "publish/dropped", meters -> meters.sum(Metric.MESSAGES_DROPPED)),
    PAYLOAD_RECEIVED(List.of("publish/bytes/received"), "", meters -> meters.sum(Metric.PAYLOAD_RECEIVED_BYTES)),
    PAYLOAD_SENT(List.of("publish/bytes/sent"), "", meters -> meters.sum(Metric.PAYLOAD_SENT_BYTES)),
    BYTES_RECEIVED(List.of("bytes/received"), "bytes/received", meters -> meters.sum(Metric.WIRE_RECEIVED_BYTES)),
    BYTES_SENT(List.of("bytes/sent"), "bytes/sent", meters -> meters.sum(Metric.WIRE_SENT_BYTES)),
    CONNECTS(
            List.of(),
            "connections",
            meters -> meters.sum(Metric.CONNECTION_EVENTS, labels -> labels.contains("connected"))
                    + meters.sum(Metric.CONNECTION_EVENTS, labels -> labels.contains("connect_refused"))),
    SOCKETS(
            List.of(),
            "sockets",
            meters -> meters.sum(Metric.CONNECTION_EVENTS, labels -> labels.contains("connected"))
                    + meters.sum(Metric.CONNECTIONS_REFUSED)),
    EXPIRED(List.of("clients/expired"), "", meters -> meters.sum(Metric.SESSIONS_EXPIRED)),
    SHARED(List.of("shared_subscriptions/count"), "", meters -> meters.sum(Metric.SUBSCRIPTIONS_SHARED));

    private final String topics;
    private final String load;

    @SuppressWarnings("ImmutableEnumChecker") // a function without state
    private final ToDoubleFunction<Meters> value;

    Figure(List<String> topics, String load, ToDoubleFunction<Meters> value) {
        this.topics = String.join("|", topics);
        this.load = load;
        this.value = value;
    }

    /** The topics below {@code $SYS/broker/} and {@code $SYS/cluster/} that tell it, by Mosquitto's names. */
    List<String> topics() {
        return topics.isEmpty() ? List.of() : List.of(topics.split("\\|", -1));
    }

    /** The topic below {@code load/} that tells how often it happens, or the empty string. */
    String load() {
        return load;
    }

    /** What this node counts now. */
    long of(Meters meters) {
        return (long) value.applyAsDouble(meters);
    }
}
