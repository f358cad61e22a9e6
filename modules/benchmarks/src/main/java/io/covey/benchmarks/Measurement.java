package io.covey.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** What happened between two moments: traffic by the driver's counters, CPU time and memory of the broker's processes by /proc. */
record Measurement(
        double seconds,
        long published,
        long acknowledged,
        long delivered,
        List<Long> brokerCpuMicros,
        long driverCpuMicros,
        long hostCpuMicros,
        List<Long> brokerResidentBytes) {

    private static final long POLL_MILLIS = 10;

    /** Counters and clocks at one moment. */
    record Moment(
            long nanos,
            long published,
            long acknowledged,
            long delivered,
            List<Long> brokerCpuMicros,
            long driverCpuMicros,
            long hostCpuMicros) {

        static Moment now(Fleet fleet, List<Long> pids) {
            List<Long> cpuMicros = new ArrayList<>();
            for (long pid : pids) {
                cpuMicros.add(ProcessMeter.cpuMicros(pid));
            }
            return new Moment(
                    System.nanoTime(),
                    fleet.sum(stats -> stats.published),
                    fleet.sum(stats -> stats.acknowledged),
                    fleet.sum(stats -> stats.delivered),
                    cpuMicros,
                    ProcessMeter.cpuMicros(ProcessHandle.current().pid()),
                    ProcessMeter.hostBusyMicros());
        }

        double secondsAgo() {
            return (System.nanoTime() - nanos) / 1e9;
        }

        /** Ends the measurement that started here. */
        Measurement until(Moment end, List<Long> pids) {
            List<Long> used = new ArrayList<>();
            List<Long> residentBytes = new ArrayList<>();
            for (int i = 0; i < pids.size(); i++) {
                used.add(end.brokerCpuMicros.get(i) - brokerCpuMicros.get(i));
                residentBytes.add(ProcessMeter.residentBytes(pids.get(i)));
            }
            return new Measurement(
                    (end.nanos - nanos) / 1e9,
                    end.published - published,
                    end.acknowledged - acknowledged,
                    end.delivered - delivered,
                    used,
                    end.driverCpuMicros - driverCpuMicros,
                    end.hostCpuMicros - hostCpuMicros,
                    residentBytes);
        }
    }

    /**
     * Waits for the warm-up, then measures until the interval is over or {@code finished} holds.
     *
     * @throws DriverFailure when the load ended before the measured interval began
     */
    static Measurement take(Fleet fleet, List<Long> pids, RunOptions run, BooleanSupplier finished)
            throws InterruptedException {
        pause(fleet, run.warmupSeconds, finished);
        if (finished.getAsBoolean()) {
            throw new DriverFailure("--messages was used up in the warm-up: raise it, or shorten --warmup");
        }
        fleet.onEachLoop(loop -> loop.stats.measureFrom(System.nanoTime()));
        Moment start = Moment.now(fleet, pids);
        pause(fleet, run.seconds, finished);
        Moment end = Moment.now(fleet, pids);
        fleet.onEachLoop(loop -> loop.stats.measureTo(System.nanoTime()));
        return start.until(end, pids);
    }

    private static void pause(Fleet fleet, int seconds, BooleanSupplier finished) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (System.nanoTime() < end && !finished.getAsBoolean()) {
            fleet.requireLoops();
            Thread.sleep(POLL_MILLIS);
        }
    }

    long brokerCpuMicrosSum() {
        return brokerCpuMicros.stream().mapToLong(Long::longValue).sum();
    }

    /** Processors that neither the broker nor the driver kept busy; where it is not small, others disturbed the measurement. */
    double othersCpuShare() {
        return brokerCpuMicros.isEmpty()
                ? Double.NaN
                : Math.max(0, hostCpuMicros - brokerCpuMicrosSum() - driverCpuMicros) / seconds / 1e6;
    }

    /** Puts the rates and the costs for each of {@code messages}. */
    void report(Report report, long messages) {
        long cpuMicros = brokerCpuMicrosSum();
        report.put("measuredSeconds", seconds)
                .put("published", published)
                .put("delivered", delivered)
                .put("messagesPerSecond", messages / seconds)
                .put("cpuMicrosPerMessage", brokerCpuMicros.isEmpty() ? Double.NaN : (double) cpuMicros / messages)
                .put("brokerCpuShare", brokerCpuMicros.isEmpty() ? Double.NaN : cpuMicros / seconds / 1e6)
                .put("othersCpuShare", othersCpuShare())
                .put("brokerCpuMicros", brokerCpuMicros)
                .put("brokerResidentBytes", brokerResidentBytes)
                .put("driverCpuMicrosPerMessage", (double) driverCpuMicros / messages);
    }
}
