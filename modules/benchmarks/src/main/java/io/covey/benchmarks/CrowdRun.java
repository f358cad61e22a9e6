package io.covey.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Many clients that come at once, as after the loss of a load balancer: each connects to its session, which it left before, and subscribes to
 * some filters that nobody else has. Measured is the time from each SUBSCRIBE to its SUBACK. A first pass creates the sessions and warms up.
 */
final class CrowdRun {

    private final TargetOptions target;
    private final PairOptions options;
    private final int clients;
    private final int filters;
    private final int quietSeconds;

    CrowdRun(TargetOptions target, PairOptions options, int clients, int filters, int quietSeconds) {
        this.target = target;
        this.options = options;
        this.clients = clients;
        this.filters = filters;
        this.quietSeconds = quietSeconds;
    }

    /** @return a report of the second pass */
    Report run() throws InterruptedException {
        HostLimits.requireDescriptors(clients);
        String runId = UUID.randomUUID().toString().substring(0, 8);
        List<ClientSpec> specs = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            specs.add(new ClientSpec("bench-" + runId + "-c" + i, false, true, null, options.qos, target.version));
        }
        try (Fleet fleet = new Fleet(target)) {
            pass(fleet, specs, runId, 0, target.connectRate);
            Report report = pass(fleet, specs, runId, 1, 0);
            List<Connection> erasing = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                erasing.add(new Connection(
                        fleet.loop(i), target.node(i), null, specs.get(i).eraser(), new Visitor()));
            }
            fleet.connect(erasing, target.connectRate, target.connectTimeoutSeconds);
            fleet.leave(erasing, target.connectTimeoutSeconds);
            return report;
        }
    }

    /** @param shift how many nodes further than in the first pass the clients come back */
    private Report pass(Fleet fleet, List<ClientSpec> specs, String runId, int shift, int perSecond)
            throws InterruptedException {
        fleet.onEachLoop(loop -> loop.stats.measureFrom(System.nanoTime()));
        long before = fleet.sum(stats -> stats.acknowledged);
        List<Connection> connections = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            EventLoop loop = fleet.loop(i);
            List<String> wanted = new ArrayList<>();
            for (int filter = 0; filter < filters; filter++) {
                wanted.add("bench/" + runId + "/" + i + "/" + filter);
            }
            Newcomer newcomer = new Newcomer(loop.stats, wanted, options.qos, target.version);
            connections.add(new Connection(loop, target.node(i + shift), null, specs.get(i), newcomer));
        }
        Measurement.Moment start = Measurement.Moment.now(fleet, target.pids);
        fleet.connect(connections, perSecond, target.connectTimeoutSeconds);
        fleet.awaitQuiet(quietSeconds, () -> fleet.sum(stats -> stats.acknowledged) >= before + clients);
        double seconds = start.secondsAgo();
        Measurement measured = start.until(Measurement.Moment.now(fleet, target.pids), target.pids);
        fleet.settle();
        Report report = report(fleet, measured, seconds)
                .requireNone(before + clients - fleet.sum(stats -> stats.acknowledged), "without SUBACK");
        fleet.leave(connections, target.connectTimeoutSeconds);
        return report;
    }

    private Report report(Fleet fleet, Measurement measured, double seconds) {
        double cpuMicros =
                measured.brokerCpuMicros().isEmpty() ? Double.NaN : (double) measured.brokerCpuMicrosSum() / clients;
        return new Report()
                .put("scenario", "crowd")
                .put("label", target.label)
                .put("nodes", target.nodes.size())
                .put("mqttVersion", target.version)
                .put("qos", options.qos)
                .put("clients", clients)
                .put("filters", filters)
                .put("seconds", seconds)
                .put("perSecond", clients / seconds)
                .put("cpuMicrosPerClient", cpuMicros)
                .put("othersCpuShare", measured.othersCpuShare())
                .put("suback", fleet.merged(stats -> stats.acknowledgement))
                .requireNone(fleet.sum(stats -> stats.faults), "packets out of place")
                .requireNone(fleet.sum(stats -> stats.lostConnections), "connections lost");
    }
}
