package io.covey.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.covey.protocol.QoS;
import io.covey.protocol.ReasonCode;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PendingPublishesTest {
    private final PendingPublishes pending = new PendingPublishes();

    @Test
    void emptyRingHasNoOutcome() {
        assertThat(pending.oldestOutcome()).isNull();
        assertThat(pending.newestToken()).isZero();
        assertThat(pending.size()).isZero();
    }

    @Test
    void tokensCountFromOneAndKeepWhatTheyStandFor() {
        SplittableRandom random = new SplittableRandom(7);
        long oldest = 1;
        long newest = 0;
        for (int i = 0; i < 20_000; i++) {
            if (random.nextInt(1000) < 520) {
                newest++;
                assertThat(pending.add((int) (newest % 65_536), QoS.of((int) (newest % 3)), (int) newest))
                        .isEqualTo(newest);
            } else if (oldest <= newest) {
                pending.complete(oldest, ReasonCode.SUCCESS);
                assertThat(pending.oldestToken()).isEqualTo(oldest);
                assertThat(pending.oldestOutcome()).isEqualTo(ReasonCode.SUCCESS);
                assertThat(pending.oldestPacketId()).isEqualTo((int) (oldest % 65_536));
                assertThat(pending.oldestQos()).isEqualTo(QoS.of((int) (oldest % 3)));
                pending.removeOldest();
                oldest++;
            }
            assertThat(pending.size()).isEqualTo((int) (newest - oldest + 1));
            assertThat(pending.newestToken()).isEqualTo(newest);
            assertThat(pending.bytes()).isEqualTo((oldest + newest) * (newest - oldest + 1) / 2);
        }
    }

    @Test
    void outcomesOfLaterPublishesWait() {
        pending.add(1, QoS.AT_LEAST_ONCE, 10);
        pending.add(2, QoS.EXACTLY_ONCE, 20);

        pending.complete(2, ReasonCode.QUOTA_EXCEEDED);
        assertThat(pending.oldestOutcome()).isNull();
        pending.complete(1, ReasonCode.SUCCESS);
        pending.removeOldest();

        assertThat(pending.oldestOutcome()).isEqualTo(ReasonCode.QUOTA_EXCEEDED);
        assertThatThrownBy(() -> pending.complete(1, ReasonCode.SUCCESS)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> pending.complete(2, ReasonCode.SUCCESS)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> pending.complete(3, ReasonCode.SUCCESS)).isInstanceOf(IllegalArgumentException.class);
    }
}
