package io.covey.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SequenceCheckTest {

    private final SequenceCheck check = new SequenceCheck();

    @Test
    void aStreamInOrderHasNoFaults() {
        accept(0, 1, 2, 3);

        assertCounts(4, 0, 0);
    }

    @Test
    void aRepeatedNumberIsADuplicateAndNotNew() {
        accept(0, 1, 2);

        assertThat(check.accept(1)).isFalse();
        assertThat(check.accept(2)).isFalse();
        assertCounts(3, 2, 0);
    }

    @Test
    void aMissingNumberThatComesLateIsReordered() {
        accept(0, 3, 1, 4);

        assertCounts(4, 0, 1);
        assertThat(check.accept(1)).isFalse();
        assertCounts(4, 1, 1);
    }

    @Test
    void whatNeverComesIsMissingFromTheDistinctOnes() {
        accept(0, 5_000_000_000L);

        assertCounts(2, 0, 0);
        assertThat(check.accept(SequenceCheck.MISSING_REMEMBERED)).isTrue();
        assertThat(check.accept(SequenceCheck.MISSING_REMEMBERED + 1)).isFalse();
    }

    private void accept(long... sequence) {
        for (long number : sequence) {
            assertThat(check.accept(number)).isTrue();
        }
    }

    private void assertCounts(long distinct, long duplicates, long reordered) {
        assertThat(check.distinct()).isEqualTo(distinct);
        assertThat(check.duplicates()).isEqualTo(duplicates);
        assertThat(check.reordered()).isEqualTo(reordered);
    }
}
