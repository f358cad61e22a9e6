package io.covey.testkit;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/** Replays seeds from the command line: {@code scripts/sim SEED [COUNT] [TAMPERING]}. */
public final class SimulationMain {
    /** Up to so many seeds are all told about; of more, every hundredth. */
    private static final int TOLD_SEEDS_MAX = 100;

    private SimulationMain() {}

    /**
     * Runs COUNT seeds from SEED on and lists those that fail; the exit status tells whether any did. A single seed is traced. With a deliberate
     * fault the first seed that catches it is enough.
     */
    public static void main(String[] args) {
        long first = Long.parseLong(args[0]);
        long count = args.length > 1 ? Long.parseLong(args[1]) : 1;
        Tampering tampering = args.length > 2 ? Tampering.valueOf(args[2]) : Tampering.NONE;
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Set<Long> failed = count == 1 ? trace(first, tampering, out) : runAll(first, count, tampering, out);
        out.println(failed.size() + " of " + count + " seeds failed " + failed);
        System.exit(failed.isEmpty() ? 0 : 1);
    }

    private static Set<Long> trace(long seed, Tampering tampering, PrintStream out) {
        ClusterSimulation simulation = new ClusterSimulation(seed, tampering);
        simulation.trace(out::println);
        try {
            tell(simulation.run(), out);
            return Set.of();
        } catch (AssertionError violated) {
            violated.printStackTrace(out);
            return Set.of(seed);
        }
    }

    private static Set<Long> runAll(long first, long count, Tampering tampering, PrintStream out) {
        long[] done = new long[1];
        return new Seeds(first, count, tampering)
                .run(
                        tampering == Tampering.NONE ? Long.MAX_VALUE : 1,
                        report -> {
                            if (count <= TOLD_SEEDS_MAX || ++done[0] % TOLD_SEEDS_MAX == 0) {
                                tell(report, out);
                            }
                        },
                        violation -> out.println(violation.getMessage()))
                .keySet();
    }

    private static void tell(ClusterSimulation.Report report, PrintStream out) {
        out.println("seed " + report.seed() + ": " + report.scenario() + ", " + report.acknowledged()
                + " acknowledged, " + report.deliveries() + " delivered, " + report.events() + " events, digest "
                + Long.toHexString(report.digest()) + ", faults " + report.faults());
    }
}
