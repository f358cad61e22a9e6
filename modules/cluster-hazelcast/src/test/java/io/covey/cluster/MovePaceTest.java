package io.covey.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.internal.partition.impl.InternalPartitionServiceImpl;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class MovePaceTest {
    private boolean allServed = true;
    private final MovePace pace = new MovePace(() -> allServed);
    private long now = Long.MAX_VALUE - 1_000; // it overflows, as the clock may

    private void moved(long millis) {
        pace.begin(now);
        now += TimeUnit.MILLISECONDS.toNanos(millis);
        pace.ended(now);
    }

    private long restMillis() {
        return TimeUnit.NANOSECONDS.toMillis(pace.restNanos());
    }

    @Test
    void theNextMoveWaitsForAsLongAsThoseBeforeTook() {
        assertThat(restMillis()).isZero();
        moved(200);
        moved(100);
        assertThat(restMillis()).isEqualTo(300);
        assertThat(restMillis()).isZero();
    }

    @Test
    void aRestHasABoundAndIsNotMadeForLittle() {
        moved(30_000);
        assertThat(restMillis()).isEqualTo(1_000);
        moved(20);
        assertThat(restMillis()).isZero();
        moved(40);
        assertThat(restMillis()).isEqualTo(60);
    }

    @Test
    void whatAPartitionLacksComesAtOnce() {
        moved(200);
        allServed = false;
        assertThat(restMillis()).isZero();
        moved(200);
        allServed = true;
        assertThat(restMillis()).isEqualTo(400);
    }

    @Test
    void eachMemberKeepsThePaceWhereItLeadsTheMoves() {
        List<ClusterSettings> settings = TestMember.settings(1, 1, 0);
        try (TestMember member = new TestMember(settings.get(0))) {
            InternalPartitionServiceImpl partitions = (InternalPartitionServiceImpl)
                    PartitionHost.engine(Replicas.hazelcast(member)).getPartitionService();
            assertThat(partitions.getMigrationInterceptor()).isInstanceOf(MovePace.class);
        }
    }
}
