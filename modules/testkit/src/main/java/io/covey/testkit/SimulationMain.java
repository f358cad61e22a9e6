package io.covey.testkit;

import java.util.ArrayList;
import java.util.List;

/** Replays seeds from the command line: {@code scripts/sim SEED [COUNT] [TAMPERING]}. */
public final class SimulationMain {
    private static final int PROGRESS_SEEDS = 100;

    private SimulationMain() {}

    /** Runs COUNT seeds from SEED on and lists those that fail; the exit status tells whether any did. A single seed is traced. */
    public static void main(String[] args) {
        long first = Long.parseLong(args[0]);
        long count = args.length > 1 ? Long.parseLong(args[1]) : 1;
        Tampering tampering = args.length > 2 ? Tampering.valueOf(args[2]) : Tampering.NONE;
        List<Long> failed = new ArrayList<>();
        for (long seed = first; seed < first + count; seed++) {
            ClusterSimulation simulation = new ClusterSimulation(seed, tampering);
            if (count == 1) {
                simulation.trace(System.out::println);
            }
            try {
                ClusterSimulation.Report report = simulation.run();
                if (count <= PROGRESS_SEEDS || (seed - first + 1) % PROGRESS_SEEDS == 0) {
                    System.out.println("seed " + seed + ": " + report.scenario() + ", " + report.acknowledged()
                            + " acknowledged, " + report.deliveries() + " delivered, " + report.events()
                            + " events, faults " + report.faults());
                }
            } catch (AssertionError e) {
                failed.add(seed);
                System.out.println(e.getMessage());
                if (count == 1) {
                    e.printStackTrace(System.out);
                }
            }
        }
        System.out.println(failed.size() + " of " + count + " seeds failed " + failed);
        if (!failed.isEmpty()) {
            System.exit(1);
        }
    }
}
