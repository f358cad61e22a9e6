package io.covey.testkit;

/** Replays seeds from the command line: {@code scripts/sim SEED [COUNT] [TAMPERING]}. */
public final class SimulationMain {
    private SimulationMain() {}

    /** Runs COUNT seeds from SEED on; the first that fails ends the run. A single seed is traced. */
    public static void main(String[] args) {
        long first = Long.parseLong(args[0]);
        long count = args.length > 1 ? Long.parseLong(args[1]) : 1;
        Tampering tampering = args.length > 2 ? Tampering.valueOf(args[2]) : Tampering.NONE;
        for (long seed = first; seed < first + count; seed++) {
            ClusterSimulation simulation = new ClusterSimulation(seed, 3, tampering);
            if (count == 1) {
                simulation.trace(System.out::println);
            }
            ClusterSimulation.Report report = simulation.run();
            System.out.println("seed " + seed + ": " + report.acknowledged() + " acknowledged, " + report.deliveries()
                    + " delivered, " + report.events() + " events, faults " + report.faults());
        }
    }
}
