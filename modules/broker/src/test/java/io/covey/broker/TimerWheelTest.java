package io.covey.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TimerWheelTest {
    private final VirtualTime time = new VirtualTime();
    private final ShardLoop loop = time.loop();
    private final TimerWheel wheel = new TimerWheel(loop);
    private final List<String> fired = new ArrayList<>();

    private TimerWheel.Timer timer(String name) {
        return new TimerWheel.Timer(() -> fired.add(name));
    }

    private long in(long millis) {
        return loop.clusterMillis() + millis;
    }

    @Test
    void aTimerFiresOnceAtItsTime() {
        TimerWheel.Timer timer = timer("a");
        wheel.atLatest(timer, in(100));

        time.pass(99);
        assertThat(fired).isEmpty();
        time.pass(1 + TimerWheel.SLOT_MILLIS);
        assertThat(fired).containsExactly("a");
        time.pass(100_000);
        assertThat(fired).containsExactly("a");
    }

    @Test
    void theEarliestOfSeveralTimesCounts() {
        TimerWheel.Timer timer = timer("a");
        wheel.atLatest(timer, in(500));
        wheel.atLatest(timer, in(50));
        wheel.atLatest(timer, in(200));

        time.pass(60);
        assertThat(fired).containsExactly("a");
        time.pass(1_000);
        assertThat(fired).hasSize(1);
    }

    @Test
    void aClearedTimerDoesNotFire() {
        TimerWheel.Timer timer = timer("a");
        wheel.atLatest(timer, in(50));
        wheel.clear(timer);
        time.pass(100);
        assertThat(fired).isEmpty();

        wheel.atLatest(timer, in(50));
        time.pass(100);
        assertThat(fired).hasSize(1);
    }

    @Test
    void timersThatFireMayClearAndSetEachOther() {
        TimerWheel.Timer[] timers = new TimerWheel.Timer[3];
        timers[0] = new TimerWheel.Timer(() -> {
            fired.add("0");
            wheel.clear(timers[1]);
            wheel.atLatest(timers[2], in(1));
        });
        timers[1] = new TimerWheel.Timer(() -> {
            fired.add("1");
            wheel.clear(timers[0]);
            wheel.atLatest(timers[2], in(1));
        });
        timers[2] = timer("2");
        wheel.atLatest(timers[0], in(10));
        wheel.atLatest(timers[1], in(10));

        time.pass(100);

        assertThat(fired).hasSize(2).endsWith("2");
    }

    @Test
    void aDeadlineBeyondTheRingIsKept() {
        wheel.atLatest(timer("late"), in(60_000));
        time.pass(59_990);
        assertThat(fired).isEmpty();
        time.pass(20);
        assertThat(fired).containsExactly("late");
    }

    @Test
    void manyTimersFireWhenAndOnlyWhenTheyAreDue() {
        long seed = 4_711;
        Random random = new Random(seed);
        Map<Integer, Long> due = new HashMap<>();
        List<TimerWheel.Timer> timers = new ArrayList<>();
        List<Long> lateness = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            int name = i;
            timers.add(new TimerWheel.Timer(() -> {
                Long at = due.remove(name);
                assertThat(at).as("not due, seed " + seed).isNotNull();
                lateness.add(loop.clusterMillis() - at);
            }));
        }
        for (int step = 0; step < 3_000; step++) {
            int name = random.nextInt(500);
            if (random.nextInt(4) == 0) {
                wheel.clear(timers.get(name));
                due.remove(name);
            } else {
                long at = in(random.nextInt(10_000));
                wheel.atLatest(timers.get(name), at);
                due.merge(name, at, Math::min);
            }
            time.pass(random.nextInt(8));
        }
        time.pass(11_000);

        assertThat(due).as("seed " + seed).isEmpty();
        assertThat(lateness).hasSizeGreaterThan(500);
        assertThat(lateness).allMatch(late -> late >= 0 && late <= TimerWheel.SLOT_MILLIS + 1);
    }
}
