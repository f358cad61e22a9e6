package io.covey.observability;

import io.covey.protocol.Message;
import io.covey.protocol.Properties;
import io.covey.protocol.QoS;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a node tells of itself below {@code $SYS/broker/}, by Mosquitto's names, and of its cluster below {@code $SYS/cluster/}. Asked by one
 * thread at a time.
 */
public final class SystemStatus {
    private static final long MILLIS_PER_SECOND = 1_000;

    private final BrokerMetrics metrics;
    private final Tree broker = new Tree("$SYS/broker/");
    private final Tree cluster = new Tree("$SYS/cluster/");

    /** One set of topics, and what is remembered for it from one time to the next. */
    private static final class Tree {
        private final String root;
        private final Map<Figure, Load> loads = new EnumMap<>(Figure.class);
        private long lastMillis;
        private long connectedMax;

        Tree(String root) {
            this.root = root;
        }
    }

    /** The values come from these metrics. */
    public SystemStatus(BrokerMetrics metrics) {
        this.metrics = metrics;
    }

    /** What this node counts, for the totals of the cluster. From any thread. */
    public long[] figures() {
        long[] values = new long[Figure.values().length];
        for (Figure figure : Figure.values()) {
            values[figure.ordinal()] = figure.of(metrics.meters());
        }
        return values;
    }

    /**
     * All topics.
     *
     * @param members what each member of the cluster counts, this node first
     * @param uptimeMillis how long this node runs, by a clock that only moves forward
     * @param clusterMillis the time that the messages carry
     */
    public List<Message> messages(List<long[]> members, long uptimeMillis, long clusterMillis) {
        List<Message> messages = new ArrayList<>();
        Tree own = broker;
        tell(own.root + "version", "covey version " + BrokerMetrics.version(), clusterMillis, messages);
        tell(own.root + "uptime", uptimeMillis / MILLIS_PER_SECOND + " seconds", clusterMillis, messages);
        Runtime runtime = Runtime.getRuntime();
        tell(own.root + "heap/current", runtime.totalMemory() - runtime.freeMemory(), clusterMillis, messages);
        tell(own.root + "heap/maximum", runtime.maxMemory(), clusterMillis, messages);
        tell(own, members.get(0), uptimeMillis, clusterMillis, messages);
        tell(cluster.root + "nodes", members.size(), clusterMillis, messages);
        tell(cluster, sum(members), uptimeMillis, clusterMillis, messages);
        return messages;
    }

    private static long[] sum(List<long[]> members) {
        long[] sum = new long[Figure.values().length];
        for (long[] values : members) {
            for (int i = 0; i < Math.min(sum.length, values.length); i++) {
                sum[i] += values[i];
            }
        }
        return sum;
    }

    private static void tell(Tree tree, long[] values, long uptimeMillis, long clusterMillis, List<Message> to) {
        long elapsedMillis = uptimeMillis - tree.lastMillis;
        tree.lastMillis = uptimeMillis;
        tree.connectedMax = Math.max(tree.connectedMax, values[Figure.CLIENTS_CONNECTED.ordinal()]);
        tell(tree.root + "clients/maximum", tree.connectedMax, clusterMillis, to);
        for (Figure figure : Figure.values()) {
            long value = values[figure.ordinal()];
            figure.topics().forEach(topic -> tell(tree.root + topic, value, clusterMillis, to));
            if (figure.load().isEmpty()) {
                continue;
            }
            Load load = tree.loads.computeIfAbsent(figure, first -> new Load(value));
            load.next(value, elapsedMillis);
            for (int i = 0; i < Load.averages(); i++) {
                String topic = tree.root + "load/" + figure.load() + "/" + Load.minutes(i) + "min";
                tell(topic, String.format(Locale.ROOT, "%.2f", load.perMinute(i)), clusterMillis, to);
            }
        }
    }

    private static void tell(String topic, long value, long clusterMillis, List<Message> to) {
        tell(topic, Long.toString(value), clusterMillis, to);
    }

    private static void tell(String topic, String value, long clusterMillis, List<Message> to) {
        byte[] payload = value.getBytes(StandardCharsets.UTF_8);
        to.add(new Message(topic, payload, QoS.AT_MOST_ONCE, true, Properties.EMPTY, clusterMillis, Message.NEVER));
    }
}
