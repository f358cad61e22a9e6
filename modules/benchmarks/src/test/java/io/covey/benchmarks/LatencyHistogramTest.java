package io.covey.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class LatencyHistogramTest {

    private final LatencyHistogram histogram = new LatencyHistogram();

    @Test
    void quantilesLieWithinABucketOfTheSortedSample() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        long[] sample = random.longs(20_000)
                .map(bits -> (bits >>> 1) >>> 20 + random.nextInt(40))
                .toArray();
        for (long value : sample) {
            histogram.record(value);
        }
        Arrays.sort(sample);

        for (double share : new double[] {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1}) {
            long exact = sample[(int) Math.ceil(share * sample.length) - 1];
            long found = histogram.quantileNanos(share);
            assertThat(found).as("share %s", share).isGreaterThanOrEqualTo(exact);
            assertThat((double) found).as("share %s", share).isCloseTo(exact, within(exact / 60.0 + 0.1));
        }
        assertThat(histogram.maximumNanos()).isEqualTo(sample[sample.length - 1]);
        assertThat(histogram.count()).isEqualTo(sample.length);
    }

    @Test
    void smallValuesAreExact() {
        for (int value = 0; value < 64; value++) {
            histogram.record(value);
        }

        assertThat(histogram.quantileNanos(0.5)).isEqualTo(31);
        assertThat(histogram.quantileNanos(1)).isEqualTo(63);
    }

    @Test
    void valuesBeyondTheRangeCountAtItsEnds() {
        histogram.record(-5);
        histogram.record(Long.MAX_VALUE);

        assertThat(histogram.quantileNanos(0.5)).isZero();
        assertThat(histogram.quantileNanos(1)).isEqualTo((1L << 46) - 1);
    }

    @Test
    void anEmptyOneHasOnlyZeros() {
        histogram.record(7);
        histogram.clear();

        assertThat(histogram.quantileNanos(0.99)).isZero();
        assertThat(histogram.maximumNanos()).isZero();
        assertThatThrownBy(() -> histogram.quantileNanos(0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void addedOnesCountTogether() {
        LatencyHistogram other = new LatencyHistogram();
        histogram.record(1_000);
        other.record(1_000_000);
        other.record(2_000_000);
        histogram.add(other);

        assertThat(histogram.count()).isEqualTo(3);
        assertThat(histogram.quantileNanos(0.5)).isCloseTo(1_000_000, Percentage.withPercentage(1.6));
        assertThat(histogram.maximumNanos()).isEqualTo(2_000_000);
    }
}
