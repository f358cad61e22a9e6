package io.covey.benchmarks;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Loads an MQTT broker, checks that it delivers what it should, and tells what that cost. Each command prints a line for people and a line of
 * JSON. Exit code 0: all was well; 1: the run could not be carried through; 2: wrong usage; 3: the broker lost, repeated or reordered messages
 * or broke a connection.
 */
@Command(
        name = "LoadDriver",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "Loads an MQTT broker, checks what it delivers and tells what that cost.",
        subcommands = {
            LoadDriver.Dense.class,
            LoadDriver.Transient.class,
            LoadDriver.Sparse.class,
            LoadDriver.Offline.class,
            LoadDriver.Crowd.class
        })
public final class LoadDriver {

    private static final int EXIT_FAILED = 1;
    private static final int EXIT_USAGE = 2;
    private static final int EXIT_WRONG = 3;

    private LoadDriver() {}

    /** Runs the command and ends the process with its exit code. */
    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return new CommandLine(new LoadDriver())
                .registerConverter(NodeAddress.class, NodeAddress::parse)
                .setExecutionExceptionHandler((e, commandLine, parsed) -> {
                    if (e instanceof IllegalArgumentException) {
                        commandLine.getErr().println(e.getMessage());
                        return EXIT_USAGE;
                    }
                    if (e instanceof DriverFailure) {
                        commandLine.getErr().println("failed: " + e.getMessage());
                        return EXIT_FAILED;
                    }
                    throw e;
                });
    }

    /** What the commands have in common. */
    abstract static class Scenario implements Callable<Integer> {

        @Mixin
        TargetOptions target = new TargetOptions();

        @Mixin
        PairOptions pair = new PairOptions();

        /**
         * The default of --round. With 2 ms the driver costs less than half of what it measures and the broker, not the driver, sets the pace; 2,500
         * messages under way then still allow a million a second.
         */
        int roundMicros() {
            return 2_000;
        }

        abstract void check();

        abstract Report run() throws InterruptedException;

        @Override
        public Integer call() throws InterruptedException {
            target.roundByDefault(roundMicros());
            target.check();
            pair.check();
            check();
            Report report = run();
            System.out.println(report.sentence());
            System.out.println(report.json());
            return report.isGood() ? 0 : EXIT_WRONG;
        }
    }

    /** Pairs with a window. */
    @Command(
            name = "dense",
            mixinStandardHelpOptions = true,
            description = "Pairs of publisher and subscriber, each publisher with a window of unacknowledged messages.")
    static class Dense extends Scenario {

        @Mixin
        RunOptions run = new RunOptions();

        @Option(
                names = "--pairs",
                paramLabel = "N",
                description = "publishers, and as many subscribers (default: ${DEFAULT-VALUE})",
                defaultValue = "50")
        int pairs = 50;

        @Option(
                names = "--window",
                paramLabel = "N",
                description = "messages under way from each publisher (default: ${DEFAULT-VALUE})",
                defaultValue = "50")
        int window = 50;

        @Option(
                names = "--lag",
                paramLabel = "N",
                description =
                        "a publisher waits while its subscriber is so many messages behind (default: ${DEFAULT-VALUE})",
                defaultValue = "1000")
        int lag = 1_000;

        @Option(names = "--persistent", description = "the subscribers' sessions outlive their connections")
        boolean persistent;

        @Override
        void check() {
            run.check();
            Options.requireRange("--pairs", pairs, 1, 1_000_000);
            Options.requireRange("--window", window, 1, 10_000);
            Options.requireRange("--lag", lag, window, 1_000_000);
        }

        @Override
        Report run() throws InterruptedException {
            return run("dense");
        }

        Report run(String name) throws InterruptedException {
            return new PairRun(target, run, pair, new PairRun.Shape(name, pairs, window, lag, persistent, false, 0))
                    .run();
        }
    }

    /** Dense pairs whose sessions end with their connections, on one node. */
    @Command(
            name = "transient",
            mixinStandardHelpOptions = true,
            description = "As dense, but on one node, and all sessions end with their connections.")
    static final class Transient extends Dense {

        @Override
        void check() {
            super.check();
            Options.require(!persistent, "transient has no --persistent; dense has");
            Options.require(target.nodes.size() == 1, "transient takes one node; dense takes several");
        }

        @Override
        Report run() throws InterruptedException {
            return run("transient");
        }
    }

    /** Many clients at a slow, even rate. */
    @Command(
            name = "sparse",
            mixinStandardHelpOptions = true,
            description = "Many publishers, each at a fixed rate, to as many persistent online sessions.")
    static final class Sparse extends Scenario {

        @Override
        int roundMicros() {
            return 0;
        }

        @Mixin
        RunOptions run = new RunOptions();

        @Option(
                names = "--pairs",
                paramLabel = "N",
                description = "publishers, and as many subscribers (default: ${DEFAULT-VALUE})",
                defaultValue = "10000")
        int pairs = 10_000;

        @Option(
                names = "--rate",
                paramLabel = "R",
                description = "messages per second of each publisher (default: ${DEFAULT-VALUE})",
                defaultValue = "1")
        double rate = 1;

        @Option(
                names = "--window",
                paramLabel = "N",
                description =
                        "a publisher with so many unacknowledged messages skips its turn (default: ${DEFAULT-VALUE})",
                defaultValue = "64")
        int window = 64;

        @Option(names = "--clean", description = "the subscribers' sessions end with their connections")
        boolean clean;

        @Option(
                names = "--duplex",
                description = "each client is publisher of one pair and subscriber of another: half the connections")
        boolean duplex;

        @Override
        void check() {
            run.check();
            Options.requireRange("--pairs", pairs, 1, 1_000_000);
            Options.requireRange("--rate", rate, 0.001, 1_000_000);
            Options.requireRange("--window", window, 1, 10_000);
            Options.require(
                    !duplex || target.threads == 1, "--duplex needs --threads 1: a pair's two ends share a loop");
        }

        @Override
        Report run() throws InterruptedException {
            return new PairRun(
                            target,
                            run,
                            pair,
                            new PairRun.Shape("sparse", pairs, window, Integer.MAX_VALUE, !clean, duplex, rate))
                    .run();
        }
    }

    /** Store for sessions that are away, then drain. */
    @Command(
            name = "offline",
            mixinStandardHelpOptions = true,
            description = "Publishes to persistent sessions that are away, then lets them come back: rates of store and"
                    + " drain.")
    static final class Offline extends Scenario {

        @Option(
                names = "--sessions",
                paramLabel = "N",
                description = "sessions that are away (default: ${DEFAULT-VALUE})",
                defaultValue = "1000")
        int sessions = 1_000;

        @Option(
                names = "--messages-each",
                paramLabel = "M",
                description = "messages for each session (default: ${DEFAULT-VALUE})",
                defaultValue = "500")
        int messagesEach = 500;

        @Option(
                names = "--publishers",
                paramLabel = "N",
                description = "publishers, each for a share of the sessions (default: ${DEFAULT-VALUE})",
                defaultValue = "50")
        int publishers = 50;

        @Option(
                names = "--window",
                paramLabel = "N",
                description = "unacknowledged messages of each publisher (default: ${DEFAULT-VALUE})",
                defaultValue = "50")
        int window = 50;

        @Option(
                names = "--warmup-cycles",
                paramLabel = "N",
                description = "whole cycles before the measured one (default: ${DEFAULT-VALUE})",
                defaultValue = "1")
        int warmupCycles = 1;

        @Option(
                names = "--return-rate",
                paramLabel = "N",
                description = "sessions that come back per second, 0 for as fast as handshakes go (default:"
                        + " ${DEFAULT-VALUE})",
                defaultValue = "0")
        int returnRate;

        @Option(
                names = "--quiet",
                paramLabel = "SECONDS",
                description = "what has not come when nothing came for so long is lost (default: ${DEFAULT-VALUE})",
                defaultValue = "10")
        int quietSeconds = 10;

        @Option(
                names = "--store-only",
                description = "the sessions do not come back: they and their messages stay in the broker")
        boolean storeOnly;

        @Override
        void check() {
            Options.require(pair.qos > 0, "offline needs --qos 1 or 2");
            Options.requireRange("--sessions", sessions, 1, 1_000_000);
            Options.requireRange("--messages-each", messagesEach, storeOnly ? 0 : 1, 10_000_000);
            Options.require(!storeOnly || warmupCycles == 0, "--store-only needs --warmup-cycles 0");
            Options.requireRange("--publishers", publishers, 1, sessions);
            Options.requireRange("--window", window, 1, 10_000);
            Options.requireRange("--warmup-cycles", warmupCycles, 0, 100);
            Options.requireRange("--return-rate", returnRate, 0, 1_000_000);
            Options.requireRange("--quiet", quietSeconds, 1, 600);
        }

        @Override
        Report run() throws InterruptedException {
            OfflineRun.Shape shape = new OfflineRun.Shape(
                    sessions, messagesEach, publishers, window, warmupCycles, returnRate, storeOnly);
            return new OfflineRun(target, pair, shape, quietSeconds).run();
        }
    }

    /** Many clients that come back and subscribe at once. */
    @Command(
            name = "crowd",
            mixinStandardHelpOptions = true,
            description =
                    "Many persistent sessions come back as fast as handshakes go, and each subscribes to filters of"
                            + " its own: time from SUBSCRIBE to SUBACK.")
    static final class Crowd extends Scenario {

        @Override
        int roundMicros() {
            return 0;
        }

        @Option(
                names = "--clients",
                paramLabel = "N",
                description = "clients that come (default: ${DEFAULT-VALUE})",
                defaultValue = "10000")
        int clients = 10_000;

        @Option(
                names = "--filters",
                paramLabel = "N",
                description = "filters of each, that no other has (default: ${DEFAULT-VALUE})",
                defaultValue = "5")
        int filters = 5;

        @Option(
                names = "--quiet",
                paramLabel = "SECONDS",
                description = "what has not come when nothing came for so long is lost (default: ${DEFAULT-VALUE})",
                defaultValue = "10")
        int quietSeconds = 10;

        @Override
        void check() {
            Options.requireRange("--clients", clients, 1, 1_000_000);
            Options.requireRange("--filters", filters, 1, 100);
            Options.requireRange("--quiet", quietSeconds, 1, 600);
        }

        @Override
        Report run() throws InterruptedException {
            return new CrowdRun(target, pair, clients, filters, quietSeconds).run();
        }
    }
}
