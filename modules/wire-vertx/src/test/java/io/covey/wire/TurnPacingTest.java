package io.covey.wire;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** When a loop rests between its turns. */
class TurnPacingTest {
    private static final long INTERVAL = 1_000_000;

    private long now = 5_000_000_000L;
    private final TurnPacing pacing = new TurnPacing(INTERVAL, now);

    /** One turn in which each of the first so many connections had work; returns the rest after it. */
    private long turn(int[] countedIn, int connections, long lastsNanos) {
        now += lastsNanos;
        for (int i = 0; i < connections; i++) {
            countedIn[i] = pacing.count(countedIn[i]);
        }
        long pause = pacing.pauseNanos(now);
        if (pause > 0) {
            now += pause;
            pacing.resumed(now);
        }
        return pause;
    }

    private long turns(int count, int[] countedIn, int connections, long lastsNanos) {
        long pauses = 0;
        for (int i = 0; i < count; i++) {
            pauses += turn(countedIn, connections, lastsNanos);
        }
        return pauses;
    }

    @Test
    void aCrowdIsServedAtIntervals() {
        int[] crowd = new int[TurnPacing.CONNECTIONS_MIN];
        turns(100, crowd, crowd.length, 200_000);

        assertThat(pacing.isCrowded()).isTrue();
        assertThat(turn(crowd, crowd.length, 200_000)).isEqualTo(800_000);
    }

    @Test
    void aRestThatWasCutShortDelaysNoTurn() {
        int[] crowd = new int[100];
        turns(100, crowd, crowd.length, 200_000);
        for (int i = 0; i < crowd.length; i++) {
            crowd[i] = pacing.count(crowd[i]);
        }
        now += 200_000;
        assertThat(pacing.pauseNanos(now)).isEqualTo(800_000);
        now += 300_000;
        pacing.resumed(now);

        assertThat(turn(crowd, crowd.length, 100_000)).isEqualTo(900_000);
    }

    @Test
    void aFewBusyClientsAreServedAtOnce() {
        int[] few = new int[TurnPacing.CONNECTIONS_MIN - 1];

        assertThat(turns(1_000, few, few.length, 20_000)).isZero();
        assertThat(pacing.isCrowded()).isFalse();
    }

    @Test
    void aLoopThatIsBusyAllTheTimeNeverRests() {
        int[] crowd = new int[100];
        turns(100, crowd, crowd.length, INTERVAL);

        assertThat(pacing.isCrowded()).isTrue();
        assertThat(turns(100, crowd, crowd.length, INTERVAL)).isZero();
    }

    @Test
    void afterASilenceTheCrowdIsForgotten() {
        int[] crowd = new int[100];
        turns(100, crowd, crowd.length, 200_000);

        assertThat(turn(crowd, 1, 10 * TurnPacing.SLICE_NANOS)).isZero();
        assertThat(pacing.isCrowded()).isFalse();
    }

    @Test
    void withoutAnIntervalNothingRests() {
        TurnPacing never = new TurnPacing(0, now);
        int[] crowd = new int[100];
        for (int i = 0; i < 1_000; i++) {
            now += 20_000;
            for (int c = 0; c < crowd.length; c++) {
                crowd[c] = never.count(crowd[c]);
            }
            assertThat(never.pauseNanos(now)).isZero();
        }
        assertThat(never.isCrowded()).as("it is known all the same").isTrue();
    }
}
