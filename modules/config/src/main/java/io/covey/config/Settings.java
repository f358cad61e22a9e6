package io.covey.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Every key that Covey knows. */
final class Settings {
    private Settings() {}

    private static final long NO_LIMIT_SECONDS = 0xFFFFFFFFL;

    static final List<Setting> ALL = List.of(
            Setting.text("node.name", "", "name of this node in logs and metrics; empty: host name and port")
                    .knownAs("node.name", "", ""),
            Setting.number("node.event-loops", 0L, 0, 64, "", "event loops that serve clients; 0: half the processors"),
            Setting.choice(
                            "listeners.*.type",
                            "tcp",
                            List.of("tcp", "websocket"),
                            "transport of the listener of this name; websocket: path /mqtt, sub-protocols mqtt and mqttv3.1")
                    .knownAs("listeners.tcp, listeners.ws", "tcp-listener, websocket-listener", "protocol"),
            Setting.host("listeners.*.host", "127.0.0.1", "address to listen on; 0.0.0.0 for all")
                    .knownAs("listeners.tcp.*.bind", "tcp-listener/bind-address", "listener"),
            Setting.port("listeners.*.port", null, "port to listen on; 1883 for the listener named tcp")
                    .knownAs("listeners.tcp.*.bind", "tcp-listener/port", "listener"),
            Setting.host("management.host", "127.0.0.1", "address of the management and metrics interface")
                    .knownAs("dashboard.listeners.http.bind", "control-center/listeners/http/bind-address", ""),
            Setting.port("management.port", 8080L, "port of the management and metrics interface")
                    .knownAs("dashboard.listeners.http.bind", "control-center/listeners/http/port", ""),
            Setting.onOff("cluster.enabled", false, "whether this node is one of several")
                    .knownAs("", "cluster/enabled", ""),
            Setting.text("cluster.name", "covey", "nodes with the same name form a cluster")
                    .knownAs("cluster.name", "", ""),
            Setting.host("cluster.host", "127.0.0.1", "address that the other nodes reach this node at")
                    .knownAs("node.name", "cluster/transport/tcp/bind-address", ""),
            Setting.port("cluster.port", 5701L, "Hazelcast's port").knownAs("", "cluster/transport/tcp/bind-port", ""),
            Setting.port("cluster.event-bus-port", 5702L, "the event bus's port"),
            Setting.list(
                            "cluster.members",
                            "",
                            "host:port of every node, this one included; names are looked up each time")
                    .knownAs("cluster.static.seeds", "cluster/discovery/static/node", ""),
            Setting.list(
                            "cluster.dns",
                            "",
                            "names such as a headless service's, with :port where that is not cluster.port: every address of"
                                    + " them is a node; beside or instead of cluster.members")
                    .knownAs("cluster.dns.name", "cluster/discovery/dns/service", ""),
            Setting.number("cluster.backup-count", 1L, 0, 6, "", "copies of each session beside the owner's")
                    .knownAs("durable_storage.messages.replication_factor", "cluster/replication/replica-count", ""),
            Setting.number(
                    "cluster.minimum-members",
                    0L,
                    0,
                    100,
                    "",
                    "fewer nodes refuse service; 0: the majority of members; with cluster.dns more than half of the nodes"),
            Setting.number(
                    "cluster.recovery-members",
                    0L,
                    0,
                    100,
                    "",
                    "after all nodes were down: how many are enough to go on from their disks; 0: all"),
            Setting.number("cluster.partitions", 0L, 0, 4096, "", "0: the default; fixed for the cluster's life")
                    .knownAs("durable_storage.messages.n_shards", "", ""),
            Setting.number(
                    "cluster.lease",
                    5000L,
                    2000,
                    8000,
                    "milliseconds",
                    "a node that is cut off serves no longer; the same on every node"),
            Setting.number(
                    "batch.linger",
                    4_000L,
                    0,
                    100_000,
                    "microseconds",
                    "in a crowd of connections a change waits so long at most for others before a batch"),
            Setting.number(
                    "batch.turn-interval",
                    1_000L,
                    0,
                    10_000,
                    "microseconds",
                    "in a crowd of connections the turns of an event loop are so far apart; only in a cluster"),
            Setting.number(
                    "batch.lazy-linger",
                    30_000L,
                    0,
                    1_000_000,
                    "microseconds",
                    "how long an acknowledgement waits for a batch to ride with"),
            Setting.text("storage.directory", "./data", "where this node keeps its files")
                    .knownAs("node.data_dir", "", "persistence_location"),
            Setting.choice(
                            "storage.durability",
                            "os",
                            List.of("memory", "os", "fsync"),
                            "what an acknowledgement promises: replicas in memory, files of processes that may be"
                                    + " killed, or files on the device; see docs/guarantees.md")
                    .knownAs("durable_sessions.enable", "persistence/mode", "persistence"),
            Setting.number(
                    "storage.reserve",
                    64L << 20,
                    0,
                    1L << 40,
                    "bytes",
                    "with less free space messages of QoS 1 and 2 are refused; half as much again is held in a file of the"
                            + " node's own, for what must still be written then"),
            Setting.choice(
                    "storage.recovery",
                    "strict",
                    List.of("strict", "salvage"),
                    "salvage starts although files are corrupt, with what of them can be proved"),
            Setting.onOff(
                            "auth.allow-anonymous",
                            true,
                            "whether clients may connect without credentials; by default not where auth.password-file is set")
                    .knownAs("listeners.tcp.*.enable_authn", "", "allow_anonymous"),
            Setting.text(
                            "auth.password-file",
                            "",
                            "users and their bcrypt hashes, written by scripts/covey passwd; read again when it changes")
                    .knownAs("authentication (password_based:built_in_database)", "", "password_file"),
            Setting.number(
                    "auth.password-threads", 0L, 0, 64, "", "threads that compare passwords; 0: half the processors"),
            Setting.number(
                    "auth.password-waiting",
                    256L,
                    1,
                    1_000_000,
                    "",
                    "clients that may wait for them; more are told that the server is busy"),
            Setting.number("mqtt.receive-maximum", 1024L, 1, 65535, "", "unacknowledged publishes from one client")
                    .knownAs(
                            "mqtt.max_inflight",
                            "mqtt/receive-maximum/server-receive-maximum",
                            "max_inflight_messages"),
            Setting.number("mqtt.max-inflight", 128L, 1, 65535, "", "unacknowledged messages to a client before MQTT 5")
                    .knownAs("mqtt.max_inflight", "", "max_inflight_messages"),
            Setting.number("mqtt.max-packet-size", 1L << 20, 1024, 128L << 20, "bytes", "larger packets are refused")
                    .knownAs("mqtt.max_packet_size", "mqtt/packets/max-packet-size", "max_packet_size"),
            Setting.number(
                    "mqtt.max-connect-size",
                    1L << 17,
                    512,
                    128L << 20,
                    "bytes",
                    "larger CONNECT packets are refused; also what is held for a client that is not accepted yet"),
            Setting.number("mqtt.topic-alias-maximum", 64L, 0, 65535, "", "topic aliases a client may use")
                    .knownAs("mqtt.max_topic_alias", "mqtt/topic-alias/max-per-client", "max_topic_alias"),
            Setting.number(
                    "mqtt.topic-alias-length",
                    1L << 16,
                    1,
                    1L << 30,
                    "characters",
                    "of the topics of all aliases of a connection together, in each direction"),
            Setting.number(
                    "mqtt.topic-aliases-out",
                    0L,
                    0,
                    65535,
                    "",
                    "topic aliases used towards a client that takes them; they save bytes and cost processor time"),
            Setting.number("mqtt.keep-alive-max", 0L, 0, 65535, "seconds", "longest keep-alive; 0: no limit")
                    .knownAs("mqtt.server_keepalive", "mqtt/keep-alive/max-keep-alive", "max_keepalive"),
            Setting.number(
                            "mqtt.session.expiry.max",
                            NO_LIMIT_SECONDS,
                            0,
                            NO_LIMIT_SECONDS,
                            "seconds",
                            "longest session expiry")
                    .knownAs(
                            "mqtt.session_expiry_interval",
                            "mqtt/session-expiry/max-interval",
                            "persistent_client_expiration"),
            Setting.number(
                    "mqtt.session.expiry.default-when-absent",
                    0L,
                    0,
                    NO_LIMIT_SECONDS,
                    "seconds",
                    "granted to MQTT 5 clients that continue sessions but ask for no expiry"),
            Setting.number("mqtt.client-id-length", 1024L, 23, 65535, "bytes", "longest client id")
                    .knownAs("mqtt.max_clientid_len", "restrictions/max-client-id-length", ""),
            Setting.number("mqtt.topic-levels", 128L, 1, 32768, "", "most levels in a topic")
                    .knownAs("mqtt.max_topic_levels", "", ""),
            Setting.number("mqtt.topic-length", 65535L, 1, 65535, "bytes", "longest topic or topic filter")
                    .knownAs("", "restrictions/max-topic-length", ""),
            Setting.number("mqtt.user-properties", 256L, 0, 65535, "", "most user properties in a packet or a will"),
            Setting.number(
                            "mqtt.message-expiry.max",
                            NO_LIMIT_SECONDS,
                            1,
                            NO_LIMIT_SECONDS,
                            "seconds",
                            "longest message expiry, also of messages that ask for none")
                    .knownAs("", "mqtt/message-expiry/max-interval", ""),
            Setting.number(
                            "mqtt.connections",
                            0L,
                            0,
                            10_000_000,
                            "",
                            "connections of this node, over all listeners; 0: no limit")
                    .knownAs("listeners.tcp.*.max_connections", "restrictions/max-connections", "max_connections"),
            Setting.number(
                            "mqtt.connection-rate",
                            0L,
                            0,
                            1_000_000,
                            "per second",
                            "new connections of this node; those beyond are closed; 0: no limit")
                    .knownAs("listeners.tcp.*.max_conn_rate", "", ""),
            Setting.number(
                    "mqtt.half-open-connections",
                    10_000L,
                    1,
                    10_000_000,
                    "",
                    "connections of this node that have not sent CONNECT yet"),
            Setting.number(
                    "mqtt.output-bytes",
                    0L,
                    0,
                    1L << 50,
                    "bytes",
                    "what waits for clients of this node that do not read; beyond, those are closed that have waited longest; 0: a quarter of the heap"),
            Setting.number(
                            "mqtt.send-timeout",
                            60L,
                            1,
                            86_400,
                            "seconds",
                            "a client that takes none of the bytes that wait for it is closed after this time")
                    .knownAs("listeners.tcp.*.tcp_options.send_timeout", "", ""),
            Setting.number(
                    "mqtt.pending-publishes",
                    1024L,
                    1,
                    1_000_000,
                    "",
                    "publishes of one client in work; at so many it is not read"),
            Setting.number(
                    "mqtt.pending-publish-bytes",
                    4L << 20,
                    1024,
                    1L << 40,
                    "bytes",
                    "publishes of one client in work; at so much it is not read"),
            Setting.number(
                    "mqtt.waiting-bytes",
                    64L << 20,
                    1 << 20,
                    1L << 40,
                    "bytes",
                    "publishes, wills and filters that wait for partitions in one event loop; at so much publishers are not read"),
            Setting.number("mqtt.subscriptions-per-client", 0L, 0, 1_000_000, "", "0: no limit")
                    .knownAs("mqtt.max_subscriptions", "", ""),
            Setting.text(
                            "mqtt.response-information",
                            "",
                            "told to MQTT 5 clients that ask for Response Information, such as a topic prefix")
                    .knownAs("mqtt.response_information", "", ""),
            Setting.text(
                    "mqtt.server-reference",
                    "",
                    "where MQTT 5 clients are sent (0x9C, Use another server) when the node stops or drains, such as"
                            + " host:port of the load balancer; empty: 0x8B, Server shutting down"),
            Setting.onOff(
                    "mqtt.check-payload-format",
                    false,
                    "whether payloads that are announced as text are checked to be UTF-8"),
            Setting.number(
                    "mqtt.session.stuck-after",
                    10L,
                    1,
                    3_600,
                    "seconds",
                    "a session that is owed messages, has room and is sent none for so long counts as stuck and is asked for again"),
            Setting.number(
                            "mqtt.sys-topics.interval",
                            10L,
                            0,
                            86_400,
                            "seconds",
                            "how often the broker tells of itself below $SYS what has changed; 0: never")
                    .knownAs("sys_topics.sys_msg_interval", "", "sys_interval"),
            Setting.number("mqtt.connect-timeout", 10L, 1, 3600, "seconds", "until CONNECT has arrived")
                    .knownAs("mqtt.idle_timeout", "restrictions/no-connect-idle-timeout", ""),
            Setting.number("mqtt.queue.messages", 100_000L, 1, 100_000_000, "", "messages queued for one session")
                    .knownAs("mqtt.max_mqueue_len", "mqtt/queued-messages/max-queue-size", "max_queued_messages"),
            Setting.number("mqtt.queue.bytes", 64L << 20, 1024, 1L << 40, "bytes", "bytes queued for one session")
                    .knownAs("", "", "max_queued_bytes"),
            Setting.number(
                            "mqtt.queue.transient-messages",
                            10_000L,
                            0,
                            100_000_000,
                            "",
                            "messages queued for a session that ends with its connection")
                    .knownAs("mqtt.max_mqueue_len", "mqtt/queued-messages/max-queue-size", "max_queued_messages"),
            Setting.number(
                            "mqtt.queue.transient-bytes",
                            8L << 20,
                            0,
                            1L << 40,
                            "bytes",
                            "bytes queued for a session that ends with its connection")
                    .knownAs("", "", "max_queued_bytes"),
            Setting.choice(
                            "mqtt.queue.overflow",
                            "drop-newest",
                            List.of("drop-newest", "drop-oldest", "refuse"),
                            "what happens when a session's queue is full; refuse: the publish is refused with 0x97")
                    .knownAs("", "mqtt/queued-messages/strategy", ""),
            Setting.number(
                    "mqtt.sessions",
                    0L,
                    0,
                    1_000_000_000,
                    "",
                    "sessions in the cluster, of which each partition has its share; 0: no limit"),
            Setting.number(
                            "mqtt.retained.messages",
                            0L,
                            0,
                            1_000_000_000,
                            "",
                            "retained messages in the cluster, of which each partition has its share; 0: no limit")
                    .knownAs("retainer.backend.max_retained_messages", "", ""),
            Setting.number(
                    "mqtt.retained.bytes",
                    0L,
                    0,
                    1L << 50,
                    "bytes",
                    "retained messages in the cluster, of which each partition has its share; 0: no limit"),
            Setting.number("mqtt.bucket.bytes", 64L << 20, 1 << 20, 1L << 40, "bytes", "bytes in one partition"),
            Setting.number(
                            "mqtt.memory-limit",
                            0L,
                            0,
                            1L << 50,
                            "bytes",
                            "sessions, queues and retained messages on this node; 0: half of the heap")
                    .knownAs("", "", "memory_limit"));

    /** The setting that covers a concrete key, or null where there is none. */
    static @Nullable Setting find(String key) {
        for (Setting setting : ALL) {
            if (setting.covers(key)) {
                return setting;
            }
        }
        return null;
    }
}
