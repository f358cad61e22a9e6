package io.covey.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.covey.bucket.QueueEntry;
import io.covey.protocol.QoS;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class OutboundWindowTest {
    private final OutboundWindow window = new OutboundWindow();

    private void publish(long sequence) {
        window.add(sequence);
        window.published(sequence, QoS.AT_LEAST_ONCE);
    }

    @Test
    void everyOpenSequenceIsFoundByItsPacketId() {
        SplittableRandom random = new SplittableRandom(11);
        TreeSet<Long> open = new TreeSet<>();
        long next = 65_000;
        for (int i = 0; i < 100_000; i++) {
            boolean full = !open.isEmpty() && next - open.first() >= 65_535;
            if (!full && random.nextInt(100) < 60) {
                publish(next);
                open.add(next++);
            } else if (!open.isEmpty()) {
                Long sequence = open.floor(open.first() + random.nextLong(next - open.first()));
                assertThat(window.sequenceOf(QueueEntry.packetId(sequence))).isEqualTo(sequence);
                window.release(sequence);
                open.remove(sequence);
                assertThat(window.sequenceOf(QueueEntry.packetId(sequence))).isEqualTo(OutboundWindow.NONE);
            }
            assertThat(window.inFlight()).isEqualTo(open.size());
        }
    }

    @Test
    void unsentSequencesAreNotInFlight() {
        window.add(5);
        assertThat(window.inFlight()).isZero();
        assertThat(window.state(5)).isEqualTo(OutboundWindow.UNSENT);

        window.release(5);
        assertThat(window.inFlight()).isZero();
        assertThat(window.state(5)).isEqualTo(OutboundWindow.FREE);
    }

    @Test
    void gapsBetweenSequencesAreFree() {
        publish(5);
        publish(9);

        assertThat(window.state(7)).isEqualTo(OutboundWindow.FREE);
        assertThat(window.sequenceOf(QueueEntry.packetId(7))).isEqualTo(OutboundWindow.NONE);
        window.release(5);
        assertThat(window.sequenceOf(QueueEntry.packetId(9))).isEqualTo(9);
    }

    @Test
    void sequencesMustGrowAndStayWithinThePacketIds() {
        publish(5);

        assertThatThrownBy(() -> window.add(5)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> window.add(5 + 65_535)).isInstanceOf(IllegalArgumentException.class);
        publish(5 + 65_534);
        assertThat(window.isExhausted()).isTrue();
    }
}
