package io.covey.server;

import io.covey.broker.NodeSettings;
import io.covey.bucket.BucketLimits;
import io.covey.bucket.QueueOverflow;
import io.covey.cluster.ClusterSettings;
import io.covey.config.Configuration;
import io.covey.config.ConfigurationException;
import io.covey.session.SessionSettings;
import io.covey.storage.Durability;
import io.covey.storage.StorageSettings;
import io.covey.wire.ConnectionGate;
import io.covey.wire.ListenerSettings;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The configuration as the parts of a node take it.
 *
 * @param shards how many event loops serve clients
 * @param turnIntervalMicros how far apart the turns of a loop are in a crowd of connections
 * @param partitions how many buckets there are
 * @param connections which connections the node takes
 * @param bucketMemoryBytes what the buckets on this node may take together
 * @param storage how buckets are written to disk, or null where they are in memory only
 * @param cluster how the node takes part in a cluster, or null where it is alone
 */
record ServerSettings(
        Configuration configuration,
        String nodeName,
        int shards,
        int turnIntervalMicros,
        int partitions,
        List<ListenerSettings> listeners,
        ConnectionGate.Limits connections,
        NodeSettings node,
        BucketLimits buckets,
        long bucketMemoryBytes,
        AuthSettings auth,
        @Nullable StorageSettings storage,
        @Nullable ClusterSettings cluster) {

    private static final int DEFAULT_PARTITIONS = 31;
    private static final int PORT_MAX = 65_535;
    private static final Pattern MEMBER =
            Pattern.compile("(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?])(?::(?<port>\\d{1,5}))?");

    static ServerSettings of(Configuration configuration) {
        refuseSharedPorts(configuration);
        List<ListenerSettings> listeners = listeners(configuration);
        refuseUnprotected(configuration, listeners);
        String name = configuration.text("node.name");
        int loops = configuration.integer("node.event-loops");
        int configured = configuration.integer("cluster.partitions");
        int partitions = configured > 0 ? configured : DEFAULT_PARTITIONS;
        BucketLimits buckets = buckets(configuration, partitions);
        return new ServerSettings(
                configuration,
                name.isEmpty() ? defaultName(configuration) : name,
                loops > 0 ? loops : Math.max(1, Runtime.getRuntime().availableProcessors() / 2),
                // A node that is alone has nobody whose waking up could be shared.
                configuration.isOn("cluster.enabled") ? configuration.integer("batch.turn-interval") : 0,
                partitions,
                listeners,
                connections(configuration),
                node(configuration),
                buckets,
                memoryLimit(configuration),
                AuthSettings.of(configuration),
                storage(configuration),
                configuration.isOn("cluster.enabled") ? cluster(configuration, partitions, buckets) : null);
    }

    private static @Nullable StorageSettings storage(Configuration configuration) {
        Durability durability =
                Durability.valueOf(configuration.text("storage.durability").toUpperCase(Locale.ROOT));
        if (durability == Durability.MEMORY) {
            return null;
        }
        if (configuration.text("storage.directory").isEmpty()) {
            // Would be whatever directory the process was started in.
            throw new ConfigurationException("storage.directory: '' (from " + configuration.source("storage.directory")
                    + ") is not allowed; it takes the path of a directory");
        }
        StorageSettings defaults = StorageSettings.of(durability);
        return new StorageSettings(
                durability, configuration.number("storage.reserve"), defaults.logBytesMin(), defaults.segmentBytes());
    }

    private static ClusterSettings cluster(Configuration configuration, int partitions, BucketLimits buckets) {
        List<String> members = members(configuration, "cluster.members");
        members.addAll(members(configuration, "cluster.dns"));
        if (members.isEmpty()) {
            throw new ConfigurationException("cluster.members: missing while cluster.enabled is true; it takes "
                    + "host:port of every node, this one included, separated by commas; or give cluster.dns");
        }
        int backups = configuration.integer("cluster.backup-count");
        try {
            return new ClusterSettings(
                    configuration.text("cluster.name"),
                    configuration.text("cluster.host"),
                    configuration.integer("cluster.port"),
                    configuration.integer("cluster.event-bus-port"),
                    members,
                    expectedMembers(configuration),
                    configuration.integer("cluster.minimum-members"),
                    partitions,
                    backups,
                    backups,
                    buckets,
                    ClusterSettings.Timing.DEFAULT.withLease(configuration.integer("cluster.lease")));
        } catch (IllegalArgumentException notAllowed) {
            throw new ConfigurationException("cluster: " + notAllowed.getMessage());
        }
    }

    /** The items of such a key, each once: one that came twice would count as two nodes. */
    private static List<String> members(Configuration configuration, String key) {
        List<String> members = new ArrayList<>();
        for (String member : configuration.list(key)) {
            Matcher parts = MEMBER.matcher(member);
            boolean isAddress = parts.matches() && (parts.group("port") == null || isPort(parts.group("port")));
            if (!isAddress || members.contains(member)) {
                throw new ConfigurationException(key + ": '" + member + "' (from " + configuration.source(key)
                        + ") is not allowed" + (isAddress ? " twice" : "")
                        + "; it takes host:port of each node, an IPv6 address as [address]:port");
            }
            members.add(member);
        }
        return members;
    }

    private static boolean isPort(String digits) {
        int port = Integer.parseInt(digits);
        return port > 0 && port <= PORT_MAX;
    }

    /**
     * Of how many nodes the cluster is made at least, before these have agreed on it. Names do not tell it, as what they stand for comes and goes: the
     * minimum must, and by it two parts of the cluster cannot form apart.
     */
    private static int expectedMembers(Configuration configuration) {
        int listed = configuration.list("cluster.members").size();
        int minimum = configuration.integer("cluster.minimum-members");
        if (configuration.list("cluster.dns").isEmpty()) {
            return Math.max(1, listed);
        }
        if (minimum == 0 && listed == 0) {
            throw new ConfigurationException("cluster.minimum-members: missing while cluster.dns is set; it takes more"
                    + " than half of the number of nodes, such as 2 for three of them");
        }
        return Math.max(listed, minimum);
    }

    private static String defaultName(Configuration configuration) {
        return configuration.text("cluster.host") + ":" + configuration.text("cluster.port");
    }

    private static List<ListenerSettings> listeners(Configuration configuration) {
        ListenerSettings.Limits limits = ListenerSettings.Limits.DEFAULT.withPackets(
                configuration.integer("mqtt.max-packet-size"),
                configuration.integer("mqtt.max-connect-size"),
                configuration.integer("mqtt.user-properties"));
        List<ListenerSettings> listeners = new ArrayList<>();
        for (Configuration.Listener listener : configuration.listeners()) {
            ListenerSettings settings = listener.type().equals("websocket")
                    ? ListenerSettings.webSocket(listener.name(), listener.host(), listener.port())
                    : ListenerSettings.tcp(listener.name(), listener.host(), listener.port());
            listeners.add(settings.with(limits));
        }
        return List.copyOf(listeners);
    }

    /** A port that the configuration gives away, and to which key. */
    private record Taken(String key, String host, int port) {
        boolean collidesWith(Taken other) {
            boolean sameAddress = host.equals(other.host) || isAnyAddress(host) || isAnyAddress(other.host);
            return port != 0 && port == other.port && sameAddress;
        }

        private static boolean isAnyAddress(String host) {
            return host.equals("0.0.0.0") || host.equals("::") || host.equals("[::]");
        }
    }

    private static void refuseSharedPorts(Configuration configuration) {
        List<Taken> ports = new ArrayList<>();
        for (Configuration.Listener listener : configuration.listeners()) {
            ports.add(new Taken("listeners." + listener.name() + ".port", listener.host(), listener.port()));
        }
        ports.add(new Taken(
                "management.port", configuration.text("management.host"), configuration.integer("management.port")));
        if (configuration.isOn("cluster.enabled")) {
            String host = configuration.text("cluster.host");
            ports.add(new Taken("cluster.port", host, configuration.integer("cluster.port")));
            ports.add(new Taken("cluster.event-bus-port", host, configuration.integer("cluster.event-bus-port")));
        }
        for (int i = 0; i < ports.size(); i++) {
            for (Taken earlier : ports.subList(0, i)) {
                Taken later = ports.get(i);
                if (later.collidesWith(earlier)) {
                    throw new ConfigurationException(later.key() + ": '" + later.port() + "' (from "
                            + configuration.source(later.key()) + ") is not allowed; " + earlier.key()
                            + " has that port already, it takes another one");
                }
            }
        }
    }

    /** Clients from other machines are served only when the operator has said who may connect. */
    private static void refuseUnprotected(Configuration configuration, List<ListenerSettings> listeners) {
        boolean anonymousByDefault = configuration.isOn("auth.allow-anonymous")
                && String.valueOf(configuration.source("auth.allow-anonymous")).startsWith("default");
        for (ListenerSettings listener : listeners) {
            if (anonymousByDefault && !isLoopback(listener)) {
                throw new ConfigurationException("listeners." + listener.name() + ".host: '" + listener.host()
                        + "' is reachable from other machines, and nobody is asked for credentials; set "
                        + "auth.password-file, or auth.allow-anonymous=true to serve anonymous clients there, "
                        + "or listen on 127.0.0.1");
            }
        }
    }

    private static boolean isLoopback(ListenerSettings listener) {
        try {
            return InetAddress.getByName(listener.host()).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw new ConfigurationException("listeners." + listener.name() + ".host: '" + listener.host()
                    + "' cannot be resolved; it takes an address of this machine, or a name of one");
        }
    }

    private static NodeSettings node(Configuration configuration) {
        SessionSettings session = new SessionSettings(
                configuration.integer("mqtt.receive-maximum"),
                configuration.integer("mqtt.max-inflight"),
                configuration.integer("mqtt.max-packet-size"),
                configuration.integer("mqtt.topic-alias-maximum"),
                configuration.integer("mqtt.topic-alias-length"),
                configuration.integer("mqtt.topic-aliases-out"),
                configuration.integer("mqtt.keep-alive-max"),
                configuration.number("mqtt.session.expiry.max"),
                configuration.number("mqtt.session.expiry.default-when-absent"),
                configuration.integer("mqtt.client-id-length"),
                configuration.integer("mqtt.topic-levels"),
                configuration.integer("mqtt.topic-length"),
                configuration.number("mqtt.message-expiry.max"),
                configuration.integer("mqtt.subscriptions-per-client"),
                configuration.integer("mqtt.connect-timeout"),
                configuration.integer("mqtt.queue.transient-messages"),
                configuration.number("mqtt.queue.transient-bytes"),
                overflow(configuration.text("mqtt.queue.overflow")),
                configuration.integer("mqtt.pending-publishes"),
                configuration.number("mqtt.pending-publish-bytes"),
                configuration.text("mqtt.response-information"),
                configuration.isOn("mqtt.check-payload-format"),
                configuration.text("mqtt.server-reference"));
        if (!configuration.isOn("cluster.enabled")) {
            return timed(NodeSettings.SINGLE.with(session), configuration);
        }
        int members = expectedMembers(configuration);
        int minimum = configuration.integer("cluster.minimum-members");
        NodeSettings clustered = NodeSettings.clustered(members, minimum > 0 ? minimum : members / 2 + 1)
                .with(session);
        return timed(clustered, configuration);
    }

    private static NodeSettings timed(NodeSettings node, Configuration configuration) {
        // Alone, a batch costs no message to anybody: there is nothing to share by waiting.
        int lingerMicros = node.membership().single() ? 0 : configuration.integer("batch.linger");
        return node.withLingering(lingerMicros, configuration.integer("batch.lazy-linger"))
                .withWaitingBytesMax(configuration.number("mqtt.waiting-bytes"))
                .withLease(configuration.integer("cluster.lease"))
                .withStuckAfter(configuration.integer("mqtt.session.stuck-after") * 1_000);
    }

    private static ConnectionGate.Limits connections(Configuration configuration) {
        return new ConnectionGate.Limits(
                orUnlimited(configuration.integer("mqtt.connections")),
                orUnlimited(configuration.integer("mqtt.connection-rate")),
                configuration.integer("mqtt.half-open-connections"),
                outputLimit(configuration),
                configuration.integer("mqtt.send-timeout"));
    }

    /** Output is in direct memory, of which the virtual machine has as much as heap unless it is told otherwise. */
    private static long outputLimit(Configuration configuration) {
        long configured = configuration.number("mqtt.output-bytes");
        return configured > 0 ? configured : Runtime.getRuntime().maxMemory() / 4;
    }

    private static int orUnlimited(int limit) {
        return limit == 0 ? Integer.MAX_VALUE : limit;
    }

    private static long memoryLimit(Configuration configuration) {
        long configured = configuration.number("mqtt.memory-limit");
        return configured > 0 ? configured : Runtime.getRuntime().maxMemory() / 2;
    }

    private static BucketLimits buckets(Configuration configuration, int partitions) {
        return new BucketLimits(
                configuration.integer("mqtt.queue.messages"),
                configuration.number("mqtt.queue.bytes"),
                overflow(configuration.text("mqtt.queue.overflow")),
                configuration.number("mqtt.bucket.bytes"),
                (int) share(configuration.number("mqtt.sessions"), partitions, Integer.MAX_VALUE),
                (int) share(configuration.number("mqtt.retained.messages"), partitions, Integer.MAX_VALUE),
                share(configuration.number("mqtt.retained.bytes"), partitions, Long.MAX_VALUE),
                BucketLimits.DEFAULT.handedAheadMin(),
                BucketLimits.DEFAULT.clockSkewMillisMax());
    }

    private static QueueOverflow overflow(String name) {
        return QueueOverflow.valueOf(name.replace('-', '_').toUpperCase(Locale.ROOT));
    }

    /** What one partition may have of the cluster's limit, rounded up; 0 stands for no limit. */
    private static long share(long limit, int partitions, long unlimited) {
        return limit == 0 ? unlimited : (limit + partitions - 1) / partitions;
    }
}
