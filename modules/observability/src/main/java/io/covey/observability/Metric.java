package io.covey.observability;

import java.util.List;

/**
 * Every metric of a node: the one place of their names. docs/metrics.md is written from it, the rules and dashboards in deploy/ may use nothing
 * else, and a test compares it with what a node shows. Labels come from closed sets: never a client id or a topic.
 */
enum Metric {
    CONNECTIONS(
            Kind.GAUGE,
            "mqtt_connections",
            "clients connected to this node",
            "Uneven over the nodes: look at the balancer in front."),
    CONNECTIONS_HALF_OPEN(
            Kind.GAUGE,
            "mqtt_connections_half_open",
            "connections that have not sent CONNECT",
            "Near `mqtt.half-open-connections`: somebody opens connections and says nothing; look for their addresses."),
    CONNECTION_EVENTS(
            Kind.COUNTER,
            "mqtt_connection_events_total",
            "what happened to connections: connected, disconnected, violation, subscription_refused, and the like, with the MQTT reason",
            "Many `violation`: a client library is faulty. Many `session_without_expiry`: clients that believe they have a durable session.",
            "listener",
            "event",
            "reason"),
    CONNECTIONS_REFUSED(
            Kind.COUNTER,
            "mqtt_connections_refused_total",
            "connections that were closed as they were accepted, and refused CONNECTs",
            "The reason names the limit or the MQTT reason code; docs/limits.md has the keys.",
            "listener",
            "reason"),
    SLOW_READERS_CLOSED(
            Kind.COUNTER,
            "mqtt_slow_readers_closed_total",
            "clients that were closed because they do not read",
            "`timeout`: dead or overloaded clients. `memory`: all of them together held too much; see `mqtt.output-bytes`.",
            "listener",
            "reason"),
    OUTPUT_BYTES(
            Kind.GAUGE,
            "mqtt_output_bytes",
            "bytes that wait for clients that did not take them at once",
            "Grows while clients read more slowly than messages come."),
    TAKEOVER_SECONDS(
            Kind.HISTOGRAM,
            "mqtt_takeover_seconds",
            "how long a connection waited until the earlier one of its client id was gone",
            "Seconds: the node of the earlier connection is silent or very busy."),
    PACKETS_RECEIVED(Kind.COUNTER, "mqtt_packets_received_total", "control packets of all types received", ""),
    PACKETS_SENT(Kind.COUNTER, "mqtt_packets_sent_total", "control packets of all types sent", ""),
    WIRE_RECEIVED_BYTES(
            Kind.COUNTER, "mqtt_wire_received_bytes_total", "bytes of MQTT received, below any TLS or WebSocket", ""),
    WIRE_SENT_BYTES(Kind.COUNTER, "mqtt_wire_sent_bytes_total", "bytes of MQTT sent, below any TLS or WebSocket", ""),

    MESSAGES_RECEIVED(Kind.COUNTER, "mqtt_messages_received_total", "PUBLISH packets accepted from clients", "", "qos"),
    MESSAGES_SENT(
            Kind.COUNTER,
            "mqtt_messages_sent_total",
            "PUBLISH packets sent to clients, repetitions included; the broker's own below $SYS do not count",
            "",
            "qos"),
    PAYLOAD_RECEIVED_BYTES(
            Kind.COUNTER, "mqtt_payload_received_bytes_total", "payload accepted from clients", "", "qos"),
    PAYLOAD_SENT_BYTES(Kind.COUNTER, "mqtt_payload_sent_bytes_total", "payload sent to clients", "", "qos"),
    MESSAGES_DROPPED(
            Kind.COUNTER,
            "mqtt_messages_dropped_total",
            "messages that did not reach someone who was to have them, where nobody could be told",
            "The reason names the limit (docs/limits.md). `queue_full` and `expired` are lost for sessions that are away too long;"
                    + " `slow_reader` and `channel_full` are QoS 0 only.",
            "reason"),
    PUBLISHES_REFUSED(
            Kind.COUNTER,
            "mqtt_publishes_refused_total",
            "publishes that were not accepted; the publisher was told, or was left without an answer where MQTT 3.1.1 has none",
            "`storage_full`: make room on the disk. `bucket_full`, `node_full`: consumers are away or too slow.",
            "reason"),
    PUBLISH_ACKNOWLEDGE_SECONDS(
            Kind.HISTOGRAM,
            "mqtt_publish_acknowledge_seconds",
            "from the arrival of a PUBLISH of QoS 1 or 2 to its PUBACK or PUBREC",
            "Compare with `covey_batch_seconds` (buckets and backups), `covey_event_loop_lag_seconds` and `covey_storage_sync_seconds`."),
    PUBLISH_DELIVERY_SECONDS(
            Kind.HISTOGRAM,
            "mqtt_publish_delivery_seconds",
            "from the arrival of a message to its sending to a client that was connected by then; whole milliseconds of the clocks of the"
                    + " two nodes, retained and repeated messages left out",
            "High while acknowledgements are fast: the receivers' windows are full, or clocks differ."),

    SESSIONS(
            Kind.GAUGE,
            "mqtt_sessions",
            "sessions of the partitions that this node owns, transient ones included; the sum over the nodes counts each once",
            ""),
    SESSIONS_CONNECTED(
            Kind.GAUGE,
            "mqtt_sessions_connected",
            "those of mqtt_sessions that have a connection, at whichever node",
            "Falls while mqtt_sessions stays: clients are away, and their queues grow."),
    SESSIONS_EXPIRED(
            Kind.COUNTER,
            "mqtt_sessions_expired_total",
            "sessions of owned partitions that have ended because their client did not come back within the Session Expiry Interval",
            "What was queued for them is gone with them; clients ask for the interval, `mqtt.session.expiry.max` bounds it."),
    SUBSCRIPTIONS(
            Kind.GAUGE,
            "mqtt_subscriptions",
            "subscriptions of the durable sessions of the partitions that this node owns, without Shared Subscriptions",
            ""),
    SUBSCRIPTIONS_SHARED(
            Kind.GAUGE,
            "mqtt_subscriptions_shared",
            "Shared Subscriptions of the durable sessions of owned partitions, and of this node's clients whose session ends with the connection",
            ""),
    SUBSCRIPTIONS_TRANSIENT(
            Kind.GAUGE,
            "mqtt_subscriptions_transient",
            "subscriptions of clients connected to this node whose session ends with the connection, without Shared Subscriptions",
            ""),
    ROUTES(
            Kind.GAUGE,
            "covey_routes",
            "different topic filters in this node's route table",
            "Differs between nodes for longer than seconds: routes do not get through."),
    QUEUE_MESSAGES(
            Kind.GAUGE,
            "mqtt_queue_messages",
            "messages queued for the sessions of owned partitions, unacknowledged ones included",
            "Steady growth: consumers are away or too slow; /api/v1/sessions/{client-id} tells why nothing is sent."),
    QUEUE_BYTES(
            Kind.GAUGE, "mqtt_queue_bytes", "bytes of mqtt_queue_messages; each queue counts the whole message", ""),
    QUEUE_OLDEST_AGE_SECONDS(
            Kind.GAUGE,
            "mqtt_queue_oldest_age_seconds",
            "age of the oldest message in the queue of a session of an owned partition; looked at every few seconds",
            "How long the slowest consumer, or one that is away, has been behind."),
    RETAINED_MESSAGES(Kind.GAUGE, "mqtt_retained_messages", "retained messages of owned partitions", ""),
    RETAINED_BYTES(Kind.GAUGE, "mqtt_retained_bytes", "bytes of mqtt_retained_messages", ""),
    ORIGINS_FORGOTTEN(
            Kind.GAUGE,
            "mqtt_qos2_publishers_forgotten",
            "how often a partition that this node owns forgot, for want of room, what a publisher had sent at QoS 2 and not yet released",
            "Grows: more publishers than there is room for leave QoS 2 unfinished, and what they send again may come twice; docs/limits.md."),
    STUCK_SESSIONS(
            Kind.GAUGE,
            "mqtt_stuck_sessions",
            "sessions connected here that are owed messages, have room for them, and have been sent nothing for `mqtt.session.stuck-after`",
            "Not 0 for minutes: a defect. /api/v1/sessions/{client-id} has what is known; the client may reconnect."),
    SESSIONS_KICKED(
            Kind.COUNTER,
            "mqtt_sessions_kicked_total",
            "how often a session was found stuck and its queue was asked for again",
            "Single ones after the loss of a node are no harm. Steady ones: hints are lost; see covey_link_messages_dropped_total."),
    WILLS_PENDING(
            Kind.GAUGE,
            "covey_wills_pending",
            "wills and messages for shared groups that are due and not confirmed everywhere",
            "Stays above 0: a partition does not answer."),

    READY(
            Kind.GAUGE,
            "covey_ready",
            "1 while this node serves clients, as /health/ready says",
            "0: covey_condition and /health/ready name what is missing."),
    CONDITION(
            Kind.GAUGE,
            "covey_condition",
            "1 where this condition of readiness is met",
            "/health/ready tells each in words.",
            "condition"),
    LEASE_HELD(
            Kind.GAUGE,
            "covey_lease_held",
            "1 while a majority of the members lets this node serve clients",
            "0: the node is cut off, or there is no quorum."),
    CLUSTER_MEMBERS(
            Kind.GAUGE,
            "covey_cluster_members",
            "members that this node sees, itself included",
            "Nodes that disagree: the cluster is split."),
    CLUSTER_MEMBERS_NEEDED(
            Kind.GAUGE,
            "covey_cluster_members_needed",
            "the fewest members that may serve clients: a majority of the nodes of which the cluster is made, as its nodes have agreed, and at least"
                    + " `cluster.minimum-members`",
            "More than covey_cluster_members: no quorum, clients are refused."),
    PARTITIONS(Kind.GAUGE, "covey_partitions", "partitions of the cluster", ""),
    PARTITIONS_OWNED(
            Kind.GAUGE,
            "covey_partitions_owned",
            "partitions that this node owns",
            "The sum over the nodes is covey_partitions; less: partitions have no owner."),
    PARTITIONS_UNDER_REPLICATED(
            Kind.GAUGE,
            "covey_partitions_under_replicated",
            "owned partitions that are not known to have `cluster.backup-count` backups, each with what the owner has; asked anew within seconds after"
                    + " their replicas have moved",
            "Above 0 for long: too few members, or copies do not arrive; publishes to these partitions may not be acknowledged."),
    RESTARTS(
            Kind.COUNTER,
            "covey_node_restarts_total",
            "how often this process gave up its membership and joined anew, with all its connections closed",
            "After a cut or a freeze: once. Otherwise the log says why."),
    BATCH_SECONDS(
            Kind.HISTOGRAM,
            "covey_batch_seconds",
            "from sending a batch of changes to its confirmation by the owner and all backups",
            "The network between the nodes, the partition threads or the disk are slow."),
    BATCH_COMMANDS(
            Kind.HISTOGRAM,
            "covey_batch_commands",
            "changes in a confirmed batch",
            "Always near 64: partitions have much to do, more of them may help."),
    BATCH_REPEATS(
            Kind.COUNTER,
            "covey_batch_repeats_total",
            "batches sent again because they were refused or not confirmed",
            "Some while members come and go. Steady ones: the log says why, at DEBUG."),
    HINTS_LOST(
            Kind.COUNTER,
            "covey_hints_lost_total",
            "how often a connection missed what its queue had handed out, and asked for it; counted again where it asked again",
            "Costs latency, never a message. Many: as with covey_hints_reconciled_total."),
    HINTS_RECONCILED(
            Kind.COUNTER,
            "covey_hints_reconciled_total",
            "messages fetched from their queue because the hint with them was lost or late",
            "Costs latency, never a message. Many: the network between the nodes drops, or nodes are overloaded."),
    LINK_DROPPED(
            Kind.COUNTER,
            "covey_link_messages_dropped_total",
            "messages between nodes that were dropped; they come again or are fetched",
            "The event bus does not keep up; a node is slow or gone."),
    BUCKETS_BYTES(
            Kind.GAUGE,
            "covey_buckets_bytes",
            "memory of all replicas on this node, estimated",
            "Near covey_buckets_limit_bytes: publishes will be refused; more nodes, or a larger heap."),
    BUCKETS_LIMIT_BYTES(
            Kind.GAUGE,
            "covey_buckets_limit_bytes",
            "memory of replicas from which publishes are refused (`mqtt.memory-limit`)",
            ""),
    EVENT_LOOP_LAG_SECONDS(
            Kind.HISTOGRAM,
            "covey_event_loop_lag_seconds",
            "how much later than asked a timer of an event loop ran; tried four times a second",
            "Above 0.1: too few processors, long collections of garbage, or a frozen process.",
            "loop"),

    STORAGE_LOG_BYTES(
            Kind.GAUGE,
            "covey_storage_log_bytes",
            "bytes of the log on disk",
            "At a constant backlog at most three times the live data."),
    STORAGE_SNAPSHOT_BYTES(
            Kind.GAUGE, "covey_storage_snapshot_bytes", "bytes of the newest snapshot of each bucket", ""),
    STORAGE_SNAPSHOT_AGE_SECONDS(
            Kind.GAUGE,
            "covey_storage_snapshot_age_seconds",
            "age of the oldest snapshot in use",
            "Old ones are no harm: little changed."),
    STORAGE_USABLE_BYTES(
            Kind.GAUGE,
            "covey_storage_usable_bytes",
            "free space on the disk of storage.directory",
            "At `storage.reserve` publishes are refused. Make room; the node goes on by itself."),
    STORAGE_RESERVE_BYTES(
            Kind.GAUGE,
            "covey_storage_reserve_bytes",
            "space that is held for the log, for when there is no other",
            "0 on a full disk: the reserve has given way; make room."),
    STORAGE_FULL(
            Kind.GAUGE,
            "covey_storage_full",
            "1 while messages are refused for want of space on the disk",
            "Make room; the node goes on by itself."),
    STORAGE_WRITTEN_BYTES(Kind.COUNTER, "covey_storage_written_bytes_total", "bytes written to the log", ""),
    STORAGE_WRITE_SECONDS(
            Kind.HISTOGRAM,
            "covey_storage_write_seconds",
            "one write to the log, into the system's cache",
            "Milliseconds: the system writes back under pressure; the disk is too slow."),
    STORAGE_SYNC_SECONDS(
            Kind.HISTOGRAM,
            "covey_storage_sync_seconds",
            "one sync of the log to the device",
            "With `storage.durability=fsync` every acknowledgement waits for it."),
    STORAGE_SNAPSHOT_SECONDS(Kind.HISTOGRAM, "covey_storage_snapshot_seconds", "writing and syncing one bucket", ""),
    STORAGE_FAILURES(
            Kind.COUNTER,
            "covey_storage_failures_total",
            "failed writes, syncs and snapshots; each is tried again",
            "The log says why; look at the disk.",
            "operation"),
    RECOVERY_PARTITIONS(
            Kind.GAUGE,
            "covey_recovery_partitions",
            "what the start has found on this node's disk: sound, damaged, absent",
            "`damaged`: the log names the file; another node's copy is used.",
            "state"),
    RECOVERY_WAITING(
            Kind.GAUGE,
            "covey_recovery_waiting",
            "1 while the buckets are not all there",
            "/health/ready says whose disk is waited for."),
    RECOVERY_LOST_PARTITIONS(
            Kind.GAUGE,
            "covey_recovery_lost_partitions",
            "partitions without a bucket, since all nodes that held them were down, as far as this node knows",
            "The log says how many nodes are waited for: start those that are down. Take the largest value over the nodes."),
    MANAGEMENT_CONNECTIONS_CLOSED(
            Kind.COUNTER,
            "covey_management_connections_closed_total",
            "connections to the management port that were closed because newer ones came: there are 256 at most",
            "Somebody opens connections and keeps them; look for their addresses.",
            "reason"),
    BUILD_INFO(Kind.GAUGE, "covey_build_info", "1; the labels tell what runs", "", "version", "java"),

    JVM_MEMORY_USED(
            Kind.JVM,
            "jvm_memory_used_bytes",
            "used memory by area",
            "Heap after collections near jvm_memory_max_bytes: a larger heap."),
    JVM_MEMORY_COMMITTED(Kind.JVM, "jvm_memory_committed_bytes", "memory that is committed", ""),
    JVM_MEMORY_MAX(Kind.JVM, "jvm_memory_max_bytes", "the most that an area may have; -1: not limited", ""),
    JVM_BUFFER_MEMORY(Kind.JVM, "jvm_buffer_memory_used_bytes", "buffers outside the heap", ""),
    JVM_GC_PAUSE(
            Kind.JVM,
            "jvm_gc_pause_seconds",
            "pauses by collector and cause",
            "Above a second: the node may lose its lease."),
    JVM_GC_ALLOCATED(Kind.JVM, "jvm_gc_memory_allocated_bytes_total", "allocation", ""),
    JVM_GC_LIVE(Kind.JVM, "jvm_gc_live_data_size_bytes", "what was alive after the last full look", ""),
    JVM_THREADS(Kind.JVM, "jvm_threads_live_threads", "threads", ""),
    JVM_CLASSES(Kind.JVM, "jvm_classes_loaded_classes", "loaded classes", ""),
    PROCESS_CPU(Kind.JVM, "process_cpu_usage", "share of all processors that the process uses, 0 to 1", ""),
    SYSTEM_CPU(Kind.JVM, "system_cpu_usage", "share of all processors that is used, 0 to 1", ""),
    SYSTEM_CPUS(Kind.JVM, "system_cpus", "processors", ""),
    PROCESS_FILES_OPEN(Kind.JVM, "process_files_open_files", "open file descriptors, sockets included", ""),
    PROCESS_FILES_MAX(
            Kind.JVM,
            "process_files_max_files",
            "the most that there may be",
            "Below the connections you want: raise `ulimit -n`."),
    PROCESS_UPTIME(
            Kind.JVM, "process_uptime_seconds", "since the process started", "Falls: the node was started again.");

    /** What kind of metric it is. */
    enum Kind {
        COUNTER,
        GAUGE,
        HISTOGRAM,
        /** Of the virtual machine or the process: measured by Micrometer's binders, which know its type and labels. */
        JVM
    }

    private final Kind kind;
    private final String id;
    private final String meaning;
    private final String advice;
    private final String labels;

    Metric(Kind kind, String id, String meaning, String advice, String... labels) {
        this.kind = kind;
        this.id = id;
        this.meaning = meaning;
        this.advice = advice;
        this.labels = String.join(",", labels);
    }

    Kind kind() {
        return kind;
    }

    /** The name as Prometheus shows it, for histograms without {@code _bucket}. */
    String id() {
        return id;
    }

    String meaning() {
        return meaning;
    }

    /** What to do about it, or the empty string where it only informs. */
    String advice() {
        return advice;
    }

    List<String> labels() {
        return labels.isEmpty() ? List.of() : List.of(labels.split(",", -1));
    }

    /** What it counts, by the last part of its name. */
    String unit() {
        String base = id.endsWith("_total") ? id.substring(0, id.length() - "_total".length()) : id;
        if (base.endsWith("_seconds")) {
            return "seconds";
        }
        return base.endsWith("_bytes") ? "bytes" : "";
    }
}
