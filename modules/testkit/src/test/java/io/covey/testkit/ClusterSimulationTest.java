package io.covey.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Runs whole clusters from seeds. A failing run prints its seed; {@code scripts/sim SEED} replays it. {@code -Dcovey.sim.seeds=N} and
 * {@code -Dcovey.sim.first=SEED} choose others.
 */
class ClusterSimulationTest {
    private static final long FIRST = Long.getLong("covey.sim.first", 1);
    private static final int SEEDS = Integer.getInteger("covey.sim.seeds", 300);
    private static final int TAMPERED_SEEDS_MAX = 200;

    @Test
    void nothingAcknowledgedIsLostOverManySeeds() {
        List<ClusterSimulation.Report> reports = new ArrayList<>();

        SortedMap<Long, AssertionError> violations =
                new Seeds(FIRST, SEEDS, Tampering.NONE).run(Long.MAX_VALUE, reports::add, violation -> {});

        assertThat(violations.values()).isEmpty();
        assertThat(reports).hasSize(SEEDS);
        assertThat(reports.stream()
                        .mapToLong(ClusterSimulation.Report::acknowledged)
                        .sum())
                .isGreaterThan(SEEDS * 100L);
        assertThat(reports.stream().mapToLong(report -> report.faults().size()).sum())
                .isGreaterThan(SEEDS * 2L);
    }

    @Test
    void theSameSeedRunsTheSameWay() {
        ClusterSimulation.Report first = new ClusterSimulation(7, Tampering.NONE).run();
        ClusterSimulation.Report second = new ClusterSimulation(7, Tampering.NONE).run();

        assertThat(second).isEqualTo(first); // with the digest of all packets and their times
        assertThat(new ClusterSimulation(8, Tampering.NONE).run().digest()).isNotEqualTo(first.digest());
    }

    @ParameterizedTest
    @EnumSource(value = Tampering.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void everyDeliberateFaultIsCaught(Tampering tampering) {
        SortedMap<Long, AssertionError> caught =
                new Seeds(1, TAMPERED_SEEDS_MAX, tampering).run(1, report -> {}, violation -> {});

        assertThat(caught)
                .as("%s in seeds 1 to %d", tampering, TAMPERED_SEEDS_MAX)
                .isNotEmpty();
        long seed = caught.firstKey();
        assertThat(caught.get(seed)).hasMessageContaining("seed " + seed).hasMessageContaining("scripts/sim");
    }
}
