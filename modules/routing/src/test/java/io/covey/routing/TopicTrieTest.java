package io.covey.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.covey.protocol.TopicFilters;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TopicTrieTest {
    private final TopicTrie<Integer> trie = new TopicTrie<>();

    private List<Integer> matched(String topic) {
        List<Integer> values = new ArrayList<>();
        trie.match(topic, values::add);
        return values;
    }

    @Test
    void matchingAgreesWithAListOfFiltersThroughAddsAndRemoves() {
        long seed = 7_041;
        Random random = new Random(seed);
        Map<String, Set<Integer>> naive = new LinkedHashMap<>();
        int hits = 0;
        for (int step = 0; step < 20_000; step++) {
            String filter = RandomTopics.filter(random);
            int value = random.nextInt(20);
            if (random.nextInt(step / 5_000 % 2 == 0 ? 3 : 6) > 1) {
                assertThat(trie.remove(filter, value))
                        .as("seed %d step %d: remove %s", seed, step, filter)
                        .isEqualTo(naive.getOrDefault(filter, new LinkedHashSet<>())
                                .remove(value));
                naive.values().removeIf(Set::isEmpty);
            } else {
                assertThat(trie.add(filter, value))
                        .as("seed %d step %d: add %s", seed, step, filter)
                        .isEqualTo(naive.computeIfAbsent(filter, f -> new LinkedHashSet<>())
                                .add(value));
            }
            String topic = RandomTopics.name(random);
            List<Integer> expected = new ArrayList<>();
            naive.forEach((f, values) -> {
                if (TopicFilters.matches(f, topic)) {
                    expected.addAll(values);
                }
            });
            hits += expected.size();
            List<Integer> matched = matched(topic);
            Collections.sort(matched);
            Collections.sort(expected);
            assertThat(matched).as("seed %d step %d: %s", seed, step, topic).isEqualTo(expected);
        }
        assertThat(hits).isGreaterThan(50_000);
        assertThat(trie.filters()).containsExactlyElementsOf(naive.keySet());
        assertThat(trie.size())
                .isEqualTo(naive.values().stream().mapToInt(Set::size).sum());
        naive.forEach((filter, values) -> List.copyOf(values).forEach(value -> trie.remove(filter, value)));
        assertThat(trie.isEmpty()).isTrue();
        assertThat(trie.filters()).isEmpty();
    }

    @Test // [MQTT-4.7.2-1]
    void leadingWildcardsDoNotMatchNamesThatStartWithDollar() {
        trie.add("#", 1);
        trie.add("+/x", 2);
        trie.add("$SYS/#", 3);
        trie.add("$SYS/+", 4);

        assertThat(matched("$SYS/x")).containsExactly(3, 4);
        assertThat(matched("$SYS")).containsExactly(3);
        assertThat(matched("SYS/x")).containsExactly(1, 2);
    }

    @Test
    void theMultiLevelWildcardMatchesItsParentLevel() {
        trie.add("sport/#", 1);
        trie.add("sport/+/#", 2);

        assertThat(matched("sport")).containsExactly(1);
        assertThat(matched("sport/")).containsExactly(1, 2);
        assertThat(matched("sports")).isEmpty();
    }

    @Test // [MQTT-4.7.3-4]
    void topicsAreComparedAsTheyAre() {
        String composed = "caf\u00E9";
        String decomposed = "cafe\u0301";
        trie.add(composed, 1);
        trie.add("A", 2);
        trie.add("a//b", 3);
        trie.add("\uFEFFa", 4);
        trie.add(" a", 5);

        assertThat(matched(composed)).containsExactly(1);
        for (String other : new String[] {decomposed, "a", "a/b", "a ", "\u00C1", "a///b", "caf\u00C9"}) {
            assertThat(matched(other)).as(other).isEmpty();
        }
    }

    @Test
    void emptyLevelsAreLevels() {
        trie.add("+/+", 1);
        trie.add("/", 2);
        trie.add("//+", 3);

        assertThat(matched("/")).containsExactly(2, 1);
        assertThat(matched("//")).containsExactly(3);
    }

    @Test
    void valuesOfAFilterComeInTheOrderInWhichTheyWereAdded() {
        List<Integer> expected = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            trie.add("a/+", 97 * i % 101);
            expected.add(97 * i % 101);
            assertThat(matched("a/b")).isEqualTo(expected);
        }
        for (int i = 0; i < 99; i++) {
            expected.remove((Integer) (97 * i % 101));
            trie.remove("a/+", 97 * i % 101);
            assertThat(matched("a/b")).isEqualTo(expected);
        }
    }

    @Test
    void tenThousandValuesUnderOneFilterAreAddedAndRemovedWithoutASearch() {
        int count = 10_000;
        int[] comparisons = {0};
        TopicTrie<Counting> counting = new TopicTrie<>();
        List<Counting> values = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            values.add(new Counting(i, comparisons));
        }

        values.forEach(value -> counting.add("a", value));
        values.forEach(value -> counting.remove("a", value));

        assertThat(counting.isEmpty()).isTrue();
        assertThat(comparisons[0]).isLessThan(10 * count);
    }

    private record Counting(int number, int[] comparisons) {
        @Override
        public boolean equals(Object other) {
            comparisons[0]++;
            return other instanceof Counting that && number == that.number;
        }

        @Override
        public int hashCode() {
            return number;
        }
    }
}
