package io.covey.benchmarks;

import picocli.CommandLine.Option;

/** How long a run lasts: whichever bound comes first. */
final class RunOptions {

    @Option(
            names = "--warmup",
            paramLabel = "SECONDS",
            description = "load before the measured interval (default: ${DEFAULT-VALUE})",
            defaultValue = "5")
    int warmupSeconds = 5;

    @Option(
            names = "--seconds",
            paramLabel = "SECONDS",
            description = "length of the measured interval (default: ${DEFAULT-VALUE})",
            defaultValue = "10")
    int seconds = 10;

    @Option(
            names = "--messages",
            paramLabel = "N",
            description = "messages published in all, warm-up included (default: ${DEFAULT-VALUE})",
            defaultValue = "100000000")
    long messages = 100_000_000;

    @Option(
            names = "--quiet",
            paramLabel = "SECONDS",
            description =
                    "after the run, what has not come when nothing came for so long is lost (default: ${DEFAULT-VALUE})",
            defaultValue = "10")
    int quietSeconds = 10;

    void check() {
        Options.requireRange("--warmup", warmupSeconds, 0, 3_600);
        Options.requireRange("--seconds", seconds, 1, 86_400);
        Options.requireRange("--messages", messages, 1, 1e12);
        Options.requireRange("--quiet", quietSeconds, 1, 600);
    }
}
