package io.covey.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * A whole cluster in one thread and virtual time: nodes with the real core, a modelled data grid, a lossy network, clients, and faults, all
 * drawn from one seed. The invariants are checked as it goes and at its end.
 */
public final class ClusterSimulation {
    private static final long ACTIVE_MICROS = 45_000_000;
    private static final long SETTLE_MICROS = 120_000_000;
    /** What would come that must not has this long to come. */
    private static final long QUIET_MICROS = 1_000_000;

    /**
     * What a run did.
     *
     * @param scenario what it was about
     * @param acknowledged publishes that were acknowledged
     * @param deliveries messages that subscribers received
     * @param faults what was done to the hosts
     * @param events how much happened
     * @param digest of every packet between clients and nodes, with its time
     */
    public record Report(
            long seed,
            String scenario,
            int acknowledged,
            long deliveries,
            List<String> faults,
            long events,
            long digest) {}

    private final long seed;
    private final Tampering tampering;
    private final EventQueue events;
    private final Scenario scenario;
    private final SimulatedHosts hosts;
    private final Faults disturbances;
    private final History history;
    private final Population population;
    private final List<String> faults = new ArrayList<>();
    private Consumer<String> trace = line -> {};

    /** A run with one deliberate fault in the core's surroundings, or none. */
    public ClusterSimulation(long seed, Tampering tampering) {
        this.seed = seed;
        this.tampering = tampering;
        events = new EventQueue(new SplittableRandom(seed));
        scenario = Scenario.draw(events);
        SimulatedNetwork network = new SimulatedNetwork(events, scenario.hosts(), 0.02, 0.02);
        history = new History(events, scenario);
        hosts = new SimulatedHosts(events, network, scenario, tampering, history, this::note);
        disturbances = new Faults(events, network, hosts, scenario, this::note);
        hosts.whenOwnerChanges(disturbances::ownerChanges);
        population = new Population(events, scenario, new SimulatedClient.World(events, history, hosts));
    }

    /** Tells this consumer, line by line, what happens in the nodes and to the hosts. */
    public void trace(Consumer<String> lines) {
        trace = lines;
        hosts.trace(lines);
    }

    /**
     * Runs to the end.
     *
     * @throws AssertionError when an invariant does not hold; the message names the seed and the faults that led there
     */
    public Report run() {
        try {
            hosts.form(scenario.hosts() - (scenario.has(Scenario.Feature.GROWTH) ? 1 : 0));
            population.start();
            disturbances.start();
            runUntil(ACTIVE_MICROS);
            population.calmDown();
            disturbances.end();
            settle();
            runUntil(events.nowMicros() + QUIET_MICROS);
            history.verify(hosts.grid()::mayHaveDropped);
            hosts.grid().verifyReplicas();
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError(
                    "seed " + seed + " (" + tampering + ", " + scenario + ") at " + events.nowMillis() + " ms: "
                            + e.getMessage() + "\nfaults:\n  " + String.join("\n  ", faults) + "\nreplay: scripts/sim "
                            + seed + (tampering == Tampering.NONE ? "" : " 1 " + tampering),
                    e);
        }
        return new Report(
                seed,
                scenario.toString(),
                history.acknowledgedCount(),
                history.deliveries(),
                List.copyOf(faults),
                events.executed(),
                hosts.packetDigest());
    }

    private void note(String line) {
        faults.add(line);
        trace.accept(line);
    }

    private void runUntil(long micros) {
        while (events.step(micros)) {
            // Each step checks what can be checked at once.
        }
    }

    /** Everything heals; then all that was acknowledged and not dropped by a full queue arrives. */
    private void settle() {
        long limit = events.nowMicros() + SETTLE_MICROS;
        while (events.nowMicros() < limit) {
            runUntil(events.nowMicros() + 500_000);
            if (population.isSettled() && hosts.allServe()) {
                List<Missing> missing = history.missing();
                SimulatedGrid grid = hosts.grid();
                if (missing.isEmpty() || grid.areQueuesEmpty() && grid.mayHaveDropped(missing)) {
                    return;
                }
            }
        }
        List<Missing> missing = history.missing();
        throw new History.InvariantViolated("not settled after " + SETTLE_MICROS / 1_000_000 + " s: missing "
                + missing.size() + " " + missing.subList(0, Math.min(5, missing.size())) + "; clients "
                + population.unsettled() + "; in sync and serving: " + hosts.allServe());
    }
}
