package io.covey.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.covey.bucket.BucketLimits;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClusterSettingsTest {
    private static ClusterSettings settings(
            int port, int eventBusPort, List<String> members, int expected, int minimum, int backups, int required) {
        return new ClusterSettings(
                "covey",
                "127.0.0.1",
                port,
                eventBusPort,
                members,
                expected,
                minimum,
                31,
                backups,
                required,
                BucketLimits.DEFAULT,
                ClusterSettings.Timing.DEFAULT);
    }

    @Test
    void aClusterIsFormedByMoreThanHalfOfWhatIsExpectedOrTheMinimumIfThatIsMore() {
        List<String> members = List.of("a:5701");

        assertThat(settings(5701, 5702, members, 1, 0, 0, 0).formationQuorum()).isEqualTo(1);
        assertThat(settings(5701, 5702, members, 2, 0, 0, 0).formationQuorum()).isEqualTo(2);
        assertThat(settings(5701, 5702, members, 3, 0, 0, 0).formationQuorum()).isEqualTo(2);
        assertThat(settings(5701, 5702, members, 5, 0, 0, 0).formationQuorum()).isEqualTo(3);
        assertThat(settings(5701, 5702, members, 3, 3, 0, 0).formationQuorum()).isEqualTo(3);
    }

    @Test
    void whatCannotWorkIsRefusedByName() {
        List<String> members = List.of("a:5701");

        assertThatThrownBy(() -> settings(0, 5702, members, 1, 0, 0, 0)).hasMessageContaining("not a port: 0");
        assertThatThrownBy(() -> settings(5701, 5701, members, 1, 0, 0, 0)).hasMessageContaining("different ports");
        assertThatThrownBy(() -> settings(5701, 5702, List.of(), 1, 0, 0, 0)).hasMessageContaining("no members");
        assertThatThrownBy(() -> settings(5701, 5702, members, 0, 0, 0, 0)).hasMessageContaining("at least 1 member");
        assertThatThrownBy(() -> settings(5701, 5702, members, 1, 0, 7, 0)).hasMessageContaining("0 to 6");
        assertThatThrownBy(() -> settings(5701, 5702, members, 1, 0, 1, 2)).hasMessageContaining("required backups");
    }

    @Test
    void tooSmallACommonPoolIsRefusedWithTheRemedy() {
        assertThatThrownBy(() -> HazelcastConfiguration.requireParallelism(1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("-Djava.util.concurrent.ForkJoinPool.common.parallelism=4");
        HazelcastConfiguration.requireParallelism(4);
    }
}
