package io.covey.testkit;

import java.util.Arrays;

/**
 * The network between hosts. Datagrams (hints, routes, leases) are lost, repeated, delayed and reordered; streams (the data grid's TCP
 * connections) keep their order and lose only what is on its way when hosts are cut off from each other.
 */
final class SimulatedNetwork {
    private final EventQueue events;
    private final boolean[][] cut;
    private final long[][] streamBusyUntilMicros;
    private final double loss;
    private final double repetition;

    SimulatedNetwork(EventQueue events, int hosts, double loss, double repetition) {
        this.events = events;
        this.cut = new boolean[hosts][hosts];
        this.streamBusyUntilMicros = new long[hosts][hosts];
        this.loss = loss;
        this.repetition = repetition;
    }

    boolean isCut(int from, int to) {
        return cut[from][to];
    }

    /** Cuts all traffic between hosts of different sides; everything within a side goes on. */
    void split(int[] sideOfHost) {
        for (int from = 0; from < cut.length; from++) {
            for (int to = 0; to < cut.length; to++) {
                cut[from][to] = sideOfHost[from] != sideOfHost[to];
            }
        }
    }

    /** Cuts all traffic between this host and the others. */
    void isolate(int host) {
        for (int other = 0; other < cut.length; other++) {
            cut[host][other] |= other != host;
            cut[other][host] |= other != host;
        }
    }

    /** Restores everything. */
    void heal() {
        for (boolean[] from : cut) {
            Arrays.fill(from, false);
        }
    }

    void datagram(int from, int to, SimulatedProcess receiver, Runnable action) {
        if (from != to && (cut[from][to] || events.chance(loss))) {
            return;
        }
        int copies = from != to && events.chance(repetition) ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            long delay = from == to ? events.between(1, 30) : events.between(50, 2000);
            if (from != to && events.chance(0.01)) {
                delay += events.between(1000, 200_000);
            }
            events.after(delay, () -> arrive(from, to, receiver, action));
        }
    }

    void stream(int from, int to, SimulatedProcess receiver, Runnable action) {
        if (cut[from][to]) {
            return;
        }
        long delay = from == to ? events.between(1, 20) : events.between(50, 1500);
        long at = Math.max(events.nowMicros() + delay, streamBusyUntilMicros[from][to]);
        streamBusyUntilMicros[from][to] = at;
        events.after(at - events.nowMicros(), () -> arrive(from, to, receiver, action));
    }

    private void arrive(int from, int to, SimulatedProcess receiver, Runnable action) {
        if (from == to || !cut[from][to]) {
            receiver.run(action);
        }
    }
}
