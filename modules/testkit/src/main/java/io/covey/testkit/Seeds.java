package io.covey.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Runs the simulation for a range of seeds, as many at a time as there are processors: runs share nothing. With a deliberate fault, seeds whose
 * scenario cannot show it are passed over.
 */
final class Seeds {
    private final long first;
    private final long count;
    private final Tampering tampering;
    private final AtomicLong next;
    private final SortedMap<Long, AssertionError> failures = new TreeMap<>();

    Seeds(long first, long count, Tampering tampering) {
        this.first = first;
        this.count = count;
        this.tampering = tampering;
        this.next = new AtomicLong(first);
    }

    /**
     * Runs them all, or until so many have violated something; then those that have begun still end.
     *
     * @param kept hears of each run that violated nothing, one at a time
     * @param violated hears what a run violated, one at a time
     * @return by seed, what was violated
     */
    SortedMap<Long, AssertionError> run(
            long failuresMax, Consumer<ClusterSimulation.Report> kept, Consumer<AssertionError> violated) {
        int threads = (int) Math.min(count, Runtime.getRuntime().availableProcessors());
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            List<Future<?>> workers = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                workers.add(executor.submit(() -> work(failuresMax, kept, violated)));
            }
            for (Future<?> worker : workers) {
                worker.get();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } finally {
            executor.shutdownNow();
        }
        return failures;
    }

    private void work(long failuresMax, Consumer<ClusterSimulation.Report> kept, Consumer<AssertionError> violated) {
        for (long seed = next.getAndIncrement(); seed < first + count; seed = next.getAndIncrement()) {
            if (!tampering.mayShowIn(Scenario.of(seed))) {
                continue;
            }
            try {
                ClusterSimulation.Report report = new ClusterSimulation(seed, tampering).run();
                synchronized (failures) {
                    kept.accept(report);
                }
            } catch (AssertionError violation) {
                synchronized (failures) {
                    violated.accept(violation);
                    failures.put(seed, violation);
                    if (failures.size() >= failuresMax) {
                        next.set(first + count);
                    }
                }
            }
        }
    }
}
