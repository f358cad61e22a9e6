package io.covey.testkit;

import java.util.Arrays;
import java.util.function.Consumer;

/** Draws what is done to the hosts and the network, as much at a time as the cluster has backups for. */
final class Faults {
    private static final long STOP_MICROS_MAX = 30_000_000;
    private static final long LOOK_MICROS = 20_000;
    /** Longer than the wait for a backup, so that the fate of some batches is unknown. */
    private static final long SLOW_MILLIS_MAX = 1_300;

    private final EventQueue events;
    private final SimulatedNetwork network;
    private final SimulatedHosts hosts;
    private final Scenario scenario;
    private final Consumer<String> note;
    private boolean over;
    private long quietFromMicros;
    private long cutUntilMicros;
    private boolean stopping;
    /** Whether an owner was cut off since everything was mended: then what was to come with another fault does not. */
    private boolean ownerCutOff;

    Faults(
            EventQueue events,
            SimulatedNetwork network,
            SimulatedHosts hosts,
            Scenario scenario,
            Consumer<String> note) {
        this.events = events;
        this.network = network;
        this.hosts = hosts;
        this.scenario = scenario;
        this.note = note;
    }

    /** From now on things go wrong, whenever everything has been mended. */
    void start() {
        if (scenario.has(Scenario.Feature.SLOW_BACKUPS)) {
            slowBackups();
        }
        look();
    }

    private void look() {
        events.after(events.between(1_000_000, 5_000_000), () -> {
            if (over) {
                return;
            }
            if (!stopping && events.nowMicros() >= quietFromMicros && hosts.allServe()) {
                next();
            }
            look();
        });
    }

    /** Nothing goes wrong any more. */
    void end() {
        over = true;
    }

    /** A host has this moment changed a bucket as its new owner, or given it to another that will be. */
    void ownerChanges(int host) {
        boolean due = scenario.has(Scenario.Feature.OWNERS_CUT_OFF) && !over && !ownerCutOff && !stopping;
        if (due && events.nowMicros() >= cutUntilMicros && hosts.canSpare(host) && events.chance(0.3)) {
            ownerCutOff = true;
            isolate(host, events.between(2500, 18_000));
        }
    }

    private void next() {
        ownerCutOff = false;
        int host = (int) events.between(0, hosts.count() - 1);
        if (hosts.member(host) == null) {
            hosts.join(host); // it joins for the first time
            return;
        }
        if (scenario.has(Scenario.Feature.SPLITS) && events.chance(0.3)) {
            split();
        } else if (scenario.has(Scenario.Feature.ROLLING_STOPS) && events.chance(0.3)) {
            stop(host);
        } else {
            disturb(host);
            if (scenario.backups() > 1 && events.chance(0.5)) {
                int other = (host + (int) events.between(1, hosts.count() - 1)) % hosts.count();
                events.after(events.between(0, 2_000_000), () -> {
                    if (hosts.member(other) != null && !ownerCutOff) {
                        disturb(other);
                    }
                });
            }
        }
    }

    private void disturb(int host) {
        if (scenario.has(Scenario.Feature.SLOW_BACKUPS) && events.chance(0.5)) {
            killWhileBackupsAreSlow(host);
            return;
        }
        switch ((int) events.between(0, 5)) {
            case 0, 1 -> kill(host);
            case 2 -> freeze(host, events.between(500, 4000));
            case 3 -> freeze(host, events.between(6000, 18_000));
            case 4 -> {
                freeze(host, events.between(11_000, 18_000));
                killOnceExpelled(host, (host + (int) events.between(1, hosts.count() - 1)) % hosts.count());
            }
            default -> isolate(host, events.between(1000, 16_000));
        }
    }

    private void kill(int host) {
        hosts.kill(host);
        events.after(events.between(500_000, 4_000_000), () -> hosts.join(host));
    }

    /** What the owner has applied and its backups have not is lost with it: nobody may have seen anything of that. */
    private void killWhileBackupsAreSlow(int host) {
        long millis = events.between(50, SLOW_MILLIS_MAX);
        for (int other = 0; other < hosts.count(); other++) {
            if (other != host) {
                hosts.slowBackups(other, millis);
            }
        }
        quietAfter(millis);
        events.after(events.between(0, millis * 1000), () -> {
            if (hosts.member(host) != null && !ownerCutOff) {
                kill(host);
            }
        });
    }

    /** Backups are slow now and then, and nothing else happens. */
    private void slowBackups() {
        events.after(events.between(500_000, 4_000_000), () -> {
            if (!over) {
                hosts.slowBackups((int) events.between(0, hosts.count() - 1), events.between(20, SLOW_MILLIS_MAX));
                slowBackups();
            }
        });
    }

    /**
     * A second host dies just when it has lost its backups with the frozen one. It must not have acknowledged anything alone; what it acknowledged
     * before is in the frozen one, too, and comes back with it. Once it has new backups it is spared: what it acknowledges with them is no
     * longer in the frozen one, and two hosts of three are more than one backup can stand for.
     */
    private void killOnceExpelled(int frozen, int other) {
        events.after(LOOK_MICROS, () -> {
            if (hosts.hasExpelled(other, frozen)) {
                long table = hosts.tableVersion(other);
                events.after(events.between(0, 400_000), () -> {
                    if (hosts.hasExpelled(other, frozen) && hosts.tableVersion(other) == table && !ownerCutOff) {
                        kill(other);
                    }
                });
            } else if (hosts.isFrozen(frozen)) {
                killOnceExpelled(frozen, other);
            }
        });
    }

    private void freeze(int host, long millis) {
        quietAfter(millis);
        hosts.freeze(host, millis);
    }

    private void isolate(int host, long millis) {
        note.accept(events.nowMillis() + " ms: host " + host + " is cut off for " + millis + " ms");
        network.isolate(host);
        healAfter(millis);
    }

    private void split() {
        int[] sides = new int[hosts.count()];
        int count = (int) events.between(2, Math.min(3, hosts.count()));
        for (int host = 0; host < sides.length; host++) {
            sides[host] = (int) events.between(0, count - 1);
        }
        if (events.chance(0.4)) {
            Arrays.setAll(sides, host -> host); // each alone
        }
        long millis = events.between(1000, 20_000);
        note.accept(events.nowMillis() + " ms: split into " + Arrays.toString(sides) + " for " + millis + " ms");
        network.split(sides);
        healAfter(millis);
    }

    private void healAfter(long millis) {
        quietAfter(millis);
        cutUntilMicros = Math.max(cutUntilMicros, events.nowMicros() + millis * 1000);
        events.after(millis * 1000, () -> {
            if (events.nowMicros() >= cutUntilMicros) {
                network.heal();
            }
        });
    }

    private void quietAfter(long millis) {
        quietFromMicros = Math.max(quietFromMicros, events.nowMicros() + millis * 1000);
    }

    /** Leaves in order, or is killed where that takes too long, and comes back. */
    private void stop(int host) {
        stopping = true;
        boolean[] ended = new boolean[1];
        Runnable back = () -> {
            if (!ended[0]) {
                ended[0] = true;
                stopping = false;
                events.after(events.between(100_000, 2_000_000), () -> hosts.join(host));
            }
        };
        hosts.stop(host, back);
        events.after(STOP_MICROS_MAX, () -> {
            if (!ended[0]) {
                hosts.kill(host);
                back.run();
            }
        });
    }
}
