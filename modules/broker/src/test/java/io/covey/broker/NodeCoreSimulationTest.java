package io.covey.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class NodeCoreSimulationTest {
    private static final long FIRST_SEED = Long.getLong("covey.seed", 1);
    private static final int SEEDS = Integer.getInteger("covey.seeds", 20);

    @Test
    @DisplayName(
            "I6, I9: what was told to be live is known by every node that serves, whatever is lost, late, cut off or frozen")
    void whatIsLiveIsKnownByEveryNodeThatServes() {
        int live = 0;
        int restarts = 0;
        for (long seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
            try {
                SimulatedNodes nodes = run(seed);
                live += nodes.live.size();
                restarts += nodes.restarts;
            } catch (AssertionError | RuntimeException failure) {
                throw new AssertionError(
                        "seed " + seed + " (replay with -Dcovey.seed=" + seed + "): " + failure.getMessage(), failure);
            }
        }
        assertThat(live).isGreaterThan(50 * SEEDS);
        assertThat(restarts).isGreaterThan(2 * SEEDS);
    }

    @Test
    void aSingleNodeServesAtOnceForGoodAndWaitsForNobody() {
        SimulatedNodes nodes = new SimulatedNodes(1, 1, NodeSettings.SINGLE);
        nodes.run(1_700);
        SimulatedNodes.Process process = nodes.machines.get(0).process;
        assertThat(process.mayServe()).isTrue();

        nodes.subscribePersistent(process, "p/+", 2, true);
        nodes.subscribeTransient(process, "t/#");
        nodes.run(30);
        assertThat(nodes.live).hasSize(2);
        nodes.run(100_000);

        assertThat(process.mayServe()).isTrue();
        assertThat(nodes.restarts).isZero();
    }

    @Test
    @DisplayName(
            "I9: after a departure nobody changes the buckets that it owns before a majority has granted the lease anew")
    void afterADepartureBucketsWaitForTheAgreementOfAMajority() {
        SimulatedNodes nodes = new SimulatedNodes(1, 3);
        nodes.run(12_000);
        SimulatedNodes.Process stays = nodes.machines.get(0).process;
        SimulatedNodes.Process other = nodes.machines.get(1).process;
        long leaves = nodes.machines.get(2).process.node;
        long before = stays.state.members().number();
        assertThat(stays.mayOwn(before)).isTrue();

        nodes.lossRate = 1; // nobody answers, while the lease of before lasts
        List<Long> without = List.of(stays.node, other.node);
        stays.tell(without, 1_000);
        nodes.run(0);
        long departure = stays.newestView();
        assertThat(stays.mayOwn(departure))
                .as("the partitions know of the departure, the core does not")
                .isFalse();
        assertThat(stays.mayOwn(before)).isTrue();
        nodes.run(1_000);
        assertThat(stays.state.members().nodes()).doesNotContain(leaves);
        assertThat(stays.mayServe()).isTrue();
        assertThat(stays.mayOwn(departure)).isFalse();

        nodes.lossRate = 0;
        other.tell(without, 0);
        nodes.run(1_000);

        assertThat(stays.mayOwn(departure)).isTrue();
        assertThat(stays.mayOwn(departure + 1)).isFalse();
    }

    /** The lease of the one that is away is over; the one that comes anew has not heard of it, and does not wait for it either. */
    @Test
    @DisplayName(
            "I6: subscriptions are confirmed at once beside a node that has come anew, also while another one is away")
    void whoComesAnewHoldsUpNoSubscriptionWhereTheOthersAreAMajority() {
        for (long seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
            SimulatedNodes nodes = new SimulatedNodes(seed, 5);
            nodes.run(12_000);
            nodes.cut(List.of(nodes.machines.get(4)), 1_000_000);
            nodes.run(12_000);
            SimulatedNodes.Process before = nodes.machines.get(3).process;
            nodes.freeze(nodes.machines.get(3), 9_000);
            nodes.runUntil(() -> nodes.machines.get(3).process != before
                    && nodes.machines.get(3).process.mayServe());

            nodes.subscribePersistent(nodes.machines.get(0).process, "at/another", 1, true);
            nodes.subscribePersistent(nodes.machines.get(3).process, "at/itself", 2, true);
            long waited = nodes.runUntil(() -> nodes.live.size() == 2);

            assertThat(waited).as("milliseconds with seed " + seed).isLessThan(2_000);
        }
    }

    private static SimulatedNodes run(long seed) {
        Random random = new Random(seed * 31);
        SimulatedNodes nodes = new SimulatedNodes(seed, 3 + (int) (seed % 3));
        nodes.lossRate = random.nextInt(3) * 0.08;
        nodes.run(12_000);
        for (int step = 0; step < 600; step++) {
            subscribe(nodes, random, step);
            if (random.nextInt(40) == 0) {
                disturb(nodes, random);
            }
            nodes.run(1 + random.nextInt(200));
            nodes.checkLive(100);
        }
        nodes.lossRate = 0;
        nodes.run(60_000);
        nodes.checkLive(Integer.MAX_VALUE);
        nodes.checkSettled();
        return nodes;
    }

    private static void subscribe(SimulatedNodes nodes, Random random, int step) {
        for (SimulatedNodes.Machine machine : nodes.machines) {
            SimulatedNodes.Process process = machine.process;
            if (!process.mayServe()) {
                continue;
            }
            int partition = random.nextInt(SimulatedNodes.PARTITIONS);
            switch (random.nextInt(6)) {
                case 0 -> nodes.subscribePersistent(process, "p/" + step + "/" + machine.index, partition, true);
                case 1 -> nodes.subscribePersistent(process, "again/" + random.nextInt(10), random.nextInt(2), true);
                case 2 -> nodes.subscribePersistent(process, "lost/" + step, partition, false);
                case 3 -> nodes.subscribeTransient(process, "t/" + step + "/" + machine.index);
                case 4 -> nodes.unsubscribePersistent(process, "lost/" + random.nextInt(step + 1), partition);
                default -> {}
            }
        }
    }

    private static void disturb(SimulatedNodes nodes, Random random) {
        List<SimulatedNodes.Machine> machines = new ArrayList<>(nodes.machines);
        Collections.shuffle(machines, random);
        SimulatedNodes.Machine victim = machines.get(0);
        switch (random.nextInt(4)) {
            case 0 -> nodes.crash(victim);
            case 1 -> nodes.freeze(victim, 200 + random.nextInt(12_000));
            case 2 ->
                nodes.cut(
                        machines.subList(0, 1 + random.nextInt((machines.size() - 1) / 2)),
                        500 + random.nextInt(12_000));
            default -> nodes.freeze(victim, 50 + random.nextInt(1_000));
        }
    }
}
