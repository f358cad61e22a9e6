package io.covey.benchmarks;

import java.util.List;
import picocli.CommandLine.Option;

/** Which broker, and with what effort. */
final class TargetOptions {

    @Option(
            names = "--nodes",
            split = ",",
            paramLabel = "HOST:PORT",
            description = "the broker's nodes; clients are spread over them in turn (default: ${DEFAULT-VALUE})",
            defaultValue = "127.0.0.1:1883")
    List<NodeAddress> nodes = List.of();

    @Option(
            names = "--pid",
            split = ",",
            paramLabel = "PID",
            description =
                    "the broker's processes on this host, whose CPU time and memory are read; without it they are not")
    List<Long> pids = List.of();

    @Option(
            names = "--mqtt-version",
            paramLabel = "4|5",
            description = "4 for MQTT 3.1.1, 5 for 5.0 (default: ${DEFAULT-VALUE})",
            defaultValue = "4")
    int version = 4;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "event loops of the driver (default: ${DEFAULT-VALUE})",
            defaultValue = "1")
    int threads = 1;

    @Option(
            names = "--round",
            paramLabel = "MICROS",
            description = "the driver looks at its sockets at most every so often; 0 for at once "
                    + "(default: 2000, sparse: 0)",
            defaultValue = "-1")
    int roundMicros = -1;

    @Option(
            names = "--connect-rate",
            paramLabel = "N",
            description = "new connections per second, 0 for as fast as handshakes go (default: ${DEFAULT-VALUE})",
            defaultValue = "2000")
    int connectRate = 2_000;

    @Option(
            names = "--connect-timeout",
            paramLabel = "SECONDS",
            description = "until all are connected (default: ${DEFAULT-VALUE})",
            defaultValue = "60")
    int connectTimeoutSeconds = 60;

    @Option(
            names = "--label",
            paramLabel = "NAME",
            description = "the broker's name in the report (default: ${DEFAULT-VALUE})",
            defaultValue = "broker")
    String label = "broker";

    NodeAddress node(int index) {
        return nodes.get(index % nodes.size());
    }

    /** Settles what the operator left to the scenario. */
    void roundByDefault(int micros) {
        if (roundMicros < 0) {
            roundMicros = micros;
        }
    }

    void check() {
        Options.require(!nodes.isEmpty(), "--nodes is empty");
        Options.require(version == 4 || version == 5, "--mqtt-version is 4 or 5");
        Options.requireRange("--threads", threads, 1, 64);
        Options.requireRange("--round", roundMicros, -1, 100_000);
        Options.requireRange("--connect-rate", connectRate, 0, 1_000_000);
        Options.requireRange("--connect-timeout", connectTimeoutSeconds, 1, 3_600);
        pids.forEach(ProcessMeter::cpuMicros);
    }
}
