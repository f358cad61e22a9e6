package io.covey.broker;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What is remembered of names that clients choose. */
class TopicMemoryTest {
    @Test
    void whatWasPutIsFoundUntilItIsForgotten() {
        TopicMemory<Integer> memory = new TopicMemory<>(10);
        memory.put("a", 1);

        assertThat(memory.get("a")).isEqualTo(1);
        assertThat(memory.get("b")).isNull();

        memory.clear();
        assertThat(memory.get("a")).isNull();
    }

    @Test
    void beyondSoManyNamesAllAreForgottenButTheNewest() {
        TopicMemory<Integer> memory = new TopicMemory<>(10);
        for (int i = 0; i < 10; i++) {
            memory.put("t" + i, i);
        }
        assertThat(memory.size()).isEqualTo(10);

        memory.put("one more", 11);

        assertThat(memory.size()).isEqualTo(1);
        assertThat(memory.get("one more")).isEqualTo(11);
    }

    @Test
    void longNamesAreBoundedTogether() {
        TopicMemory<Integer> memory = new TopicMemory<>(1_000_000);
        String longest = "x".repeat(65_530);
        int most = 0;
        for (int i = 0; i < 1_000; i++) {
            memory.put(longest + i, i);
            most = Math.max(most, memory.size());
        }

        assertThat(most).isEqualTo(TopicMemory.CHARACTERS_MAX / 65_532);
        assertThat(memory.get(longest + 999)).isEqualTo(999);
    }
}
