package io.covey.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Messages for sessions that are away. A cycle: the sessions connect, subscribe and leave; publishers publish to them (store); the sessions
 * come back and receive (drain). The first cycles warm the broker up, the last is measured.
 */
final class OfflineRun {

    /**
     * @param perConnectSecond how fast the sessions come back, 0 for as fast as handshakes go
     * @param storeOnly the sessions do not come back: they and their messages stay in the broker
     */
    record Shape(
            int sessions,
            int messagesEach,
            int publishers,
            int window,
            int warmupCycles,
            int perConnectSecond,
            boolean storeOnly) {}

    /** Sessions are made by connections that are open together, so many at a time. */
    private static final int VISITS_AT_ONCE = 5_000;

    private final TargetOptions target;
    private final PairOptions options;
    private final Shape shape;
    private final int quietSeconds;

    OfflineRun(TargetOptions target, PairOptions options, Shape shape, int quietSeconds) {
        this.target = target;
        this.options = options;
        this.shape = shape;
        this.quietSeconds = quietSeconds;
    }

    /** @return one report for the store and the drain of the last cycle */
    Report run() throws InterruptedException {
        int atOnce = shape.storeOnly ? Math.min(shape.sessions, VISITS_AT_ONCE) : shape.sessions;
        HostLimits.requireDescriptors(atOnce + shape.publishers);
        for (int i = 0; i < shape.warmupCycles; i++) {
            Report warmup = new Cycle().run();
            if (!warmup.isGood()) {
                return warmup;
            }
        }
        return new Cycle().run();
    }

    /** One pass, with client identifiers and topics of its own. */
    private final class Cycle {

        private final String runId = UUID.randomUUID().toString().substring(0, 8);
        private final List<ClientSpec> specs = new ArrayList<>();
        private final List<Subscriber> subscribers = new ArrayList<>();
        private final List<Publisher> publishers = new ArrayList<>();

        /** To the last message, at QoS 2 to the last PUBCOMP. */
        private double drainSeconds;

        Report run() throws InterruptedException {
            try (Fleet fleet = new Fleet(target)) {
                createSessions(fleet);
                Measurement store = store(fleet);
                if (shape.storeOnly) {
                    return stored(fleet, store);
                }
                Measurement drain = drain(fleet);
                fleet.settle();
                Report report = report(fleet, store, drain);
                visit(fleet, specs.stream().map(ClientSpec::eraser).toList());
                return report;
            }
        }

        private void createSessions(Fleet fleet) throws InterruptedException {
            for (int i = 0; i < shape.sessions; i++) {
                specs.add(new ClientSpec(
                        "bench-" + runId + "-s" + i, false, true, topic(i), options.qos, target.version));
            }
            visit(fleet, specs);
        }

        private void visit(Fleet fleet, List<ClientSpec> clients) throws InterruptedException {
            for (int i = 0; i < clients.size(); i += VISITS_AT_ONCE) {
                visitAtOnce(fleet, clients.subList(i, Math.min(clients.size(), i + VISITS_AT_ONCE)));
            }
        }

        private void visitAtOnce(Fleet fleet, List<ClientSpec> clients) throws InterruptedException {
            List<Connection> connections = new ArrayList<>();
            for (int i = 0; i < clients.size(); i++) {
                connections.add(new Connection(fleet.loop(i), target.node(i), null, clients.get(i), new Visitor()));
            }
            fleet.connect(connections, target.connectRate, target.connectTimeoutSeconds);
            fleet.leave(connections, target.connectTimeoutSeconds);
        }

        private Measurement store(Fleet fleet) throws InterruptedException {
            List<Connection> connections = new ArrayList<>();
            for (int p = 0; p < shape.publishers; p++) {
                EventLoop loop = fleet.loop(p);
                PublishTemplate[] streams = streams(p);
                long budget = (long) streams.length * shape.messagesEach;
                Publisher publisher =
                        new Publisher(loop.stats, streams, options.qos, shape.window, Integer.MAX_VALUE, budget);
                publishers.add(publisher);
                ClientSpec spec = ClientSpec.publisher("bench-" + runId + "-p" + p, target.version);
                connections.add(new Connection(loop, target.node(p), null, spec, publisher));
            }
            fleet.connect(connections, target.connectRate, target.connectTimeoutSeconds);
            long wanted = (long) shape.sessions * shape.messagesEach;
            fleet.onEachLoop(loop -> loop.stats.measureFrom(System.nanoTime()));
            Measurement.Moment start = Measurement.Moment.now(fleet, target.pids);
            for (int p = 0; p < shape.publishers; p++) {
                fleet.loop(p).submit(publishers.get(p)::start);
            }
            fleet.awaitQuiet(quietSeconds, () -> fleet.sum(stats -> stats.acknowledged) >= wanted);
            Measurement store = start.until(Measurement.Moment.now(fleet, target.pids), target.pids);
            fleet.leave(connections, target.connectTimeoutSeconds);
            return store;
        }

        /** Publisher p has the sessions p, p + publishers, p + 2 publishers and so on. */
        private PublishTemplate[] streams(int p) {
            byte[] padding = options.padding();
            List<PublishTemplate> streams = new ArrayList<>();
            for (int i = p; i < shape.sessions; i += shape.publishers) {
                streams.add(new PublishTemplate(topic(i), i, options.qos, padding, target.version));
            }
            return streams.toArray(PublishTemplate[]::new);
        }

        private Measurement drain(Fleet fleet) throws InterruptedException {
            List<Connection> connections = new ArrayList<>();
            for (int i = 0; i < shape.sessions; i++) {
                EventLoop loop = fleet.loop(i);
                Subscriber subscriber = new Subscriber(loop.stats, i, options.qos, null);
                subscribers.add(subscriber);
                // Not the node where the session was made, where there are several.
                connections.add(new Connection(
                        loop, target.node(i + 1), null, specs.get(i).returning(), subscriber));
            }
            long wanted = (long) shape.sessions * shape.messagesEach;
            Measurement.Moment start = Measurement.Moment.now(fleet, target.pids);
            for (Subscriber subscriber : subscribers) {
                subscriber.expect(shape.messagesEach);
            }
            fleet.connect(connections, shape.perConnectSecond, target.connectTimeoutSeconds);
            fleet.awaitQuiet(
                    quietSeconds,
                    () -> fleet.sum(stats -> stats.delivered) >= wanted
                            && (options.qos < 2 || fleet.sum(stats -> stats.completed) >= wanted));
            drainSeconds = start.secondsAgo();
            // The last acknowledgements are the broker's work too: it has done it once it has closed the connections.
            fleet.leave(connections, target.connectTimeoutSeconds);
            return start.until(Measurement.Moment.now(fleet, target.pids), target.pids);
        }

        private Report stored(Fleet fleet, Measurement store) {
            long wanted = (long) shape.sessions * shape.messagesEach;
            Report report = new Report()
                    .put("scenario", "offline")
                    .put("label", target.label)
                    .put("qos", options.qos)
                    .put("sessions", shape.sessions)
                    .put("messagesEach", shape.messagesEach)
                    .put("payloadBytes", options.payloadBytes);
            putPhase(report, "store", store.seconds(), store, Math.max(1, store.acknowledged()));
            return report.requireNone(wanted - store.acknowledged(), "not acknowledged")
                    .requireNone(fleet.sum(stats -> stats.refused), "refused by the broker")
                    .requireNone(fleet.sum(stats -> stats.lostConnections), "connections lost");
        }

        private Report report(Fleet fleet, Measurement store, Measurement drain) {
            Report report = new Report()
                    .put("scenario", "offline")
                    .put("label", target.label)
                    .put("nodes", target.nodes.size())
                    .put("mqttVersion", target.version)
                    .put("roundMicros", target.roundMicros)
                    .put("qos", options.qos)
                    .put("sessions", shape.sessions)
                    .put("messagesEach", shape.messagesEach)
                    .put("publishers", shape.publishers)
                    .put("window", shape.window)
                    .put("payloadBytes", options.payloadBytes);
            putPhase(report, "store", store.seconds(), store, store.acknowledged());
            report.put("ack", fleet.merged(stats -> stats.acknowledgement));
            putPhase(report, "drain", drainSeconds, drain, drain.delivered());
            report.put("sessionDrain", fleet.merged(stats -> stats.drain));
            return verdict(fleet, report);
        }

        private static void putPhase(Report report, String phase, double seconds, Measurement measured, long messages) {
            boolean measuredCpu = !measured.brokerCpuMicros().isEmpty();
            report.put(phase + "Seconds", seconds)
                    .put(phase + "PerSecond", messages / seconds)
                    .put(
                            phase + "CpuMicrosPerMessage",
                            measuredCpu ? (double) measured.brokerCpuMicrosSum() / messages : Double.NaN)
                    .put(phase + "DriverCpuMicrosPerMessage", (double) measured.driverCpuMicros() / messages)
                    .put(phase + "OthersCpuShare", measured.othersCpuShare())
                    .put(phase + "ResidentBytes", measured.brokerResidentBytes());
        }

        private Report verdict(Fleet fleet, Report report) {
            long lost = 0;
            long duplicates = 0;
            long reordered = 0;
            long sessionsMissing = 0;
            for (Subscriber subscriber : subscribers) {
                lost += shape.messagesEach - subscriber.check().distinct();
                duplicates += subscriber.check().duplicates();
                reordered += subscriber.check().reordered();
                sessionsMissing += subscriber.sessionPresent() ? 0 : 1;
            }
            return report.put("lost", lost)
                    .put("duplicates", duplicates)
                    .put("reordered", reordered)
                    .requireNone(lost, "lost")
                    .requireNone(duplicates, "duplicates")
                    .requireNone(reordered, "reordered")
                    .requireNone(sessionsMissing, "sessions not present")
                    .requireNone(fleet.sum(stats -> stats.refused), "refused by the broker")
                    .requireNone(fleet.sum(stats -> stats.faults), "packets out of place")
                    .requireNone(fleet.sum(stats -> stats.lostConnections), "connections lost");
        }

        private String topic(int session) {
            return "bench/" + runId + "/" + session;
        }
    }
}
