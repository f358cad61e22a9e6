package io.covey.wire;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ClusterClockTest {
    private long wallMillis = 1_000_000;
    private long nanos = -5;
    private final ClusterClock clock = new ClusterClock(() -> wallMillis, () -> nanos);

    private void pass(long millis) {
        wallMillis += millis;
        nanos += millis * 1_000_000;
    }

    @Test
    void followsTheWallClockAndItsStepsForward() {
        assertThat(clock.millis()).isEqualTo(1_000_000);
        pass(7);
        assertThat(clock.millis()).isEqualTo(1_000_007);
        wallMillis += 3_600_000;
        assertThat(clock.millis()).isEqualTo(4_600_007);
    }

    @Test
    void goesOnAtHalfSpeedWhileTheWallClockIsBehind() {
        wallMillis -= 1_000;

        for (int i = 0; i < 999; i++) {
            pass(1);
            assertThat(clock.millis()).isEqualTo(1_000_000 + (i + 1) / 2);
        }
        pass(1_001); // the wall clock is at 1,001,000 now, half speed at 1,001,000 as well
        assertThat(clock.millis()).isEqualTo(1_001_000);
        pass(10);
        assertThat(clock.millis()).isEqualTo(1_001_010);
    }
}
