package io.covey.benchmarks;

/** Reads a process's CPU time and memory from /proc (Linux). */
final class ProcessMeter {

    /** USER_HZ, the unit of /proc/PID/stat, is 100 on every Linux that Java runs on. */
    private static final long MICROS_PER_TICK = 10_000;

    /** Fields of /proc/PID/stat counted from the state, which follows the name in parentheses. */
    private static final int USER_TICKS_FIELD = 11;

    private static final int SYSTEM_TICKS_FIELD = 12;

    private ProcessMeter() {}

    /** User and system time since the process started, all threads, in steps of 10 ms. */
    static long cpuMicros(long pid) {
        return cpuMicros(read(pid, "stat"));
    }

    static long cpuMicros(String stat) {
        // The name may hold blanks and parentheses itself, so the fields are counted from its last one.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[USER_TICKS_FIELD]) + Long.parseLong(fields[SYSTEM_TICKS_FIELD]))
                * MICROS_PER_TICK;
    }

    /** What all processors of the host have worked since it started, other than waiting. */
    static long hostBusyMicros() {
        return hostBusyMicros(ProcFile.read("/proc/stat"));
    }

    static long hostBusyMicros(String stat) {
        // cpu user nice system idle iowait irq softirq steal ...
        String[] fields = stat.substring(0, stat.indexOf('\n')).split(" +");
        long ticks = 0;
        for (int field : new int[] {1, 2, 3, 6, 7, 8}) {
            ticks += Long.parseLong(fields[field]);
        }
        return ticks * MICROS_PER_TICK;
    }

    /** Resident memory. */
    static long residentBytes(long pid) {
        return statusKibibytes(read(pid, "status"), "VmRSS:") * 1024;
    }

    static long statusKibibytes(String status, String key) {
        return status.lines()
                .filter(line -> line.startsWith(key))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElseThrow(() -> new DriverFailure("no " + key + " in /proc/PID/status"));
    }

    private static String read(long pid, String file) {
        return ProcFile.read("/proc/" + pid + "/" + file);
    }
}
