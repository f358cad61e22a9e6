package io.covey.it;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** What can happen to nodes and clients. When {@link #strike} returns, all processes run again; whether they serve is another matter. */
enum Fault {
    /** One node: SIGKILL, and a start within three seconds. */
    KILL(Nodes.ONE) {
        @Override
        void strike(Site site, List<Integer> nodes) throws IOException, InterruptedException {
            killAndStart(site, nodes);
        }
    },

    /** As many nodes as there are backups, at once: SIGKILL, and a start of all. */
    KILL_BACKUPS(Nodes.BACKUPS) {
        @Override
        void strike(Site site, List<Integer> nodes) throws IOException, InterruptedException {
            killAndStart(site, nodes);
        }
    },

    /** More nodes than there are backups, and all but a minority, at once: SIGKILL, and a start of all. */
    KILL_MAJORITY(Nodes.MAJORITY) {
        @Override
        void strike(Site site, List<Integer> nodes) throws IOException, InterruptedException {
            killAndStart(site, nodes);
        }
    },

    /** One node: SIGKILL, and another while it starts or has just started. */
    KILL_TWICE(Nodes.ONE) {
        @Override
        void strike(Site site, List<Integer> nodes) throws IOException, InterruptedException {
            site.cluster().node(nodes.get(0)).kill();
            site.cluster().launch(nodes.get(0));
            sleep(1_000 + site.random().nextInt(8_000));
            site.cluster().node(nodes.get(0)).kill();
            site.cluster().restart(nodes.get(0));
        }
    },

    /** All nodes at once: SIGKILL, and a start in any order. */
    KILL_ALL(Nodes.ALL) {
        @Override
        void strike(Site site, List<Integer> nodes) throws IOException, InterruptedException {
            site.cluster().killAll();
            int[] order = nodes.stream().mapToInt(Integer::intValue).toArray();
            site.cluster().restartAll(order, site.random().nextInt(1_500));
        }
    },

    /** One node: SIGTERM, and a start. */
    STOP(Nodes.ONE) {
        @Override
        void strike(Site site, List<Integer> nodes) throws IOException, InterruptedException {
            int status = site.cluster().node(nodes.get(0)).terminate();
            if (status != 0) {
                throw new AssertionError("a node that was told to stop ended with status " + status);
            }
            site.cluster().restart(nodes.get(0));
        }
    },

    /** One node stands still for up to seven seconds: for less than its lease, or a little more. */
    FREEZE_SHORT(Nodes.ONE) {
        @Override
        void strike(Site site, List<Integer> nodes) throws IOException, InterruptedException {
            freeze(site, nodes, 500 + site.random().nextInt(6_500));
        }
    },

    /** One node stands still for half a minute: the others go on without it. */
    FREEZE(Nodes.ONE) {
        @Override
        void strike(Site site, List<Integer> nodes) throws IOException, InterruptedException {
            freeze(site, nodes, 25_000 + site.random().nextInt(10_000));
        }
    },

    /** So many nodes stand still that the others are no majority. */
    FREEZE_MAJORITY(Nodes.MAJORITY) {
        @Override
        void strike(Site site, List<Integer> nodes) throws IOException, InterruptedException {
            freeze(site, nodes, 2_000 + site.random().nextInt(18_000));
        }
    },

    /** Nodes stand still one after the other, each for less than its lease. */
    FREEZE_IN_TURN(Nodes.ALL) {
        @Override
        void strike(Site site, List<Integer> nodes) throws IOException, InterruptedException {
            for (int node : nodes) {
                freeze(site, List.of(node), 500 + site.random().nextInt(4_000));
            }
        }
    },

    /** Clients leave their connections and come back to other nodes, again and again. */
    MOVE(Nodes.NONE) {
        @Override
        void strike(Site site, List<Integer> nodes) throws IOException, InterruptedException {
            for (int i = 0; i < 10; i++) {
                site.traffic().moveSome(site.random());
                sleep(site.random().nextInt(500));
            }
        }
    };

    private enum Nodes {
        NONE,
        ONE,
        BACKUPS,
        MAJORITY,
        ALL
    }

    /**
     * Where a fault strikes.
     *
     * @param backups the cluster's backup-count
     */
    record Site(ClusterProcesses cluster, NumberedTraffic traffic, Random random, int backups) {}

    private final Nodes nodes;

    Fault(Nodes nodes) {
        this.nodes = nodes;
    }

    /** How many nodes it hits. */
    int nodes(Site site) {
        return switch (nodes) {
            case NONE -> 0;
            case ONE -> 1;
            case BACKUPS -> site.backups();
            case MAJORITY -> site.cluster().size() / 2 + 1;
            case ALL -> site.cluster().size();
        };
    }

    /** Which nodes it hits this time. */
    List<Integer> choose(Site site) {
        List<Integer> all = new ArrayList<>();
        for (int i = 0; i < site.cluster().size(); i++) {
            all.add(i);
        }
        Collections.shuffle(all, site.random());
        return List.copyOf(all.subList(0, nodes(site)));
    }

    abstract void strike(Site site, List<Integer> nodes) throws IOException, InterruptedException;

    private static void killAndStart(Site site, List<Integer> nodes) throws IOException, InterruptedException {
        nodes.forEach(node -> site.cluster().node(node).signalKill());
        for (int node : nodes) {
            site.cluster().node(node).kill();
        }
        sleep(site.random().nextInt(3_000));
        for (int node : nodes) {
            site.cluster().launch(node);
        }
        for (int node : nodes) {
            site.cluster().node(node).awaitReady();
        }
    }

    private static void freeze(Site site, List<Integer> nodes, int millis) throws IOException, InterruptedException {
        for (int node : nodes) {
            site.cluster().node(node).freeze();
        }
        sleep(millis);
        for (int node : nodes) {
            site.cluster().node(node).thaw();
        }
    }

    private static void sleep(int millis) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(millis);
    }

    /** As the command line has it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
