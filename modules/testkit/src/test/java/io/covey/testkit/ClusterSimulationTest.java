package io.covey.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.Arrays;
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
    private static final int TAMPERED_SEEDS_MAX = 400;

    @Test
    void nothingAcknowledgedIsLostOverManySeeds() {
        long acknowledged = 0;
        long faults = 0;
        for (long seed = FIRST; seed < FIRST + SEEDS; seed++) {
            ClusterSimulation.Report report = new ClusterSimulation(seed, 3, Tampering.NONE).run();
            acknowledged += report.acknowledged();
            faults += report.faults().size();
        }

        assertThat(acknowledged).isGreaterThan(SEEDS * 100L);
        assertThat(faults).isGreaterThan(SEEDS * 2L);
    }

    @Test
    void theSameSeedRunsTheSameWay() {
        ClusterSimulation.Report first = new ClusterSimulation(7, 3, Tampering.NONE).run();
        ClusterSimulation.Report second = new ClusterSimulation(7, 3, Tampering.NONE).run();

        assertThat(second).isEqualTo(first);
    }

    @ParameterizedTest
    @EnumSource(value = Tampering.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void everyDeliberateFaultIsCaught(Tampering tampering) {
        for (long seed = 1; seed <= TAMPERED_SEEDS_MAX; seed++) {
            try {
                new ClusterSimulation(seed, 3, tampering).run();
            } catch (AssertionError caught) {
                assertThat(caught).hasMessageContaining("seed " + seed).hasMessageContaining("scripts/sim");
                return;
            }
        }
        fail(
                "%s was not caught by %d seeds; known faults: %s",
                tampering, TAMPERED_SEEDS_MAX, Arrays.toString(Tampering.values()));
    }
}
