package io.covey.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class HashTrieTest {
    /** A key of which the test chooses the hash, so that paths are shared deeply and hashes collide. */
    private record Key(int id, int hash) implements Comparable<Key> {
        @Override
        public int hashCode() {
            return hash;
        }

        @Override
        public int compareTo(Key other) {
            return Integer.compare(id, other.id);
        }
    }

    private static Key key(Random random, int hashes) {
        int id = random.nextInt(600);
        return new Key(id, Integer.hashCode(id % hashes * 0x9E3779B9));
    }

    @Test
    void itAgreesWithAHashMapAndOldMapsDoNotChange() {
        for (int hashes : new int[] {3, 40, 10_000}) {
            long seed = 31 + hashes;
            Random random = new Random(seed);
            HashTrie<Key, Integer> map = HashTrie.empty();
            Map<Key, Integer> model = new HashMap<>();
            List<HashTrie<Key, Integer>> oldMaps = new ArrayList<>();
            List<Map<Key, Integer>> oldModels = new ArrayList<>();
            for (int step = 0; step < 20_000; step++) {
                Key key = key(random, hashes);
                boolean growing = step / 4_000 % 2 == 0;
                if (random.nextInt(4) > (growing ? 0 : 2)) {
                    map = map.with(key, step);
                    model.put(key, step);
                } else {
                    map = map.without(key);
                    model.remove(key);
                }
                Key asked = key(random, hashes);
                assertThat(map.get(asked)).as("seed %d step %d", seed, step).isEqualTo(model.get(asked));
                assertThat(map.size()).as("seed %d step %d", seed, step).isEqualTo(model.size());
                if (step % 1_000 == 0) {
                    oldMaps.add(map);
                    oldModels.add(new HashMap<>(model));
                }
            }
            for (int i = 0; i < oldMaps.size(); i++) {
                assertThat(contents(oldMaps.get(i)))
                        .as("seed %d map %d", seed, i)
                        .isEqualTo(oldModels.get(i));
            }
        }
    }

    @Test
    void anEditorChangesNoMapThatItHasBuilt() {
        for (int hashes : new int[] {3, 40, 10_000}) {
            long seed = 977 + hashes;
            Random random = new Random(seed);
            HashTrie.Editor<Key, Integer> editor =
                    HashTrie.<Key, Integer>empty().edit();
            Map<Key, Integer> model = new HashMap<>();
            List<HashTrie<Key, Integer>> built = new ArrayList<>();
            List<Map<Key, Integer>> models = new ArrayList<>();
            for (int batch = 0; batch < 200; batch++) {
                for (int i = random.nextInt(100); i > 0; i--) {
                    Key key = key(random, hashes);
                    if (random.nextBoolean()) {
                        editor.put(key, i);
                        model.put(key, i);
                    } else {
                        editor.remove(key);
                        model.remove(key);
                    }
                    assertThat(editor.get(key)).isEqualTo(model.get(key));
                }
                built.add(editor.build());
                models.add(new HashMap<>(model));
            }
            for (int i = 0; i < built.size(); i++) {
                assertThat(contents(built.get(i))).as("seed %d map %d", seed, i).isEqualTo(models.get(i));
                assertThat(built.get(i).size()).isEqualTo(models.get(i).size());
            }
        }
    }

    @Test
    void theOrderDependsOnTheKeysAlone() {
        Random random = new Random(5);
        HashTrie<Key, Integer> first = HashTrie.empty();
        HashTrie<Key, Integer> second = HashTrie.empty();
        TreeMap<Key, Integer> keys = new TreeMap<>();
        for (int i = 0; i < 2_000; i++) {
            Key key = key(random, 50);
            first = random.nextInt(3) == 0 ? first.without(key) : first.with(key, key.id());
        }
        first.forEach(keys::put);
        for (Key key : keys.descendingKeySet()) {
            second = second.with(key, key.id());
        }
        List<Key> firstOrder = new ArrayList<>();
        List<Key> secondOrder = new ArrayList<>();
        first.forEach((key, value) -> firstOrder.add(key));
        second.forEach((key, value) -> secondOrder.add(key));

        assertThat(keys).isNotEmpty();
        assertThat(firstOrder).isEqualTo(secondOrder);
    }

    @Test
    void nothingChangedIsTheSameMap() {
        HashTrie<Key, Integer> map = HashTrie.<Key, Integer>empty().with(new Key(1, 1), 7);
        HashTrie.Editor<Key, Integer> editor = map.edit();
        editor.remove(new Key(2, 1));

        assertThat(editor.build()).isSameAs(map);
        assertThat(map.get(new Key(2, 1))).isNull();
    }

    private static Map<Key, Integer> contents(HashTrie<Key, Integer> map) {
        Map<Key, Integer> contents = new HashMap<>();
        map.forEach(contents::put);
        return contents;
    }
}
