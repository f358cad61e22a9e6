package io.covey.benchmarks;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A load of pairs: each publisher has a topic of its own, to which one subscriber listens. Publisher i connects to node i, its subscriber to
 * node i + 1, both counted round the list of nodes.
 */
final class PairRun {

    /**
     * What the pairs do.
     *
     * @param lagMax how many messages a subscriber may stay behind its publisher before that one waits
     * @param persistent whether the subscribers' sessions outlive their connections
     * @param duplex whether one client is publisher of one pair and subscriber of another
     * @param perSecond messages per second of each publisher; 0 for as many as the window allows
     */
    record Shape(
            String scenario, int pairs, int window, int lagMax, boolean persistent, boolean duplex, double perSecond) {}

    private final TargetOptions target;
    private final RunOptions run;
    private final PairOptions options;
    private final Shape shape;
    private final String runId = UUID.randomUUID().toString().substring(0, 8);
    private final List<Publisher> publishers = new ArrayList<>();
    private final List<Subscriber> subscribers = new ArrayList<>();
    private final List<ClientSpec> persistentSpecs = new ArrayList<>();

    PairRun(TargetOptions target, RunOptions run, PairOptions options, Shape shape) {
        this.target = target;
        this.run = run;
        this.options = options;
        this.shape = shape;
    }

    Report run() throws InterruptedException {
        int clients = shape.pairs * (shape.duplex ? 1 : 2);
        HostLimits.requireDescriptors(clients);
        List<@Nullable InetSocketAddress> sources =
                HostLimits.sources(target.node(0), clients / target.nodes.size() + 1);
        try (Fleet fleet = new Fleet(target)) {
            List<Connection> connections = build(fleet, sources);
            long connectStart = System.nanoTime();
            fleet.connect(connections, target.connectRate, target.connectTimeoutSeconds);
            double connectSeconds = (System.nanoTime() - connectStart) / 1e9;
            start(fleet);
            Measurement measurement = Measurement.take(
                    fleet, target.pids, run, () -> fleet.sum(stats -> stats.finishedPublishers) == shape.pairs);
            stop(fleet);
            Report report = report(fleet, connectSeconds, measurement);
            fleet.leave(connections, target.connectTimeoutSeconds);
            eraseSessions(fleet, sources);
            return report;
        }
    }

    private List<Connection> build(Fleet fleet, List<@Nullable InetSocketAddress> sources) {
        byte[] padding = options.padding();
        long budgetEach = Math.max(1, run.messages / shape.pairs);
        for (int i = 0; i < shape.pairs; i++) {
            LoopStats stats = fleet.loop(i).stats;
            PublishTemplate[] stream = {new PublishTemplate(topic(i), i, options.qos, padding, target.version)};
            Publisher publisher = new Publisher(stats, stream, options.qos, shape.window, shape.lagMax, budgetEach);
            boolean followed = shape.perSecond == 0;
            if (followed) {
                publisher.followDelivery();
            }
            publishers.add(publisher);
            subscribers.add(new Subscriber(stats, i, options.qos, followed ? publisher : null));
        }
        // Subscribers first: at QoS 0 nothing is to be published before they are there.
        List<Connection> connections = new ArrayList<>();
        for (int i = 0; i < shape.pairs; i++) {
            Role role = shape.duplex
                    ? new Duplex(publishers.get((i + 1) % shape.pairs), subscribers.get(i))
                    : subscribers.get(i);
            ClientSpec spec = new ClientSpec(
                    clientId("s", i), !shape.persistent, shape.persistent, topic(i), options.qos, target.version);
            if (shape.persistent) {
                persistentSpecs.add(spec);
            }
            connections.add(
                    new Connection(fleet.loop(i), target.node(i + 1), sources.get(i % sources.size()), spec, role));
        }
        for (int i = 0; i < shape.pairs && !shape.duplex; i++) {
            ClientSpec spec = ClientSpec.publisher(clientId("p", i), target.version);
            connections.add(new Connection(
                    fleet.loop(i), target.node(i), sources.get(i % sources.size()), spec, publishers.get(i)));
        }
        return connections;
    }

    private void start(Fleet fleet) throws InterruptedException {
        int threads = fleet.loops().size();
        for (int index = 0; index < threads; index++) {
            EventLoop loop = fleet.loop(index);
            List<Publisher> own = new ArrayList<>();
            for (int i = index; i < publishers.size(); i += threads) {
                own.add(publishers.get(i));
            }
            if (own.isEmpty()) {
                continue;
            }
            loop.submit(() -> {
                if (shape.perSecond > 0) {
                    loop.add(new Pacer(loop.stats, own, shape.perSecond, System.nanoTime()));
                    return;
                }
                own.forEach(Publisher::start);
                if (options.qos == 0) {
                    loop.add(nowNanos -> checkStalls(own, nowNanos));
                }
            });
        }
        fleet.settle();
    }

    private static long checkStalls(List<Publisher> publishers, long nowNanos) {
        for (Publisher publisher : publishers) {
            publisher.checkStall(nowNanos);
        }
        return nowNanos + Publisher.STALL_NANOS / 4;
    }

    private void stop(Fleet fleet) throws InterruptedException {
        fleet.onEachLoop(EventLoop::clearTickers);
        fleet.onEachLoop(loop -> {
            for (int i = 0; i < publishers.size(); i++) {
                if (fleet.loop(i) == loop) {
                    publishers.get(i).stop();
                }
            }
        });
        long published = fleet.sum(stats -> stats.published);
        fleet.awaitQuiet(
                run.quietSeconds,
                () -> fleet.sum(stats -> stats.delivered) >= published
                        && (options.qos == 0 || fleet.sum(stats -> stats.acknowledged) >= published)
                        && (options.qos < 2 || fleet.sum(stats -> stats.completed) >= published));
        fleet.settle();
    }

    private Report report(Fleet fleet, double connectSeconds, Measurement measurement) {
        Report report = new Report()
                .put("scenario", shape.scenario)
                .put("label", target.label)
                .put("nodes", target.nodes.size())
                .put("mqttVersion", target.version)
                .put("roundMicros", target.roundMicros)
                .put("qos", options.qos)
                .put("pairs", shape.pairs)
                .put("payloadBytes", options.payloadBytes)
                .put("persistent", shape.persistent);
        if (shape.perSecond > 0) {
            report.put("perSecondEach", shape.perSecond).put("duplex", shape.duplex);
        } else {
            report.put("window", shape.window);
        }
        report.put("connectSeconds", connectSeconds);
        measurement.report(report, measurement.delivered());
        if (options.qos > 0) {
            report.put("ack", fleet.merged(stats -> stats.acknowledgement));
        }
        report.put("delivery", fleet.merged(stats -> stats.delivery));
        if (shape.perSecond > 0) {
            report.put("sendLag", fleet.merged(stats -> stats.sendLag))
                    .put("skipped", fleet.sum(stats -> stats.skipped));
        }
        return verdict(fleet, report);
    }

    private Report verdict(Fleet fleet, Report report) {
        long lost = 0;
        long duplicates = 0;
        long reordered = 0;
        for (int i = 0; i < shape.pairs; i++) {
            SequenceCheck check = subscribers.get(i).check();
            lost += publishers.get(i).sent() - check.distinct();
            duplicates += check.duplicates();
            reordered += check.reordered();
        }
        long unacknowledged =
                publishers.stream().filter(publisher -> !publisher.idle()).count();
        return report.put("totalPublished", fleet.sum(stats -> stats.published))
                .put("totalDelivered", fleet.sum(stats -> stats.delivered))
                .put("lost", lost)
                .put("duplicates", duplicates)
                .put("reordered", reordered)
                .requireNone(options.qos == 0 ? 0 : lost, "lost")
                .requireNone(duplicates, "duplicates")
                .requireNone(reordered, "reordered")
                .requireNone(unacknowledged, "publishers without all acknowledgements")
                .requireNone(fleet.sum(stats -> stats.refused), "refused by the broker")
                .requireNone(fleet.sum(stats -> stats.faults), "packets out of place")
                .requireNone(fleet.sum(stats -> stats.lostConnections), "connections lost");
    }

    private void eraseSessions(Fleet fleet, List<@Nullable InetSocketAddress> sources) throws InterruptedException {
        List<Connection> visitors = new ArrayList<>();
        for (int i = 0; i < persistentSpecs.size(); i++) {
            visitors.add(new Connection(
                    fleet.loop(i),
                    target.node(i + 1),
                    sources.get(i % sources.size()),
                    persistentSpecs.get(i).eraser(),
                    new Visitor()));
        }
        fleet.connect(visitors, target.connectRate, target.connectTimeoutSeconds);
        fleet.leave(visitors, target.connectTimeoutSeconds);
    }

    private String topic(int pair) {
        return "bench/" + runId + "/" + pair;
    }

    private String clientId(String kind, int index) {
        return "bench-" + runId + "-" + kind + index;
    }
}
