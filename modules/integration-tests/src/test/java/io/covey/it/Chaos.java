package io.covey.it;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Faults by the hundred on real processes under load, with the clients and the judgement of the tests. Which fault strikes which node when comes
 * from the seed; what the processes do meanwhile does not, so a seed repeats the circumstances, not the run.
 */
@Command(
        name = "scripts/chaos",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Lets faults strike a cluster of processes on loopback under load and prints what became of the"
                + " messages. Exit status 1: a promise was broken, or the cluster did not recover.")
final class Chaos implements Callable<Integer> {
    @Parameters(paramLabel = "ROUNDS", description = "how many faults, one after the other")
    private int rounds;

    @Option(
            names = "--faults",
            split = ",",
            paramLabel = "NAME",
            description = "which: ${COMPLETION-CANDIDATES} (default: all)")
    private List<Fault> faults = List.of(Fault.values());

    @Option(names = "--nodes", paramLabel = "N", description = "how many nodes (default: ${DEFAULT-VALUE})")
    private int nodes = 3;

    @Option(names = "--backups", paramLabel = "N", description = "cluster.backup-count (default: ${DEFAULT-VALUE})")
    private int backups = 1;

    @Option(names = "--seed", paramLabel = "SEED", description = "of an earlier run (default: a new one)")
    private long seed = System.nanoTime() % 1_000_000;

    @Option(names = "--set", paramLabel = "key=value", description = "a configuration key for all nodes")
    private List<String> assignments = new ArrayList<>();

    @Option(names = "--dist", required = true, hidden = true)
    private String distribution = "";

    @Option(names = "--work", required = true, hidden = true)
    private String work = "";

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description = "no round begins later than this; those that are left are not run")
    private long seconds = TimeUnit.DAYS.toSeconds(30);

    @Option(
            names = "--tally",
            paramLabel = "FILE",
            description = "a file to which the run is added; its sums over all runs are printed, too")
    private @Nullable Path file;

    private final ChaosTally rows = new ChaosTally();

    /** Ends the process with the status that {@link #call} returns. */
    public static void main(String[] args) {
        int status = new CommandLine(new Chaos())
                .registerConverter(
                        Fault.class,
                        name -> Fault.valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_')))
                .execute(args);
        System.exit(status);
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        System.setProperty("covey.dist", distribution);
        System.setProperty("covey.work", work);
        System.out.println("seed " + seed + ", " + nodes + " nodes, backup-count " + backups + ", files in " + work);
        List<String> settings = new ArrayList<>(List.of("cluster.backup-count=" + backups));
        settings.addAll(assignments);
        boolean kept;
        try (ClusterProcesses cluster = ClusterProcesses.start(nodes, settings);
                NumberedTraffic traffic = new NumberedTraffic()) {
            // Told to end before it is through, it leaves no processes behind.
            Runtime.getRuntime().addShutdownHook(new Thread(cluster::close));
            Fault.Site site = new Fault.Site(cluster, traffic, new Random(seed), backups);
            traffic.begin(cluster);
            kept = strikeAll(site);
            NumberedTraffic.Tally tally = traffic.finish();
            System.out.println("in the end: " + tally);
            if (kept && !tally.isKept()) {
                rows.add(
                        "in-the-end",
                        new ChaosTally.Row(1, 1, 0, tally.lost(), tally.duplicated(), tally.reordered(), 0, 0, 0));
            }
            kept &= tally.isKept();
        }
        rows.print();
        if (file != null) {
            System.out.println("all runs in " + file + ":");
            rows.addedTo(file).print();
        }
        System.out.println(
                kept
                        ? "all promises kept"
                        : "BROKEN. Again: scripts/chaos " + rounds + " --seed " + seed + " --nodes " + nodes
                                + " --backups " + backups + " --faults "
                                + String.join(
                                        ",",
                                        faults.stream().map(Fault::toString).toList())
                                + "; logs and data of the nodes: " + work);
        return kept ? 0 : 1;
    }

    private boolean strikeAll(Fault.Site site) throws IOException, InterruptedException {
        System.out.printf(
                "%5s %-16s %-8s %9s %6s %6s %9s %12s %8s %9s%n",
                "round", "fault", "nodes", "acked", "lost", "twice", "reordered", "others' gap", "gap", "recovery");
        long lastNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        for (int round = 1; round <= rounds && System.nanoTime() < lastNanos; round++) {
            Fault fault = faults.get(site.random().nextInt(faults.size()));
            List<Integer> hit = fault.choose(site);
            NumberedTraffic.Tally tally;
            try {
                tally = strike(site, round, fault, hit);
            } catch (AssertionError | IllegalStateException notRecovered) {
                System.out.println("after " + fault + " at " + hit + ": " + notRecovered);
                rows.add(fault.toString(), ChaosTally.Row.NOT_RECOVERED);
                return false;
            }
            if (!tally.isKept()) {
                tally.faults().forEach(System.out::println);
                return false;
            }
        }
        return true;
    }

    private NumberedTraffic.Tally strike(Fault.Site site, int round, Fault fault, List<Integer> hit)
            throws IOException, InterruptedException {
        NumberedTraffic traffic = site.traffic();
        traffic.moveSome(site.random());
        traffic.awaitProgress(50);
        int before = traffic.acknowledged();
        List<Integer> ports =
                hit.stream().map(node -> site.cluster().node(node).mqttPort()).toList();
        List<NumberedPublisher> others = traffic.publishers().stream()
                .filter(publisher -> !ports.contains(publisher.port()))
                .toList();
        traffic.mark();
        fault.strike(site, hit);
        long struckNanos = System.nanoTime();
        traffic.awaitProgress(20);
        site.cluster().awaitReady();

        long recovery = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - struckNanos);
        long othersGap = traffic.longestGapMillis(others::contains);
        long gap = traffic.longestGapMillis();
        NumberedTraffic.Tally tally = traffic.settle();
        int acknowledged = traffic.acknowledged() - before;
        rows.add(
                fault.toString(),
                new ChaosTally.Row(
                        1,
                        tally.isKept() ? 0 : 1,
                        acknowledged,
                        tally.lost(),
                        tally.duplicated(),
                        tally.reordered(),
                        gap,
                        othersGap,
                        recovery));
        String where =
                String.join("+", hit.stream().map(node -> "" + (node + 1)).toList());
        System.out.printf(
                "%5d %-16s %-8s %9d %6d %6d %9d %12d %8d %9d%n",
                round,
                fault,
                where,
                acknowledged,
                tally.lost(),
                tally.duplicated(),
                tally.reordered(),
                othersGap,
                gap,
                recovery);
        return tally;
    }
}
