package io.covey.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class EventQueueTest {
    private record Due(long micros, int number) {}

    @Test
    void whatIsDueAtTheSameTimeHappensInTheOrderInWhichItWasAsked() {
        EventQueue events = new EventQueue(new SplittableRandom(1));
        List<Due> asked = new ArrayList<>();
        List<Due> happened = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            Due due = new Due(events.between(0, 500), i);
            asked.add(due);
            events.after(due.micros, () -> {
                assertThat(events.nowMicros()).isEqualTo(due.micros);
                happened.add(due);
            });
        }

        while (events.step(1_000)) {
            // All of it.
        }

        asked.sort(Comparator.comparingLong(Due::micros)); // stable: what was asked first stays first
        assertThat(happened).isEqualTo(asked);
    }

    @Test
    void whatIsDueLaterWaits() {
        EventQueue events = new EventQueue(new SplittableRandom(1));
        List<String> happened = new ArrayList<>();
        events.after(10, () -> {
            happened.add("first");
            events.after(5, () -> happened.add("second"));
        });

        assertThat(events.step(12)).isTrue();
        assertThat(events.step(12)).isFalse();
        assertThat(events.nowMicros()).isEqualTo(12);
        assertThat(happened).containsExactly("first");

        assertThat(events.step(15)).isTrue();
        assertThat(events.nowMicros()).isEqualTo(15);
        assertThat(happened).containsExactly("first", "second");
    }
}
