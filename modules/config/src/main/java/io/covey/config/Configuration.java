package io.covey.config;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The configuration in force: every known key with its checked value and where it came from. Immutable. */
public final class Configuration {
    /** A value and where it came from: a file, a variable, {@code --set} or {@code default}. */
    public record Value(String text, String source) {}

    /**
     * A listener for clients.
     *
     * @param port 0 lets the system choose
     */
    public record Listener(String name, String type, String host, int port) {}

    private final SortedMap<String, Value> values;

    Configuration(Map<String, Value> values) {
        this.values = new TreeMap<>(values);
    }

    /** The text of a key; empty where it is set to nothing. */
    public String text(String key) {
        Value value = values.get(key);
        if (value == null) {
            throw new IllegalArgumentException("no such key: " + key);
        }
        return value.text();
    }

    /** The number of a key. */
    public long number(String key) {
        return Long.parseLong(text(key));
    }

    /** The number of a key whose range lies within int. */
    public int integer(String key) {
        return Math.toIntExact(number(key));
    }

    /** Whether a switch is on. */
    public boolean isOn(String key) {
        return text(key).equals("true");
    }

    /** The items of a list, without blanks; empty where there are none. */
    public List<String> list(String key) {
        List<String> items = new ArrayList<>();
        for (String item : text(key).split(",", -1)) {
            if (!item.isBlank()) {
                items.add(item.strip());
            }
        }
        return List.copyOf(items);
    }

    /** The listeners by name. */
    public List<Listener> listeners() {
        SortedSet<String> names = new TreeSet<>();
        for (String key : values.keySet()) {
            if (key.startsWith("listeners.")) {
                names.add(key.substring("listeners.".length(), key.lastIndexOf('.')));
            }
        }
        List<Listener> listeners = new ArrayList<>();
        for (String name : names) {
            String prefix = "listeners." + name + ".";
            listeners.add(new Listener(name, text(prefix + "type"), text(prefix + "host"), integer(prefix + "port")));
        }
        return List.copyOf(listeners);
    }

    /** Every key, those of each listener included. */
    public Set<String> keys() {
        return Collections.unmodifiableSet(values.keySet());
    }

    /** Where a key's value came from, or null for an unknown key. */
    public @Nullable String source(String key) {
        Value value = values.get(key);
        return value == null ? null : value.source();
    }

    /** One line per key, {@code key = value  # source}, secrets masked. */
    public String describe() {
        StringBuilder text = new StringBuilder();
        values.forEach((key, value) ->
                text.append(line(Settings.find(key), key, value)).append('\n'));
        return text.toString();
    }

    static String line(@Nullable Setting setting, String key, Value value) {
        boolean masked = setting != null && setting.isSecret() && !value.text().isEmpty();
        return key + " = " + (masked ? "****" : value.text()) + "  # " + value.source();
    }
}
