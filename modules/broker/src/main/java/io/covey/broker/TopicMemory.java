package io.covey.broker;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was found out about topics or filters, for the next publish. Clients choose these names, so their number and their characters are bounded:
 * beyond that all of it is forgotten, and found out anew. Owned by the shard's loop.
 */
final class TopicMemory<V> {
    /** Characters of all names together, of which a name has up to 65,535. */
    static final int CHARACTERS_MAX = 4 << 20;

    private final int namesMax;
    private final Map<String, V> values = new HashMap<>();
    private int characters;

    TopicMemory(int namesMax) {
        this.namesMax = namesMax;
    }

    /** What is remembered of a name, or null. */
    @Nullable
    V get(String name) {
        return values.get(name);
    }

    /** Remembers something of a name of which nothing is remembered. */
    void put(String name, V value) {
        if (values.size() >= namesMax || characters + name.length() > CHARACTERS_MAX) {
            clear();
        }
        values.put(name, value);
        characters += name.length();
    }

    /** Forgets everything. */
    void clear() {
        values.clear();
        characters = 0;
    }

    /** How many names are remembered. */
    int size() {
        return values.size();
    }
}
