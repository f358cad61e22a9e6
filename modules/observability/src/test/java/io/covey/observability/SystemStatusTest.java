package io.covey.observability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.covey.broker.DropReason;
import io.covey.bucket.BucketFigures;
import io.covey.protocol.Message;
import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import io.covey.session.ConnectionEvent;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SystemStatusTest {
    private final BrokerMetrics metrics = new BrokerMetrics();
    private final SystemStatus status = new SystemStatus(metrics);

    private Map<String, String> told(List<long[]> members, long uptimeMillis) {
        Map<String, String> told = new TreeMap<>();
        for (Message message : status.messages(members, uptimeMillis, 1_000)) {
            String before = told.put(message.topic(), new String(message.payload(), StandardCharsets.UTF_8));
            assertThat(before).as("told twice: " + message.topic()).isNull();
            assertThat(message.retain()).isTrue();
        }
        return told;
    }

    @Test
    void theTopicsAreMosquittos() {
        // Those of Mosquitto 2.0.11, but for clients/expired and shared_subscriptions/count, which are not counted
        // here.
        Set<String> expected = new TreeSet<>();
        for (String name : List.of(
                "version",
                "uptime",
                "heap/current",
                "heap/maximum",
                "clients/connected",
                "clients/active",
                "clients/disconnected",
                "clients/inactive",
                "clients/total",
                "clients/maximum",
                "subscriptions/count",
                "retained messages/count",
                "store/messages/count",
                "store/messages/bytes",
                "messages/stored",
                "messages/received",
                "messages/sent",
                "bytes/received",
                "bytes/sent",
                "publish/messages/received",
                "publish/messages/sent",
                "publish/messages/dropped",
                "clients/expired",
                "shared_subscriptions/count",
                "publish/bytes/received",
                "publish/bytes/sent")) {
            expected.add("$SYS/broker/" + name);
        }
        for (String load : List.of(
                "messages/received",
                "messages/sent",
                "bytes/received",
                "bytes/sent",
                "publish/received",
                "publish/sent",
                "publish/dropped",
                "connections",
                "sockets")) {
            for (String minutes : List.of("1min", "5min", "15min")) {
                expected.add("$SYS/broker/load/" + load + "/" + minutes);
            }
        }

        Map<String, String> told = told(List.of(status.figures()), 61_500);

        assertThat(told.keySet().stream().filter(topic -> topic.startsWith("$SYS/broker/")))
                .containsExactlyInAnyOrderElementsOf(expected);
        assertThat(told)
                .containsEntry("$SYS/broker/uptime", "61 seconds")
                .containsEntry("$SYS/broker/version", "covey version " + BrokerMetrics.version());
    }

    @Test
    void valuesAreThoseOfTheMetricsAndOfAllMembersTogether() {
        metrics.buckets(
                () -> new BucketFigures(9, 4, 30, 100, 1_000, 5, 50, 0, 0, 0, 0, 0, 0, 0, 6, 0), () -> 0, () -> 0, 1);
        metrics.ofShard(0).subscriptions(2, 1);
        metrics.sessionsExpired(8);
        metrics.ofShard(1).publishReceived(QoS.AT_LEAST_ONCE, 12);
        metrics.ofShard(1).publishSent(QoS.AT_MOST_ONCE, 7);
        metrics.traffic(() -> 20, () -> 21, () -> 22, () -> 23);
        metrics.dropped(DropReason.QUEUE_FULL, 3);
        metrics.connection("tcp", "a", ConnectionEvent.CONNECTED, ReasonCode.SUCCESS);
        long[] own = status.figures();
        long[] other = own.clone();

        Map<String, String> told = told(List.of(own, other), 10_000);

        assertThat(told)
                .containsEntry("$SYS/broker/clients/connected", "1")
                .containsEntry("$SYS/broker/clients/total", "9")
                .containsEntry("$SYS/broker/clients/disconnected", "5")
                .containsEntry("$SYS/broker/clients/maximum", "1")
                .containsEntry("$SYS/broker/subscriptions/count", "32")
                .containsEntry("$SYS/broker/shared_subscriptions/count", "7")
                .containsEntry("$SYS/broker/clients/expired", "8")
                .containsEntry("$SYS/cluster/clients/expired", "16")
                .containsEntry("$SYS/broker/retained messages/count", "5")
                .containsEntry("$SYS/broker/store/messages/count", "105")
                .containsEntry("$SYS/broker/store/messages/bytes", "1050")
                .containsEntry("$SYS/broker/messages/received", "20")
                .containsEntry("$SYS/broker/bytes/sent", "23")
                .containsEntry("$SYS/broker/publish/messages/received", "1")
                .containsEntry("$SYS/broker/publish/bytes/received", "12")
                .containsEntry("$SYS/broker/publish/messages/sent", "1")
                .containsEntry("$SYS/broker/publish/messages/dropped", "3")
                .containsEntry("$SYS/cluster/nodes", "2")
                .containsEntry("$SYS/cluster/clients/total", "18")
                .containsEntry("$SYS/cluster/clients/maximum", "2")
                .containsEntry("$SYS/cluster/messages/received", "40");
    }

    @Test
    void anotherReleaseMayCountMoreOrLess() {
        long[] fewer = {5};
        long[] more = new long[Figure.values().length + 3];

        assertThat(told(List.of(status.figures(), fewer, more), 1_000))
                .containsEntry("$SYS/cluster/clients/connected", "5")
                .containsEntry("$SYS/cluster/nodes", "3");
    }

    @Test
    void loadIsPerMinuteAndFadesWithTime() {
        Load load = new Load(100);
        load.next(200, 60_000);
        assertThat(load.perMinute(0)).isCloseTo(100 * (1 - Math.exp(-1)), within(0.001));
        assertThat(load.perMinute(2)).isCloseTo(100 * (1 - Math.exp(-1 / 15.0)), within(0.001));
        for (int i = 0; i < 100; i++) {
            load.next(200 + i, 60_000);
        }
        assertThat(load.perMinute(0)).isCloseTo(1, within(0.001));

        load.next(0, 60_000);
        assertThat(load.perMinute(0)).as("a node has left").isPositive().isLessThan(1);
        load.next(5, 60_000);
        assertThat(load.perMinute(0)).as("and counting goes on from there").isPositive();
        load.next(6, 0);
        assertThat(load.perMinute(0)).isFinite();
    }
}
